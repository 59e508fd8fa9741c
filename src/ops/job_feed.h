/* job_feed.h: the worker's job of reading a feed: a stream of documents (documents.h) on
 * descriptor 0, the feed's name as the request; answers advisories and notes. */
#ifndef LIMPID_OPS_JOB_FEED_H
#define LIMPID_OPS_JOB_FEED_H

#include "worker/child.h"

bool job_feed(struct worker_child *child, str request, struct error *e);

#endif
