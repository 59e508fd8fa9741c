/* update.h: bring advisories up to date; and tell their state. */
#ifndef LIMPID_OPS_UPDATE_H
#define LIMPID_OPS_UPDATE_H

#include "base/arena.h"
#include "base/error.h"
#include "model/feed_state.h"
#include "ops/context.h"

struct update_options {
    const str *feeds; /* names; none: all */
    size_t feeds_count;
    str from; /* a folder or URL with the publishers' own paths below it; empty: the public
                 sites */
    bool allow_shrink;
    unsigned timeout_s; /* a feed; 0: the default */
};

struct update_result {
    str feed;
    bool ok, unchanged;
    bool absent; /* --from has no document of this feed (no failure where all feeds were asked) */
    uint64_t advisories, rows, advisories_before;
    bool compared; /* the next three are known */
    uint64_t added, changed, removed;
    str error;        /* where not ok */
    const str *notes; /* what was left out */
    size_t notes_count;
};

/* Updates each feed by itself: one that fails keeps its last good state. True where every feed
 * that was named, or at least one, could be updated; the results tell in any case. ERROR_USAGE for
 * a feed that does not exist. */
bool ops_update(const struct ops_context *context, const struct update_options *options,
                struct arena *arena, const struct update_result **results, size_t *count,
                struct error *e) MUST_USE;

struct feed_info { /* a feed that this program knows, whether or not the store has it */
    str name, summary, publisher, licence, site;
    bool redistributable;
    bool known_state;
    struct feed_state state;
};

struct generation_info {
    str name;
    int64_t since_s; /* when it became the current one */
    bool is_current;
    size_t feeds;
    uint64_t advisories;
};

struct status {
    str data_dir;
    str generation; /* empty: no advisories */
    const struct feed_info *feeds;
    size_t feeds_count;
    const struct generation_info *generations; /* the current one and those kept, newest first */
    size_t generations_count;
    uint64_t layers_cached, layers_bytes;
    str sandbox; /* "seccomp, Landlock ABI 7" */
};

bool ops_status(const struct ops_context *context, struct arena *arena, struct status *out,
                struct error *e) MUST_USE;

#endif
