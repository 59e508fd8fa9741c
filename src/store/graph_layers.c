#include <errno.h>
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
static const struct graph_sql parent_number = {
    .text = "SELECT id, depth FROM layer WHERE key = $1 AND ($2 = 0 OR engine = $2)"};
/* All that is to be known before: the namespace too. Always one row. */
static const struct graph_sql layer_look = {
    .text = "SELECT coalesce((SELECT id FROM layer WHERE key = $1), 0), "
            "coalesce((SELECT engine FROM layer WHERE key = $1), 0), "
            "(SELECT count(*) FROM namespace WHERE key = $2)"};
static const struct graph_sql parent_engine = {
    .text = "SELECT p.engine FROM layer l JOIN layer p ON p.id = l.parent WHERE l.id = $1"};
/* What was analysed after its parent, and before its parent's list became another one. */
static const struct graph_sql children_older = {
    .text = "UPDATE layer SET engine = $3 WHERE parent = $1 AND engine >= $2"};
static const struct graph_sql layer_add = {
    .text = "INSERT INTO layer (id, parent, depth, key, name, api, os, namespace, format, engine, "
            "blob, has_packages, created_s) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
            "ON CONFLICT (key) DO NOTHING RETURNING id"};
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
    .text = "UPDATE counter SET value = value + 1 WHERE id = 2 RETURNING value",
    .postgres = "SELECT nextval('layer_id_seq')"};
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

enum { LINKS_BYTES_MAX = 512 * 1024 * 1024, TRIES_MAX = 4 };

/* A layer to be put. `changes`: it may be that something is changed that was there: a layer
 * replaced, a namespace named for the first time; where that is only found out on the way,
 * `again` is set and the transaction begins anew. */
struct put {
    const struct graph_layer_content *content;
    const struct graph_links *links;
    struct arena *scratch;
    str key;
    bool fresh, changes, again;
};

/* What is there. */
struct look {
    int64_t number, engine; /* 0: no such layer */
    bool namespace_known;
};

static bool look(struct graph *g, const struct graph_layer *l, str key, struct look *out,
                 struct error *e)
{
    uint8_t of_os[GRAPH_KEY_BYTES];
    struct statement *st =
        graph_ask(g, &layer_look, VALUES(BYTES(key), BYTES(graph_key(&l->os, 1, of_os))), e);
    if (st == NULL) {
        return false;
    }
    enum step got = db_step(st, e);
    *out = (struct look){.number = db_column_int(st, 0),
                         .engine = db_column_int(st, 1),
                         .namespace_known = l->api != GRAPH_API_2016 || l->os.len == 0 ||
                                            db_column_int(st, 2) > 0};
    db_reset(st);
    return got != STEP_FAILED;
}

static bool was_replaced(str name, struct error *e)
{
    error_set(e, ERROR_IO, "'" STR_FMT "' was replaced meanwhile", STR_ARG(name));
    if (e != NULL) {
        e->sys = EAGAIN;
    }
    return false;
}

static bool parent_find(struct graph *g, const struct graph_layer_content *content, int64_t *parent,
                        int64_t *depth, struct error *e)
{
    const struct graph_layer *l = &content->layer;
    uint8_t key[GRAPH_KEY_BYTES];
    bool found;
    *parent = *depth = 0;
    if (l->parent.len == 0) {
        return true;
    }
    if (!graph_number(g, &parent_number,
                      VALUES(BYTES(graph_key(&l->parent, 1, key)), NUMBER(content->parent_engine)),
                      parent, depth, &found, e)) {
        return false;
    }
    return found ||
           (number_and_depth(g, l->parent, parent, depth, e) && was_replaced(l->parent, e));
}

static bool layer_insert(struct graph *g, struct put *p, int64_t now_s, int64_t *number,
                         struct error *e)
{
    const struct graph_layer *l = &p->content->layer;
    int64_t parent, depth;
    char blob[1 + DIGEST_BYTES_MAX];
    bool counted, inserted;
    if (!parent_find(g, p->content, &parent, &depth, e) ||
        !graph_number(g, &layer_next, NULL, 0, number, NULL, &counted, e)) {
        return false;
    }
    if (!counted) {
        return error_set(e, ERROR_FORMAT, "the counter of layers is gone");
    }
    if (depth >= GRAPH_DEPTH_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "' would be layer %lld of %d of its chain",
                         STR_ARG(l->name), (long long)depth + 1, GRAPH_DEPTH_MAX);
    }
    if (!graph_number(g, &layer_add,
                      VALUES(NUMBER(*number), NUMBER(parent), NUMBER(depth + 1), BYTES(p->key),
                             BYTES(l->name), NUMBER(l->api), BYTES(l->os), BYTES(l->namespace_),
                             BYTES(l->format), NUMBER(l->engine),
                             BYTES(graph_digest_key(l->blob, blob)), NUMBER(l->has_packages),
                             NUMBER(now_s)),
                      number, NULL, &inserted, e)) {
        return false;
    }
    p->again = !inserted; /* another one was faster */
    return true;
}

