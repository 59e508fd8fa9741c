/* metrics.c: figures for Prometheus (text format 0.0.4). */
#include "api/api.h"
#include "api/counters.h"
#include "api/figures.h"

static void dress(struct http_response *out)
{
    out->content_type = STR("text/plain; version=0.0.4; charset=utf-8");
    out->compress = true;
}

static bool gauge(struct buf *to, const char *name, const char *help, uint64_t value,
                  struct error *e)
{
    return buf_printf(to, e, "# HELP %s %s\n# TYPE %s gauge\n%s %llu\n", name, help, name, name,
                      (unsigned long long)value);
}

static bool metrics(struct api_call *call)
{
    struct buf *to = &call->out->text;
    struct service_health h;
    struct error e;
    service_health(call->service, call->worker, &h);
    bool ok = figures_say(service_figures(call->service), to, &e) &&
              counters_say(service_counters(call->service), to, &e) &&
              gauge(to, "limpid_database_up", "Whether the database answers", h.database, &e) &&
              gauge(to, "limpid_layers", "Layers that are stored", h.layers, &e) &&
              gauge(to, "limpid_notifications_pending", "Notifications that are to be sent",
                    h.pending_notifications, &e) &&
              gauge(to, "limpid_updated_seconds", "When advisories were last fetched",
                    h.updated_s > 0 ? (uint64_t)h.updated_s : 0, &e);
    call->out->status = ok ? 200 : 500;
    dress(call->out);
    return true;
}

void api_count(struct service *service, const char *route, unsigned status, uint64_t took_ns)
{
    if (route != NULL) {
        figures_count(service_figures(service), route, status, took_ns);
    }
}

static const struct api_route routes[] = {
    {"GET", "/v1/metrics", "v1/getMetrics", API_SLOW, metrics},
};

const struct api api_metrics = {
    .name = "metrics",
    .summary = "Figures for Prometheus",
    .port = API_PORT_MAIN,
    .dialect = DIALECT_2016,
    .routes = routes,
    .routes_count = ARRAY_COUNT(routes),
    .dress = dress,
};
