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
    str from;         /* a folder or URL with the publishers' own paths below it; empty: the public
                         sites */
    const str *sites; /* "FEED=URL": this instead of the feed's own site */
    size_t sites_count;
    bool allow_shrink;
    unsigned jobs;              /* feeds at a time; 0: UPDATE_JOBS */
    unsigned timeout_s;         /* for fetching a feed; 0: a quarter of an hour */
    unsigned retries;           /* of a request; 0: 3; UINT_MAX: none */
    unsigned retry_wait_ms;     /* before the first one; 0: 1000 */
    str ca_file, proxy;         /* empty: what the environment says */
    struct update_watch *watch; /* or NULL */
};

enum { UPDATE_JOBS = 4, UPDATE_JOBS_MAX = 16 };

/* Told how far each feed is. Called by several threads, one at a time. */
enum update_step { UPDATE_FETCHING, UPDATE_WAITING, UPDATE_READING };
struct update_progress {
    str feed;
    enum update_step step;
    str what;             /* document */
    uint64_t done, total; /* bytes; of UPDATE_READING documents; total 0: not known */
};
struct update_result;
struct update_watch {
    void (*progress)(struct update_watch *self, const struct update_progress *p);
    void (*done)(struct update_watch *self, const struct update_result *result);
};

struct update_result {
    str feed;
    bool ok, unchanged;
    bool absent; /* --from has no document of this feed (no failure where all feeds were asked) */
    bool delta;  /* only what had changed was read */
    uint64_t advisories, rows, advisories_before;
    bool compared; /* the next three are known */
    uint64_t added, changed, removed;
    uint64_t received_bytes; /* of bodies, as they came over the network */
    str error;               /* where not ok */
    const str *notes;        /* what was left out */
    size_t notes_count;
};

/* Updates each feed by itself, several at a time: one that fails keeps its last good state. True
 * where every feed that was named, or at least one, could be updated; the results tell in any case.
 * ERROR_USAGE for a feed that does not exist. */
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
