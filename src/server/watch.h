/* watch.h: looks after the database on PostgreSQL: finds it when it comes, tells the log when it is
 * gone and when it is back, and notices that another instance has brought it to a schema that this
 * program does not know. Its thread alone waits for connections while there is none. */
#ifndef LIMPID_SERVER_WATCH_H
#define LIMPID_SERVER_WATCH_H

#include "api/service.h"
#include "server/log.h"

struct watch_options {
    struct service *service;
    unsigned worker; /* its own number */
    struct log *log;
    unsigned first_ms; /* how long watch_start waits for the first look */
};

struct watch;

/* Starts its thread. A first look that tells within `first_ms` what no waiting cures (a connection
 * string that is none, somebody else's tables, a newer schema) is an error; a database that does
 * not answer, does not let us in, or is not there, is not. */
bool watch_start(const struct watch_options *options, struct watch **out, struct error *e) MUST_USE;

/* Has the database been there since the start? NULL: none is watched, it is. */
bool watch_found(struct watch *w);

/* False where the thread still waits for a connection: then it stays, with all it uses. */
bool watch_stop(struct watch *w); /* NULL is fine */

/* Seconds before the next look, after so many that failed in a row; 0: none did. */
unsigned watch_wait_s(unsigned failures);

#endif
