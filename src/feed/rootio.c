/* rootio.c: Root.io's rebuilds of Alpine's and Debian's packages, whose versions carry its mark
 * ("2.28.3-1.root.io.1", "2.19.5-r00071"). They say nothing about the distributions' own packages,
 * so every row has the product "rootio".
 *
 * {"alpine": [{"distroversion": "3.19", "packages": [{"pkg": {"name": …, "cves": {"CVE-…":
 *  {"vulnerable_ranges": [">=1.1.1, <1.1.1t"], "fixed_versions": [version]}}}}]}]} */
#include "feed/document.h"
#include "feed/feed.h"
#include "feed/osv.h"
#include "feed/pieces.h"
#include "format/json.h"

enum { DOCUMENT_DEPTH_MAX = 16, RANGES_MAX = 1000 };

static const char *const documents[] = {"cve_feed", NULL};

struct strings {
    str *at;
    size_t count, room;
};

/* What is said of one CVE in the package that is open. */
struct statement {
    str id;
    struct strings ranges, fixed;
};

struct rootio {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    char release_room[64];
    str release;
    struct arena_mark mark; /* what is kept of one package */
    str name;
    struct statement *at;
    size_t count, room;
    uint64_t statements;
    struct tally strange;
};

static bool key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

/* The release outlives its packages. */
static bool keep_release(struct rootio *r, str text, struct error *e)
{
    if (text.len > sizeof(r->release_room)) {
        return error_set(e, ERROR_LIMIT, "a release of %zu bytes, more than the limit of %zu",
                         text.len, sizeof(r->release_room));
    }
    for (size_t i = 0; i < text.len; i++) {
        r->release_room[i] = text.at[i];
    }
    r->release = (str){.at = r->release_room, .len = text.len};
    return true;
}

