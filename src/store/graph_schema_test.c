/* Upgrades in the middle of work: what a program of today's schema does with a database that a
 * later one has brought further, on both engines. */
#include "store/graph_testing.h"
#include "store/migrate.h"

enum { STEPS_MAX = 64 };

/* Today's steps, and two of the future. */
static const char *steps[STEPS_MAX];
static uint32_t readable[STEPS_MAX];

static const char additive[] = "CREATE TABLE remark (layer BIGINT NOT NULL, text BYTEA NOT NULL);"
                               "ALTER TABLE layer ADD COLUMN weight BIGINT NOT NULL DEFAULT 0;"
                               "ALTER TABLE counter ADD COLUMN remark BIGINT;"
                               "CREATE INDEX layer_weight ON layer (weight)";

static struct schema future(size_t more, uint32_t readable_from)
{
    struct schema made = schema_service;
    size_t count = schema_service.count + more;
    if (count > STEPS_MAX) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        bool ours = i < schema_service.count;
        steps[i] = ours                        ? schema_service.steps[i]
                   : i == schema_service.count ? additive
                                               : "ALTER TABLE remark RENAME TO note";
        readable[i] = ours ? (uint32_t)i + 1 : readable_from;
    }
    made.steps = steps;
    made.readable = readable;
    made.count = count;
    return made;
}

static bool upgrade(const struct graph_options *options, const struct schema *to)
{
    struct db_options db = {.path = options->path, .mode = DB_DURABLE, .busy_ms = 5000};
    struct db *opened = NULL;
    bool done = CHECK_OK(db_open(options->engine, &db, &opened, &e), &e) &&
                CHECK_OK(schema_migrate(opened, to, &e), &e) &&
                CHECK_OK(schema_require(opened, to, &e), &e);
    db_close(opened);
    return done;
}

/* Reads and writes by statements that may have been prepared before the upgrade. */
static void use(struct graph *g, const char *name)
{
    bool fresh = false;
    struct error why;
    CHECK_OK(graph_look(g, &e), &e);
    CHECK_OK(test_put(g, name, "", "a=1 b=2", "", 1, &fresh), &e);
    CHECK(fresh);
    CHECK(test_list(g, name).len > 0);
    struct graph_fix fix = {.os = STR("debian:8"), .name = STR("a"), .version = STR("2")};
    struct graph_vulnerability v = {.api = GRAPH_API_2016,
                                    .name = str_from(name),
                                    .os = STR("debian:8"),
                                    .severity = STR("High"),
                                    .fixes = &fix,
                                    .fixes_count = 1};
    CHECK_OK(graph_vulnerability_put(g, &v, &fresh, &why), &why);
    CHECK_OK(graph_layer_delete(g, str_from(name), &e), &e);
}

static void upgrades(const struct graph_options *options)
{
    const char *on = options->engine->name;
    const uint32_t now = (uint32_t)schema_service.count;
    struct graph *old = NULL, *late = NULL;
    CHECK_CASE("%s: a program at work goes on after a step that only adds, and one starts", on)
    {
        struct schema next = future(1, now);
        CHECK_OK(graph_open(options, &old, &e), &e);
        use(old, "before");
        if (upgrade(options, &next)) {
            use(old, "after");
            CHECK_OK(graph_open(options, &late, &e), &e);
            use(late, "late");
        }
    }
    CHECK_CASE("%s: after a step that does not, all of them say so", on)
    {
        struct schema next = future(2, now + 2);
        if (old != NULL && late != NULL && upgrade(options, &next)) {
            struct graph *none = NULL;
            CHECK_FAILS(graph_look(old, &e), &e, ERROR_FORMAT, "made by a newer limpid");
            CHECK_FAILS(graph_look(late, &e), &e, ERROR_FORMAT, "made by a newer limpid");
            CHECK_FAILS(graph_open(options, &none, &e), &e, ERROR_FORMAT, "made by a newer limpid");
        }
    }
    graph_close(late);
    graph_close(old);
}

int main(void)
{
    test_dir_make();
    arena_init(&arena, (size_t)64 << 20, "the test");
    for (size_t i = 0; i < server_engines_count; i++) {
        bool file = server_engines[i]->language == SQL_SQLITE;
        struct graph_options options = {.engine = server_engines[i],
                                        .path = file ? test_path("service.db")
                                                     : getenv("LIMPID_POSTGRES"),
                                        .busy_ms = 5000};
        if (options.path == NULL) {
            CHECK_CASE("postgres: there is a server")
            {
                check_skip(getenv("LIMPID_POSTGRES_WHY"));
            }
        } else {
            upgrades(&options);
        }
    }
    arena_done(&arena);
    return check_done();
}
