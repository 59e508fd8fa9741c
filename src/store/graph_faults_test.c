#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>

#include "store/graph_testing.h"
#include "store/migrate.h"

/* What happens to the graph when processes are killed, memory is refused, servers go away, and
 * many come at once. */

enum { THREADS = 4, ROUNDS = 40, KILLS = 100 };

static const char *on;
static struct graph_options options;

static struct graph *opened(void)
{
    struct graph *g = NULL;
    return CHECK_OK(graph_open(&options, &g, &e), &e) ? g : NULL;
}

/* Nothing half done: each of these counts rows that have lost what they belong to. */
static void consistent(struct graph *g)
{
    bool postgres = graph_is_postgres(g);
    const char *const last[] = {postgres ? "(SELECT last_value FROM package_id_seq)"
                                         : "(SELECT value FROM counter WHERE id = 3)",
                                postgres ? "(SELECT last_value FROM layer_id_seq)"
                                         : "(SELECT value FROM counter WHERE id = 2)"};
    static const char *const broken[] = {
        "SELECT count(*) FROM layer WHERE parent <> 0 AND parent NOT IN (SELECT id FROM layer)",
        "SELECT count(*) FROM layer WHERE parent >= id",
        "SELECT count(*) FROM layer WHERE (SELECT count(*) FROM layer_package WHERE "
        "layer = layer.id) NOT IN (3, 100)",
        "SELECT count(*) FROM layer_package WHERE layer NOT IN (SELECT id FROM layer)",
        "SELECT count(*) FROM layer_package WHERE package NOT IN (SELECT id FROM package)",
        "SELECT count(*) FROM vulnerability v WHERE (SELECT count(*) FROM vulnerability_fix f "
        "WHERE f.vulnerability = v.id AND f.current = v.current) <> 2",
        "SELECT count(*) FROM vulnerability WHERE id NOT IN "
        "(SELECT old_vulnerability FROM notification UNION SELECT new_vulnerability "
        "FROM notification)",
        "SELECT count(*) FROM vulnerability v WHERE current = 1 AND (SELECT count(*) FROM "
        "notification n WHERE n.new_vulnerability = v.id) <> 1",
        "SELECT count(*) FROM package WHERE id > ",
        "SELECT count(*) FROM layer WHERE id > ",
    };
    for (size_t i = 0; i < ARRAY_COUNT(broken); i++) {
        size_t left = ARRAY_COUNT(broken) - i;
        char sql[500];
        snprintf(sql, sizeof(sql), "%s%s", broken[i], left <= 2 ? last[2 - left] : "");
        if (!CHECK_NUM(test_number(g, sql), 0)) {
            printf("# %s\n", sql);
        }
    }
}

/* One change of each kind; `i` makes it another one each time. */
static bool changes(struct graph *g, unsigned who, unsigned i, struct error *error)
{
    char name[64], parent[64], version[100][16];
    struct package packages[100];
    struct graph_fix fixes[2] = {{.os = STR("debian:8"), .name = STR("p0")},
                                 {.os = STR("debian:8"), .name = STR("p1")}};
    for (size_t k = 0; k < 100; k++) {
        snprintf(version[k], sizeof(version[k]), "1.%zu-%u", k, i % 7);
        packages[k] = (struct package){.ecosystem = ECOSYSTEM_DEB,
                                       .name = STR("p"),
                                       .version = str_from(version[k]),
                                       .source = STR("p")};
    }
    snprintf(name, sizeof(name), "layer-%u-%u", who, i);
    snprintf(parent, sizeof(parent), "layer-%u-%u", who, i - 1);
    bool fresh, changed;
    struct graph_layer_content content = {
        .layer = {.name = str_from(name), .parent = i % 5 == 0 ? STR_NONE : str_from(parent)},
        .installed = packages,
        .installed_count = i % 3 == 0 ? 3 : 60,
        .removed = packages + 60,
        .removed_count = i % 3 == 0 ? 0 : 40};
    struct graph_vulnerability v = {.api = GRAPH_API_2015,
                                    .name = i % 2 == 0 ? STR("shared") : str_from(name),
                                    .severity = str_from(name),
                                    .fixes = fixes,
                                    .fixes_count = 2};
    fixes[0].version = v.severity;
    if (!graph_layer_put(g, &content, &fresh, error) ||
        !graph_vulnerability_put(g, &v, &changed, error)) {
        return false;
    }
    if (i % 5 == 4) {
        snprintf(parent, sizeof(parent), "layer-%u-%u", who, i - 2);
        return graph_layer_delete(g, str_from(parent), error);
    }
    return true;
}

