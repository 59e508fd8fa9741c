#include <string.h>

#include "store/graph_inner.h"

/* Layers as a graph: a row a layer, which names its parent. */

#define LAYER_COLUMNS                                                                              \
    "l.id, l.name, p.name, l.api, l.os, l.namespace, l.format, l.engine, l.blob, l.has_packages, " \
    "l.created_s "
#define DESCENDANTS                                                                                \
    "WITH RECURSIVE gone (id) AS (SELECT id FROM layer WHERE key = $1 UNION ALL "                  \
    "SELECT l.id FROM gone CROSS JOIN layer l WHERE l.parent = gone.id) "

static const struct graph_sql layer_find = {
    .text = "SELECT " LAYER_COLUMNS
            "FROM layer l LEFT JOIN layer p ON p.id = l.parent WHERE l.key = $1"};
static const struct graph_sql layer_number = {.text = "SELECT id, depth FROM layer WHERE key = $1"};
static const struct graph_sql layer_engine = {.text =
                                                  "SELECT id, engine FROM layer WHERE key = $1"};
static const struct graph_sql layer_add = {
    .text = "INSERT INTO layer (id, parent, depth, key, name, api, os, namespace, format, engine, "
            "blob, has_packages, created_s) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"};
static const struct graph_sql layer_replace = {
    .text = "UPDATE layer SET api = $2, os = $3, namespace = $4, format = $5, engine = $6, "
            "blob = $7, has_packages = $8, created_s = $9 WHERE id = $1"};
static const struct graph_sql packages_drop = {.text =
                                                   "DELETE FROM layer_package WHERE layer = $1"};
static const struct graph_sql gone_packages = {
    .text = DESCENDANTS "DELETE FROM layer_package WHERE layer IN (SELECT id FROM gone)"};
static const struct graph_sql gone_layers = {.text = DESCENDANTS
                                             "DELETE FROM layer WHERE id IN (SELECT id FROM gone)"};
static const struct graph_sql layer_next = {
    .text = "UPDATE counter SET value = value + 1 WHERE id = 2 RETURNING value"};
static const struct graph_sql layers_count = {.text = "SELECT count(*) FROM layer"};

/* -- looking -------------------------------------------------------------------------------- */

static bool layer_read(struct statement *st, struct arena *arena, struct graph_layer *out,
                       struct error *e)
{
    out->number = db_column_int(st, 0);
    out->api = (enum graph_api)db_column_int(st, 3);
    out->engine = (uint32_t)db_column_int(st, 7); /* as it was put */
    out->has_packages = db_column_int(st, 9) != 0;
    out->created_s = db_column_int(st, 10);
    return graph_text(st, 1, arena, &out->name, e) && graph_text(st, 2, arena, &out->parent, e) &&
           graph_text(st, 4, arena, &out->os, e) && graph_text(st, 5, arena, &out->namespace_, e) &&
           graph_text(st, 6, arena, &out->format, e) &&
           graph_digest_of_key(db_column_bytes(st, 8), &out->blob, e);
}

bool graph_layer_find(struct graph *g, str name, struct arena *arena, struct graph_layer *out,
                      bool *found, struct error *e)
{
    uint8_t key[GRAPH_KEY_BYTES];
    struct statement *st = graph_ask(g, &layer_find, VALUES(BYTES(graph_key(&name, 1, key))), e);
    if (st == NULL) {
        return false;
    }
    struct graph_layer layer = {0};
    enum step got = db_step(st, e);
    bool done = got != STEP_FAILED && (got == STEP_END || layer_read(st, arena, &layer, e));
    db_reset(st);
    if (done) {
        *found = got == STEP_GOT;
        *out = layer;
    }
    return done;
}

static bool number_and_depth(struct graph *g, str name, int64_t *number, int64_t *depth,
                             struct error *e)
{
    uint8_t key[GRAPH_KEY_BYTES];
    bool found;
    if (!graph_number(g, &layer_number, VALUES(BYTES(graph_key(&name, 1, key))), number, depth,
                      &found, e)) {
        return false;
    }
    return found || error_set(e, ERROR_ABSENT, "no layer '" STR_FMT "'", STR_ARG(name));
}

bool graph_layer_number(struct graph *g, str name, int64_t *number, struct error *e)
{
    return number_and_depth(g, name, number, NULL, e);
}

bool graph_layers_count(struct graph *g, uint64_t *layers, struct error *e)
{
    int64_t count = 0;
    bool found;
    if (!graph_number(g, &layers_count, NULL, 0, &count, NULL, &found, e)) {
        return false;
    }
    *layers = (uint64_t)count;
    return true;
}

/* -- inserting ------------------------------------------------------------------------------ */

struct put {
    const struct graph_layer_content *content;
    bool fresh;
};

