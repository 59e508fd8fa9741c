/* ubuntu_notices.c: pages of the web API about notices, and the document of a single one:
 *     { notices: [ { id, cves_ids: [ … ], published, title, summary, description,
 *       release_packages: { CODENAME: [ { name, version, is_source, pocket } ] } } ] }
 * Where a release names no source with its version, the binaries that have one are the rows. */
#include "base/clock.h"
#include "feed/prose.h"
#include "feed/ubuntu.h"
#include "format/json.h"

enum { NOTICES_DEPTH_MAX = 32 };

struct item {
    str name, version, pocket;
    bool is_source;
};

struct notices {
    struct json_handler base;
    struct ubuntu *u;
    struct arena *arena;
    struct arena_mark mark;
    size_t above; /* how many levels a notice is below the document's own value */
    bool has_list;
    str id, title, description;
    int64_t published_s;
    str *ids;
    size_t ids_count, ids_room;
    struct item item; /* the one that is open */
    struct item *items;
    size_t items_count, items_room;
    struct affected *rows;
    size_t rows_count, rows_room;
};

static bool is_notice(str name)
{
    return str_starts(name, STR("USN-")) || str_starts(name, STR("LSN-"));
}

/* "notices.json", "api-notices/20_20.json" (offset and limit), "notices/USN-1-1.json" */
bool ubuntu_notices_claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    str folder = str_slice(path, 0, slash == path.len ? 0 : slash);
    bool page = name.len > 0 && name.at[0] >= '0' && name.at[0] <= '9' &&
                str_find_char(name, '_') < name.len;
    return str_eq(name, STR("notices.json")) ||
           (str_ends(folder, STR("notices")) && str_ends(name, STR(".json")) &&
            (page || is_notice(name)));
}

/* Where a notice's own levels begin, or false for what is beside the list. */
static bool level_of(const struct notices *n, const struct json_event *event, size_t *level)
{
    if (event->depth < n->above || (n->above > 0 && !str_eq(event->path[0].key, STR("notices")))) {
        return false;
    }
    *level = event->depth - n->above;
    return true;
}

static str key_at(const struct notices *n, const struct json_event *event, size_t depth)
{
    return event->depth >= n->above + depth ? event->path[n->above + depth - 1].key : STR_NONE;
}

static bool add_id(struct notices *n, str id, struct error *e)
{
    str kept;
    if (n->ids_count == ADVISORY_IDS_MAX) {
        return error_set(e, ERROR_LIMIT, "a notice names more than %d vulnerabilities",
                         ADVISORY_IDS_MAX);
    }
    if (!arena_str(n->arena, id, &kept, e) ||
        !arena_grow(n->arena, (void **)&n->ids, n->ids_count, &n->ids_room, sizeof(str), e)) {
        return false;
    }
    n->ids[n->ids_count++] = kept;
    return true;
}

static bool on_member(struct notices *n, str key, str text, struct error *e)
{
    if (str_eq(key, STR("id"))) {
        return arena_str(n->arena, text, &n->id, e);
    }
    if (str_eq(key, STR("published"))) {
        if (!clock_parse(text, &n->published_s)) {
            tally_add(&n->u->strange, STR("a time that cannot be read"));
        }
        return true;
    }
    str *to = str_eq(key, STR("title"))         ? &n->title
              : str_eq(key, STR("description")) ? &n->description
                                                : NULL;
    return to == NULL || prose_keep(n->arena, text, ADVISORY_DESCRIPTION_BYTES_MAX, to, e);
}

static bool on_string(struct notices *n, const struct json_event *event, struct error *e)
{
    size_t depth;
    if (!level_of(n, event, &depth) || depth == 0) {
        return true;
    }
    str own = event->path[event->depth - 1].key;
    if (depth == 1) {
        return on_member(n, own, event->text, e);
    }
    if (depth == 2 && str_eq(key_at(n, event, 1), STR("cves_ids"))) {
        return add_id(n, event->text, e);
    }
    if (depth != 4 || !str_eq(key_at(n, event, 1), STR("release_packages"))) {
        return true;
    }
    str *to = str_eq(own, STR("name"))      ? &n->item.name
              : str_eq(own, STR("version")) ? &n->item.version
              : str_eq(own, STR("pocket"))  ? &n->item.pocket
                                            : NULL;
    return to == NULL || arena_str(n->arena, event->text, to, e);
}

static bool on_item_end(struct notices *n, struct error *e)
{
    if (!arena_grow(n->arena, (void **)&n->items, n->items_count, &n->items_room, sizeof(n->item),
                    e)) {
        return false;
    }
    n->items[n->items_count++] = n->item;
    n->item = (struct item){.name = STR_NONE};
    return true;
}

