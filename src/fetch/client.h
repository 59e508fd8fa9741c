/* client.h: HTTP for the parent, through the fetch program, a child process that alone loads
 * libcurl and alone connects. One client has one child and one request at a time; a second
 * request before the first one's body ends reads that body away first. One thread at a time.
 *
 *     REQUEST ─► fetch_get ─► head ─► fetch_body … END ─► fetch_get …  ─► fetch_stop
 *
 * The child refuses: other schemes than https (http where the caller allows it, and never after
 * https), addresses that are not of the public internet (unless the caller says that the user
 * named this very host and port), more than FETCH_REDIRECTS_MAX redirects. It tries again what
 * failed for a time (429, 5xx, no connection), before the first byte of a body. Proxies and
 * certificates: https_proxy, http_proxy, all_proxy, no_proxy, SSL_CERT_FILE, SSL_CERT_DIR of the
 * environment, and no other of its variables; a proxy is taken as named by the user. */
#ifndef LIMPID_FETCH_CLIENT_H
#define LIMPID_FETCH_CLIENT_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "stream/reader.h"

enum {
    FETCH_REDIRECTS_MAX = 5,
    FETCH_HEADERS_MAX = 100,
    FETCH_HEADER_BYTES_MAX = 16 * 1024,
    FETCH_POST_BYTES_MAX = 16 * 1024 * 1024,
};

struct fetch_client {
    pid_t pid; /* 0: none */
    int to, from;
    struct reader body;
    struct buf frame; /* the payload of the last frame */
    struct buf window;
    uint64_t deadline_ns;
    bool busy; /* the body of a request has not ended */
    bool broken;
};

struct fetch_request {
    str url;    /* absolute, without user and password */
    str method; /* "GET" where empty; "HEAD", "POST" */
    str body;   /* of a POST, at most FETCH_POST_BYTES_MAX */
    /* "Name: value", at most FETCH_HEADERS_MAX: validators (If-None-Match), Accept,
     * Authorization. The last goes to the request's own scheme, host and port only. */
    const str *headers;
    size_t headers_count;
    /* TLS, for the request's own scheme, host and port only: files with a certificate and its key
     * that are shown to the server; the name its certificate must have instead of the URL's. */
    str certificate, key, server_name;
    bool allow_private;      /* the user named this host: its address may be a private one */
    bool allow_http;         /* the user wrote http: */
    bool insecure_tls;       /* certificates are not checked: the user asked for that */
    uint64_t body_bytes_max; /* 0: 16 GiB; more is ERROR_LIMIT */
    unsigned timeout_s;      /* for all of it; 0: 30 minutes */
    unsigned stall_s;        /* without a byte; 0: 30 */
    unsigned speed_min;      /* bytes a second, on the average of stall_s; 0: 1 */
    unsigned retries;        /* 0: 3; UINT_MAX: none */
    unsigned retry_wait_ms;  /* before the first retry, doubled before each further one, and up to
                                a half more by chance; 0: 1000. A server's Retry-After counts; one
                                past timeout_s ends the request at once */
};

struct fetch_response {
    unsigned status;    /* 200, 304, 404 …; after redirects */
    str url;            /* where they led */
    const str *headers; /* "Name: value", names in lower case */
    size_t headers_count;
};

struct fetch_settings {
    str program; /* empty: the one that is there */
    str ca_file; /* certificates to trust instead of the system's; empty: SSL_CERT_FILE */
    str proxy;   /* URL of a proxy for all that no_proxy does not name; empty: the environment's */
};

/* fetch_start with more said. ERROR_USAGE for a text that is too long. */
bool fetch_start_with(struct fetch_client *c, const struct fetch_settings *settings,
                      struct error *e) MUST_USE;

/* Starts the child. `program` empty: `limpid-fetch` beside this program, or in its libexec
 * folder. ERROR_ABSENT where there is none. */
bool fetch_start(struct fetch_client *c, str program, struct error *e) MUST_USE;

/* Ends the child, whatever it does. Safe on a zeroed client, and twice. */
void fetch_stop(struct fetch_client *c);

/* Sends a request and waits for the head of the answer, whose texts are in `arena`. Any status is
 * an answer. What could not be fetched: ERROR_REMOTE (or LIMIT, USAGE) with the URL in it. */
bool fetch_get(struct fetch_client *c, const struct fetch_request *request, struct arena *arena,
               struct fetch_response *out, struct error *e) MUST_USE;

/* The body as the server sent it (nothing is decompressed). Valid until the next request. A
 * transfer that breaks is STEP_FAILED, never an end. */
struct reader *fetch_body(struct fetch_client *c);

/* The value of the first header `name` (lower case), or STR_NONE. */
str fetch_header(const struct fetch_response *response, const char *name);

#endif
