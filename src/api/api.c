/* api.c: from a request to the API that answers it.
 *
 *     path, decoded ─► routes that fit ─► the dialect's API first ─► remembered? ─► its handler
 *                          └ none: another method's (405), a path spelled otherwise (301), 404 */
#include "api/api.h"

#include <string.h>

#include "http/server.h"

#define API_ROW(name) &api_##name,
const struct api *const apis[] = {APIS(API_ROW)};
const size_t apis_count = ARRAY_COUNT(apis);

enum { CANDIDATES_MAX = 4 };

struct candidate {
    const struct api *api;
    const struct api_route *route;
    str arguments[API_ARGUMENTS_MAX];
    size_t count;
};

struct search {
    struct candidate fit[CANDIDATES_MAX];
    size_t fit_count;
    bool other_method;
};

/* Does the path fit the route's? `any_case`: but for its arguments, in any letter case. */
static bool fits(const char *route, str path, bool any_case, str *arguments, size_t *count)
{
    str pattern = str_from(route), want, got;
    *count = 0;
    for (;;) {
        bool more = str_cut(&pattern, '/', &want);
        if (!more) {
            want = pattern;
        }
        if (more != str_cut(&path, '/', &got)) {
            return false;
        }
        got = more ? got : path;
        bool is_argument = str_eq(want, STR("{}"));
        if (is_argument ? got.len == 0
                        : !(any_case ? str_eq_nocase(want, got) : str_eq(want, got))) {
            return false;
        }
        if (is_argument) {
            arguments[(*count)++] = got;
        }
        if (!more) {
            return true;
        }
    }
}

static bool is_served(const struct api *api, enum api_port port, enum dialect dialect)
{
    return api->port == port && (!api->only_dialect || api->dialect == dialect);
}

static void search_api(const struct api *api, str method, str path, struct search *s)
{
    for (size_t i = 0; i < api->routes_count; i++) {
        struct candidate c = {.api = api, .route = &api->routes[i]};
        if (!fits(c.route->path, path, false, c.arguments, &c.count)) {
            continue;
        }
        if (!str_eq(str_from(c.route->method), method)) {
            s->other_method = true;
        } else if (s->fit_count < CANDIDATES_MAX) {
            s->fit[s->fit_count++] = c;
        }
    }
}

static void search(enum api_port port, enum dialect dialect, str method, str path,
                   struct search *out)
{
    *out = (struct search){.fit_count = 0};
    for (int preferred = 1; preferred >= 0; preferred--) {
        for (size_t i = 0; i < apis_count; i++) {
            if (is_served(apis[i], port, dialect) &&
                (apis[i]->dialect == dialect) == (preferred == 1)) {
                search_api(apis[i], method, path, out);
            }
        }
    }
}

/* -- where there is no route ---------------------------------------------------------------- */

static void put_text(struct http_response *out, unsigned status, str text)
{
    struct error unsent;
    out->status = status;
    out->content_type = STR("text/plain; charset=utf-8");
    (void)http_header_put(out, STR("X-Content-Type-Options"), STR("nosniff"));
    if (!buf_add_str(&out->text, text, &unsent)) {
        out->status = 500;
    }
}

/* Without empty segments, "." and "..", and without a '/' at the end. */
static bool tidy(str path, struct arena *arena, str *out)
{
    struct error unread;
    char *to = ARENA_ARRAY(arena, path.len + 1, char, &unread);
    size_t len = 0;
    str segment;
    if (to == NULL) {
        return false;
    }
    while (path.len > 0) {
        if (!str_cut(&path, '/', &segment)) {
            segment = path;
            path = STR_NONE;
        }
        if (str_eq(segment, STR(".."))) {
            while (len > 0 && to[--len] != '/') {
            }
        } else if (segment.len > 0 && !str_eq(segment, STR("."))) {
            to[len++] = '/';
            memcpy(to + len, segment.at, segment.len);
            len += segment.len;
        }
    }
    *out = (str){.at = to, .len = len};
    return true;
}

/* Percent-encodes what no header and no path may have. */
static bool encode(str path, const char *also, struct arena *arena, str *out)
{
    static const char hex[] = "0123456789ABCDEF";
    struct error unread;
    char *to = ARENA_ARRAY(arena, path.len * 3 + 1, char, &unread);
    size_t len = 0;
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.at[i];
        if (c > ' ' && c < 0x7f && strchr("\"<>#\\^`{|}", c) == NULL && strchr(also, c) == NULL) {
            to[len++] = (char)c;
        } else {
            to[len++] = '%';
            to[len++] = hex[c >> 4];
            to[len++] = hex[c & 15];
        }
    }
    *out = (str){.at = to, .len = len};
    return true;
}

/* The path as the route spells it, and the query as it came. */
static bool spelled(const struct candidate *c, str query, struct arena *arena, str *out)
{
    struct error unread;
    struct buf text;
    str pattern = str_from(c->route->path), segment;
    size_t argument = 0;
    bool ok = true;
    buf_init(&text, 8 * API_PATH_BYTES_MAX);
    (void)str_cut(&pattern, '/', &segment);
    while (ok && pattern.len > 0) {
        if (!str_cut(&pattern, '/', &segment)) {
            segment = pattern;
            pattern = STR_NONE;
        }
        bool is_argument = str_eq(segment, STR("{}"));
        ok = buf_add_char(&text, '/', &unread) &&
             buf_add_str(&text, is_argument ? c->arguments[argument] : segment, &unread);
        argument += is_argument;
    }
    str asked;
    ok = ok && encode(buf_str(&text), "%?", arena, out);
    if (ok && query.len > 0) {
        text.len = 0;
        ok = encode(query, "", arena, &asked) && buf_add_str(&text, *out, &unread) &&
             buf_add_char(&text, '?', &unread) && buf_add_str(&text, asked, &unread) &&
             arena_str(arena, buf_str(&text), out, &unread);
    }
    buf_done(&text);
    return ok;
}

