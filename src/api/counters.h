/* counters.h: what the updater and the notifier have done, for /v1/metrics. Safe from many threads.
 */
#ifndef LIMPID_API_COUNTERS_H
#define LIMPID_API_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "api/service.h"
#include "base/buf.h"

enum counter {
    COUNTER_UPDATES,             /* limpid_updates_total */
    COUNTER_UPDATES_FAILED,      /* limpid_updates_failed_total */
    COUNTER_UPDATE_SECONDS,      /* clair_updater_duration_seconds: of the last one */
    COUNTER_UPDATE_NOTES,        /* clair_updater_notes_total: feeds that failed in the last one */
    COUNTER_NOTIFICATIONS,       /* limpid_notifications_sent_total */
    COUNTER_NOTIFICATION_ERRORS, /* clair_notifier_backend_errors_total */
    COUNTER_UNAUTHORIZED,        /* limpid_api_unauthorized_total */
    COUNTER_UNJUDGED,            /* limpid_layers_unjudged_total */
    COUNTERS_COUNT,
};

struct counters { /* zeroed where it begins */
    atomic_ullong at[COUNTERS_COUNT];
};

struct counters *service_counters(struct service *s);

void counters_add(struct counters *c, enum counter which, uint64_t more);
void counters_set(struct counters *c, enum counter which, uint64_t value);

/* In Prometheus' text format; names are Clair's where it had them. */
bool counters_say(const struct counters *c, struct buf *to, struct error *e) MUST_USE;

#endif
