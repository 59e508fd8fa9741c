/* layer_difference.h: what a layer installs and removes against its parent's list. */
#ifndef LIMPID_API_LAYER_DIFFERENCE_H
#define LIMPID_API_LAYER_DIFFERENCE_H

#include "ops/layer.h"
#include "store/graph.h"

/* Each in the order of the lists. */
struct layer_difference {
    struct package *installed, *removed;
    size_t installed_count, removed_count;
};

/* Both lists are sorted in the same way (graph_layer_packages). A package manager's database stands
 * for its whole list, so that what it does not name is removed; files of status.d add to the list
 * below, or are taken away one by one. Text is borrowed. */
bool layer_compare(const struct layer_content *c, const struct graph_package *parent,
                   size_t parent_count, struct arena *arena, struct layer_difference *out,
                   struct error *e) MUST_USE;

#endif
