/* clair_v1_named.c: vulnerabilities of a namespace, in the API of 2016–2019. */
#include <stdio.h>

#include "api/clair_v1.h"
#include "api/clair_version.h"
#include "api/os_name.h"
#include "base/map.h"
#include "base/num.h"

enum { LIST_MAX = 100000 }; /* of one page, whatever the limit */

#define NEEDS_NAMES "insertVulnerability needs at least the Name and the Namespace"
#define OTHER_NAMESPACE                                                                            \
    "could not insert an invalid vulnerability that contains FixedIn FeatureVersion that are not " \
    "in the same namespace as the Vulnerability"

static const str severities[] = {
    STR_INIT("Unknown"), STR_INIT("Negligible"), STR_INIT("Low"),     STR_INIT("Medium"),
    STR_INIT("High"),    STR_INIT("Critical"),   STR_INIT("Defcon1"),
};

/* -- shown ---------------------------------------------------------------------------------- */

static str shown_version(str version)
{
    return version.len == 0 || str_eq(version, STR(CLAIR_VERSION_MAX)) ? STR("None") : version;
}

void v1_say_fix(struct say *s, str os, const struct graph_fix *f)
{
    say_object(s, NULL);
    say_str_if(s, "Name", f->name);
    say_str_if(s, "NamespaceName", f->os.len > 0 ? f->os : os);
    say_str_if(s, "VersionFormat", f->format);
    say_str(s, "Version", shown_version(f->version));
    say_close(s);
}

void v1_say_vulnerability(struct say *s, const char *key, const struct service_vulnerability *v,
                          bool fixes)
{
    say_object(s, key);
    say_str_if(s, "Name", v->name);
    say_str_if(s, "NamespaceName", v->os);
    say_str_if(s, "Description", v->description);
    say_str_if(s, "Link", v->link);
    say_str_if(s, "Severity", v->severity);
    if (v->metadata.len > 0) {
        say_json(s, "Metadata", v->metadata);
    }
    say_str_if(s, "FixedBy", str_eq(v->fixed_by, STR(CLAIR_VERSION_MAX)) ? STR_NONE : v->fixed_by);
    if (fixes && v->fixes_count > 0) {
        say_array(s, "FixedIn");
        for (size_t i = 0; i < v->fixes_count; i++) {
            v1_say_fix(s, v->os, &v->fixes[i]);
        }
        say_close(s);
    }
    say_close(s);
}

/* -- the list ------------------------------------------------------------------------------- */

