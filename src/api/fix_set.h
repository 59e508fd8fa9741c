/* fix_set.h: a set of fixes by system and name, or by version too: lists come from clients and
 * feeds and may be long. */
#ifndef LIMPID_API_FIX_SET_H
#define LIMPID_API_FIX_SET_H

#include "base/map.h"
#include "store/graph.h"

struct fix_set {
    struct map map;
    bool by_version;
};

void fix_set_init(struct fix_set *s, bool by_version, struct arena *arena);

/* Adds it; `*fresh` (may be NULL) tells whether it was not there. */
bool fix_set_add(struct fix_set *s, const struct graph_fix *fix, bool *fresh,
                 struct error *e) MUST_USE;
bool fix_set_add_all(struct fix_set *s, const struct graph_fix *fixes, size_t count,
                     struct error *e) MUST_USE;

/* Is it there? Takes no memory that stays. */
bool fix_set_has(struct fix_set *s, const struct graph_fix *fix, bool *has,
                 struct error *e) MUST_USE;

#endif
