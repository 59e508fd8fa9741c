/* notifier.h: tells an operator's endpoint what has changed. One thread; of several instances each
 * takes another notification (store/graph.h). A notification is sent at least once: where the
 * process ends between the endpoint's answer and the note of it, it is sent again.
 *
 *     due ─► taken ─► POST ─► accepted (200, 201): done
 *                       └──► refused, or no answer: again after 1 s, 2 s, 4 s … 15 min;
 *                            after `attempts` of them a round is given up, and the next begins
 *                            five minutes later */
#ifndef LIMPID_SERVER_NOTIFIER_H
#define LIMPID_SERVER_NOTIFIER_H

#include "api/service.h"
#include "server/config.h"

struct notifier;

struct notifier_options {
    struct service *service;
    unsigned worker; /* the notifier's own number among the service's */
    const struct config *config;
    struct log *log;
};

/* Starts the thread, where there is an endpoint; else `*out` is NULL and the log says so. */
bool notifier_start(const struct notifier_options *options, struct notifier **out,
                    struct error *e) MUST_USE;
void notifier_stop(struct notifier *n); /* gives up a request under way; NULL is fine */

/* How long after the `attempts`-th failure the next attempt comes; `most` attempts are a round,
 * `*given_up` tells its end. */
uint64_t notifier_wait_s(uint64_t attempts, uint64_t most, bool *given_up);

#endif
