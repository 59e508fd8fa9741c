/* ubuntu_usn.c: the database of Ubuntu's notices, one JSON as a stream:
 *     { "4011-1": { cves: [ … ], timestamp, title, isummary, summary, description, releases:
 *       { CODENAME: { sources: { NAME: { version } }, binaries | allbinaries: { NAME: { version,
 *       pocket } } } } } }
 * A source's pocket is that of the binaries with its version. Where a release names no source, as
 * in notices of the first years, the binaries are the rows. */
#include "base/map.h"
#include "base/num.h"
#include "feed/prose.h"
#include "feed/ubuntu.h"
#include "format/json.h"

enum {
    USN_DEPTH_MAX = 32,
    /* depths: [ notice, "releases", codename, list, package, member ] */
    AT_NOTICE = 1,
    AT_MEMBER = 2,
    AT_RELEASE = 3,
    AT_LIST = 4,
    AT_PACKAGE = 5,
    AT_PACKAGE_MEMBER = 6,
};

struct item {
    str name, version, pocket;
};

struct items {
    struct item *at;
    size_t count, room;
};

struct usn {
    struct json_handler base;
    struct ubuntu *u;
    struct arena *arena;
    struct arena_mark mark;
    str title, summary, description;
    int64_t published_s;
    str *ids;
    size_t ids_count, ids_room;
    struct items sources, binaries, all; /* of the release that is open */
    struct affected *rows;
    size_t rows_count, rows_room;
};

bool ubuntu_usn_claims(str path)
{
    return document_path_ends(path, STR("database-all.json")) ||
           document_path_ends(path, STR("usn-db/database.json")) ||
           document_path_ends(path, STR("usndb/database.json"));
}

static bool key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

static struct items *list_of(struct usn *n, const struct json_event *event)
{
    str key = event->path[AT_LIST - 1].key;
    return str_eq(key, STR("sources"))       ? &n->sources
           : str_eq(key, STR("binaries"))    ? &n->binaries
           : str_eq(key, STR("allbinaries")) ? &n->all
                                             : NULL;
}

static bool add_id(struct usn *n, str id, struct error *e)
{
    if (!str_starts(id, STR("CVE-"))) {
        return true; /* bugs by their address */
    }
    if (n->ids_count == ADVISORY_IDS_MAX) {
        return error_set(e, ERROR_LIMIT, "a notice names more than %d vulnerabilities",
                         ADVISORY_IDS_MAX);
    }
    str kept;
    if (!arena_str(n->arena, id, &kept, e) ||
        !arena_grow(n->arena, (void **)&n->ids, n->ids_count, &n->ids_room, sizeof(str), e)) {
        return false;
    }
    n->ids[n->ids_count++] = kept;
    return true;
}

static bool on_string(struct usn *n, const struct json_event *event, struct error *e)
{
    if (event->depth == AT_MEMBER) {
        str key = event->path[AT_MEMBER - 1].key;
        str *to = str_eq(key, STR("title"))         ? &n->title
                  : str_eq(key, STR("isummary"))    ? &n->summary
                  : str_eq(key, STR("description")) ? &n->description
                                                    : NULL;
        return to == NULL ||
               prose_keep(n->arena, event->text, ADVISORY_DESCRIPTION_BYTES_MAX, to, e);
    }
    if (event->depth == AT_RELEASE && key_is(event, AT_MEMBER, STR("cves"))) {
        return add_id(n, event->text, e);
    }
    if (event->depth != AT_PACKAGE_MEMBER || !key_is(event, AT_MEMBER, STR("releases"))) {
        return true;
    }
    struct items *list = list_of(n, event);
    if (list == NULL || list->count == 0) {
        return true;
    }
    str key = event->path[AT_PACKAGE_MEMBER - 1].key;
    struct item *item = &list->at[list->count - 1];
    str *to = str_eq(key, STR("version"))  ? &item->version
              : str_eq(key, STR("pocket")) ? &item->pocket
                                           : NULL;
    return to == NULL || arena_str(n->arena, event->text, to, e);
}

static void begin_release(struct usn *n)
{
    n->sources = n->binaries = n->all = (struct items){.count = 0};
}

static void begin_notice(struct usn *n)
{
    n->mark = arena_mark(n->arena);
    n->title = n->summary = n->description = STR_NONE;
    n->published_s = 0;
    n->ids = NULL;
    n->rows = NULL;
    n->ids_count = n->ids_room = n->rows_count = n->rows_room = 0;
    begin_release(n);
}

static bool on_object(struct usn *n, const struct json_event *event, struct error *e)
{
    if (event->depth == AT_NOTICE) {
        begin_notice(n);
        return true;
    }
    if (!key_is(event, AT_MEMBER, STR("releases"))) {
        return true;
    }
    if (event->depth == AT_RELEASE) {
        begin_release(n);
    }
    struct items *list = event->depth == AT_PACKAGE ? list_of(n, event) : NULL;
    if (list == NULL) {
        return true;
    }
    struct item item = {.version = STR_NONE};
    if (!arena_str(n->arena, event->path[AT_PACKAGE - 1].key, &item.name, e) ||
        !arena_grow(n->arena, (void **)&list->at, list->count, &list->room, sizeof(item), e)) {
        return false;
    }
    list->at[list->count++] = item;
    return true;
}

