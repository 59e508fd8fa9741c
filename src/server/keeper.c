#include "server/keeper.h"

#include <stdlib.h>

#include "api/counters.h"
#include "base/clock.h"
#include "server/identity.h"
#include "server/thread.h"

enum {
    INTERVAL_MS = 15 * 60 * 1000,
    PAUSE_MS = 200,
    LEASE_S = 120,
    RENEW_S = 30,
    ROWS = 1000,
    DAY_S = 24 * 60 * 60,
};

/* A notification that a client deleted is shown as such for thirty days. The time of a data
 * folder's last update only says when the next one is due: without it that is at once. */
static const struct graph_limits limits = {
    .rows = ROWS,
    .notification_s = 30 * DAY_S,
    .lease_s = 7 * DAY_S,
    .value_s = 180 * DAY_S,
    .value_prefix = STR_INIT("updater/last/"),
};

struct keeper {
    struct keeper_options options;
    struct thread thread;
    char owner[IDENTITY_BYTES];
    struct graph_collection at;
};

static const str lease = STR_INIT("keeper");

static void tell(struct keeper *k, uint64_t rows)
{
    const struct graph_collection *c = &k->at;
    const struct log_field fields[] = {{"packages", STR_NONE, c->packages},
                                       {"notifications", STR_NONE, c->notifications},
                                       {"states", STR_NONE, c->states},
                                       {"leases", STR_NONE, c->leases},
                                       {"values", STR_NONE, c->values}};
    LOG_EVENT(k->options.log, LOG_INFO, "keeper", "unused rows removed", fields,
              "%llu rows that nothing refers to were removed", (unsigned long long)rows);
}

static uint64_t removed(const struct graph_collection *c)
{
    return c->packages + c->notifications + c->states + c->leases + c->values;
}

/* One look at everything, or to the end of the service or of the lease. */
static bool keep(struct keeper *k, struct graph *g, struct error *e)
{
    unsigned pause_ms = k->options.pause_ms;
    uint64_t renewed_ns = 0, before = 0;
    int64_t fence = 0;
    bool taken = false, done = true, stopping = false;
    /* where it stopped, it goes on: another one has looked at the rest, or will */
    k->at = (struct graph_collection){.table = k->at.table, .at = k->at.at};
    do {
        uint64_t now_ns = clock_monotonic_ns();
        if (!taken || now_ns - renewed_ns > RENEW_S * UINT64_C(1000000000)) {
            done = graph_lease_take(g, lease, str_from(k->owner), LEASE_S, &fence, &taken, e);
            renewed_ns = now_ns;
        }
        if (!done || !taken) {
            break;
        }
        done = graph_collect(g, &limits, &k->at, e);
        counters_add(service_counters(k->options.service), COUNTER_COLLECTED,
                     removed(&k->at) - before);
        before = removed(&k->at);
        stopping = done && !k->at.whole && thread_wait(&k->thread, pause_ms);
    } while (done && !k->at.whole && !stopping);
    if (before > 0) {
        tell(k, before);
    }
    struct error unread;
    return !(taken && !graph_lease_release(g, lease, fence, done ? e : &unread)) && done;
}

static void *run(void *arg)
{
    struct keeper *k = arg;
    while (!thread_wait(&k->thread, k->options.interval_ms)) {
        struct graph *g = service_graph(k->options.service, k->options.worker);
        struct error e = {0};
        /* without a database, health tells of it */
        if (g != NULL && !keep(k, g, &e)) {
            LOG(k->options.log, LOG_WARNING, "keeper", "unused rows are not removed: %s", e.text);
        }
    }
    return NULL;
}

bool keeper_start(const struct keeper_options *options, struct keeper **out, struct error *e)
{
    struct keeper *k = calloc(1, sizeof(*k));
    if (k == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for the keeper");
    }
    k->options = *options;
    k->options.interval_ms = options->interval_ms > 0 ? options->interval_ms : INTERVAL_MS;
    k->options.pause_ms = options->pause_ms > 0 ? options->pause_ms : PAUSE_MS;
    identity_make(k->owner);
    if (!thread_start(&k->thread, run, k, e)) {
        free(k);
        return false;
    }
    *out = k;
    return true;
}

void keeper_stop(struct keeper *k)
{
    if (k != NULL) {
        thread_stop(&k->thread);
        free(k);
    }
}
