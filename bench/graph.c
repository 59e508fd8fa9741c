/* graph.c: how long the functions of store/graph.h take; bench/graph runs it on each engine.
 *
 *     store_graph_bench sqlite FILE | postgres CONNECTION */
#include "base/clock.h"
#include "base/sort.h"
#include "store/graph_testing.h"

enum { INSERTS = 1000, PUTS = 200, PACKAGES = 100, READS = 20000, LISTS = 200, CHAIN = 20 };

static struct graph *g;
static uint64_t took[READS];

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

static void say(const char *what, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += took[i];
    }
    sort_items(took, count, sizeof(took[0]), order);
    printf("%-44s %9.1f us median %9.1f us p99 %9.0f /s\n", what, (double)took[count / 2] / 1e3,
           (double)took[count * 99 / 100] / 1e3, (double)count * 1e9 / (double)sum);
    fflush(stdout);
}

#define TIMED(what, count, ...)                                                                    \
    do {                                                                                           \
        for (size_t i = 0; i < (count); i++) {                                                     \
            struct arena_mark mark = arena_mark(&arena);                                           \
            uint64_t begun = clock_monotonic_ns();                                                 \
            must(__VA_ARGS__);                                                                     \
            took[i] = clock_monotonic_ns() - begun;                                                \
            arena_rewind(&arena, mark);                                                            \
        }                                                                                          \
        say(what, count);                                                                          \
    } while (false)

static bool insert(size_t i)
{
    char name[32];
    bool changed;
    struct graph_fix fixes[2] = {
        {.os = STR("debian:8"), .name = STR("openssl"), .version = STR("1.0.1k-3+deb8u1")},
        {.os = STR("debian:7"), .name = STR("openssl"), .version = STR("1.0.1e-2+deb7u5")}};
    snprintf(name, sizeof(name), "CVE-2015-%zu", i);
    struct graph_vulnerability v = {.api = GRAPH_API_2015,
                                    .name = str_from(name),
                                    .link = STR("https://security-tracker.example/CVE"),
                                    .description = STR("A description of the usual length, which "
                                                       "says what may happen to whom and how."),
                                    .severity = STR("High"),
                                    .fixes = fixes,
                                    .fixes_count = 2};
    return graph_vulnerability_put(g, &v, &changed, &e);
}

/* A layer with `count` packages of its own, from the `first` on. */
static bool put(const char *name, const char *parent, size_t first, size_t count)
{
    static char names[600][32];
    static struct package packages[600];
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "package-%zu", first + i);
        packages[i] = (struct package){.ecosystem = ECOSYSTEM_DEB,
                                       .name = str_from(names[i]),
                                       .version = STR("1.2.3-4+deb12u1"),
                                       .arch = STR("amd64"),
                                       .source = str_from(names[i]),
                                       .source_version = STR("1.2.3-4+deb12u1")};
    }
    struct graph_layer_content content = {.layer = {.name = str_from(name),
                                                    .parent = str_from(parent),
                                                    .os = STR("debian:12"),
                                                    .namespace_ = STR("debian:12")},
                                          .installed = packages,
                                          .installed_count = count};
    bool fresh;
    return graph_layer_put(g, &content, &fresh, &e);
}

static bool put_one(size_t i)
{
    char name[32];
    snprintf(name, sizeof(name), "layer-%zu", i);
    return put(name, "", i * 10, PACKAGES); /* nine of ten packages are known */
}

static bool list(const char *name)
{
    const struct graph_package *out;
    size_t count;
    return graph_layer_packages(g, str_from(name), &arena, &out, &count, &e);
}

static bool who(const char *name, size_t limit, size_t want)
{
    const struct graph_package *out;
    size_t count;
    struct graph_question q = {
        .namespace_ = STR("debian:8"), .name = str_from(name), .limit = limit};
    return graph_installers(g, &q, &arena, &out, &count, &e) && count == want;
}

static bool epoch(void)
{
    uint64_t value;
    return graph_epoch(g, &value, &e);
}

static void data_version(void)
{
    struct statement *s;
    must(db_prepare(g->db, STR("PRAGMA data_version"), &s, &e));
    TIMED("PRAGMA data_version, instead", READS, db_step(s, &e) == STEP_GOT && (db_reset(s), true));
    db_finish(s);
}

static void among(size_t layers, size_t more)
{
    char what[3][60];
    must(test_copies(g, "m3", more));
    snprintf(what[0], sizeof(what[0]), "installers of a rare package, %zu layers", layers);
    snprintf(what[1], sizeof(what[1]), "first 10 that install a common one, %zu", layers);
    snprintf(what[2], sizeof(what[2]), "list of 500 packages in %d layers, %zu", CHAIN, layers);
    TIMED(what[0], LISTS, who("rare", 0, 2));
    TIMED(what[1], LISTS, who("common", 10, 10));
    TIMED(what[2], LISTS, list("chain-19"));
}

int main(int argc, char **argv)
{
    const struct engine *engine = NULL;
    for (size_t i = 0; argc == 3 && i < server_engines_count; i++) {
        engine = strcmp(argv[1], server_engines[i]->name) == 0 ? server_engines[i] : engine;
    }
    if (engine == NULL) {
        printf("usage: store_graph_bench sqlite|postgres WHERE\n");
        return 2;
    }
    struct graph_options options = {.engine = engine, .path = argv[2], .busy_ms = 5000};
    arena_init(&arena, (size_t)1 << 30, "the measurement");
    uint64_t start = clock_monotonic_ns();
    must(graph_open(&options, &g, &e));
    printf("%-44s %9.1f us\n", "open, and make the tables",
           (double)(clock_monotonic_ns() - start) / 1e3);
    graph_close(g);
    start = clock_monotonic_ns();
    must(graph_open(&options, &g, &e) && epoch());
    printf("%-44s %9.1f us\n", "open, and ask for the epoch",
           (double)(clock_monotonic_ns() - start) / 1e3);
    TIMED("the epoch", READS, epoch());
    if (engine->language == SQL_SQLITE) {
        data_version();
    }
    TIMED("a vulnerability with two fixes, durable", INSERTS, insert(i));
    TIMED("a layer with 100 packages, durable", PUTS, put_one(i));
    TIMED("the same layers again", PUTS, put_one(i));
    char name[2][32] = {"", ""};
    for (size_t i = 0; i < CHAIN; i++) {
        snprintf(name[1], sizeof(name[1]), "chain-%zu", i);
        must(put(name[1], name[0], i * 25, 25));
        memcpy(name[0], name[1], sizeof(name[0]));
    }
    must(test_layer(g, "m1", "", "rare=1 common=1", "") &&
         test_layer(g, "m2", "", "rare=2 common=1", "") &&
         test_layer(g, "m3", "", "common=1 other=1", ""));
    among(100, 100);
    among(10000, 9900);
    among(100000, 90000);
    graph_close(g);
    arena_done(&arena);
    return 0;
}
