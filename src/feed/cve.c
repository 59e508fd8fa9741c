/* cve.c: the CVE programme's own records (CVE Record Format 5), one JSON file each, singly or in an
 * archive of the repository cvelistV5: the text of the assigner (cna), and the scores of the
 * assigner and of those who add to it (adp; CISA's "Vulnrichment"). */
#include <inttypes.h>

#include "feed/document.h"
#include "feed/feed.h"
#include "feed/prose.h"
#include "feed/scores.h"
#include "format/json.h"
#include "format/tar.h"
#include "format/zip.h"

enum { CVE_DEPTH_MAX = 64, CVE_RECORD_BYTES_MAX = 32 * 1024 * 1024 };

static const char *const documents[] = {
    "https://github.com/CVEProject/cvelistV5/archive/refs/heads/main.zip",
    NULL,
};

struct cve {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    str document;
    bool sink_failed;
    uint64_t records;
    /* the record that is open */
    str id, title, description, lang, value;
    int64_t published_s, modified_s;
    bool is_record, rejected;
    struct score one, best;
};

static str file_name(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == path.len ? path : str_slice(path, slash + 1, path.len);
}

static bool is_record_name(str path)
{
    return str_starts(file_name(path), STR("CVE-")) && str_ends(path, STR(".json"));
}

static bool claims(str path)
{
    bool listed = str_find(path, STR("cvelistV5")) < path.len || str_starts(path, STR("cve-v5/")) ||
                  str_find(path, STR("/cve-v5/")) < path.len;
    return listed &&
           (is_record_name(path) || str_ends(path, STR(".zip")) || str_ends(path, STR(".tar")));
}

static bool on_metadata(struct cve *c, str key, str text, struct error *e)
{
    if (str_eq(key, STR("cveId"))) {
        return arena_str(c->arena, text, &c->id, e);
    }
    if (str_eq(key, STR("datePublished"))) {
        c->published_s = score_time(text);
    } else if (str_eq(key, STR("dateUpdated"))) {
        c->modified_s = score_time(text);
    } else if (str_eq(key, STR("state"))) {
        c->rejected = str_eq(text, STR("REJECTED"));
    }
    return true;
}

/* Depths below containers/cna are one less than those below containers/adp/N. */
static bool on_container(struct cve *c, const struct json_event *event, size_t base,
                         struct error *e)
{
    str own = event->path[event->depth - 1].key;
    str part = event->path[base].key;
    if (base == 2 && event->depth == base + 1 && str_eq(own, STR("title"))) {
        return prose_keep(c->arena, event->text, ADVISORY_DESCRIPTION_BYTES_MAX, &c->title, e);
    }
    if (base == 2 && event->depth == base + 3 &&
        (str_eq(part, STR("descriptions")) || str_eq(part, STR("rejectedReasons")))) {
        if (str_eq(own, STR("lang"))) {
            return arena_str(c->arena, event->text, &c->lang, e);
        }
        return !str_eq(own, STR("value")) ||
               prose_keep(c->arena, event->text, ADVISORY_DESCRIPTION_BYTES_MAX, &c->value, e);
    }
    if (event->depth == base + 4 && str_eq(part, STR("metrics"))) {
        if (str_eq(own, STR("vectorString"))) {
            score_vector(&c->one, event->text);
        } else if (str_eq(own, STR("baseSeverity"))) {
            score_word(&c->one, event->text);
        }
    }
    return true;
}

/* Where a container's own members are: 2 below cna, 3 below adp; 0 elsewhere. */
static size_t container_of(const struct json_event *event)
{
    if (event->depth < 3 || !str_eq(event->path[0].key, STR("containers"))) {
        return 0;
    }
    if (str_eq(event->path[1].key, STR("cna"))) {
        return 2;
    }
    return str_eq(event->path[1].key, STR("adp")) && event->depth > 3 ? 3 : 0;
}

static bool on_object(struct cve *c, const struct json_event *event, size_t base)
{
    str part = event->path[base].key;
    if (event->depth == base + 2) {
        c->lang = c->value = STR_NONE;
    } else if (event->depth == base + 3 && str_eq(part, STR("metrics"))) {
        c->one = (struct score){.version = score_version(event->path[base + 2].key),
                                .primary = base == 2};
    }
    return true;
}

