#include "store/advisories.h"

#include <errno.h>
#include <string.h>

#include "store/current.h"
#include "store/feedfile.h"
#include "store/ids.h"

/* Reading advisories: `current` once, then each feed's file at the first question about one of its
 * namespaces. The files never change, so there are no locks; they stay for a grace after `current`
 * has moved on. */

enum { ADVISORIES_ARENA_BYTES_MAX = 32 * 1024 * 1024 };

struct open_feed {
    struct db *db; /* NULL: not asked yet */
    struct statement *namespace_, *find;
    str namespace_name;   /* the last one asked for */
    int64_t namespace_id; /* 0: not in this file */
};

struct advisories {
    struct arena arena; /* this struct lives in it */
    struct store *store;
    struct current current;
    struct open_feed *feeds; /* beside current.feeds */
    str generation;
};

static bool files_are_there(struct advisories *a, bool *there, struct error *e)
{
    *there = true;
    for (size_t i = 0; *there && i < a->current.count; i++) {
        struct stat st;
        str path;
        if (a->current.feeds[i].file.len == 0) {
            continue;
        }
        if (!store_advisories_path(a->store, &a->arena, a->current.feeds[i].file, &path, e)) {
            return false;
        }
        *there = stat(path.at, &st) == 0 || errno != ENOENT;
    }
    return true;
}

static bool generation_read(struct advisories *a, struct error *e)
{
    bool there = false;
    for (int tries = 0; !there && tries < 2; tries++) {
        if (!current_read(a->store, &a->arena, &a->current, e) || !files_are_there(a, &there, e)) {
            return false;
        }
        /* not there: replaced between the two looks; `current` then names others */
    }
    if (!current_generation(&a->current, &a->arena, &a->generation, e)) {
        return false;
    }
    if (a->generation.len == 0) {
        error_set(e, ERROR_ABSENT, "there are no advisories in '%s'", a->store->dir.at);
        return error_hint(e, "run 'limpid update' or 'limpid bundle import'");
    }
    size_t count = a->current.count;
    a->feeds = ARENA_ARRAY(&a->arena, count, struct open_feed, e);
    return a->feeds != NULL;
}

bool advisories_open(struct store *s, struct advisories **out, struct error *e)
{
    struct arena arena;
    arena_init(&arena, ADVISORIES_ARENA_BYTES_MAX, "the list of feeds");
    struct advisories *a = ARENA_NEW(&arena, struct advisories, e);
    if (a == NULL) {
        arena_done(&arena);
        return false;
    }
    a->arena = arena;
    a->store = s;
    if (!generation_read(a, e)) {
        advisories_close(a);
        return false;
    }
    *out = a;
    return true;
}

static void feed_close(struct open_feed *f)
{
    db_finish(f->namespace_);
    db_finish(f->find);
    db_close(f->db);
    f->namespace_ = f->find = NULL;
    f->db = NULL;
}

void advisories_close(struct advisories *a)
{
    if (a == NULL) {
        return;
    }
    for (size_t i = 0; a->feeds != NULL && i < a->current.count; i++) {
        feed_close(&a->feeds[i]);
    }
    struct arena arena = a->arena; /* it holds the struct itself */
    arena_done(&arena);
}

str advisories_generation(const struct advisories *a)
{
    return a->generation;
}

