/* clair_2015_layers.c: layers and their packages, in the API of December 2015. */
#include "api/body.h"
#include "api/clair_2015.h"
#include "api/warning.h"

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

bool layer_post(struct api_call *call)
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
    str warning;
    enum analysis outcome =
        service_analyse(call->service, call->worker, &post, call->arena, &warning, &e);
    warning_put(call->out, warning, call->arena);
    return analysed(call, outcome, &e);
}

/* Deletes it where it is of this API, or of none. */
bool layer_delete(struct api_call *call)
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

bool layer_os(struct api_call *call)
{
    return layer_text(call, "OS", false);
}

bool layer_parent(struct api_call *call)
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

bool layer_packages(struct api_call *call)
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

bool layer_packages_diff(struct api_call *call)
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
