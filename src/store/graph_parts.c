#include <string.h>

#include "store/graph_inner.h"

/* The feeds' parts, in chunks. A row of `part` and its chunks never change: a newer part of the
 * feed takes their place under a new number, in one transaction (graph_changes.c). */

enum { CHUNK_BYTES = 1024 * 1024 };

static const struct graph_sql parts_get = {
    .text = "SELECT feed, content, date_s, size_bytes FROM part WHERE staged = 0 ORDER BY feed"};
static const struct graph_sql part_find = {
    .text = "SELECT id, size_bytes FROM part WHERE feed = $1 AND content = $2 AND staged = 0"};
static const struct graph_sql chunk_get = {
    .text = "SELECT bytes FROM part_chunk WHERE part = $1 AND position = $2"};
static const struct graph_sql part_drop = {.text =
                                               "DELETE FROM part WHERE feed = $1 AND staged = $2"};
static const struct graph_sql part_add = {
    .text = "INSERT INTO part (id, feed, staged, content, date_s, size_bytes) "
            "VALUES ($1, $2, $3, $4, $5, $6)"};
static const struct graph_sql chunk_add = {
    .text = "INSERT INTO part_chunk (part, position, bytes) VALUES ($1, $2, $3)"};

bool graph_parts(struct graph *g, struct arena *arena, const struct graph_part **out, size_t *count,
                 struct error *e)
{
    struct graph_part *list = NULL;
    size_t n = 0, room = 0;
    struct statement *st = graph_ask(g, &parts_get, NULL, 0, e);
    if (st == NULL) {
        return false;
    }
    bool done = true;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        void *items = list;
        done = got == STEP_GOT && arena_grow(arena, &items, n, &room, sizeof(*list), e);
        list = items;
        if (!done) {
            break;
        }
        list[n] = (struct graph_part){.date_s = db_column_int(st, 2),
                                      .size_bytes = (uint64_t)db_column_int(st, 3)};
        done = graph_text(st, 0, arena, &list[n].feed, e) &&
               graph_digest_of_key(db_column_bytes(st, 1), &list[n].content, e);
        n += done;
    }
    db_reset(st);
    *out = list;
    *count = n;
    return done;
}

static bool gone(str feed, struct error *e)
{
    return error_set(e, ERROR_ABSENT, "no such part of '" STR_FMT "' any more", STR_ARG(feed));
}

bool graph_part_find(struct graph *g, str feed, digest content, struct graph_part_place *out,
                     struct error *e)
{
    char key[1 + DIGEST_BYTES_MAX];
    int64_t number, size;
    bool found;
    if (!graph_number(g, &part_find, VALUES(BYTES(feed), BYTES(graph_digest_key(content, key))),
                      &number, &size, &found, e)) {
        return false;
    }
    if (!found) {
        return gone(feed, e);
    }
    *out = (struct graph_part_place){.feed = feed, .number = number, .size_bytes = (uint64_t)size};
    return true;
}

bool graph_part_chunk(struct graph *g, const struct graph_part_place *part, uint64_t n,
                      struct buf *to, struct error *e)
{
    struct statement *st = graph_ask(g, &chunk_get, VALUES(NUMBER(part->number), NUMBER(n)), e);
    if (st == NULL) {
        return false;
    }
    bool done = false;
    switch (db_step(st, e)) {
    case STEP_GOT:
        done = db_column_bytes(st, 0).len <= CHUNK_BYTES
                   ? buf_add_str(to, db_column_bytes(st, 0), e)
                   : error_set(e, ERROR_LIMIT, "a chunk of %zu of %d bytes in the database",
                               db_column_bytes(st, 0).len, CHUNK_BYTES);
        break;
    case STEP_END:
        done = gone(part->feed, e);
        break;
    case STEP_FAILED:
        break;
    }
    db_reset(st);
    return done;
}

bool graph_part_read(struct graph *g, str feed, digest content, struct buf *to, struct error *e)
{
    struct graph_part_place part;
    size_t before = to->len;
    bool done = graph_part_find(g, feed, content, &part, e);
    for (uint64_t i = 0; done && to->len - before < part.size_bytes; i++) {
        done = graph_part_chunk(g, &part, i, to, e);
    }
    return done;
}

/* -- writing, for a change of advisories ----------------------------------------------------- */

bool graph_part_bytes(struct graph *g, int64_t number, size_t at, str bytes, struct error *e)
{
    for (size_t i = 0; i < bytes.len; i += CHUNK_BYTES) {
        str chunk = str_slice(bytes, i, i + CHUNK_BYTES);
        if (!graph_run(g, &chunk_add,
                       VALUES(NUMBER(number), NUMBER((at + i) / CHUNK_BYTES), BYTES(chunk)), e)) {
            return false;
        }
    }
    return true;
}

bool graph_part_row(struct graph *g, int64_t number, int64_t staged, const struct graph_part *part,
                    uint64_t size_bytes, struct error *e)
{
    char key[1 + DIGEST_BYTES_MAX];
    return graph_run(g, &part_drop, VALUES(BYTES(part->feed), NUMBER(staged)), e) &&
           graph_run(g, &part_add,
                     VALUES(NUMBER(number), BYTES(part->feed), NUMBER(staged),
                            BYTES(graph_digest_key(part->content, key)), NUMBER(part->date_s),
                            NUMBER(size_bytes)),
                     e);
}