/* From the binaries' versions to the pockets that brought them. */
static bool map_pockets(struct usn *n, const struct items *binaries, struct map *to,
                        struct error *e)
{
    map_init(to, n->arena);
    for (size_t i = 0; i < binaries->count; i++) {
        struct item *item = &binaries->at[i];
        if (item->pocket.len > 0 && map_get(to, item->version) == NULL &&
            !map_put(to, item->version, item, e)) {
            return false;
        }
    }
    return true;
}

static str pocket_of(const struct map *pockets, const struct item *item)
{
    const struct item *binary = map_get(pockets, item->version);
    bool extended = str_find(item->version, STR("+esm")) < item->version.len ||
                    str_find(item->version, STR("~esm")) < item->version.len;
    return item->pocket.len > 0 ? item->pocket
           : binary != NULL     ? binary->pocket
           : extended           ? STR("esm")
                                : STR_NONE;
}

static bool add_row(struct usn *n, str codename, str pocket, const struct item *item, bool source,
                    struct error *e)
{
    struct ubuntu_place place;
    if (!ubuntu_pocket_find(codename, pocket, n->arena, &place, e)) {
        return false;
    }
    if (place.namespace_.len == 0) {
        tally_add(&n->u->releases, codename);
        return true;
    }
    if (!ubuntu_is_version(item->version)) {
        tally_add(&n->u->strange, STR("a fixed package without its version"));
        return true;
    }
    struct affected row = {
        .namespace_ = place.namespace_,
        .product = place.product,
        .package = item->name,
        .scope = source ? SCOPE_SOURCE : SCOPE_BINARY,
        .state = FIX_AVAILABLE,
        .fixed = item->version,
    };
    if (!arena_grow(n->arena, (void **)&n->rows, n->rows_count, &n->rows_room, sizeof(row), e)) {
        return false;
    }
    n->rows[n->rows_count++] = row;
    return true;
}

static bool on_release_end(struct usn *n, str codename, struct error *e)
{
    bool source = n->sources.count > 0;
    const struct items *binaries = n->all.count > 0 ? &n->all : &n->binaries;
    const struct items *list = source ? &n->sources : binaries;
    struct map pockets;
    if (!map_pockets(n, binaries, &pockets, e)) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->at[i];
        if (!add_row(n, codename, pocket_of(&pockets, item), item, source, e)) {
            return false;
        }
    }
    begin_release(n);
    return true;
}

static bool on_notice_end(struct usn *n, str key, struct error *e)
{
    str id = key;
    bool number = key.len > 0 && key.at[0] >= '0' && key.at[0] <= '9';
    struct advisory advisory = {
        .ids = n->ids,
        .ids_count = n->ids_count,
        .description = n->description.len > 0 ? n->description
                       : n->summary.len > 0   ? n->summary
                                              : n->title,
        .published_s = n->published_s,
    };
    if ((number && !arena_printf(n->arena, &id, e, "USN-" STR_FMT, STR_ARG(key))) ||
        !ubuntu_url(id, n->arena, &advisory.url, e)) {
        return false;
    }
    advisory.id = id;
    n->u->records++;
    bool done = ubuntu_put_rows(n->u, &advisory, n->rows, n->rows_count, e);
    arena_rewind(n->arena, n->mark);
    begin_notice(n); /* what is no object, and so does not begin, finds nothing of this one */
    return done;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct usn *n = CONTAINER_OF(self, struct usn, base);
    uint64_t seconds;
    switch (event->kind) {
    case JSON_STRING:
        return on_string(n, event, e);
    case JSON_NUMBER: /* "1559829158.204614" */
        if (event->depth == AT_MEMBER && key_is(event, AT_MEMBER, STR("timestamp")) &&
            num_parse(str_slice(event->text, 0, str_find_char(event->text, '.')), 10, INT32_MAX,
                      &seconds)) {
            n->published_s = (int64_t)seconds;
        }
        return true;
    case JSON_OBJECT:
        return on_object(n, event, e);
    case JSON_ARRAY:
        if (event->depth == 0) {
            return error_set(e, ERROR_FORMAT, "is a list, not a database of notices");
        }
        return true;
    case JSON_END:
        if (event->depth == AT_RELEASE && key_is(event, AT_MEMBER, STR("releases"))) {
            return on_release_end(n, event->path[AT_RELEASE - 1].key, e);
        }
        return event->depth != AT_NOTICE || on_notice_end(n, event->path[0].key, e);
    case JSON_NULL:
    case JSON_BOOL:
        return true;
    }
    return true;
}

bool ubuntu_usn_read(struct ubuntu *u, struct reader *body, struct error *e)
{
    struct usn n = {.base = {.event = on_event}, .u = u, .arena = u->arena};
    n.mark = arena_mark(u->arena);
    return json_read(body, USN_DEPTH_MAX, &n.base, e) && ubuntu_done(u, "notice", e);
}
