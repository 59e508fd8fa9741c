/* bundle_left_out.h: feeds whose publishers do not let them be passed on. */
#ifndef LIMPID_OPS_BUNDLE_LEFT_OUT_H
#define LIMPID_OPS_BUNDLE_LEFT_OUT_H

#include "store/store.h"

struct left_out {
    str *names;   /* first those that the store has */
    size_t count; /* of all of them */
    size_t there; /* of those that the store has: they are what is missing */
};

bool left_out_read(struct store *store, struct arena *arena, struct left_out *out,
                   struct error *e) MUST_USE;

#endif
