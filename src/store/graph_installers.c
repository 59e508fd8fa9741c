#include "base/sort.h"
#include "store/graph_inner.h"

/* Who installs a package: of each of its versions, the index of links has the layers in ascending
 * order, and the answer is the first of them all.
 *
 *     versions, a page of each one's layers ─► merged ─► enough, up to where all pages reach?
 *                        ▲                                   │ no: of those that do not reach
 *                        └───────────────────────────────────┘ yes: rows of these layers
 *
 * A page is a share of what is wanted, so that of many versions few links are read in vain; layers
 * are looked up only where they are part of the answer. Without a limit one statement does. */

enum {
    PAGE_MIN = 8,
    PAGE_MAX = 4096,
    ROWS_AT_ONCE = 1024,
    SCRATCH_BYTES_MAX = 1024 * 1024 * 1024,
};

/* A layer and a version that it installs. */
struct pair {
    int64_t layer, package;
};

struct version {
    int64_t package, reached; /* all up to this layer has been read */
    size_t got;               /* by the page at hand */
    bool ended;
};

struct asking {
    struct graph *g;
    const struct graph_question *q;
    int64_t scope;
    size_t limit, page; /* layers wanted; links of a version at once */
    struct arena scratch;
    struct version *versions;
    size_t versions_count, versions_room;
    struct pair *pairs; /* sorted, those of the answer first */
    size_t count, room;
    /* of the versions that are asked about now */
    int64_t *packages, *afters;
};

static const struct graph_sql versions_by_name = {
    .text = "SELECT id FROM package WHERE name_hash = $1 AND name = $2"};
static const struct graph_sql versions_by_source = {
    .text = "SELECT id FROM package WHERE source_hash = $1 AND source = $2"};

/* The index has the negative number: else PostgreSQL may walk through all layers by the primary
 * key, which is in the wanted order too. */
#define PAGE(package, after, scope, count)                                                         \
    "SELECT n.package, n.layer FROM layer_package n WHERE n.package = " package                    \
    " AND n.action = 1 AND n.scope = " scope " AND -n.layer < -" after                             \
    " ORDER BY -n.layer DESC LIMIT " count
static const struct graph_sql page = {.text = PAGE("$1", "$2", "$3", "$4")};
static const struct graph_sql pages = {
    .postgres = "SELECT i.package, i.layer FROM unnest($1, $2) v (package, after) CROSS JOIN "
                "LATERAL (" PAGE("v.package", "v.after", "$3", "$4") ") i"};

/* Both at once. A version that nobody installs has a layer of NULL. */
#define FIRST_PAGES(name, hash)                                                                    \
    "SELECT p.id, i.layer FROM package p LEFT JOIN LATERAL (" PAGE(                                \
        "p.id", "$3", "$4", "$5") ") i ON true WHERE p." hash " = $1 AND p." name " = $2"
static const struct graph_sql first_by_name = {.postgres = FIRST_PAGES("name", "name_hash")};
static const struct graph_sql first_by_source = {.postgres = FIRST_PAGES("source", "source_hash")};

/* All of them. SQLite has no LATERAL, and PostgreSQL would ask its form about each layer. */
#define ALL(name, hash)                                                                            \
    "SELECT " GRAPH_PACKAGE_COLUMNS "1 FROM package p CROSS JOIN layer_package n CROSS JOIN "      \
    "layer l WHERE p." hash " = $1 AND p." name " = $2 AND n.package = p.id AND n.action = 1 "     \
    "AND n.scope = $3 AND -n.layer < -$5 AND l.id = n.layer AND l.namespace = $4"
#define ALL_LATERAL(name, hash)                                                                    \
    "SELECT " GRAPH_PACKAGE_COLUMNS "1 FROM package p CROSS JOIN LATERAL (SELECT n.layer FROM "    \
    "layer_package n WHERE n.package = p.id AND n.action = 1 AND n.scope = $3 "                    \
    "AND -n.layer < -$5) i CROSS JOIN LATERAL (SELECT * FROM layer WHERE id = i.layer LIMIT 1) "   \
    "l WHERE p." hash " = $1 AND p." name " = $2 AND l.namespace = $4"
static const struct graph_sql all_by_name = {.text = ALL("name", "name_hash"),
                                             .postgres = ALL_LATERAL("name", "name_hash")};
