#include <string.h>

#include "base/sort.h"
#include "store/graph_inner.h"

/* Vulnerabilities that clients wrote. A row is a state, and never changes: a change adds a row and
 * takes `current` from the one before, which the notification still names. */

#define STATE_COLUMNS                                                                              \
    "v.id, v.api, v.os, v.name, v.link, v.description, v.severity, v.metadata, v.changed_s "
#define FIX_COLUMNS "f.os, f.name, f.version, f.format "

static const struct graph_sql state_add = {
    .text = "INSERT INTO vulnerability (id, current, key, os_key, api, os, name, link, "
            "description, severity, metadata, changed_s) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};
static const struct graph_sql fix_add = {
    .text = "INSERT INTO vulnerability_fix (vulnerability, position, current, about, os, name, "
            "version, format) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
static const struct graph_sql state_past = {.text = "UPDATE vulnerability SET current = 0 "
                                                    "WHERE id = $1"};
static const struct graph_sql fixes_past = {.text = "UPDATE vulnerability_fix SET current = 0 "
                                                    "WHERE vulnerability = $1"};
static const struct graph_sql current_number = {
    .text = "SELECT id FROM vulnerability WHERE key = $1 AND current = 1"};
static const struct graph_sql state_get = {.text = "SELECT " STATE_COLUMNS
                                                   "FROM vulnerability v WHERE v.id = $1"};
static const struct graph_sql fixes_get = {
    .text = "SELECT " FIX_COLUMNS "FROM vulnerability_fix f WHERE f.vulnerability = $1 "
            "ORDER BY f.position"};
static const struct graph_sql listed = {
    .text = "SELECT " STATE_COLUMNS "FROM vulnerability v WHERE v.os_key = $1 AND v.current = 1 "
            "AND v.id >= $2 ORDER BY v.id LIMIT $3"};
static const struct graph_sql about = {
    .text = "SELECT " STATE_COLUMNS ", " FIX_COLUMNS "FROM vulnerability_fix f "
            "JOIN vulnerability v ON v.id = f.vulnerability "
            "WHERE f.about IN (@) AND f.current = 1 ORDER BY v.id, f.position",
    .columns = 1};
enum { FIX_COLUMN = 9, STATE_BYTES_MAX = 64 * 1024 * 1024 };

static const struct graph_sql namespaces_get = {.text =
                                                    "SELECT os, format FROM namespace ORDER BY os"};
static const struct graph_sql namespace_get = {.text = "SELECT format FROM namespace "
                                                       "WHERE key = $1"};
static const struct graph_sql namespace_set = {
    .text = "INSERT INTO namespace (key, os, format) VALUES ($1, $2, $3) "
            "ON CONFLICT (key) DO UPDATE SET format = excluded.format"};

/* -- keys ----------------------------------------------------------------------------------- */

static str api_text(enum graph_api api)
{
    return api == GRAPH_API_2015 ? STR("2015") : api == GRAPH_API_2016 ? STR("2016") : STR_NONE;
}

static str name_key(enum graph_api api, str os, str name, uint8_t to[GRAPH_KEY_BYTES])
{
    const str texts[] = {api_text(api), os, name};
    return graph_key(texts, ARRAY_COUNT(texts), to);
}

static str os_key(enum graph_api api, str os, uint8_t to[GRAPH_KEY_BYTES])
{
    const str texts[] = {api_text(api), os};
    return graph_key(texts, ARRAY_COUNT(texts), to);
}

static str about_key(str os, str name, uint8_t to[GRAPH_KEY_BYTES])
{
    const str texts[] = {os, name};
    return graph_key(texts, ARRAY_COUNT(texts), to);
}

/* -- states --------------------------------------------------------------------------------- */

static bool fixes_add(struct graph *g, const struct graph_vulnerability *v, int64_t number,
                      bool current, struct error *e)
{
    for (size_t i = 0; i < v->fixes_count; i++) {
        const struct graph_fix *f = &v->fixes[i];
        const str texts[] = {f->os, f->name, f->version, f->format};
        uint8_t key[GRAPH_KEY_BYTES];
        if (!graph_texts_fit(texts, ARRAY_COUNT(texts), e) ||
            !graph_run(g, &fix_add,
                       VALUES(NUMBER(number), NUMBER(i), NUMBER(current),
                              BYTES(about_key(f->os, f->name, key)), BYTES(f->os), BYTES(f->name),
                              BYTES(f->version), BYTES(f->format)),
                       e)) {
            return false;
        }
    }
    return true;
}

bool graph_state_add(struct graph *g, const struct graph_vulnerability *v, int64_t number,
                     bool current, int64_t now_s, struct error *e)
{
    const str texts[] = {v->os, v->name, v->link, v->description, v->severity, v->metadata};
    uint8_t key[GRAPH_KEY_BYTES], of_os[GRAPH_KEY_BYTES];
    return graph_texts_fit(texts, ARRAY_COUNT(texts), e) &&
           graph_run(g, &state_add,
                     VALUES(NUMBER(number), NUMBER(current),
                            BYTES(name_key(v->api, v->os, v->name, key)),
                            BYTES(os_key(v->api, v->os, of_os)), NUMBER(v->api), BYTES(v->os),
                            BYTES(v->name), BYTES(v->link), BYTES(v->description),
                            BYTES(v->severity), BYTES(v->metadata), NUMBER(now_s)),
                     e) &&
           fixes_add(g, v, number, current, e);
}

static bool row_read(struct statement *st, struct arena *arena, struct graph_vulnerability *out,
                     struct error *e)
{
    *out = (struct graph_vulnerability){.number = db_column_int(st, 0),
                                        .api = (enum graph_api)db_column_int(st, 1),
                                        .changed_s = db_column_int(st, 8)};
    return graph_text(st, 2, arena, &out->os, e) && graph_text(st, 3, arena, &out->name, e) &&
           graph_text(st, 4, arena, &out->link, e) &&
           graph_text(st, 5, arena, &out->description, e) &&
           graph_text(st, 6, arena, &out->severity, e) &&
           graph_text(st, 7, arena, &out->metadata, e);
}

static bool fix_read(struct statement *st, int column, struct arena *arena, struct graph_fix *out,
                     struct error *e)
{
    return graph_text(st, column, arena, &out->os, e) &&
           graph_text(st, column + 1, arena, &out->name, e) &&
           graph_text(st, column + 2, arena, &out->version, e) &&
           graph_text(st, column + 3, arena, &out->format, e);
}

static bool fixes_read(struct graph *g, struct arena *arena, struct graph_vulnerability *v,
                       struct error *e)
{
    struct statement *st = graph_ask(g, &fixes_get, VALUES(NUMBER(v->number)), e);
    if (st == NULL) {
        return false;
    }
    struct graph_fix *fixes = NULL;
    size_t count = 0, room = 0;
    bool done = true;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        void *items = fixes;
        done = got == STEP_GOT && arena_grow(arena, &items, count, &room, sizeof(*fixes), e);
        fixes = items;
        done = done && fix_read(st, 0, arena, &fixes[count], e);
        count += done;
    }
    db_reset(st);
    v->fixes = fixes;
    v->fixes_count = count;
    return done;
}

bool graph_state_read(struct graph *g, int64_t number, struct arena *arena,
                      struct graph_vulnerability *out, struct error *e)
{
    struct statement *st = graph_ask(g, &state_get, VALUES(NUMBER(number)), e);
    if (st == NULL) {
        return false;
    }
    enum step got = db_step(st, e);
    bool done = got == STEP_GOT && row_read(st, arena, out, e);
    db_reset(st);
    if (got == STEP_END) {
        return error_set(e, ERROR_FORMAT, "state %lld of a vulnerability is gone",
                         (long long)number);
    }
    return done && fixes_read(g, arena, out, e);
}

static bool current_of(struct graph *g, enum graph_api api, str os, str name, int64_t *number,
                       bool *found, struct error *e)
{
    uint8_t key[GRAPH_KEY_BYTES];
    *number = 0;
    return graph_number(g, &current_number, VALUES(BYTES(name_key(api, os, name, key))), number,
                        NULL, found, e);
}

bool graph_vulnerability_find(struct graph *g, enum graph_api api, str os, str name,
                              struct arena *arena, struct graph_vulnerability *out, bool *found,
                              struct error *e)
{
    int64_t number;
    struct graph_vulnerability v = {0};
    bool there;
    if (!current_of(g, api, os, name, &number, &there, e) ||
        (there && !graph_state_read(g, number, arena, &v, e))) {
        return false;
    }
    *found = there;
    *out = v;
    return true;
}

/* -- changing ------------------------------------------------------------------------------- */

static bool fix_same(const struct graph_fix *a, const struct graph_fix *b)
{
    return str_eq(a->os, b->os) && str_eq(a->name, b->name) && str_eq(a->version, b->version) &&
           str_eq(a->format, b->format);
}

static bool same(const struct graph_vulnerability *a, const struct graph_vulnerability *b)
{
    bool is = str_eq(a->link, b->link) && str_eq(a->description, b->description) &&
              str_eq(a->severity, b->severity) && str_eq(a->metadata, b->metadata) &&
              a->fixes_count == b->fixes_count;
    for (size_t i = 0; is && i < a->fixes_count; i++) {
        is = fix_same(&a->fixes[i], &b->fixes[i]);
    }
    return is;
}

static bool end_state(struct graph *g, int64_t number, struct error *e)
{
    return graph_run(g, &state_past, VALUES(NUMBER(number)), e) &&
           graph_run(g, &fixes_past, VALUES(NUMBER(number)), e);
}

struct put {
    const struct graph_vulnerability *v;
    struct arena *scratch;
    bool changed;
};

/* Whether it is there (`*old`, or 0), and whether putting it would change it. */
static bool compare(struct graph *g, const struct put *p, int64_t *old, bool *changes,
                    struct error *e)
{
    const struct graph_vulnerability *v = p->v;
    struct arena_mark mark = arena_mark(p->scratch);
    struct graph_vulnerability is = {0};
    bool found;
    if (!current_of(g, v->api, v->os, v->name, old, &found, e) ||
        (found && !graph_state_read(g, *old, p->scratch, &is, e))) {
        return false;
    }
    *changes = !found || !same(&is, v);
    arena_rewind(p->scratch, mark);
    return true;
}

static bool put(struct graph *g, void *what, struct error *e)
{
    struct put *p = what;
    const struct graph_vulnerability *v = p->v;
    int64_t number, now_s, old;
    if (!graph_change(g, 2, &number, &now_s, e) || !compare(g, p, &old, &p->changed, e)) {
        return false;
    }
    if (!p->changed) {
        return true;
    }
    str format = v->fixes_count > 0 ? v->fixes[0].format : STR_NONE;
    return (old == 0 || end_state(g, old, e)) && graph_state_add(g, v, number, true, now_s, e) &&
           (v->api != GRAPH_API_2016 || graph_namespace_note(g, v->os, format, e)) &&
           (v->quiet || graph_notification_queue(g, number + 1, now_s, old, number, e));
}

bool graph_vulnerability_put(struct graph *g, const struct graph_vulnerability *v, bool *changed,
                             struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, STATE_BYTES_MAX, "a vulnerability");
    struct put p = {.v = v, .scratch = &scratch};
    if (v->name.len == 0) {
        return error_set(e, ERROR_FORMAT, "a vulnerability without a name");
    }
    /* what changes nothing, as most that an updater brings, writes nothing */
    int64_t old;
    if (!compare(g, &p, &old, &p.changed, e) || (p.changed && !graph_transact(g, put, &p, e))) {
        return false;
    }
    *changed = p.changed;
    return true;
}

