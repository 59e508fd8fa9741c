/* csaf_rows.h: rows of one advisory, of which publishers have one an architecture and product
 * stream, brought down to those that differ. Inside src/feed only. */
#ifndef LIMPID_FEED_CSAF_ROWS_H
#define LIMPID_FEED_CSAF_ROWS_H

#include "base/arena.h"
#include "base/error.h"
#include "model/advisory.h"

struct csaf_row {
    struct affected row;
    str stream; /* the publisher's product: "AppStream-9.2.0.Z.MAIN.EUS" */
    str build;  /* version that the statement is about, also where the row has none */
};

struct csaf_rows {
    struct arena *arena;
    struct csaf_row **at;
    size_t count, room;
};

/* Keeps a copy; text is borrowed until csaf_rows_finish's result is done with. */
bool csaf_rows_add(struct csaf_rows *rows, const struct csaf_row *row, struct error *e) MUST_USE;

/* Brings them down, in an order that depends on the rows alone:
 * - In one stream, a package of which all architectures say the same gets one row, without
 *   architecture; else one an architecture.
 * - "Not affected" of a package that the same product has as affected or fixed as well is taken
 *   out (the builds differ, and the row could not say which); so is a source package of which a
 *   build is fixed. `*contradicted` counts them.
 * - Equal rows of several streams are one. */
bool csaf_rows_finish(struct csaf_rows *rows, const struct affected **out, size_t *count,
                      uint64_t *contradicted, struct error *e) MUST_USE;

#endif