static const struct graph_sql all_by_source = {.text = ALL("source", "source_hash"),
                                               .postgres = ALL_LATERAL("source", "source_hash")};

static const struct graph_sql row = {.text = "SELECT " GRAPH_PACKAGE_COLUMNS
                                             "1 FROM layer l CROSS JOIN package p "
                                             "WHERE l.id = $1 AND p.id = $2 AND l.namespace = $3"};
static const struct graph_sql rows = {
    .postgres = "SELECT " GRAPH_PACKAGE_COLUMNS "1 FROM unnest($1, $2) u (layer, package) "
                "CROSS JOIN LATERAL (SELECT * FROM layer WHERE id = u.layer LIMIT 1) l "
                "CROSS JOIN LATERAL (SELECT * FROM package WHERE id = u.package LIMIT 1) p "
                "WHERE l.namespace = $3"};

static int by_layer(const void *va, const void *vb)
{
    const struct pair *a = va, *b = vb;
    if (a->layer != b->layer) {
        return a->layer < b->layer ? -1 : 1;
    }
    return a->package < b->package ? -1 : a->package > b->package;
}

/* -- versions and pages --------------------------------------------------------------------- */

static struct version *version_add(struct asking *a, int64_t package, struct error *e)
{
    void *items = a->versions;
    if (!arena_grow(&a->scratch, &items, a->versions_count, &a->versions_room, sizeof(*a->versions),
                    e)) {
        return NULL;
    }
    a->versions = items;
    a->versions[a->versions_count] = (struct version){.package = package, .reached = a->q->after};
    return &a->versions[a->versions_count++];
}

static bool pair_add(struct asking *a, struct version *v, int64_t layer, struct error *e)
{
    void *items = a->pairs;
    if (!arena_grow(&a->scratch, &items, a->count, &a->room, sizeof(*a->pairs), e)) {
        return false;
    }
    a->pairs = items;
    a->pairs[a->count++] = (struct pair){.layer = layer, .package = v->package};
    v->reached = layer; /* a version's come in ascending order */
    v->got++;
    return true;
}

/* A row of versions and their first pages: a version's come together. */
static bool first_row(struct asking *a, struct statement *st, struct error *e)
{
    int64_t package = db_column_int(st, 0), layer = db_column_int(st, 1);
    size_t count = a->versions_count;
    struct version *v = count > 0 ? &a->versions[count - 1] : NULL;
    if (v == NULL || v->package != package) {
        v = version_add(a, package, e);
    }
    return v != NULL && (layer == 0 || pair_add(a, v, layer, e));
}

/* On SQLite the versions alone, with nothing read of their layers. */
static bool versions_find(struct asking *a, struct error *e)
{
    const struct graph_question *q = a->q;
    bool postgres = graph_is_postgres(a->g);
    struct graph_value values[] = {NUMBER(graph_hash(q->name)), BYTES(q->name), NUMBER(q->after),
                                   NUMBER(a->scope), NUMBER(a->page)};
    const struct graph_sql *sql = postgres ? (q->source ? &first_by_source : &first_by_name)
                                           : (q->source ? &versions_by_source : &versions_by_name);
    struct statement *st = graph_ask(a->g, sql, values, postgres ? ARRAY_COUNT(values) : 2, e);
    bool done = st != NULL;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        done = got == STEP_GOT &&
               (postgres ? first_row(a, st, e) : version_add(a, db_column_int(st, 0), e) != NULL);
    }
    if (st != NULL) {
        db_reset(st);
    }
    for (size_t i = 0; done && postgres && i < a->versions_count; i++) {
        a->versions[i].ended = a->versions[i].got < a->page;
    }
    sort_items(a->pairs, a->count, sizeof(*a->pairs), by_layer);
    a->packages = done ? ARENA_ARRAY(&a->scratch, a->versions_count, int64_t, e) : NULL;
    a->afters = done ? ARENA_ARRAY(&a->scratch, a->versions_count, int64_t, e) : NULL;
    return a->packages != NULL && a->afters != NULL;
}

static struct version *version_of(struct asking *a, int64_t package)
{
    size_t i = 0;
    while (i < a->versions_count && a->versions[i].package != package) {
        i++;
    }
    return i < a->versions_count ? &a->versions[i] : NULL;
}

