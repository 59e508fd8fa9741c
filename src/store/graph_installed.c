#include "store/graph_inner.h"

/* Which systems and versions there are among all layers. */

static const struct graph_sql systems_get = {
    .text = "SELECT DISTINCT os, namespace FROM layer ORDER BY os, namespace"};

/* Layers of one namespace have one name as a rule, so that the first that is looked at will do. */
#define INSTALLED(which)                                                                           \
    "SELECT p.ecosystem, p.name, p.version, p.arch, p.source, p.source_version, p.module "         \
    "FROM package p WHERE p." which "_hash = $1 AND p." which " = $2 AND EXISTS "                  \
    "(SELECT 1 FROM layer_package x CROSS JOIN layer l WHERE x.package = p.id AND x.scope = $3 "   \
    "AND x.action = 1 AND l.id = x.layer AND l.namespace = $4 AND l.os = $5) ORDER BY p.id"
static const struct graph_sql by_source = {.text = INSTALLED("source")};
static const struct graph_sql by_name = {.text = INSTALLED("name")};

bool graph_systems(struct graph *g, struct arena *arena, const struct graph_system **out,
                   size_t *count, struct error *e)
{
    struct graph_system *list = NULL;
    size_t n = 0, room = 0;
    struct statement *st = graph_ask(g, &systems_get, NULL, 0, e);
    bool done = st != NULL;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        void *items = list;
        done = got == STEP_GOT && arena_grow(arena, &items, n, &room, sizeof(*list), e);
        list = items;
        done = done && graph_text(st, 0, arena, &list[n].os, e) &&
               graph_text(st, 1, arena, &list[n].namespace_, e);
        n += done;
    }
    if (st != NULL) {
        db_reset(st);
    }
    *out = list;
    *count = n;
    return done;
}

static bool package_read(struct statement *st, struct arena *arena, struct package *p,
                         struct error *e)
{
    *p = (struct package){.ecosystem = (enum ecosystem)db_column_int(st, 0)};
    return graph_text(st, 1, arena, &p->name, e) && graph_text(st, 2, arena, &p->version, e) &&
           graph_text(st, 3, arena, &p->arch, e) && graph_text(st, 4, arena, &p->source, e) &&
           graph_text(st, 5, arena, &p->source_version, e) &&
           graph_text(st, 6, arena, &p->module, e);
}

bool graph_installed(struct graph *g, const struct graph_question *q, str os, struct arena *arena,
                     const struct package **out, size_t *count, struct error *e)
{
    struct package *list = NULL;
    size_t n = 0, room = 0;
    struct statement *st =
        graph_ask(g, q->source ? &by_source : &by_name,
                  VALUES(NUMBER(graph_hash(q->name)), BYTES(q->name),
                         NUMBER(graph_hash(q->namespace_)), BYTES(q->namespace_), BYTES(os)),
                  e);
    bool done = st != NULL;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        void *items = list;
        done = got == STEP_GOT && arena_grow(arena, &items, n, &room, sizeof(*list), e);
        list = items;
        done = done && package_read(st, arena, &list[n], e);
        n += done;
    }
    if (st != NULL) {
        db_reset(st);
    }
    *out = list;
    *count = n;
    return done;
}
