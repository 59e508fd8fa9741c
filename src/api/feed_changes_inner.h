/* feed_changes_inner.h: the two halves of feed_changes.h: which names may have changed
 * (feed_changes_names.c), and what is told of each (feed_changes.c); and who installs what
 * (feed_changes_touch.c). */
#ifndef LIMPID_API_FEED_CHANGES_INNER_H
#define LIMPID_API_FEED_CHANGES_INNER_H

#include "api/feed_changes.h"
#include "api/inner.h"
#include "base/map.h"
#include "store/part_watch.h"

/* -- feed_changes_touch.c ------------------------------------------------------------------- */

/* What layers have, asked once for each package. */
struct touch {
    struct graph *graph;
    struct arena systems_arena, arena; /* the second may be emptied at any time */
    const struct graph_system *systems;
    size_t systems_count;
    struct map places;    /* namespaces of advisories, to whether a layer has that system */
    struct map installed; /* packages of a system, to their versions */
};

bool touch_init(struct touch *t, struct graph *graph, struct error *e) MUST_USE;
void touch_done(struct touch *t); /* a zeroed one is fine */

/* May rows of that namespace speak of a layer's packages? */
bool touch_place(struct touch *t, str namespace_, bool *is, struct error *e) MUST_USE;

/* Does some layer itself install something that it affects? As service_introducing, of which it
 * is the short form. `scratch` gives nothing back. */
bool touch_any(struct touch *t, const struct service_vulnerability *v, struct arena *scratch,
               bool *is, struct error *e) MUST_USE;

/* -- feed_changes_names.c ------------------------------------------------------------------- */

struct compared { /* two generations */
    const struct feed_changes_options *options;
    struct part_watch watch;
    struct store *old_store, *new_store;
    struct advisories *old, *after;
    struct changes changes;
    struct arena arena; /* of the names, and what store_changes says */
    str *names;         /* sorted, each once */
    size_t names_count, names_room;
    struct map known;
};

/* Opens both and finds the names; feeds that only one of them has are left out of the other.
 * `*gone`: `from` is not kept any more. */
bool compared_open(struct compared *c, const struct feed_changes_options *o, struct touch *t,
                   bool *gone, struct error *e) MUST_USE;
void compared_close(struct compared *c); /* a zeroed one is fine */

#endif
