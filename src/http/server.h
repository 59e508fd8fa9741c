/* server.h: an HTTP/1.1 server over libmicrohttpd: one thread pool, limits on everything, TLS with
 * client certificates. What is answered is the handler's business (api/). */
#ifndef LIMPID_HTTP_SERVER_H
#define LIMPID_HTTP_SERVER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "http/packed.h"

enum {
    HTTP_HEADERS_MAX = 32,           /* of a response */
    HTTP_HEAD_BYTES_MAX = 32 * 1024, /* of a request's line and headers: 431, or 414, beyond it */
    HTTP_ARENA_BYTES_MAX = 256 * 1024 * 1024,
    HTTP_TEXT_BYTES_MAX = 256 * 1024 * 1024, /* of a response's `text` */
};

struct http_header {
    str name, value;
};

struct http_request {
    str method; /* "GET" */
    str path;   /* as sent, still percent-encoded, without the query; begins with '/' */
    str query;  /* behind the '?', as sent, or empty */
    str body;   /* whole; empty where there is none */
    str host, authorization, accept_encoding; /* headers, or empty */
    str request_id;      /* the client's X-Request-Id, or one of ours; goes back with the answer */
    str peer;            /* address of the client */
    bool body_too_large; /* the body was longer than body_bytes_max and was thrown away */
    /* Asked by a thread that serves other connections meanwhile: what takes longer than a
     * millisecond should say `later` instead of answering. */
    bool at_once;
};

struct http_response {
    unsigned status;
    const char *route; /* "/v1/layers/{}", a literal, for figures; NULL: none fits */
    bool later;        /* only where `at_once`: ask again by a thread that may wait */
    str content_type;  /* a literal; empty: none */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t headers_count;
    /* The body: borrowed for ever from a cache entry (with its release), or written into `text`. */
    struct buf text;
    str shared;
    void (*release)(void *owner);
    void *owner;
    /* Text that may be sent as gzip where the client accepts that and it is worth it. `packed`:
     * where the packed form of `shared` is kept, beside it; NULL: packed anew each time. */
    bool compress;
    struct http_packed *packed;
};

/* What became of a request, for logs and figures. */
struct http_outcome {
    const struct http_request *request;
    const struct http_response *response; /* of its body only the size is left: */
    uint64_t bytes;
    uint64_t took_ns; /* from the request's last byte to the answer */
    bool out_of_time; /* by answer_timeout_s */
};

struct http_handler {
    /* Fills `out`, whose `text` is ready to be written to; called from any of the server's threads,
     * `worker` tells which one (from 0 to http_server_threads), so that each may have its own
     * connection to the store. `arena` is the request's. Never fails: an error becomes a status. */
    void (*answer)(struct http_handler *self, unsigned worker, const struct http_request *request,
                   struct arena *arena, struct http_response *out);
    /* Told once for each request that reached `answer`; from any thread. NULL: nobody is told. */
    void (*done)(struct http_handler *self, const struct http_outcome *outcome);
};

struct http_server_options {
    const char *address; /* "127.0.0.1", "::", "0.0.0.0" */
    uint16_t port;       /* 0: any free one (http_server_port tells) */
    unsigned threads;    /* that serve connections; 0: one a core */
    unsigned workers;    /* that answer what was put off (`later`); 0: nothing is */
    unsigned connections_max, connections_per_address_max;
    unsigned timeout_s;        /* of an idle connection; twice that for the next whole request */
    unsigned answer_timeout_s; /* of an answer that was put off: then 503; 0: for ever */
    str timeout_body, timeout_type; /* of that 503; literals */
    size_t body_bytes_max;
    const char *certificate, *key, *client_ca; /* PEM text; NULL: none */
    struct http_handler *handler;
};

struct http_server;

bool http_server_start(const struct http_server_options *options, struct http_server **out,
                       struct error *e) MUST_USE;

/* Would http_server_start take these PEM texts? ERROR_USAGE: not PEM, or a key of another one. */
bool http_certificates_check(const char *certificate, const char *key, const char *client_ca,
                             struct error *e) MUST_USE;

uint16_t http_server_port(const struct http_server *s);
unsigned http_server_threads(const struct http_server *s); /* and workers: all that call `answer` */
unsigned http_threads_of(const struct http_server_options *options); /* the same, before */

/* New certificates without a restart: used for connections from now on. */
bool http_server_certificates(struct http_server *s, const char *certificate, const char *key,
                              const char *client_ca, struct error *e) MUST_USE;

/* Takes no new connections and waits up to `seconds` for requests that are being answered; those
 * that are put off get their 503 then. Frees all, and returns true, unless a worker is still in the
 * handler: then the process should end without freeing what that one may use. NULL is fine. */
bool http_server_stop(struct http_server *s, unsigned seconds);

/* -- for handlers --------------------------------------------------------------------------- */

/* The value of `name` in a query, decoded, in `arena`; `*present` tells "?name" from nothing. */
bool http_query(str query, const char *name, struct arena *arena, str *value, bool *present,
                struct error *e) MUST_USE;

/* Percent-decodes one segment of a path. False where it is no valid encoding. */
bool http_decode(str text, struct arena *arena, str *out) MUST_USE;

bool http_header_put(struct http_response *r, str name, str value); /* false: no room */

#endif
