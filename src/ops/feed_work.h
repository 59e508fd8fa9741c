/* feed_work.h: one job of a worker that reads a stream of documents (ops/documents.h): the worker
 * is started with one end of a pipe, a thread writes documents into the other, and the answers are
 * taken here meanwhile. */
#ifndef LIMPID_OPS_FEED_WORK_H
#define LIMPID_OPS_FEED_WORK_H

#include "base/error.h"
#include "ops/context.h"
#include "ops/jobs.h"

struct feed_work {
    const struct ops_context *context;
    enum job_kind job;
    str request;

    /* In a thread of its own: writes the documents and their end. A worker that has ended (EPIPE)
     * is not an error here: it tells why itself. */
    bool (*send)(void *arg, int fd, struct error *e);

    /* Each answer. */
    bool (*take)(void *arg, uint8_t type, str payload, struct error *e);
    void *arg;
};

/* What the sender says is the cause where both fail. */
bool feed_work_run(const struct feed_work *work, struct error *e) MUST_USE;

#endif
