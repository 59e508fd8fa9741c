/* shelf.h: a long list as small blocks in a table, each a row of it: what lists are made of in a
 * feed's file. Entries are numbered from 0 and may have keys, in order; the blocks are too small to
 * be a cost, and large enough that neighbours can be told by what differs.
 *
 * The fence, one for each shelf, says of every block the number and the key of its first entry. A
 * reader keeps it in memory, so that finding the block is a binary search and reading it is one
 * look-up by number.
 *
 * A key, in a block: a varint v. Even: a key with the same text before its last digits, and
 * v / 4 + 1 more in them. Odd: v / 4 bytes are shared with the key before, then a varint, how many
 * follow, and these. Bit 1 is the caller's. */
#ifndef LIMPID_STORE_SHELF_H
#define LIMPID_STORE_SHELF_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/engine.h"

enum {
    SHELF_KEY_BYTES_MAX = 256 * 1024,
    SHELF_BLOCKS_MAX = 1 << 26,
    SHELF_CACHE = 16, /* blocks that a reader keeps */
};

/* -- writing --------------------------------------------------------------------------------- */

struct shelf_writer {
    struct statement *insert;
    const char *name;
    size_t block_bytes; /* a block is ended before it has more, unless it has one entry only */
    struct buf block, key, fence, fence_key;
    int64_t blocks;             /* written */
    uint64_t first, last_first; /* number of the block's first entry, and of the block before's */
    bool started;               /* the block has an entry */
};

/* `table` is also the fence's name. */
bool shelf_writer_init(struct shelf_writer *w, struct db *db, const char *table, size_t block_bytes,
                       struct error *e) MUST_USE;
void shelf_writer_done(struct shelf_writer *w); /* twice is fine, and on a zeroed struct */

/* Ends the block if `bytes` more would be too many; `*anew` tells that a block begins, with entry
 * number `number` and `key` (which may be empty: a list without keys). Then the entry is added to
 * `block` by its parts: shelf_key, if there are keys, and whatever the caller adds. */
bool shelf_begin(struct shelf_writer *w, uint64_t number, str key, size_t bytes, bool *anew,
                 struct error *e) MUST_USE;
bool shelf_key(struct shelf_writer *w, str key, bool flag, struct error *e) MUST_USE;

/* Writes the last block, and the fence. */
bool shelf_end(struct shelf_writer *w, struct db *db, struct error *e) MUST_USE;

/* -- reading --------------------------------------------------------------------------------- */

struct shelf_fence {
    uint64_t number;
    str key;
};

struct shelf {
    struct statement *select;
    struct arena arena; /* the fence */
    const struct shelf_fence *fence;
    size_t blocks;
    bool loaded;
    struct {
        size_t number; /* + 1; 0: nothing */
        struct buf bytes;
    } cache[SHELF_CACHE];
};

void shelf_init(struct shelf *s);
void shelf_done(struct shelf *s); /* twice is fine, and on a zeroed struct */

/* Reads the fence, the first time. Bytes of a file are input: what is read may be anything, and
 * is ERROR_FORMAT where it cannot be. */
bool shelf_load(struct shelf *s, struct db *db, const char *table, struct error *e) MUST_USE;

/* The last block whose first entry has this number or key, or a lower one; false where there is
 * none. */
bool shelf_find_number(const struct shelf *s, uint64_t number, size_t *block);
bool shelf_find_key(const struct shelf *s, str key, size_t *block);

/* A block's bytes, valid until SHELF_CACHE others were read. */
bool shelf_read(struct shelf *s, size_t block, str *bytes, struct error *e) MUST_USE;

/* Walks the entries of a block that have keys. */
struct shelf_walk {
    str rest;
    struct buf *key; /* of the entry; borrowed */
    bool flag;
};

/* The next key; what follows in `rest` is the caller's to take. */
enum step shelf_walk_next(struct shelf_walk *w, struct error *e) MUST_USE;

/* A number off the front. ERROR_FORMAT where there is none below `bound`. */
bool shelf_number(str *rest, uint64_t bound, uint64_t *out, struct error *e) MUST_USE;
bool shelf_number32(str *rest, uint32_t *out, struct error *e) MUST_USE;

/* Its length and that many bytes, borrowed. */
bool shelf_text(str *rest, str *out, struct error *e) MUST_USE;

#endif
