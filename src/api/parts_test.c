/* parts_test.c: the parts of the APIs that need no service: versions, names of systems, page
 * tokens, bodies, JSON. */
#include <check.h>
#include <string.h>

#include "api/body.h"
#include "api/body_json.h"
#include "api/body_shape.h"
#include "api/clair_v1.h"
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
    /* bytes are characters of Latin-1: the second one of an e with an acute is none of its letters
     */
    {"1\xc3\xa9", "invalid character in version", "invalid character in version"},
    {"1\xc3\xaa", NULL, NULL},
    {"1-\xc3\x97", "invalid character in revision", "invalid character in revision"},
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
    /* what follows the first value does not count, whatever it is */
    {"nulll", NULL},
    {"01", NULL},
    {"\"x\"}", NULL},
    /* the words of Go's decoder */
    {"\v{}", "invalid character '\\v' looking for beginning of value"},
    {"'", "invalid character '\\'' looking for beginning of value"},
    {"\x01", "invalid character '\\x01' looking for beginning of value"},
    {"\x7f", "invalid character '\\x7f' looking for beginning of value"},
    {"\xa0", "invalid character '\\u00a0' looking for beginning of value"},
    {"\xef\xbb\xbf{}", "invalid character '\xc3\xaf' looking for beginning of value"},
    {"nul", "unexpected EOF"},
    {"nulx", "invalid character 'x' in literal null (expecting 'l')"},
    {"fAlse", "invalid character 'A' in literal false (expecting 'a')"},
    {"-", "unexpected EOF"},
    {"[-]", "invalid character ']' in numeric literal"},
    {"[1.]", "invalid character ']' after decimal point in numeric literal"},
    {"[1e+]", "invalid character ']' in exponent of numeric literal"},
    {"[+1]", "invalid character '+' looking for beginning of value"},
    {"[01]", "invalid character '1' after array element"},
    {"[1,]", "invalid character ']' looking for beginning of value"},
    {"[1 2]", "invalid character '2' after array element"},
    {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
    {"{a:1}", "invalid character 'a' looking for beginning of object key string"},
    {"{\"a\" 1}", "invalid character '1' after object key"},
    {"{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair"},
    {"{\"a\":1]", "invalid character ']' after object key:value pair"},
    {"\"a\nb\"", "invalid character '\\n' in string literal"},
    {"\"\\x\"", "invalid character 'x' in string escape code"},
    {"\"\\u12\"", "invalid character '\"' in \\u hexadecimal character escape"},
    {"\"\\", "unexpected EOF"},
};

