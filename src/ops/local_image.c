#include "ops/local_image.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "fetch/client.h"
#include "format/json.h"
#include "ops/docker.h"
#include "ops/layer_files.h"
#include "ops/layer_server.h"
#include "report/escape.h"
#include "source/source.h"

enum {
    ANSWER_BYTES_MAX = 128 * 1024 * 1024, /* of the list of vulnerabilities */
    MESSAGE_BYTES_MAX = 64 * 1024,        /* of an error's body */
    MESSAGE_SHOWN_BYTES_MAX = 800,
    ANALYSIS_S_MAX = 900, /* as long as Clair gave itself (api.timeout) */
    VULNERABILITIES_MAX = 1000000,
};

struct server {
    const struct local_request *request;
    struct arena *arena;
    struct fetch_client client;
    struct layer_server files;
    str base;            /* the endpoint without a '/' at the end */
    str authority, host; /* "clair:6060", "clair" */
    bool is_local;
};

static const char *const priorities[] = {"Unknown", "Negligible", "Low",    "Medium",
                                         "High",    "Critical",   "Defcon1"};

const char *local_priority(size_t i)
{
    return i < ARRAY_COUNT(priorities) ? priorities[i] : NULL;
}

static MUST_USE bool tell(const struct local_request *r, struct error *e, const char *before,
                          str what)
{
    return writer_add(r->out, str_from(before), e) && escape_field(r->out, what, e) &&
           writer_add(r->out, STR("\n"), e) && writer_flush(r->out, e);
}

static MUST_USE bool tell_count(const struct local_request *r, size_t count, struct error *e)
{
    return writer_printf(r->out, e, "Analyzing %zu layers\n", count) && writer_flush(r->out, e);
}

/* -- which image ---------------------------------------------------------------------------- */

/* What is there, or has a source's prefix, is what it is; any other name may be docker's. Nothing
 * is opened: a pipe can be opened only once. */
static bool is_dockers(const struct local_request *r)
{
    char path[PATH_MAX];
    struct stat st;
    const struct source *source;
    str name = r->image.source, rest = name, prefix;
    if (name.len == 0 || name.len >= PATH_MAX || strchr("-./", name.at[0]) != NULL) {
        return false;
    }
    for (size_t i = 0; (source = source_at(i)) != NULL && str_cut(&rest, ':', &prefix); i++) {
        if (str_eq(prefix, str_from(source->name))) {
            return false;
        }
        rest = name;
    }
    snprintf(path, sizeof(path), "%.*s", (int)name.len, name.at);
    return lstat(path, &st) != 0 && docker_is_there();
}

bool local_needs_folder(const struct local_request *request)
{
    return request->endpoint.len > 0 || is_dockers(request);
}

/* Saves the image where it is docker's; `image` and `known` are what to read then. */
static bool save(const struct local_request *r, struct arena *arena, struct image_options *image,
                 struct layer_files *known, struct error *e)
{
    str name, path;
    *image = r->image;
    bool dockers = r->folder != NULL && is_dockers(r);
    if (!tell(r, e, "Saving ", r->image.source)) {
        return false;
    }
    if (dockers) {
        if (!arena_str(arena, r->image.source, &name, e) ||
            !arena_printf(arena, &path, e, "%s/image.tar", r->folder)) {
            return false;
        }
        image->source = path;
        if (!docker_save(name.at, path.at, e)) {
            return error_wrap(e, "- Could not save image");
        }
    }
    if (!tell(r, e, "Getting image's history", STR_NONE)) {
        return false;
    }
    return !dockers || docker_history(name.at, arena, &known->ids, &known->count, e) ||
           error_wrap(e, "- Could not get image's history");
}

/* -- with a server -------------------------------------------------------------------------- */

