/* writer.h: bytes by push, to a descriptor or into memory, buffered. */
#ifndef LIMPID_STREAM_WRITER_H
#define LIMPID_STREAM_WRITER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct writer {
    int fd; /* -1: everything stays in `pending`, which is the result */
    struct buf pending;
    uint64_t written; /* bytes handed to the descriptor */
};

/* To a descriptor (borrowed). */
void writer_to_fd(struct writer *w, int fd);

/* Into memory, at most `bytes_max`. */
void writer_to_memory(struct writer *w, size_t bytes_max);

bool writer_add(struct writer *w, str s, struct error *e) MUST_USE;
bool writer_printf(struct writer *w, struct error *e, const char *fmt, ...) PRINTF(3, 4) MUST_USE;

/* Hands on what is pending (to a descriptor). EPIPE is ERROR_IO with sys EPIPE. */
bool writer_flush(struct writer *w, struct error *e) MUST_USE;

/* Frees; does not flush. */
void writer_done(struct writer *w);

#endif
