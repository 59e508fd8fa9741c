/* echo.c: Echo's advisories for its own images: {source: {id: {"fixed_version": …}}}. Echo is a
 * distribution of its own (os-release says so), built from Debian's sources, so its rows are in a
 * namespace of their own. Without a fixed version the package is affected; "0": never was. */
#include <stdint.h>

#include "feed/document.h"
#include "feed/feed.h"
#include "feed/pieces.h"
#include "format/json.h"

enum { DOCUMENT_DEPTH_MAX = 8 };

static const char *const documents[] = {"data.json", NULL};

struct echo {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    struct arena_mark mark; /* what is kept of one statement */
    str fixed;
    bool severity_known;
    enum severity severity;
    uint64_t statements;
    bool is_object;
    struct tally strange;
};

static bool put(struct echo *r, str package, str id, struct error *e)
{
    struct affected row = {.namespace_ = STR("echo"), .package = package, .scope = SCOPE_SOURCE};
    if (r->fixed.len == 0) {
        row.state = FIX_NONE_YET;
    } else if (str_eq(r->fixed, STR("0"))) {
        row.state = FIX_NOT_AFFECTED;
    } else {
        row.state = FIX_AVAILABLE;
        row.fixed = r->fixed;
    }
    struct advisory a = {.id = id};
    if (r->severity_known && r->severity != SEVERITY_UNKNOWN) {
        a.severity = r->severity;
        a.severity_source = STR("echo");
    }
    r->statements++;
    return pieces_put(r->out, &a, &row, 1, &r->strange, e);
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct echo *r = CONTAINER_OF(self, struct echo, base);
    r->is_object = r->is_object || (event->depth == 0 && event->kind == JSON_OBJECT);
    if (event->depth == 2 && event->kind == JSON_OBJECT) {
        arena_rewind(r->arena, r->mark);
        r->fixed = STR_NONE;
        r->severity_known = false;
    } else if (event->depth == 2 && event->kind == JSON_END && event->path[1].key.len > 0 &&
               event->path[0].key.len > 0) {
        return put(r, event->path[0].key, event->path[1].key, e);
    } else if (event->depth == 3 && event->kind == JSON_STRING) {
        str own = event->path[2].key;
        if (str_eq(own, STR("fixed_version"))) {
            return arena_str(r->arena, event->text, &r->fixed, e);
        }
        if (str_eq(own, STR("severity"))) {
            r->severity_known = severity_parse(event->text, &r->severity);
        }
    }
    return true;
}

/* The name says little: it must stand in a folder that says whose it is, or alone. */
static bool claims(str path)
{
    return document_path_ends(path, STR("echo/data.json")) ||
           document_path_ends(path, STR("advisory.echohq.com/data.json")) ||
           str_eq(path, STR("data.json"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct echo r = {
        .base = {.event = on_event}, .out = out, .arena = arena, .mark = arena_mark(arena)};
    bool done = json_read(body, DOCUMENT_DEPTH_MAX, &r.base, e);
    arena_rewind(arena, r.mark);
    if (done && (!r.is_object || r.statements == 0)) {
        return error_set(e, ERROR_FORMAT, "holds no statement about a package");
    }
    return done && tally_note(&r.strange, out, document->path, "what was not understood", e);
}

const struct feed feed_echo = {
    .name = "echo",
    .summary = "Echo's images",
    .publisher = "Echo",
    .licence = "not stated",
    .redistributable = false,
    .site = "https://advisory.echohq.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