struct naming {
    enum graph_api api;
    str os, name;
};

static bool drop(struct graph *g, void *what, struct error *e)
{
    const struct naming *n = what;
    int64_t number, now_s, old;
    bool found;
    if (!graph_change(g, 1, &number, &now_s, e) ||
        !current_of(g, n->api, n->os, n->name, &old, &found, e)) {
        return false;
    }
    if (!found) {
        return error_set(e, ERROR_ABSENT, "no vulnerability '" STR_FMT "'", STR_ARG(n->name));
    }
    return end_state(g, old, e) &&
           (n->api == GRAPH_API_2015 || graph_notification_queue(g, number, now_s, old, 0, e));
}

bool graph_vulnerability_delete(struct graph *g, enum graph_api api, str os, str name,
                                struct error *e)
{
    struct naming n = {.api = api, .os = os, .name = name};
    return graph_transact(g, drop, &n, e);
}

/* -- lists ---------------------------------------------------------------------------------- */

struct listing {
    struct graph_vulnerability *items;
    size_t count, room;
};

static bool listing_add(struct listing *l, struct statement *st, struct arena *arena, bool with_fix,
                        struct error *e)
{
    void *items = l->items;
    if (!arena_grow(arena, &items, l->count, &l->room, sizeof(*l->items), e)) {
        return false;
    }
    l->items = items;
    struct graph_vulnerability *v = &l->items[l->count];
    if (!row_read(st, arena, v, e)) {
        return false;
    }
    if (with_fix) {
        struct graph_fix *fix = ARENA_NEW(arena, struct graph_fix, e);
        if (fix == NULL || !fix_read(st, FIX_COLUMN, arena, fix, e)) {
            return false;
        }
        v->fixes = fix;
        v->fixes_count = 1;
    }
    l->count++;
    return true;
}

