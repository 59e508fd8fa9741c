#include "cli/advisory_text.h"
#include "model/cvss.h"
#include "report/json_parts.h"

enum { JSON_SCHEMA_VERSION = 1 };

static void put_strings(struct jsonw *j, const char *key, const str *list, size_t count)
{
    jsonw_array(j, key);
    for (size_t i = 0; i < count; i++) {
        jsonw_str(j, NULL, list[i]);
    }
    jsonw_close(j);
}

static void put_publication(struct jsonw *j, const struct publication *p)
{
    const struct advisory *a = &p->advisory;
    unsigned tenths = 0;
    bool scored = cvss_base_score(a->cvss, &tenths);
    jsonw_object(j, NULL);
    jsonw_str(j, "feed", p->feed);
    jsonw_str(j, "id", a->id);
    put_strings(j, "ids", a->ids, a->ids_count);
    jsonw_text(j, "severity", severity_name(a->severity));
    jsonw_str(j, "severity_source", a->severity_source);
    json_cvss(j, a->cvss, a->cvss.len > 0 ? p->feed : STR_NONE, scored ? tenths : 0);
    jsonw_str(j, "description", a->description);
    jsonw_str(j, "url", a->url);
    jsonw_time(j, "published", a->published_s);
    jsonw_time(j, "modified", a->modified_s);
    jsonw_time(j, "withdrawn", a->withdrawn_s);
    jsonw_array(j, "affected");
    for (size_t i = 0; i < a->affected_count; i++) {
        jsonw_object(j, NULL);
        json_affected(j, &a->affected[i]);
        jsonw_text(j, "severity", severity_name(a->affected[i].severity));
        jsonw_close(j);
    }
    jsonw_close(j);
    jsonw_close(j);
}

bool advisory_json(struct writer *to, const struct advisory_report *report, struct error *e)
{
    const struct vulnerability *v = &report->vulnerability;
    struct jsonw j;
    jsonw_init(&j, to, 0, e);
    jsonw_object(&j, NULL);
    jsonw_num(&j, "schema_version", JSON_SCHEMA_VERSION);
    jsonw_text(&j, "kind", "advisory");
    jsonw_str(&j, "id", report->id);
    jsonw_str(&j, "generation", report->generation);
    put_strings(&j, "aliases", report->is_update ? NULL : report->aliases,
                report->is_update ? 0 : report->aliases_count);
    put_strings(&j, "about", report->is_update ? report->aliases : NULL,
                report->is_update ? report->aliases_count : 0);
    jsonw_str(&j, "description", v->description);
    jsonw_text(&j, "severity", severity_name(v->severity));
    jsonw_str(&j, "severity_source", v->severity_source);
    json_cvss(&j, v->cvss, v->cvss_source, report->cvss_tenths);
    json_exploitation(&j, &v->exploitation);
    jsonw_time(&j, "published", v->published_s);
    jsonw_time(&j, "modified", v->modified_s);
    jsonw_bool(&j, "rejected", v->rejected);
    jsonw_str(&j, "url", v->url);
    jsonw_array(&j, "publications");
    for (size_t i = 0; i < report->publications_count; i++) {
        put_publication(&j, &report->publications[i]);
    }
    jsonw_close(&j);
    jsonw_close(&j);
    return jsonw_done(&j) && writer_add(to, STR("\n"), e);
}
