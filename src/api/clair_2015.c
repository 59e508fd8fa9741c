/* clair_2015.c: the API of Clair of December 2015: routes, general calls, layers. */
#include "api/clair_2015.h"

#include "api/body.h"
#include "base/clock.h"
#include "base/map.h"

static const str priorities[] = {
    STR_INIT("Unknown"), STR_INIT("Negligible"), STR_INIT("Low"),     STR_INIT("Medium"),
    STR_INIT("High"),    STR_INIT("Critical"),   STR_INIT("Defcon1"),
};
enum { PRIORITY_DEFAULT = 4 };

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

/* -- layers --------------------------------------------------------------------------------- */

static bool analysed(struct api_call *call, enum analysis outcome, const struct error *e)
{
    struct error unread;
    struct say s;
    switch (outcome) {
    case ANALYSIS_DONE:
    case ANALYSIS_KNOWN:
        say_begin(call, &s, &unread);
        say_object(&s, NULL);
        say_str(&s, "Version", STR("1"));
        say_close(&s);
        return say_end(call, &s, 201);
    case ANALYSIS_PARENT_UNKNOWN:
        return answer_message(call, 400,
                              STR("worker: parent layer is unknown, it must be processed first"));
    case ANALYSIS_NOT_FOUND:
    case ANALYSIS_FORBIDDEN:
        return answer_message(call, 404, STR("the resource cannot be found"));
    case ANALYSIS_DOWNLOAD_FAILED:
        return answer_message(call, 500, STR("could not download requested ressource"));
    case ANALYSIS_NO_ARCHIVE:
        return answer_message(call, 500, STR("utils: could not extract the archive"));
    case ANALYSIS_TOO_LARGE:
        return answer_message(
            call, 500,
            STR("utils: could not extract one or more files from the archive: file too big"));
    case ANALYSIS_UNSUPPORTED:
        return answer_message(call, 400,
                              STR("worker: OS and/or package manager are not supported"));
    case ANALYSIS_FORMAT_UNKNOWN:
    case ANALYSIS_FAILED:
        break;
    }
    bool store = e->kind == ERROR_IO && e->sys != 0;
    return answer_message(call, store ? 503 : 500, str_from(e->text));
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

/* A body with "Layer" and without "ID" is that of 2016. */
static bool is_mine(struct api_call *call, const struct json_node *body)
{
    bool here = service_options(call->service)->dialect == DIALECT_2015;
    if (call->last || body_member(body, "ID") != NULL) {
        return true;
    }
    return body_member(body, "Layer") == NULL && here;
}

static const struct body_field layer_fields[] = {
    {"ID", BODY_STRING, NULL},
    {"Path", BODY_STRING, NULL},
    {"ParentID", BODY_STRING, NULL},
};
static const struct body_shape layer_shape = {"logic", "POSTLayersParameters", layer_fields,
                                              ARRAY_COUNT(layer_fields)};

static bool layer_post(struct api_call *call)
{
    const struct json_node *body = NULL;
    struct layer_post post = {.api = GRAPH_API_2015};
    struct error e = {.kind = ERROR_NONE};
    str why = STR_NONE;
    bool readable = body_read(call->request, call->arena, &body, &why);
    if (!is_mine(call, body)) {
        return false;
    }
    if (!readable || !body_fits(body, &layer_shape, call->arena, &why) ||
        !body_str(body, "ID", &post.name, &why) || !body_str(body, "Path", &post.path, &why) ||
        !body_str(body, "ParentID", &post.parent, &why)) {
        return answer_message(call, 415, why);
    }
    if (post.name.len == 0) {
        return answer_message(call, 400, STR("could not process a layer which does not have ID"));
    }
    if (post.path.len == 0) {
        return answer_message(call, 400,
                              STR("could not process a layer which does not have a path"));
    }
    return analysed(call, service_analyse(call->service, call->worker, &post, call->arena, &e), &e);
}

/* Deletes it where it is of this API, or of none. */
static bool layer_delete(struct api_call *call)
{
    struct graph *graph = service_graph(call->service, call->worker);
    struct graph_layer layer;
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    bool found = false;
    if (graph == NULL ||
        !graph_layer_find(graph, call->arguments[0], call->arena, &layer, &found, &e)) {
        return answer_error(call, &e);
    }
    if (found && layer.api != GRAPH_API_2015 && !call->last) {
        return false;
    }
    return graph_layer_delete(graph, call->arguments[0], &e) ? answer_empty(call, 204)
                                                             : answer_error(call, &e);
}

/* A text of the layer as the one member of an object. */
static bool layer_text(struct api_call *call, const char *key, bool parent)
{
    struct graph *graph = service_graph(call->service, call->worker);
    struct graph_layer layer;
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    struct say s;
    bool found = false;
    if (graph == NULL ||
        !graph_layer_find(graph, call->arguments[0], call->arena, &layer, &found, &e)) {
        return answer_error(call, &e);
    }
    if (!found) {
        return answer_message(call, 404, STR("the resource cannot be found"));
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_str(&s, key, parent ? layer.parent : layer.os);
    say_close(&s);
    return say_end(call, &s, 200);
}

static bool layer_os(struct api_call *call)
{
    return layer_text(call, "OS", false);
}

static bool layer_parent(struct api_call *call)
{
    return layer_text(call, "ID", true);
}

static void say_packages(struct say *s, const char *key, const struct service_feature *features,
                         size_t count)
{
    say_array(s, key);
    for (size_t i = 0; i < count; i++) {
        say_object(s, NULL);
        say_str(s, "OS", features[i].os);
        say_str(s, "Name", features[i].name);
        say_str(s, "Version", features[i].version);
        say_close(s);
    }
    say_close(s);
}

static bool layer_packages(struct api_call *call)
{
    struct layer_view view;
    struct error e;
    struct say s;
    if (!service_layer(call->service, call->worker, call->arguments[0], false, call->arena, &view,
                       &e)) {
        return answer_error(call, &e);
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_packages(&s, "Packages", view.features, view.features_count);
    say_close(&s);
    return say_end(call, &s, 200);
}

static bool layer_packages_diff(struct api_call *call)
{
    struct layer_change change;
    struct error e;
    struct say s;
    if (!service_layer_change(call->service, call->worker, call->arguments[0], false, call->arena,
                              &change, &e)) {
        return answer_error(call, &e);
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_packages(&s, "InstalledPackages", change.installed, change.installed_count);
    say_packages(&s, "RemovedPackages", change.removed, change.removed_count);
    say_close(&s);
    return say_end(call, &s, 200);
}

/* -- vulnerabilities of layers -------------------------------------------------------------- */

static bool minimum_of(struct api_call *call, unsigned *minimum)
{
    struct error e;
    str value;
    bool present;
    *minimum = PRIORITY_DEFAULT;
    return http_query(call->request->query, "minimumPriority", call->arena, &value, &present, &e) &&
           (value.len == 0 || priority_rank(value, minimum));
}

/* Each vulnerability of a list of features once, by id; `skip` are left out. */
struct listed {
    const struct service_vulnerability *v;
    str package;
};

static bool list_all(const struct service_feature *features, size_t count, unsigned minimum,
                     struct map *to, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < features[i].vulnerabilities_count; k++) {
            const struct service_vulnerability *v = &features[i].vulnerabilities[k];
            unsigned rank;
            if (!priority_rank(v->severity, &rank) || rank < minimum ||
                map_get(to, v->name) != NULL) {
                continue;
            }
            struct listed *l = ARENA_NEW(to->arena, struct listed, e);
            if (l == NULL) {
                return false;
            }
            *l = (struct listed){.v = v, .package = features[i].name};
            if (!map_put(to, v->name, l, e)) {
                return false;
            }
        }
    }
    return true;
}

/* In the order of the features, so that equal questions have equal answers. */
static void say_listed(struct say *s, const char *key, const struct service_feature *features,
                       size_t count, const struct map *list, const struct map *skip)
{
    say_array(s, key);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < features[i].vulnerabilities_count; k++) {
            const struct service_vulnerability *v = &features[i].vulnerabilities[k];
            const struct listed *l = map_get(list, v->name);
            if (l == NULL || l->v != v || (skip != NULL && map_get(skip, v->name) != NULL)) {
                continue;
            }
            say_object(s, NULL);
            say_str(s, "ID", v->name);
            say_str(s, "Link", v->link);
            say_str(s, "Priority", v->severity);
            say_str_if(s, "Description", v->description);
            say_str_if(s, "CausedByPackage", l->package);
            say_close(s);
        }
    }
    say_close(s);
}

