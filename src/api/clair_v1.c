/* clair_v1.c: the API of Clair 1.x and 2.x (2016–2019): routes, layers, namespaces. */
#include "api/clair_v1.h"

#include "api/os_name.h"

/* -- answers -------------------------------------------------------------------------------- */

static void put_server(struct http_response *out)
{
    (void)http_header_put(out, STR("Server"), STR("clair"));
}

static void dress(struct http_response *out)
{
    out->content_type = STR("application/json;charset=utf-8");
    out->compress = true;
    put_server(out);
}

void v1_begin(struct api_call *call, struct say *s, struct error *e)
{
    call->out->text.len = 0;
    say_init(s, &call->out->text, e);
}

bool v1_end(struct api_call *call, struct say *s, unsigned status)
{
    struct error unread;
    call->out->status = status;
    dress(call->out);
    if (!say_done(s) || !buf_add_char(&call->out->text, '\n', &unread)) {
        call->out->text.len = 0;
        call->out->status = 500;
    }
    return true;
}

bool v1_message(struct api_call *call, unsigned status, str message)
{
    struct error e;
    struct say s;
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    say_object(&s, "Error");
    say_str(&s, "Message", message);
    say_close(&s);
    say_close(&s);
    return v1_end(call, &s, status);
}

bool v1_error(struct api_call *call, const struct error *e)
{
    return e->kind == ERROR_ABSENT ? v1_message(call, 404, STR("the resource cannot be found"))
                                   : v1_message(call, 500, str_from(e->text));
}

bool v1_empty(struct api_call *call, unsigned status)
{
    call->out->status = status;
    call->out->text.len = 0;
    return true;
}

bool v1_flag(struct api_call *call, const char *name)
{
    struct error e;
    str value;
    bool present = false;
    return http_query(call->request->query, name, call->arena, &value, &present, &e) && present;
}

bool v1_envelope(struct api_call *call, const struct body_shape *shape, const char *key,
                 const struct json_node **out)
{
    const struct json_node *body;
    str why;
    *out = NULL;
    if (!body_read(call->request, call->arena, &body, &why) ||
        !body_fits(body, shape, call->arena, &why) || !body_object(body, key, out, &why)) {
        v1_message(call, 400, why);
        return false;
    }
    return true;
}

/* -- posting a layer ------------------------------------------------------------------------ */

static bool read_headers(const struct json_node *layer, struct arena *arena,
                         struct layer_post *post, str *why)
{
    const struct json_node *headers = NULL;
    struct error e;
    if (!body_object(layer, "Headers", &headers, why)) {
        return false;
    }
    if (headers == NULL) {
        return true;
    }
    struct service_header *list = ARENA_ARRAY(arena, headers->count, struct service_header, &e);
    if (list == NULL) {
        *why = STR("no memory");
        return false;
    }
    for (const struct json_node *n = headers->first; n != NULL; n = n->next) {
        list[post->headers_count++] = (struct service_header){
            .name = n->key, .value = n->kind == JSON_STRING ? n->text : STR_NONE};
    }
    post->headers = list;
    return true;
}

static bool read_layer(const struct json_node *layer, struct arena *arena, struct layer_post *post,
                       str *why)
{
    return body_str(layer, "Name", &post->name, why) && body_str(layer, "Path", &post->path, why) &&
           body_str(layer, "ParentName", &post->parent, why) &&
           body_str(layer, "Format", &post->format, why) && read_headers(layer, arena, post, why);
}

static bool say_posted(struct api_call *call, const struct layer_post *post)
{
    struct error e;
    struct say s;
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    say_object(&s, "Layer");
    say_str_if(&s, "Name", post->name);
    say_str_if(&s, "Path", post->path);
    if (post->headers_count > 0) {
        say_object(&s, "Headers");
        for (size_t i = 0; i < post->headers_count; i++) {
            say_name(&s, post->headers[i].name);
            say_str(&s, NULL, post->headers[i].value);
        }
        say_close(&s);
    }
    say_str_if(&s, "ParentName", post->parent);
    say_str_if(&s, "Format", post->format);
    say_int(&s, "IndexedByVersion", SERVICE_ENGINE);
    say_close(&s);
    say_close(&s);
    return v1_end(call, &s, 201);
}

