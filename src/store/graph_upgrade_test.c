#include <pthread.h>
#include <stdatomic.h>

#include "store/graph_testing.h"
#include "store/migrate.h"

/* Databases of the schema of before, and instances of before that go on while newer ones run. */

enum { ROUNDS = 150, WRITERS = 6, BASES = 3 };

static const char *on;
static struct graph_options options;

/* -- what the program of schema 1 said ------------------------------------------------------- */

static const struct graph_sql old_change = {
    .text = "UPDATE counter SET value = value + $1 WHERE id = 1 RETURNING value"};
static const struct graph_sql old_next = {
    .text = "UPDATE counter SET value = value + 1 WHERE id = 2 RETURNING value"};
static const struct graph_sql old_number = {.text = "SELECT id, depth FROM layer WHERE key = $1"};
static const struct graph_sql old_layer = {
    .text = "INSERT INTO layer (id, parent, depth, key, name, api, os, namespace, format, engine, "
            "blob, has_packages, created_s) VALUES ($1, $2, $3, $4, $5, 2, $6, $6, $6, 1, $7, 0, "
            "1700000000)"};
static const struct graph_sql old_package = {
    .text = "INSERT INTO package (id, key, ecosystem, name, version, arch, source, source_version, "
            "module, name_hash, source_hash) VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $6, $7, $8) "
            "ON CONFLICT (key) DO NOTHING"};
static const struct graph_sql old_link = {
    .text = "INSERT INTO layer_package (layer, action, package, scope) SELECT CAST($1 AS BIGINT), "
            "1, id, CAST($2 AS BIGINT) FROM package WHERE key = $3 "
            "ON CONFLICT (layer, action, package) DO NOTHING"};
#define GONE                                                                                       \
    "WITH RECURSIVE gone (id) AS (SELECT id FROM layer WHERE key = $1 UNION ALL "                  \
    "SELECT l.id FROM gone CROSS JOIN layer l WHERE l.parent = gone.id) "
static const struct graph_sql old_gone_packages = {
    .text = GONE "DELETE FROM layer_package WHERE layer IN (SELECT id FROM gone)"};
static const struct graph_sql old_gone = {.text =
                                              GONE "DELETE FROM layer WHERE id IN (SELECT id FROM "
                                                   "gone)"};

struct old_layer {
    const char *name, *parent, *version;
};

static bool old_put(struct graph *g, void *what, struct error *error)
{
    const struct old_layer *l = what;
    uint8_t key[GRAPH_KEY_BYTES], of_parent[GRAPH_KEY_BYTES], of_package[GRAPH_KEY_BYTES];
    str name = str_from(l->name), parent_name = str_from(l->parent), version = str_from(l->version);
    const str texts[] = {STR("\1"), STR("p"), version, STR_NONE, STR_NONE, STR_NONE, STR_NONE};
    char blob[1 + DIGEST_BYTES_MAX];
    int64_t id = 0, there = 0, parent = 0, depth = 0, last = 0;
    bool found = false;
    if (!graph_number(g, &old_change, VALUES(NUMBER(1)), &last, NULL, &found, error) ||
        !graph_number(g, &old_number, VALUES(BYTES(graph_key(&name, 1, key))), &there, NULL, &found,
                      error)) {
        return false;
    }
    if (found) {
        return true;
    }
    if (parent_name.len > 0 &&
        (!graph_number(g, &old_number, VALUES(BYTES(graph_key(&parent_name, 1, of_parent))),
                       &parent, &depth, &found, error) ||
         !(found || error_set(error, ERROR_ABSENT, "no parent")))) {
        return false;
    }
    str package = graph_key(texts, ARRAY_COUNT(texts), of_package);
    return graph_number(g, &old_next, NULL, 0, &id, NULL, &found, error) &&
           graph_run(g, &old_layer,
                     VALUES(NUMBER(id), NUMBER(parent), NUMBER(depth + 1),
                            BYTES(((str){.at = (const char *)key, .len = GRAPH_KEY_BYTES})),
                            BYTES(name), BYTES(STR_NONE),
                            BYTES(graph_digest_key((digest){0}, blob))),
                     error) &&
           graph_number(g, &old_change, VALUES(NUMBER(1)), &last, NULL, &found, error) &&
           graph_run(g, &old_package,
                     VALUES(NUMBER(last), BYTES(package), NUMBER(1), BYTES(STR("p")),
                            BYTES(version), BYTES(STR_NONE), NUMBER(graph_hash(STR("p"))),
                            NUMBER(graph_hash(STR_NONE))),
                     error) &&
           graph_run(g, &old_link, VALUES(NUMBER(id), NUMBER(graph_hash(STR_NONE)), BYTES(package)),
                     error);
}

