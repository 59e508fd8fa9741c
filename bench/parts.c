/* parts.c: what it takes to share advisories by a database: bench/parts BUILD runs it.
 *
 *     server_parts_bench CONNECTION FOLDER INTO [ROWS]
 *
 * Publishes FOLDER's advisories (with ROWS: after it was given a made-up feed of so many rows), and
 * brings the new folder INTO up to them. Each step is a process of its own: time, and its memory.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/num.h"
#include "server/shared_parts.h"
#include "store/graph_testing.h"

enum { LOOKS = 100 };

static struct graph *g;
static struct shared_parts_options options;
static uint64_t rows;
static struct shared_parts_memory memory;
static uint64_t longest_ns, last_ns; /* without being asked */

static void must(bool done)
{
    if (!done) {
        printf("%s\n", e.text);
        exit(1);
    }
}

static bool go_on(struct part_watch *self, struct error *error)
{
    uint64_t now_ns = clock_monotonic_ns();
    (void)self;
    (void)error;
    longest_ns = now_ns - last_ns > longest_ns ? now_ns - last_ns : longest_ns;
    last_ns = now_ns;
    return true;
}

static size_t fill(void)
{
    struct store *s;
    must(store_open(options.data_dir, &s, &e));
    must(test_feed(s, "synthetic", rows, 1, 1700000000, &e));
    store_close(s);
    return 1;
}

static size_t publish(void)
{
    int64_t change, fence;
    bool taken;
    size_t feeds;
    must(graph_lease_take(g, STR("updater"), STR("bench"), 600, &fence, &taken, &e) && taken);
    must(graph_change_begin(g, STR("updater"), fence, &change, &e));
    must(shared_parts_stage(&options, change, &feeds, &e));
    must(graph_change_publish(g, change, STR("updater"), fence, STR("k"), STR("v"), &e));
    return feeds;
}

static size_t pull(void)
{
    size_t feeds;
    must(shared_parts_pull(&options, &feeds, &e));
    return feeds;
}

static size_t looks(void)
{
    for (size_t i = 0; i < LOOKS; i++) {
        pull();
    }
    return LOOKS;
}

static size_t looks_remembering(void)
{
    options.memory = &memory;
    return looks();
}

static void measure(const char *what, size_t (*step)(void), const struct graph_options *on,
                    const char *dir)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct part_watch watch = {.go_on = go_on};
        must(graph_open(on, &g, &e));
        options = (struct shared_parts_options){
            .graph = g, .data_dir = str_from(dir), .arena = &arena, .watch = &watch};
        uint64_t begun_ns = last_ns = clock_monotonic_ns();
        size_t count = step();
        go_on(&watch, &e);
        printf("%-28s %5zu %10.1f ms, longest without being asked %.1f ms", what, count,
               (double)(clock_monotonic_ns() - begun_ns) / 1e6, (double)longest_ns / 1e6);
        fflush(stdout);
        graph_close(g);
        _exit(0);
    }
    struct rusage used;
    int status;
    if (wait4(child, &status, 0, &used) != child || status != 0) {
        exit(1);
    }
    printf(", %.1f MB, CPU %.2f s\n", (double)used.ru_maxrss / 1024,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}

static void sizes(const struct graph_options *on)
{
    const struct graph_part *parts;
    size_t count;
    uint64_t bytes = 0, largest = 0;
    must(graph_open(on, &g, &e));
    must(graph_parts(g, &arena, &parts, &count, &e));
    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].size_bytes;
        largest = parts[i].size_bytes > largest ? parts[i].size_bytes : largest;
    }
    printf("%zu parts of %.1f MB, the largest of %.1f MB\n", count, (double)bytes / 1e6,
           (double)largest / 1e6);
    graph_close(g);
}

int main(int argc, char **argv)
{
    if (argc < 4 || (argc > 4 && !num_parse(str_from(argv[4]), 10, UINT32_MAX, &rows))) {
        printf("server_parts_bench CONNECTION FOLDER INTO [ROWS]\n");
        return 2;
    }
    const struct graph_options on = {
        .engine = server_engines[1], .path = argv[1], .busy_ms = 20000};
    arena_init(&arena, (size_t)1 << 30, "the bench");
    if (rows > 0) {
        measure("a feed is written", fill, &on, argv[2]);
    }
    measure("publish", publish, &on, argv[2]);
    sizes(&on);
    measure("publish, nothing new", publish, &on, argv[2]);
    measure("pull", pull, &on, argv[3]);
    measure("looks", looks, &on, argv[3]);
    measure("looks that remember", looks_remembering, &on, argv[3]);
    arena_done(&arena);
    return 0;
}