/* -- processes ------------------------------------------------------------------------------ */

static void writer(unsigned round, int ready)
{
    struct graph *g = NULL;
    struct error error = {0};
    if (!graph_open(&options, &g, &error) || write(ready, "r", 1) != 1) {
        _exit(1);
    }
    for (unsigned i = 0; i < 100000; i++) {
        if (!changes(g, round, i, &error) || write(ready, "d", 1) != 1) {
            _exit(2);
        }
    }
    _exit(0);
}

static void kills(void)
{
    CHECK_CASE("%s: a writer killed at %d moments loses nothing that it was told is kept, and "
               "leaves nothing half done",
               on, KILLS)
    {
        uint64_t random = 42;
        unsigned all = 0;
        for (unsigned round = 0; round < KILLS; round++) {
            unsigned done = test_killed(writer, round + 1, round % 4, test_random(&random) % 30000);
            struct graph *g = opened();
            if (g == NULL) {
                break;
            }
            /* the first two of each five are never deleted */
            unsigned last = done == 0 ? 0 : done - 1,
                     kept = last % 5 == 0 ? last : last / 5 * 5 + 1;
            char name[64];
            struct graph_layer layer;
            bool found = false;
            snprintf(name, sizeof(name), "layer-%u-%u", round + 1, kept);
            CHECK_OK(graph_layer_find(g, str_from(name), &arena, &layer, &found, &e), &e);
            CHECK(found || done == 0);
            all += done;
            if (round % 10 == 9) {
                consistent(g);
            }
            graph_close(g);
        }
        CHECK(all > KILLS); /* it did write */
    }
}

static void two_processes(void)
{
    CHECK_CASE("%s: four processes make one new database at once", on)
    {
        pid_t children[4];
        fflush(stdout);
        for (size_t i = 0; i < 4; i++) {
            if ((children[i] = fork()) == 0) {
                struct graph *g = NULL;
                struct error error = {0};
                bool done =
                    graph_open(&options, &g, &error) && changes(g, 1000 + (unsigned)i, 0, &error);
                if (!done) {
                    printf("# %s\n", error.text);
                    fflush(stdout);
                }
                graph_close(g);
                _exit(done ? 0 : 1);
            }
        }
        for (size_t i = 0; i < 4; i++) {
            int status = 1;
            waitpid(children[i], &status, 0);
            CHECK_NUM(status, 0);
        }
        struct graph *g = opened();
        if (g != NULL) {
            CHECK_NUM(test_number(g, "SELECT count(*) FROM layer"), 4);
            CHECK_NUM(test_number(g, "SELECT count(*) FROM counter"), 3);
            graph_close(g);
        }
    }
}

/* -- threads -------------------------------------------------------------------------------- */

struct worker {
    pthread_t thread;
    unsigned number, taken;
    bool done;
    struct error why;
};

static void *work(void *what)
{
    struct worker *w = what;
    struct graph *g = NULL;
    struct arena mine;
    arena_init(&mine, 1 << 26, "a thread");
    w->done = graph_open(&options, &g, &w->why);
    uint64_t epoch = 0, before = 0;
    for (unsigned i = 0; w->done && i < ROUNDS; i++) {
        struct graph_notification n;
        int64_t fence;
        bool found = false;
        const struct graph_package *list;
        size_t count;
        char name[64];
        snprintf(name, sizeof(name), "layer-%u-%u", 2000 + w->number, i / 5 * 5);
        w->done = changes(g, 2000 + w->number, i, &w->why) && graph_epoch(g, &epoch, &w->why) &&
                  graph_layer_packages(g, str_from(name), &mine, &list, &count, &w->why) &&
                  graph_notification_take(g, str_from(name), 0, 600, &mine, &n, &fence, &found,
                                          &w->why) &&
                  (!found || graph_notification_done(g, n.name, fence, true, 0, &w->why));
        w->taken += found;
        w->done = w->done && (epoch > before || error_set(&w->why, ERROR_FORMAT, "old epoch"));
        before = epoch;
    }
    graph_close(g);
    arena_done(&mine);
    return NULL;
}

