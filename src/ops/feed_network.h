/* feed_network.h: what the files that get a feed's documents from the network share:
 * feed_network.c   the whole: what has changed, what is sent, what is kept
 * feed_remote.c    one document: its URL at the site or on a mirror, from there to the disk
 * feed_plan.c      rounds of index documents, read by a worker */
#ifndef LIMPID_OPS_FEED_NETWORK_H
#define LIMPID_OPS_FEED_NETWORK_H

#include "base/map.h"
#include "ops/download.h"
#include "ops/feed_input.h"

enum remote_state { REMOTE_UNKNOWN, REMOTE_HERE, REMOTE_MISSING };

/* A document of the feed. HERE: its content is known by its digest, and on the disk unless it is
 * `same` and was not kept. */
struct remote {
    str name; /* below the site, or a whole URL: as in struct feed.documents */
    str path; /* for the reader: below the site or mirror, with the suffix it has there */
    bool wanted;
    bool index, data, optional;
    bool listed;          /* in the feed's row, beside a plan */
    digest want, content; /* that an index gave, or DIGEST_NONE */
    enum remote_state state;
    bool same; /* as the last good update had it */
    bool read; /* as an index document */
    digest packed;
    uint64_t size_bytes;
    str etag, modified;
    int64_t date_s;
};

struct network {
    struct feed_input *in;
    struct fetch_client client;
    struct document_store store;
    struct downloads downloads;
    struct arena scratch;
    bool mirror;
    str base; /* of URLs: the mirror's, the user's or the publisher's, with '/' at the end */
    struct update_memory committed; /* what the feed's data in the store was made of */
    struct update_memory pending;   /* what was fetched since, in vain or for nothing new */
    struct remote **remotes;
    size_t count, room;
    struct map by_name, by_id;
    struct known_cursor *cursors; /* of this update */
    size_t cursors_count, cursors_room;
    str *drops;
    size_t drops_count, drops_room;
    bool need_full;
    int64_t started_s;
};

/* What a reader is told of it where nothing else is known: its path below the site or mirror; of a
 * whole URL at its own place, host and path. Without a query. */
str remote_own_path(const struct network *n, str name);

/* A document that is to be had; one that is there already gets the further flags. */
bool remote_add(struct network *n, const struct plan_document *d, struct error *e) MUST_USE;

/* The rows of a list in the form of feed.documents. */
bool remote_add_list(struct network *n, const char *const *list, bool index,
                     struct error *e) MUST_USE;

/* Finds out what it is now, and fetches it where it has changed. With `whole` it is fetched even
 * if it has not. A missing one that is not optional is an error, except on a mirror. */
bool remote_fetch(struct network *n, struct remote *r, bool whole, struct error *e) MUST_USE;

/* Makes sure that the content of one that is HERE is on the disk. */
bool remote_ensure(struct network *n, struct remote *r, struct error *e) MUST_USE;

/* Reads the plan's index documents, round by round. `*absent`: there are none. */
bool plan_rounds(struct network *n, enum plan_mode mode, bool *absent, struct error *e) MUST_USE;

/* A pipe's reader has gone: for senders. */
bool send_remote(struct network *n, const struct remote *r, str path, int fd,
                 struct error *e) MUST_USE;

#endif