static void check_bodies(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
        CHECK_CASE("body '%s'", bodies[i].body)
        {
            str text; /* a copy of its own size, so that what reads past it is found */
            CHECK_OK(arena_str(&arena, str_from(bodies[i].body), &text, &e), &e);
            const struct http_request r = {.body = text};
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
        memset(text, ' ', sizeof(text));
        text[sizeof(text) - 1] = '1';
        r.body.len++;
        CHECK(!body_read(&r, &arena, &node, &why));
        CHECK_STR(why, STR("EOF"));
        text[0] = '[';
        text[sizeof(text) - 1] = ']';
        CHECK(!body_read(&r, &arena, &node, &why));
        CHECK_STR(why, STR("unexpected EOF"));
    }
    CHECK_CASE("as deep as Go's decoder goes, and one deeper")
    {
        static char text[2 * BODY_JSON_DEPTH_MAX + 2];
        memset(text, '[', BODY_JSON_DEPTH_MAX);
        memset(text + BODY_JSON_DEPTH_MAX, ']', BODY_JSON_DEPTH_MAX);
        const struct json_node *node;
        str why;
        struct http_request r = {.body = {.at = text, .len = 2 * BODY_JSON_DEPTH_MAX}};
        CHECK(body_read(&r, &arena, &node, &why));
        memset(text, '[', BODY_JSON_DEPTH_MAX + 1);
        CHECK(!body_read(&r, &arena, &node, &why));
        CHECK_STR(why, STR("invalid character '[' exceeded max depth"));
    }
    CHECK_CASE("strings: escapes, pairs, halves of pairs, what is no UTF-8")
    {
        const struct http_request r = {
            .body = STR("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\",\"\\ud83d\\ude00\","
                        "\"\\ud83d\\u0041\\ude00\\ud83d\",\"\xff\xc3\xa9\xe2\x82\"]")};
        static const char *const want[] = {"\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac",
                                           "\xf0\x9f\x98\x80",
                                           ("\xef\xbf\xbd"
                                            "A\xef\xbf\xbd\xef\xbf\xbd"),
                                           "\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"};
        const struct json_node *node = NULL;
        str why;
        size_t i = 0;
        CHECK(body_read(&r, &arena, &node, &why) && node->count == ARRAY_COUNT(want));
        for (const struct json_node *n = node->first; n != NULL && i < ARRAY_COUNT(want);
             n = n->next) {
            CHECK_STR(n->text, str_from(want[i++]));
        }
    }
    CHECK_CASE("of equal names the last counts, but null leaves a text; it takes back an object")
    {
        const struct http_request r = {
            .body = STR("{\"ID\":\"a\",\"id\":\"b\",\"Id\":null,\"o\":{},\"O\":null}")};
        const struct json_node *node = NULL, *object = NULL;
        str why = STR_NONE, id = STR_NONE;
        CHECK(body_read(&r, &arena, &node, &why) && body_str(node, "ID", &id, &why));
        CHECK_STR(id, STR("b"));
        CHECK(body_object(node, "o", &object, &why) && object == NULL);
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
    static const struct {
        const char *body, *text;
    } written[] = {
        {"{}", "{}"},
        {"[]", "[]"},
        {"{\"a\":{\"b\":[1,2,{}]},\"c\":null,\"d\":[[],true]}",
         "{\"a\":{\"b\":[1,2,{}]},\"c\":null,\"d\":[[],true]}"},
        {"\"x\"", "\"x\""},
        {"{\"b\":1,\"a\":[{\"d\":2,\"c\":3}],\"b\":4,\"B\":5}",
         "{\"B\":5,\"a\":[{\"c\":3,\"d\":2}],\"b\":4}"},
        /* as Go writes the double */
        {"[0,-0,0.0,1e0,-1e5,2.50,0.1,7.5,100,1e20]",
         "[0,-0,0,1,-100000,2.5,0.1,7.5,100,100000000000000000000]"},
        {"[1e21,123456789012345678901234567890,12345678901234567890]",
         "[1e+21,1.2345678901234568e+29,12345678901234567000]"},
        {"[0.000001,0.00000123,1e-6,1e-7,0.00000099,4.9e-324,1.7976931348623157e308]",
         "[0.000001,0.00000123,0.000001,1e-7,9.9e-7,5e-324,1.7976931348623157e+308]"},
        {"[9007199254740993,0.30000000000000004,1234.5678]",
         "[9007199254740992,0.30000000000000004,1234.5678]"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(written); i++) {
        CHECK_CASE("written again: %s", written[i].body)
        {
            const struct json_node *node;
            struct buf text;
            buf_init(&text, 1000);
            str why = STR_NONE;
            CHECK(body_json(str_from(written[i].body), &arena, &node, &why));
            CHECK_OK(body_text(node, &arena, &text, &e), &e);
            CHECK_STR(buf_str(&text), str_from(written[i].text));
            buf_done(&text);
        }
    }
    CHECK_CASE("a number that no double holds, and a value that is too deep, are refused")
    {
        static const char *const bad[] = {"[1e400]", "[-1e400]",
                                          "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"};
        for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
            const struct json_node *node;
            struct buf text;
            str why = STR_NONE;
            buf_init(&text, 1000);
            CHECK(body_json(str_from(bad[i]), &arena, &node, &why));
            CHECK(!body_text(node, &arena, &text, &e));
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
        say_str(&s, NULL, STR("<&>\t\r\x01\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"));
        say_close(&s);
        CHECK(say_done(&s));
        CHECK_STR(buf_str(&text), STR("[\"a\\\"\\\\\\n\\u007f\",\"\xc3\xa9\xef\xbf\xbd\xef\xbf"
                                      "\xbd\",\"\\u003c\\u0026\\u003e\\t\\r\\u0001\\u2028"
                                      "\\u2029\xe2\x80\xaa\"]"));
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

static void check_shapes(void)
{
    static const struct {
        const char *body, *why; /* NULL: it fits */
    } cases[] = {
        {"{}", NULL},
        {"null", NULL},
        {"{\"Vulnerability\":null,\"Other\":[1]}", NULL},
        {"{\"vulnerability\":{\"NAME\":\"a\",\"FixedIn\":[null,{\"Version\":null}],\"X\":1}}",
         NULL},
        {"[]", "json: cannot unmarshal array into Go value of type v1.VulnerabilityEnvelope"},
        {"1", "json: cannot unmarshal number into Go value of type v1.VulnerabilityEnvelope"},
        {"{\"Error\":1}", "json: cannot unmarshal number into Go struct field "
                          "VulnerabilityEnvelope.Error of type v1.Error"},
        {"{\"Vulnerabilities\":{}}", "json: cannot unmarshal object into Go struct field "
                                     "VulnerabilityEnvelope.Vulnerabilities of type "
                                     "[]v1.Vulnerability"},
        {"{\"Vulnerability\":{\"name\":true,\"Link\":1}}",
         "json: cannot unmarshal bool into Go struct field Vulnerability.Vulnerability.Name of "
         "type "
         "string"},
        {"{\"Vulnerability\":{\"Metadata\":\"x\"}}",
         "json: cannot unmarshal string into Go struct field Vulnerability.Vulnerability.Metadata "
         "of type map[string]interface {}"},
        {"{\"Vulnerability\":{\"FixedIn\":[1]}}", "json: cannot unmarshal number into Go struct "
                                                  "field Vulnerability.Vulnerability.FixedIn of "
                                                  "type v1.Feature"},
        {"{\"Vulnerability\":{\"FixedIn\":[{\"Vulnerabilities\":[{\"FixedIn\":[{\"Name\":1}]}]}]}}",
         "json: cannot unmarshal number into Go struct field "
         "Feature.Vulnerability.FixedIn.Vulnerabilities.FixedIn.Name of type string"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("the types of %s", cases[i].body)
        {
            const struct json_node *node = NULL;
            str why = STR_NONE;
            CHECK(body_json(str_from(cases[i].body), &arena, &node, &why));
            CHECK(body_fits(node, &v1_vulnerability_envelope, &arena, &why) ==
                  (cases[i].why == NULL));
            CHECK_STR(why, str_from(cases[i].why));
        }
    }
    CHECK_CASE("whole numbers alone are ints")
    {
        static const char *const bad[] = {"1.5", "1e2", "9223372036854775808", "\"3\""};
        for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
            const struct json_node *node = NULL;
            str why = STR_NONE, text;
            CHECK_OK(
                arena_printf(&arena, &text, &e, "{\"Layer\":{\"IndexedByVersion\":%s}}", bad[i]),
                &e);
            CHECK(body_json(text, &arena, &node, &why));
            CHECK(!body_fits(node, &v1_layer_envelope, &arena, &why));
        }
    }
    CHECK_CASE("types within types are followed to a limit")
    {
        struct buf text;
        const struct json_node *node = NULL;
        str why = STR_NONE;
        buf_init(&text, 100000);
        CHECK(buf_add_str(&text, STR("{\"Vulnerability\":{"), &e));
        for (int i = 0; i < 40; i++) {
            CHECK(buf_add_str(&text, STR("\"FixedIn\":[{\"Vulnerabilities\":[{"), &e));
        }
        for (int i = 0; i < 40; i++) {
            CHECK(buf_add_str(&text, STR("}]}]"), &e));
        }
        CHECK(buf_add_str(&text, STR("}}"), &e));
        CHECK(body_json(buf_str(&text), &arena, &node, &why));
        CHECK(!body_fits(node, &v1_vulnerability_envelope, &arena, &why) && why.len > 0);
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
    check_shapes();
    check_text();
    arena_done(&arena);
    return check_done();
}
