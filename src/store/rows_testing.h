/* rows_testing.h: a row or two for the tests of advisories, and what comes back. */
#ifndef LIMPID_STORE_ROWS_TESTING_H
#define LIMPID_STORE_ROWS_TESTING_H

#include "store/key.h"
#include "store/testing.h"

static struct error e;

static inline struct affected row(const char *namespace_, const char *package, const char *fixed)
{
    return (struct affected){.namespace_ = str_from(namespace_),
                             .package = str_from(package),
                             .scope = SCOPE_SOURCE,
                             .state = FIX_AVAILABLE,
                             .fixed = str_from(fixed)};
}

static inline bool put(struct advisories_writer *w, const char *id, const char *also,
                       struct affected affected)
{
    str ids[] = {str_from(also)};
    struct advisory a = {.id = str_from(id),
                         .ids = ids,
                         .ids_count = also == NULL ? 0 : 1,
                         .affected = &affected,
                         .affected_count = 1,
                         .published_s = 1000};
    return advisories_write(w, &a, &e);
}

/* A feed with one row: `id` about `package`. */
static inline bool one_row(struct store *s, const char *feed, const char *id, const char *package)
{
    struct advisories_writer *w;
    struct advisories_commit_options options = {.origin = STR("test"), .allow_shrink = true};
    struct advisories_commit_counts counts;
    return advisories_write_begin(s, str_from(feed), &w, &e) &&
           put(w, id, NULL, row("debian:12", package, "1.0")) &&
           advisories_write_commit(w, &options, &counts, &e);
}

/* How ids are in order: by their keys. */
static inline int key_order(str a, str b)
{
    struct buf x, y;
    buf_init(&x, 1 << 16);
    buf_init(&y, 1 << 16);
    CHECK(key_add_folded(&x, a, &e) && key_add_folded(&y, b, &e));
    int order = str_cmp(buf_str(&x), buf_str(&y));
    buf_done(&x);
    buf_done(&y);
    return order;
}

static inline size_t rows_of(struct advisories *a, const char *namespace_, const char *package)
{
    struct arena arena;
    arena_init(&arena, 1 << 24, "a test");
    const struct advisory_row *rows;
    size_t count = 0;
    CHECK_OK(advisories_find(a, str_from(namespace_), SCOPE_SOURCE, str_from(package), &arena,
                             &rows, &count, &e),
             &e);
    for (size_t i = 1; i < count; i++) {
        int order = str_cmp(rows[i - 1].feed, rows[i].feed);
        CHECK(order < 0 || (order == 0 && key_order(rows[i - 1].id, rows[i].id) <= 0));
    }
    arena_done(&arena);
    return count;
}

static inline str name_of(struct store *s, struct arena *arena)
{
    str name = STR_NONE;
    CHECK_OK(store_generation(s, arena, &name, &e), &e);
    return name;
}

static inline bool is_there(const char *below)
{
    return access(test_path(below), F_OK) == 0;
}

#endif
