/* feed_input.h: where the documents of a feed come from: a folder (feed_folder.c) or the network,
 * through the fetch program (feed_fetch.c). */
#ifndef LIMPID_OPS_FEED_INPUT_H
#define LIMPID_OPS_FEED_INPUT_H

#include "base/arena.h"
#include "base/error.h"
#include "feed/feed.h"
#include "ops/update.h"

struct feed_input {
    const struct feed *feed;
    const struct update_options *options;
    struct progress *progress; /* or NULL */
    struct arena *arena;       /* of this feed's update; used by one thread at a time */
    str validator_before;      /* of the last good fetch */
    str origin_before;         /* where that came from: a validator holds for one place only */
    /* results of find and send */
    str origin;
    str validator;
    bool absent;      /* there is no document of this feed */
    bool unchanged;   /* the publisher says that nothing is new */
    const str *files; /* folder: paths below it, sorted */
    size_t files_count;
    int64_t date_s; /* newest date of a document */
    void *state;
};

/* What there is to be had: fills origin, absent, unchanged. */
bool feed_folder_find(struct feed_input *in, struct error *e) MUST_USE;
bool feed_fetch_find(struct feed_input *in, struct error *e) MUST_USE;

/* Writes the documents into `fd` (ops/documents.h). A worker that has ended is not an error here.
 */
bool feed_folder_send(struct feed_input *in, int fd, struct error *e) MUST_USE;
bool feed_fetch_send(struct feed_input *in, int fd, struct error *e) MUST_USE;

/* Ends what find began; safe where it began nothing. */
void feed_fetch_done(struct feed_input *in);

#endif
