/* survey.h: what is known of a feed's data once all of it has gone by: what names it, what
 * `current` says of it, and what its file is made with. */
#ifndef LIMPID_STORE_SURVEY_H
#define LIMPID_STORE_SURVEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "store/items.h"

struct survey {
    digest hash; /* of its part */
    uint64_t part_bytes;
    uint64_t advisories, rows;
    int64_t newest_s; /* the newest date in it (published or modified), or 0 */
    /* Of the rows, sorted; the empty one, where advisories speak of no package. In the arena. */
    const str *namespaces;
    size_t namespaces_count;
    struct buf dictionary; /* for texts.h; may be empty */
};

void survey_init(struct survey *s);
void survey_done(struct survey *s); /* twice is fine, and on a zeroed struct */

/* Reads all of `from`. More than `namespaces_max` namespaces is ERROR_LIMIT. */
bool survey_make(struct survey *s, struct items *from, size_t namespaces_max, struct arena *arena,
                 struct error *e) MUST_USE;

#endif
