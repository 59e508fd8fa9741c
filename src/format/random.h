/* random.h: any bytes of a file, in any order. Memory:
 * - where the stream below can be read at an offset (an uncompressed layer in a local archive), one
 *   window of RANDOM_PART_BYTES_MAX bytes;
 * - else the whole file, up to RANDOM_PLAIN_BYTES_MAX as it is, a larger one packed (pack.h).
 *
 * The window grows while parts are asked for in order, and is as small as the part after a jump:
 * what is read from below stays within a small multiple of what was asked for.
 * One thread at a time. */
#ifndef LIMPID_FORMAT_RANDOM_H
#define LIMPID_FORMAT_RANDOM_H

#include "base/buf.h"
#include "format/pack.h"
#include "stream/reader.h"

enum { RANDOM_PART_BYTES_MAX = 64 * 1024, RANDOM_PLAIN_BYTES_MAX = 16 * 1024 * 1024 };

struct random {
    struct reader *from; /* borrowed; NULL where the file is loaded */
    uint64_t size_bytes;
    struct pack pack;
    bool is_packed;
    struct buf bytes; /* the whole file, or the window */
    uint64_t start;   /* where `bytes` begin in the file */
    size_t ahead;     /* how much the next read in order takes */
    bool failed;      /* the stream below failed: the error is not about the file's format */
};

/* The file that `from` (at its start) holds, of `size_bytes`; a loaded one may be shorter. A larger
 * one than `bytes_max` is ERROR_LIMIT, with `failed` not set. */
bool random_open(struct random *r, struct reader *from, uint64_t size_bytes, uint64_t bytes_max,
                 struct error *e) MUST_USE;

/* `len` ≤ RANDOM_PART_BYTES_MAX bytes at `offset`; valid until the next call. Past the end of the
 * file: ERROR_FORMAT. */
bool random_part(struct random *r, uint64_t offset, size_t len, const uint8_t **at,
                 struct error *e) MUST_USE;

/* Frees; may be called twice, and on a zeroed struct. */
void random_close(struct random *r);

#endif