static bool old_delete(struct graph *g, void *what, struct error *error)
{
    const str name = str_from(what);
    uint8_t key[GRAPH_KEY_BYTES];
    struct graph_value by = BYTES(graph_key(&name, 1, key));
    int64_t last, there;
    bool found = false;
    return graph_number(g, &old_change, VALUES(NUMBER(1)), &last, NULL, &found, error) &&
           graph_number(g, &old_number, &by, 1, &there, NULL, &found, error) &&
           (found || error_set(error, ERROR_ABSENT, "no such layer")) &&
           graph_run(g, &old_gone_packages, &by, 1, error) &&
           graph_run(g, &old_gone, &by, 1, error);
}

/* A connection that says nothing of locks, as those of before. */
static bool old_open(struct graph **out, struct error *error)
{
    return graph_open(&options, out, error) &&
           (!graph_is_postgres(*out) || db_exec((*out)->db, "RESET limpid.locks", error));
}

/* -- one after the other -------------------------------------------------------------------- */

static bool put_new(struct graph *g, const char *name, const char *parent, const char *version,
                    struct error *error)
{
    const struct package p = {
        .ecosystem = ECOSYSTEM_DEB, .name = STR("p"), .version = str_from(version)};
    const struct graph_layer_content content = {
        .layer = {.name = str_from(name), .parent = str_from(parent), .engine = 1},
        .installed = &p,
        .installed_count = 1};
    bool fresh;
    return graph_layer_put(g, &content, &fresh, error);
}

static void migrated(void)
{
    CHECK_CASE("%s: a database of schema 1 is brought up to date, and its layers go on", on)
    {
        struct graph *g = NULL;
        struct graph raw = {.engine = options.engine};
        struct db_options db = {.path = options.path, .mode = DB_DURABLE, .busy_ms = 5000};
        char two_name[] = "two";
        const struct schema_mark mark = {
            .application = schema_service.application, .version = 1, .readable = 1};
        struct old_layer one = {"one", "", "1"}, two = {"two", "one", "2"};
        CHECK_OK(db_open(options.engine, &db, &raw.db, &e), &e);
        CHECK_OK(db_begin(raw.db, &e) && db_exec(raw.db, schema_service.steps[0], &e) &&
                     options.engine->schema_set(raw.db, &mark, &e) && db_commit(raw.db, &e),
                 &e);
        CHECK_OK(graph_transact(&raw, old_put, &one, &e), &e);
        CHECK_OK(graph_open(&options, &g, &e), &e);
        if (g == NULL) {
            return;
        }
        /* the old connection goes on meanwhile */
        if (graph_is_postgres(g)) {
            CHECK_OK(db_exec(raw.db, "RESET limpid.locks", &e), &e);
        }
        CHECK_OK(put_new(g, "mine", "one", "3", &e), &e);
        CHECK_OK(graph_transact(&raw, old_put, &two, &e), &e);
        CHECK_OK(put_new(g, "three", "two", "4", &e), &e);
        CHECK_OK(put_new(g, "four", "three", "2", &e), &e);
        CHECK_STR(test_list(g, "four"), STR("p=1 one, p=2 two, p=4 three"));
        CHECK_STR(test_list(g, "mine"), STR("p=1 one, p=3 mine"));
        CHECK_NUM(test_number(g, "SELECT count(*) FROM layer WHERE parent >= id"), 0);
        CHECK_NUM(test_number(g, "SELECT count(*) FROM package WHERE id > 1000000000"), 2);
        CHECK_OK(graph_transact(&raw, old_delete, two_name, &e), &e);
        CHECK_NUM(test_number(g, "SELECT count(*) FROM layer"), 2);
        for (size_t i = 0; i < raw.known_count; i++) {
            db_finish(raw.known[i].statement);
        }
        db_close(raw.db);
        graph_close(g);
    }
}