static bool put_attribute(struct http_response *out, str text, struct error *e)
{
    str before;
    while (str_cut(&text, '&', &before)) {
        if (!buf_add_str(&out->text, before, e) || !buf_add_str(&out->text, STR("&amp;"), e)) {
            return false;
        }
    }
    return buf_add_str(&out->text, text, e);
}

/* What Go's servers sent with a redirect: a page for a GET, nothing for others. */
static void put_redirect(struct http_response *out, bool get, str location)
{
    struct error unsent;
    out->status = get ? 301 : 307;
    if (get) {
        out->content_type = STR("text/html; charset=utf-8");
        /* it was encoded: nothing in it ends the attribute */
        if (!buf_add_str(&out->text, STR("<a href=\""), &unsent) ||
            !put_attribute(out, location, &unsent) ||
            !buf_add_str(&out->text, STR("\">Moved Permanently</a>.\n\n"), &unsent)) {
            out->text.len = 0;
        }
    }
}

/* A path with other slashes or letters than a route's leads there, as Clair's router did. */
static bool redirect(enum api_port port, enum dialect dialect, const struct http_request *request,
                     str path, struct arena *arena, struct http_response *out)
{
    struct candidate c;
    str clean, location;
    bool get = str_eq(request->method, STR("GET"));
    if (!tidy(path, arena, &clean)) {
        return false;
    }
    for (size_t i = 0; i < apis_count; i++) {
        const struct api *api = apis[i];
        for (size_t k = 0; is_served(api, port, dialect) && k < api->routes_count; k++) {
            c.route = &api->routes[k];
            if (str_eq(str_from(c.route->method), request->method) &&
                fits(c.route->path, clean, true, c.arguments, &c.count) &&
                spelled(&c, request->query, arena, &location) &&
                http_header_put(out, STR("Location"), location)) {
                put_redirect(out, get, location);
                return true;
            }
        }
    }
    return false;
}

/* -- where there is one --------------------------------------------------------------------- */

static bool key_of(const struct api *api, const struct http_request *request, struct arena *arena,
                   str *key)
{
    const str parts[] = {str_from(api->name), request->path, request->query};
    struct error unread;
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        len += parts[i].len + 1;
    }
    char *to = ARENA_ARRAY(arena, len, char, &unread);
    if (to == NULL) {
        return false;
    }
    *key = (str){.at = to, .len = len};
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].at, parts[i].len);
        }
        to += parts[i].len + 1; /* a NUL between: the arena is zeroed */
    }
    return true;
}

static void share(struct answer *answer, struct http_response *out)
{
    out->shared = answer_body(answer);
    out->packed = answer_packed(answer);
    out->release = answer_release;
    out->owner = answer;
}

static void remember(struct api_call *call, str key)
{
    struct http_response *out = call->out;
    if (out->status != 200) {
        return;
    }
    struct answer *kept =
        service_answer_keep(call->service, call->worker, key, buf_str(&out->text));
    if (kept != NULL) {
        out->text.len = 0;
        share(kept, out);
    }
}

/* False where the call is another API's. */
static bool run(struct api_call *call, const struct candidate *c)
{
    struct http_response *out = call->out;
    const struct http_request *request = call->request;
    bool cached = c->route->speed == API_CACHED;
    str key = STR_NONE;
    out->route = c->route->name;
    for (size_t i = 0; i < c->count; i++) {
        call->arguments[i] = c->arguments[i];
    }
    call->arguments_count = c->count;
    if (cached && key_of(c->api, request, call->arena, &key)) {
        struct answer *known = service_answer_find(call->service, call->worker, key);
        if (known != NULL) {
            out->status = 200;
            c->api->dress(out);
            share(known, out);
            return true;
        }
    }
    if (request->at_once && c->route->speed != API_QUICK) {
        out->later = true;
        return true;
    }
    bool answered = c->route->answer(call);
    if (answered && cached && key.len > 0) {
        remember(call, key);
    }
    return answered;
}

void api_answer(struct service *service, enum api_port port, unsigned worker,
                const struct http_request *request, struct arena *arena, struct http_response *out)
{
    enum dialect dialect = service_options(service)->dialect;
    struct search found;
    str path;
    if (request->path.len > API_PATH_BYTES_MAX || !http_decode(request->path, arena, &path)) {
        put_text(out, 400, STR("400 Bad Request\n"));
        return;
    }
    search(port, dialect, request->method, path, &found);
    for (size_t i = 0; i < found.fit_count; i++) {
        struct api_call call = {.service = service,
                                .worker = worker,
                                .request = request,
                                .arena = arena,
                                .last = i + 1 == found.fit_count,
                                .out = out};
        if (run(&call, &found.fit[i])) {
            return;
        }
    }
    if (redirect(port, dialect, request, path, arena, out)) {
        return;
    }
    if (found.other_method) {
        put_text(out, 405, STR("Method Not Allowed\n"));
    } else {
        put_text(out, 404, STR("404 page not found\n"));
    }
}