static bool add_row(struct notices *n, str codename, const struct item *item, struct error *e)
{
    bool extended = str_find(item->version, STR("+esm")) < item->version.len ||
                    str_find(item->version, STR("~esm")) < item->version.len;
    str pocket = item->pocket.len > 0 ? item->pocket : extended ? STR("esm") : STR_NONE;
    struct ubuntu_place place;
    if (!ubuntu_pocket_find(codename, pocket, n->arena, &place, e)) {
        return false;
    }
    if (place.namespace_.len == 0) {
        tally_add(&n->u->releases, codename);
        return true;
    }
    struct affected row = {
        .namespace_ = place.namespace_,
        .product = place.product,
        .package = item->name,
        .scope = item->is_source ? SCOPE_SOURCE : SCOPE_BINARY,
        .state = FIX_AVAILABLE,
        .fixed = item->version,
    };
    if (!arena_grow(n->arena, (void **)&n->rows, n->rows_count, &n->rows_room, sizeof(row), e)) {
        return false;
    }
    n->rows[n->rows_count++] = row;
    return true;
}

static bool on_release_end(struct notices *n, str codename, struct error *e)
{
    bool sources = false;
    for (size_t i = 0; i < n->items_count; i++) {
        sources = sources || (n->items[i].is_source && ubuntu_is_version(n->items[i].version));
    }
    for (size_t i = 0; i < n->items_count; i++) {
        const struct item *item = &n->items[i];
        if (item->is_source != sources) {
            continue;
        }
        if (!ubuntu_is_version(item->version)) {
            tally_add(&n->u->strange, STR("a fixed package without its version"));
        } else if (!add_row(n, codename, item, e)) {
            return false;
        }
    }
    n->items = NULL;
    n->items_count = n->items_room = 0;
    return true;
}

static void begin_notice(struct notices *n)
{
    n->mark = arena_mark(n->arena);
    n->id = n->title = n->description = STR_NONE;
    n->published_s = 0;
    n->item = (struct item){.name = STR_NONE};
    n->ids = NULL;
    n->items = NULL;
    n->rows = NULL;
    n->ids_count = n->ids_room = n->items_count = n->items_room = 0;
    n->rows_count = n->rows_room = 0;
}

static bool on_notice_end(struct notices *n, struct error *e)
{
    struct advisory advisory = {
        .id = n->id,
        .ids = n->ids,
        .ids_count = n->ids_count,
        .description = n->description.len > 0 ? n->description : n->title,
        .published_s = n->published_s,
    };
    if (n->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "has a notice without its identifier");
    }
    n->u->records++;
    bool done = ubuntu_url(n->id, n->arena, &advisory.url, e) &&
                ubuntu_put_rows(n->u, &advisory, n->rows, n->rows_count, e);
    arena_rewind(n->arena, n->mark);
    begin_notice(n); /* what is no object, and so does not begin, finds nothing of this one */
    return done;
}

static bool on_end(struct notices *n, const struct json_event *event, struct error *e)
{
    size_t level;
    if (!level_of(n, event, &level)) {
        return true;
    }
    bool in_packages = str_eq(key_at(n, event, 1), STR("release_packages"));
    if (level == 0) {
        return on_notice_end(n, e);
    }
    if (level == 2 && in_packages) {
        return on_release_end(n, event->path[event->depth - 1].key, e);
    }
    return level != 3 || !in_packages || on_item_end(n, e);
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct notices *n = CONTAINER_OF(self, struct notices, base);
    size_t level;
    switch (event->kind) {
    case JSON_STRING:
        return on_string(n, event, e);
    case JSON_OBJECT:
        if (level_of(n, event, &level) && level == 0) {
            begin_notice(n);
        } else if (level_of(n, event, &level) && level == 3) {
            n->item = (struct item){.name = STR_NONE};
        }
        return true;
    case JSON_BOOL:
        if (level_of(n, event, &level) && level == 4 &&
            str_eq(event->path[event->depth - 1].key, STR("is_source"))) {
            n->item.is_source = str_eq(event->text, STR("true"));
        }
        return true;
    case JSON_ARRAY:
        n->has_list =
            n->has_list || (event->depth == 1 && str_eq(event->path[0].key, STR("notices")));
        return true;
    case JSON_END:
        return on_end(n, event, e);
    case JSON_NULL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}

bool ubuntu_notices_read(struct ubuntu *u, struct reader *body, struct error *e)
{
    struct notices n = {.base = {.event = on_event}, .u = u, .arena = u->arena};
    n.mark = arena_mark(u->arena);
    size_t slash = str_find_last_char(u->document, '/');
    n.above = is_notice(str_slice(u->document, slash + 1, u->document.len)) ? 0 : 2;
    if (!json_read(body, NOTICES_DEPTH_MAX, &n.base, e)) {
        return false;
    }
    u->records += n.has_list; /* the page behind the last one is empty */
    return ubuntu_done(u, "list of notices", e);
}
