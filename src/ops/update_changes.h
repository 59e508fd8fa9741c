/* update_changes.h: how many advisories of each feed an update brought, changed and took away. */
#ifndef LIMPID_OPS_UPDATE_CHANGES_H
#define LIMPID_OPS_UPDATE_CHANGES_H

#include "ops/update.h"
#include "store/store.h"

/* Fills the counts of `results` from what the store had when it was `generation` (its name before
 * the update; empty: nothing). Where that was not kept, the counts stay unknown: no error. */
bool update_changes(struct store *store, str generation, struct arena *arena,
                    struct update_result *results, size_t count, struct error *e) MUST_USE;

#endif
