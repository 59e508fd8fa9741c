/* shared_parts.h: advisories of instances that share one database: the one that updates publishes
 * its folder's parts there (store/part_share.h), the others bring their own folders up to them.
 *
 *   the updater's lease ─► shared_parts_pull ─► limpid update ─► shared_parts_stage ─► published
 *   every few seconds, everywhere: shared_parts_pull
 *
 * 1. What is published stands: a folder that differs is brought to it, be it older, or newer by an
 *    update that was never published.
 * 2. A folder changes in one step: whoever reads it sees one whole generation.
 * 3. Of instances on one folder one at a time changes it (shared_parts_hold).
 *
 * On SQLite the folder belongs to the database, and nothing of this is needed. */
#ifndef LIMPID_SERVER_SHARED_PARTS_H
#define LIMPID_SERVER_SHARED_PARTS_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "store/graph.h"
#include "store/part_watch.h"

enum { SHARED_PARTS_DAMAGED_MAX = 16, SHARED_PARTS_NAME_BYTES = 65 };

/* What one who calls again and again remembers: to begin with, all zero. */
struct shared_parts_memory {
    digest index;   /* what the folder was brought to last */
    uint64_t stamp; /* of the folder's own list then */
    /* Feeds whose parts in the database could not be read: shared_parts_stage puts them anew. */
    char damaged[SHARED_PARTS_DAMAGED_MAX][SHARED_PARTS_NAME_BYTES];
    size_t damaged_count;
};

struct shared_parts_options {
    struct graph *graph;
    str data_dir;
    struct arena *arena;
    struct shared_parts_memory *memory; /* or NULL */
    struct part_watch *watch;           /* asked very often whether to go on; or NULL: to the end */
    bool held;                          /* the caller has the folder by shared_parts_hold */
};

/* Brings the folder's advisories to the database's parts: what differs is read, checked and put in
 * place in one step (the database stands, also where the folder's is newer). Feeds that the
 * database has no part of stay. `*feeds` tells how many were replaced; none where another one is
 * changing the folder just now. With a memory it is made to be called every few seconds.
 *
 * ERROR_FORMAT, ERROR_DIGEST, ERROR_LIMIT, ERROR_ABSENT: a part in the database is no good; its
 * feed stays as it was, the others have been replaced (`*feeds` tells), and an update may go on. */
bool shared_parts_pull(const struct shared_parts_options *options, size_t *feeds,
                       struct error *e) MUST_USE;

/* Whether such an error concerns parts alone, so that an update makes it good. */
bool shared_parts_damage(const struct error *e);

/* Stages in `change` each feed's part whose content the database has not, and what belongs to it.
 * `*feeds` tells how many. */
bool shared_parts_stage(const struct shared_parts_options *options, int64_t change, size_t *feeds,
                        struct error *e) MUST_USE;

/* Takes the folder for an update, from before it is pulled to after its parts are published.
 * `*held` is false where another one has it. It ends with fd_close, or with the process. */
bool shared_parts_hold(str data_dir, struct arena *arena, int *lock, bool *held,
                       struct error *e) MUST_USE;

#endif
