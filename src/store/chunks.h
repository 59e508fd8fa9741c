/* chunks.h: bytes cut where their content says so: a change moves no cut but those beside it, so
 * that two versions of a part have most of their chunks in common, and only the others travel. */
#ifndef LIMPID_STORE_CHUNKS_H
#define LIMPID_STORE_CHUNKS_H

#include "base/buf.h"
#include "base/digest.h"
#include "store/part.h"

/* What the cuts depend on: changed, all chunks are others. A chunk has 32 KiB on the average. */
enum {
    CHUNK_BYTES_MIN = 16 * 1024,
    CHUNK_BYTES_MAX = 128 * 1024,
    CHUNK_MASK_BITS = 14,
};

struct chunk_sink {
    bool (*put)(struct chunk_sink *self, digest name, str bytes, struct error *e);
};

/* Takes the bytes of a part (part_encode). */
struct chunker {
    struct part_out base;
    struct chunk_sink *to; /* borrowed */
    struct buf pending;
    uint64_t gear[256], hash;
};

void chunker_init(struct chunker *c, struct chunk_sink *to);
void chunker_done(struct chunker *c); /* twice is fine, and on a zeroed struct */

/* The last chunk. */
bool chunker_end(struct chunker *c, struct error *e) MUST_USE;

#endif
