/* parts_test.c: the parts of the APIs that need no service: versions, names of systems, page
 * tokens, bodies, JSON. */
#include <check.h>
#include <string.h>

#include "api/body.h"
#include "api/clair_version.h"
#include "api/os_name.h"
#include "api/page_token.h"
#include "api/say.h"

static struct arena arena;
static struct error e;

static const struct {
    const char *version, *fault, *fault_2016; /* NULL: a version */
} versions[] = {
    {"1.2.3-4", NULL, NULL},
    {"1:2.3-4+b1", NULL, NULL},
    {" 2.36-9+deb12u14 ", NULL, NULL},
    {"#MAXV#", NULL, NULL},
    {"#MINV#", NULL, NULL},
    {"1.0-1-2", NULL, NULL},
    {"", "Version string is empty", "Version string is empty"},
    {" ", "Version string is empty", "Version string is empty"},
    {"not a version", "version does not start with digit", "invalid character in version"},
    {"zzz", "version does not start with digit", NULL},
    {"not_a_version", "version does not start with digit", NULL},
    {"a:1", "epoch in version is not a number", "epoch in version is not a number"},
    {"-1:1", "epoch in version is not a number", "epoch in version is not a number"},
    {"1:", "No version", "No version"},
    {"1:-1", "No version", "No version"},
    {"1 2", "invalid character in version", "invalid character in version"},
    {"1-2 3", "invalid character in revision", "invalid character in revision"},
    {"1-2:3", "epoch in version is not a number", "epoch in version is not a number"},
};

static bool fault_is(const char *got, const char *want)
{
    return want == NULL ? got == NULL : got != NULL && strcmp(got, want) == 0;
}

static void check_versions(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(versions); i++) {
        CHECK_CASE("version '%s'", versions[i].version)
        {
            str v = str_from(versions[i].version);
            CHECK(fault_is(clair_version_fault(v, true), versions[i].fault));
            CHECK(fault_is(clair_version_fault(v, false), versions[i].fault_2016));
        }
    }
}

static const struct {
    struct distribution d;
    const char *namespace_, *in_2015, *in_2016;
} systems[] = {
    {{.id = STR_INIT("debian"), .version_id = STR_INIT("8")}, "debian:8", "debian:8", "debian:8"},
    {{.id = STR_INIT("debian"), .codename = STR_INIT("sid")},
     "debian:sid",
     "debian:unstable",
     "debian:unstable"},
    {{.id = STR_INIT("ubuntu"), .version_id = STR_INIT("14.04")},
     "ubuntu:14.04",
     "ubuntu:14.04",
     "ubuntu:14.04"},
    {{.id = STR_INIT("centos"), .version_id = STR_INIT("7.1.1503")},
     "centos:7",
     "centos:7",
     "centos:7"},
    {{.id = STR_INIT("rhel"), .version_id = STR_INIT("7.9")}, "rhel:7", "rhel:7.9", "centos:7"},
    {{.id = STR_INIT("ol"), .version_id = STR_INIT("7.9")}, "ol:7", "oracle:7", "oracle:7"},
    {{.id = STR_INIT("amzn"), .version_id = STR_INIT("2")}, "amzn:2", "amzn:2", "amzn:2"},
    {{.id = STR_INIT("amzn"), .version_id = STR_INIT("2018.03")},
     "amzn:1",
     "amzn:2018.03",
     "amzn:2018.03"},
    {{.id = STR_INIT("alpine"), .version_id = STR_INIT("3.18.4")},
     "alpine:v3.18",
     "alpine:v3.18",
     "alpine:v3.18"},
    {{.id = STR_INIT("fedora"), .version_id = STR_INIT("39")},
     "fedora:39",
     "fedora:39",
     "fedora:39"},
    {{.id = STR_INIT("strange"), .version_id = STR_INIT("1.2")}, "", "strange:1.2", "strange:1.2"},
    {{.id = STR_INIT("strange")}, "", "", ""},
};

static void check_systems(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(systems); i++) {
        CHECK_CASE("a layer of '%s' %s", systems[i].d.id.at, systems[i].namespace_)
        {
            str name, back[OS_NAMESPACES_MAX], ns = str_from(systems[i].namespace_);
            size_t count;
            CHECK_OK(os_name(&systems[i].d, ns, GRAPH_API_2015, &arena, &name, &e), &e);
            CHECK_STR(name, str_from(systems[i].in_2015));
            CHECK_OK(os_name(&systems[i].d, ns, GRAPH_API_2016, &arena, &name, &e), &e);
            CHECK_STR(name, str_from(systems[i].in_2016));
            CHECK_OK(os_namespaces(name, &arena, back, &count, &e), &e);
            bool found = ns.len == 0;
            for (size_t k = 0; k < count; k++) {
                found = found || str_eq(back[k], ns);
            }
            CHECK(found); /* and the way back */
        }
    }
}