static bool layer_insert(struct graph *g, const struct graph_layer *l, str key, int64_t number,
                         int64_t now_s, struct error *e)
{
    int64_t parent = 0, depth = 0;
    char blob[1 + DIGEST_BYTES_MAX];
    if (l->parent.len > 0 && !number_and_depth(g, l->parent, &parent, &depth, e)) {
        return false;
    }
    if (depth >= GRAPH_DEPTH_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "' would be layer %lld of %d of its chain",
                         STR_ARG(l->name), (long long)depth + 1, GRAPH_DEPTH_MAX);
    }
    return graph_run(g, &layer_add,
                     VALUES(NUMBER(number), NUMBER(parent), NUMBER(depth + 1), BYTES(key),
                            BYTES(l->name), NUMBER(l->api), BYTES(l->os), BYTES(l->namespace_),
                            BYTES(l->format), NUMBER(l->engine),
                            BYTES(graph_digest_key(l->blob, blob)), NUMBER(l->has_packages),
                            NUMBER(now_s)),
                     e);
}

static bool layer_overwrite(struct graph *g, const struct graph_layer *l, int64_t number,
                            int64_t now_s, struct error *e)
{
    char blob[1 + DIGEST_BYTES_MAX];
    return graph_run(g, &layer_replace,
                     VALUES(NUMBER(number), NUMBER(l->api), BYTES(l->os), BYTES(l->namespace_),
                            BYTES(l->format), NUMBER(l->engine),
                            BYTES(graph_digest_key(l->blob, blob)), NUMBER(l->has_packages),
                            NUMBER(now_s)),
                     e) &&
           graph_run(g, &packages_drop, VALUES(NUMBER(number)), e);
}

/* Whether the layer is there and as new as `l`. */
static bool looked(struct graph *g, const struct graph_layer *l, str key, int64_t *number,
                   bool *found, bool *newest, struct error *e)
{
    int64_t engine = 0;
    if (!graph_number(g, &layer_engine, VALUES(BYTES(key)), number, &engine, found, e)) {
        return false;
    }
    *newest = *found && engine >= (int64_t)l->engine;
    return true;
}

static bool put(struct graph *g, void *what, struct error *e)
{
    struct put *p = what;
    const struct graph_layer *l = &p->content->layer;
    uint8_t bytes[GRAPH_KEY_BYTES];
    str key = graph_key(&l->name, 1, bytes);
    int64_t number = 0, change, now_s;
    bool found, newest, counted = true;
    p->fresh = false;
    if (!graph_change(g, 1, &change, &now_s, e) ||
        !looked(g, l, key, &number, &found, &newest, e)) {
        return false;
    }
    if (newest) {
        return true;
    }
    p->fresh = true;
    if (!found && !graph_number(g, &layer_next, NULL, 0, &number, NULL, &counted, e)) {
        return false;
    }
    if (!counted) {
        return error_set(e, ERROR_FORMAT, "the counter of layers is gone");
    }
    struct graph_layer numbered = *l;
    numbered.number = number;
    return (found ? layer_overwrite(g, l, number, now_s, e)
                  : layer_insert(g, l, key, number, now_s, e)) &&
           (l->api != GRAPH_API_2016 || l->os.len == 0 ||
            graph_namespace_note(g, l->os, STR_NONE, e)) &&
           graph_layer_link(g, &numbered, GRAPH_INSTALLED, p->content->installed,
                            p->content->installed_count, e) &&
           graph_layer_link(g, &numbered, GRAPH_REMOVED, p->content->removed,
                            p->content->removed_count, e);
}

bool graph_layer_put(struct graph *g, const struct graph_layer_content *content, bool *fresh,
                     struct error *e)
{
    const struct graph_layer *l = &content->layer;
    const str texts[] = {l->name, l->parent, l->os, l->namespace_, l->format};
    uint8_t key[GRAPH_KEY_BYTES];
    int64_t number;
    bool found, newest;
    if (l->name.len == 0) {
        return error_set(e, ERROR_FORMAT, "a layer without a name");
    }
    /* most posts are of layers that are there: then nothing is written, and nobody waits */
    if (!graph_texts_fit(texts, ARRAY_COUNT(texts), e) ||
        !looked(g, l, graph_key(&l->name, 1, key), &number, &found, &newest, e)) {
        return false;
    }
    struct put p = {.content = content};
    if (!newest && !graph_transact(g, put, &p, e)) {
        return false;
    }
    *fresh = p.fresh;
    return true;
}

/* -- deleting ------------------------------------------------------------------------------- */

static bool drop(struct graph *g, void *what, struct error *e)
{
    const str *name = what;
    uint8_t key[GRAPH_KEY_BYTES];
    struct graph_value by = BYTES(graph_key(name, 1, key));
    int64_t number, now_s;
    return graph_change(g, 1, &number, &now_s, e) && graph_layer_number(g, *name, &number, e) &&
           graph_run(g, &gone_packages, &by, 1, e) && graph_run(g, &gone_layers, &by, 1, e);
}

bool graph_layer_delete(struct graph *g, str name, struct error *e)
{
    return graph_transact(g, drop, &name, e);
}
