/* changes.h: what differs between two generations of advisories: `limpid status --changes`. */
#ifndef LIMPID_OPS_CHANGES_H
#define LIMPID_OPS_CHANGES_H

#include "base/arena.h"
#include "base/error.h"
#include "ops/context.h"

struct changed_feed {
    str feed;
    uint64_t added, changed, removed;                 /* advisories */
    const str *added_ids, *changed_ids, *removed_ids; /* NULL where not asked for */
};

struct changes_report {
    str from, to; /* names of generations */
    const struct changed_feed *feeds;
    size_t count; /* of feeds that differ */
};

/* `range`: "FROM", "FROM..TO", "..TO" or empty; names of generations, or times. By default from the
 * generation kept last to the current one. */
bool ops_changes(const struct ops_context *context, str range, bool ids, struct arena *arena,
                 struct changes_report *out, struct error *e) MUST_USE;

#endif
