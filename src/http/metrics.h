/* metrics.h: figures of a running service, counted by whoever does the work and printed as text of
 * Prometheus (exposition format 0.0.4). Names are those of Clair 2.0 where it has them. Safe from
 * many threads; counting takes no lock. */
#ifndef LIMPID_HTTP_METRICS_H
#define LIMPID_HTTP_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum {
    METRICS_ANSWERS_MAX = 256, /* pairs of route and status; more are counted together */
    METRICS_BUCKETS = 10,
};

enum metric {
    METRIC_UPDATES,             /* limpid_updates_total */
    METRIC_UPDATES_FAILED,      /* limpid_updates_failed_total */
    METRIC_UPDATE_SECONDS,      /* clair_updater_duration_seconds: of the last one */
    METRIC_UPDATE_NOTES,        /* clair_updater_notes_total: feeds that failed in the last one */
    METRIC_NOTIFICATIONS,       /* limpid_notifications_sent_total */
    METRIC_NOTIFICATION_ERRORS, /* clair_notifier_backend_errors_total */
    METRIC_UNAUTHORIZED,        /* limpid_api_unauthorized_total */
    METRICS_COUNT,
};

struct metrics;

bool metrics_new(struct metrics **out, struct error *e) MUST_USE;
void metrics_free(struct metrics *m); /* NULL is fine */

void metrics_add(struct metrics *m, enum metric which, uint64_t more);
void metrics_set(struct metrics *m, enum metric which, uint64_t value);
uint64_t metrics_get(const struct metrics *m, enum metric which);

/* An answer: clair_api_response_duration_milliseconds{route,code}. `route` is a literal. */
void metrics_answered(struct metrics *m, const char *route, unsigned status, uint64_t took_ns);

/* Appends all of them as text. */
bool metrics_print(const struct metrics *m, struct buf *to, struct error *e) MUST_USE;

#endif
