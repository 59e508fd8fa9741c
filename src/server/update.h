/* update.h: one update under its lease, in its steps: the child process (update_child.c), and what
 * follows from what it changed (update_changes.c). updater.c says when. */
#ifndef LIMPID_SERVER_UPDATE_H
#define LIMPID_SERVER_UPDATE_H

#include "server/shared_parts.h"
#include "server/thread.h"
#include "server/update_lease.h"
#include "server/updater.h"

struct update {
    const struct updater_options *options;
    struct thread *thread; /* asked whether to end */
    struct graph *graph;
    struct arena *arena; /* of this update */
    struct update_lease lease;
    bool is_shared;                     /* PostgreSQL: the database's parts stand, not the folder */
    struct shared_parts_memory *memory; /* where it is shared */
    struct part_watch watch;            /* update_watch */
    str from;                           /* generation that notifications have been made up to */
    uint64_t failed_feeds;
};

/* Looks after the lease; false where that was lost or the service ends. */
bool update_go_on(struct update *u, struct error *e) MUST_USE;

/* Runs `limpid update` to its end, its lines into the log. */
bool update_child(struct update *u, struct error *e) MUST_USE;

/* Before the child: finds out what notifications have been made up to; where the folder's
 * advisories are shared, brings it to what the database has. */
bool update_changes_begin(struct update *u, struct error *e) MUST_USE;

/* After it: notifications of what has changed since then, and the folder's parts where they are
 * shared, become visible in one step, together with how far they go. Nothing new is fine. */
bool update_changes_publish(struct update *u, struct error *e) MUST_USE;

/* Without a child: does the folder have what notifications have not been made of? (The process was
 * killed between the two, or somebody else updated.) Not asked where it is shared. */
bool update_changes_left(struct update *u, bool *left, struct error *e) MUST_USE;

/* Where it is shared: brings the folder to what the database has. To be called often. */
bool update_pull(struct update *u, struct error *e) MUST_USE;

#endif
