#include <errno.h>

#include "store/graph_inner.h"

/* A new layer on PostgreSQL: one transaction in one round trip, of which nothing has to be read.
 * What must hold is left to the tables: a layer of that name makes its key twice, and a parent that
 * is gone, has another engine or is too deep is a NULL where none may be. Both undo it all, and
 * graph_layers.c goes step by step then, and finds out what it was.
 *
 * Nobody waits here for anybody who inserts, but for one who adds the very same package or layer
 * just now. Numbers come from sequences: they ascend with the time of the insertion, not with that
 * of its commit, and some are left out. A parent's is lower all the same: it was drawn before the
 * parent was committed, and the child draws its own where it sees the parent. */

enum { AT_ONCE_MAX = 4096, AT_ONCE_BYTES_MAX = 4 * 1024 * 1024 };

static const struct graph_sql lock = {.postgres = GRAPH_LOCK_SHARED};
static const struct graph_sql layer_add = {
    .postgres =
        "INSERT INTO layer (id, parent, depth, key, name, api, os, namespace, format, engine, "
        "blob, has_packages, created_s) VALUES (nextval('layer_id_seq'), "
        "CASE WHEN $1 = '' THEN 0 ELSE (SELECT id FROM layer WHERE key = $1 AND "
        "($2 = 0 OR engine = $2)) END, "
        "CASE WHEN $1 = '' THEN 1 ELSE (SELECT depth + 1 FROM layer WHERE key = $1 AND "
        "depth < $3) END, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
        "CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT))"};

bool graph_insert_at_once(struct graph *g, const struct graph_layer_content *content,
                          const struct graph_links *links, struct arena *scratch, bool *done,
                          struct error *e)
{
    const struct graph_layer *l = &content->layer;
    struct statement *list[4];
    struct error why = {0};
    size_t count = 0;
    uint8_t key[GRAPH_KEY_BYTES], parent[GRAPH_KEY_BYTES];
    char blob[1 + DIGEST_BYTES_MAX];
    *done = false;
    if (links->count > AT_ONCE_MAX || links->bytes > AT_ONCE_BYTES_MAX) {
        return true;
    }
    str parent_key = l->parent.len > 0 ? graph_key(&l->parent, 1, parent) : STR_NONE;
    if ((list[count++] = graph_ask(g, &lock, NULL, 0, e)) == NULL ||
        (list[count++] = graph_ask(
             g, &layer_add,
             VALUES(BYTES(parent_key), NUMBER(content->parent_engine), NUMBER(GRAPH_DEPTH_MAX),
                    BYTES(graph_key(&l->name, 1, key)), BYTES(l->name), NUMBER(l->api),
                    BYTES(l->os), BYTES(l->namespace_), BYTES(l->format), NUMBER(l->engine),
                    BYTES(graph_digest_key(l->blob, blob)), NUMBER(l->has_packages)),
             e)) == NULL) {
        return false;
    }
    if (links->count > 0) {
        if (!graph_links_ask(g, links, scratch, list + count, e)) {
            return false;
        }
        count += 2;
    }
    *done = db_together(g->db, list, count, &why);
    if (*done || why.kind == ERROR_FORMAT || why.sys == EBUSY) {
        return true;
    }
    if (e != NULL) {
        *e = why;
    }
    return false;
}
