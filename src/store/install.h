/* install.h: parts that came from elsewhere (a bundle, another limpid) as the store's data: each
 * through a writer into a file of its own, then `current` names them all in one step.
 *
 *     install_begin ─► install_part … ─► install_end
 *
 * The lock is held from begin to end. Until the end nothing is seen of it; whatever fails before
 * leaves the store as it was. */
#ifndef LIMPID_STORE_INSTALL_H
#define LIMPID_STORE_INSTALL_H

#include "store/current.h"
#include "stream/reader.h"

struct install_part {
    str feed;
    digest content; /* of the part (part.h) */
    uint64_t bytes; /* of the same */
    int64_t date_s; /* of the data */
    uint64_t advisories, rows;
};

struct install {
    struct arena arena;
    struct store *store;
    str origin, validator;        /* of every feed */
    struct current before, after; /* as it is named now, and will be */
    bool locked;
    struct part_watch *watch; /* asked while a part is put; NULL after the begin */
};

bool install_begin(struct install *in, struct store *s, str origin, str validator,
                   struct error *e) MUST_USE;

/* Whether the feed's data here is newer than `date_s`. */
bool install_is_newer(const struct install *in, str feed, int64_t date_s, int64_t *installed_s);

/* Whether the feed's data here is that already, in a file that can be read. */
bool install_has(struct install *in, const struct install_part *part);

/* Takes over what is there (install_has), with the part's date. */
bool install_keep(struct install *in, const struct install_part *part, struct error *e) MUST_USE;

/* The part's bytes. They must be the very ones that limpid writes, with that digest and these
 * counts. */
bool install_put(struct install *in, const struct install_part *part, struct reader *bytes,
                 struct error *e) MUST_USE;

/* Switches to what was put; without `commit`, or where that fails, it is thrown away. Needed after
 * every begin, also one that failed; twice is fine. */
bool install_end(struct install *in, bool commit, struct error *e) MUST_USE;

#endif
