/* nvd.c: the National Vulnerability Database's scores and texts, in the form of its API 2.0, which
 * its yearly files have too:
 *     { vulnerabilities: [ { cve: { id, vulnStatus, descriptions, metrics, … } } ] }
 * Its configurations (CPE) are not read: no package of a distribution is matched by them. */
#include <inttypes.h>

#include "feed/document.h"
#include "feed/feed.h"
#include "feed/plans.h"
#include "feed/prose.h"
#include "feed/scores.h"
#include "format/json.h"

enum { NVD_DEPTH_MAX = 32 };

#define FOLDER "feeds/json/cve/2.0/nvdcve-2.0-"
#define YEAR(y) FOLDER #y ".json.gz"

/* 2002's holds those of before too; the last one is what changed in the last eight days. */
static const char *const documents[] = {
    YEAR(2002),     YEAR(2003),
    YEAR(2004),     YEAR(2005),
    YEAR(2006),     YEAR(2007),
    YEAR(2008),     YEAR(2009),
    YEAR(2010),     YEAR(2011),
    YEAR(2012),     YEAR(2013),
    YEAR(2014),     YEAR(2015),
    YEAR(2016),     YEAR(2017),
    YEAR(2018),     YEAR(2019),
    YEAR(2020),     YEAR(2021),
    YEAR(2022),     YEAR(2023),
    YEAR(2024),     YEAR(2025),
    YEAR(2026),     "?" FOLDER "2027.json.gz",
    YEAR(modified), NULL,
};

struct nvd {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    struct arena_mark mark;
    bool has_list;
    uint64_t records;
    /* the CVE that is open */
    str id, description, lang, value;
    int64_t published_s, modified_s;
    bool rejected;
    struct score one, best;
};

/* A yearly or "modified" file, a page of the API, or an answer about one CVE. */
static bool claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    bool in_nvd = str_starts(path, STR("nvd/")) || str_find(path, STR("/nvd/")) < path.len;
    return str_ends(name, STR(".json")) && (str_starts(name, STR("nvdcve-2.0-")) || in_nvd);
}

static bool put_cve(struct nvd *n, struct error *e)
{
    if (n->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "record %" PRIu64 " has no id", n->records);
    }
    struct advisory advisory = {
        .id = n->id,
        .description = n->description,
        .published_s = n->published_s,
        .modified_s = n->modified_s,
        .whole = true,
        .withdrawn_s = n->rejected ? (n->modified_s > 0 ? n->modified_s : 1) : 0,
    };
    score_put(&n->best, STR("nvd"), &advisory);
    return arena_printf(n->arena, &advisory.url, e, "https://nvd.nist.gov/vuln/detail/" STR_FMT,
                        STR_ARG(n->id)) &&
           n->out->put(n->out, &advisory, e);
}

static bool on_member(struct nvd *n, str key, str text, struct error *e)
{
    if (str_eq(key, STR("id"))) {
        return arena_str(n->arena, text, &n->id, e);
    }
    if (str_eq(key, STR("published"))) {
        n->published_s = score_time(text);
    } else if (str_eq(key, STR("lastModified"))) {
        n->modified_s = score_time(text);
    } else if (str_eq(key, STR("vulnStatus"))) {
        n->rejected = str_eq(text, STR("Rejected"));
    }
    return true;
}

static bool on_string(struct nvd *n, const struct json_event *event, struct error *e)
{
    const struct json_place *path = event->path;
    str own = path[event->depth - 1].key;
    if (event->depth == 4) {
        return on_member(n, own, event->text, e);
    }
    if (event->depth == 6 && str_eq(path[3].key, STR("descriptions"))) {
        if (str_eq(own, STR("lang"))) {
            return arena_str(n->arena, event->text, &n->lang, e);
        }
        return !str_eq(own, STR("value")) ||
               prose_keep(n->arena, event->text, ADVISORY_DESCRIPTION_BYTES_MAX, &n->value, e);
    }
    if (event->depth < 7 || !str_eq(path[3].key, STR("metrics"))) {
        return true;
    }
    if (event->depth == 7 && str_eq(own, STR("type"))) {
        n->one.primary = str_eq(event->text, STR("Primary"));
    } else if (str_eq(own, STR("baseSeverity"))) { /* v2 has it beside cvssData */
        score_word(&n->one, event->text);
    } else if (event->depth == 8 && str_eq(path[6].key, STR("cvssData")) &&
               str_eq(own, STR("vectorString"))) {
        score_vector(&n->one, event->text);
    }
    return true;
}

static bool on_begin(struct nvd *n, const struct json_event *event)
{
    if (event->depth == 2) {
        n->mark = arena_mark(n->arena);
        n->id = n->description = STR_NONE;
        n->published_s = n->modified_s = 0;
        n->rejected = false;
        n->best.version = 0;
        n->best.primary = false;
    } else if (event->depth == 5) {
        n->lang = n->value = STR_NONE;
    } else if (event->depth == 6) {
        n->one = (struct score){.version = score_version(event->path[4].key)};
    }
    return true;
}

static bool on_end(struct nvd *n, const struct json_event *event, struct error *e)
{
    if (event->depth == 5 && str_eq(n->lang, STR("en"))) {
        n->description = n->value;
    } else if (event->depth == 6 && str_eq(event->path[3].key, STR("metrics"))) {
        score_better(&n->best, &n->one);
    } else if (event->depth == 2) {
        n->records++;
        bool done = put_cve(n, e);
        arena_rewind(n->arena, n->mark);
        return done;
    }
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct nvd *n = CONTAINER_OF(self, struct nvd, base);
    if (event->depth == 0 || !str_eq(event->path[0].key, STR("vulnerabilities"))) {
        return true;
    }
    if (event->depth >= 3 && !str_eq(event->path[2].key, STR("cve"))) {
        return true;
    }
    switch (event->kind) {
    case JSON_STRING:
        return on_string(n, event, e);
    case JSON_OBJECT:
        return on_begin(n, event);
    case JSON_END:
        return on_end(n, event, e);
    case JSON_ARRAY:
        n->has_list = n->has_list || event->depth == 1;
        return true;
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    (void)document;
    struct nvd n = {
        .base = {.event = on_event}, .out = out, .arena = arena, .mark = arena_mark(arena)};
    return json_read(body, NVD_DEPTH_MAX, &n.base, e) &&
           (n.has_list ||
            error_set(e, ERROR_FORMAT, "has no list of vulnerabilities, as NVD's answers have"));
}

const struct feed feed_nvd = {
    .name = "nvd",
    .summary = "NVD's scores and texts of every CVE",
    .publisher = "National Institute of Standards and Technology",
    .licence = "public domain",
    .redistributable = true,
    .site = "https://nvd.nist.gov/",
    .documents = documents,
    .plan = &plan_nvd,
    .claims = claims,
    .read = read_document,
};
