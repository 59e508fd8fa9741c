/* gather.h: advisories in whatever order they come, as a stream of items in the one order; more of
 * them than fit into memory go through temporary files (spill.h).
 *
 * The same id may come again: rows and ids add up; of two ratings the higher stands, of dates the
 * earliest publication and the latest change; it is withdrawn when all say so; of descriptions and
 * URLs the longest stands, of exploitation the most. But of advisories that are `whole` only those
 * with the latest change count. */
#ifndef LIMPID_STORE_GATHER_H
#define LIMPID_STORE_GATHER_H

#include "base/arena.h"
#include "store/items.h"
#include "store/spill.h"

enum { GATHER_TEXT_BYTES_MAX = 64 * 1024 }; /* of each text; more is ERROR_LIMIT */

struct gather {
    struct items items; /* after gather_sort */
    struct spill spill;
    struct buf record, key;
    struct arena head_arena, row_arena; /* the item that was given last */
    struct arena_mark head_mark, row_mark;
    struct advisory head; /* merged from all statements about the id */
    uint64_t edition_s;   /* of the advisory that is being written, or of the head that was read */
    str ready;            /* a record that was read and not given; at NULL: none */
    uint64_t count;       /* of statements and drops */
};

void gather_init(struct gather *g, const char *dir, size_t budget_bytes);
void gather_done(struct gather *g); /* twice is fine, and on a zeroed struct */

bool gather_add(struct gather *g, const struct advisory *advisory, struct error *e) MUST_USE;
bool gather_drop(struct gather *g, str id, struct error *e) MUST_USE;

/* Nothing is added any more; g->items can be read. */
bool gather_sort(struct gather *g, struct error *e) MUST_USE;

/* The stream `older` with the advisories of `newer` in place of its own, and without those that
 * `newer` drops. Both are borrowed. */
struct overlay {
    struct items items;
    struct items *older, *newer;
    struct item item[2]; /* the next one of each */
    bool there[2], read[2];
    struct buf skipped; /* the key of an advisory of which `older` says nothing any more */
};

void overlay_init(struct overlay *o, struct items *older, struct items *newer);
void overlay_done(struct overlay *o);

#endif
