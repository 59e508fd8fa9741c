/* kev.c: CISA's catalogue of vulnerabilities that are known to be exploited:
 *     { count, vulnerabilities: [ { cveID, dateAdded, dueDate, shortDescription, … } ] } */
#include <inttypes.h>

#include "base/clock.h"
#include "base/num.h"
#include "feed/document.h"
#include "feed/feed.h"
#include "feed/prose.h"
#include "feed/scores.h"
#include "format/json.h"

enum { KEV_DEPTH_MAX = 16, KEV_COUNT_MAX = 10000000 };

static const char *const documents[] = {"known_exploited_vulnerabilities.json", NULL};

struct kev {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    struct arena_mark mark;
    bool has_list, has_count;
    uint64_t records, count;
    struct advisory now;
    struct tally strange;
};

static bool claims(str path)
{
    return document_path_ends(path, STR("known_exploited_vulnerabilities.json"));
}

static bool on_string(struct kev *k, str key, str text, struct error *e)
{
    struct exploitation *x = &k->now.exploitation;
    if (str_eq(key, STR("cveID"))) {
        return arena_str(k->arena, text, &k->now.id, e);
    }
    if (str_eq(key, STR("shortDescription"))) {
        return prose_keep(k->arena, text, ADVISORY_DESCRIPTION_BYTES_MAX, &k->now.description, e);
    }
    if (str_eq(key, STR("dateAdded")) && !clock_parse(text, &x->kev_added_s)) {
        tally_add(&k->strange, STR("a date that cannot be read"));
    }
    if (str_eq(key, STR("dueDate")) && !clock_parse(text, &x->kev_due_s)) {
        x->kev_due_s = 0;
    }
    if (str_eq(key, STR("knownRansomwareCampaignUse"))) {
        x->kev_ransomware = str_eq(text, STR("Known"));
    }
    return true;
}

static bool on_end(struct kev *k, struct error *e)
{
    k->records++;
    if (k->now.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "entry %" PRIu64 " has no cveID", k->records);
    }
    if (k->now.exploitation.kev_added_s <= 0) {
        k->now.exploitation.kev_added_s = 1; /* it is in the catalogue, whenever it came in */
    }
    k->now.modified_s = k->now.exploitation.kev_added_s;
    k->now.url = STR("https://www.cisa.gov/known-exploited-vulnerabilities-catalog");
    bool done = k->out->put(k->out, &k->now, e);
    arena_rewind(k->arena, k->mark);
    return done;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct kev *k = CONTAINER_OF(self, struct kev, base);
    if (event->kind == JSON_NUMBER && event->depth == 1 &&
        str_eq(event->path[0].key, STR("count"))) {
        k->has_count = num_parse(event->text, 10, KEV_COUNT_MAX, &k->count);
    }
    if (event->depth == 0 || !str_eq(event->path[0].key, STR("vulnerabilities"))) {
        return true;
    }
    if (event->kind == JSON_ARRAY && event->depth == 1) {
        k->has_list = true;
    } else if (event->kind == JSON_OBJECT && event->depth == 2) {
        k->mark = arena_mark(k->arena);
        k->now = (struct advisory){.severity = SEVERITY_UNKNOWN};
    } else if (event->kind == JSON_STRING && event->depth == 3) {
        return on_string(k, event->path[2].key, event->text, e);
    } else if (event->kind == JSON_END && event->depth == 2) {
        return on_end(k, e);
    }
    return true;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct kev k = {
        .base = {.event = on_event}, .out = out, .arena = arena, .mark = arena_mark(arena)};
    if (!json_read(body, KEV_DEPTH_MAX, &k.base, e)) {
        return false;
    }
    if (!k.has_list) {
        return error_set(e, ERROR_FORMAT, "has no list of vulnerabilities, as the catalogue has");
    }
    if (k.has_count && k.count != k.records) {
        return error_set(e, ERROR_FORMAT, "has %" PRIu64 " of %" PRIu64 " entries", k.records,
                         k.count);
    }
    return tally_note(&k.strange, out, document->path, "what was not understood", e);
}

const struct feed feed_kev = {
    .name = "kev",
    .summary = "CISA's catalogue of known exploited vulnerabilities",
    .publisher = "Cybersecurity and Infrastructure Security Agency",
    .licence = "CC0",
    .redistributable = true,
    .site = "https://www.cisa.gov/sites/default/files/feeds/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
