/* sqlitefile.h: the rows of one table of an SQLite database, read from the file's b-trees alone
 * (https://sqlite.org/fileformat2.html). No SQL of the file is run: a view, a trigger or a virtual
 * table is never more than a name. A write-ahead log beside the file is not looked at.
 *
 * A damaged page or cell is one failure; the others are still given. Bounded by the file: each
 * page of the tree is visited once, overflow pages twice their number in all. */
#ifndef LIMPID_FORMAT_SQLITEFILE_H
#define LIMPID_FORMAT_SQLITEFILE_H

#include "base/arena.h"
#include "format/blobs.h"
#include "format/random.h"

enum {
    SQLITEFILE_DEPTH_MAX = 20,          /* SQLite's own limit */
    SQLITEFILE_SCHEMA_ROWS_MAX = 10000, /* looked at for the table */
    SQLITEFILE_SCHEMA_ROW_BYTES_MAX = 8 * 1024,
};

struct sqlitefile_level {
    uint32_t page;
    unsigned cells, next; /* children are cells + 1 */
};

struct sqlitefile {
    struct blobs base;
    struct random *from; /* borrowed */
    uint32_t page_bytes, usable_bytes;
    uint64_t pages, pages_stated; /* in the file, by its header */
    uint8_t *held;                /* one page of the tree, in the arena */
    uint32_t held_page;           /* 0: none */
    uint8_t *visited;             /* a bit for each page, in the arena */
    struct sqlitefile_level path[SQLITEFILE_DEPTH_MAX];
    unsigned depth;
    unsigned cells, cell; /* of the leaf that is held; the next */
    unsigned column;      /* the one whose values are given */
    uint64_t visits_left; /* of overflow pages */
    bool told_cut;

    /* The row given last: what of it lies in the leaf, then overflow pages. */
    str local;
    uint64_t row_left, skip, value_left; /* bytes of the row, before the value, of the value */
    uint32_t overflow_page;
    uint64_t steps, check_at;
    uint32_t check_page; /* where the chain was at a power of two of steps: meeting it is a cycle */
};

bool sqlitefile_matches(const uint8_t *at, size_t len);

/* Opens the file and finds `column` (of type BLOB) in the ordinary table `table`; both are
 * compared without regard to case. ERROR_FORMAT: nothing can be read. Memory in the arena: a page,
 * and a bit for each page of the file. */
bool sqlitefile_open(struct sqlitefile *s, struct random *from, str table, str column,
                     struct arena *arena, struct error *e) MUST_USE;

#endif
