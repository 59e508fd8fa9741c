/* fold.h: the facts of the layers of one image, bottom to top, become its inventory. */
#ifndef LIMPID_INVENTORY_FOLD_H
#define LIMPID_INVENTORY_FOLD_H

#include "base/arena.h"
#include "base/error.h"
#include "model/result.h"

struct fold;

/* `layers` encoded facts (encode.h), bottom first; text in the result is borrowed from them and
 * from `arena`. */
struct fold_input {
    const str *layers;
    size_t layers_count;
};

/* Fills distribution, packages and notes of `out` (image and namespace are the caller's).
 *
 * Links of the image may lead from a known database path to a file that no detector claims by its
 * path. Such places are listed in `*wanted` (clean path, and the role it plays): the caller reads
 * the layers again with them (worker/worker.h) and folds again. */
struct wanted_file {
    str path;
    str role;
};

bool inventory_fold(const struct fold_input *in, struct arena *arena, struct inventory *out,
                    const struct wanted_file **wanted, size_t *wanted_count, struct error *e)
    MUST_USE;

#endif
