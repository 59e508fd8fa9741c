/* handler.h: between the HTTP server and the APIs: tokens, figures, the line in the log. */
#ifndef LIMPID_SERVER_HANDLER_H
#define LIMPID_SERVER_HANDLER_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"
#include "http/server.h"
#include "server/log.h"

struct tokens; /* those that are accepted; changed by a reload */

bool tokens_new(struct tokens **out, struct error *e) MUST_USE;
void tokens_free(struct tokens *t); /* NULL is fine */

/* Copies; none: every request is fine. */
bool tokens_set(struct tokens *t, const str *list, size_t count, struct error *e) MUST_USE;

/* The value of an Authorization header: "Bearer TOKEN". */
bool tokens_accept(struct tokens *t, str authorization);

struct handler {
    struct http_handler base;
    struct service *service;
    struct log *log;
    struct tokens *tokens; /* NULL: no request needs one */
    enum api_port port;
    unsigned
        first_worker;    /* the ports share one service: their workers have numbers of their own */
    atomic_bool leaving; /* of the health port: it says 503, so that nobody new is sent here */
};

void handler_init(struct handler *h);

#endif
