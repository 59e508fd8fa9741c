/* json: everything limpid knows, as docs/schema/scan.schema.json and inventory.schema.json have
 * it. What depends on the run alone (cached, verified) is left out: the same image and the same
 * generation give the same bytes. */
#include "base/attr.h"
#include "model/risk.h"
#include "report/json_parts.h"
#include "report/print.h"
#include "report/reporter.h"

enum { JSON_SCHEMA_VERSION = 1 };

static void put_image(struct jsonw *j, const struct image_info *image)
{
    jsonw_object(j, "image");
    jsonw_str(j, "source", image->source);
    jsonw_str(j, "kind", image->kind);
    jsonw_str(j, "tag", image->tag);
    jsonw_digest(j, "id", image->id);
    jsonw_digest(j, "manifest", image->manifest);
    jsonw_str(j, "os", image->os);
    jsonw_str(j, "arch", image->arch);
    jsonw_str(j, "variant", image->variant);
    jsonw_array(j, "layers");
    for (size_t i = 0; i < image->layers_count; i++) {
        const struct layer_info *layer = &image->layers[i];
        jsonw_object(j, NULL);
        jsonw_num(j, "index", i);
        jsonw_digest(j, "digest", layer->blob);
        jsonw_digest(j, "diff_id", layer->diff_id);
        jsonw_num(j, "size_bytes", layer->size_bytes);
        jsonw_str(j, "created_by", layer->created_by);
        jsonw_close(j);
    }
    jsonw_close(j);
    jsonw_close(j);
}

static void put_distribution(struct jsonw *j, const struct inventory *inventory)
{
    const struct distribution *d = &inventory->distribution;
    jsonw_str(j, "namespace", inventory->namespace_);
    if (!inventory->has_distribution) {
        jsonw_null(j, "distribution");
        return;
    }
    jsonw_object(j, "distribution");
    jsonw_str(j, "id", d->id);
    jsonw_str(j, "version_id", d->version_id);
    jsonw_str(j, "codename", d->codename);
    jsonw_str(j, "pretty_name", d->pretty_name);
    jsonw_str(j, "id_like", d->id_like);
    jsonw_str(j, "variant_id", d->variant_id);
    jsonw_str(j, "cpe", d->cpe);
    jsonw_close(j);
}

/* Red Hat's images only. */
static void put_repositories(struct jsonw *j, const struct inventory *inventory)
{
    if (inventory->repositories_count == 0) {
        return;
    }
    jsonw_array(j, "repositories");
    for (size_t i = 0; i < inventory->repositories_count; i++) {
        jsonw_str(j, NULL, inventory->repositories[i]);
    }
    jsonw_close(j);
}

static void put_package_names(struct jsonw *j, const struct package *p)
{
    jsonw_str(j, "ecosystem", ecosystem_name(p->ecosystem));
    jsonw_str(j, "name", p->name);
    jsonw_str(j, "version", print_version(p->version));
    jsonw_str(j, "arch", p->arch);
    jsonw_str(j, "source", p->source);
    jsonw_str(j, "source_version", p->source_version);
}

static void put_place(struct jsonw *j, const struct found_package *f)
{
    jsonw_str(j, "location", f->location);
    jsonw_num(j, "layer", f->layer);
    jsonw_num(j, "changed_in", f->changed_in);
}

static void put_packages(struct jsonw *j, const struct inventory *inventory)
{
    jsonw_array(j, "packages");
    for (size_t i = 0; i < inventory->packages_count; i++) {
        const struct found_package *f = &inventory->packages[i];
        jsonw_object(j, NULL);
        put_package_names(j, &f->package);
        jsonw_str(j, "module", f->package.module);
        jsonw_str(j, "vendor", f->package.vendor);
        jsonw_str(j, "license", f->package.license);
        put_place(j, f);
        jsonw_close(j);
    }
    jsonw_close(j);
}

static void put_note(struct jsonw *j, str path, str text)
{
    jsonw_object(j, NULL);
    jsonw_str(j, "path", path);
    jsonw_str(j, "text", text);
    jsonw_close(j);
}

static void put_notes_of_kind(struct jsonw *j, const char *key, const struct diag *notes,
                              enum diag_kind kind)
{
    jsonw_array(j, key);
    for (size_t i = 0; i < notes->count; i++) {
        if (notes->notes[i].kind == kind) {
            put_note(j, notes->notes[i].path, notes->notes[i].text);
        }
    }
    if (notes->left_out > 0 && (kind == DIAG_INCOMPLETE) == notes->incomplete) {
        put_note(j, STR_NONE, STR("more than is listed: further notes were left out"));
    }
    jsonw_close(j);
}

