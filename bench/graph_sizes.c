/* graph_sizes.c: how the service's store grows; bench/graph --sizes runs it on each engine.
 *
 *     store_graph_sizes sqlite FILE | postgres CONNECTION   LAYERS…
 *
 * Fills the store by SQL up to each number of layers, ten packages in each of VERSIONS package
 * versions, in chains of ten; what is measured goes through graph.h. The keys of the filled layers
 * are random bytes, as long and as scattered as those of names. */
#include <sys/stat.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/sort.h"
#include "store/graph_testing.h"

enum {
    VERSIONS = 50000,
    NAMES = 5000,
    EACH = 10,
    CHAIN = 10,
    PUTS = 300,
    READS = 300,
    AT_ONCE = 100000,
};

static struct graph *g;
static uint64_t took[PUTS + READS];
static const char *file;

static int order(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void must(bool done)
{
    if (!done) {
        printf("%s\n", e.text);
        exit(1);
    }
}

static bool is_postgres(void)
{
    return g->engine->language == SQL_POSTGRES;
}

static int64_t number_of(const char *sql)
{
    struct statement *s;
    must(db_prepare(g->db, str_from(sql), &s, &e));
    must(db_step(s, &e) == STEP_GOT);
    int64_t value = db_column_int(s, 0);
    db_finish(s);
    return value;
}

/* Runs an INSERT whose rows are told for each number `i` of `s`; `z` has the layers' scope. */
static void run(const char *table, const char *postgres, const char *sqlite, long long first,
                long long count)
{
    char sql[2000];
    snprintf(sql, sizeof(sql),
             "INSERT INTO %s WITH RECURSIVE s (i) AS (SELECT CAST(%lld AS BIGINT) UNION ALL SELECT "
             "i + 1 FROM s WHERE i < %lld), z (scope) AS (SELECT CAST(%lld AS BIGINT)), k (k) AS "
             "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) %s",
             table, first, first + count - 1, (long long)graph_hash(STR("debian:12")),
             is_postgres() ? postgres : sqlite);
    must(db_exec(g->db, sql, &e));
}

static void fill_packages(void)
{
    run("package",
        "SELECT i, sha256(int8send(i)), 1, n, v, 'amd64', n, v, '', i % 5000, i % 5000 FROM s, "
        "LATERAL convert_to('package-' || (i % 5000), 'UTF8') n, "
        "LATERAL convert_to('1.2.3-4+deb12u' || i, 'UTF8') v",
        "SELECT i, randomblob(32), 1, n, v, CAST('amd64' AS BLOB), n, v, x'', i % 5000, i % 5000 "
        "FROM (SELECT i, CAST('package-' || (i % 5000) AS BLOB) n, "
        "CAST('1.2.3-4+deb12u' || i AS BLOB) v FROM s)",
        1, VERSIONS);
    must(db_exec(g->db, "BEGIN", &e));
    for (int i = 0; i < NAMES; i++) {
        char name[32], sql[200];
        snprintf(name, sizeof(name), "package-%d", i);
        long long hash = (long long)graph_hash(str_from(name));
        snprintf(sql, sizeof(sql),
                 "UPDATE package SET name_hash = %lld, source_hash = %lld WHERE name_hash = %d",
                 hash, hash, i);
        must(db_exec(g->db, sql, &e));
    }
    must(db_exec(g->db, "COMMIT", &e));
}

/* Layers by number, each tenth without a parent. */
static void fill_layers(long long first, long long count)
{
    must(db_exec(g->db, "BEGIN", &e));
    run("layer",
        "SELECT i, CASE WHEN i % 10 = 1 THEN 0 ELSE i - 1 END, (i - 1) % 10 + 1, h, "
        "convert_to(encode(h, 'hex'), 'UTF8'), 2, 'debian:12', 'debian:12', 'Docker', 1, "
        "'\\x03'::bytea || h, 1, 1700000000 FROM s, LATERAL sha256(int8send(i)) h",
        "SELECT i, CASE WHEN i % 10 = 1 THEN 0 ELSE i - 1 END, (i - 1) % 10 + 1, randomblob(32), "
        "CAST(hex(randomblob(32)) AS BLOB), 2, CAST('debian:12' AS BLOB), "
        "CAST('debian:12' AS BLOB), CAST('Docker' AS BLOB), 1, randomblob(33), 1, 1700000000 "
        "FROM s",
        first, count);
    static const char each[] =
        "SELECT i, 1, (i * 7919 + k * 4973) % 50000 + 1, scope FROM s CROSS JOIN k CROSS JOIN z";
    run("layer_package", each, each, first, count);
    must(db_exec(g->db,
                 is_postgres() ? "SELECT setval('layer_id_seq', (SELECT max(id) FROM layer))"
                               : "UPDATE counter SET value = (SELECT max(id) FROM layer) "
                                 "WHERE id = 2",
                 &e));
    must(db_exec(g->db, "COMMIT", &e));
}

/* -- what is measured ----------------------------------------------------------------------- */

static void say(const char *what, size_t layers, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += took[i];
    }
    sort_items(took, count, sizeof(took[0]), order);
    printf("%9zu %-40s %9.1f us median %9.1f us p99 %8.0f /s\n", layers, what,
           (double)took[count / 2] / 1e3, (double)took[count * 99 / 100] / 1e3,
           (double)count * 1e9 / (double)sum);
    fflush(stdout);
}