static bool layer_vulnerabilities(struct api_call *call)
{
    struct layer_view view;
    struct map list;
    struct error e;
    struct say s;
    unsigned minimum;
    if (!minimum_of(call, &minimum)) {
        return answer_message(call, 400, STR("invalid priority"));
    }
    map_init(&list, call->arena);
    if (!service_layer(call->service, call->worker, call->arguments[0], true, call->arena, &view,
                       &e) ||
        !list_all(view.features, view.features_count, minimum, &list, &e)) {
        return answer_error(call, &e);
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_listed(&s, "Vulnerabilities", view.features, view.features_count, &list, NULL);
    say_close(&s);
    return say_end(call, &s, 200);
}

static bool layer_vulnerabilities_diff(struct api_call *call)
{
    struct layer_change c;
    struct map adds, removes;
    struct error e;
    struct say s;
    unsigned minimum;
    if (!minimum_of(call, &minimum)) {
        return answer_message(call, 400, STR("invalid priority"));
    }
    map_init(&adds, call->arena);
    map_init(&removes, call->arena);
    if (!service_layer_change(call->service, call->worker, call->arguments[0], true, call->arena,
                              &c, &e) ||
        !list_all(c.installed, c.installed_count, minimum, &adds, &e) ||
        !list_all(c.removed, c.removed_count, minimum, &removes, &e)) {
        return answer_error(call, &e);
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_listed(&s, "Adds", c.installed, c.installed_count, &adds, &removes);
    say_listed(&s, "Removes", c.removed, c.removed_count, &removes, &adds);
    say_close(&s);
    return say_end(call, &s, 200);
}

static bool batch_says(struct api_call *call, const str *ids, size_t count, unsigned minimum,
                       struct say *s, struct error *e)
{
    struct map said;
    map_init(&said, call->arena);
    for (size_t i = 0; i < count; i++) {
        struct layer_view view;
        struct map list;
        if (map_get(&said, ids[i]) != NULL) {
            continue;
        }
        map_init(&list, call->arena);
        if (!service_layer(call->service, call->worker, ids[i], true, call->arena, &view, e) ||
            !list_all(view.features, view.features_count, minimum, &list, e) ||
            !map_put(&said, ids[i], call, e)) {
            return false;
        }
        say_name(s, ids[i]);
        say_object(s, NULL);
        say_listed(s, "Vulnerabilities", view.features, view.features_count, &list, NULL);
        say_close(s);
    }
    return true;
}

static const struct body_field batch_fields[] = {{"LayersIDs", BODY_STRINGS, NULL}};
static const struct body_shape batch_shape = {"logic", "POSTBatchLayersVulnerabilitiesParameters",
                                              batch_fields, ARRAY_COUNT(batch_fields)};

static bool batch(struct api_call *call)
{
    const struct json_node *body;
    const str *ids;
    size_t count;
    struct error e;
    struct say s;
    str why;
    unsigned minimum;
    if (!read_body(call, &batch_shape, &body)) {
        return true;
    }
    if (!body_strings(body, "LayersIDs", call->arena, &ids, &count, &why)) {
        return answer_message(call, 415, why);
    }
    if (count == 0) {
        return answer_message(call, 400,
                              STR("at least one LayerID query parameter must be provided"));
    }
    if (!minimum_of(call, &minimum)) {
        return answer_message(call, 400, STR("invalid priority"));
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    if (!batch_says(call, ids, count, minimum, &s, &e)) {
        return answer_error(call, &e);
    }
    say_close(&s);
    return say_end(call, &s, 200);
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
     batch},
    {"POST", "/v1/vulnerabilities", "v1/postVulnerability", API_SLOW, vulnerability_post},
    {"GET", "/v1/vulnerabilities/{}", "v1/getVulnerability", API_CACHED, vulnerability_get},
    {"PUT", "/v1/vulnerabilities/{}", "v1/putVulnerability", API_SLOW, vulnerability_put},
    {"DELETE", "/v1/vulnerabilities/{}", "v1/deleteVulnerability", API_SLOW, vulnerability_delete},
    {"GET", "/v1/vulnerabilities/{}/introducing-layers", "v1/getVulnerabilityIntroducingLayers",
     API_CACHED, vulnerability_introducing},
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