static void threads(void)
{
    CHECK_CASE("%s: %d connections change at once: all is there, and no notification is sent twice",
               on, THREADS)
    {
        struct worker workers[THREADS] = {0};
        struct graph *g = opened();
        if (g == NULL) {
            return;
        }
        int64_t sent = test_number(g, "SELECT count(*) FROM notification WHERE notified_s <> 0");
        for (unsigned i = 0; i < THREADS; i++) {
            workers[i].number = i;
            if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
                abort();
            }
        }
        unsigned taken = 0;
        for (unsigned i = 0; i < THREADS; i++) {
            pthread_join(workers[i].thread, NULL);
            CHECK_OK(workers[i].done, &workers[i].why);
            taken += workers[i].taken;
        }
        CHECK_NUM(test_number(g, "SELECT count(*) FROM notification WHERE notified_s <> 0") - sent,
                  taken);
        consistent(g);
        graph_close(g);
    }
    CHECK_CASE("%s: a lock that is held too long is EBUSY, after one more try", on)
    {
        struct graph *holder = opened();
        unsigned busy_ms = options.busy_ms;
        options.busy_ms = 50;
        struct graph *g = opened();
        options.busy_ms = busy_ms;
        int64_t first, now_s;
        if (g == NULL || holder == NULL) {
            return;
        }
        CHECK_OK(db_begin(holder->db, &e), &e);
        CHECK_OK(graph_change(holder, 1, &first, &now_s, &e), &e);
        CHECK_FAILS(graph_namespace_put(g, STR("busy"), STR("dpkg"), &e), &e, ERROR_IO, "");
        CHECK_NUM(e.sys, EBUSY);
        db_rollback(holder->db);
        CHECK_OK(graph_namespace_put(g, STR("busy"), STR("dpkg"), &e), &e);
        graph_close(g);
        graph_close(holder);
    }
}

/* -- memory --------------------------------------------------------------------------------- */

static bool all_of_it(struct graph *g, unsigned i, struct error *error)
{
    struct arena mine;
    arena_init(&mine, 1 << 26, "all");
    struct graph_vulnerability v;
    const struct graph_vulnerability *list;
    const struct graph_package *packages;
    struct graph_layer layer;
    struct graph_name name = {.os = STR("debian:8"), .name = STR("p0")};
    struct graph_question q = {.name = STR("p"), .source = true};
    size_t count;
    bool found;
    bool done = changes(g, 3000, i, error) &&
                graph_vulnerability_find(g, GRAPH_API_2015, STR_NONE, STR("shared"), &mine, &v,
                                         &found, error) &&
                graph_vulnerability_about(g, &name, 1, &mine, &list, &count, error) &&
                graph_layer_find(g, STR("layer-3000-0"), &mine, &layer, &found, error) &&
                graph_layer_packages(g, STR("layer-3000-0"), &mine, &packages, &count, error) &&
                graph_installers(g, &q, &mine, &packages, &count, error);
    arena_done(&mine);
    return done;
}

static void memory(void)
{
    CHECK_CASE("%s: memory refused anywhere is an error, and the next call works", on)
    {
        unsigned step = options.engine->language == SQL_SQLITE ? 3 : 1, tries = 0;
        for (int n = 0;; n += (int)step) {
            struct graph *g = NULL;
            struct error error = {0};
            fail_alloc_at(n);
            bool done = graph_open(&options, &g, &error) && all_of_it(g, 0, &error);
            fail_alloc_at(-1);
            bool hit = fail_alloc_hit();
            tries++;
            if (!hit) {
                CHECK_OK(done, &error);
                graph_close(g);
                break;
            }
            /* what SQLite takes for its caches it can do without */
            CHECK(done || error.kind == ERROR_MEMORY || error.kind == ERROR_IO);
            /* also where there was no memory to give up a transaction */
            CHECK(g == NULL ||
                  CHECK_OK(graph_value_put(g, STR("tries"), STR("1"), STR_NONE, 0, &e), &e));
            graph_close(g);
        }
        CHECK(tries > 10);
        struct graph *g = opened();
        if (g != NULL) {
            CHECK_OK(all_of_it(g, 0, &e), &e);
            consistent(g);
            graph_close(g);
        }
    }
}

/* -- the server ----------------------------------------------------------------------------- */

