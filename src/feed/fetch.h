/* fetch.h: a feed's documents over HTTP, from the publisher's site or from a mirror. For the
 * parent; what is fetched is read elsewhere (feed->read, in a worker). */
#ifndef LIMPID_FEED_FETCH_H
#define LIMPID_FEED_FETCH_H

#include "feed/feed.h"
#include "fetch/client.h"

struct feed_fetch_options {
    str mirror;         /* the URL that the user gave; empty: the publisher's site */
    str validator;      /* of the last answer for this document, or empty */
    unsigned timeout_s; /* 0: the client's default */
};

struct feed_fetched {
    bool absent;    /* the mirror does not have it */
    bool unchanged; /* since `validator` */
    str url;        /* that was asked for */
    str path;       /* for struct feed_document: without a suffix of compression */
    str validator;  /* to keep for the next time; empty: the server gives none */
    int64_t date_s; /* Last-Modified, or 0 */
};

/* The document's path below a mirror. Documents that are whole URLs have a '#' where it begins. */
str feed_document_path(const struct feed *f, size_t index);

/* Its URL, below `mirror` where that is not empty, with `suffix` (".zst", or empty) there. */
bool feed_document_url(const struct feed *f, size_t index, str mirror, str suffix,
                       struct arena *arena, str *out, struct error *e) MUST_USE;

/* Asks for the i-th document. On a mirror, it may also be there with .zst, .xz, .gz or .bz2; one
 * that is not there at all is no error. Unless absent or unchanged, the body, compressed or not,
 * is fetch_body(c). ERROR_REMOTE for other answers than 200, 304 and a mirror's 404. */
bool feed_fetch(struct fetch_client *c, const struct feed *f, size_t index,
                const struct feed_fetch_options *options, struct arena *arena,
                struct feed_fetched *out, struct error *e) MUST_USE;

#endif
