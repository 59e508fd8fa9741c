#include "http/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct answers {               /* of one route with one status */
    _Atomic(const char *) key; /* NULL: free */
    atomic_uint status;
    atomic_ullong count, total_us, buckets[METRICS_BUCKETS];
};

struct metrics {
    atomic_ullong values[METRICS_COUNT];
    struct answers answers[METRICS_ANSWERS_MAX]; /* the last one: whatever has no room */
};

/* Clair's: 9.375 doubled nine times */
static const struct {
    uint64_t us;
    const char *text;
} bounds[METRICS_BUCKETS] = {
    {9375, "9.375"}, {18750, "18.75"}, {37500, "37.5"},   {75000, "75"},     {150000, "150"},
    {300000, "300"}, {600000, "600"},  {1200000, "1200"}, {2400000, "2400"}, {4800000, "4800"},
};

static const struct {
    const char *name, *type, *help;
} rows[METRICS_COUNT] = {
    [METRIC_UPDATES] = {"limpid_updates_total", "counter", "Updates of advisories that ended."},
    [METRIC_UPDATES_FAILED] = {"limpid_updates_failed_total", "counter",
                               "Updates of advisories in which no feed could be updated."},
    [METRIC_UPDATE_SECONDS] = {"clair_updater_duration_seconds", "gauge",
                               "The time it took to update the vulnerability database."},
    [METRIC_UPDATE_NOTES] = {"clair_updater_notes_total", "gauge",
                             "Feeds that the last update could not update."},
    [METRIC_NOTIFICATIONS] = {"limpid_notifications_sent_total", "counter",
                              "Notifications that the endpoint accepted."},
    [METRIC_NOTIFICATION_ERRORS] = {"clair_notifier_backend_errors_total", "counter",
                                    "Attempts to send a notification that failed."},
    [METRIC_UNAUTHORIZED] = {"limpid_api_unauthorized_total", "counter",
                             "Requests without a token that is known."},
};

bool metrics_new(struct metrics **out, struct error *e)
{
    struct metrics *m = calloc(1, sizeof(*m));
    if (m == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for figures");
    }
    *out = m;
    return true;
}

void metrics_free(struct metrics *m)
{
    free(m);
}

void metrics_add(struct metrics *m, enum metric which, uint64_t more)
{
    atomic_fetch_add(&m->values[which], more);
}

void metrics_set(struct metrics *m, enum metric which, uint64_t value)
{
    atomic_store(&m->values[which], value);
}

uint64_t metrics_get(const struct metrics *m, enum metric which)
{
    return atomic_load(&m->values[which]);
}

/* The place of a pair, taken by the first who asks for it: a table without removal. */
static struct answers *place(struct metrics *m, const char *route, unsigned status)
{
    size_t hash = (size_t)str_hash(str_from(route)) * 31 + status;
    for (size_t i = 0; i < METRICS_ANSWERS_MAX - 1; i++) {
        struct answers *a = &m->answers[(hash + i) % (METRICS_ANSWERS_MAX - 1)];
        unsigned none = 0;
        /* status first: who has it writes the key; the others wait for that, which is a moment */
        if (atomic_load(&a->status) == 0 &&
            atomic_compare_exchange_strong(&a->status, &none, status)) {
            atomic_store(&a->key, route);
            return a;
        }
        const char *key;
        do {
            key = atomic_load(&a->key);
        } while (key == NULL);
        if (atomic_load(&a->status) == status && strcmp(key, route) == 0) {
            return a;
        }
    }
    struct answers *rest = &m->answers[METRICS_ANSWERS_MAX - 1];
    atomic_store(&rest->key, "other");
    return rest;
}

void metrics_answered(struct metrics *m, const char *route, unsigned status, uint64_t took_ns)
{
    struct answers *a = place(m, route != NULL ? route : "none", status);
    uint64_t us = took_ns / 1000;
    size_t bucket = 0;
    while (bucket < METRICS_BUCKETS && us > bounds[bucket].us) {
        bucket++;
    }
    atomic_fetch_add(&a->count, 1);
    atomic_fetch_add(&a->total_us, us);
    if (bucket < METRICS_BUCKETS) {
        atomic_fetch_add(&a->buckets[bucket], 1);
    }
}

static bool print_answers(const struct answers *a, struct buf *to, struct error *e)
{
    static const char name[] = "clair_api_response_duration_milliseconds";
    const char *route = atomic_load(&a->key);
    uint64_t count = atomic_load(&a->count), sum = 0;
    unsigned status = atomic_load(&a->status);
    if (route == NULL || count == 0) {
        return true;
    }
    bool done = true;
    for (size_t i = 0; done && i < METRICS_BUCKETS; i++) {
        sum += atomic_load(&a->buckets[i]);
        done = buf_printf(to, e, "%s_bucket{code=\"%u\",route=\"%s\",le=\"%s\"} %" PRIu64 "\n",
                          name, status, route, bounds[i].text, sum < count ? sum : count);
    }
    uint64_t us = atomic_load(&a->total_us);
    return done &&
           buf_printf(to, e, "%s_bucket{code=\"%u\",route=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
                      status, route, count) &&
           buf_printf(to, e, "%s_sum{code=\"%u\",route=\"%s\"} %" PRIu64 ".%03" PRIu64 "\n", name,
                      status, route, us / 1000, us % 1000) &&
           buf_printf(to, e, "%s_count{code=\"%u\",route=\"%s\"} %" PRIu64 "\n", name, status,
                      route, count);
}

bool metrics_print(const struct metrics *m, struct buf *to, struct error *e)
{
    bool done = buf_add_str(to,
                            STR("# HELP clair_api_response_duration_milliseconds The duration of "
                                "time it takes to answer a request.\n"
                                "# TYPE clair_api_response_duration_milliseconds histogram\n"),
                            e);
    for (size_t i = 0; done && i < METRICS_ANSWERS_MAX; i++) {
        done = print_answers(&m->answers[i], to, e);
    }
    for (size_t i = 0; done && i < METRICS_COUNT; i++) {
        done = buf_printf(to, e, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", rows[i].name,
                          rows[i].help, rows[i].name, rows[i].type, rows[i].name,
                          (uint64_t)atomic_load(&m->values[i]));
    }
    return done;
}
