/* reader.h: bytes by pull. One interface for a file, a pipe, gzip, zstd, a digest, a limit, one
 * tar entry. A stage embeds `struct reader` as its first member and borrows the stage below;
 * whoever opened a stage closes it. Parsers look at bytes in the window without copying.
 *
 * The consumer reads from [at, end) and moves `at` forwards itself. A reader belongs to one thread
 * at a time. After STEP_FAILED a reader may only be closed. */
#ifndef LIMPID_STREAM_READER_H
#define LIMPID_STREAM_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

enum step { STEP_FAILED = -1, STEP_END = 0, STEP_GOT = 1 };

/* Every stage can make this many bytes ready at once (reader_need), where the input has them. */
enum { READER_NEED_MAX = 64 * 1024 };

struct reader {
    const struct reader_ops *ops;
    const uint8_t *at, *end; /* ready bytes; valid until the next call on this reader */
    uint64_t end_offset;     /* where `end` is in this stream: "at byte N" in messages */
};

struct reader_ops {
    const char *name; /* "gzip", for messages */

    /* Makes at least one more byte ready behind those in the window, which stay (they may move),
     * up to `want` in all where that is possible. STEP_END: there are no more. */
    enum step (*fill)(struct reader *self, size_t want, struct error *e);

    /* Optional: moves forwards by `bytes` past the end of the (then empty) window without making
     * them ready. Past the end of the input is not an error here: the next fill says STEP_END.
     * NULL: skipping reads. */
    bool (*skip)(struct reader *self, uint64_t bytes, struct error *e);

    /* Optional: `len` bytes at `offset` of this stream, without moving the window; false with
     * ERROR_FORMAT where the stream is shorter. NULL: the stream can only be read in order. */
    bool (*read_at)(struct reader *self, uint64_t offset, void *to, size_t len, struct error *e);

    /* Frees what the stage owns, not the stage below. Safe on a stage closed before. */
    void (*close)(struct reader *self);
};

/* Bytes in the window. */
static inline size_t reader_ready(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

/* How far the consumer is in this stream. */
static inline uint64_t reader_offset(const struct reader *r)
{
    return r->end_offset - (uint64_t)(r->end - r->at);
}

/* Makes `n` ≤ READER_NEED_MAX bytes ready. STEP_END: the stream ends before; what there is, is in
 * the window. */
enum step reader_need(struct reader *r, size_t n, struct error *e) MUST_USE;

/* Copies up to `n` bytes; `*got` < n at the end of the stream only. */
bool reader_read(struct reader *r, void *to, size_t n, size_t *got, struct error *e) MUST_USE;

/* Moves forwards by `n` bytes. STEP_END where the stream ends before (seekable readers tell that
 * only at their next fill). */
enum step reader_skip(struct reader *r, uint64_t n, struct error *e) MUST_USE;

/* Reads to the end and throws the bytes away; `*bytes` (may be NULL) tells how many. */
bool reader_drain(struct reader *r, uint64_t *bytes, struct error *e) MUST_USE;

/* Calls ops->close; NULL and a zeroed reader are fine. */
void reader_close(struct reader *r);

/* A reader over bytes in memory; they are borrowed and all in the window from the start. It owns
 * nothing; read_at works. */
struct memory_reader {
    struct reader base;
    str bytes;
};
void memory_reader_init(struct memory_reader *m, str bytes);

/* Passes on at most `left_bytes` of `from`, then STEP_END. `from` is borrowed and consumed.
 * A stream that ends before is ERROR_FORMAT ("ends after N of M bytes"). Skip and read_at work
 * where those of `from` do. Owns nothing.
 *
 * Who is done with a part early goes on behind it by reader_skip(from, part.left_bytes): what the
 * part has in its window counts as passed in `from` (so in limit_reader and hash_reader too). */
struct part_reader {
    struct reader base;
    struct reader *from;
    uint64_t left_bytes; /* those behind the window of the part */
    uint64_t whole_bytes, start_offset;
};
void part_reader_init(struct part_reader *p, struct reader *from, uint64_t bytes);

/* Passes on at most `bytes_max`; one byte more is ERROR_LIMIT "more than the limit of N bytes",
 * not an end. Owns nothing. */
struct limit_reader {
    struct reader base;
    struct reader *from;
    uint64_t left_bytes, bytes_max;
};
void limit_reader_init(struct limit_reader *l, struct reader *from, uint64_t bytes_max);

#endif
