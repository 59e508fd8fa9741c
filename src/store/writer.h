/* writer.h: how a feed's new data becomes its current data; for the files of this folder. */
#ifndef LIMPID_STORE_WRITER_H
#define LIMPID_STORE_WRITER_H

#include "store/advisories.h"
#include "store/current.h"
#include "store/feedfile.h"
#include "store/gather.h"

struct advisories_writer {
    struct arena arena; /* this struct lives in it */
    struct store *store;
    str feed;
    struct gather gather;
    struct feedfile *older;         /* of a delta: what it goes on from */
    struct part_watch *watch;       /* asked while the file is made; or NULL */
    str scratch;                    /* directory of temporary files */
    struct advisories_writer *next; /* of this store's writers */
};

struct writer_made {
    struct current_feed
        feed; /* with file, hash, counts, sizes and namespaces, in the writer's arena */
    uint64_t advisories_before;
};

/* Puts the data into a file of its own that `current` does not name yet; where it is what `old` has
 * (the feed in `current`, or NULL), the file is the same. The shrink check of the header, unless
 * `allow_shrink`. */
bool writer_make(struct advisories_writer *w, const struct current_feed *old,
                 const struct advisories_commit_options *options, struct writer_made *out,
                 struct error *e) MUST_USE;

#endif