static bool on_end(struct cve *c, const struct json_event *event, size_t base)
{
    bool english = str_starts(c->lang, STR("en"));
    if (event->depth == base + 2 && english && c->description.len == 0) {
        c->description = c->value;
    } else if (event->depth == base + 3 && str_eq(event->path[base].key, STR("metrics"))) {
        score_better(&c->best, &c->one);
    }
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct cve *c = CONTAINER_OF(self, struct cve, base);
    if (event->depth == 0) {
        c->is_record = c->is_record || event->kind == JSON_OBJECT;
        return true;
    }
    if (event->kind == JSON_STRING && event->depth == 2 &&
        str_eq(event->path[0].key, STR("cveMetadata"))) {
        return on_metadata(c, event->path[1].key, event->text, e);
    }
    size_t base = container_of(event);
    if (base == 0) {
        return true;
    }
    switch (event->kind) {
    case JSON_STRING:
        return on_container(c, event, base, e);
    case JSON_OBJECT:
        return on_object(c, event, base);
    case JSON_END:
        return on_end(c, event, base);
    case JSON_ARRAY:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}

static bool put_record(struct cve *c, struct error *e)
{
    if (c->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "no CVE record: it has no cveMetadata.cveId");
    }
    struct advisory advisory = {
        .id = c->id,
        .description = c->description.len > 0 ? c->description : c->title,
        .published_s = c->published_s,
        .modified_s = c->modified_s,
        .whole = true,
        .withdrawn_s = c->rejected ? (c->modified_s > 0 ? c->modified_s : 1) : 0,
    };
    score_put(&c->best, STR("cve"), &advisory);
    bool ok = arena_printf(c->arena, &advisory.url, e, "https://www.cve.org/CVERecord?id=" STR_FMT,
                           STR_ARG(c->id));
    c->sink_failed = ok && !c->out->put(c->out, &advisory, e);
    return ok && !c->sink_failed;
}

static bool read_record(struct cve *c, str json, struct error *e)
{
    struct arena_mark mark = arena_mark(c->arena);
    struct cve fresh = {.base = c->base,
                        .out = c->out,
                        .arena = c->arena,
                        .document = c->document,
                        .records = c->records + 1};
    *c = fresh;
    bool done = json_read_text(json, CVE_DEPTH_MAX, &c->base, e) && put_record(c, e);
    arena_rewind(c->arena, mark);
    return done;
}

/* A record that is damaged spoils itself only. */
static bool read_member(struct cve *c, str name, struct reader *body, struct buf *text,
                        struct error *e)
{
    struct error own;
    if (!is_record_name(name)) {
        return true;
    }
    text->len = 0;
    if (!document_text(body, text, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(name));
    }
    error_clear(&own);
    if (read_record(c, buf_str(text), &own)) {
        return true;
    }
    if (c->sink_failed || (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT)) {
        *e = own;
        return false;
    }
    return document_note(c->out, c->document, e, "not read: '" STR_FMT "': %s", STR_ARG(name),
                         own.text);
}

static bool read_zip(struct cve *c, struct reader *body, struct buf *text, struct error *e)
{
    struct zip zip;
    struct zip_entry entry;
    enum step step;
    if (!zip_open(&zip, body, c->arena, e)) {
        return false;
    }
    while ((step = zip_next(&zip, &entry, e)) == STEP_GOT) {
        if (!read_member(c, entry.name, zip_body(&zip), text, e)) {
            step = STEP_FAILED;
            break;
        }
    }
    zip_close(&zip);
    return step == STEP_END;
}

static bool read_tar(struct cve *c, struct reader *body, struct buf *text, struct error *e)
{
    struct tar tar;
    struct tar_entry entry;
    enum step step;
    if (!tar_open(&tar, body, c->arena, e)) {
        return false;
    }
    while ((step = tar_next(&tar, &entry, e)) == STEP_GOT) {
        if (entry.type == TAR_FILE && !read_member(c, entry.path, tar_body(&tar), text, e)) {
            return false;
        }
    }
    if (step == STEP_END && tar.ended_early) {
        return error_set(e, ERROR_FORMAT, "the tar archive is cut after %" PRIu64 " entries",
                         tar.entries);
    }
    return step == STEP_END;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    struct cve c = {
        .base = {.event = on_event}, .out = out, .arena = arena, .document = document->path};
    struct buf text;
    bool done;
    (void)self;
    buf_init(&text, CVE_RECORD_BYTES_MAX);
    if (str_ends(document->path, STR(".zip"))) {
        done = read_zip(&c, body, &text, e);
    } else if (str_ends(document->path, STR(".tar"))) {
        done = read_tar(&c, body, &text, e);
    } else {
        done = document_text(body, &text, e) && read_record(&c, buf_str(&text), e);
    }
    buf_done(&text);
    return done && (c.records > 0 || error_set(e, ERROR_FORMAT, "holds no CVE record"));
}

const struct feed feed_cve = {
    .name = "cve",
    .summary = "the CVE programme's records, with what CISA adds",
    .publisher = "CVE Program",
    .licence = "CVE terms of use",
    .redistributable = true,
    .on_request = true,
    .site = "https://github.com/CVEProject/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
