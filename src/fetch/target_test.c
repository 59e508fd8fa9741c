#include "fetch/target.h"

#include <string.h>

#include "check.h"

static const struct {
    const char *url, *scheme, *host, *port;
} good[] = {
    {"https://Example.ORG/a?b#c", "https", "example.org", "443"},
    {"http://127.0.0.1:8080/", "http", "127.0.0.1", "8080"},
    {"HTTPS://example.org:443/x", "https", "example.org", "443"},
    {"https://[::1]:5000/", "https", "[::1]", "5000"},
};

static const struct {
    const char *url, *part;
} bad[] = {
    {"", "no absolute URL"},
    {"example.org/x", "no absolute URL"},
    {"/x", "no absolute URL"},
    {"ftp://example.org/", "not a protocol"},
    {"file:///etc/passwd", "not a protocol"},
    {"gopher://example.org/", "not a protocol"},
    {"https://user:secret@example.org/", "user or password"},
    {"https://user@example.org/", "user or password"},
    {"https://example.org/a b", "blank"},
    {"https://example.org/\r\nHost: x", "control byte"},
    {"https://example.org:99999/", "no absolute URL"},
};

static const struct {
    const char *says, *url, *http, *https, *all, *none, *proxy;
} proxies[] = {
    {"no variable, no proxy", "https://a.org/", NULL, NULL, NULL, NULL, ""},
    {"https_proxy is for https", "https://a.org/", "http://h", "http://s", NULL, NULL, "http://s"},
    {"http_proxy is for http", "http://a.org/", "http://h", "http://s", NULL, NULL, "http://h"},
    {"all_proxy is for the rest", "https://a.org/", "http://h", NULL, "http://x", NULL, "http://x"},
    {"no_proxy names a host", "https://a.org/", NULL, "http://s", NULL, "b.org, a.org", ""},
    {"no_proxy names a domain", "https://x.a.org/", NULL, "http://s", NULL, ".a.org", ""},
    {"no_proxy's end is of whole labels", "https://xa.org/", NULL, "http://s", NULL, "a.org",
     "http://s"},
    {"no_proxy may be a star", "https://a.org/", NULL, "http://s", NULL, "*", ""},
    {"an empty value is no proxy", "https://a.org/", NULL, "", NULL, NULL, ""},
};

static const char *const *variables_of; /* of the case: http, https, all, none */

static const char *variable(const char *name)
{
    return strcmp(name, "http_proxy") == 0    ? variables_of[0]
           : strcmp(name, "https_proxy") == 0 ? variables_of[1]
           : strcmp(name, "all_proxy") == 0   ? variables_of[2]
           : strcmp(name, "no_proxy") == 0    ? variables_of[3]
                                              : NULL;
}

int main(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 1 << 20, "the test");
    struct target t;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        CHECK_CASE("'%s' is taken apart", good[i].url)
        {
            CHECK_OK(target_parse(str_from(good[i].url), &arena, &t, &e), &e);
            CHECK_STR(t.scheme, str_from(good[i].scheme));
            CHECK_STR(t.host, str_from(good[i].host));
            CHECK_STR(t.port, str_from(good[i].port));
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        CHECK_CASE("a URL that is not used, number %zu", i + 1)
        {
            CHECK_FAILS(target_parse(str_from(bad[i].url), &arena, &t, &e), &e, ERROR_USAGE,
                        bad[i].part);
            CHECK(strstr(e.text, "secret") == NULL);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(proxies); i++) {
        CHECK_CASE("%s", proxies[i].says)
        {
            const char *const values[] = {proxies[i].http, proxies[i].https, proxies[i].all,
                                          proxies[i].none};
            variables_of = values;
            CHECK_OK(target_parse(str_from(proxies[i].url), &arena, &t, &e), &e);
            CHECK_STR(target_proxy(&t, variable), str_from(proxies[i].proxy));
        }
    }
    CHECK_CASE("what messages show of a URL has no secrets in it")
    {
        static const char *const shown[][2] = {
            {"https://example.org/a/b", "https://example.org/a/b"},
            {"https://user:pass@example.org:81/a@b", "https://example.org:81/a@b"},
            {"https://a@b@example.org", "https://example.org"},
            {"https://example.org/l?X-Amz-Signature=abc", "https://example.org/l?…"},
            {"https://example.org?token=u:p@x", "https://example.org?…"},
            {"https://example.org/#f", "https://example.org/?…"},
            {"user:pass@host/x", "host/x"},
            {"file:///etc/passwd", "file:///etc/passwd"},
            {"", ""},
        };
        for (size_t i = 0; i < ARRAY_COUNT(shown); i++) {
            CHECK_STR(target_shown(str_from(shown[i][0]), &arena), str_from(shown[i][1]));
        }
    }
    CHECK_CASE("an origin is scheme, host and port")
    {
        struct target a, b;
        CHECK_OK(target_parse(STR("https://a.org/x"), &arena, &a, &e), &e);
        CHECK_OK(target_parse(STR("https://A.org:443/y"), &arena, &b, &e), &e);
        CHECK(target_same_origin(&a, &b));
        CHECK_OK(target_parse(STR("https://a.org:444/"), &arena, &b, &e), &e);
        CHECK(!target_same_origin(&a, &b));
        CHECK_OK(target_parse(STR("http://a.org:443/"), &arena, &b, &e), &e);
        CHECK(!target_same_origin(&a, &b));
    }
    arena_done(&arena);
    return check_done();
}
