/* layer_says.h: from a single layer's facts to its content, for layer.c: its databases, what it
 * takes away from others, and the fold, with the files that links lead to. */
#ifndef LIMPID_OPS_LAYER_SAYS_H
#define LIMPID_OPS_LAYER_SAYS_H

#include "inventory/fold.h"
#include "ops/layer.h"

struct layer_says {
    struct arena *arena;
    struct layer_content *out;
    struct wanted_file *wanted; /* that links lead to, of all rounds */
    size_t wanted_count;
    bool again; /* the last fold wants more */
};

/* Databases and whiteouts, into `out`. LAYER_TOO_LARGE where one is above LAYER_FILE_MIB_MAX. */
enum layer_outcome layer_says_databases(struct layer_says *s, str facts, struct error *e) MUST_USE;

/* The inventory, into `out`; and whether the layer has to be read again. */
bool layer_says_fold(struct layer_says *s, str facts, bool last_round, struct error *e) MUST_USE;

#endif
