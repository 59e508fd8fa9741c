/* arena.h: memory of one piece of work (a layer, a request), freed as a whole.
 *
 * An arena grows by blocks up to its budget. Past the budget is ERROR_LIMIT; the system's refusal
 * is ERROR_MEMORY. Nothing in it is freed singly; for scratch: mark, work, rewind.
 * One arena belongs to one thread at a time. */
#ifndef LIMPID_BASE_ARENA_H
#define LIMPID_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *last; /* the block being filled; earlier ones hang behind it */
    size_t budget_bytes;      /* all blocks together may not exceed this */
    size_t taken_bytes;       /* all blocks together */
    const char *what;         /* "the facts of a layer", for the message at the limit */
};

struct arena_mark {
    struct arena_block *block;
    size_t used;
};

/* An empty arena; takes no memory yet. `what` is a literal, for messages. */
void arena_init(struct arena *a, size_t budget_bytes, const char *what);
void arena_done(struct arena *a); /* may be called twice, and on a zeroed struct */

/* `count` times `size` bytes (checked), zeroed, aligned to `align` (a power of two ≤ 64).
 * A size of 0 gives a valid pointer. NULL on failure, with the reason in `e`. */
void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align,
                  struct error *e) MUST_USE;

#define ARENA_NEW(a, type, e) ((type *)arena_alloc((a), 1, sizeof(type), _Alignof(type), (e)))
#define ARENA_ARRAY(a, n, type, e)                                                                 \
    ((type *)arena_alloc((a), (n), sizeof(type), _Alignof(type), (e)))

/* A copy of `s` in the arena, followed by a NUL that its length does not count. */
bool arena_str(struct arena *a, str s, str *out, struct error *e) MUST_USE;

/* The texts with their lengths, one after the other, as the key of a map: no other list gives the
 * same. */
bool arena_key(struct arena *a, const str *texts, size_t count, str *out, struct error *e) MUST_USE;

/* printf into the arena; at most 64 KiB. */
bool arena_printf(struct arena *a, str *out, struct error *e, const char *fmt, ...)
    PRINTF(4, 5) MUST_USE;

/* A mark, and back to it: all that was allocated since is gone. */
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Grows an array that lives in an arena: makes room for one more element in `*items` (element
 * size `size`, alignment `align`), doubling; the old array stays behind in the arena. */
bool arena_grow(struct arena *a, void **items, size_t count, size_t *room, size_t size,
                struct error *e) MUST_USE;

#endif