static bool shell(const char *command)
{
    int status = 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static bool server_restart(const char *signal_name, bool start)
{
    char command[400];
    const char *script = getenv("LIMPID_POSTGRES_START");
    /* the folder's postmaster.pid has the process; the script waits until it answers */
    snprintf(command, sizeof(command),
             "d=$(dirname '%s'); p=$(head -n 1 \"$d/data/postmaster.pid\"); kill -%s $p; "
             "while kill -0 $p 2>/dev/null; do sleep 0.02; done; %s",
             script, signal_name, start ? script : "true");
    return shell(command);
}

static void lost_server(void)
{
    CHECK_CASE("%s: a server that starts again is found by the next transaction", on)
    {
        struct graph *g = opened();
        uint64_t epoch = 0, again = 0;
        bool changed = false;
        struct graph_vulnerability v = {.api = GRAPH_API_2016, .name = STR("before")};
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        CHECK_OK(graph_epoch(g, &epoch, &e), &e);
        CHECK(server_restart("INT", true));
        CHECK_OK(graph_epoch(g, &again, &e), &e); /* the loss was seen before */
        CHECK_NUM(again, epoch);
        CHECK(server_restart("INT", true));
        v.name = STR("after");
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        CHECK(changed);
        CHECK_OK(db_begin(g->db, &e), &e);
        int64_t first, now_s;
        CHECK_OK(graph_change(g, 1, &first, &now_s, &e), &e);
        CHECK(server_restart("QUIT", false));
        CHECK_FAILS(graph_change(g, 1, &first, &now_s, &e), &e, ERROR_IO, "");
        CHECK_NUM(e.sys, ECONNRESET);
        db_rollback(g->db);
        CHECK_FAILS(graph_epoch(g, &again, &e), &e, ERROR_IO, "");
        CHECK_NUM(e.sys, ECONNREFUSED);
        CHECK_FAILS(graph_namespace_put(g, STR("n"), STR("f"), &e), &e, ERROR_IO, "");
        CHECK(shell(getenv("LIMPID_POSTGRES_START")));
        CHECK_OK(graph_namespace_put(g, STR("n"), STR("f"), &e), &e);
        CHECK_OK(graph_epoch(g, &again, &e), &e);
        CHECK(again > epoch);
        graph_close(g);
    }
    CHECK_CASE("%s: text that it would refuse, types, NULL, and a wrong statement", on)
    {
        struct graph *g = opened();
        struct statement *s = NULL;
        CHECK_OK(db_prepare(g->db, STR("SELECT $2 || '-' || $1 || '$1', $3, $4, $5, true"), &s, &e),
                 &e);
        CHECK_FAILS(db_bind_text(s, 1, STR("a\0b"), &e), &e, ERROR_FORMAT, "UTF-8");
        CHECK_FAILS(db_bind_text(s, 1, STR("\xff"), &e), &e, ERROR_FORMAT, "UTF-8");
        CHECK_FAILS(db_bind_text(s, 6, STR("x"), &e), &e, ERROR_FORMAT, "6 of 5");
        CHECK_OK(db_bind_text(s, 1, STR("one"), &e), &e);
        CHECK_OK(db_bind_text(s, 2, STR("two"), &e), &e);
        CHECK_OK(db_bind_int(s, 3, INT64_MIN, &e), &e);
        CHECK_OK(db_bind_bytes(s, 4, STR("\xff\0"), &e), &e);
        CHECK(db_step(s, &e) == STEP_GOT);
        CHECK_STR(db_column_text(s, 0), STR("two-one$1"));
        CHECK(db_column_int(s, 1) == INT64_MIN && db_column_int(s, 4) == 1);
        CHECK_STR(db_column_bytes(s, 2), STR("\xff\0"));
        CHECK_NUM(db_column_bytes(s, 3).len, 0);
        CHECK(db_step(s, &e) == STEP_END);
        db_reset(s);
        CHECK_OK(db_bind_text(s, 3, STR("another type"), &e), &e);
        CHECK(db_step(s, &e) == STEP_GOT);
        CHECK_STR(db_column_text(s, 1), STR("another type"));
        db_finish(s);
        CHECK_OK(db_prepare(g->db, STR("SELECT nonsense FROM"), &s, &e), &e);
        CHECK(db_step(s, &e) == STEP_FAILED && e.kind == ERROR_FORMAT);
        db_finish(s);
        graph_close(g);
    }
    CHECK_CASE("%s: no server, no such database: an error without the password", on)
    {
        struct graph *g = NULL;
        struct graph_options bad = options;
        bad.path = "host=127.0.0.1 port=1 user=x password=secret";
        CHECK_FAILS(graph_open(&bad, &g, &e), &e, ERROR_IO, "");
        CHECK(strstr(e.text, "secret") == NULL && e.sys == ECONNREFUSED);
    }
}

static void on_engine(const struct engine *engine, const char *path)
{
    on = engine->name;
    options = (struct graph_options){.engine = engine, .path = path, .busy_ms = 20000};
    if (path == NULL) {
        CHECK_CASE("%s: faults", on)
        {
            check_skip(getenv("LIMPID_POSTGRES_WHY"));
        }
        return;
    }
    two_processes();
    kills();
    threads();
    memory();
    if (engine->language == SQL_POSTGRES) {
        lost_server();
    }
}

int main(void)
{
    test_dir_make();
    return test_engines(on_engine);
}
