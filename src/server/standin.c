/* standin.c: in the place of api/ and store/graph where those are not built: health, and nothing
 * else. Not part of a release. */
#include <stdlib.h>

#include "api/api.h"

struct service {
    struct service_options options;
    struct graph **graphs; /* by worker */
    struct arena arena;
};

bool service_open(const struct service_options *options, struct service **out, struct error *e)
{
    struct service *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for the service");
    }
    s->options = *options;
    arena_init(&s->arena, 1 << 20, "the service");
    s->graphs = ARENA_ARRAY(&s->arena, options->workers, struct graph *, e);
    if (s->graphs == NULL) {
        service_close(s);
        return false;
    }
    *out = s;
    return true;
}

void service_close(struct service *s)
{
    for (unsigned i = 0; s != NULL && i < s->options.workers; i++) {
        graph_close(s->graphs[i]);
    }
    if (s != NULL) {
        arena_done(&s->arena);
    }
    free(s);
}

struct graph *service_graph(struct service *s, unsigned worker)
{
    struct error unread;
    if (s->graphs[worker] == NULL && !graph_open(&s->options.graph, &s->graphs[worker], &unread)) {
        return NULL;
    }
    return s->graphs[worker];
}

bool api_webhooks_2015(struct service *service, unsigned worker, const struct graph_notification *n,
                       struct arena *arena, struct buf to[API_WEBHOOKS_MAX], size_t *count,
                       struct error *e)
{
    (void)service;
    (void)worker;
    (void)arena;
    *count = 1;
    return buf_printf(&to[0], e,
                      "{\"Name\":\"" STR_FMT "\",\"Type\":\"NewVulnerabilityNotification\"}",
                      STR_ARG(n->new_.name));
}

bool api_webhook_2016(const struct graph_notification *n, struct buf *to, struct error *e)
{
    return buf_printf(to, e, "{\"Notification\":{\"Name\":\"" STR_FMT "\"}}", STR_ARG(n->name));
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
