/* download.h: one document from the network to the disk: asked for only if it has changed, gone on
 * with where it broke off (now, or in an earlier run), and checked. The network is the fetch
 * program's (fetch/client.h); the disk is ops/document_store.h. */
#ifndef LIMPID_OPS_DOWNLOAD_H
#define LIMPID_OPS_DOWNLOAD_H

#include "fetch/client.h"
#include "ops/document_store.h"
#include "ops/update_memory.h"

enum {
    DOWNLOAD_RESUMES_MAX = 20, /* of one document in one run, and RETRIES without progress */
    DOWNLOAD_SPEED_MIN = 256,  /* bytes a second over half a minute */
    DOWNLOAD_WAIT_MS_MAX = 30000,
};
#define DOWNLOAD_BYTES_MAX (UINT64_C(8) * 1024 * 1024 * 1024)

/* Where downloads of one feed come from and go to. */
struct downloads {
    struct fetch_client *client;
    struct document_store *store;
    struct arena *scratch; /* of one request */
    str user_base; /* with '/' at the end: URLs below it were named by the user, so that private
                      addresses and http are allowed; or empty */
    uint64_t deadline_ns;
    unsigned timeout_s; /* what the deadline was made of, for messages */
    unsigned retries;   /* UINT_MAX: none; 0: the default */
    unsigned retry_wait_ms;
    void (*progress)(void *arg, str url, uint64_t done_bytes, uint64_t total_bytes); /* or NULL */
    void *progress_arg;
    uint64_t received_bytes; /* bodies, so far */
};

struct download {
    str url;
    bool allow_http;
    bool pack; /* ask the server to compress it on its way: it is not compressed already */
    const struct known_document *known; /* asked for only if it has changed since; or NULL */
    digest want;                        /* SHA-256, or DIGEST_NONE */
};

enum download_outcome {
    DOWNLOAD_NEW,     /* it is in the store */
    DOWNLOAD_SAME,    /* what is known of it still holds */
    DOWNLOAD_ABSENT,  /* 404 or 410 */
    DOWNLOAD_REFUSED, /* 403: of a mirror, the same as absent */
};

struct downloaded {
    enum download_outcome outcome;
    digest packed;
    uint64_t size_bytes;
    str etag, modified; /* in the store's arena */
    int64_t date_s;     /* of Last-Modified, or 0 */
};

/* What could not be had: ERROR_REMOTE (LIMIT, DIGEST, IO) with the URL in it. */
bool download_run(struct downloads *d, const struct download *what, struct downloaded *out,
                  struct error *e) MUST_USE;

/* "Tue, 24 Nov 2026 08:00:00 GMT" (RFC 9110, IMF-fixdate) as seconds; 0 for anything else. */
int64_t download_date(str text);

#endif
