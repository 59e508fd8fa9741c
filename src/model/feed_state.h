/* feed_state.h: what the store knows of one feed. Text is borrowed. */
#ifndef LIMPID_MODEL_FEED_STATE_H
#define LIMPID_MODEL_FEED_STATE_H

#include <stdint.h>

#include "base/str.h"

struct feed_state {
    str feed;            /* "debian" */
    int64_t fetched_s;   /* when this data came in; 0: never */
    int64_t date_s;      /* the data's own date, or 0 */
    uint64_t advisories; /* ids */
    uint64_t rows;       /* affected rows */
    uint64_t size_bytes; /* of the feed's file */
    str origin;          /* URL, folder or bundle it came from */
    str validator;       /* ETag or Last-Modified of the last fetch, for conditional requests */
    int64_t tried_s;     /* last attempt */
    str last_error;      /* why the last attempt failed; empty: it did not */
};

#endif
