#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *before;
    size_t used, room;
    _Alignas(64) char bytes[];
};

enum { BLOCK_BYTES_MIN = 4 * 1024, BLOCK_BYTES_MAX = 256 * 1024 };

void arena_init(struct arena *a, size_t budget_bytes, const char *what)
{
    *a = (struct arena){.budget_bytes = budget_bytes, .what = what};
}

void arena_done(struct arena *a)
{
    while (a->last != NULL) {
        struct arena_block *gone = a->last;
        a->last = gone->before;
        free(gone);
    }
    a->taken_bytes = 0;
}

/* Blocks double from 4 KiB to 256 KiB: small work stays small, large work makes few calls. */
static size_t next_block_room(const struct arena *a, size_t need)
{
    size_t room = a->last == NULL ? BLOCK_BYTES_MIN : a->last->room * 2;
    if (room > BLOCK_BYTES_MAX) {
        room = BLOCK_BYTES_MAX;
    }
    size_t left = a->budget_bytes - a->taken_bytes;
    if (room > left) {
        room = left;
    }
    return room < need ? need : room;
}

static bool block_add(struct arena *a, size_t need, struct error *e)
{
    if (need > a->budget_bytes - a->taken_bytes) {
        return error_set(e, ERROR_LIMIT, "%s needs more than the limit of %zu bytes", a->what,
                         a->budget_bytes);
    }
    size_t room = next_block_room(a, need);
    struct arena_block *block = NULL;
    if (room <= SIZE_MAX - sizeof(*block)) {
        /* aligned_alloc wants a multiple of the alignment */
        size_t all = (sizeof(*block) + room + 63) & ~(size_t)63;
        block = aligned_alloc(64, all);
    }
    if (block == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for %s (%zu bytes)", a->what, room);
    }
    *block = (struct arena_block){.before = a->last, .room = room};
    a->last = block;
    a->taken_bytes += room;
    return true;
}

void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align, struct error *e)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        error_set(e, ERROR_LIMIT, "%s: %zu times %zu bytes is too much", a->what, count, size);
        return NULL;
    }
    if (bytes == 0) {
        bytes = 1;
    }
    struct arena_block *block = a->last;
    size_t at = block == NULL ? 0 : (block->used + align - 1) & ~(align - 1);
    if (block == NULL || at > block->room || bytes > block->room - at) {
        if (!block_add(a, bytes, e)) {
            return NULL;
        }
        block = a->last;
        at = 0;
    }
    block->used = at + bytes;
    memset(block->bytes + at, 0, bytes);
    return block->bytes + at;
}

bool arena_str(struct arena *a, str s, str *out, struct error *e)
{
    if (s.len == SIZE_MAX) {
        return error_set(e, ERROR_LIMIT, "text too long");
    }
    char *copy = arena_alloc(a, s.len + 1, 1, 1, e);
    if (copy == NULL) {
        return false;
    }
    if (s.len > 0) {
        memcpy(copy, s.at, s.len);
    }
    *out = (str){.at = copy, .len = s.len};
    return true;
}

bool arena_key(struct arena *a, const str *texts, size_t count, str *out, struct error *e)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += sizeof(texts[i].len) + texts[i].len; /* all of them lie in memory */
    }
    char *to = arena_alloc(a, len, 1, 1, e);
    if (to == NULL) {
        return false;
    }
    *out = (str){.at = to, .len = len};
    for (size_t i = 0; i < count; i++) {
        memcpy(to, &texts[i].len, sizeof(texts[i].len));
        to += sizeof(texts[i].len);
        if (texts[i].len > 0) {
            memcpy(to, texts[i].at, texts[i].len);
            to += texts[i].len;
        }
    }
    return true;
}

bool arena_printf(struct arena *a, str *out, struct error *e, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    bool done = false;
    char *text = NULL;
    if (len < 0 || len > 64 * 1024) {
        error_set(e, ERROR_LIMIT, "text too long");
    } else if ((text = arena_alloc(a, (size_t)len + 1, 1, 1, e)) != NULL) {
        vsnprintf(text, (size_t)len + 1, fmt, again);
        *out = (str){.at = text, .len = (size_t)len};
        done = true;
    }
    va_end(again);
    return done;
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){.block = a->last, .used = a->last == NULL ? 0 : a->last->used};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    while (a->last != mark.block) {
        struct arena_block *gone = a->last;
        a->last = gone->before;
        a->taken_bytes -= gone->room;
        free(gone);
    }
    if (a->last != NULL) {
        a->last->used = mark.used;
    }
}

bool arena_grow(struct arena *a, void **items, size_t count, size_t *room, size_t size,
                struct error *e)
{
    if (count < *room) {
        return true;
    }
    size_t more = *room == 0 ? 8 : *room * 2;
    if (more < *room) {
        return error_set(e, ERROR_LIMIT, "%s: too many items", a->what);
    }
    void *grown = arena_alloc(a, more, size, 16, e);
    if (grown == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(grown, *items, count * size);
    }
    *items = grown;
    *room = more;
    return true;
}