static bool read_endpoint(struct server *s, struct error *e)
{
    str rest = s->request->endpoint, path;
    while (str_ends(rest, STR("/"))) {
        rest.len--;
    }
    s->base = rest;
    if (str_starts(rest, STR("http://"))) {
        rest = str_slice(rest, sizeof("http://") - 1, rest.len);
    } else if (str_starts(rest, STR("https://"))) {
        rest = str_slice(rest, sizeof("https://") - 1, rest.len);
    } else {
        return error_set(e, ERROR_USAGE, "-endpoint: '" STR_FMT "' is no http:// or https:// URL",
                         STR_ARG(s->request->endpoint));
    }
    str after = rest;
    s->authority = str_cut(&after, '/', &path) ? path : rest;
    size_t colon = str_find_last_char(s->authority, ':');
    size_t bracket = str_find_char(s->authority, ']');
    if (str_starts(s->authority, STR("[")) && bracket < s->authority.len) {
        s->host = str_slice(s->authority, 1, bracket);
    } else {
        s->host = str_slice(s->authority, 0, colon);
    }
    s->is_local = str_eq(s->host, STR("127.0.0.1")) || str_eq_nocase(s->host, STR("localhost")) ||
                  str_eq(s->host, STR("::1"));
    return s->host.len > 0 || error_set(e, ERROR_USAGE, "-endpoint: '" STR_FMT "' names no host",
                                        STR_ARG(s->request->endpoint));
}

/* The whole body of the answer, whatever its status; more than `bytes_max` is cut off where the
 * answer is an error's. */
static bool ask(struct server *s, const struct fetch_request *what, unsigned *status, str *body,
                struct error *e)
{
    struct fetch_response response;
    struct fetch_request request = *what;
    request.allow_private = true;
    request.allow_http = str_starts(s->base, STR("http://"));
    request.timeout_s = request.stall_s = ANALYSIS_S_MAX;
    request.retries = UINT_MAX;
    if (!fetch_get(&s->client, &request, s->arena, &response, e)) {
        return false;
    }
    *status = response.status;
    size_t most = response.status == 200 ? ANSWER_BYTES_MAX : MESSAGE_BYTES_MAX, got = 0;
    struct buf text;
    buf_init(&text, most + 1);
    bool ok = true;
    while (ok && text.len < most) {
        size_t want = most - text.len < READER_NEED_MAX ? most - text.len : READER_NEED_MAX;
        ok = buf_reserve(&text, want, e) &&
             reader_read(fetch_body(&s->client), text.at + text.len, want, &got, e);
        text.len += ok ? got : 0;
        if (got < want) {
            break;
        }
    }
    ok = ok && arena_str(s->arena, buf_str(&text), body, e);
    buf_done(&text);
    return ok;
}

static bool unexpected(unsigned status, str body, struct error *e)
{
    str shown = str_slice(str_trim(body), 0, MESSAGE_SHOWN_BYTES_MAX);
    return error_set(e, ERROR_REMOTE, "Got response %u with message %.*s", status, (int)shown.len,
                     shown.len > 0 ? shown.at : "");
}

static bool layer_body(const struct server *s, const struct layer_files *files, size_t i,
                       struct writer *to, struct error *e)
{
    str path, id = files->ids[i], parent = i > 0 ? files->ids[i - 1] : STR_NONE;
    bool six = str_find_char(s->request->my_address, ':') < s->request->my_address.len &&
               !str_starts(s->request->my_address, STR("["));
    bool ok = s->is_local ? arena_printf(s->arena, &path, e, "%s/%.*s/layer.tar",
                                         s->request->folder, (int)id.len, id.at)
                          : arena_printf(s->arena, &path, e, "http://%s%.*s%s:%d/%.*s/layer.tar",
                                         six ? "[" : "", (int)s->request->my_address.len,
                                         s->request->my_address.at, six ? "]" : "",
                                         LAYER_SERVER_PORT, (int)id.len, id.at);
    return ok && writer_add(to, STR("{\"ID\":"), e) && escape_json(to, id, e) &&
           writer_add(to, STR(",\"Path\":"), e) && escape_json(to, path, e) &&
           writer_add(to, STR(",\"ParentID\":"), e) && escape_json(to, parent, e) &&
           writer_add(to, STR("}"), e);
}

