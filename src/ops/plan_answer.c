#include "ops/plan_answer.h"

#include "base/pack.h"

enum { CURSORS_MAX = 1000, FLAG_INDEX = 1, FLAG_DATA = 2, FLAG_OPTIONAL = 4, FLAGS_ALL = 7 };

bool plan_request_pack(const struct plan_request *r, struct buf *to, struct error *e)
{
    bool ok = pack_str(to, r->feed, e) && pack_u8(to, r->mode == PLAN_DELTA, e) &&
              pack_u32(to, (uint32_t)r->cursors_count, e);
    for (size_t i = 0; ok && i < r->cursors_count; i++) {
        ok = pack_str(to, r->cursors[i].name, e) && pack_str(to, r->cursors[i].value, e);
    }
    return ok;
}

bool plan_request_unpack(str from, struct arena *arena, struct plan_request *out, struct error *e)
{
    struct plan_request r = {.mode = PLAN_FULL};
    uint8_t delta;
    uint32_t count;
    if (!unpack_str(&from, 100, &r.feed, e) || !unpack_u8(&from, &delta, e) ||
        !unpack_u32(&from, &count, e)) {
        return false;
    }
    if (count > CURSORS_MAX) {
        return error_set(e, ERROR_LIMIT, "%u cursors, over the limit of %d", count, CURSORS_MAX);
    }
    struct plan_cursor *cursors = ARENA_ARRAY(arena, count, struct plan_cursor, e);
    for (size_t i = 0; cursors != NULL && i < count; i++) {
        if (!unpack_str(&from, PLAN_URL_BYTES_MAX, &cursors[i].name, e) ||
            !unpack_str(&from, PLAN_CURSOR_BYTES_MAX, &cursors[i].value, e)) {
            return false;
        }
    }
    r.mode = delta != 0 ? PLAN_DELTA : PLAN_FULL;
    r.cursors = cursors;
    r.cursors_count = count;
    *out = r;
    return cursors != NULL;
}

bool plan_answer_pack(const struct plan_answer *a, struct buf *to, struct error *e)
{
    const struct plan_document *d = &a->document;
    uint8_t flags = (uint8_t)((d->index ? FLAG_INDEX : 0) | (d->data ? FLAG_DATA : 0) |
                              (d->optional ? FLAG_OPTIONAL : 0));
    return pack_u8(to, (uint8_t)a->kind, e) && pack_str(to, a->index, e) &&
           pack_str(to, a->text, e) &&
           (a->kind != PLAN_ANSWER_FETCH ||
            (pack_str(to, d->url, e) && pack_str(to, d->id, e) && pack_u8(to, flags, e) &&
             pack_digest(to, d->packed, e) && pack_digest(to, d->content, e)));
}

bool plan_answer_unpack(str from, struct plan_answer *out, struct error *e)
{
    struct plan_answer a = {.kind = PLAN_ANSWER_FULL};
    struct plan_document *d = &a.document;
    uint8_t kind, flags = 0;
    if (!unpack_u8(&from, &kind, e) || !unpack_str(&from, PLAN_URL_BYTES_MAX, &a.index, e) ||
        !unpack_str(&from, PLAN_URL_BYTES_MAX, &a.text, e)) {
        return false;
    }
    if (kind > PLAN_ANSWER_FULL) {
        return error_set(e, ERROR_FORMAT, "an answer of the kind %u", kind);
    }
    a.kind = (enum plan_answer_kind)kind;
    if (a.kind == PLAN_ANSWER_FETCH &&
        (!unpack_str(&from, PLAN_URL_BYTES_MAX + 1, &d->url, e) ||
         !unpack_str(&from, PLAN_URL_BYTES_MAX, &d->id, e) || !unpack_u8(&from, &flags, e) ||
         !unpack_digest(&from, &d->packed, e) || !unpack_digest(&from, &d->content, e))) {
        return false;
    }
    if (flags > FLAGS_ALL || from.len > 0) {
        return error_set(e, ERROR_FORMAT, "an answer with flags of %u and %zu further bytes", flags,
                         from.len);
    }
    d->index = (flags & FLAG_INDEX) != 0;
    d->data = (flags & FLAG_DATA) != 0;
    d->optional = (flags & FLAG_OPTIONAL) != 0;
    *out = a;
    return true;
}

/* -- checks --------------------------------------------------------------------------------- */

bool plan_url_is_whole(str url)
{
    return str_find(url, STR("://")) < url.len;
}

bool plan_url_is_http(str url)
{
    return str_starts(url, STR("http://"));
}

static str after_scheme(str url)
{
    size_t at = str_find(url, STR("://"));
    return at < url.len ? str_slice(url, at + 3, url.len) : url;
}

static str host_of(str whole)
{
    str rest = after_scheme(whole);
    return str_slice(rest, 0, str_find_char(rest, '/'));
}

