/* clair_2015_named.c: vulnerabilities by name, in the API of December 2015. */
#include "api/body.h"
#include "api/clair_2015.h"
#include "api/clair_version.h"
#include "api/fix_set.h"
#include "base/map.h"

void say_vulnerability(struct say *s, const char *key, const struct service_vulnerability *v)
{
    say_object(s, key);
    say_str(s, "ID", v->name);
    say_str(s, "Link", v->link);
    say_str(s, "Priority", v->severity);
    say_str(s, "Description", v->description);
    say_array(s, "AffectedPackages");
    for (size_t i = 0; i < v->fixes_count; i++) {
        const struct graph_fix *f = &v->fixes[i];
        say_object(s, NULL);
        say_str(s, "OS", f->os);
        say_str(s, "Name", f->name);
        say_bool(s, "AllVersions", f->version.len == 0);
        say_str(s, "BeforeVersion", f->version);
        say_close(s);
    }
    say_close(s);
    say_close(s);
}

/* -- a vulnerability that comes in ---------------------------------------------------------- */

struct posted {
    str name, link, priority, description;
    struct graph_fix *fixes;
    size_t fixes_count;
    bool incomplete; /* a package without OS, name or version */
};

/* False: no version, and `why` says why. */
static bool read_version(const struct json_node *package, str *version, bool *has, str *why)
{
    const struct json_node *n = NULL;
    for (const struct json_node *m = package->first; m != NULL; m = m->next) {
        if (str_eq_nocase(m->key, STR("BeforeVersion"))) {
            n = m;
        }
    }
    *has = n != NULL;
    if (n == NULL) {
        return true;
    }
    str text = n->kind == JSON_STRING ? str_trim(n->text) : STR_NONE;
    const char *fault = clair_version_fault(text, true);
    if (fault != NULL) {
        *why = str_from(fault);
        return false;
    }
    *version = str_starts(text, STR("0:")) ? str_slice(text, 2, text.len) : text;
    return true;
}

/* BeforeVersion is not here: what is no string is an empty version. */
static const struct body_field package_fields[] = {
    {"OS", BODY_STRING, NULL},
    {"Name", BODY_STRING, NULL},
    {"AllVersions", BODY_BOOL, NULL},
};
static const struct body_shape package_shape = {"database", "AbstractPackage", package_fields,
                                                ARRAY_COUNT(package_fields)};

static const struct body_field vulnerability_fields[] = {
    {"ID", BODY_STRING, NULL},
    {"Link", BODY_STRING, NULL},
    {"Priority", BODY_STRING, NULL},
    {"Description", BODY_STRING, NULL},
    {"AffectedPackages", BODY_STRUCTS, &package_shape},
};
static const struct body_shape vulnerability_shape = {
    "database", "AbstractVulnerability", vulnerability_fields, ARRAY_COUNT(vulnerability_fields)};

static bool read_package(const struct json_node *node, struct posted *out, str *why)
{
    struct graph_fix fix = {.format = STR_NONE};
    bool all = false, has = false;
    if (!body_str(node, "OS", &fix.os, why) || !body_str(node, "Name", &fix.name, why) ||
        !body_bool(node, "AllVersions", &all, why) ||
        !read_version(node, &fix.version, &has, why)) {
        return false;
    }
    if (fix.os.len == 0 || fix.name.len == 0 || (!has && !all)) {
        out->incomplete = true;
    }
    if (all || str_eq(fix.version, STR(CLAIR_VERSION_MAX))) {
        fix.version = STR_NONE;
    }
    out->fixes[out->fixes_count++] = fix;
    return true;
}

static bool read_posted(struct api_call *call, struct posted *out, str *why)
{
    const struct json_node *body, *packages = NULL;
    struct error e;
    *out = (struct posted){.name = STR_NONE};
    if (!body_read(call->request, call->arena, &body, why) ||
        !body_fits(body, &vulnerability_shape, call->arena, why) ||
        !body_str(body, "ID", &out->name, why) || !body_str(body, "Link", &out->link, why) ||
        !body_str(body, "Priority", &out->priority, why) ||
        !body_str(body, "Description", &out->description, why) ||
        !body_array(body, "AffectedPackages", &packages, why)) {
        return false;
    }
    if (packages == NULL) {
        return true;
    }
    out->fixes = ARENA_ARRAY(call->arena, packages->count, struct graph_fix, &e);
    if (out->fixes == NULL) {
        *why = STR("no memory");
        return false;
    }
    for (const struct json_node *n = packages->first; n != NULL; n = n->next) {
        if (!read_package(n, out, why)) {
            return false;
        }
    }
    return true;
}