static bool say_analysis(struct api_call *call, const struct layer_post *post,
                         enum analysis outcome, const struct error *e)
{
    str text;
    struct error unread;
    switch (outcome) {
    case ANALYSIS_DONE:
    case ANALYSIS_KNOWN:
        return say_posted(call, post);
    case ANALYSIS_PARENT_UNKNOWN:
        return v1_message(call, 400,
                          STR("worker: parent layer is unknown, it must be processed first"));
    case ANALYSIS_FORMAT_UNKNOWN:
        return arena_printf(call->arena, &text, &unread, "unsupported image format '%.*s'",
                            (int)(post->format.len < 1000 ? post->format.len : 1000),
                            post->format.at)
                   ? v1_message(call, 400, text)
                   : v1_error(call, &unread);
    case ANALYSIS_NOT_FOUND:
    case ANALYSIS_FORBIDDEN:
    case ANALYSIS_DOWNLOAD_FAILED:
        return v1_message(call, 400, STR("could not find layer"));
    case ANALYSIS_NO_ARCHIVE:
        return v1_message(call, 422, STR("tarutil: could not extract the archive"));
    case ANALYSIS_TOO_LARGE:
        return v1_message(
            call, 422,
            STR("tarutil: could not extract one or more files from the archive: file too big"));
    case ANALYSIS_UNSUPPORTED:
        return v1_message(call, 422, STR("worker: OS and/or package manager are not supported"));
    case ANALYSIS_FAILED:
        break;
    }
    return v1_message(call, 500, str_from(e->text));
}

/* A body with "ID" and without "Layer" is that of 2015. */
static bool is_mine(struct api_call *call, const struct json_node *body)
{
    bool here = service_options(call->service)->dialect == DIALECT_2016;
    if (call->last || body_member(body, "Layer") != NULL) {
        return true;
    }
    return body_member(body, "ID") == NULL && here;
}

static bool layer_post(struct api_call *call)
{
    const struct json_node *body = NULL, *layer = NULL;
    struct layer_post post = {.api = GRAPH_API_2016};
    struct error e = {.kind = ERROR_NONE};
    str why = STR_NONE;
    bool readable = body_read(call->request, call->arena, &body, &why);
    if (!is_mine(call, body)) {
        return false;
    }
    if (!readable || !body_fits(body, &v1_layer_envelope, call->arena, &why) ||
        !body_object(body, "Layer", &layer, &why) ||
        (layer != NULL && !read_layer(layer, call->arena, &post, &why))) {
        return v1_message(call, 400, why);
    }
    if (layer == NULL) {
        return v1_message(call, 400, STR("failed to provide layer"));
    }
    if (post.name.len == 0) {
        return v1_message(call, 400, STR("could not process a layer which does not have a name"));
    }
    if (post.path.len == 0) {
        return v1_message(call, 400, STR("could not process a layer which does not have a path"));
    }
    if (post.format.len == 0) {
        return v1_message(call, 400, STR("could not process a layer which does not have a format"));
    }
    enum analysis outcome = service_analyse(call->service, call->worker, &post, call->arena, &e);
    return say_analysis(call, &post, outcome, &e);
}

/* -- showing a layer ------------------------------------------------------------------------ */

static void say_vulnerable(struct say *s, const struct service_feature *f)
{
    if (f->vulnerabilities_count == 0) {
        return;
    }
    say_array(s, "Vulnerabilities");
    for (size_t i = 0; i < f->vulnerabilities_count; i++) {
        v1_say_vulnerability(s, NULL, &f->vulnerabilities[i], false);
    }
    say_close(s);
}

static void say_features(struct say *s, const struct layer_view *view)
{
    if (view->features_count == 0) {
        return;
    }
    say_array(s, "Features");
    for (size_t i = 0; i < view->features_count; i++) {
        const struct service_feature *f = &view->features[i];
        say_object(s, NULL);
        say_str_if(s, "Name", f->name);
        say_str_if(s, "NamespaceName", f->os);
        say_str_if(s, "VersionFormat", f->format);
        say_str_if(s, "Version", f->version);
        say_vulnerable(s, f);
        say_str_if(s, "AddedBy", f->added_by);
        say_close(s);
    }
    say_close(s);
}

static bool find_layer(struct api_call *call, struct graph_layer *out, bool *found, struct error *e)
{
    struct graph *graph = service_graph(call->service, call->worker);
    *found = false;
    if (graph == NULL) {
        return error_set(e, ERROR_IO, "the store cannot be opened");
    }
    return graph_layer_find(graph, call->arguments[0], call->arena, out, found, e);
}

static bool layer_get(struct api_call *call)
{
    bool vulnerabilities = v1_flag(call, "vulnerabilities");
    bool features = vulnerabilities || v1_flag(call, "features"), found = true;
    struct layer_view view = {.features_count = 0};
    struct error e;
    struct say s;
    if (features ? !service_layer(call->service, call->worker, call->arguments[0], vulnerabilities,
                                  call->arena, &view, &e)
                 : !find_layer(call, &view.layer, &found, &e)) {
        return v1_error(call, &e);
    }
    if (!found) {
        return v1_message(call, 404, STR("the resource cannot be found"));
    }
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    say_object(&s, "Layer");
    say_str_if(&s, "Name", view.layer.name);
    say_str_if(&s, "NamespaceName", view.layer.os);
    say_str_if(&s, "ParentName", view.layer.parent);
    say_int(&s, "IndexedByVersion", view.layer.engine);
    say_features(&s, &view);
    say_close(&s);
    say_close(&s);
    return v1_end(call, &s, 200);
}