str plan_url_path(str url)
{
    if (plan_url_is_whole(url)) {
        str rest = after_scheme(url);
        size_t slash = str_find_char(rest, '/');
        url = str_slice(rest, slash + 1, rest.len);
    }
    return str_slice(url, 0, str_find_char(url, '?'));
}

static bool refused(str url, const char *why, struct error *e)
{
    return error_set(e, ERROR_REMOTE, "the index names '" STR_FMT "': %s", STR_ARG(url), why);
}

/* ".." as it is written, or with its dots or slashes percent-encoded. */
static bool climbs(str path)
{
    char plain[PLAN_URL_BYTES_MAX + 1];
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++) {
        str code = str_slice(path, i, i + 3);
        bool dot = str_eq_nocase(code, STR("%2e")), slash = str_eq_nocase(code, STR("%2f"));
        plain[len++] = dot ? '.' : slash ? '/' : path.at[i];
        i += dot || slash ? 2 : 0;
    }
    str rest = {.at = plain, .len = len}, part;
    bool last = false;
    while (!last) {
        if (!str_cut(&rest, '/', &part)) {
            part = rest;
            last = true;
        }
        if (str_eq(part, STR("..")) || str_eq(part, STR("."))) {
            return true;
        }
    }
    return false;
}

static bool is_host(str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) {
            return false;
        }
    }
    return host.len > 0;
}

static bool host_allowed(const struct feed *feed, str host, bool http)
{
    if (!http && str_eq(host, host_of(str_from(feed->site)))) {
        return true;
    }
    const char *const *hosts = feed->plan != NULL ? feed->plan->hosts : NULL;
    for (size_t i = 0; hosts != NULL && hosts[i] != NULL; i++) {
        str name = str_from(hosts[i]);
        if (http && !plan_url_is_http(name)) {
            continue;
        }
        name = after_scheme(name);
        if (str_starts(name, STR(".")) ? host.len > name.len && str_ends(host, name)
                                       : str_eq(host, name)) {
            return true;
        }
    }
    return false;
}

bool plan_url_check(const struct feed *feed, str url, struct error *e)
{
    if (url.len == 0 || url.len > PLAN_URL_BYTES_MAX) {
        return error_set(e, ERROR_REMOTE, "the index names a URL of %zu bytes, the limit is %d",
                         url.len, PLAN_URL_BYTES_MAX);
    }
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || c == '"' || c == '<' || c == '>') {
            return refused(url, "a byte that no URL has", e);
        }
    }
    str path = plan_url_path(url);
    if (climbs(path)) {
        return refused(url, "a '..' in its path", e);
    }
    if (!plan_url_is_whole(url)) {
        str first = str_slice(path, 0, str_find_char(path, '/'));
        return path.len == 0 || url.at[0] == '/' || str_find_char(first, ':') < first.len
                   ? refused(url, "it does not lie below the site", e)
                   : true;
    }
    bool http = plan_url_is_http(url);
    str host = host_of(url);
    if (!http && !str_starts(url, STR("https://"))) {
        return refused(url, "it is not https", e);
    }
    if (!is_host(host) || path.len == 0) {
        return refused(url, "its host is none, or has a user or a port", e);
    }
    return host_allowed(feed, host, http) ||
           refused(url,
                   http ? "http, or a host that the feed does not use"
                        : "a host that the feed does not use",
                   e);
}

bool plan_text_check(const char *what, str text, size_t bytes_max, struct error *e)
{
    bool fine = text.len <= bytes_max;
    for (size_t i = 0; fine && i < text.len; i++) {
        fine = (unsigned char)text.at[i] >= ' ' && text.at[i] != 0x7f;
    }
    return fine ||
           error_set(e, ERROR_REMOTE, "the index has a strange %s, of %zu bytes", what, text.len);
}

bool plan_answer_check(const struct feed *feed, const struct plan_answer *a, struct error *e)
{
    switch (a->kind) {
    case PLAN_ANSWER_FETCH:
        return (a->document.index || a->document.data ||
                error_set(e, ERROR_REMOTE, "the worker names a document that is for nothing")) &&
               plan_text_check("id", a->document.id, PLAN_ID_BYTES_MAX, e) &&
               plan_url_check(feed, a->document.url, e);
    case PLAN_ANSWER_DROP:
        return plan_text_check("id", a->text, PLAN_ID_BYTES_MAX, e);
    case PLAN_ANSWER_CURSOR:
        return plan_text_check("document", a->index, PLAN_URL_BYTES_MAX, e) &&
               plan_text_check("cursor", a->text, PLAN_CURSOR_BYTES_MAX, e);
    case PLAN_ANSWER_FULL:
        return true;
    }
    return error_set(e, ERROR_REMOTE, "an answer of no known kind");
}
