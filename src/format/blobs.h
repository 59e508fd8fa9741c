/* blobs.h: the values of a database file, one after another, each in pieces: what the readers of
 * Berkeley DB, ndb and SQLite files have in common. No value is ever in memory whole. */
#ifndef LIMPID_FORMAT_BLOBS_H
#define LIMPID_FORMAT_BLOBS_H

#include "stream/reader.h"

struct blob {
    uint64_t number; /* the record's key, for messages */
    uint64_t size_bytes;
    bool checksum_wrong; /* set by the last piece; the content was given all the same */
};

/* A reader of one format embeds this as its first member. */
struct blobs {
    const struct blobs_ops *ops;
    struct blob blob; /* the one that `next` gave last */
};

/* Both functions may fail in two ways. ERROR_FORMAT and ERROR_LIMIT with the file below sound
 * (random.failed is false): this value or this part of the file is lost; `next` goes on behind it.
 * The number of such failures is bounded by the size of the file. Anything else: give up. */
struct blobs_ops {
    const char *name; /* "Berkeley DB", for messages */

    /* The next value, at self->blob. What was not read of the last one is passed over. */
    enum step (*next)(struct blobs *self, struct error *e);

    /* The next bytes of the value, never none; valid until the next call. STEP_END after
     * size_bytes bytes. */
    enum step (*piece)(struct blobs *self, str *out, struct error *e);
};

#endif
