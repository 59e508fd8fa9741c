/* image_facts.h: what the files that are left after all layers say of the image as a whole. Inside
 * src/inventory only. */
#ifndef LIMPID_INVENTORY_IMAGE_FACTS_H
#define LIMPID_INVENTORY_IMAGE_FACTS_H

#include "inventory/tree.h"
#include "model/result.h"

/* More than these are left out, and told. */
enum { IMAGE_REPOSITORIES_MAX = 100000 };

/* Of the files that name a distribution, the surest one. */
void image_distribution(const struct tree *t, struct inventory *out);

/* The repositories that any file names: each layer of Red Hat's adds a manifest of its own. Text is
 * borrowed from the facts; notes of `out` are there already. */
bool image_repositories(const struct tree *t, struct arena *arena, struct inventory *out,
                        struct error *e) MUST_USE;

#endif