static bool has_namespace(struct graph *graph, str os, struct arena *arena, bool *has,
                          struct error *e)
{
    const struct graph_namespace *list;
    size_t count;
    *has = false;
    if (!graph_namespaces(graph, arena, &list, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count && !*has; i++) {
        *has = str_eq(list[i].os, os);
    }
    return true;
}

static bool say_list(struct api_call *call, const struct graph_vulnerability *list, size_t count,
                     str next)
{
    struct error e;
    struct say s;
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    if (count == 0) {
        say_json(&s, "Vulnerabilities", STR_NONE);
    } else {
        say_array(&s, "Vulnerabilities");
        for (size_t i = 0; i < count; i++) {
            const struct service_vulnerability v = {.name = list[i].name,
                                                    .os = list[i].os,
                                                    .link = list[i].link,
                                                    .description = list[i].description,
                                                    .severity = list[i].severity,
                                                    .metadata = list[i].metadata};
            v1_say_vulnerability(&s, NULL, &v, false);
        }
        say_close(&s);
    }
    say_str_if(&s, "NextPage", next);
    say_close(&s);
    return v1_end(call, &s, 200);
}

bool v1_vulnerabilities(struct api_call *call)
{
    struct graph *graph = service_graph(call->service, call->worker);
    const struct graph_vulnerability *list;
    struct v1_page page;
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    uint64_t from = 0;
    size_t count;
    bool has;
    str next = STR_NONE, text;
    if (!v1_page(call, false, &page)) {
        return true;
    }
    if (page.has_page && !num_parse(page.text, 10, INT64_MAX, &from)) {
        return v1_message(call, 400,
                          STR("invalid page format: invalid or expired pagination token"));
    }
    if (graph == NULL || !has_namespace(graph, call->arguments[0], call->arena, &has, &e)) {
        return v1_error(call, &e);
    }
    if (!has) {
        return v1_message(call, 404, STR("the resource cannot be found"));
    }
    size_t limit = page.limit < LIST_MAX ? (size_t)page.limit : LIST_MAX;
    if (!graph_vulnerability_list(graph, call->arguments[0], (int64_t)from, limit + 1, call->arena,
                                  &list, &count, &e)) {
        return v1_error(call, &e);
    }
    if (count > limit &&
        (!arena_printf(call->arena, &text, &e, "%lld", (long long)list[limit].number) ||
         !v1_token(call, text, &next, &e))) {
        return v1_error(call, &e);
    }
    return say_list(call, list, count < limit ? count : limit, next);
}

/* -- features of requests ------------------------------------------------------------------- */

bool v1_read_feature(const struct json_node *node, struct v1_feature *out, str *why)
{
    *out = (struct v1_feature){.name = STR_NONE};
    return body_str(node, "Name", &out->name, why) &&
           body_str(node, "NamespaceName", &out->os, why) &&
           body_str(node, "VersionFormat", &out->format, why) &&
           body_str(node, "Version", &out->version, why) &&
           body_str(node, "AddedBy", &out->added_by, why);
}

static bool is_format(str format)
{
    return str_eq(format, STR("dpkg")) || str_eq(format, STR("rpm"));
}

const char *v1_feature_fault(const struct v1_feature *f)
{
    if (str_eq(f->version, STR("None"))) {
        return NULL;
    }
    if (!is_format(f->format)) {
        return "unknown version format";
    }
    return clair_version_fault(f->version, false) == NULL ? NULL : "invalid version";
}

void v1_say_feature(struct say *s, const char *key, const struct v1_feature *f)
{
    say_object(s, key);
    say_str_if(s, "Name", f->name);
    say_str_if(s, "NamespaceName", f->os);
    say_str_if(s, "VersionFormat", f->format);
    say_str_if(s, "Version", f->version);
    say_str_if(s, "AddedBy", f->added_by);
    say_close(s);
}

/* -- a vulnerability that comes in ---------------------------------------------------------- */

struct posted {
    str name, os, description, link, severity, fixed_by;
    str metadata; /* JSON text, or empty */
    str rank;     /* the severity as it is spelled */
    struct v1_feature *features;
    size_t count;
};

static bool read_metadata(struct api_call *call, const struct json_node *node, struct posted *out,
                          str *why)
{
    const struct json_node *metadata = NULL;
    struct error e;
    struct buf text;
    if (!body_object(node, "Metadata", &metadata, why)) {
        return false;
    }
    if (metadata == NULL) {
        return true;
    }
    buf_init(&text, BODY_BYTES_MAX * 2);
    bool ok = body_text(metadata, call->arena, &text, &e) &&
              arena_str(call->arena, buf_str(&text), &out->metadata, &e);
    buf_done(&text);
    if (!ok) {
        *why = e.kind == ERROR_FORMAT
                   ? STR("json: cannot unmarshal a number of Metadata into a float64")
                   : STR("json: Metadata is too deep");
    }
    return ok;
}

static bool read_features(struct api_call *call, const struct json_node *node, struct posted *out,
                          str *why)
{
    const struct json_node *fixed = NULL;
    struct error e;
    if (!body_array(node, "FixedIn", &fixed, why)) {
        return false;
    }
    if (fixed == NULL) {
        return true;
    }
    out->features = ARENA_ARRAY(call->arena, fixed->count, struct v1_feature, &e);
    if (out->features == NULL) {
        *why = STR("no memory");
        return false;
    }
    for (const struct json_node *n = fixed->first; n != NULL; n = n->next) {
        if (!v1_read_feature(n, &out->features[out->count++], why)) {
            return false;
        }
    }
    return true;
}

/* False: answered. */
static bool read_posted(struct api_call *call, struct posted *out)
{
    const struct json_node *node;
    str why;
    *out = (struct posted){.name = STR_NONE};
    if (!v1_envelope(call, &v1_vulnerability_envelope, "Vulnerability", &node)) {
        return false;
    }
    if (node == NULL) {
        v1_message(call, 400, STR("failed to provide vulnerability"));
        return false;
    }
    if (!body_str(node, "Name", &out->name, &why) ||
        !body_str(node, "NamespaceName", &out->os, &why) ||
        !body_str(node, "Description", &out->description, &why) ||
        !body_str(node, "Link", &out->link, &why) ||
        !body_str(node, "Severity", &out->severity, &why) ||
        !body_str(node, "FixedBy", &out->fixed_by, &why) || !read_metadata(call, node, out, &why) ||
        !read_features(call, node, out, &why)) {
        v1_message(call, 400, why);
        return false;
    }
    return true;
}

static bool check_severity(struct api_call *call, struct posted *p)
{
    for (size_t i = 0; i < ARRAY_COUNT(severities); i++) {
        if (str_eq_nocase(severities[i], p->severity)) {
            p->rank = severities[i];
            return true;
        }
    }
    v1_message(call, 400, STR("failed to parse Severity from input"));
    return false;
}

static bool echo(struct api_call *call, const struct posted *p, unsigned status)
{
    struct error e;
    struct say s;
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    say_object(&s, "Vulnerability");
    say_str_if(&s, "Name", p->name);
    say_str_if(&s, "NamespaceName", p->os);
    say_str_if(&s, "Description", p->description);
    say_str_if(&s, "Link", p->link);
    say_str_if(&s, "Severity", p->severity);
    if (p->metadata.len > 2) { /* "{}" is empty */
        say_json(&s, "Metadata", p->metadata);
    }
    say_str_if(&s, "FixedBy", p->fixed_by);
    if (p->count > 0) {
        say_array(&s, "FixedIn");
        for (size_t i = 0; i < p->count; i++) {
            v1_say_feature(&s, NULL, &p->features[i]);
        }
        say_close(&s);
    }
    say_close(&s);
    say_close(&s);
    return v1_end(call, &s, status);
}

/* Did a layer bring any version of it? */
static bool is_installed(struct api_call *call, struct graph *graph, str os, str name,
                         bool *installed, struct error *e)
{
    const struct graph_package *packages;
    size_t count;
    *installed = false;
    for (int i = 0; i < 2 && !*installed; i++) {
        const struct graph_question q = {
            .namespace_ = os, .name = name, .source = i == 0, .limit = 1};
        if (!graph_installers(graph, &q, call->arena, &packages, &count, e)) {
            return false;
        }
        *installed = count > 0;
    }
    return true;
}

/* The format that all versions of a namespace have; empty where it is unknown yet. */
static bool format_of(struct graph *graph, str os, struct arena *arena, str *out, struct error *e)
{
    const struct graph_namespace *list;
    size_t count;
    *out = STR_NONE;
    if (!graph_namespaces(graph, arena, &list, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].os, os)) {
            *out = list[i].format.len > 0 ? list[i].format : os_version_format(os);
        }
    }
    return true;
}

