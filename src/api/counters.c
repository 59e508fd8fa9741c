#include "api/counters.h"

static const struct {
    const char *name, *type, *help;
} rows[COUNTERS_COUNT] = {
    [COUNTER_UPDATES] = {"limpid_updates_total", "counter", "Updates of advisories that ended"},
    [COUNTER_UPDATES_FAILED] = {"limpid_updates_failed_total", "counter",
                                "Updates of advisories in which no feed could be updated"},
    [COUNTER_UPDATE_SECONDS] = {"clair_updater_duration_seconds", "gauge",
                                "The time it took to update the vulnerability database"},
    [COUNTER_UPDATE_NOTES] = {"clair_updater_notes_total", "gauge",
                              "Feeds that the last update could not update"},
    [COUNTER_NOTIFICATIONS] = {"limpid_notifications_sent_total", "counter",
                               "Notifications that the endpoint accepted"},
    [COUNTER_NOTIFICATION_ERRORS] = {"clair_notifier_backend_errors_total", "counter",
                                     "Attempts to send a notification that failed"},
    [COUNTER_UNAUTHORIZED] = {"limpid_api_unauthorized_total", "counter",
                              "Requests without a token that is known"},
    [COUNTER_UNJUDGED] = {"limpid_layers_unjudged_total", "counter",
                          "Posted layers of which something cannot be judged"},
};

void counters_add(struct counters *c, enum counter which, uint64_t more)
{
    atomic_fetch_add(&c->at[which], more);
}

void counters_set(struct counters *c, enum counter which, uint64_t value)
{
    atomic_store(&c->at[which], value);
}

bool counters_say(const struct counters *c, struct buf *to, struct error *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < COUNTERS_COUNT; i++) {
        ok = buf_printf(to, e, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", rows[i].name, rows[i].help,
                        rows[i].name, rows[i].type, rows[i].name, atomic_load(&c->at[i]));
    }
    return ok;
}