/* `incomplete` lists what could not be read or judged; it is empty where the result is whole. */
static void put_notes(struct jsonw *j, const struct diag *notes)
{
    put_notes_of_kind(j, "incomplete", notes, DIAG_INCOMPLETE);
    put_notes_of_kind(j, "notes", notes, DIAG_NOTE);
    jsonw_num(j, "notes_left_out", notes->left_out);
}

static void put_advisory(struct jsonw *j, const struct finding_advisory *a)
{
    jsonw_object(j, NULL);
    jsonw_str(j, "id", a->id);
    jsonw_str(j, "feed", a->feed);
    jsonw_text(j, "severity", severity_name(a->severity));
    jsonw_str(j, "severity_source", a->severity_source);
    jsonw_str(j, "cvss", a->cvss);
    jsonw_time(j, "published", a->published_s);
    jsonw_time(j, "modified", a->modified_s);
    jsonw_str(j, "url", a->url);
    json_affected(j, &a->affected);
    jsonw_str(j, "compared", a->compared);
    jsonw_close(j);
}

static void put_finding(struct jsonw *j, const struct finding *f)
{
    jsonw_object(j, NULL);
    jsonw_str(j, "id", f->id);
    jsonw_array(j, "aliases");
    for (size_t i = 0; i < f->aliases_count; i++) {
        jsonw_str(j, NULL, f->aliases[i]);
    }
    jsonw_close(j);
    jsonw_text(j, "severity", severity_name(f->severity));
    jsonw_str(j, "severity_source", f->severity_source);
    jsonw_bool(j, "severity_by_score", f->severity_by_score);
    json_cvss(j, f->cvss, f->cvss_source, f->cvss_tenths);
    json_exploitation(j, &f->exploitation);
    jsonw_decimal(j, "risk", risk_of(f), 3);
    jsonw_text(j, "state", fix_state_name(f->state));
    jsonw_str(j, "fixed", print_version(f->fixed));
    jsonw_str(j, "word", f->word);
    jsonw_str(j, "description", f->description);
    jsonw_object(j, "package");
    put_package_names(j, &f->package->package);
    jsonw_close(j);
    put_place(j, f->package);
    if (f->ignored) {
        jsonw_str(j, "ignored_by", f->ignored_by);
    }
    jsonw_array(j, "advisories");
    for (size_t i = 0; i < f->advisories_count; i++) {
        put_advisory(j, &f->advisories[i]);
    }
    jsonw_close(j);
    jsonw_close(j);
}

static void put_findings(struct jsonw *j, const char *key, const struct scan *scan, bool ignored)
{
    jsonw_array(j, key);
    for (size_t i = 0; i < scan->findings_count; i++) {
        if (scan->findings[i].ignored == ignored) {
            put_finding(j, &scan->findings[i]);
        }
    }
    jsonw_close(j);
}

static void put_summary(struct jsonw *j, const struct scan *scan)
{
    uint64_t by_severity[SEVERITY_COUNT] = {0}, fixable = 0, ignored = 0;
    for (size_t i = 0; i < scan->findings_count; i++) {
        const struct finding *f = &scan->findings[i];
        if (f->ignored) {
            ignored++;
            continue;
        }
        by_severity[f->severity]++;
        fixable += f->fixed.len > 0;
    }
    jsonw_object(j, "summary");
    jsonw_num(j, "packages", scan->inventory.packages_count);
    jsonw_num(j, "findings", scan->findings_count - ignored);
    jsonw_num(j, "fixable", fixable);
    jsonw_num(j, "ignored", ignored);
    jsonw_bool(j, "complete", !scan->inventory.notes.incomplete);
    jsonw_bool(j, "fails", scan->fails);
    jsonw_object(j, "by_severity");
    for (int s = SEVERITY_COUNT - 1; s >= 0; s--) {
        jsonw_num(j, severity_name((enum severity)s), by_severity[s]);
    }
    jsonw_close(j);
    jsonw_close(j);
}

static void put_upgrades(struct jsonw *j, const struct scan *scan)
{
    jsonw_array(j, "upgrades");
    for (size_t i = 0; i < scan->upgrades_count; i++) {
        const struct upgrade *u = &scan->upgrades[i];
        jsonw_object(j, NULL);
        jsonw_str(j, "ecosystem", ecosystem_name(u->ecosystem));
        jsonw_str(j, "package", u->package);
        jsonw_str(j, "to", print_version(u->to));
        jsonw_num(j, "removes", u->removes);
        jsonw_text(j, "worst", severity_name(u->worst));
        jsonw_num(j, "packages", u->packages);
        jsonw_close(j);
    }
    jsonw_close(j);
}