static bool find(struct api_call *call, str name, struct service_vulnerability *out, bool *found,
                 struct error *e)
{
    return service_vulnerability(call->service, call->worker, GRAPH_API_2015, STR_NONE, name,
                                 call->arena, out, found, e);
}

static bool keep(struct api_call *call, const struct graph_vulnerability *v)
{
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    struct graph *graph = service_graph(call->service, call->worker);
    bool changed;
    return graph != NULL && graph_vulnerability_put(graph, v, &changed, &e)
               ? answer_empty(call, 201)
               : answer_error(call, &e);
}

bool vulnerability_post(struct api_call *call)
{
    struct posted posted;
    struct service_vulnerability old;
    struct error e;
    str why;
    bool found = false;
    unsigned rank;
    if (!read_posted(call, &posted, &why)) {
        return answer_message(call, 415, why);
    }
    if (posted.name.len > 0 && !find(call, posted.name, &old, &found, &e)) {
        return answer_error(call, &e);
    }
    if (found) {
        return answer_message(call, 400, STR("vulnerability already exists"));
    }
    if (posted.incomplete) {
        return answer_message(call, 400, STR("could not insert an incomplete package"));
    }
    if (posted.name.len == 0 || posted.link.len == 0 || posted.priority.len == 0) {
        return answer_message(call, 400, STR("Could not insert an incomplete vulnerability"));
    }
    if (!priority_rank(posted.priority, &rank)) {
        return answer_message(
            call, 400, STR("Could not insert a vulnerability which has an invalid priority"));
    }
    if (posted.fixes_count == 0) {
        return answer_message(
            call, 400, STR("could not insert a vulnerability which doesn't affect any package"));
    }
    const struct graph_vulnerability v = {
        .api = GRAPH_API_2015,
        .name = posted.name,
        .link = posted.link,
        .description = posted.description,
        .severity = posted.priority,
        .fixes = posted.fixes,
        .fixes_count = posted.fixes_count,
    };
    return keep(call, &v);
}

/* -- changing ------------------------------------------------------------------------------- */

/* The old list with what the new one names in its place; `*changed`: anything is another. */
static bool merge_fixes(const struct service_vulnerability *old, const struct posted *posted,
                        struct arena *arena, struct graph_vulnerability *out, bool *changed,
                        struct error *e)
{
    struct graph_fix *all =
        ARENA_ARRAY(arena, old->fixes_count + posted->fixes_count, struct graph_fix, e);
    struct fix_set named, before;
    size_t count = 0;
    fix_set_init(&named, false, arena);
    fix_set_init(&before, true, arena);
    if (all == NULL || !fix_set_add_all(&named, posted->fixes, posted->fixes_count, e) ||
        !fix_set_add_all(&before, old->fixes, old->fixes_count, e)) {
        return false;
    }
    *changed = false;
    for (size_t i = 0; i < old->fixes_count; i++) {
        bool replaced;
        if (!fix_set_has(&named, &old->fixes[i], &replaced, e)) {
            return false;
        }
        if (!replaced) {
            all[count++] = old->fixes[i];
        }
    }
    for (size_t i = 0; i < posted->fixes_count; i++) {
        bool known;
        if (!fix_set_has(&before, &posted->fixes[i], &known, e)) {
            return false;
        }
        all[count++] = posted->fixes[i];
        *changed = *changed || !known;
    }
    *changed = *changed || count != old->fixes_count;
    out->fixes = all;
    out->fixes_count = count;
    return true;
}

bool vulnerability_put(struct api_call *call)
{
    struct posted posted;
    struct service_vulnerability old;
    struct error e;
    str why;
    bool found, changed;
    unsigned before = 0, after = 0;
    if (!read_posted(call, &posted, &why)) {
        return answer_message(call, 415, why);
    }
    if (!find(call, call->arguments[0], &old, &found, &e)) {
        return answer_error(call, &e);
    }
    if (!found) {
        return answer_message(call, 404, STR("the resource cannot be found"));
    }
    if (posted.priority.len > 0 && !priority_rank(posted.priority, &after)) {
        return answer_message(
            call, 400, STR("Could not update a vulnerability which has an invalid priority"));
    }
    if (posted.incomplete) {
        return answer_message(call, 400, STR("could not insert an incomplete package"));
    }
    struct graph_vulnerability v = {
        .api = GRAPH_API_2015,
        .name = old.name,
        .link = posted.link.len > 0 ? posted.link : old.link,
        .description = posted.description.len > 0 ? posted.description : old.description,
        .severity = after > 0 ? posted.priority : old.severity, /* "Unknown" is no change */
    };
    if (!merge_fixes(&old, &posted, call->arena, &v, &changed, &e)) {
        return answer_error(call, &e);
    }
    /* Clair told of higher priorities and other packages alone */
    v.quiet = !changed && !(priority_rank(old.severity, &before) && after > before);
    return keep(call, &v);
}