/* The fixes of the request, of its namespace. False: answered. */
static bool take_fixes(struct api_call *call, struct graph *graph, const struct posted *p,
                       struct graph_fix **out)
{
    struct error e;
    str format;
    struct graph_fix *fixes = ARENA_ARRAY(call->arena, p->count, struct graph_fix, &e);
    if (fixes == NULL || !format_of(graph, p->os, call->arena, &format, &e)) {
        v1_error(call, &e);
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct v1_feature *f = &p->features[i];
        bool installed = false;
        if (f->os.len > 0 && !str_eq(f->os, p->os)) {
            v1_message(call, 400, STR(OTHER_NAMESPACE));
            return false;
        }
        /* as Clair, which compared it with all known versions, by the rules of no format */
        if ((f->os.len == 0 || !is_format(f->format)) &&
            !is_installed(call, graph, p->os, f->name, &installed, &e)) {
            v1_error(call, &e);
            return false;
        }
        if (installed) {
            v1_message(call, 500, STR("unknown version format"));
            return false;
        }
        bool none = str_eq(f->version, STR("None")) || str_eq(f->version, STR(CLAIR_VERSION_MAX));
        fixes[i] = (struct graph_fix){.os = p->os,
                                      .name = f->name,
                                      .version = none ? STR_NONE : str_trim(f->version),
                                      .format = format.len > 0 ? format : f->format};
    }
    *out = fixes;
    return true;
}

/* Where each name is in a list, the last of equal ones. */
static bool index_names(const struct graph_fix *fixes, size_t count, struct map *to,
                        struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!map_put(to, fixes[i].name, (void *)(uintptr_t)&fixes[i], e)) {
            return false;
        }
    }
    return true;
}

bool v1_merge(const struct graph_fix *old, size_t old_count, const struct graph_fix *more,
              size_t more_count, struct arena *arena, struct graph_vulnerability *out,
              struct error *e)
{
    struct graph_fix *all = ARENA_ARRAY(arena, old_count + more_count, struct graph_fix, e);
    struct map news, olds;
    size_t count = 0;
    map_init(&news, arena);
    map_init(&olds, arena);
    if (all == NULL || !index_names(more, more_count, &news, e) ||
        !index_names(old, old_count, &olds, e)) {
        return false;
    }
    for (size_t i = 0; i < old_count + more_count; i++) {
        const struct graph_fix *fix = i < old_count ? &old[i] : &more[i - old_count];
        const struct graph_fix *now = map_get(&news, fix->name);
        if (i >= old_count && (now != fix || map_get(&olds, fix->name) != NULL)) {
            continue; /* stands where the old one stood */
        }
        now = now != NULL ? now : fix;
        if (!str_eq(now->version, STR(CLAIR_VERSION_MIN))) {
            all[count++] = *now;
        }
    }
    out->fixes = all;
    out->fixes_count = count;
    return true;
}

