/* update_lease.h: the lease under which one instance at a time updates. */
#ifndef LIMPID_SERVER_UPDATE_LEASE_H
#define LIMPID_SERVER_UPDATE_LEASE_H

#include "server/identity.h"
#include "store/graph.h"

struct update_lease {
    str name, owner; /* identity_of_process */
    struct graph *graph;
    int64_t fence;
    uint64_t renewed_ns;
    bool lost;
};

/* `*taken` is false where another one has it, unless that one's process is known to have ended: a
 * service that starts again after it was killed goes on at once. */
bool update_lease_take(struct update_lease *l, struct arena *arena, bool *taken,
                       struct error *e) MUST_USE;

/* To be called again and again meanwhile. ERROR_REMOTE: another one has taken over, for this
 * machine slept too long; what is written with the fence is refused. */
bool update_lease_renew(struct update_lease *l, struct error *e) MUST_USE;

/* Gives it back, unless it was lost. */
bool update_lease_release(struct update_lease *l, struct error *e) MUST_USE;

#endif
