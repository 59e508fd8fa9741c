/* feed_changes.h: what a change of the feeds' advisories changes in what the APIs tell, as
 * notifications.
 *
 * Told is a vulnerability (in 2016: in one namespace) that is new, is gone, or has another severity
 * or other fixes, if what it was or is affects a version that some layer installs; in 2015, where
 * notifications are of three kinds, not what is gone or has only got a lower severity. Not told is
 * another link, description or vector; what comes or goes with a whole feed; and what a client's
 * own word overrules. */
#ifndef LIMPID_API_FEED_CHANGES_H
#define LIMPID_API_FEED_CHANGES_H

#include "api/service.h"

struct feed_changes_options {
    struct service *service;
    unsigned worker;
    str from;       /* a generation that the service's store has kept */
    int64_t change; /* that notifications are staged in (graph.h) */
    /* Called very often: it must be cheap. False ends it, with the reason. */
    bool (*go_on)(void *arg, struct error *e);
    void *arg;
};

struct feed_changes_result {
    str to;             /* the generation that was current, in `arena` */
    uint64_t looked_at; /* names of vulnerabilities */
    uint64_t notifications;
};

/* Stages a notification for each vulnerability of which `from` and the current generation tell
 * different things. ERROR_ABSENT: the generation is not kept any more (or, by graph.h, the change
 * has been given up: `*gone` tells the two apart). Memory: about 100 bytes a changed advisory. */
bool feed_changes_stage(const struct feed_changes_options *options, struct arena *arena,
                        struct feed_changes_result *out, bool *gone, struct error *e) MUST_USE;

/* The name of the current generation; empty: there is none. */
bool feed_changes_generation(struct service *s, unsigned worker, struct arena *arena, str *out,
                             struct error *e) MUST_USE;

#endif
