/* api.h: the APIs that the service speaks, each a table of routes over the same few operations.
 * An API is one file `api/X.c` that exports one row, `api_X`, and one word in APIS. */
#ifndef LIMPID_API_API_H
#define LIMPID_API_API_H

#include "api/service.h"
#include "http/server.h"

struct api_call {
    struct service *service;
    unsigned worker; /* whose connection is used */
    const struct http_request *request;
    struct arena *arena;
    str arguments[4]; /* what stood at "{}" in the route, decoded */
    size_t arguments_count;
    bool last; /* no other API is left to answer */
    struct http_response *out;
};

enum api_speed {
    API_SLOW,  /* by a thread that may wait */
    API_QUICK, /* at once: it asks the store for next to nothing */
    /* An answer of 200 is remembered, and given at once from then on. Not for lists that a layer
     * which is inserted could change: the epoch stays the same then. */
    API_CACHED,
};

struct api_route {
    const char *method;
    const char *path; /* "/v1/layers/{}/packages": "{}" is one segment that is not empty */
    const char *name; /* in figures: "v1/getLayer" */
    enum api_speed speed;
    /* Answers, or returns false where the call is another API's (both have POST /v1/layers). */
    bool (*answer)(struct api_call *call);
};

enum api_port { API_PORT_MAIN, API_PORT_HEALTH };

struct api {
    const char *name; /* "clair-2015" */
    const char *summary;
    enum api_port port;
    /* Which dialect's clients it is made for, where a call may be meant for several. */
    enum dialect dialect;
    bool only_dialect; /* it is not there for the other dialect's */
    const struct api_route *routes;
    size_t routes_count;
    /* What every JSON answer has: content type, headers. */
    void (*dress)(struct http_response *out);
};

enum { API_ARGUMENTS_MAX = 4, API_PATH_BYTES_MAX = 16 * 1024 };

#define APIS(X) X(clair_2015) X(clair_v1) X(health_2015) X(health_v1) X(metrics)
#define API_DECLARE(name) extern const struct api api_##name;
APIS(API_DECLARE)

extern const struct api *const apis[];
extern const size_t apis_count;

/* Finds the route and answers: 404, 405 and redirects as Clair gives them where there is none. What
 * Clair of either generation would do with a call that both or none of them knows, the options'
 * dialect says. Where the request is to be answered at once and that would take long, out->later is
 * all that is set. Never fails. */
void api_answer(struct service *service, enum api_port port, unsigned worker,
                const struct http_request *request, struct arena *arena, struct http_response *out);

/* What the 2015 API's webhook says of a notification, one body after the other: none where Clair
 * would have been silent (a lower priority, a vulnerability that was deleted). */
enum { API_WEBHOOKS_MAX = 2 };
bool api_webhooks_2015(struct service *service, unsigned worker, const struct graph_notification *n,
                       struct arena *arena, struct buf to[API_WEBHOOKS_MAX], size_t *count,
                       struct error *e) MUST_USE;

/* {"Notification":{"Name":"…"}} */
bool api_webhook_2016(const struct graph_notification *n, struct buf *to, struct error *e) MUST_USE;

/* Counts an answer for /v1/metrics; safe from any thread. The server's `done` calls it. */
void api_count(struct service *service, const char *route, unsigned status, uint64_t took_ns);

#endif
