#include <string.h>

#include "store/graph_inner.h"

/* Packages as layers have them: their lists, and who installs a package. */

#define PACKAGE_COLUMNS                                                                            \
    "l.id, l.name, l.os, l.namespace, p.ecosystem, p.name, p.version, p.arch, p.source, "          \
    "p.source_version, p.module, "
enum { LAYERS_KNOWN = 64 };

/* CROSS JOIN tells SQLite the order: else it may look at what every layer installs. Nothing is
 * joined but by an index, so that PostgreSQL has no choice either. */
#define CHAIN                                                                                      \
    "WITH RECURSIVE chain (id, parent) AS (SELECT id, parent FROM layer WHERE id = $1 UNION ALL "  \
    "SELECT l.id, l.parent FROM chain CROSS JOIN layer l WHERE l.id = chain.parent)"
#define SORTED "p.ecosystem, p.name, p.version, p.arch, p.id"

/* A parent has the lower number, so that numbers tell what is above and what is below. A package
 * that is installed and removed by one layer is there afterwards. */
static const struct graph_sql effective = {
    .text = CHAIN ", steps (package, layer, action, removed) AS ("
                  "SELECT s.package, s.layer, s.action, "
                  "max(CASE WHEN s.action = 2 THEN s.layer ELSE 0 END) OVER "
                  "(PARTITION BY s.package) "
                  "FROM chain CROSS JOIN layer_package s WHERE s.layer = chain.id), "
                  "held (package, layer) AS ("
                  "SELECT package, min(layer) FROM steps WHERE action = 1 AND layer >= removed "
                  "GROUP BY package) "
                  "SELECT " PACKAGE_COLUMNS "1 FROM held CROSS JOIN package p CROSS JOIN layer l "
                  "WHERE p.id = held.package AND l.id = held.layer ORDER BY " SORTED};

/* What the layer removes belongs to the layer below that installed it last. */
static const struct graph_sql own = {
    .text = CHAIN ", lists (package, action, layer) AS ("
                  "SELECT o.package, o.action, CASE WHEN o.action = 1 THEN o.layer ELSE coalesce("
                  "(SELECT max(i.layer) FROM chain CROSS JOIN layer_package i WHERE "
                  "chain.id < o.layer AND i.layer = chain.id AND i.action = 1 AND "
                  "i.package = o.package), o.layer) END FROM layer_package o WHERE o.layer = $1) "
                  "SELECT " PACKAGE_COLUMNS "lists.action FROM lists CROSS JOIN package p "
                  "CROSS JOIN layer l WHERE p.id = lists.package AND l.id = lists.layer "
                  "ORDER BY lists.action, " SORTED};

/* For each version of the package the first layers by the index, then the first of these all. The
 * index has the negative number: else PostgreSQL may walk through all layers by the primary key,
 * which is in the wanted order too. SQLite has no LATERAL, and PostgreSQL would ask its form of the
 * question about each layer. */
#define WHO "SELECT " PACKAGE_COLUMNS "1 FROM package p CROSS JOIN "
#define FIRST                                                                                      \
    "(SELECT n.layer FROM layer_package n WHERE n.package = p.id AND n.action = 1 "                \
    "AND n.scope = $3 AND -n.layer < -$5 ORDER BY -n.layer DESC LIMIT $6) "
#define OF(name, hash) "WHERE p." hash " = $1 AND p." name " = $2 AND l.namespace = $4 "
#define ORDERED "ORDER BY l.id, p.name, p.version, p.arch, p.id"
#define INSTALLERS(name, hash) WHO "layer l " OF(name, hash) "AND l.id IN " FIRST ORDERED
#define INSTALLERS_LATERAL(name, hash)                                                             \
    WHO "LATERAL " FIRST "i CROSS JOIN LATERAL "                                                   \
        "(SELECT * FROM layer WHERE id = i.layer LIMIT 1) l " OF(name, hash) ORDERED
static const struct graph_sql by_name = {.text = INSTALLERS("name", "name_hash"),
                                         .postgres = INSTALLERS_LATERAL("name", "name_hash")};
static const struct graph_sql by_source = {.text = INSTALLERS("source", "source_hash"),
                                           .postgres = INSTALLERS_LATERAL("source", "source_hash")};

/* -- reading -------------------------------------------------------------------------------- */

/* A list being read. The texts of a layer come again with each of its packages: the last few
 * layers are kept. */
struct reading {
    struct graph_package *items;
    size_t count, room;
    struct {
        int64_t number;
        str name, os, namespace_;
    } layers[LAYERS_KNOWN];
};

static bool layer_of(struct reading *r, struct statement *st, struct arena *arena,
                     struct graph_package *to, struct error *e)
{
    int64_t number = db_column_int(st, 0);
    size_t at = (size_t)number % LAYERS_KNOWN;
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

static bool package_read(struct reading *r, struct statement *st, struct arena *arena,
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
static bool read_all(struct reading *r, struct statement *st, struct arena *arena, size_t *split,
                     struct error *e)
{
    enum step got;
    bool done = true;
    *split = 0;
    while (done && (got = db_step(st, e)) != STEP_END) {
        done = got == STEP_GOT && package_read(r, st, arena, e);
        *split += done && db_column_int(st, 11) == GRAPH_INSTALLED;
    }
    db_reset(st);
    return done;
}

/* Reads a list of the layer. An empty one is looked at again: the layer may have gone meanwhile. */
static bool list_of(struct graph *g, const struct graph_sql *sql, str name, struct arena *arena,
                    struct reading *r, size_t *split, struct error *e)
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
    struct reading r = {0};
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
    struct reading r = {0};
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

bool graph_installers(struct graph *g, const struct graph_question *q, struct arena *arena,
                      const struct graph_package **out, size_t *count, struct error *e)
{
    struct reading r = {0};
    size_t layers = 0;
    int64_t limit = q->limit == 0 || q->limit > INT64_MAX ? INT64_MAX : (int64_t)q->limit;
    struct statement *st = graph_ask(g, q->source ? &by_source : &by_name,
                                     VALUES(NUMBER(graph_hash(q->name)), BYTES(q->name),
                                            NUMBER(graph_hash(q->namespace_)), BYTES(q->namespace_),
                                            NUMBER(q->after), NUMBER(limit)),
                                     e);
    if (st == NULL) {
        return false;
    }
    enum step got;
    bool done = true;
    while (done && (got = db_step(st, e)) != STEP_END) {
        done = got == STEP_GOT;
        bool next = done && (r.count == 0 || db_column_int(st, 0) != r.items[r.count - 1].layer);
        if (next && layers++ == (uint64_t)limit) {
            break;
        }
        done = done && package_read(&r, st, arena, e);
    }
    db_reset(st);
    *out = r.items;
    *count = r.count;
    return done;
}