static void put_advisories_used(struct jsonw *j, const struct scan *scan)
{
    jsonw_str(j, "generation", scan->generation);
    jsonw_array(j, "feeds");
    for (size_t i = 0; i < scan->feeds_count; i++) {
        jsonw_object(j, NULL);
        jsonw_str(j, "feed", scan->feeds[i].feed);
        jsonw_time(j, "date", scan->feeds[i].date_s);
        jsonw_num(j, "advisories", scan->feeds[i].advisories);
        jsonw_close(j);
    }
    jsonw_close(j);
}

static void put_support(struct jsonw *j, const struct scan *scan)
{
    static const char *const names[] = {[SUPPORT_UNKNOWN] = "unknown",
                                        [SUPPORT_FULL] = "full",
                                        [SUPPORT_EXTENDED] = "extended",
                                        [SUPPORT_ENDED] = "ended"};
    jsonw_object(j, "support");
    jsonw_text(j, "state", names[scan->support]);
    jsonw_time(j, "end_of_life", scan->end_of_life_s);
    jsonw_str(j, "note", scan->support_note);
    jsonw_close(j);
}

/* -- one SOURCE is an object; several are {"results": […], "failures": […]} ------------------ */

static bool start(struct jsonw *j, const char *kind, const struct report_options *options,
                  struct writer *to, struct error *e)
{
    bool several = options->count > 1;
    jsonw_init(j, to, several ? 2 : 0, e);
    if (several) {
        str lead = options->index == 0 ? STR("\n    ") : STR(",\n    ");
        if (!writer_add(to, lead, e)) {
            return false;
        }
    }
    jsonw_object(j, NULL);
    jsonw_num(j, "schema_version", JSON_SCHEMA_VERSION);
    jsonw_text(j, "kind", kind);
    jsonw_object(j, "generator");
    jsonw_text(j, "name", "limpid");
    jsonw_text(j, "version", LIMPID_VERSION);
    jsonw_close(j);
    return true;
}

static bool finish(struct jsonw *j, const struct report_options *options)
{
    jsonw_close(j);
    return jsonw_done(j) && (options->count > 1 || writer_add(j->to, STR("\n"), j->e));
}

static bool json_begin(const struct report_options *options, struct writer *to, struct error *e)
{
    return options->count <= 1 || writer_add(to, STR("{\n  \"results\": ["), e);
}

static bool json_scan(const struct scan *scan, const struct report_options *options,
                      struct writer *to, struct error *e)
{
    struct jsonw j;
    if (!start(&j, "scan", options, to, e)) {
        return false;
    }
    jsonw_time(&j, "date", scan->date_s);
    put_advisories_used(&j, scan);
    put_image(&j, &scan->inventory.image);
    put_distribution(&j, &scan->inventory);
    put_support(&j, scan);
    put_repositories(&j, &scan->inventory);
    put_summary(&j, scan);
    put_upgrades(&j, scan);
    put_notes(&j, &scan->inventory.notes);
    put_findings(&j, "findings", scan, false);
    put_findings(&j, "ignored", scan, true);
    put_packages(&j, &scan->inventory);
    return finish(&j, options);
}

static bool json_inventory(const struct inventory *inventory, const struct report_options *options,
                           struct writer *to, struct error *e)
{
    struct jsonw j;
    if (!start(&j, "inventory", options, to, e)) {
        return false;
    }
    put_image(&j, &inventory->image);
    put_distribution(&j, inventory);
    put_repositories(&j, inventory);
    put_notes(&j, &inventory->notes);
    put_packages(&j, inventory);
    return finish(&j, options);
}

static bool json_end(const struct report_options *options, struct writer *to, struct error *e)
{
    if (options->count <= 1) {
        return true;
    }
    struct jsonw j;
    jsonw_init(&j, to, 1, e);
    if (!writer_add(to, options->index == 0 ? STR("],\n  ") : STR("\n  ],\n  "), e)) {
        return false;
    }
    jsonw_array(&j, "failures");
    for (size_t i = 0; i < options->failures_count; i++) {
        jsonw_object(&j, NULL);
        jsonw_str(&j, "source", options->failures[i].source);
        jsonw_str(&j, "text", options->failures[i].text);
        jsonw_close(&j);
    }
    jsonw_close(&j);
    return jsonw_done(&j) && writer_add(to, STR("\n}\n"), e);
}

const struct reporter reporter_json = {
    .name = "json",
    .summary = "everything, as docs/schema has it, for programs",
    .tells_notes = true,
    .begin = json_begin,
    .scan = json_scan,
    .inventory = json_inventory,
    .end = json_end,
};