static bool layer_overwrite(struct graph *g, const struct graph_layer_content *content,
                            const struct look *old, int64_t now_s, struct error *e)
{
    const struct graph_layer *l = &content->layer;
    char blob[1 + DIGEST_BYTES_MAX];
    int64_t engine = 0;
    bool found;
    if (!graph_number(g, &parent_engine, VALUES(NUMBER(old->number)), &engine, NULL, &found, e)) {
        return false;
    }
    if (found && content->parent_engine != 0 && engine != (int64_t)content->parent_engine) {
        return was_replaced(l->parent, e);
    }
    return graph_run(g, &layer_replace,
                     VALUES(NUMBER(old->number), NUMBER(l->api), BYTES(l->os), BYTES(l->namespace_),
                            BYTES(l->format), NUMBER(l->engine),
                            BYTES(graph_digest_key(l->blob, blob)), NUMBER(l->has_packages),
                            NUMBER(now_s)),
                     e) &&
           graph_run(g, &packages_drop, VALUES(NUMBER(old->number)), e) &&
           graph_run(g, &children_older,
                     VALUES(NUMBER(old->number), NUMBER(l->engine), NUMBER(old->engine)), e);
}

/* The time, and the locks of a change or of an insertion (graph.c, 4). */
static bool begin(struct graph *g, bool changes, int64_t *now_s, struct error *e)
{
    int64_t change;
    return changes ? graph_change(g, 1, &change, now_s, e) && graph_lock_alone(g, e)
                   : graph_lock_shared(g, e) && graph_now(g, now_s, e);
}

static bool put(struct graph *g, void *what, struct error *e)
{
    struct put *p = what;
    const struct graph_layer *l = &p->content->layer;
    struct look there;
    int64_t now_s;
    p->fresh = p->again = false;
    if (!begin(g, p->changes, &now_s, e) || !look(g, l, p->key, &there, e)) {
        return false;
    }
    if (there.number != 0 && there.engine >= (int64_t)l->engine) {
        return true;
    }
    if (!p->changes && (there.number != 0 || !there.namespace_known)) {
        p->changes = p->again = true;
        return true;
    }
    int64_t number = there.number;
    if (!(number != 0 ? layer_overwrite(g, p->content, &there, now_s, e)
                      : layer_insert(g, p, now_s, &number, e))) {
        return false;
    }
    p->fresh = !p->again;
    return p->again || ((there.namespace_known || graph_namespace_note(g, l->os, STR_NONE, e)) &&
                        graph_links_add(g, p->links, number, p->scratch, e));
}

/* Step by step, whatever is there. */
static bool put_carefully(struct graph *g, struct put *p, struct error *e)
{
    bool done;
    size_t tries = 0;
    do {
        done = graph_transact(g, put, p, e);
    } while (done && p->again && ++tries < TRIES_MAX);
    if (done && p->again) {
        error_set(e, ERROR_IO, "the layer comes and goes");
        if (e != NULL) {
            e->sys = EBUSY;
        }
    }
    return done && !p->again;
}

bool graph_layer_put(struct graph *g, const struct graph_layer_content *content, bool *fresh,
                     struct error *e)
{
    const struct graph_layer *l = &content->layer;
    const str texts[] = {l->name, l->parent, l->os, l->namespace_, l->format};
    uint8_t key[GRAPH_KEY_BYTES];
    struct look there;
    if (l->name.len == 0) {
        return error_set(e, ERROR_FORMAT, "a layer without a name");
    }
    struct put p = {.content = content, .key = graph_key(&l->name, 1, key)};
    if (!graph_texts_fit(texts, ARRAY_COUNT(texts), e) || !look(g, l, p.key, &there, e)) {
        return false;
    }
    /* most posts are of layers that are there: then nothing is written, and nobody waits */
    if (there.number != 0 && there.engine >= (int64_t)l->engine) {
        *fresh = false;
        return true;
    }
    CLEANUP(arena_done) struct arena scratch;
    struct graph_links links;
    bool done = false;
    arena_init(&scratch, LINKS_BYTES_MAX, "a layer's packages");
    p.scratch = &scratch;
    p.links = &links;
    p.changes = there.number != 0 || !there.namespace_known;
    if (!graph_links_make(content, &scratch, &links, e) ||
        (!p.changes && graph_is_postgres(g) &&
         !graph_insert_at_once(g, content, &links, &scratch, &done, e)) ||
        (!done && !put_carefully(g, &p, e))) {
        return false;
    }
    *fresh = done || p.fresh;
    return true;
}

/* -- deleting ------------------------------------------------------------------------------- */

static bool drop(struct graph *g, void *what, struct error *e)
{
    const str *name = what;
    uint8_t key[GRAPH_KEY_BYTES];
    struct graph_value by = BYTES(graph_key(name, 1, key));
    int64_t number, now_s;
    return graph_change(g, 1, &number, &now_s, e) && graph_lock_alone(g, e) &&
           graph_layer_number(g, *name, &number, e) && graph_run(g, &gone_packages, &by, 1, e) &&
           graph_run(g, &gone_layers, &by, 1, e);
}

bool graph_layer_delete(struct graph *g, str name, struct error *e)
{
    return graph_transact(g, drop, &name, e);
}