static bool listing_read(struct listing *l, struct statement *st, struct arena *arena,
                         bool with_fix, struct error *e)
{
    bool done = st != NULL;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        done = got == STEP_GOT && listing_add(l, st, arena, with_fix, e);
    }
    if (st != NULL) {
        db_reset(st);
    }
    return done;
}

bool graph_vulnerability_list(struct graph *g, str os, int64_t from, size_t limit,
                              struct arena *arena, const struct graph_vulnerability **out,
                              size_t *count, struct error *e)
{
    struct listing l = {0};
    uint8_t key[GRAPH_KEY_BYTES];
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    struct statement *st = graph_ask(
        g, &listed, VALUES(BYTES(os_key(GRAPH_API_2016, os, key)), NUMBER(from), NUMBER(most)), e);
    if (!listing_read(&l, st, arena, false, e)) {
        return false;
    }
    *out = l.items;
    *count = l.count;
    return true;
}

static int key_order(const void *a, const void *b)
{
    return memcmp(a, b, GRAPH_KEY_BYTES);
}

/* One batch of keys, sorted and each once; the last one is repeated to the batch's end. */
static bool about_batch(struct graph *g, const uint8_t *keys, size_t count, struct arena *arena,
                        struct listing *l, struct error *e)
{
    struct graph_value values[GRAPH_BATCH];
    for (size_t i = 0; i < GRAPH_BATCH; i++) {
        size_t at = i < count ? i : count - 1;
        values[i] =
            BYTES(((str){.at = (const char *)keys + at * GRAPH_KEY_BYTES, .len = GRAPH_KEY_BYTES}));
    }
    return listing_read(l, graph_ask(g, &about, values, GRAPH_BATCH, e), arena, true, e);
}