static bool post_layer(struct server *s, const struct layer_files *files, size_t i, struct error *e)
{
    static const str headers[] = {STR_INIT("Content-Type: application/json")};
    struct fetch_request request = {
        .method = STR("POST"), .headers = headers, .headers_count = ARRAY_COUNT(headers)};
    struct writer body;
    unsigned status = 0;
    str answer = STR_NONE;
    writer_to_memory(&body, FETCH_POST_BYTES_MAX);
    bool ok =
        layer_body(s, files, i, &body, e) &&
        arena_str(s->arena, buf_str(&body.pending), &request.body, e) &&
        arena_printf(s->arena, &request.url, e, "%.*s/v1/layers", (int)s->base.len, s->base.at) &&
        ask(s, &request, &status, &answer, e);
    writer_done(&body);
    ok = ok && (status == 201 || unexpected(status, answer, e));
    return ok || error_wrap(e, "- Could not analyze layer");
}

static bool take_list(str body, struct arena *arena, struct local_result *out, struct error *e)
{
    const struct json_node *root;
    if (!json_tree(body, arena, &root, e)) {
        return error_wrap(e, "the server's answer");
    }
    const struct json_node *list = json_member(root, "Vulnerabilities");
    if (list == NULL || (list->kind != JSON_ARRAY && list->kind != JSON_NULL)) {
        return error_set(e, ERROR_FORMAT, "the server's answer has no list 'Vulnerabilities'");
    }
    if (list->count > VULNERABILITIES_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu vulnerabilities, the limit is %d", list->count,
                         VULNERABILITIES_MAX);
    }
    struct local_vulnerability *v = ARENA_ARRAY(arena, list->count, struct local_vulnerability, e);
    if (v == NULL) {
        return false;
    }
    for (const struct json_node *n = list->first; n != NULL; n = n->next) {
        v[out->count++] = (struct local_vulnerability){
            .id = json_member_str(n, "ID"),
            .priority = json_member_str(n, "Priority"),
            .link = json_member_str(n, "Link"),
            .description = json_member_str(n, "Description"),
        };
    }
    out->vulnerabilities = v;
    return true;
}

static bool get_vulnerabilities(struct server *s, str id, struct local_result *out, struct error *e)
{
    struct fetch_request request = {.method = STR("GET")};
    unsigned status = 0;
    str body = STR_NONE;
    bool ok =
        arena_printf(s->arena, &request.url, e,
                     "%.*s/v1/layers/%.*s/vulnerabilities?minimumPriority=%s", (int)s->base.len,
                     s->base.at, (int)id.len, id.at, priorities[s->request->priority]) &&
        ask(s, &request, &status, &body, e) && (status == 200 || unexpected(status, body, e)) &&
        take_list(body, s->arena, out, e);
    return ok || error_wrap(e, "- Could not get vulnerabilities");
}

static bool analyze_layers(struct server *s, const struct layer_files *files,
                           struct local_result *out, struct error *e)
{
    const struct layer_server_options serving = {.folder = s->request->folder,
                                                 .files = files,
                                                 .address = s->request->my_address,
                                                 .client = s->host,
                                                 .client_authority = s->authority};
    /* as programs in Go: no proxy for this machine. The process is this work's own */
    if (s->is_local) {
        (void)setenv("no_proxy", "*", 1);
    }
    if (!s->is_local && !layer_server_start(&serving, &s->files, e)) {
        return error_wrap(e, "- Could not serve layers");
    }
    if (!tell_count(s->request, files->count, e) || !fetch_start(&s->client, STR_NONE, e)) {
        return false;
    }
    for (size_t i = 0; i < files->count; i++) {
        if (!tell(s->request, e, "- Analyzing ", files->ids[i]) || !post_layer(s, files, i, e)) {
            return false;
        }
    }
    return tell(s->request, e, "Getting image's vulnerabilities", STR_NONE) &&
           get_vulnerabilities(s, files->ids[files->count - 1], out, e);
}

static bool analyze_by_server(const struct local_request *r, struct arena *arena,
                              struct local_result *out, struct error *e)
{
    struct server s = {.request = r, .arena = arena};
    struct layer_files known = {0}, files = {0};
    struct image_options image;
    if (!read_endpoint(&s, e) || !save(r, arena, &image, &known, e)) {
        return false;
    }
    if (!layer_files_write(r->context, &image, r->folder, &known, arena, &files, e)) {
        return error_wrap(e, "- Could not save image");
    }
    if (files.count == 0) {
        return error_set(e, ERROR_ABSENT, "- Could not get image's history: it has no layers");
    }
    bool ok = analyze_layers(&s, &files, out, e);
    fetch_stop(&s.client);
    layer_server_stop(&s.files);
    return ok;
}

