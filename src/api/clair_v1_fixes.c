/* clair_v1_fixes.c: the fixes of one vulnerability, in the API of 2016–2019. The old server's calls
 * that change one never worked; these do what its document says. */
#include "api/clair_v1.h"
#include "api/clair_version.h"

#define NEVER_WORKED "insertVulnerability needs at least the Name and the Namespace"

bool v1_fixes(struct api_call *call)
{
    struct service_vulnerability v;
    struct error e;
    struct say s;
    if (!v1_find(call, call->arguments[0], call->arguments[1], &v)) {
        return true;
    }
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    if (v.fixes_count == 0) {
        say_json(&s, "Features", STR_NONE);
    } else {
        say_array(&s, "Features");
        for (size_t i = 0; i < v.fixes_count; i++) {
            v1_say_fix(&s, v.os, &v.fixes[i]);
        }
        say_close(&s);
    }
    say_close(&s);
    return v1_end(call, &s, 200);
}

/* `old` with the fix in its place. False: answered. */
static bool put_fix(struct api_call *call, const struct service_vulnerability *old,
                    const struct graph_fix *fix)
{
    struct error e;
    struct graph_vulnerability v = {.api = GRAPH_API_2016,
                                    .name = old->name,
                                    .os = old->os,
                                    .link = old->link,
                                    .description = old->description,
                                    .severity = old->severity,
                                    .metadata = old->metadata};
    if (!v1_merge(old->fixes, old->fixes_count, fix, 1, call->arena, &v, &e)) {
        v1_error(call, &e);
        return false;
    }
    return v1_keep(call, &v);
}

static bool echo(struct api_call *call, const struct v1_feature *f)
{
    struct error e;
    struct say s;
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    v1_say_feature(&s, "Feature", f);
    say_close(&s);
    return v1_end(call, &s, 200);
}

bool v1_fix_put(struct api_call *call)
{
    const struct json_node *node;
    struct service_vulnerability old;
    struct v1_feature f;
    str why;
    if (!v1_envelope(call, &v1_feature_envelope, "Feature", &node)) {
        return true;
    }
    if (node == NULL) {
        return v1_message(call, 400, STR("failed to provide feature"));
    }
    if (!v1_read_feature(node, &f, &why)) {
        return v1_message(call, 400, why);
    }
    if (!str_eq(f.name, call->arguments[2])) {
        return v1_message(call, 400, STR("feature name in URL and JSON do not match"));
    }
    const char *fault = v1_feature_fault(&f);
    if (fault != NULL) {
        return v1_message(call, 400, str_from(fault));
    }
    if (service_options(call->service)->as_recorded) {
        return v1_message(call, 400, STR(NEVER_WORKED));
    }
    if (f.os.len > 0 && !str_eq(f.os, call->arguments[0])) {
        return v1_message(call, 400,
                          STR("could not insert an invalid vulnerability that contains FixedIn "
                              "FeatureVersion that are not in the same namespace as the "
                              "Vulnerability"));
    }
    if (!v1_find(call, call->arguments[0], call->arguments[1], &old)) {
        return true;
    }
    bool none = str_eq(f.version, STR("None")) || str_eq(f.version, STR(CLAIR_VERSION_MAX));
    const struct graph_fix fix = {.os = call->arguments[0],
                                  .name = f.name,
                                  .version = none ? STR_NONE : str_trim(f.version),
                                  .format = f.format};
    return !put_fix(call, &old, &fix) || echo(call, &f);
}

bool v1_fix_delete(struct api_call *call)
{
    struct service_vulnerability old;
    const struct graph_fix gone = {
        .os = call->arguments[0], .name = call->arguments[2], .version = STR(CLAIR_VERSION_MIN)};
    bool has = false;
    if (service_options(call->service)->as_recorded) {
        return v1_message(call, 500, STR(NEVER_WORKED));
    }
    if (!v1_find(call, call->arguments[0], call->arguments[1], &old)) {
        return true;
    }
    for (size_t i = 0; i < old.fixes_count && !has; i++) {
        has = str_eq(old.fixes[i].name, gone.name);
    }
    if (!has) {
        return v1_message(call, 404, STR("the resource cannot be found"));
    }
    return !put_fix(call, &old, &gone) || v1_empty(call, 200);
}
