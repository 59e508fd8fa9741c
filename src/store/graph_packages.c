#include <string.h>

#include "store/graph_inner.h"

/* Packages as layers have them: their lists. Who installs a package is in graph_installers.c. */

/* CROSS JOIN tells SQLite the order: else it may look at what every layer installs. Nothing is
 * joined but by an index, so that PostgreSQL has no choice either. */
#define CHAIN                                                                                      \
    "WITH RECURSIVE chain (id, parent) AS (SELECT id, parent FROM layer WHERE id = $1 UNION ALL "  \
    "SELECT l.id, l.parent FROM chain CROSS JOIN layer l WHERE l.id = chain.parent)"
#define SORTED "p.ecosystem, p.name, p.version, p.arch, p.id"

/* A parent has the lower number, so that numbers tell what is above and what is below. A package
 * that is installed and removed by one layer is there afterwards. */
static const struct graph_sql effective = {
    .text =
        CHAIN ", steps (package, layer, action, removed) AS ("
              "SELECT s.package, s.layer, s.action, "
              "max(CASE WHEN s.action = 2 THEN s.layer ELSE 0 END) OVER "
              "(PARTITION BY s.package) "
              "FROM chain CROSS JOIN layer_package s WHERE s.layer = chain.id), "
              "held (package, layer) AS ("
              "SELECT package, min(layer) FROM steps WHERE action = 1 AND layer >= removed "
              "GROUP BY package) "
              "SELECT " GRAPH_PACKAGE_COLUMNS "1 FROM held CROSS JOIN package p CROSS JOIN layer l "
              "WHERE p.id = held.package AND l.id = held.layer ORDER BY " SORTED};

/* What the layer removes belongs to the layer below that installed it last. */
static const struct graph_sql own = {
    .text = CHAIN ", lists (package, action, layer) AS ("
                  "SELECT o.package, o.action, CASE WHEN o.action = 1 THEN o.layer ELSE coalesce("
                  "(SELECT max(i.layer) FROM chain CROSS JOIN layer_package i WHERE "
                  "chain.id < o.layer AND i.layer = chain.id AND i.action = 1 AND "
                  "i.package = o.package), o.layer) END FROM layer_package o WHERE o.layer = $1) "
                  "SELECT " GRAPH_PACKAGE_COLUMNS "lists.action FROM lists CROSS JOIN package p "
                  "CROSS JOIN layer l WHERE p.id = lists.package AND l.id = lists.layer "
                  "ORDER BY lists.action, " SORTED};

/* -- reading -------------------------------------------------------------------------------- */

static bool layer_of(struct graph_reading *r, struct statement *st, struct arena *arena,
                     struct graph_package *to, struct error *e)
{
    int64_t number = db_column_int(st, 0);
    size_t at = (size_t)number % GRAPH_LAYERS_KNOWN;
    if (r->layers[at].number != number) {
        r->layers[at].number = 0;
        if (!graph_text(st, 1, arena, &r->layers[at].name, e) ||
            !graph_text(st, 2, arena, &r->layers[at].os, e) ||
            !graph_text(st, 3, arena, &r->layers[at].namespace_, e)) {
            return false;
        }
        r->layers[at].number = number;
    }
    to->layer = number;
    to->layer_name = r->layers[at].name;
    to->os = r->layers[at].os;
    to->namespace_ = r->layers[at].namespace_;
    return true;
}

bool graph_package_read(struct graph_reading *r, struct statement *st, struct arena *arena,
                        struct error *e)
{
    void *items = r->items;
    if (!arena_grow(arena, &items, r->count, &r->room, sizeof(*r->items), e)) {
        return false;
    }
    r->items = items;
    struct graph_package *to = &r->items[r->count];
    struct package *p = &to->package;
    *to = (struct graph_package){.package.ecosystem = (enum ecosystem)db_column_int(st, 4)};
    if (!layer_of(r, st, arena, to, e) || !graph_text(st, 5, arena, &p->name, e) ||
        !graph_text(st, 6, arena, &p->version, e) || !graph_text(st, 7, arena, &p->arch, e) ||
        !graph_text(st, 8, arena, &p->source, e) ||
        !graph_text(st, 9, arena, &p->source_version, e) ||
        !graph_text(st, 10, arena, &p->module, e)) {
        return false;
    }
    r->count++;
    return true;
}

/* All rows; `*split` is how many have the first action. */
static bool read_all(struct graph_reading *r, struct statement *st, struct arena *arena,
                     size_t *split, struct error *e)
{
    enum step got;
    bool done = true;
    *split = 0;
    while (done && (got = db_step(st, e)) != STEP_END) {
        done = got == STEP_GOT && graph_package_read(r, st, arena, e);
        *split += done && db_column_int(st, 11) == GRAPH_INSTALLED;
    }
    db_reset(st);
    return done;
}

/* Reads a list of the layer. An empty one is looked at again: the layer may have gone meanwhile. */
static bool list_of(struct graph *g, const struct graph_sql *sql, str name, struct arena *arena,
                    struct graph_reading *r, size_t *split, struct error *e)
{
    int64_t number, still;
    if (!graph_layer_number(g, name, &number, e)) {
        return false;
    }
    struct statement *st = graph_ask(g, sql, VALUES(NUMBER(number)), e);
    if (st == NULL || !read_all(r, st, arena, split, e)) {
        return false;
    }
    return r->count > 0 || graph_layer_number(g, name, &still, e);
}

bool graph_layer_packages(struct graph *g, str name, struct arena *arena,
                          const struct graph_package **out, size_t *count, struct error *e)
{
    struct graph_reading r = {0};
    size_t split;
    if (!list_of(g, &effective, name, arena, &r, &split, e)) {
        return false;
    }
    *out = r.items;
    *count = r.count;
    return true;
}

bool graph_layer_own(struct graph *g, str name, struct arena *arena,
                     const struct graph_package **installed, size_t *installed_count,
                     const struct graph_package **removed, size_t *removed_count, struct error *e)
{
    struct graph_reading r = {0};
    size_t split;
    if (!list_of(g, &own, name, arena, &r, &split, e)) {
        return false;
    }
    *installed = r.items;
    *installed_count = split;
    *removed = r.items != NULL ? r.items + split : NULL;
    *removed_count = r.count - split;
    return true;
}
