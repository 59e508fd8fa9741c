/* standin.c: in the place of api/ and store/graph where those are not built: health, and nothing
 * else. Not part of a release. */
#include <stdlib.h>

#include "api/api.h"

struct service {
    struct service_options options;
};

bool service_open(const struct service_options *options, struct service **out, struct error *e)
{
    struct service *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for the service");
    }
    s->options = *options;
    *out = s;
    return true;
}

void service_close(struct service *s)
{
    free(s);
}

const struct service_options *service_options(const struct service *s)
{
    return &s->options;
}

void api_answer(struct service *service, enum api_port port, unsigned worker,
                const struct http_request *request, struct arena *arena, struct http_response *out)
{
    (void)worker;
    (void)arena;
    bool health = port == API_PORT_HEALTH;
    out->status = 404;
    out->content_type = STR("text/plain; charset=utf-8");
    out->shared = STR("404 page not found\n");
    if (!health || !str_eq(request->method, STR("GET"))) {
        return;
    }
    if (service->options.dialect == DIALECT_2015 && str_eq(request->path, STR("/"))) {
        out->status = 200;
        out->route = "/";
        out->content_type = STR("application/json; charset=utf-8");
        out->shared = STR("{\"database\":{\"IsHealthy\":true}}");
    } else if (service->options.dialect == DIALECT_2016 && str_eq(request->path, STR("/health"))) {
        out->status = 200;
        out->route = "/health";
        out->shared = STR("");
        out->content_type = STR_NONE;
        http_header_put(out, STR("Server"), STR("clair"));
    }
}
