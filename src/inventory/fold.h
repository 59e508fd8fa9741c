/* fold.h: the facts of the layers of one image, bottom to top, become its inventory. */
#ifndef LIMPID_INVENTORY_FOLD_H
#define LIMPID_INVENTORY_FOLD_H

#include "base/arena.h"
#include "base/error.h"
#include "model/result.h"

/* Each round follows one more link among places that no detector claims. */
enum { FOLD_ROUNDS_MAX = 8, FOLD_LINK_HOPS_MAX = 40, FOLD_PACKAGES_MAX = 1000000 };

/* A file that an image's links make one of a detector's files. */
struct wanted_file {
    str path; /* clean; with '/' at the end: every file in that folder */
    str role; /* one of a detector's `paths` */
};

/* `layers` encoded facts (encode.h), bottom first; text in the result is borrowed from them and
 * from `arena`. */
struct fold_input {
    const str *layers;
    size_t layers_count;
    const struct wanted_file *wanted; /* files that were read besides the claimed ones */
    size_t wanted_count;
    bool residues;   /* what is known but not installed counts as a package */
    bool last_round; /* nothing more is wanted: what is missing is reported */
};

/* Fills distribution, packages and notes of `out` (image and namespace are the caller's).
 *
 * Links of the image may lead from a known database path to a file that no detector claims by its
 * path. Such places are listed in `*wanted` (clean path, and the role it plays): the caller reads
 * the layers again with them (collect.h) and folds again; after FOLD_ROUNDS_MAX rounds what is
 * still wanted is reported as incomplete. `in->wanted` are those that were read. */
bool inventory_fold(const struct fold_input *in, struct arena *arena, struct inventory *out,
                    const struct wanted_file **wanted, size_t *wanted_count,
                    struct error *e) MUST_USE;

#endif
