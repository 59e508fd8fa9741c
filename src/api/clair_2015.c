/* clair_2015.c: the API of Clair of December 2015: routes, general calls. */
#include "api/clair_2015.h"

#include "api/body.h"
#include "base/clock.h"

static const str priorities[] = {
    STR_INIT("Unknown"), STR_INIT("Negligible"), STR_INIT("Low"),     STR_INIT("Medium"),
    STR_INIT("High"),    STR_INIT("Critical"),   STR_INIT("Defcon1"),
};

static void dress(struct http_response *out)
{
    out->content_type = STR("application/json; charset=utf-8");
    out->compress = true;
}

/* -- answers -------------------------------------------------------------------------------- */

void say_begin(struct api_call *call, struct say *s, struct error *e)
{
    call->out->text.len = 0;
    say_init(s, &call->out->text, e);
}

bool say_end(struct api_call *call, struct say *s, unsigned status)
{
    call->out->status = status;
    dress(call->out);
    if (!say_done(s)) {
        call->out->text.len = 0;
        call->out->status = 500;
    }
    return true;
}

bool answer_message(struct api_call *call, unsigned status, str message)
{
    struct error e;
    struct say s;
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_str(&s, "Message", message);
    say_close(&s);
    return say_end(call, &s, status);
}

bool answer_error(struct api_call *call, const struct error *e)
{
    return e->kind == ERROR_ABSENT ? answer_message(call, 404, STR("the resource cannot be found"))
                                   : answer_message(call, 503, str_from(e->text));
}

bool answer_empty(struct api_call *call, unsigned status)
{
    call->out->status = status;
    call->out->text.len = 0;
    return true;
}

bool read_body(struct api_call *call, const struct body_shape *shape, const struct json_node **out)
{
    str why;
    if (!body_read(call->request, call->arena, out, &why) ||
        !body_fits(*out, shape, call->arena, &why)) {
        answer_message(call, 415, why);
        return false;
    }
    return true;
}

bool priority_rank(str priority, unsigned *rank)
{
    for (unsigned i = 0; i < ARRAY_COUNT(priorities); i++) {
        if (str_eq(priorities[i], priority)) {
            *rank = i;
            return true;
        }
    }
    return false;
}

/* -- general -------------------------------------------------------------------------------- */

static bool versions(struct api_call *call)
{
    struct error e;
    struct say s;
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_str(&s, "APIVersion", STR("1"));
    say_str(&s, "EngineVersion", STR("1"));
    say_close(&s);
    return say_end(call, &s, 200);
}

static bool health(struct api_call *call)
{
    struct error e;
    struct say s;
    struct service_health h;
    service_health(call->service, call->worker, &h);
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_object(&s, "database");
    say_bool(&s, "IsHealthy", h.database);
    say_close(&s);
    if (h.has_notifier) {
        say_object(&s, "notifier");
        say_bool(&s, "IsHealthy", true);
        say_object(&s, "Details");
        say_int(&s, "QueueSize", (int64_t)h.pending_notifications);
        say_close(&s);
        say_close(&s);
    }
    if (h.has_updater) {
        char time[CLOCK_TEXT_BYTES] = "0001-01-01T00:00:00Z";
        say_object(&s, "updater");
        say_bool(&s, "IsHealthy", true);
        say_object(&s, "Details");
        say_str(&s, "LatestSuccessfulUpdate",
                str_from(h.updated_s != 0 ? clock_text(h.updated_s, time) : time));
        say_close(&s);
        say_close(&s);
    }
    say_close(&s);
    return say_end(call, &s, h.database ? 200 : 503);
}
/* -- the tables ----------------------------------------------------------------------------- */

static const struct api_route routes[] = {
    {"GET", "/v1/versions", "v1/getVersions", API_QUICK, versions},
    {"GET", "/v1/health", "v1/getHealth", API_SLOW, health},
    {"POST", "/v1/layers", "v1/postLayer", API_SLOW, layer_post},
    {"DELETE", "/v1/layers/{}", "v1/deleteLayer", API_SLOW, layer_delete},
    {"GET", "/v1/layers/{}/os", "v1/getLayerOS", API_CACHED, layer_os},
    {"GET", "/v1/layers/{}/parent", "v1/getLayerParent", API_CACHED, layer_parent},
    {"GET", "/v1/layers/{}/packages", "v1/getLayerPackages", API_CACHED, layer_packages},
    {"GET", "/v1/layers/{}/packages/diff", "v1/getLayerPackagesDiff", API_CACHED,
     layer_packages_diff},
    {"GET", "/v1/layers/{}/vulnerabilities", "v1/getLayerVulnerabilities", API_CACHED,
     layer_vulnerabilities},
    {"GET", "/v1/layers/{}/vulnerabilities/diff", "v1/getLayerVulnerabilitiesDiff", API_CACHED,
     layer_vulnerabilities_diff},
    {"POST", "/v1/batch/layers/vulnerabilities", "v1/postBatchLayersVulnerabilities", API_SLOW,
     batch_vulnerabilities},
    {"POST", "/v1/vulnerabilities", "v1/postVulnerability", API_SLOW, vulnerability_post},
    {"GET", "/v1/vulnerabilities/{}", "v1/getVulnerability", API_CACHED, vulnerability_get},
    {"PUT", "/v1/vulnerabilities/{}", "v1/putVulnerability", API_SLOW, vulnerability_put},
    {"DELETE", "/v1/vulnerabilities/{}", "v1/deleteVulnerability", API_SLOW, vulnerability_delete},
    {"GET", "/v1/vulnerabilities/{}/introducing-layers", "v1/getVulnerabilityIntroducingLayers",
     API_SLOW, vulnerability_introducing},
    {"POST", "/v1/vulnerabilities/{}/affected-layers", "v1/postVulnerabilityAffectedLayers",
     API_SLOW, vulnerability_affected},
};

static const struct api_route health_routes[] = {
    {"GET", "/", "health", API_SLOW, health},
};

const struct api api_clair_2015 = {
    .name = "clair-2015",
    .summary = "Clair v1 as of December 2015",
    .port = API_PORT_MAIN,
    .dialect = DIALECT_2015,
    .routes = routes,
    .routes_count = ARRAY_COUNT(routes),
    .dress = dress,
};

const struct api api_health_2015 = {
    .name = "health-2015",
    .summary = "The health port of 2015",
    .port = API_PORT_HEALTH,
    .dialect = DIALECT_2015,
    .only_dialect = true,
    .routes = health_routes,
    .routes_count = ARRAY_COUNT(health_routes),
    .dress = dress,
};
