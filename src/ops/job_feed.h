/* job_feed.h: the worker's job of reading a feed: a stream of documents (documents.h) on
 * descriptor 0, struct feed_request; answers advisories and notes. */
#ifndef LIMPID_OPS_JOB_FEED_H
#define LIMPID_OPS_JOB_FEED_H

#include "worker/child.h"

struct feed_request {
    str feed;
    bool records; /* a delta of many small documents: a damaged one spoils itself only */
};

bool feed_request_pack(const struct feed_request *r, struct buf *to, struct error *e) MUST_USE;
bool feed_request_unpack(str from, struct feed_request *out, struct error *e) MUST_USE;

bool job_feed(struct worker_child *child, str request, struct error *e);

#endif