static bool covers(const struct current_feed *feed, str namespace_)
{
    size_t low = 0, high = feed->namespaces_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(feed->namespaces[middle], namespace_);
        if (order == 0) {
            return feed->file.len > 0;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool advisories_covering(struct advisories *a, str namespace_, struct arena *arena,
                         const struct feed_stamp **out, size_t *count, struct error *e)
{
    struct feed_stamp *stamps = ARENA_ARRAY(arena, a->current.count, struct feed_stamp, e);
    size_t found = 0;
    if (stamps == NULL) {
        return false;
    }
    for (size_t i = 0; i < a->current.count; i++) {
        const struct current_feed *feed = &a->current.feeds[i];
        if (!covers(feed, namespace_)) {
            continue;
        }
        if (!arena_str(arena, feed->state.feed, &stamps[found].feed, e)) {
            return false;
        }
        stamps[found].date_s = current_date(feed);
        stamps[found++].advisories = feed->state.advisories;
    }
    *out = stamps;
    *count = found;
    return true;
}

static const str find_sql = STR_INIT(
    "SELECT a.advisory, v.name, v.published_s, v.modified_s, v.ids, r.severity, r.source, r.cvss, "
    "x.state, x.severity, x.introduced, x.fixed, x.last_affected, x.arch, x.module, x.word, "
    "x.product, v.url "
    "FROM affected a JOIN advisory v ON v.id = a.advisory JOIN rating r ON r.id = v.rating "
    "JOIN extent x ON x.id = a.extent "
    "WHERE a.namespace = $1 AND a.scope = $2 "
    "AND a.package = (SELECT id FROM package WHERE name = $3) AND v.withdrawn_s IS NULL "
    "ORDER BY a.advisory, a.extent");

static bool feed_open(struct advisories *a, size_t i, struct error *e)
{
    const struct current_feed *feed = &a->current.feeds[i];
    struct open_feed *f = &a->feeds[i];
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, 64 * 1024, "a path");
    str path;
    if (f->db != NULL) {
        return true;
    }
    if (!store_advisories_path(a->store, &scratch, feed->file, &path, e) ||
        !feedfile_open(path.at, feed->state.size_bytes, &f->db, e)) {
        return false;
    }
    if (!db_prepare(f->db, STR("SELECT id FROM namespace WHERE name = $1"), &f->namespace_, e) ||
        !db_prepare(f->db, find_sql, &f->find, e)) {
        feed_close(f);
        return false;
    }
    return true;
}

/* The number of the namespace in this file; asked once for all packages of an image. */
static bool namespace_number(struct advisories *a, struct open_feed *f, str namespace_,
                             struct error *e)
{
    if (f->namespace_name.at != NULL && str_eq(f->namespace_name, namespace_)) {
        return true;
    }
    if (!db_bind_text(f->namespace_, 1, namespace_, e)) {
        return false;
    }
    enum step got = db_step(f->namespace_, e);
    int64_t id = got == STEP_GOT ? db_column_int(f->namespace_, 0) : 0;
    db_reset(f->namespace_);
    str name;
    if (got == STEP_FAILED || !arena_str(&a->arena, namespace_, &name, e)) {
        return false;
    }
    f->namespace_name = name;
    f->namespace_id = id;
    return true;
}

struct rows {
    struct advisory_row *items;
    size_t count, room;
    int64_t advisory; /* of the last row: its head is shared with the next one's */
};

static bool head_read(struct statement *s, struct arena *arena, struct advisory_row *out,
                      struct error *e)
{
    int64_t severity = db_column_int(s, 5);
    if (severity < 0 || severity >= SEVERITY_COUNT) {
        return error_set(e, ERROR_FORMAT, "no such severity");
    }
    out->severity = (enum severity)severity;
    out->published_s = db_column_int(s, 2);
    out->modified_s = db_column_int(s, 3);
    return arena_str(arena, db_column_text(s, 1), &out->id, e) &&
           ids_unpack(db_column_bytes(s, 4), arena, &out->ids, &out->ids_count, e) &&
           arena_str(arena, db_column_text(s, 6), &out->severity_source, e) &&
           arena_str(arena, db_column_text(s, 7), &out->cvss, e) &&
           arena_str(arena, db_column_text(s, 17), &out->url, e);
}

static bool extent_read(struct statement *s, struct arena *arena, struct affected *out,
                        struct error *e)
{
    int64_t state = db_column_int(s, 8), severity = db_column_int(s, 9);
    if (state < 0 || state >= FIX_STATE_COUNT || severity < 0 || severity >= SEVERITY_COUNT) {
        return error_set(e, ERROR_FORMAT, "no such state or severity");
    }
    out->state = (enum fix_state)state;
    out->severity = (enum severity)severity;
    return arena_str(arena, db_column_text(s, 10), &out->introduced, e) &&
           arena_str(arena, db_column_text(s, 11), &out->fixed, e) &&
           arena_str(arena, db_column_text(s, 12), &out->last_affected, e) &&
           arena_str(arena, db_column_text(s, 13), &out->arch, e) &&
           arena_str(arena, db_column_text(s, 14), &out->module, e) &&
           arena_str(arena, db_column_text(s, 15), &out->word, e) &&
           arena_str(arena, db_column_text(s, 16), &out->product, e);
}

static bool row_add(struct statement *s, struct rows *rows, const struct advisory_row *asked,
                    struct arena *arena, struct error *e)
{
    void *items = rows->items;
    if (!arena_grow(arena, &items, rows->count, &rows->room, sizeof(*rows->items), e)) {
        return false;
    }
    rows->items = items;
    struct advisory_row *row = &rows->items[rows->count];
    int64_t advisory = db_column_int(s, 0);
    if (advisory == rows->advisory) {
        *row = rows->items[rows->count - 1];
        row->affected = asked->affected;
        row->severity = SEVERITY_UNKNOWN;
        int64_t severity = db_column_int(s, 5);
        if (severity > 0 && severity < SEVERITY_COUNT) {
            row->severity = (enum severity)severity;
        }
    } else {
        *row = *asked;
        if (!head_read(s, arena, row, e)) {
            return false;
        }
    }
    if (!extent_read(s, arena, &row->affected, e)) {
        return false;
    }
    if (row->affected.severity != SEVERITY_UNKNOWN) {
        row->severity = row->affected.severity;
    }
    rows->advisory = advisory;
    rows->count++;
    return true;
}

static bool feed_find(struct advisories *a, size_t i, const struct advisory_row *asked,
                      struct rows *rows, struct arena *arena, struct error *e)
{
    struct open_feed *f = &a->feeds[i];
    if (!feed_open(a, i, e) || !namespace_number(a, f, asked->affected.namespace_, e)) {
        return false;
    }
    if (f->namespace_id == 0) {
        return true;
    }
    if (!db_bind_int(f->find, 1, f->namespace_id, e) ||
        !db_bind_int(f->find, 2, asked->affected.scope == SCOPE_BINARY, e) ||
        !db_bind_text(f->find, 3, asked->affected.package, e)) {
        return false;
    }
    rows->advisory = -1;
    enum step got;
    bool done = true;
    while (done && (got = db_step(f->find, e)) != STEP_END) {
        done = got == STEP_GOT && row_add(f->find, rows, asked, arena, e);
    }
    db_reset(f->find);
    return done;
}

bool advisories_find(struct advisories *a, str namespace_, enum package_scope scope, str package,
                     struct arena *arena, const struct advisory_row **out, size_t *count,
                     struct error *e)
{
    struct rows rows = {0};
    struct advisory_row asked = {.affected.scope = scope};
    struct arena_mark mark = arena_mark(arena);
    if (!arena_str(arena, namespace_, &asked.affected.namespace_, e) ||
        !arena_str(arena, package, &asked.affected.package, e)) {
        return false;
    }
    for (size_t i = 0; i < a->current.count; i++) {
        const struct current_feed *feed = &a->current.feeds[i];
        if (!covers(feed, namespace_)) {
            continue;
        }
        if (!arena_str(arena, feed->state.feed, &asked.feed, e) ||
            !feed_find(a, i, &asked, &rows, arena, e)) {
            if (e != NULL && e->kind == ERROR_FORMAT) {
                error_hint(e, "run 'limpid update'");
            }
            return error_wrap(e, "advisories of '" STR_FMT "'", STR_ARG(feed->state.feed));
        }
    }
    if (rows.count == 0) { /* most packages: then nothing stays behind */
        arena_rewind(arena, mark);
    }
    *out = rows.items;
    *count = rows.count;
    return true;
}

bool advisories_vulnerability(struct advisories *a, str id, struct arena *arena,
                              struct vulnerability *out, bool *found, struct error *e)
{
    (void)a, (void)id, (void)arena, (void)e;
    *out = (struct vulnerability){.id = id};
    *found = false;
    return true;
}

bool advisories_by_id(struct advisories *a, str id, struct arena *arena,
                      const struct known_advisory **out, size_t *count, struct error *e)
{
    (void)a, (void)id, (void)arena, (void)e;
    *out = NULL;
    *count = 0;
    return true;
}
