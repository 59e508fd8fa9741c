/* open_store.h: the store that a context names. */
#ifndef LIMPID_OPS_OPEN_STORE_H
#define LIMPID_OPS_OPEN_STORE_H

#include "ops/context.h"
#include "store/store.h"

/* context->data_dir, or the default folder (store_default_dir), answering from context->db and as
 * of context->as_of where they are set. */
bool ops_open_store(const struct ops_context *context, struct arena *arena, struct store **out,
                    struct error *e) MUST_USE;

#endif