/* -- without one ---------------------------------------------------------------------------- */

static bool tell_layers(const struct local_request *r, const struct image_info *image,
                        struct error *e)
{
    char text[DIGEST_TEXT_BYTES];
    if (!tell_count(r, image->layers_count, e)) {
        return false;
    }
    for (size_t i = 0; i < image->layers_count; i++) {
        const struct layer_info *l = &image->layers[i];
        str hex =
            str_from(digest_text(l->diff_id.algorithm != DIGEST_NONE ? l->diff_id : l->blob, text));
        hex = str_slice(hex, str_find_char(hex, ':') + 1, hex.len);
        if (!tell(r, e, "- Analyzing ", hex.len > 0 ? hex : image->source)) {
            return false;
        }
    }
    return tell(r, e, "Getting image's vulnerabilities", STR_NONE);
}

/* As the service links: the first advisory that has a page, or NVD's page of a CVE. */
static MUST_USE bool link_of(const struct finding *f, struct arena *arena, str *out,
                             struct error *e)
{
    for (size_t i = 0; i < f->advisories_count; i++) {
        if (f->advisories[i].url.len > 0) {
            *out = f->advisories[i].url;
            return true;
        }
    }
    return !str_starts(f->id, STR("CVE-")) ||
           arena_printf(arena, out, e, "https://nvd.nist.gov/vuln/detail/" STR_FMT, STR_ARG(f->id));
}

/* Each vulnerability once, as Clair told them; the worst finding of one is the first. */
static bool take_findings(const struct scan *scan, size_t priority, struct arena *arena,
                          struct local_result *out, struct error *e)
{
    struct map seen;
    struct local_vulnerability *v =
        ARENA_ARRAY(arena, scan->findings_count, struct local_vulnerability, e);
    map_init(&seen, arena);
    for (size_t i = 0; v != NULL && i < scan->findings_count; i++) {
        const struct finding *f = &scan->findings[i];
        if (f->ignored || (size_t)f->severity < priority || map_get(&seen, f->id) != NULL) {
            continue;
        }
        str link = STR_NONE;
        if (!map_put(&seen, f->id, &v[out->count], e) || !link_of(f, arena, &link, e)) {
            return false;
        }
        v[out->count++] = (struct local_vulnerability){
            .id = f->id,
            .priority = str_from(priorities[f->severity]),
            .link = link,
            .description = f->description,
        };
    }
    out->vulnerabilities = v;
    return v != NULL;
}

static str last_reason(const struct diag *notes)
{
    for (size_t i = notes->count; i > 0; i--) {
        if (notes->notes[i - 1].kind == DIAG_INCOMPLETE) {
            return notes->notes[i - 1].text;
        }
    }
    return STR("it could not be read whole");
}

static bool analyze_here(const struct local_request *r, struct arena *arena,
                         struct local_result *out, struct error *e)
{
    struct layer_files known = {0};
    struct image_options image;
    struct policy policy;
    struct scan scan = {0};
    policy_init(&policy);
    if (!save(r, arena, &image, &known, e)) {
        return false;
    }
    if (!ops_scan(r->context, &image, &policy, arena, &scan, e)) {
        return error_wrap(e, "- Could not analyze image");
    }
    scan.inventory.image.source = r->image.source;
    out->unjudged = !scan.judged;
    out->reason = last_reason(&scan.inventory.notes);
    return tell_layers(r, &scan.inventory.image, e) &&
           take_findings(&scan, r->priority, arena, out, e);
}

bool local_image_analyze(const struct local_request *request, struct arena *arena,
                         struct local_result *out, struct error *e)
{
    *out = (struct local_result){0};
    return request->endpoint.len > 0 ? analyze_by_server(request, arena, out, e)
                                     : analyze_here(request, arena, out, e);
}
