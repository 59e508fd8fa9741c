/* server.h: an HTTP/1.1 server over libmicrohttpd: one thread pool, limits on everything, TLS with
 * client certificates. What is answered is the handler's business (api/). */
#ifndef LIMPID_HTTP_SERVER_H
#define LIMPID_HTTP_SERVER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum { HTTP_HEADERS_MAX = 32 };

struct http_header {
    str name, value;
};

struct http_request {
    str method; /* "GET" */
    str path;   /* as sent, still percent-encoded, without the query; begins with '/' */
    str query;  /* behind the '?', as sent, or empty */
    str body;   /* whole; empty where there is none */
    str host, authorization, accept_encoding, request_id; /* headers, or empty */
    str peer;                                             /* address of the client */
    bool body_too_large; /* the body was longer than body_bytes_max and was thrown away */
};

struct http_response {
    unsigned status;
    str content_type; /* a literal; empty: none */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t headers_count;
    /* The body: borrowed for ever from a cache entry (with its release), or written into `text`. */
    struct buf text;
    str shared;
    void (*release)(void *owner);
    void *owner;
};

struct http_handler {
    /* Fills `out`; called from any of the server's threads, `worker` tells which one (from 0), so
     * that each may have its own connection to the store. `arena` is the request's. Never fails:
     * an error becomes a status. */
    void (*answer)(struct http_handler *self, unsigned worker, const struct http_request *request,
                   struct arena *arena, struct http_response *out);
};

struct http_server_options {
    const char *address; /* "127.0.0.1", "::", "0.0.0.0" */
    uint16_t port;       /* 0: any free one (http_server_port tells) */
    unsigned threads;    /* of the pool; 0: one a core */
    unsigned connections_max, connections_per_address_max;
    unsigned timeout_s; /* of an idle or slow connection */
    size_t body_bytes_max;
    const char *certificate, *key, *client_ca; /* PEM text; NULL: none */
    struct http_handler *handler;
};

struct http_server;

bool http_server_start(const struct http_server_options *options, struct http_server **out,
                       struct error *e) MUST_USE;
uint16_t http_server_port(const struct http_server *s);
unsigned http_server_threads(const struct http_server *s);

/* New certificates without a restart: used for connections from now on. */
bool http_server_certificates(struct http_server *s, const char *certificate, const char *key,
                              const char *client_ca, struct error *e) MUST_USE;

/* Takes no new connections, waits up to `seconds` for requests that are being answered, then
 * frees. NULL is fine. */
void http_server_stop(struct http_server *s, unsigned seconds);

/* -- for handlers --------------------------------------------------------------------------- */

/* The value of `name` in a query, decoded, in `arena`; `*present` tells "?name" from nothing. */
bool http_query(str query, const char *name, struct arena *arena, str *value, bool *present,
                struct error *e) MUST_USE;

/* Percent-decodes one segment of a path. False where it is no valid encoding. */
bool http_decode(str text, struct arena *arena, str *out) MUST_USE;

bool http_header_put(struct http_response *r, str name, str value); /* false: no room */

#endif
