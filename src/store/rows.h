/* rows.h: the affected rows of a feed by package: what a scan asks for. Packages are numbered in
 * the order of their names; the names are one shelf (`package`), their rows another (`row`).
 *
 * A package's rows are one entry, or several one behind the other where they are many:
 *     number      of the package, as the difference to the entry before
 *     length      of what follows
 *     texts       length of all, how many; each: bytes shared with the one before, length, bytes
 *     sections    one a namespace and scope: twice the namespace's number, plus 1 for binary
 *                 packages; length; groups
 *     a group     rows that differ by their advisory alone:
 *                 which members differ from the group before (a byte), these, and the advisories */
#ifndef LIMPID_STORE_ROWS_H
#define LIMPID_STORE_ROWS_H

#include "model/advisory.h"
#include "store/shelf.h"
#include "store/words.h"

enum { NAMES_BLOCK_BYTES = 490, ROWS_BLOCK_BYTES = 4000 };

/* What the rows of a group have in common. */
struct row_group {
    uint32_t place; /* twice the namespace's number, plus 1 for binary packages */
    struct word_ref product, arch, module, word;
    enum fix_state state;
    enum severity severity;
    str fixed, introduced, last_affected;
};

/* -- writing --------------------------------------------------------------------------------- */

/* A row as a record that sorts by package, then group, then advisory. */
bool row_record_add(struct buf *to, str package, const struct row_group *group, uint32_t advisory,
                    struct error *e) MUST_USE;

struct rows_writer {
    struct shelf_writer names, rows;
    struct arena arena;         /* of the entry that is being gathered */
    struct buf package, middle; /* of the record before: the name, what tells its group */
    struct buf groups;          /* struct gathered_group */
    struct buf advisories;      /* uint32_t */
    struct buf texts;           /* str */
    struct buf entry, section, body;
    uint64_t number, entry_before; /* of the package; of the entry before in the block */
    size_t estimate;               /* bytes of the entry */
    bool began, continued;         /* a package is there; it has an entry already */
};

bool rows_writer_init(struct rows_writer *w, struct db *db, struct error *e) MUST_USE;
void rows_writer_done(struct rows_writer *w); /* twice is fine, and on a zeroed struct */

/* Records in their order; `*number` is the package's, and `*advisory` the row's. */
bool rows_add(struct rows_writer *w, str record, uint32_t *number, uint32_t *advisory,
              struct error *e) MUST_USE;
bool rows_end(struct rows_writer *w, struct db *db, struct error *e) MUST_USE;

/* -- reading --------------------------------------------------------------------------------- */

/* Takes groups, with the numbers of their advisories, ascending. */
struct row_sink {
    bool (*put)(struct row_sink *self, const struct row_group *group, const uint32_t *advisories,
                size_t count, struct error *e);
    uint32_t place;         /* rows of this place alone; ROW_PLACE_ANY: of all */
    const uint32_t *places; /* where it is not NULL: of these alone, whatever `place` says */
    size_t places_count;
};

enum { ROW_PLACE_ANY = -1 };

/* The package's number; false in `*found` where the feed has no rows of it. */
bool rows_package(struct shelf *names, struct buf *key, str package, uint64_t *number, bool *found,
                  struct error *e) MUST_USE;

/* The name of package `number`, in `key`. */
bool rows_package_name(struct shelf *names, struct buf *key, uint64_t number,
                       struct error *e) MUST_USE;

/* Gives the rows of a package to `to`. Texts are in `arena` or borrowed from the block. */
bool rows_read(struct shelf *rows, uint64_t package, struct arena *arena, struct row_sink *to,
               struct error *e) MUST_USE;

/* The same of every package, one after the other. `scratch` is emptied in between: nothing that the
 * sink is given stays. */
bool rows_walk(struct shelf *rows, struct arena *scratch, struct row_sink *to,
               struct error *e) MUST_USE;

#endif