static bool keep_in(struct rootio *r, struct strings *list, str text, struct error *e)
{
    str kept = STR_NONE;
    if (list->count == RANGES_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "': more than the limit of %d ranges",
                         STR_ARG(r->name), RANGES_MAX);
    }
    if (!arena_str(r->arena, text, &kept, e) ||
        !arena_grow(r->arena, (void **)&list->at, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at[list->count++] = kept;
    return true;
}

/* ">=1.1.1, <1.1.1t" into the bounds of a row; false where it is no such text. */
static bool bounds_read(str text, struct affected *row)
{
    str part;
    bool more = true;
    while (more) {
        more = str_cut(&text, ',', &part);
        part = str_trim(more ? part : text);
        if (str_starts(part, STR(">="))) {
            row->introduced = str_trim(str_slice(part, 2, part.len));
        } else if (str_starts(part, STR("<="))) {
            row->last_affected = str_trim(str_slice(part, 2, part.len));
        } else if (str_starts(part, STR("<"))) {
            row->fixed = str_trim(str_slice(part, 1, part.len));
            row->state = FIX_AVAILABLE;
        } else if (str_starts(part, STR("="))) {
            row->introduced = row->last_affected = str_trim(str_slice(part, 1, part.len));
        } else if (part.len > 0 || more) {
            return false;
        }
    }
    return row->introduced.len + row->last_affected.len + row->fixed.len > 0 &&
           (row->state != FIX_AVAILABLE || row->fixed.len > 0);
}

static bool row_put(struct rootio *r, str id, const struct affected *row, struct error *e)
{
    struct advisory a = {.id = id};
    return pieces_put(r->out, &a, row, 1, &r->strange, e);
}

static bool statement_put(struct rootio *r, const struct statement *s, struct affected row,
                          struct error *e)
{
    for (size_t i = 0; i < s->ranges.count; i++) {
        struct affected one = row;
        if (!bounds_read(s->ranges.at[i], &one)) {
            tally_add(&r->strange, s->ranges.at[i]);
        } else if (!row_put(r, s->id, &one, e)) {
            return false;
        }
    }
    if (s->ranges.count > 0) {
        return true;
    }
    if (s->fixed.count > 0 && s->fixed.at[0].len > 0) {
        row.state = FIX_AVAILABLE;
        row.fixed = s->fixed.at[0];
    }
    return row_put(r, s->id, &row, e);
}

/* "alpine" and "3.19" → alpine:v3.19 */
static bool place_find(struct rootio *r, str system, struct osv_place *place, struct error *e)
{
    str first = str_eq(system, STR("alpine"))   ? STR("Alpine")
                : str_eq(system, STR("debian")) ? STR("Debian")
                : str_eq(system, STR("ubuntu")) ? STR("Ubuntu")
                                                : system;
    str ecosystem;
    return arena_printf(r->arena, &ecosystem, e, STR_FMT ":" STR_FMT, STR_ARG(first),
                        STR_ARG(r->release)) &&
           osv_place_find(ecosystem, r->arena, place, e);
}

static bool on_package_end(struct rootio *r, str system, struct error *e)
{
    struct osv_place place;
    if (!place_find(r, system, &place, e)) {
        return false;
    }
    r->statements += r->count;
    if (place.ecosystem == NULL || r->name.len == 0) {
        tally_add(&r->strange, system);
        return true;
    }
    struct affected row = {.namespace_ = place.namespace_,
                           .product = STR("rootio"),
                           .package = r->name,
                           .scope = place.ecosystem->scope,
                           .state = FIX_NONE_YET};
    for (size_t i = 0; i < r->count; i++) {
        if (!statement_put(r, &r->at[i], row, e)) {
            return false;
        }
    }
    return true;
}

/* Paths: SYSTEM [ ] distroversion; SYSTEM [ ] packages [ ] pkg cves CVE fixed_versions [ ] */
static bool on_string(struct rootio *r, const struct json_event *event, struct error *e)
{
    if (event->depth == 3 && key_is(event, 3, STR("distroversion"))) {
        return keep_release(r, event->text, e);
    }
    if (event->depth == 6 && key_is(event, 5, STR("pkg")) && key_is(event, 6, STR("name"))) {
        return arena_str(r->arena, event->text, &r->name, e);
    }
    if (event->depth == 9 && key_is(event, 6, STR("cves")) && r->count > 0) {
        struct statement *s = &r->at[r->count - 1];
        return key_is(event, 8, STR("vulnerable_ranges")) ? keep_in(r, &s->ranges, event->text, e)
               : key_is(event, 8, STR("fixed_versions"))  ? keep_in(r, &s->fixed, event->text, e)
                                                          : true;
    }
    return true;
}

static bool on_begin(struct rootio *r, const struct json_event *event, struct error *e)
{
    if (event->depth == 2) {
        r->release = STR_NONE;
    } else if (event->depth == 4) {
        arena_rewind(r->arena, r->mark);
        r->name = STR_NONE;
        r->at = NULL;
        r->count = r->room = 0;
    } else if (event->depth == 7 && key_is(event, 6, STR("cves")) && event->path[6].key.len > 0) {
        struct statement s = {.id = STR_NONE};
        if (!arena_str(r->arena, event->path[6].key, &s.id, e) ||
            !arena_grow(r->arena, (void **)&r->at, r->count, &r->room, sizeof(s), e)) {
            return false;
        }
        r->at[r->count++] = s;
    }
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct rootio *r = CONTAINER_OF(self, struct rootio, base);
    switch (event->kind) {
    case JSON_STRING:
        return on_string(r, event, e);
    case JSON_OBJECT:
        return on_begin(r, event, e);
    case JSON_END:
        return event->depth != 4 || !key_is(event, 3, STR("packages")) ||
               on_package_end(r, event->path[0].key, e);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_ARRAY:
        return true;
    }
    return true;
}

static bool claims(str path)
{
    return document_path_ends(path, STR("cve_feed")) ||
           document_path_ends(path, STR("patch_feed")) ||
           document_path_ends(path, STR("rootio/cve_feed.json"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct rootio r = {
        .base = {.event = on_event}, .out = out, .arena = arena, .mark = arena_mark(arena)};
    bool done = json_read(body, DOCUMENT_DEPTH_MAX, &r.base, e);
    arena_rewind(arena, r.mark);
    if (done && r.statements == 0) {
        return error_set(e, ERROR_FORMAT, "holds no statement about a package");
    }
    return done && tally_note(&r.strange, out, document->path, "what was not understood", e);
}

const struct feed feed_rootio = {
    .name = "rootio",
    .summary = "Root.io's rebuilt packages",
    .publisher = "Root.io",
    .licence = "not stated",
    .redistributable = false,
    .site = "https://api.root.io/external/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
