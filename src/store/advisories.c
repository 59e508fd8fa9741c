#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/generation.h"

enum { ADVISORIES_ARENA_BYTES_MAX = 32 * 1024 * 1024 };

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
    a->files = ARENA_ARRAY(&a->arena, count, struct feedfile *, e);
    a->speaks = ARENA_ARRAY(&a->arena, count, bool, e);
    for (size_t i = 0; a->speaks != NULL && i < count; i++) {
        a->speaks[i] = generation_covers(&a->current.feeds[i], STR_NONE);
    }
    return a->files != NULL && a->speaks != NULL;
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
    buf_init(&a->folded, SHELF_KEY_BYTES_MAX);
    buf_init(&a->numbers, SIZE_MAX / 2);
    if (!generation_read(a, e)) {
        advisories_close(a);
        return false;
    }
    *out = a;
    return true;
}

void advisories_close(struct advisories *a)
{
    if (a == NULL) {
        return;
    }
    for (size_t i = 0; a->files != NULL && i < a->current.count; i++) {
        feedfile_close(a->files[i]);
    }
    for (size_t i = 0; i < NAMES_KEPT; i++) {
        names_forget(a->reach[i], a->current.count);
    }
    buf_done(&a->folded);
    buf_done(&a->numbers);
    struct arena arena = a->arena; /* it holds the struct itself */
    arena_done(&arena);
}

str advisories_generation(const struct advisories *a)
{
    return a->generation;
}

bool generation_file(struct advisories *a, size_t i, struct feedfile **out, struct error *e)
{
    const struct current_feed *feed = &a->current.feeds[i];
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, 64 * 1024, "a path");
    str path;
    if (a->files[i] == NULL && (!store_advisories_path(a->store, &scratch, feed->file, &path, e) ||
                                !feedfile_open(path.at, feed->state.size_bytes, &a->files[i], e))) {
        return false;
    }
    *out = a->files[i];
    return true;
}

bool generation_wrap(const struct advisories *a, size_t i, struct error *e)
{
    if (e != NULL && e->kind == ERROR_FORMAT) {
        error_hint(e, "run 'limpid update'");
    }
    return error_wrap(e, "advisories of '" STR_FMT "'", STR_ARG(a->current.feeds[i].state.feed));
}

bool generation_covers(const struct current_feed *feed, str namespace_)
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
        if (!generation_covers(feed, namespace_)) {
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

/* -- the rows of a package -------------------------------------------------------------------- */

struct found_row {
    uint32_t advisory, sequence;
    const struct affected *affected;
};

struct rows {
    struct advisory_row *items;
    size_t count, room;
};

/* Gathers what one feed says, before the advisories are known. */
struct find_sink {
    struct row_sink base;
    struct feedfile *file;
    str package;
    struct arena *arena;
    struct found_row *found;
    size_t count, room;
};

static bool group_put(struct row_sink *self, const struct row_group *group,
                      const uint32_t *advisories, size_t count, struct error *e)
{
    struct find_sink *sink = CONTAINER_OF(self, struct find_sink, base);
    struct affected *row = ARENA_NEW(sink->arena, struct affected, e);
    if (row == NULL || !feedfile_affected(sink->file, group, sink->arena, row, e)) {
        return false;
    }
    row->package = sink->package;
    for (size_t i = 0; i < count; i++) {
        void *items = sink->found;
        if (!arena_grow(sink->arena, &items, sink->count, &sink->room, sizeof(*sink->found), e)) {
            return false;
        }
        sink->found = items;
        sink->found[sink->count] = (struct found_row){
            .advisory = advisories[i], .sequence = (uint32_t)sink->count, .affected = row};
        sink->count++;
    }
    return true;
}

static int found_order(const void *a, const void *b)
{
    const struct found_row *x = a, *y = b;
    int order = (x->advisory > y->advisory) - (x->advisory < y->advisory);
    return order != 0 ? order : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static bool row_add(struct rows *rows, const struct advisory_row *head,
                    const struct affected *affected, struct arena *arena, struct error *e)
{
    void *items = rows->items;
    if (!arena_grow(arena, &items, rows->count, &rows->room, sizeof(*rows->items), e)) {
        return false;
    }
    rows->items = items;
    struct advisory_row *row = &rows->items[rows->count++];
    *row = *head;
    row->affected = *affected;
    row->severity = affected->severity != SEVERITY_UNKNOWN ? affected->severity : head->severity;
    return true;
}

/* The rows with what their advisories say; an advisory's head is read once. */
static bool heads_join(struct find_sink *sink, str feed, struct rows *rows, struct error *e)
{
    struct advisory_row head = {.feed = feed};
    const struct raw_head *raw;
    bool withdrawn = false;
    if (sink->count > 1) {
        qsort(sink->found, sink->count, sizeof(*sink->found), found_order);
    }
    for (size_t i = 0; i < sink->count; i++) {
        const struct found_row *row = &sink->found[i];
        if (i == 0 || row->advisory != row[-1].advisory) {
            struct advisory a;
            if (!feedfile_head(sink->file, row->advisory, sink->arena, &a, &raw, e)) {
                return false;
            }
            withdrawn = a.withdrawn_s != 0;
            head = (struct advisory_row){.feed = feed,
                                         .id = a.id,
                                         .ids = a.ids,
                                         .ids_count = a.ids_count,
                                         .severity = a.severity,
                                         .severity_source = a.severity_source,
                                         .cvss = a.cvss,
                                         .url = a.url,
                                         .published_s = a.published_s,
                                         .modified_s = a.modified_s};
        }
        if (!withdrawn && !row_add(rows, &head, row->affected, sink->arena, e)) {
            return false;
        }
    }
    return true;
}

static bool feed_find(struct advisories *a, size_t i, const struct affected *asked, str feed,
                      struct rows *rows, struct arena *arena, struct error *e)
{
    struct find_sink sink = {.base.put = group_put, .package = asked->package, .arena = arena};
    return generation_file(a, i, &sink.file, e) &&
           feedfile_rows(sink.file, asked->namespace_, asked->scope, asked->package, arena,
                         &sink.base, e) &&
           heads_join(&sink, feed, rows, e);
}

bool advisories_find(struct advisories *a, str namespace_, enum package_scope scope, str package,
                     struct arena *arena, const struct advisory_row **out, size_t *count,
                     struct error *e)
{
    struct rows rows = {0};
    struct affected asked = {.scope = scope};
    struct arena_mark mark = arena_mark(arena);
    if (!arena_str(arena, namespace_, &asked.namespace_, e) ||
        !arena_str(arena, package, &asked.package, e)) {
        return false;
    }
    for (size_t i = 0; i < a->current.count; i++) {
        const struct current_feed *feed = &a->current.feeds[i];
        str name;
        if (!generation_covers(feed, namespace_)) {
            continue;
        }
        if (!arena_str(arena, feed->state.feed, &name, e) ||
            !feed_find(a, i, &asked, name, &rows, arena, e)) {
            return generation_wrap(a, i, e);
        }
    }
    if (rows.count == 0) { /* most packages: then nothing stays behind */
        arena_rewind(arena, mark);
    }
    *out = rows.items;
    *count = rows.count;
    return true;
}
