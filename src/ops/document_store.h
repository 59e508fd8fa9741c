/* document_store.h: documents of a feed on disk, in the store's folder:
 *
 *   documents/FEED/SHA256     a whole document, as it was served, named by its content
 *   documents/FEED/pending    what an update that failed, or had nothing new, leaves for the next
 *   documents/FEED/lock       held while the feed is being updated
 *   partial/FEED-HASH         a download that has not ended, HASH that of its URL
 *   partial/FEED-HASH.from    its URL and the validator by which it may be gone on with
 *
 * A document is fetched to the disk first and read from there: a download can be gone on with, a
 * checksum is known before a byte is parsed, and of a feed with many documents only those that have
 * changed are fetched. What the feed does not need any more is removed after each update. */
#ifndef LIMPID_OPS_DOCUMENT_STORE_H
#define LIMPID_OPS_DOCUMENT_STORE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

enum {
    PARTIAL_DAYS_MAX = 7,
    /* a document beyond this is not kept once it was read */
    DOCUMENT_KEEP_BYTES_MAX = 64 * 1024 * 1024,
};
#define PARTIAL_BYTES_MAX (UINT64_C(8) * 1024 * 1024 * 1024) /* all together */

struct document_store {
    int dir, partial, lock; /* -1: not open */
    str feed;
    struct arena *arena;
};

/* Makes the folders and takes the lock. ERROR_IO with EBUSY where another update has it. */
bool document_store_open(struct document_store *d, str data_dir, str feed, struct arena *arena,
                         struct error *e) MUST_USE;
void document_store_close(struct document_store *d); /* also one never opened, and twice */

/* A document by its content; -1 in `*fd` where it is not there or not what it should be. */
bool document_store_find(struct document_store *d, digest content, int *fd,
                         struct error *e) MUST_USE;

/* Removes all documents but these. */
void document_store_sweep(struct document_store *d, const digest *keep, size_t count);

/* The text of `pending`, in the arena, if it was left for this origin and the feed's validator. */
bool document_store_pending(struct document_store *d, str origin, str validator, str *out,
                            struct error *e) MUST_USE;
bool document_store_pend(struct document_store *d, str origin, str validator, str text,
                         struct error *e) MUST_USE;
void document_store_settle(struct document_store *d); /* removes it */

/* -- a download ----------------------------------------------------------------------------- */

struct partial {
    int fd; /* the file, open for appending; -1: none */
    str name;
    uint64_t size_bytes; /* there already */
    str if_range;        /* by which it may be gone on with; empty: begin anew */
    bool packed;         /* the server compressed it on its way */
};

/* The partial file of `url`, empty or not. */
bool partial_open(struct document_store *d, str url, struct partial *out, struct error *e) MUST_USE;

/* Begins it anew, with what it may be gone on by. */
bool partial_begin(struct document_store *d, struct partial *p, str url, str if_range, bool packed,
                   struct error *e) MUST_USE;
bool partial_add(struct partial *p, str bytes, struct error *e) MUST_USE;

/* It is whole: becomes a document, unless `want` (DIGEST_NONE: any) is another: ERROR_DIGEST, and
 * it is removed. */
bool partial_end(struct document_store *d, struct partial *p, digest want, digest *out,
                 struct error *e) MUST_USE;

/* Closes it; one that can be gone on with stays, unless `drop`. */
void partial_close(struct document_store *d, struct partial *p, bool drop);

/* Removes old ones, and the oldest of too many bytes. */
void partial_sweep(str data_dir, struct arena *arena);

#endif
