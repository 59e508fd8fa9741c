/* feed_input.h: where the documents of a feed come from: a folder (feed_folder.c) or the network
 * (feed_network.c), by way of the disk. First what there is is found out (`find`), then it is
 * written into a pipe (`send`), by a thread of its own. */
#ifndef LIMPID_OPS_FEED_INPUT_H
#define LIMPID_OPS_FEED_INPUT_H

#include "base/arena.h"
#include "base/error.h"
#include "feed/feed.h"
#include "ops/update.h"

struct feed_input {
    const struct feed *feed;
    const struct ops_context *context;
    const struct update_options *options;
    str data_dir;         /* the store's folder */
    struct arena *arena;  /* of this feed's update; used by one thread at a time */
    bool has_data;        /* the store has advisories of the feed */
    bool only_full;       /* a delta is not wanted */
    str validator_before; /* of the last good fetch */
    str origin_before;    /* where that came from: a validator holds for one place only */

    /* How far it is; `total` is 0 where it is not known. */
    void (*fetching)(void *watcher, str what, uint64_t done_bytes, uint64_t total_bytes);
    void (*reading)(void *watcher, str what, uint64_t done, uint64_t total);
    void *watcher;

    /* results of find and send */
    str origin;
    str validator;
    bool absent;         /* there is no document of this feed */
    bool unchanged;      /* the publisher says that nothing is new */
    enum plan_mode mode; /* delta: what is sent are changes only */
    const str *drops;    /* delta: ids that are gone */
    size_t drops_count;
    const str *files; /* folder: paths below it, sorted */
    size_t files_count;
    int64_t date_s; /* newest date of a document */
    uint64_t received_bytes;
    void *state;
};

/* What there is to be had: fills origin, absent, unchanged, mode. */
bool feed_folder_find(struct feed_input *in, struct error *e) MUST_USE;
bool feed_network_find(struct feed_input *in, struct error *e) MUST_USE;

/* Writes the documents into `fd` (ops/documents.h). A worker that has ended is not an error here.
 */
bool feed_folder_send(struct feed_input *in, int fd, struct error *e) MUST_USE;
bool feed_network_send(struct feed_input *in, int fd, struct error *e) MUST_USE;

/* What the update came to: `committed` (or there was nothing new), or not. Keeps or removes
 * documents accordingly, and ends what find began; safe where it began nothing. */
enum feed_outcome { OUTCOME_COMMITTED, OUTCOME_UNCHANGED, OUTCOME_TRY_AGAIN, OUTCOME_NOT_READ };
void feed_network_done(struct feed_input *in, enum feed_outcome outcome);

#endif
