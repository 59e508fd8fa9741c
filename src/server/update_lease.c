#include "server/update_lease.h"

#include "base/clock.h"

/* Renewed a few times before it ends; whoever works asks much more often (part_watch.h). */
enum { LEASE_S = 15, RENEW_S = 5 };

static bool take(struct update_lease *l, str owner, int64_t *fence, bool *taken, struct error *e)
{
    return graph_lease_take(l->graph, l->name, owner, LEASE_S, fence, taken, e);
}

bool update_lease_take(struct update_lease *l, struct arena *arena, bool *taken, struct error *e)
{
    str owner;
    int64_t fence;
    l->lost = false;
    l->renewed_ns = clock_monotonic_ns();
    if (!take(l, l->owner, &l->fence, taken, e)) {
        return false;
    }
    if (*taken) {
        return true;
    }
    if (!graph_lease_owner(l->graph, l->name, arena, &owner, e)) {
        return false;
    }
    if (!identity_has_ended(owner)) {
        return true;
    }
    /* in its name, so that whoever was faster is left alone */
    if (!take(l, owner, &fence, taken, e) ||
        (*taken && !graph_lease_release(l->graph, l->name, fence, e))) {
        return false;
    }
    return !*taken || take(l, l->owner, &l->fence, taken, e);
}

bool update_lease_renew(struct update_lease *l, struct error *e)
{
    struct error unread;
    bool taken = false;
    int64_t fence = l->fence;
    if (!l->lost && clock_monotonic_ns() - l->renewed_ns >= RENEW_S * (uint64_t)1000000000U) {
        l->renewed_ns = clock_monotonic_ns();
        if (take(l, l->owner, &fence, &taken, &unread)) { /* else: perhaps the next time */
            l->lost = !taken || fence != l->fence;
        }
        if (taken && l->lost && !graph_lease_release(l->graph, l->name, fence, &unread)) {
            l->lost = true; /* it ends by itself */
        }
    }
    return !l->lost || error_set(e, ERROR_REMOTE, "another instance has taken over");
}

bool update_lease_release(struct update_lease *l, struct error *e)
{
    return l->lost || graph_lease_release(l->graph, l->name, l->fence, e);
}