/* Deletes it where it is of this API, or of none. */
static bool layer_delete(struct api_call *call)
{
    struct graph_layer layer;
    struct error e;
    bool found;
    if (!find_layer(call, &layer, &found, &e)) {
        return v1_error(call, &e);
    }
    if (found && layer.api != GRAPH_API_2016 && !call->last) {
        return false;
    }
    return graph_layer_delete(service_graph(call->service, call->worker), call->arguments[0], &e)
               ? v1_empty(call, 200)
               : v1_error(call, &e);
}

/* -- namespaces ----------------------------------------------------------------------------- */

static bool namespaces(struct api_call *call)
{
    struct graph *graph = service_graph(call->service, call->worker);
    const struct graph_namespace *list;
    size_t count;
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    struct say s;
    if (graph == NULL || !graph_namespaces(graph, call->arena, &list, &count, &e)) {
        return v1_error(call, &e);
    }
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    if (count == 0) {
        say_json(&s, "Namespaces", STR_NONE);
    } else {
        say_array(&s, "Namespaces");
        for (size_t i = 0; i < count; i++) {
            say_object(&s, NULL);
            say_str_if(&s, "Name", list[i].os);
            say_str(&s, "VersionFormat",
                    list[i].format.len > 0 ? list[i].format : os_version_format(list[i].os));
            say_close(&s);
        }
        say_close(&s);
    }
    say_close(&s);
    return v1_end(call, &s, 200);
}

/* -- health --------------------------------------------------------------------------------- */

static bool health(struct api_call *call)
{
    struct service_health h;
    service_health(call->service, call->worker, &h);
    put_server(call->out);
    return v1_empty(call, h.database ? 200 : 500);
}

/* -- the tables ----------------------------------------------------------------------------- */

#define VULNERABILITIES "/v1/namespaces/{}/vulnerabilities"

static const struct api_route routes[] = {
    {"POST", "/v1/layers", "v1/postLayer", API_SLOW, layer_post},
    {"GET", "/v1/layers/{}", "v1/getLayer", API_CACHED, layer_get},
    {"DELETE", "/v1/layers/{}", "v1/deleteLayer", API_SLOW, layer_delete},
    {"GET", "/v1/namespaces", "v1/getNamespaces", API_CACHED, namespaces},
    {"GET", VULNERABILITIES, "v1/getVulnerabilities", API_SLOW, v1_vulnerabilities},
    {"POST", VULNERABILITIES, "v1/postVulnerability", API_SLOW, v1_vulnerability_post},
    {"GET", VULNERABILITIES "/{}", "v1/getVulnerability", API_CACHED, v1_vulnerability_get},
    {"PUT", VULNERABILITIES "/{}", "v1/putVulnerability", API_SLOW, v1_vulnerability_put},
    {"DELETE", VULNERABILITIES "/{}", "v1/deleteVulnerability", API_SLOW, v1_vulnerability_delete},
    {"GET", VULNERABILITIES "/{}/fixes", "v1/getFixes", API_CACHED, v1_fixes},
    {"PUT", VULNERABILITIES "/{}/fixes/{}", "v1/putFix", API_SLOW, v1_fix_put},
    {"DELETE", VULNERABILITIES "/{}/fixes/{}", "v1/deleteFix", API_SLOW, v1_fix_delete},
    {"GET", "/v1/notifications/{}", "v1/getNotification", API_SLOW, v1_notification_get},
    {"DELETE", "/v1/notifications/{}", "v1/deleteNotification", API_SLOW, v1_notification_delete},
};

static const struct api_route health_routes[] = {
    {"GET", "/health", "health", API_SLOW, health},
};

const struct api api_clair_v1 = {
    .name = "clair-v1",
    .summary = "Clair v1 of 2016 to 2019",
    .port = API_PORT_MAIN,
    .dialect = DIALECT_2016,
    .routes = routes,
    .routes_count = ARRAY_COUNT(routes),
    .dress = dress,
};

const struct api api_health_v1 = {
    .name = "health-v1",
    .summary = "The health port of 2016 to 2019",
    .port = API_PORT_HEALTH,
    .dialect = DIALECT_2016,
    .only_dialect = true,
    .routes = health_routes,
    .routes_count = ARRAY_COUNT(health_routes),
    .dress = dress,
};
