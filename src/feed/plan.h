/* plan.h: feeds whose documents are found by reading others: a list of mirrors, an index with
 * checksums, a list of what has changed. The process that fetches cannot read, and the process that
 * reads cannot fetch: so the parent fetches index documents, a worker reads each with `next` and
 * answers what to fetch, and the parent checks those answers as it would any input
 * (ops/plan_check.h) before it lets them be fetched. What `next` names may be index documents in
 * turn: another round.
 *
 * Two ways to bring a feed up to date:
 *   full    everything is read anew, and replaces what was there
 *   delta   only what has changed since the last time, and what is gone
 * A plan without a delta is always full; a document that has not changed is not fetched again then,
 * but read from a copy. */
#ifndef LIMPID_FEED_PLAN_H
#define LIMPID_FEED_PLAN_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/reader.h"

struct feed;

/* Bounds of what a plan may answer, checked by the parent. */
enum {
    PLAN_URL_BYTES_MAX = 2048,
    PLAN_ID_BYTES_MAX = 200,
    PLAN_CURSOR_BYTES_MAX = 1024,
    PLAN_DOCUMENTS_MAX = 20000,
    PLAN_DROPS_MAX = 200000,
    PLAN_ROUNDS_MAX = 2000,
};

enum plan_mode { PLAN_FULL, PLAN_DELTA };

struct plan_document {
    str url;        /* below the feed's site, or whole: then on a host that the plan allows */
    str id;         /* of documents with one id only the first is fetched; or empty */
    bool index;     /* `next` reads it */
    bool data;      /* the feed's reader reads it; both is possible (pages) */
    bool optional;  /* the publisher may have none: 404 is no failure */
    digest packed;  /* SHA-256 of its bytes as they are served, or DIGEST_NONE */
    digest content; /* SHA-256 of what it unpacks to, or DIGEST_NONE */
};

/* Where `next` puts its answers; false stops it. Texts are copied. */
struct plan_sink {
    bool (*fetch)(struct plan_sink *self, const struct plan_document *document, struct error *e);

    /* Delta: the advisory with this id is gone. */
    bool (*drop)(struct plan_sink *self, str id, struct error *e);

    /* What `next` is to get as the cursor of the index document `index` (its URL, as in
     * plan_question) in the next delta. */
    bool (*cursor)(struct plan_sink *self, str index, str value, struct error *e);

    /* Delta: what has changed cannot be told from here; everything must be read. */
    bool (*full)(struct plan_sink *self, struct error *e);
};

struct plan_question {
    str url; /* of the index document, in the form of plan_document.url */
    enum plan_mode mode;
    str cursor; /* of this index document; empty: none */
};

struct feed_plan {
    /* Index documents to begin with, in the form of feed.documents ('?': may be missing). */
    const char *const *full;
    const char *const *delta; /* NULL: as `full` */

    /* Or: of each of the feed's documents FOLDER/all.zip the index document FOLDER/`beside`. Other
     * documents of the feed are wanted as they are. */
    const char *beside;

    /* The feed's own documents are wanted in any case: the index only adds to them. */
    bool and_documents;

    /* Other hosts than the site's that answers may name: "cdn.example.org", or ".example.org" for
     * all below it; over https, or where "http://" stands in front, over http too. Ends with NULL;
     * NULL: none. */
    const char *const *hosts;

    size_t delta_max; /* more changed documents than this: full; 0: there is no delta */
    bool records;     /* a document of a delta is one record: a damaged one spoils itself only */
    int64_t full_every_s;  /* a full read at least this often; 0: a delta is enough for ever */
    bool delta_after_full; /* what the full read gets is old: a delta follows at once */

    /* Reads one index document. ERROR_FORMAT where it is none, or is not whole. */
    bool (*next)(const struct feed *self, const struct plan_question *question, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e);
};

#endif
