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
    struct http_response *out;
};

struct api_route {
    const char *method;
    const char *path; /* "/v1/layers/{}/packages": "{}" is one segment */
    /* Answers, or returns false where the call is another API's (both have POST /v1/layers). */
    bool (*answer)(struct api_call *call);
};

enum api_port { API_PORT_MAIN, API_PORT_HEALTH };

struct api {
    const char *name; /* "clair-2015" */
    const char *summary;
    enum api_port port;
    const struct api_route *routes;
    size_t routes_count;
};

#define APIS(X) X(clair_2015) X(clair_v1) X(health_2015) X(health_v1) X(metrics)
#define API_DECLARE(name) extern const struct api api_##name;
APIS(API_DECLARE)

extern const struct api *const apis[];
extern const size_t apis_count;

/* Finds the route and answers: 404 and 405 as Clair gives them where there is none. What Clair of
 * either generation would do with a call that both or none of them knows, service->dialect says. */
void api_answer(struct service *service, enum api_port port, unsigned worker,
                const struct http_request *request, struct arena *arena, struct http_response *out);

#endif
