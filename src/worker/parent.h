/* parent.h: the parent's side of a worker process: start it, give it a job, read its answer, tell
 * how it died.
 *
 * States:  worker_start → ready ─ worker_job → answering ─ WIRE_DONE or WIRE_ERROR → ready
 *                          any state ─ the process ends → worker_death tells why
 *                          any state ─ worker_stop → gone
 * Invariants: one worker never sees two images, nor an image and a feed; it never gets more
 * descriptors than it was started with. One thread at a time. */
#ifndef LIMPID_WORKER_PARENT_H
#define LIMPID_WORKER_PARENT_H

#include <sys/types.h>

#include "base/error.h"
#include "worker/confine.h"
#include "worker/wire.h"

enum { WORKER_FDS_MAX = 600 };

struct worker_options {
    const int *fds; /* what it may read, borrowed; it sees them as 0, 1, 2 … in this order */
    size_t fds_count;
    struct confine_options confine;
    bool required; /* every part of the sandbox, or ERROR_ABSENT */
    int program;   /* a descriptor of the program that has the jobs, borrowed; 0: this one */
};

struct worker {
    pid_t pid;
    int fd;
    struct wire wire;
    char *page; /* shared with the worker: the file it is at; read as untrusted text */
    struct confine_report confined;
};

/* Starts the process and reads its hello. Takes about a millisecond. */
bool worker_start(const struct worker_options *options, struct worker *out,
                  struct error *e) MUST_USE;

/* Sends a job. */
bool worker_job(struct worker *w, uint8_t kind, str request, struct error *e) MUST_USE;

/* The next message of the answer. STEP_END: the answer is whole. STEP_FAILED: the job failed (the
 * worker's own error), or the worker died or broke the rules (ERROR_REMOTE; it is stopped then). */
enum step worker_answer(struct worker *w, uint8_t *type, str *payload, struct error *e) MUST_USE;

/* Ends the process if it still runs. Safe on a zeroed struct, and twice. */
void worker_stop(struct worker *w);

#endif
