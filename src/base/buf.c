#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t bytes_max)
{
    *b = (struct buf){.bytes_max = bytes_max};
}

void buf_done(struct buf *b)
{
    free(b->at);
    b->at = NULL;
    b->len = b->room = 0;
}

bool buf_reserve(struct buf *b, size_t more, struct error *e)
{
    if (more > b->bytes_max - b->len) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %zu bytes", b->bytes_max);
    }
    if (more <= b->room - b->len) {
        return true;
    }
    size_t need = b->len + more;
    size_t room = b->room < 256 ? 256 : b->room;
    while (room < need) {
        room = room > b->bytes_max / 2 ? b->bytes_max : room * 2;
    }
    char *grown = realloc(b->at, room);
    if (grown == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for %zu bytes", room);
    }
    b->at = grown;
    b->room = room;
    return true;
}

bool buf_add(struct buf *b, const void *at, size_t len, struct error *e)
{
    if (len == 0) {
        return true;
    }
    if (!buf_reserve(b, len, e)) {
        return false;
    }
    memcpy(b->at + b->len, at, len);
    b->len += len;
    return true;
}

bool buf_add_str(struct buf *b, str s, struct error *e)
{
    return buf_add(b, s.at, s.len, e);
}

bool buf_add_char(struct buf *b, char c, struct error *e)
{
    return buf_add(b, &c, 1, e);
}

bool buf_printf(struct buf *b, struct error *e, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    bool done = len >= 0 && buf_reserve(b, (size_t)len + 1, e);
    if (done) {
        vsnprintf(b->at + b->len, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return done;
}

str buf_str(const struct buf *b)
{
    return (str){.at = b->at, .len = b->len};
}

void buf_drop(struct buf *b, size_t len)
{
    if (len > b->len) {
        len = b->len;
    }
    if (len > 0) {
        memmove(b->at, b->at + len, b->len - len);
        b->len -= len;
    }
}
