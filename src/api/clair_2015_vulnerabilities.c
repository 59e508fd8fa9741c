/* clair_2015_vulnerabilities.c: the vulnerabilities of layers, in the API of December 2015. */
#include "api/body.h"
#include "api/clair_2015.h"
#include "api/warning.h"
#include "base/map.h"

enum { PRIORITY_DEFAULT = 4 }; /* High */

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

bool layer_vulnerabilities(struct api_call *call)
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
    incomplete_say(&s, view.incomplete, view.incomplete_count);
    say_close(&s);
    return say_end(call, &s, 200);
}

bool layer_vulnerabilities_diff(struct api_call *call)
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
        if (!map_put(&said, ids[i], call, e)) {
            return false;
        }
        struct arena_mark mark = arena_mark(call->arena); /* memory is that of one layer */
        map_init(&list, call->arena);
        if (!service_layer(call->service, call->worker, ids[i], true, call->arena, &view, e) ||
            !list_all(view.features, view.features_count, minimum, &list, e)) {
            return false;
        }
        say_name(s, ids[i]);
        say_object(s, NULL);
        say_listed(s, "Vulnerabilities", view.features, view.features_count, &list, NULL);
        say_close(s);
        arena_rewind(call->arena, mark);
    }
    return true;
}

static const struct body_field batch_fields[] = {{"LayersIDs", BODY_STRINGS, NULL}};
static const struct body_shape batch_shape = {"logic", "POSTBatchLayersVulnerabilitiesParameters",
                                              batch_fields, ARRAY_COUNT(batch_fields)};

bool batch_vulnerabilities(struct api_call *call)
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