static bool pairs_read(struct asking *a, struct statement *st, struct error *e)
{
    bool done = st != NULL;
    struct version *v = NULL;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        int64_t package = got == STEP_GOT ? db_column_int(st, 0) : 0;
        v = v != NULL && v->package == package ? v : version_of(a, package);
        done = got == STEP_GOT && (v == NULL || pair_add(a, v, db_column_int(st, 1), e));
    }
    if (st != NULL) {
        db_reset(st);
    }
    return done;
}

/* The next page of each version that does not reach `wanted`. */
static bool pages_read(struct asking *a, int64_t wanted, struct error *e)
{
    size_t asked = 0;
    for (size_t i = 0; i < a->versions_count; i++) {
        struct version *v = &a->versions[i];
        v->got = 0;
        if (!v->ended && v->reached < wanted) {
            a->packages[asked] = v->package;
            a->afters[asked++] = v->reached;
        }
    }
    bool done = true;
    if (graph_is_postgres(a->g)) {
        done = pairs_read(
            a,
            graph_ask(a->g, &pages,
                      VALUES(NUMBER_LIST(a->packages, asked), NUMBER_LIST(a->afters, asked),
                             NUMBER(a->scope), NUMBER(a->page)),
                      e),
            e);
    }
    for (size_t i = 0; done && !graph_is_postgres(a->g) && i < asked; i++) {
        done = pairs_read(a,
                          graph_ask(a->g, &page,
                                    VALUES(NUMBER(a->packages[i]), NUMBER(a->afters[i]),
                                           NUMBER(a->scope), NUMBER(a->page)),
                                    e),
                          e);
    }
    for (size_t i = 0; done && i < asked; i++) {
        struct version *v = version_of(a, a->packages[i]);
        v->ended = v->got < a->page;
    }
    return done;
}

/* -- merging -------------------------------------------------------------------------------- */

/* The layer with which there are `limit` of them, and how many pairs go so far; INT64_MAX where
 * there are not so many. */
static int64_t enough(const struct asking *a, size_t *count)
{
    size_t layers = 0, i = 0;
    for (; i < a->count; i++) {
        bool next = i == 0 || a->pairs[i].layer != a->pairs[i - 1].layer;
        if (next && layers++ == a->limit) {
            *count = i;
            return a->pairs[i - 1].layer;
        }
    }
    *count = i;
    return layers == a->limit && i > 0 ? a->pairs[i - 1].layer : INT64_MAX;
}

static bool all_reach(const struct asking *a, int64_t layer)
{
    for (size_t i = 0; i < a->versions_count; i++) {
        if (!a->versions[i].ended && a->versions[i].reached < layer) {
            return false;
        }
    }
    return true;
}

/* The first pairs of all, `*count` of them: of `limit` layers, or of all that there are. */
static bool merge(struct asking *a, size_t *count, struct error *e)
{
    int64_t wanted;
    while (!all_reach(a, wanted = enough(a, count))) {
        if (!pages_read(a, wanted, e)) {
            return false;
        }
        sort_items(a->pairs, a->count, sizeof(*a->pairs), by_layer);
        a->page = a->page > PAGE_MAX / 4 ? PAGE_MAX : a->page * 4;
    }
    return true;
}

/* -- rows ----------------------------------------------------------------------------------- */

static bool rows_read(struct graph_reading *r, struct statement *st, struct arena *arena,
                      struct error *e)
{
    bool done = st != NULL;
    enum step got;
    while (done && (got = db_step(st, e)) != STEP_END) {
        done = got == STEP_GOT && graph_package_read(r, st, arena, e);
    }
    if (st != NULL) {
        db_reset(st);
    }
    return done;
}

static bool rows_at_once(struct asking *a, const struct pair *pairs, size_t count,
                         struct graph_reading *r, struct arena *arena, struct error *e)
{
    struct arena_mark mark = arena_mark(&a->scratch);
    int64_t *layers = ARENA_ARRAY(&a->scratch, count, int64_t, e);
    int64_t *packages = ARENA_ARRAY(&a->scratch, count, int64_t, e);
    if (layers == NULL || packages == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        layers[i] = pairs[i].layer;
        packages[i] = pairs[i].package;
    }
    bool done = rows_read(r,
                          graph_ask(a->g, &rows,
                                    VALUES(NUMBER_LIST(layers, count), NUMBER_LIST(packages, count),
                                           BYTES(a->q->namespace_)),
                                    e),
                          arena, e);
    arena_rewind(&a->scratch, mark);
    return done;
}

