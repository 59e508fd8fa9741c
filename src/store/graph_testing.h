/* graph_testing.h: what the tests of graph.h share: the engines that they run on, layers and
 * packages in few words. */
#ifndef LIMPID_STORE_GRAPH_TESTING_H
#define LIMPID_STORE_GRAPH_TESTING_H

#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/graph_inner.h"
#include "store/testing.h"

static struct error e;
static struct arena arena;

/* "name=version", "name=version@source=source version". */
static inline struct package test_package(const char *text)
{
    str rest = str_from(text), head;
    struct package p = {.ecosystem = ECOSYSTEM_DEB, .arch = STR("amd64")};
    bool has_source = str_cut(&rest, '@', &head);
    str source = rest;
    if (!has_source) {
        head = rest;
    }
    p.version = head;
    if (!str_cut(&p.version, '=', &p.name)) {
        abort();
    }
    p.source = p.name;
    p.source_version = p.version;
    if (has_source && str_cut(&source, '=', &p.source)) {
        p.source_version = source;
    }
    return p;
}

/* Puts a layer: words of `installed` and `removed` are packages. */
static inline bool test_put(struct graph *g, const char *name, const char *parent,
                            const char *installed, const char *removed, uint32_t engine,
                            bool *fresh)
{
    struct package list[2][16];
    size_t counts[2] = {0, 0};
    char words[2][600];
    const char *from[2] = {installed, removed};
    for (size_t i = 0; i < 2; i++) {
        snprintf(words[i], sizeof(words[i]), "%s", from[i]);
        char *save = NULL;
        for (char *w = strtok_r(words[i], " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
            list[i][counts[i]++] = test_package(w);
        }
    }
    struct graph_layer_content content = {
        .layer = {.name = str_from(name),
                  .parent = str_from(parent),
                  .api = GRAPH_API_2016,
                  .os = STR("debian:8"),
                  .namespace_ = STR("debian:8"),
                  .format = STR("Docker"),
                  .engine = engine,
                  .has_packages = counts[0] + counts[1] > 0},
        .installed = list[0],
        .installed_count = counts[0],
        .removed = list[1],
        .removed_count = counts[1],
    };
    return graph_layer_put(g, &content, fresh, &e);
}

static inline bool test_layer(struct graph *g, const char *name, const char *parent,
                              const char *installed, const char *removed)
{
    bool fresh;
    return CHECK_OK(test_put(g, name, parent, installed, removed, 1, &fresh), &e);
}

/* A list as text: "name=version layer, …". */
static inline str test_text(const struct graph_package *list, size_t count)
{
    static char text[4][4000];
    static unsigned at;
    char *to = text[at++ % 4];
    size_t len = 0;
    to[0] = '\0';
    for (size_t i = 0; i < count && len < sizeof(text[0]) - 300; i++) {
        len +=
            (size_t)snprintf(to + len, sizeof(text[0]) - len, "%s" STR_FMT "=" STR_FMT " " STR_FMT,
                             i > 0 ? ", " : "", STR_ARG(list[i].package.name),
                             STR_ARG(list[i].package.version), STR_ARG(list[i].layer_name));
    }
    return str_from(to);
}

static inline str test_list(struct graph *g, const char *name)
{
    const struct graph_package *list = NULL;
    size_t count = 0;
    if (!CHECK_OK(graph_layer_packages(g, str_from(name), &arena, &list, &count, &e), &e)) {
        return STR_NONE;
    }
    return test_text(list, count);
}

/* For tests of many transactions that are not about durability. */
static inline void test_no_sync(struct graph *g)
{
    const char *sql = g->engine->language == SQL_POSTGRES ? "SET synchronous_commit = off"
                                                          : "PRAGMA synchronous = OFF";
    CHECK_OK(db_exec(g->db, sql, &e), &e);
}

/* The first column of the first row. */
static inline int64_t test_number(struct graph *g, const char *sql)
{
    struct statement *s = NULL;
    if (!CHECK_OK(db_prepare(g->db, str_from(sql), &s, &e), &e)) {
        return -1;
    }
    int64_t value = db_step(s, &e) == STEP_GOT ? db_column_int(s, 0) : -1;
    db_finish(s);
    return value;
}

static inline uint64_t test_epoch(struct graph *g)
{
    uint64_t epoch = 0;
    CHECK_OK(graph_epoch(g, &epoch, &e), &e);
    return epoch;
}

/* Puts a layer of so many packages, by names and versions, that is not there yet. */
static inline bool test_put_many(struct graph *g, const char *name, const char *parent,
                                 char (*names)[32], char (*versions)[32], size_t count,
                                 struct error *why)
{
    struct package *packages = calloc(count + 1, sizeof(*packages));
    bool fresh = false;
    for (size_t k = 0; packages != NULL && k < count; k++) {
        packages[k] = (struct package){.ecosystem = ECOSYSTEM_DEB,
                                       .name = str_from(names[k]),
                                       .version = str_from(versions[k]),
                                       .arch = STR("amd64"),
                                       .source = str_from(names[k]),
                                       .source_version = str_from(versions[k])};
    }
    const struct graph_layer_content content = {.layer = {.name = str_from(name),
                                                          .parent = str_from(parent),
                                                          .api = GRAPH_API_2016,
                                                          .os = STR("debian:12"),
                                                          .namespace_ = STR("debian:12"),
                                                          .format = STR("Docker"),
                                                          .engine = 1,
                                                          .has_packages = true},
                                                .installed = packages,
                                                .installed_count = count};
    bool done = packages != NULL ? graph_layer_put(g, &content, &fresh, why)
                                 : error_set(why, ERROR_MEMORY, "no memory for packages");
    free(packages);
    return done && fresh;
}

/* So many copies of a layer and its lists, by SQL: for tests of size. */
static inline bool test_copies(struct graph *g, const char *name, size_t count)
{
    bool postgres = g->engine->language == SQL_POSTGRES;
    long long of = 0;
    int64_t number = 0, base = 0;
    char sql[2400], rows[200], key[100];
    bool found;
    static const struct graph_sql last = {.text = "SELECT max(id) FROM layer"};
    if (!CHECK_OK(graph_layer_number(g, str_from(name), &number, &e), &e) ||
        !CHECK_OK(graph_number(g, &last, NULL, 0, &base, NULL, &found, &e), &e)) {
        return false;
    }
    of = number;
    snprintf(rows, sizeof(rows),
             "(WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %zu) "
             "SELECT i FROM s) n",
             count);
    snprintf(key, sizeof(key),
             postgres ? "convert_to('copy-' || (%lld + n.i), 'UTF8')"
                      : "CAST('copy-' || (%lld + n.i) AS BLOB)",
             (long long)base);
    snprintf(sql, sizeof(sql),
             "BEGIN; INSERT INTO layer SELECT %lld + n.i, parent, depth, %s, %s, api, os, "
             "namespace, format, engine, blob, has_packages, created_s FROM layer t, %s "
             "WHERE t.id = %lld; "
             "INSERT INTO layer_package SELECT %lld + n.i, action, package, scope "
             "FROM layer_package t, %s WHERE t.layer = %lld; "
             "%s (SELECT max(id) FROM layer)%s; COMMIT%s",
             (long long)base, key, key, rows, of, (long long)base, rows, of,
             postgres ? "SELECT setval('layer_id_seq'," : "UPDATE counter SET value =",
             postgres ? ")" : " WHERE id = 2", postgres ? "; ANALYZE" : "");
    return CHECK_OK(db_exec(g->db, sql, &e), &e);
}

/* -- engines and processes ------------------------------------------------------------------ */

/* The whole of a test: each engine with its database; `path` is NULL where there is none. */
static inline int test_engines(void (*on_engine)(const struct engine *engine, const char *path))
{
    arena_init(&arena, (size_t)1 << 30, "the test");
    for (size_t i = 0; i < server_engines_count; i++) {
        bool file = server_engines[i]->language == SQL_SQLITE;
        on_engine(server_engines[i], file ? test_path("service.db") : getenv("LIMPID_POSTGRES"));
    }
    arena_done(&arena);
    return check_done();
}

/* Starts a process that writes "r" to `ready` once it is, and "d" after each of its rounds; kills
 * it `after_us` after `least` rounds, however slow the machine is just now, and returns how many of
 * them it had finished. */
static inline unsigned test_killed(void (*writer)(unsigned which, int ready), unsigned which,
                                   unsigned least, unsigned after_us)
{
    int ends[2];
    char bytes[4096];
    if (pipe(ends) != 0) {
        abort();
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        writer(which, ends[1]);
    }
    close(ends[1]);
    unsigned done = 0;
    bool runs = read(ends[0], bytes, 1) == 1;
    while (runs && done < least) {
        runs = read(ends[0], bytes, 1) == 1;
        done += runs;
    }
    if (runs) {
        nanosleep(&(struct timespec){.tv_nsec = (long)after_us * 1000}, NULL);
    }
    kill(child, SIGKILL);
    ssize_t got;
    while ((got = read(ends[0], bytes, sizeof(bytes))) > 0) {
        done += (unsigned)got;
    }
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return done;
}

#endif
