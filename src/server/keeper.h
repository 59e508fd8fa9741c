/* keeper.h: removes from the database what nothing refers to (store/graph.h, graph_collect), from
 * time to time and a little at a time. One thread; of instances that share a database one at a time
 * does it, under the lease "keeper".
 *
 *     waiting ─► lease taken ─► a step, a pause, a step … ─► all looked at ─► waiting
 *                     └─► another one has it ─► waiting */
#ifndef LIMPID_SERVER_KEEPER_H
#define LIMPID_SERVER_KEEPER_H

#include "api/service.h"
#include "server/log.h"

struct keeper;

struct keeper_options {
    struct service *service;
    unsigned worker; /* the keeper's own number among the service's */
    struct log *log;
    unsigned interval_ms, pause_ms; /* between rounds, and between steps; 0: as usual */
};

bool keeper_start(const struct keeper_options *options, struct keeper **out,
                  struct error *e) MUST_USE;
void keeper_stop(struct keeper *k); /* after the step under way; NULL is fine */

#endif