bool graph_vulnerability_about(struct graph *g, const struct graph_name *names, size_t names_count,
                               struct arena *arena, const struct graph_vulnerability **out,
                               size_t *count, struct error *e)
{
    struct listing l = {0};
    uint8_t *keys = arena_alloc(arena, names_count, GRAPH_KEY_BYTES, 1, e);
    if (keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < names_count; i++) {
        about_key(names[i].os, names[i].name, keys + i * GRAPH_KEY_BYTES);
    }
    sort_items(keys, names_count, GRAPH_KEY_BYTES, key_order);
    size_t different = 0;
    for (size_t i = 0; i < names_count; i++) {
        const uint8_t *key = keys + i * GRAPH_KEY_BYTES;
        if (i == 0 || key_order(key, keys + (different - 1) * GRAPH_KEY_BYTES) != 0) {
            memmove(keys + different++ * GRAPH_KEY_BYTES, key, GRAPH_KEY_BYTES);
        }
    }
    for (size_t i = 0; i < different; i += GRAPH_BATCH) {
        size_t part = different - i < GRAPH_BATCH ? different - i : GRAPH_BATCH;
        if (!about_batch(g, keys + i * GRAPH_KEY_BYTES, part, arena, &l, e)) {
            return false;
        }
    }
    *out = l.items;
    *count = l.count;
    return true;
}

/* -- namespaces ----------------------------------------------------------------------------- */

bool graph_namespaces(struct graph *g, struct arena *arena, const struct graph_namespace **out,
                      size_t *count, struct error *e)
{
    struct graph_namespace *list = NULL;
    size_t n = 0, room = 0;
    struct statement *st = graph_ask(g, &namespaces_get, NULL, 0, e);
    if (st == NULL) {
        return false;
    }
    bool done = true;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        void *items = list;
        done = got == STEP_GOT && arena_grow(arena, &items, n, &room, sizeof(*list), e);
        list = items;
        done = done && graph_text(st, 0, arena, &list[n].os, e) &&
               graph_text(st, 1, arena, &list[n].format, e);
        n += done;
    }
    db_reset(st);
    *out = list;
    *count = n;
    return done;
}

bool graph_namespace_known(struct graph *g, str os, str format, bool *known, struct error *e)
{
    uint8_t key[GRAPH_KEY_BYTES];
    struct statement *st = graph_ask(g, &namespace_get, VALUES(BYTES(graph_key(&os, 1, key))), e);
    if (st == NULL) {
        return false;
    }
    enum step got = db_step(st, e);
    *known = got == STEP_GOT && (format.len == 0 || str_eq(db_column_bytes(st, 0), format));
    db_reset(st);
    return got != STEP_FAILED;
}

bool graph_namespace_note(struct graph *g, str os, str format, struct error *e)
{
    uint8_t key[GRAPH_KEY_BYTES];
    bool known;
    return graph_namespace_known(g, os, format, &known, e) &&
           (known || graph_run(g, &namespace_set,
                               VALUES(BYTES(graph_key(&os, 1, key)), BYTES(os), BYTES(format)), e));
}

static bool namespace_put(struct graph *g, void *what, struct error *e)
{
    const struct graph_namespace *n = what;
    int64_t number, now_s;
    return graph_change(g, 1, &number, &now_s, e) && graph_namespace_note(g, n->os, n->format, e);
}

bool graph_namespace_put(struct graph *g, str os, str format, struct error *e)
{
    struct graph_namespace n = {.os = os, .format = format};
    const str texts[] = {os, format};
    bool known;
    return graph_texts_fit(texts, ARRAY_COUNT(texts), e) &&
           graph_namespace_known(g, os, format, &known, e) &&
           (known || graph_transact(g, namespace_put, &n, e));
}