static void check_tokens(void)
{
    struct page_key key, other;
    str token = STR_NONE, text;
    CHECK_CASE("a token is read again for an hour, and by its own key only")
    {
        CHECK_OK(page_key_init(&key, STR("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="), &e), &e);
        CHECK_OK(page_key_init(&other, STR_NONE, &e), &e);
        CHECK_OK(page_token_make(&key, STR("12345"), 1000000, &arena, &token, &e), &e);
        CHECK(page_token_read(&key, token, 1000000 + PAGE_TOKEN_S, &arena, &text));
        CHECK_STR(text, STR("12345"));
        CHECK(!page_token_read(&key, token, 1000001 + PAGE_TOKEN_S, &arena, &text));
        CHECK(!page_token_read(&key, token, 1000000 - PAGE_CLOCK_SKEW_S - 1, &arena, &text));
        CHECK(!page_token_read(&other, token, 1000000, &arena, &text));
    }
    CHECK_CASE("a token of the specification is read")
    {
        /* github.com/fernet/spec, verify.json */
        CHECK_OK(page_key_init(&key, STR("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="), &e), &e);
        CHECK(page_token_read(&key,
                              STR("gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dO"
                                  "PmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="),
                              499162800, &arena, &text));
        CHECK_STR(text, STR("hello"));
    }
    CHECK_CASE("every truncation and every changed byte of a token is refused")
    {
        for (size_t i = 0; i + 3 < token.len; i++) {
            CHECK(!page_token_read(&key, str_slice(token, 0, i), 1000000, &arena, &text));
        }
    }
    CHECK_CASE("other keys are refused")
    {
        CHECK_FAILS(page_key_init(&key, STR("c2hvcnQ="), &e), &e, ERROR_USAGE, "");
        CHECK_FAILS(page_key_init(&key, STR("not base64!"), &e), &e, ERROR_USAGE, "");
    }
}

static const struct {
    const char *body, *why; /* NULL: it is read */
} bodies[] = {
    {"{}", NULL},
    {" {\"a\":[1,{\"b\":\"}\\\"\"}]} trailing", NULL},
    {"null", NULL},
    {"{\"a\":1}{\"b\"", NULL},
    {"", "EOF"},
    {"  \n", "EOF"},
    {"{\"ID\": \"x\"", "unexpected EOF"},
    {"{\"ID\": \"x", "unexpected EOF"},
    {"[", "unexpected EOF"},
    {"x", "invalid character 'x' looking for beginning of value"},
    {"}", "invalid character '}' looking for beginning of value"},
};

static void check_bodies(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
        CHECK_CASE("body '%s'", bodies[i].body)
        {
            const struct http_request r = {.body = str_from(bodies[i].body)};
            const struct json_node *node;
            str why = STR_NONE;
            CHECK(body_read(&r, &arena, &node, &why) == (bodies[i].why == NULL));
            if (bodies[i].why != NULL) {
                CHECK_STR(why, str_from(bodies[i].why));
            }
        }
    }
    CHECK_CASE("a body of 1 MiB is read, one of a byte more is cut")
    {
        static char text[BODY_BYTES_MAX + 1];
        memset(text, ' ', sizeof(text));
        memcpy(text, "{}", 2);
        const struct json_node *node;
        str why;
        struct http_request r = {.body = {.at = text, .len = BODY_BYTES_MAX}};
        CHECK(body_read(&r, &arena, &node, &why));
        r.body.len++;
        CHECK(!body_read(&r, &arena, &node, &why));
        CHECK_STR(why, STR("unexpected EOF"));
    }
    CHECK_CASE("names fit in any case, null is nothing, wrong types are told")
    {
        const struct http_request r = {
            .body = STR("{\"id\":\"a\",\"ID\":\"b\",\"path\":null,\"N\":1,\"L\":[\"x\",null,\"y\"],"
                        "\"T\":[1]}")};
        const struct json_node *node = NULL;
        const str *list;
        size_t count;
        str why = STR_NONE, id = STR_NONE, path = STR("kept");
        CHECK(body_read(&r, &arena, &node, &why) && body_str(node, "ID", &id, &why) &&
              body_str(node, "Path", &path, &why));
        CHECK_STR(id, STR("b"));
        CHECK_STR(path, STR("kept"));
        CHECK(!body_str(node, "N", &id, &why));
        CHECK(body_strings(node, "l", &arena, &list, &count, &why) && count == 3);
        CHECK(!body_strings(node, "T", &arena, &list, &count, &why));
        CHECK(!body_strings(node, "id", &arena, &list, &count, &why));
    }
}

static void check_text(void)
{
    static const char *const same[] = {
        "{}", "[]", "{\"a\":{\"b\":[1,2.50,{}]},\"c\":null,\"d\":[[],true]}", "\"x\"", "-1e5"};
    for (size_t i = 0; i < ARRAY_COUNT(same); i++) {
        CHECK_CASE("as it came: %s", same[i])
        {
            const struct json_node *node;
            struct buf text;
            buf_init(&text, 1000);
            CHECK_OK(json_tree(str_from(same[i]), &arena, &node, &e), &e);
            CHECK_OK(body_text(node, &text, &e), &e);
            CHECK_STR(buf_str(&text), str_from(same[i]));
            buf_done(&text);
        }
    }
    CHECK_CASE("what is no text, or no printable one, is escaped")
    {
        struct buf text;
        struct say s;
        buf_init(&text, 1000);
        say_init(&s, &text, &e);
        say_array(&s, NULL);
        say_str(&s, NULL, STR("a\"\\\n\x7f"));
        say_str(&s, NULL, STR("\xc3\xa9\xff\xc3"));
        say_close(&s);
        CHECK(say_done(&s));
        CHECK_STR(buf_str(&text), STR("[\"a\\\"\\\\\\u000a\\u007f\",\"\xc3\xa9\xef\xbf\xbd\xef\xbf"
                                      "\xbd\"]"));
        buf_done(&text);
    }
    CHECK_CASE("a full buffer is an error, not a shorter text")
    {
        struct buf text;
        struct say s;
        buf_init(&text, 5);
        say_init(&s, &text, &e);
        say_str(&s, NULL, STR("abcdef"));
        CHECK(!say_done(&s));
        buf_done(&text);
    }
}

int main(void)
{
    arena_init(&arena, 64 * 1024 * 1024, "a test");
    check_versions();
    check_systems();
    check_tokens();
    check_bodies();
    check_text();
    arena_done(&arena);
    return check_done();
}
