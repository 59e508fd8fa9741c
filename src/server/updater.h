/* updater.h: brings advisories up to date from time to time. One thread, which starts `limpid
 * update` as a process of its own: the memory of an update goes back to the system with it, and
 * nothing that goes wrong there touches the service. Of instances that share a database and a data
 * folder one at a time does it, under a lease.
 *
 *     waiting ─► due ─► lease taken ─► child runs (its lines into the log, lease renewed)
 *        ▲                                   └─► "update finished", time noted ─┐
 *        └──────────────────────────────────────────────────────────────────────┘ */
#ifndef LIMPID_SERVER_UPDATER_H
#define LIMPID_SERVER_UPDATER_H

#include "api/service.h"
#include "server/config.h"

struct updater;

struct updater_options {
    struct service *service;
    unsigned worker; /* the updater's own number among the service's */
    const struct config *config;
    struct log *log;
};

/* Starts the thread; with an interval of 0 or without the section, it only waits for another one.
 */
bool updater_start(const struct updater_options *options, struct updater **out,
                   struct error *e) MUST_USE;

/* A new interval counts from the last update; 0 disables. */
void updater_interval(struct updater *u, uint64_t interval_ms);
void updater_stop(struct updater *u); /* ends an update under way; NULL is fine */

#endif
