#include "fetch/target.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

static bool part(CURLU *u, CURLUPart what, unsigned flags, struct arena *arena, str *out,
                 struct error *e)
{
    char *text = NULL;
    *out = STR_NONE;
    if (curl_url_get(u, what, &text, flags) != CURLUE_OK) {
        return true; /* there is no such part */
    }
    bool done = arena_str(arena, str_from(text), out, e);
    curl_free(text);
    return done;
}

static void lower(str s)
{
    char *at = (char *)(uintptr_t)s.at; /* in our arena */
    for (size_t i = 0; i < s.len; i++) {
        at[i] = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] + 32) : at[i];
    }
}

static bool take_apart(CURLU *u, struct arena *arena, struct target *out, struct error *e)
{
    str user, password;
    if (!part(u, CURLUPART_URL, 0, arena, &out->url, e) ||
        !part(u, CURLUPART_SCHEME, 0, arena, &out->scheme, e) ||
        !part(u, CURLUPART_HOST, 0, arena, &out->host, e) ||
        !part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, arena, &out->port, e) ||
        !part(u, CURLUPART_USER, 0, arena, &user, e) ||
        !part(u, CURLUPART_PASSWORD, 0, arena, &password, e)) {
        return false;
    }
    if (user.len > 0 || password.len > 0) {
        return error_set(e, ERROR_USAGE, "a URL with a user or password in it is not used");
    }
    lower(out->scheme);
    lower(out->host);
    if (!str_eq(out->scheme, STR("http")) && !str_eq(out->scheme, STR("https"))) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT ":' is not a protocol limpid speaks",
                         STR_ARG(out->scheme));
    }
    return true;
}

bool target_parse(str url, struct arena *arena, struct target *out, struct error *e)
{
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (c <= ' ' || c == 0x7f) {
            return error_set(e, ERROR_USAGE, "a URL with a blank or control byte in it");
        }
    }
    str text;
    *out = (struct target){.url = STR_NONE};
    if (!arena_str(arena, url, &text, e)) {
        return false;
    }
    CURLU *u = curl_url();
    if (u == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a URL");
    }
    CURLUcode code =
        curl_url_set(u, CURLUPART_URL, text.at != NULL ? text.at : "", CURLU_NON_SUPPORT_SCHEME);
    bool done = code == CURLUE_OK
                    ? take_apart(u, arena, out, e)
                    : error_set(e, code == CURLUE_OUT_OF_MEMORY ? ERROR_MEMORY : ERROR_USAGE,
                                "no absolute URL: %s", curl_url_strerror(code));
    curl_url_cleanup(u);
    return done;
}

bool target_same_origin(const struct target *a, const struct target *b)
{
    return str_eq(a->scheme, b->scheme) && str_eq(a->host, b->host) && str_eq(a->port, b->port);
}

static bool no_proxy_names(str list, str host)
{
    while (list.len > 0) {
        str name;
        if (!str_cut(&list, ',', &name)) {
            name = list;
            list = STR_NONE;
        }
        name = str_trim(name);
        if (str_eq(name, STR("*"))) {
            return true;
        }
        while (name.len > 0 && name.at[0] == '.') {
            name = str_slice(name, 1, name.len);
        }
        if (name.len == 0 || name.len > host.len) {
            continue;
        }
        size_t before = host.len - name.len;
        if (str_eq_nocase(str_slice(host, before, host.len), name) &&
            (before == 0 || host.at[before - 1] == '.')) {
            return true;
        }
    }
    return false;
}

str target_proxy(const struct target *t, const char *(*variable)(const char *name))
{
    /* HTTP_PROXY in capitals may be a header of a CGI request; curl does not read it either */
    static const char *const https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    static const char *const http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    const char *const *names = str_eq(t->scheme, STR("https")) ? https : http;
    const char *none = variable("no_proxy");
    none = none != NULL ? none : variable("NO_PROXY");
    if (none != NULL && no_proxy_names(str_from(none), t->host)) {
        return STR_NONE;
    }
    for (size_t i = 0; i < 4 && names[i] != NULL; i++) {
        const char *value = variable(names[i]);
        if (value != NULL && value[0] != '\0') {
            return str_from(value);
        }
    }
    return STR_NONE;
}

str target_shown(str url, struct arena *arena)
{
    struct error unread;
    str scheme = STR_NONE, shown, rest = url;
    size_t colon = str_find(url, STR("://")), end = 0;
    if (colon < url.len) {
        scheme = str_slice(url, 0, colon + 3);
        rest = str_slice(url, colon + 3, url.len);
    }
    while (end < rest.len && strchr("/?#", rest.at[end]) == NULL) {
        end++;
    }
    str authority = str_slice(rest, 0, end);
    size_t at = str_find_last_char(authority, '@');
    rest = str_slice(rest, at < authority.len ? at + 1 : 0, rest.len);
    size_t query = 0;
    while (query < rest.len && rest.at[query] != '?' && rest.at[query] != '#') {
        query++;
    }
    bool cut = query < rest.len;
    return arena_printf(arena, &shown, &unread, STR_FMT STR_FMT "%s", STR_ARG(scheme),
                        STR_ARG(str_slice(rest, 0, query)), cut ? "?…" : "")
               ? shown
               : STR("the URL");
}
