/* buf.h: bytes that grow, on the heap, up to a stated maximum. One thread at a time. */
#ifndef LIMPID_BASE_BUF_H
#define LIMPID_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

struct buf {
    char *at;
    size_t len, room;
    size_t bytes_max; /* more is ERROR_LIMIT */
};

void buf_init(struct buf *b, size_t bytes_max);
void buf_done(struct buf *b); /* may be called twice, and on a zeroed struct */

/* Room for `more` further bytes at `b->at + b->len`; the caller then adds to `len`. */
bool buf_reserve(struct buf *b, size_t more, struct error *e) MUST_USE;

bool buf_add(struct buf *b, const void *at, size_t len, struct error *e) MUST_USE;
bool buf_add_str(struct buf *b, str s, struct error *e) MUST_USE;
bool buf_add_char(struct buf *b, char c, struct error *e) MUST_USE;
bool buf_printf(struct buf *b, struct error *e, const char *fmt, ...) PRINTF(3, 4) MUST_USE;

/* Borrowed: valid until the next call that adds. */
str buf_str(const struct buf *b);

/* Drops the first `len` bytes. */
void buf_drop(struct buf *b, size_t len);

#endif
