/* graph_clients.c: how many new layers a second go into the service's store by so many clients at
 * once; bench/graph --clients runs it on each engine.
 *
 *     store_graph_clients sqlite FILE | postgres CONNECTION   PACKAGES CLIENTS…
 *
 * A client is a thread with a connection of its own, which inserts chains of ten layers as fast as
 * it can for some seconds; of the packages most are there before. */
#include <pthread.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/sort.h"
#include "store/graph_testing.h"

enum { SECONDS = 4, CLIENTS_MAX = 64, PACKAGES_MAX = 500, CHAIN = 10, VERSIONS = 50000 };

struct client {
    pthread_t thread;
    const struct graph_options *options;
    size_t number, round, packages;
    uint64_t *took, until_ns;
    size_t count, room;
    struct error why;
};

static bool put(struct graph *g, struct client *c)
{
    char names[PACKAGES_MAX][32], versions[PACKAGES_MAX][32], name[60], parent[60] = "";
    snprintf(name, sizeof(name), "put-%zu-%zu-%zu", c->round, c->number, c->count);
    if (c->count % CHAIN != 0) {
        snprintf(parent, sizeof(parent), "put-%zu-%zu-%zu", c->round, c->number, c->count - 1);
    }
    for (size_t k = 0; k < c->packages; k++) {
        /* one of a hundred packages is a new one */
        size_t all = c->count * c->packages + k, version = (all * 7919 + c->number) % VERSIONS;
        snprintf(names[k], sizeof(names[k]), "package-%zu", version % 5000);
        if (all % 100 == 99) {
            snprintf(versions[k], sizeof(versions[k]), "3.%zu-%zu-%zu", c->round, c->number, all);
        } else {
            snprintf(versions[k], sizeof(versions[k]), "1.2.3-4+deb12u%zu", version);
        }
    }
    return test_put_many(g, name, parent, names, versions, c->packages, &c->why);
}

static void *work(void *what)
{
    struct client *c = what;
    struct graph *g = NULL;
    if (!graph_open(c->options, &g, &c->why)) {
        return c;
    }
    bool done = true;
    uint64_t now = clock_monotonic_ns();
    while (done && now < c->until_ns && c->count < c->room) {
        done = put(g, c);
        uint64_t then = clock_monotonic_ns();
        c->took[c->count++] = then - now;
        now = then;
    }
    graph_close(g);
    return done ? NULL : c;
}

static int order(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Runs so many at once; false where one of them failed. */
static bool measured(const struct graph_options *options, size_t round, size_t packages,
                     size_t clients)
{
    enum { ROOM = 200000 };
    static struct client all[CLIENTS_MAX];
    uint64_t *took = calloc(ROOM * clients, sizeof(*took)), begun = clock_monotonic_ns();
    size_t count = 0;
    bool done = took != NULL;
    for (size_t i = 0; done && i < clients; i++) {
        all[i] = (struct client){.options = options,
                                 .number = i,
                                 .round = round,
                                 .packages = packages,
                                 .took = took + ROOM * i,
                                 .room = ROOM,
                                 .until_ns = begun + SECONDS * UINT64_C(1000000000)};
        if (pthread_create(&all[i].thread, NULL, work, &all[i]) != 0) {
            abort();
        }
    }
    for (size_t i = 0; done && i < clients; i++) {
        void *failed;
        pthread_join(all[i].thread, &failed);
        if (failed != NULL) {
            printf("%s\n", all[i].why.text);
            done = false;
        }
        memmove(took + count, all[i].took, all[i].count * sizeof(*took));
        count += all[i].count;
    }
    double seconds = (double)(clock_monotonic_ns() - begun) / 1e9;
    if (done) {
        sort_items(took, count, sizeof(*took), order);
        printf("%4zu clients, %3zu packages: %8.0f layers/s %9.1f us median %9.1f us p99\n",
               clients, packages, (double)count / seconds, (double)took[count / 2] / 1e3,
               (double)took[count * 99 / 100] / 1e3);
        fflush(stdout);
    }
    free(took);
    return done;
}

int main(int argc, char **argv)
{
    const struct engine *engine = NULL;
    uint64_t packages = 0, clients;
    for (size_t i = 0; argc > 4 && i < server_engines_count; i++) {
        engine = strcmp(argv[1], server_engines[i]->name) == 0 ? server_engines[i] : engine;
    }
    if (engine == NULL || !num_parse(str_from(argv[3]), 10, PACKAGES_MAX, &packages)) {
        printf("usage: store_graph_clients sqlite|postgres WHERE PACKAGES CLIENTS…\n");
        return 2;
    }
    struct graph_options options = {.engine = engine, .path = argv[2], .busy_ms = 20000};
    /* the packages are there, and whatever a first one takes longer for */
    struct client first = {.options = &options, .packages = PACKAGES_MAX, .round = 1};
    struct graph *g = NULL;
    bool done = graph_open(&options, &g, &first.why);
    for (; done && first.count < 2 * VERSIONS / PACKAGES_MAX; first.count++) {
        done = put(g, &first);
    }
    graph_close(g);
    if (!done) {
        printf("%s\n", first.why.text);
        return 1;
    }
    for (int i = 4; i < argc; i++) {
        if (!num_parse(str_from(argv[i]), 10, CLIENTS_MAX, &clients) ||
            !measured(&options, (size_t)i, packages, clients)) {
            return 1;
        }
    }
    return 0;
}
