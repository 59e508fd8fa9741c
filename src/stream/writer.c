#include "stream/writer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/fd.h"

/* What is gathered before it is written. Twice that is the most that stays in memory. */
enum { WRITER_PENDING_BYTES = 64 * 1024 };

void writer_to_fd(struct writer *w, int fd)
{
    *w = (struct writer){.fd = fd};
    buf_init(&w->pending, SIZE_MAX / 4);
}

void writer_to_memory(struct writer *w, size_t bytes_max)
{
    *w = (struct writer){.fd = -1};
    buf_init(&w->pending, bytes_max);
}

bool writer_flush(struct writer *w, struct error *e)
{
    if (w->fd < 0 || w->pending.len == 0) {
        return true;
    }
    if (!fd_write_all(w->fd, w->pending.at, w->pending.len, e)) {
        return false;
    }
    w->written += w->pending.len;
    w->pending.len = 0;
    return true;
}

static bool flush_if_full(struct writer *w, struct error *e)
{
    return w->fd < 0 || w->pending.len < WRITER_PENDING_BYTES || writer_flush(w, e);
}

bool writer_add(struct writer *w, str s, struct error *e)
{
    if (w->fd >= 0 && s.len >= WRITER_PENDING_BYTES) {
        if (!writer_flush(w, e) || !fd_write_all(w->fd, s.at, s.len, e)) {
            return false;
        }
        w->written += s.len;
        return true;
    }
    return buf_add_str(&w->pending, s, e) && flush_if_full(w, e);
}

bool writer_printf(struct writer *w, struct error *e, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    bool done = len >= 0 && buf_reserve(&w->pending, (size_t)len + 1, e);
    if (done) {
        vsnprintf(w->pending.at + w->pending.len, (size_t)len + 1, fmt, again);
        w->pending.len += (size_t)len;
    }
    va_end(again);
    return done && flush_if_full(w, e);
}

void writer_done(struct writer *w)
{
    buf_done(&w->pending);
}
