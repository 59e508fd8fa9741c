/* oval_meta.c: what a definition says besides its criteria: facts, and the description. Where
 * publishers write elements of their own, their names are in the table. */
#include <string.h>

#include "base/num.h"
#include "feed/oval.h"
#include "model/cvss.h"

static bool add_fact(struct oval *o, enum oval_fact kind, str value, struct error *e)
{
    uint32_t number;
    uint32_t *fact = oval_list_add(&o->facts, e);
    if (fact == NULL || !oval_pool_add(&o->texts, value, &number, e)) {
        return false;
    }
    *fact = number << OVAL_FACT_BITS | kind;
    o->current.facts_count++;
    return true;
}

str oval_cve_in(str text)
{
    size_t at = str_find(text, STR("CVE-"));
    size_t end = at;
    while (end < text.len && (text.at[end] == '-' || (text.at[end] >= '0' && text.at[end] <= '9') ||
                              (text.at[end] >= 'A' && text.at[end] <= 'Z'))) {
        end++;
    }
    return str_slice(text, at, end);
}

static bool has_cve(const struct oval *o, uint32_t cve)
{
    for (size_t i = 0; i < o->current.facts_count; i++) {
        const uint32_t *fact = oval_list_at(&o->facts, o->current.facts_at + i);
        if (*fact == (cve << OVAL_FACT_BITS | OVAL_CVE)) {
            return true;
        }
    }
    return false;
}

static bool add_cve(struct oval *o, str text, struct error *e)
{
    uint32_t number;
    str cve = oval_cve_in(text);
    if (cve.len == 0) {
        return true;
    }
    return oval_pool_add(&o->texts, cve, &number, e) &&
           ((!o->publisher->each_cve && has_cve(o, number)) || add_fact(o, OVAL_CVE, cve, e));
}

/* "https://host/cve/CVE-2014-0160" as "https://host/cve/\1" and the id. */
static bool keep_url(struct oval *o, str url, str id, struct error *e)
{
    char text[512];
    size_t at = str_find(url, id);
    o->best.url_id = 0;
    if (id.len == 0 || at == url.len || url.len - id.len >= sizeof(text)) {
        return oval_pool_add(&o->texts, url, &o->best.url, e);
    }
    size_t tail = url.len - at - id.len;
    memcpy(text, url.at, at);
    text[at] = OVAL_URL_MARK;
    if (tail > 0) {
        memcpy(text + at + 1, url.at + at + id.len, tail);
    }
    return oval_pool_add(&o->texts, (str){.at = text, .len = at + 1 + tail}, &o->best.url, e) &&
           oval_pool_add(&o->texts, id, &o->best.url_id, e);
}

static bool on_reference(struct oval *o, const struct xml_event *event, struct error *e)
{
    str source = xml_attribute(event, "source"), id = xml_attribute(event, "ref_id");
    str url = xml_attribute(event, "ref_url");
    bool own = o->publisher->url_source.len > 0 && str_eq_nocase(source, o->publisher->url_source);
    if (url.len > 0 && (!o->best.has_url || (own && !o->best.has_own_url))) {
        o->best.has_url = true;
        o->best.has_own_url = own;
        if (!keep_url(o, url, oval_cve_in(id).len > 0 ? oval_cve_in(id) : str_trim(id), e)) {
            return false;
        }
    }
    if (oval_cve_in(id).len > 0) {
        return add_cve(o, id, e);
    }
    return add_fact(o, OVAL_REFERENCE, str_trim(id), e);
}

/* "7.8/CVSS:3.1/AV:L/…", "4.3/AV:N/…" (version 2), "CVSS:3.0/…": the highest version first, then
 * the highest score. */
static void consider_vector(struct oval_best *best, str text, unsigned version)
{
    unsigned tenths = 0;
    uint64_t whole = 0, part = 0;
    str vector = text, score, head;
    if (str_cut(&vector, '/', &score) && score.len > 0 && score.at[0] >= '0' &&
        score.at[0] <= '9') {
        if (str_cut(&score, '.', &head) && num_parse(head, 10, 10, &whole) &&
            num_parse(score, 10, 9, &part)) {
            tenths = (unsigned)(whole * 10 + part);
        }
    } else {
        vector = text;
        if (!cvss3_base_score(vector, &tenths)) {
            tenths = 0;
        }
    }
    unsigned rank = version * 1000 + tenths + 1;
    if (vector.len > 0 && vector.len <= sizeof(best->vector) && rank > best->rank) {
        memcpy(best->vector, vector.at, vector.len);
        best->len = vector.len;
        best->rank = rank;
    }
}

/* SUSE adds what the NVD says: not the publisher's own words. */
static void on_cve_begin(struct oval *o, const struct xml_event *event)
{
    static const struct {
        const char *name;
        unsigned version;
    } vectors[] = {{"cvss4", 4}, {"cvss3", 3}, {"cvss2", 2}, {"cvss_vector", 3}};
    str href = xml_attribute(event, "href");
    if (str_find(href, STR("nvd.nist.gov")) < href.len) {
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        consider_vector(&o->best, xml_attribute(event, vectors[i].name), vectors[i].version);
    }
}

