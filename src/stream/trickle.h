/* trickle.h: for the tests of this folder: a source that gives few bytes at a time and fails when
 * it is told to, as a slow pipe or a bad disk would. */
#ifndef LIMPID_STREAM_TRICKLE_H
#define LIMPID_STREAM_TRICKLE_H

#include <errno.h>
#include <string.h>

#include "stream/window.h"

struct trickle {
    struct reader base;
    str bytes;
    size_t given, step_bytes;
    int fills_left; /* the fill after so many fails with EIO; -1: none */
    bool has_failed;
    uint8_t window[READER_NEED_MAX * 2];
};

static enum step trickle_fill(struct reader *self, size_t want, struct error *e)
{
    struct trickle *t = CONTAINER_OF(self, struct trickle, base);
    (void)want;
    if (t->fills_left == 0) {
        t->has_failed = true;
        error_sys(e, EIO, "cannot read");
        return STEP_FAILED;
    }
    t->fills_left -= t->fills_left > 0;
    size_t left = t->bytes.len - t->given;
    size_t some = left < t->step_bytes ? left : t->step_bytes;
    if (some == 0) {
        return STEP_END;
    }
    /* to the other end of the window first, so that whoever kept an old pointer is found out */
    uint8_t *front = self->at == t->window ? t->window + 1 : t->window;
    size_t ready = reader_ready(self);
    memmove(front, self->at, ready);
    memcpy(front + ready, t->bytes.at + t->given, some);
    self->at = front;
    self->end = front + ready + some;
    self->end_offset += some;
    t->given += some;
    return STEP_GOT;
}

static const struct reader_ops trickle_ops = {.name = "trickle", .fill = trickle_fill};

static inline void trickle_init(struct trickle *t, str bytes, size_t step_bytes, int fills_left)
{
    t->base = (struct reader){.ops = &trickle_ops, .at = t->window, .end = t->window};
    t->bytes = bytes;
    t->given = 0;
    t->step_bytes = step_bytes;
    t->fills_left = fills_left;
    t->has_failed = false;
}

#endif
