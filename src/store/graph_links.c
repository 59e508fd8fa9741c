#include <string.h>

#include "base/sort.h"
#include "store/graph_inner.h"

/* What a layer installs and removes, as rows: each package version once for all layers, and the
 * links of the layer to them.
 *
 * A package that is there may go again while nobody refers to it (graph_collect.c): so it is looked
 * up behind the lock that keeps the collector out. */

enum { PACKAGE_TEXTS = 6, LINKS_AT_ONCE = 4096 };

/* -- SQLite: a statement for each row is a call, not a message ------------------------------- */

static const struct graph_sql package_find = {.text = "SELECT id FROM package WHERE key = $1"};
static const struct graph_sql package_next = {
    .text = "UPDATE counter SET value = value + 1 WHERE id = 3 RETURNING value"};
static const struct graph_sql package_add = {
    .text =
        "INSERT INTO package (id, key, ecosystem, name, version, arch, source, source_version, "
        "module, name_hash, source_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
static const struct graph_sql link_add = {
    .text = "INSERT INTO layer_package (layer, action, package, scope) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (layer, action, package) DO NOTHING"};

/* -- PostgreSQL: all of them in two --------------------------------------------------------- */

/* Whoever adds a package that another one adds just now waits for its end, and does nothing. */
static const struct graph_sql packages_add = {
    .postgres =
        "INSERT INTO package (id, key, ecosystem, name, version, arch, source, source_version, "
        "module, name_hash, source_hash) SELECT nextval('package_id_seq'), n.* FROM (SELECT * FROM "
        "unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) u (key, ecosystem, name, version, arch, "
        "source, source_version, module, name_hash, source_hash) WHERE NOT EXISTS "
        "(SELECT 1 FROM package k WHERE k.key = u.key) ORDER BY u.key) n "
        "ON CONFLICT (key) DO NOTHING"};
/* A layer of number 0 is the one that this session numbered last. */
static const struct graph_sql links_add = {
    .postgres = "INSERT INTO layer_package (layer, action, package, scope) SELECT CASE WHEN $1 = 0 "
                "THEN currval('layer_id_seq') ELSE $1 END, u.action, p.id, $2 FROM unnest($3, $4) "
                "u (key, action) CROSS JOIN LATERAL (SELECT id FROM package WHERE key = u.key "
                "LIMIT 1) p ON CONFLICT (layer, action, package) DO NOTHING"};

/* -- making them ---------------------------------------------------------------------------- */

static void texts_of(const struct package *p, str to[PACKAGE_TEXTS])
{
    to[0] = p->name;
    to[1] = p->version;
    to[2] = p->arch;
    to[3] = p->source;
    to[4] = p->source_version;
    to[5] = p->module;
}

static bool link_make(const struct package *p, enum graph_action action, struct graph_links *out,
                      struct error *e)
{
    str texts[1 + PACKAGE_TEXTS];
    char ecosystem = (char)p->ecosystem;
    texts[0] = (str){.at = &ecosystem, .len = 1};
    texts_of(p, texts + 1);
    if (!graph_texts_fit(texts, ARRAY_COUNT(texts), e)) {
        return false;
    }
    struct graph_link *link = &out->at[out->count++];
    link->package = p;
    link->action = action;
    graph_key(texts, ARRAY_COUNT(texts), link->key);
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        out->bytes += texts[i].len;
    }
    return true;
}

static int by_key(const void *va, const void *vb)
{
    const struct graph_link *a = va, *b = vb;
    int order = memcmp(a->key, b->key, sizeof(a->key));
    return order != 0 ? order : (int)a->action - (int)b->action;
}

bool graph_links_make(const struct graph_layer_content *content, struct arena *scratch,
                      struct graph_links *out, struct error *e)
{
    size_t count = content->installed_count + content->removed_count;
    *out = (struct graph_links){.at = ARENA_ARRAY(scratch, count, struct graph_link, e),
                                .scope = graph_hash(content->layer.namespace_)};
    bool done = out->at != NULL;
    for (size_t i = 0; done && i < content->installed_count; i++) {
        done = link_make(&content->installed[i], GRAPH_INSTALLED, out, e);
    }
    for (size_t i = 0; done && i < content->removed_count; i++) {
        done = link_make(&content->removed[i], GRAPH_REMOVED, out, e);
    }
    if (done) {
        sort_items(out->at, out->count, sizeof(*out->at), by_key);
    }
    return done;
}

/* -- one by one ----------------------------------------------------------------------------- */

static str key_of(const struct graph_link *link)
{
    return (str){.at = (const char *)link->key, .len = sizeof(link->key)};
}