/* The attributes come before the element's text, which is the CVE. */
static bool on_each_cve(struct oval *o, const struct xml_event *event, struct error *e)
{
    return add_fact(o, OVAL_CVE_PRIORITY, xml_attribute(event, "priority"), e) &&
           add_fact(o, OVAL_CVE_VECTOR, xml_attribute(event, "cvss_vector"), e) &&
           add_fact(o, OVAL_CVE_PUBLIC, xml_attribute(event, "public"), e);
}

static bool on_begin(struct oval *o, const struct xml_event *event, struct error *e)
{
    if (xml_is(event, "reference")) {
        return on_reference(o, event, e);
    }
    if (xml_is(event, "cve")) {
        on_cve_begin(o, event);
        return !o->publisher->each_cve || on_each_cve(o, event, e);
    }
    if (xml_is(event, "issued")) {
        return add_fact(o, OVAL_ISSUED, xml_attribute(event, "date"), e);
    }
    if (xml_is(event, "updated")) {
        return add_fact(o, OVAL_UPDATED, xml_attribute(event, "date"), e);
    }
    if (o->publisher->cpes && xml_is(event, "resolution")) {
        return add_fact(o, OVAL_RESOLUTION, xml_attribute(event, "state"), e);
    }
    return true;
}

/* Fewer bytes of each description the fuller the memory is: the sum has a bound, and no document
 * fails because of its prose. */
static bool keep_description(struct oval *o, str text, struct error *e)
{
    static const char more[] = "…";
    size_t left = OVAL_TEXTS_BYTES_MAX - o->description_bytes, end = text.len;
    size_t most = left / ADVISORY_DESCRIPTION_BYTES_MAX;
    most = most > ADVISORY_DESCRIPTION_BYTES_MAX ? ADVISORY_DESCRIPTION_BYTES_MAX : most;
    if (o->publisher->description_end.len > 0) {
        text = str_trim(str_slice(text, 0, str_find(text, o->publisher->description_end)));
        end = text.len;
    }
    bool whole = end <= most;
    if (!whole) {
        end = most > sizeof(more) ? most - (sizeof(more) - 1) : 0;
        while (end > 0 && ((unsigned char)text.at[end] & 0xc0) == 0x80) {
            end--;
        }
        o->cut += most < ADVISORY_DESCRIPTION_BYTES_MAX;
    }
    if (end == 0) {
        return true;
    }
    size_t all = end + (whole ? 0 : sizeof(more) - 1);
    char *copy = ARENA_ARRAY(o->arena, all, char, e);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, text.at, end);
    memcpy(copy + end, more, all - end);
    o->description_bytes += all;
    o->current.description = (str){.at = copy, .len = all};
    return true;
}

static const struct {
    const char *name;
    enum oval_fact fact;
} elements[] = {
    {"title", OVAL_TITLE},         {"severity", OVAL_SEVERITY},
    {"patchable", OVAL_PATCHABLE}, {"advisory_date", OVAL_ISSUED}, /* Microsoft */
    {"public_date", OVAL_ISSUED},                                  /* Ubuntu */
    {"date", OVAL_ISSUED},                                         /* Debian */
};

static bool on_end(struct oval *o, const struct xml_event *event, struct error *e)
{
    if (event->text.len == 0) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(elements); i++) {
        if (xml_is(event, elements[i].name)) {
            str text = str_slice(event->text, 0, OVAL_TITLE_BYTES_MAX), rest = text;
            if (elements[i].fact == OVAL_TITLE && o->publisher->title_word) {
                (void)str_word(&rest, &text);
            }
            return add_fact(o, elements[i].fact, text, e);
        }
    }
    if (xml_is(event, "description")) {
        return keep_description(o, event->text, e);
    }
    if (xml_is(event, "cve")) {
        return add_cve(o, event->text, e);
    }
    if (xml_is(event, "platform") && !o->best.has_platform) {
        o->best.has_platform = true;
        return add_fact(o, OVAL_PLATFORM, event->text, e);
    }
    if (o->publisher->cpes && xml_is(event, "cpe")) {
        return add_fact(o, OVAL_CPE, event->text, e);
    }
    if (o->publisher->cpes && xml_is(event, "component")) {
        return add_fact(o, OVAL_COMPONENT, event->text, e);
    }
    return true;
}

bool oval_meta_event(struct oval *o, const struct xml_event *event, struct error *e)
{
    return event->kind == XML_BEGIN ? on_begin(o, event, e) : on_end(o, event, e);
}

bool oval_meta_done(struct oval *o, struct error *e)
{
    str vector = {.at = o->best.vector, .len = o->best.len};
    return (vector.len == 0 || add_fact(o, OVAL_CVSS, vector, e)) &&
           (!o->best.has_url || (add_fact(o, OVAL_URL, oval_text(o, o->best.url), e) &&
                                 add_fact(o, OVAL_URL_ID, oval_text(o, o->best.url_id), e)));
}