/* What has gone since, or is of another namespace with the same scope, has no row. */
static bool rows_of(struct asking *a, size_t count, struct graph_reading *r, struct arena *arena,
                    struct error *e)
{
    bool done = true;
    for (size_t i = 0; done && i < count; i += ROWS_AT_ONCE) {
        size_t part = count - i < ROWS_AT_ONCE ? count - i : ROWS_AT_ONCE;
        const struct pair *pairs = a->pairs + i;
        if (graph_is_postgres(a->g)) {
            done = rows_at_once(a, pairs, part, r, arena, e);
            continue;
        }
        for (size_t k = 0; done && k < part; k++) {
            done = rows_read(r,
                             graph_ask(a->g, &row,
                                       VALUES(NUMBER(pairs[k].layer), NUMBER(pairs[k].package),
                                              BYTES(a->q->namespace_)),
                                       e),
                             arena, e);
        }
    }
    return done;
}

static int by_layer_and_name(const void *va, const void *vb)
{
    const struct graph_package *a = va, *b = vb;
    if (a->layer != b->layer) {
        return a->layer < b->layer ? -1 : 1;
    }
    int order = str_cmp(a->package.name, b->package.name);
    order = order != 0 ? order : str_cmp(a->package.version, b->package.version);
    return order != 0 ? order : str_cmp(a->package.arch, b->package.arch);
}

static size_t layers_of(const struct graph_reading *r)
{
    size_t layers = 0;
    for (size_t i = 0; i < r->count; i++) {
        layers += i == 0 || r->items[i].layer != r->items[i - 1].layer;
    }
    return layers;
}

static bool ask_all(struct asking *a, struct graph_reading *r, struct arena *arena, struct error *e)
{
    const struct graph_question *q = a->q;
    struct statement *st =
        graph_ask(a->g, q->source ? &all_by_source : &all_by_name,
                  VALUES(NUMBER(graph_hash(q->name)), BYTES(q->name), NUMBER(a->scope),
                         BYTES(q->namespace_), NUMBER(q->after)),
                  e);
    if (!rows_read(r, st, arena, e)) {
        return false;
    }
    sort_items(r->items, r->count, sizeof(*r->items), by_layer_and_name);
    return true;
}

static bool ask(struct asking *a, struct graph_reading *r, struct arena *arena, struct error *e)
{
    size_t whole = a->limit;
    if (!versions_find(a, e)) {
        return false;
    }
    for (;;) {
        size_t count, layers;
        if (!merge(a, &count, e) || !rows_of(a, count, r, arena, e)) {
            return false;
        }
        sort_items(r->items, r->count, sizeof(*r->items), by_layer_and_name);
        layers = layers_of(r);
        if (layers >= whole || (count == a->count && all_reach(a, INT64_MAX))) {
            return true;
        }
        a->limit = whole - layers; /* some had gone: as many more */
        a->count -= count;
        for (size_t i = 0; i < a->count; i++) {
            a->pairs[i] = a->pairs[i + count];
        }
    }
}

bool graph_installers(struct graph *g, const struct graph_question *q, struct arena *arena,
                      const struct graph_package **out, size_t *count, struct error *e)
{
    struct graph_reading r = {0};
    struct asking a = {.g = g,
                       .q = q,
                       .scope = graph_hash(q->namespace_),
                       .limit = q->limit,
                       .page = q->limit / 4 < PAGE_MIN ? PAGE_MIN : q->limit / 4};
    a.page = a.page < PAGE_MAX ? a.page : PAGE_MAX;
    arena_init(&a.scratch, SCRATCH_BYTES_MAX, "who installs a package");
    bool done = q->limit == 0 ? ask_all(&a, &r, arena, e) : ask(&a, &r, arena, e);
    arena_done(&a.scratch);
    if (done) {
        *out = r.items;
        *count = r.count;
    }
    return done;
}