bool v1_keep(struct api_call *call, const struct graph_vulnerability *v)
{
    struct graph *graph = service_graph(call->service, call->worker);
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    bool changed;
    if (graph == NULL || !graph_vulnerability_put(graph, v, &changed, &e)) {
        v1_error(call, &e);
        return false;
    }
    return true;
}

/* Of one feature twice in a new vulnerability the first counts, as with Clair; in one that is
 * there the last. */
static bool keep_first(struct graph_fix *fixes, size_t *count, struct arena *arena, struct error *e)
{
    struct map seen;
    size_t kept = 0;
    map_init(&seen, arena);
    for (size_t i = 0; i < *count; i++) {
        if (map_get(&seen, fixes[i].name) == NULL) {
            fixes[kept] = fixes[i];
            if (!map_put(&seen, fixes[kept].name, &fixes[kept], e)) {
                return false;
            }
            kept++;
        }
    }
    *count = kept;
    return true;
}

static bool put_posted(struct api_call *call, const struct posted *p, str os, str name,
                       unsigned status)
{
    struct graph *graph = service_graph(call->service, call->worker);
    struct service_vulnerability old;
    struct graph_fix *fixes;
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    bool found = false;
    struct graph_vulnerability v = {.api = GRAPH_API_2016,
                                    .name = name,
                                    .os = os,
                                    .link = p->link,
                                    .description = p->description,
                                    .severity = p->rank,
                                    .metadata = p->metadata.len > 2 ? p->metadata : STR_NONE};
    if (graph == NULL || !service_vulnerability(call->service, call->worker, GRAPH_API_2016, os,
                                                name, call->arena, &old, &found, &e)) {
        return v1_error(call, &e);
    }
    size_t count = p->count;
    if (!take_fixes(call, graph, p, &fixes)) {
        return true;
    }
    if (!found && !keep_first(fixes, &count, call->arena, &e)) {
        return v1_error(call, &e);
    }
    if (!v1_merge(found ? old.fixes : NULL, found ? old.fixes_count : 0, fixes, count, call->arena,
                  &v, &e)) {
        return v1_error(call, &e);
    }
    for (size_t i = 0; i < v.fixes_count; i++) {
        if (v.fixes[i].name.len == 0) {
            return v1_message(call, 400, STR("could not find/insert invalid Feature"));
        }
    }
    return !v1_keep(call, &v) || echo(call, p, status);
}

bool v1_vulnerability_post(struct api_call *call)
{
    struct posted p;
    if (!read_posted(call, &p) || !check_severity(call, &p)) {
        return true;
    }
    for (size_t i = 0; i < p.count; i++) {
        const char *fault = v1_feature_fault(&p.features[i]);
        if (fault != NULL) {
            return v1_message(call, 400, str_from(fault));
        }
    }
    if (p.name.len == 0 || p.os.len == 0) {
        return v1_message(call, 400, STR(NEEDS_NAMES));
    }
    return put_posted(call, &p, p.os, p.name, 201); /* the path's namespace does not count */
}

bool v1_vulnerability_put(struct api_call *call)
{
    struct posted p;
    if (!read_posted(call, &p)) {
        return true;
    }
    if (p.count > 0) {
        return v1_message(call, 400, STR("Vulnerability.FixedIn must be empty"));
    }
    return !check_severity(call, &p) ||
           put_posted(call, &p, call->arguments[0], call->arguments[1], 200);
}

/* -- one ------------------------------------------------------------------------------------ */

bool v1_find(struct api_call *call, str os, str name, struct service_vulnerability *out)
{
    struct error e;
    bool found;
    if (!service_vulnerability(call->service, call->worker, GRAPH_API_2016, os, name, call->arena,
                               out, &found, &e)) {
        v1_error(call, &e);
        return false;
    }
    if (!found) {
        v1_message(call, 404, STR("the resource cannot be found"));
    }
    return found;
}

bool v1_vulnerability_get(struct api_call *call)
{
    struct service_vulnerability v;
    struct error e;
    struct say s;
    if (!v1_find(call, call->arguments[0], call->arguments[1], &v)) {
        return true;
    }
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    v1_say_vulnerability(&s, "Vulnerability", &v, v1_flag(call, "fixedIn"));
    say_close(&s);
    return v1_end(call, &s, 200);
}

bool v1_vulnerability_delete(struct api_call *call)
{
    struct graph *graph = service_graph(call->service, call->worker);
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    return graph != NULL && graph_vulnerability_delete(graph, GRAPH_API_2016, call->arguments[0],
                                                       call->arguments[1], &e)
               ? v1_empty(call, 200)
               : v1_error(call, &e);
}
