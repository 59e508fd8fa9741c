/* keeper_test.c: the keeper removes what nothing refers to, and leaves it to another one that holds
 * the lease. */
#include "server/keeper.h"

#include <stdatomic.h>
#include <time.h>

#include "api/counters.h"
#include "store/testing.h"

enum { DEADLINE_MS = 20000, LOOK_MS = 10 };

static struct error e;

static bool put(struct graph *g, const char *name, const char *version)
{
    const struct package p = {.name = STR("p"), .version = str_from(version)};
    const struct graph_layer_content content = {
        .layer = {.name = str_from(name)}, .installed = &p, .installed_count = 1};
    bool fresh;
    return CHECK_OK(graph_layer_put(g, &content, &fresh, &e), &e);
}

static uint64_t collected(struct service *s)
{
    return atomic_load(&service_counters(s)->at[COUNTER_COLLECTED]);
}

static bool waited_for(struct service *s, uint64_t rows)
{
    for (unsigned ms = 0; ms < DEADLINE_MS && collected(s) < rows; ms += LOOK_MS) {
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    return collected(s) >= rows;
}

int main(void)
{
    static char path[300];
    const char *dir = test_dir_make();
    struct service *s = NULL;
    struct log *log = NULL;
    struct keeper *keeper = NULL;
    snprintf(path, sizeof(path), "%s/service.db", dir);
    const struct service_options service = {
        .graph = {.engine = &engine_sqlite, .path = path, .busy_ms = 5000},
        .data_dir = str_from(dir),
        .workers = 2,
    };
    if (!CHECK_OK(service_open(&service, &s, &e), &e) ||
        !CHECK_OK(log_open(STR("/dev/null"), LOG_TEXT, LOG_INFO, &log, &e), &e)) {
        return 1;
    }
    struct graph *g = service_graph(s, 0);
    const struct keeper_options options = {
        .service = s, .worker = 1, .log = log, .interval_ms = 20, .pause_ms = 1};
    CHECK_CASE("what is left behind by a deleted layer goes, the rest stays")
    {
        CHECK(put(g, "one", "1") && put(g, "two", "2"));
        CHECK_OK(graph_layer_delete(g, STR("one"), &e), &e);
        CHECK_OK(keeper_start(&options, &keeper, &e), &e);
        CHECK(waited_for(s, 1));
        keeper_stop(keeper);
        CHECK_NUM(collected(s), 1);
    }
    CHECK_CASE("while another one holds the lease, it waits")
    {
        int64_t fence = 0;
        bool taken = false;
        CHECK_OK(graph_lease_take(g, STR("keeper"), STR("another"), 600, &fence, &taken, &e), &e);
        CHECK(taken);
        CHECK_OK(graph_layer_delete(g, STR("two"), &e), &e);
        CHECK_OK(keeper_start(&options, &keeper, &e), &e);
        nanosleep(&(struct timespec){.tv_nsec = 200 * 1000000L}, NULL);
        CHECK_NUM(collected(s), 1);
        CHECK_OK(graph_lease_release(g, STR("keeper"), fence, &e), &e);
        CHECK(waited_for(s, 2));
        keeper_stop(keeper);
    }
    service_close(s);
    log_close(log);
    return check_done();
}