bool vulnerability_delete(struct api_call *call)
{
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    struct graph *graph = service_graph(call->service, call->worker);
    return graph != NULL && graph_vulnerability_delete(graph, GRAPH_API_2015, STR_NONE,
                                                       call->arguments[0], &e)
               ? answer_empty(call, 204)
               : answer_error(call, &e);
}

/* -- looking -------------------------------------------------------------------------------- */

bool vulnerability_get(struct api_call *call)
{
    struct service_vulnerability v;
    struct error e;
    struct say s;
    bool found;
    if (!find(call, call->arguments[0], &v, &found, &e)) {
        return answer_error(call, &e);
    }
    if (!found) {
        return answer_message(call, 404, STR("the resource cannot be found"));
    }
    say_begin(call, &s, &e);
    say_vulnerability(&s, NULL, &v);
    return say_end(call, &s, 200);
}

bool vulnerability_introducing(struct api_call *call)
{
    struct service_vulnerability v;
    const struct layer_name *layers;
    size_t count;
    struct error e;
    struct say s;
    bool found;
    if (!find(call, call->arguments[0], &v, &found, &e)) {
        return answer_error(call, &e);
    }
    if (!found) {
        return answer_message(call, 404, STR("the resource cannot be found"));
    }
    if (!service_introducing(call->service, call->worker, &v, 0, 0, call->arena, &layers, &count,
                             &e)) {
        return answer_error(call, &e);
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    say_array(&s, "IntroducingLayersIDs");
    for (size_t i = 0; i < count; i++) {
        say_str(&s, NULL, layers[i].name);
    }
    say_close(&s);
    say_close(&s);
    return say_end(call, &s, 200);
}

static bool is_vulnerable(const struct layer_view *view, str name)
{
    for (size_t i = 0; i < view->features_count; i++) {
        for (size_t k = 0; k < view->features[i].vulnerabilities_count; k++) {
            if (str_eq(view->features[i].vulnerabilities[k].name, name)) {
                return true;
            }
        }
    }
    return false;
}

static const struct body_field affected_fields[] = {{"LayersIDs", BODY_STRINGS, NULL}};
static const struct body_shape affected_shape = {"logic",
                                                 "POSTVulnerabilitiesAffectedLayersParameters",
                                                 affected_fields, ARRAY_COUNT(affected_fields)};

bool vulnerability_affected(struct api_call *call)
{
    const struct json_node *body;
    struct service_vulnerability v;
    const str *ids;
    size_t count;
    struct map said;
    struct error e;
    struct say s;
    bool found;
    str why;
    if (!read_body(call, &affected_shape, &body)) {
        return true;
    }
    if (!body_strings(body, "LayersIDs", call->arena, &ids, &count, &why)) {
        return answer_message(call, 415, why);
    }
    if (count == 0) {
        return answer_message(call, 400,
                              STR("getting the entire list of affected layers is not supported "
                                  "yet: at least one LayerID query parameter must be provided"));
    }
    if (!find(call, call->arguments[0], &v, &found, &e)) {
        return answer_error(call, &e);
    }
    if (!found) {
        return answer_message(call, 404, STR("the resource cannot be found"));
    }
    say_begin(call, &s, &e);
    say_object(&s, NULL);
    map_init(&said, call->arena);
    for (size_t i = 0; i < count; i++) {
        struct layer_view view;
        if (map_get(&said, ids[i]) != NULL) {
            continue;
        }
        if (!service_layer(call->service, call->worker, ids[i], true, call->arena, &view, &e) ||
            !map_put(&said, ids[i], call, &e)) {
            return answer_error(call, &e);
        }
        say_name(&s, ids[i]);
        say_object(&s, NULL);
        say_bool(&s, "Vulnerable", is_vulnerable(&view, v.name));
        say_close(&s);
    }
    say_close(&s);
    return say_end(call, &s, 200);
}
