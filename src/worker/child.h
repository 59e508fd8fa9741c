/* child.h: the worker's side: a process that reads hostile input and answers facts. It is limpid
 * itself, executed anew (`limpid --worker`), with an empty environment and only the descriptors it
 * was given; the jobs it can do are a table of the caller's (ops/jobs.c). */
#ifndef LIMPID_WORKER_CHILD_H
#define LIMPID_WORKER_CHILD_H

#include "base/arena.h"
#include "base/error.h"
#include "stream/hash.h"
#include "worker/wire.h"

#define WORKER_OPTION "--worker"
#define WORKER_MAGIC "LIMPIDW"

enum {
    WORKER_FD_WIRE = 3,
    WORKER_FD_PAGE = 4,
    WORKER_FD_DATA = 5,
    WORKER_PAGE_BYTES = 4096,
};

struct worker_child {
    struct wire wire;
    size_t fds_count;           /* descriptor i is WORKER_FD_DATA + i */
    struct hash_thread *hasher; /* NULL where no thread could be started */
    struct arena *arena;        /* of the job that runs; rewound after it */
    char *page;
};

struct worker_job_kind {
    uint8_t kind;
    const char *name;
    bool (*run)(struct worker_child *child, str request, struct error *e);
};

/* Tells the parent which file is being read, in case this process dies of it. */
void worker_at(struct worker_child *child, str path);

/* The process's main: confines itself, says hello, does jobs until its socket closes. Returns the
 * exit status. */
int worker_serve(int argc, char **argv, const struct worker_job_kind *jobs, size_t jobs_count);

/* What `limpid --worker` runs: worker_serve with the jobs that limpid has. It is defined beside
 * them, in ops. */
int worker_main(int argc, char **argv);

#endif