/* -- at once -------------------------------------------------------------------------------- */

struct writer {
    pthread_t thread;
    unsigned number;
    uint64_t random;
    bool done;
    struct error why;
};

static atomic_int writing;

/* Every second one is an instance of before; a third of them all delete. */
static void *write_layers(void *what)
{
    struct writer *w = what;
    struct graph *g = NULL;
    bool old = w->number % 2 == 0, deletes = w->number % 3 == 0;
    w->done = old ? old_open(&g, &w->why) : graph_open(&options, &g, &w->why);
    for (unsigned i = 0; w->done && i < ROUNDS; i++) {
        char base[32], name[32], version[32];
        snprintf(base, sizeof(base), "base-%u", test_random(&w->random) % BASES);
        snprintf(name, sizeof(name), "on-%u-%u", w->number, i);
        snprintf(version, sizeof(version), "%u", test_random(&w->random) % 20);
        struct old_layer l = {deletes ? base : name, deletes ? "" : base, version};
        if (deletes && i % 2 == 0) {
            w->done = old ? graph_transact(g, old_delete, base, &w->why)
                          : graph_layer_delete(g, str_from(base), &w->why);
        } else {
            w->done = old ? graph_transact(g, old_put, &l, &w->why)
                          : put_new(g, l.name, l.parent, l.version, &w->why);
        }
        w->done = w->done || w->why.kind == ERROR_ABSENT;
    }
    graph_close(g);
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

static void *collect(void *what)
{
    static const struct graph_limits all = {.rows = 100};
    struct writer *w = what;
    struct graph *g = NULL;
    struct graph_collection c = {0};
    w->done = graph_open(&options, &g, &w->why);
    while (w->done && atomic_load(&writing) > 0) {
        w->done = graph_collect(g, &all, &c, &w->why);
    }
    w->number = (unsigned)c.packages;
    graph_close(g);
    return NULL;
}

static void side_by_side(void)
{
    CHECK_CASE("%s: instances of before and of now insert and delete at once, one collects: "
               "nothing has lost what it belongs to",
               on)
    {
        static struct writer list[WRITERS + 1];
        memset(list, 0, sizeof(list));
        atomic_store(&writing, WRITERS);
        for (unsigned i = 0; i <= WRITERS; i++) {
            list[i].number = i;
            list[i].random = i + 5;
            if (pthread_create(&list[i].thread, NULL, i < WRITERS ? write_layers : collect,
                               &list[i]) != 0) {
                abort();
            }
        }
        for (unsigned i = 0; i <= WRITERS; i++) {
            pthread_join(list[i].thread, NULL);
            CHECK_OK(list[i].done, &list[i].why);
        }
        printf("# %s: %u packages were collected meanwhile\n", on, list[WRITERS].number);
        static const char *const broken[] = {
            "SELECT count(*) FROM layer WHERE parent <> 0 AND parent NOT IN (SELECT id FROM layer)",
            "SELECT count(*) FROM layer WHERE parent >= id",
            "SELECT count(*) FROM layer_package WHERE layer NOT IN (SELECT id FROM layer)",
            "SELECT count(*) FROM layer_package WHERE package NOT IN (SELECT id FROM package)",
            "SELECT count(*) FROM layer WHERE id NOT IN (SELECT layer FROM layer_package)",
        };
        struct graph *g = NULL;
        CHECK_OK(graph_open(&options, &g, &e), &e);
        for (size_t i = 0; g != NULL && i < ARRAY_COUNT(broken); i++) {
            if (!CHECK_NUM(test_number(g, broken[i]), 0)) {
                printf("# %s\n", broken[i]);
            }
        }
        CHECK(g != NULL && test_number(g, "SELECT count(*) FROM layer WHERE parent <> 0") > 0);
        graph_close(g);
    }
}

static void on_engine(const struct engine *engine, const char *path)
{
    on = engine->name;
    options = (struct graph_options){.engine = engine, .path = path, .busy_ms = 20000};
    if (path == NULL) {
        CHECK_CASE("%s: upgrades", on)
        {
            check_skip(getenv("LIMPID_POSTGRES_WHY"));
        }
        return;
    }
    migrated();
    side_by_side();
}

int main(void)
{
    test_dir_make();
    return test_engines(on_engine);
}