static bool package_number(struct graph *g, const struct graph_link *link, int64_t *number,
                           struct error *e)
{
    const struct package *p = link->package;
    bool found;
    if (!graph_number(g, &package_find, VALUES(BYTES(key_of(link))), number, NULL, &found, e) ||
        found) {
        return found;
    }
    if (!graph_number(g, &package_next, NULL, 0, number, NULL, &found, e)) {
        return false;
    }
    if (!found) {
        return error_set(e, ERROR_FORMAT, "the counter of packages is gone");
    }
    return graph_run(g, &package_add,
                     VALUES(NUMBER(*number), BYTES(key_of(link)), NUMBER(p->ecosystem),
                            BYTES(p->name), BYTES(p->version), BYTES(p->arch), BYTES(p->source),
                            BYTES(p->source_version), BYTES(p->module), NUMBER(graph_hash(p->name)),
                            NUMBER(graph_hash(p->source))),
                     e);
}

static bool add_singly(struct graph *g, const struct graph_links *links, int64_t layer,
                       struct error *e)
{
    for (size_t i = 0; i < links->count; i++) {
        int64_t package = 0;
        if (!package_number(g, &links->at[i], &package, e) ||
            !graph_run(g, &link_add,
                       VALUES(NUMBER(layer), NUMBER(links->at[i].action), NUMBER(package),
                              NUMBER(links->scope)),
                       e)) {
            return false;
        }
    }
    return true;
}

/* -- as lists ------------------------------------------------------------------------------- */

/* The columns of a part of the links. */
struct columns {
    str *keys, *texts[PACKAGE_TEXTS];
    int64_t *actions, *ecosystems, *name_hashes, *source_hashes;
    size_t count;
};

static bool columns_make(const struct graph_link *links, size_t count, struct arena *scratch,
                         struct columns *c, struct error *e)
{
    str *texts = ARENA_ARRAY(scratch, count * (1 + PACKAGE_TEXTS), str, e);
    int64_t *numbers = ARENA_ARRAY(scratch, count * 4, int64_t, e);
    if (texts == NULL || numbers == NULL) {
        return false;
    }
    *c = (struct columns){.keys = texts,
                          .actions = numbers,
                          .ecosystems = numbers + count,
                          .name_hashes = numbers + 2 * count,
                          .source_hashes = numbers + 3 * count,
                          .count = count};
    for (size_t k = 0; k < PACKAGE_TEXTS; k++) {
        c->texts[k] = texts + (k + 1) * count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct package *p = links[i].package;
        str of[PACKAGE_TEXTS];
        texts_of(p, of);
        for (size_t k = 0; k < PACKAGE_TEXTS; k++) {
            c->texts[k][i] = of[k];
        }
        c->keys[i] = key_of(&links[i]);
        c->actions[i] = links[i].action;
        c->ecosystems[i] = p->ecosystem;
        c->name_hashes[i] = graph_hash(p->name);
        c->source_hashes[i] =
            str_eq(p->source, p->name) ? c->name_hashes[i] : graph_hash(p->source);
    }
    return true;
}

static struct statement *ask_packages(struct graph *g, const struct columns *c, struct error *e)
{
    size_t n = c->count;
    return graph_ask(g, &packages_add,
                     VALUES(TEXT_LIST(c->keys, n), NUMBER_LIST(c->ecosystems, n),
                            TEXT_LIST(c->texts[0], n), TEXT_LIST(c->texts[1], n),
                            TEXT_LIST(c->texts[2], n), TEXT_LIST(c->texts[3], n),
                            TEXT_LIST(c->texts[4], n), TEXT_LIST(c->texts[5], n),
                            NUMBER_LIST(c->name_hashes, n), NUMBER_LIST(c->source_hashes, n)),
                     e);
}

static struct statement *ask_links(struct graph *g, const struct columns *c, int64_t layer,
                                   int64_t scope, struct error *e)
{
    return graph_ask(g, &links_add,
                     VALUES(NUMBER(layer), NUMBER(scope), TEXT_LIST(c->keys, c->count),
                            NUMBER_LIST(c->actions, c->count)),
                     e);
}

bool graph_links_ask(struct graph *g, const struct graph_links *links, struct arena *scratch,
                     struct statement *to[2], struct error *e)
{
    struct columns c;
    return columns_make(links->at, links->count, scratch, &c, e) &&
           (to[0] = ask_packages(g, &c, e)) != NULL &&
           (to[1] = ask_links(g, &c, 0, links->scope, e)) != NULL;
}

bool graph_links_add(struct graph *g, const struct graph_links *links, int64_t layer,
                     struct arena *scratch, struct error *e)
{
    if (!graph_is_postgres(g)) {
        return add_singly(g, links, layer, e);
    }
    for (size_t i = 0; i < links->count; i += LINKS_AT_ONCE) {
        size_t part = links->count - i < LINKS_AT_ONCE ? links->count - i : LINKS_AT_ONCE;
        struct arena_mark mark = arena_mark(scratch);
        struct columns c;
        struct statement *st = NULL;
        bool done = columns_make(links->at + i, part, scratch, &c, e) &&
                    (st = ask_packages(g, &c, e)) != NULL && db_run(st, e) &&
                    (st = ask_links(g, &c, layer, links->scope, e)) != NULL && db_run(st, e);
        arena_rewind(scratch, mark);
        if (!done) {
            return false;
        }
    }
    return true;
}