static bool put(size_t layers, size_t i)
{
    static char names[EACH][32], versions[EACH][32];
    char name[40], parent[40] = "";
    snprintf(name, sizeof(name), "put-%zu-%zu", layers, i);
    if (i % CHAIN != 0) {
        snprintf(parent, sizeof(parent), "put-%zu-%zu", layers, i - 1);
    }
    for (size_t k = 0; k < EACH; k++) {
        size_t version = (i * 7919 + k * 4973) % 4000;
        snprintf(names[k], sizeof(names[k]), "package-%zu", version);
        snprintf(versions[k], sizeof(versions[k]), "2.0-%zu", version);
    }
    return test_put_many(g, name, parent, names, versions, EACH, &e);
}

static bool find(size_t layers, size_t i)
{
    char name[40];
    struct graph_layer out;
    bool found;
    snprintf(name, sizeof(name), "put-%zu-%zu", layers, i);
    return graph_layer_find(g, str_from(name), &arena, &out, &found, &e) && found;
}

static bool list(size_t layers, size_t i)
{
    char name[40];
    const struct graph_package *out;
    size_t count;
    snprintf(name, sizeof(name), "put-%zu-%zu", layers, i / CHAIN * CHAIN + CHAIN - 1);
    return graph_layer_packages(g, str_from(name), &arena, &out, &count, &e) && count > EACH;
}

static bool who(size_t layers, size_t i)
{
    char name[40];
    const struct graph_package *out;
    size_t count;
    (void)layers;
    snprintf(name, sizeof(name), "package-%zu", i);
    struct graph_question q = {
        .namespace_ = STR("debian:12"), .name = str_from(name), .limit = 100};
    return graph_installers(g, &q, &arena, &out, &count, &e) && count > 0;
}

static void timed(const char *what, size_t layers, size_t count,
                  bool (*work)(size_t layers, size_t i))
{
    for (size_t i = 0; i < count; i++) {
        struct arena_mark mark = arena_mark(&arena);
        uint64_t begun = clock_monotonic_ns();
        must(work(layers, i));
        took[i] = clock_monotonic_ns() - begun;
        arena_rewind(&arena, mark);
    }
    say(what, layers, count);
}

static void memory(size_t layers)
{
    char line[200];
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "RssAnon", 7) == 0) {
            printf("%9zu client's %s", layers, line);
        }
    }
    if (status != NULL) {
        fclose(status);
    }
}

static void sizes(size_t layers)
{
    static const char *const tables[] = {"layer", "layer_package", "package"};
    for (size_t i = 0; i < ARRAY_COUNT(tables); i++) {
        char sql[300];
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
        int64_t rows = number_of(sql), bytes = 0, indexes = 0;
        if (is_postgres()) {
            snprintf(sql, sizeof(sql), "SELECT pg_table_size('%s')", tables[i]);
            bytes = number_of(sql);
            snprintf(sql, sizeof(sql), "SELECT pg_indexes_size('%s')", tables[i]);
            indexes = number_of(sql);
        }
        printf("%9zu %-14s %12" PRId64 " rows %12" PRId64 " bytes, %12" PRId64 " of indexes\n",
               layers, tables[i], rows, bytes, indexes);
    }
    struct stat st;
    int64_t whole = 0;
    if (is_postgres()) {
        whole = number_of("SELECT pg_database_size(current_database())");
    } else {
        must(db_exec(g->db, "PRAGMA wal_checkpoint(TRUNCATE)", &e));
        whole = stat(file, &st) == 0 ? st.st_size : 0;
    }
    printf("%9zu the database: %" PRId64 " bytes, %.0f a layer\n", layers, whole,
           (double)whole / (double)layers);
}

int main(int argc, char **argv)
{
    const struct engine *engine = NULL;
    for (size_t i = 0; argc > 3 && i < server_engines_count; i++) {
        engine = strcmp(argv[1], server_engines[i]->name) == 0 ? server_engines[i] : engine;
    }
    if (engine == NULL) {
        printf("usage: store_graph_sizes sqlite|postgres WHERE LAYERS…\n");
        return 2;
    }
    struct graph_options options = {.engine = engine, .path = argv[2], .busy_ms = 5000};
    file = argv[2];
    arena_init(&arena, (size_t)1 << 30, "the measurement");
    must(graph_open(&options, &g, &e));
    fill_packages();
    for (int i = 3; i < argc; i++) {
        uint64_t layers, begun = clock_monotonic_ns();
        must(num_parse(str_from(argv[i]), 10, INT32_MAX, &layers));
        long long at = number_of("SELECT coalesce(max(id), 0) FROM layer");
        for (; at < (long long)layers; at += AT_ONCE) {
            long long left = (long long)layers - at;
            fill_layers(at / CHAIN * CHAIN + CHAIN + 1, left < AT_ONCE ? left : AT_ONCE);
        }
        if (is_postgres()) {
            must(db_exec(g->db, "ANALYZE", &e));
        }
        printf("%9zu filled in %.1f s\n", (size_t)layers,
               (double)(clock_monotonic_ns() - begun) / 1e9);
        sizes(layers);
        timed("a layer with ten packages, durable", layers, PUTS, put);
        timed("a layer by its name", layers, READS, find);
        timed("the list of a chain of ten", layers, READS, list);
        timed("the first 100 that install a package", layers, READS, who);
        memory(layers);
    }
    graph_close(g);
    arena_done(&arena);
    return 0;
}
