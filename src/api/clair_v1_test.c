/* clair_v1_test.c: the API of 2016–2019, request by request. */
#include "api/page_token.h"
#include "api_testing.h"
#include "base/clock.h"

#define ERR(text) "{\"Error\":{\"Message\":\"" text "\"}}\n"
#define ABSENT ERR("the resource cannot be found")
#define LAYER(name, path, more) "{\"Layer\":{\"Name\":\"" name "\",\"Path\":\"" path "\"" more "}}"
#define DOCKER ",\"Format\":\"Docker\""
#define FEATURE(name, version, added)                                                              \
    "{\"Name\":\"" name                                                                            \
    "\",\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"dpkg\",\"Version\":"                    \
    "\"" version "\",\"AddedBy\":\"" added "\"}"
#define FIXED(name, version)                                                                       \
    "{\"Name\":\"" name                                                                            \
    "\",\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"dpkg\",\"Version\":\"" version "\"}"
#define VULNERABILITY(name, severity, more)                                                        \
    "{\"Vulnerability\":{\"Name\":\"" name                                                         \
    "\",\"NamespaceName\":\"debian:8\",\"Severity\":\"" severity "\"" more "}}"
#define D8 "/v1/namespaces/debian:8/vulnerabilities"

static const struct ask layers[] = {
    {"health", "health GET", "/health", "", 200, ""},
    {"the other generation's health", "health GET", "/", "", 404, "404 page not found\n"},
    {"no namespaces yet", "GET", "/v1/namespaces", "", 200, "{\"Namespaces\":null}\n"},
    {"a slash at the end", "GET", "/v1/namespaces/", "", 301, NULL},
    {"another method", "HEAD", "/v1/namespaces", "", 405, NULL},
    {"no body", "POST", "/v1/layers", "", 400, ERR("EOF")},
    {"null", "POST", "/v1/layers", "null", 400, ERR("failed to provide layer")},
    {"no layer", "POST", "/v1/layers", "{}", 400, ERR("failed to provide layer")},
    {"a layer that is null", "POST", "/v1/layers", "{\"Layer\":null}", 400,
     ERR("failed to provide layer")},
    {"names outside", "POST", "/v1/layers", "{\"Name\":\"a\",\"Path\":\"b\"}", 400,
     ERR("failed to provide layer")},
    {"a wrong type", "POST", "/v1/layers", "{\"Layer\":{\"Name\":1}}", 400,
     ERR("json: cannot unmarshal number into Go struct field Layer.Layer.Name of type string")},
    {"a wrong type of what is not used", "POST", "/v1/layers",
     "{\"Layer\":{\"Name\":\"a\",\"IndexedByVersion\":\"3\"}}", 400,
     ERR("json: cannot unmarshal string into Go struct field Layer.Layer.IndexedByVersion of type "
         "int")},
    {"a header that is no string", "POST", "/v1/layers",
     "{\"Layer\":{\"Name\":\"a\",\"Headers\":{\"a\":1}}}", 400,
     ERR("json: cannot unmarshal number into Go struct field Layer.Layer.Headers of type string")},
    {"of equal names the last", "POST", "/v1/layers",
     "{\"Layer\":{\"Name\":\"a\"},\"Error\":null,\"Layer\":null}", 400,
     ERR("failed to provide layer")},
    {"more after the value", "POST", "/v1/layers", "{}}", 400, ERR("failed to provide layer")},
    {"a text that is no UTF-8", "POST", "/v1/layers", "{\"x\":\"\xff\"}", 400,
     ERR("failed to provide layer")},
    {"no name", "POST", "/v1/layers", LAYER("", "$/base", DOCKER), 400,
     ERR("could not process a layer which does not have a name")},
    {"no path", "POST", "/v1/layers", LAYER("a", "", DOCKER), 400,
     ERR("could not process a layer which does not have a path")},
    {"no format", "POST", "/v1/layers", LAYER("a", "$/base", ""), 400,
     ERR("could not process a layer which does not have a format")},
    {"an unknown format", "POST", "/v1/layers", LAYER("a", "$/base", ",\"Format\":\"OCI\""), 400,
     ERR("unsupported image format 'OCI'")},
    {"no parent", "POST", "/v1/layers", LAYER("a", "$/base", DOCKER ",\"ParentName\":\"x\""), 400,
     ERR("worker: parent layer is unknown, it must be processed first")},
    {"no file", "POST", "/v1/layers", LAYER("a", "$/nothing", DOCKER), 400,
     ERR("could not find layer")},
    {"no archive", "POST", "/v1/layers", LAYER("a", "$/service.db", DOCKER), 422,
     ERR("tarutil: could not extract the archive")},
    {"packages of no system", "POST", "/v1/layers", LAYER("a", "$/child", DOCKER), 422,
     ERR("worker: OS and/or package manager are not supported")},
    {"a failed post keeps nothing", "GET", "/v1/layers/a", "", 404, ABSENT},
    {"a layer", "POST", "/v1/layers",
     "{\"Layer\":{\"Name\":\"base\",\"Path\":\"$/base\",\"Format\":\"docker\",\"Features\":null,"
     "\"Headers\":{\"Authorization\":\"\"}}}",
     201, "{\"Layer\":{\"Name\":\"base\",\"Path\":\"…"},
    {"again, with nonsense", "POST", "/v1/layers",
     LAYER("base", "/x", ",\"Format\":\"OCI\",\"ParentName\":\"x\""), 201,
     "{\"Layer\":{\"Name\":\"base\",\"Path\":\"/x\",\"ParentName\":\"x\",\"Format\":\"OCI\","
     "\"IndexedByVersion\":3}}\n"},
    {"a folder", "POST", "/v1/layers", LAYER("a", "$", DOCKER), 422,
     ERR("tarutil: could not extract the archive")},
    {"a child whose database is empty", "POST", "/v1/layers",
     LAYER("emptied", "$/emptied", DOCKER ",\"ParentName\":\"base\""), 201, NULL},
    {"keeps what is below", "GET", "/v1/layers/emptied?features", "", 200,
     "{\"Layer\":{\"Name\":\"emptied\",\"NamespaceName\":\"debian:8\",\"ParentName\":\"base\","
     "\"IndexedByVersion\":3,\"Features\":[" FEATURE("bash", "4.3-11", "base") "," FEATURE(
         "glibc", "2.19-18", "base") "]}}\n"},
    {"a child without packages", "POST", "/v1/layers",
     LAYER("empty", "$/empty", DOCKER ",\"ParentName\":\"base\""), 201, NULL},
    {"a grandchild", "POST", "/v1/layers",
     LAYER("child", "$/child", DOCKER ",\"ParentName\":\"empty\""), 201, NULL},
    {"a body with an ID is that of 2015", "POST", "/v1/layers", "{\"ID\":\"x\"}", 400,
     "{\"Message\":\"could not process a layer which does not have a path\"}"},
    {"a layer alone", "GET", "/v1/layers/child", "", 200,
     "{\"Layer\":{\"Name\":\"child\",\"NamespaceName\":\"debian:8\",\"ParentName\":\"empty\","
     "\"IndexedByVersion\":3}}\n"},
    {"with features, whatever the value", "GET", "/v1/layers/child?features=false", "", 200,
     "{\"Layer\":{\"Name\":\"child\",\"NamespaceName\":\"debian:8\",\"ParentName\":\"empty\","
     "\"IndexedByVersion\":3,\"Features\":[" FEATURE("bash", "4.3-11", "base") "," FEATURE(
         "curl", "zz", "child") "," FEATURE("glibc", "2.19-19", "child") "]}}\n"},
    {"no layer", "GET", "/v1/layers/nope?features", "", 404, ABSENT},
    {"Alpine is known", "POST", "/v1/layers", LAYER("alpine", "$/alpine", DOCKER), 201, NULL},
    {"Alpine", "GET", "/v1/layers/alpine", "", 200,
     "{\"Layer\":{\"Name\":\"alpine\",\"NamespaceName\":\"alpine:v3.18\",\"IndexedByVersion\":3}}"
     "\n"},
    {"nothing in it", "GET", "/v1/layers/alpine?features", "", 200,
     "{\"Layer\":{\"Name\":\"alpine\",\"NamespaceName\":\"alpine:v3.18\",\"IndexedByVersion\":3}}"
     "\n"},
    {"namespaces", "GET", "/v1/namespaces", "", 200,
     "{\"Namespaces\":[{\"Name\":\"alpine:v3.18\",\"VersionFormat\":\"dpkg\"},{\"Name\":"
     "\"debian:8\",\"VersionFormat\":\"dpkg\"}]}\n"},
};

static const struct ask vulnerabilities[] = {
    {"no limit", "GET", D8, "", 400, ERR("must provide limit query parameter")},
    {"a limit that is none", "GET", D8 "?limit=x", "", 400,
     ERR("invalid limit format: strconv.Atoi: parsing \\\"x\\\": invalid syntax")},
    {"a limit that is too large", "GET", D8 "?limit=99999999999999999999", "", 400, NULL},
    {"a limit below zero", "GET", D8 "?limit=-1", "", 400,
     ERR("limit value should not be less than zero")},
    {"no such page", "GET", D8 "?limit=1&page=zzz", "", 400,
     ERR("invalid page format: invalid or expired pagination token")},
    {"an unknown namespace", "GET", "/v1/namespaces/nope/vulnerabilities?limit=1", "", 404, ABSENT},
    {"nothing in it", "GET", D8 "?limit=1", "", 200, "{\"Vulnerabilities\":null}\n"},
    {"no body", "POST", D8, "", 400, ERR("EOF")},
    {"nothing", "POST", D8, "{}", 400, ERR("failed to provide vulnerability")},
    {"a severity that is none", "POST", D8, VULNERABILITY("a", "Huge", ""), 400,
     ERR("failed to parse Severity from input")},
    {"the severity comes before the name", "POST", D8, "{\"Vulnerability\":{}}", 400,
     ERR("failed to parse Severity from input")},
    {"no name", "POST", D8, VULNERABILITY("", "Low", ""), 400,
     ERR("insertVulnerability needs at least the Name and the Namespace")},
    {"no format", "POST", D8,
     VULNERABILITY("a", "Low", ",\"FixedIn\":[{\"Name\":\"x\",\"Version\":\"1\"}]"), 400,
     ERR("unknown version format")},
    {"a version that is none", "POST", D8,
     VULNERABILITY("a", "Low", ",\"FixedIn\":[" FIXED("x", "a b") "]"), 400,
     ERR("invalid version")},
    {"Metadata that is no object", "POST", D8, VULNERABILITY("a", "Low", ",\"Metadata\":1"), 400,
     NULL},
    {"another namespace", "POST", D8,
     VULNERABILITY("a", "Low",
                   ",\"FixedIn\":[{\"Name\":\"x\",\"NamespaceName\":\"debian:9\",\"VersionFormat\":"
                   "\"rpm\",\"Version\":\"1\"}]"),
     400,
     ERR("could not insert an invalid vulnerability that contains FixedIn FeatureVersion that are "
         "not in the same namespace as the Vulnerability")},
    {"a feature without a name", "POST", D8,
     VULNERABILITY("a", "Low",
                   ",\"FixedIn\":[{\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"dpkg\","
                   "\"Version\":\"1\"}]"),
     400, ERR("could not find/insert invalid Feature")},
    {"a number that is too large", "POST", D8,
     VULNERABILITY("a", "Low", ",\"Metadata\":{\"a\":1e400}"), 400, NULL},
    {"one", "POST", "/v1/namespaces/other/vulnerabilities",
     VULNERABILITY("a", "high",
                   ",\"Metadata\":{\"NVD\":{\"CVSSv2\":{\"Score\":7.50}}},\"FixedIn\":[" FIXED(
                       "glibc", "2.20") "," FIXED("bash", "None") "]"),
     201,
     "{\"Vulnerability\":{\"Name\":\"a\",\"NamespaceName\":\"debian:8\",\"Severity\":\"high\","
     "\"Metadata\":{\"NVD\":{\"CVSSv2\":{\"Score\":7.5}}},\"FixedIn\":[" FIXED(
         "glibc", "2.20") "," FIXED("bash", "None") "]}}\n"},
    {"a feature that is known, without its namespace", "POST", D8,
     VULNERABILITY(
         "b", "Low",
         ",\"FixedIn\":[{\"Name\":\"bash\",\"VersionFormat\":\"dpkg\",\"Version\":\"1\"}]"),
     500, ERR("unknown version format")},
    {"a feature that vulnerabilities alone know, without its namespace", "POST", D8,
     VULNERABILITY("b", "Low", ",\"FixedIn\":[" FIXED("mine", "1") "]"), 201, NULL},
    {"the same feature again", "POST", D8,
     VULNERABILITY(
         "b", "Low",
         ",\"FixedIn\":[{\"Name\":\"mine\",\"VersionFormat\":\"dpkg\",\"Version\":\"2\"}]"),
     201, NULL},
    {"no such fix any more", "POST", D8,
     VULNERABILITY("b", "Low", ",\"FixedIn\":[" FIXED("mine", "#MINV#") "]"), 201, NULL},
    {"a fix in another format than its namespace's", "POST", D8,
     VULNERABILITY("f", "Low",
                   ",\"FixedIn\":[{\"Name\":\"mine\",\"NamespaceName\":\"debian:8\","
                   "\"VersionFormat\":\"rpm\",\"Version\":\"2\",\"AddedBy\":\"me\"}]"),
     201,
     "{\"Vulnerability\":{\"Name\":\"f\",\"NamespaceName\":\"debian:8\",\"Severity\":\"Low\","
     "\"FixedIn\":[{\"Name\":\"mine\",\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"rpm\","
     "\"Version\":\"2\",\"AddedBy\":\"me\"}]}}\n"},
    {"is shown in its namespace's", "GET", D8 "/f/fixes", "", 200,
     "{\"Features\":[" FIXED("mine", "2") "]}\n"},
    {"and deleted", "DELETE", D8 "/f", "", 200, ""},
    {"one feature twice in a new vulnerability", "POST", D8,
     VULNERABILITY("t", "Low", ",\"FixedIn\":[" FIXED("mine", "1") "," FIXED("mine", "2") "]"), 201,
     NULL},
    {"the first counts", "GET", D8 "/t/fixes", "", 200,
     "{\"Features\":[" FIXED("mine", "1") "]}\n"},
    {"and twice in one that is there", "POST", D8,
     VULNERABILITY("t", "Low", ",\"FixedIn\":[" FIXED("mine", "3") "," FIXED("mine", "4") "]"), 201,
     NULL},
    {"the last counts", "GET", D8 "/t/fixes", "", 200, "{\"Features\":[" FIXED("mine", "4") "]}\n"},
    {"and deleted", "DELETE", D8 "/t", "", 200, ""},
    {"a feature that is not known", "POST", D8,
     VULNERABILITY(
         "b", "Low",
         ",\"FixedIn\":[{\"Name\":\"new\",\"VersionFormat\":\"dpkg\",\"Version\":\"1\"}]"),
     201, NULL},
    {"one without fixes", "GET", D8 "/a", "", 200,
     "{\"Vulnerability\":{\"Name\":\"a\",\"NamespaceName\":\"debian:8\",\"Severity\":\"High\","
     "\"Metadata\":{\"NVD\":{\"CVSSv2\":{\"Score\":7.5}}}}}\n"},
    {"another namespace has none", "GET", "/v1/namespaces/debian:9/vulnerabilities/a", "", 404,
     ABSENT},
    {"in features", "GET", "/v1/layers/base?vulnerabilities", "", 200,
     "{\"Layer\":{\"Name\":\"base\",\"NamespaceName\":\"debian:8\",\"IndexedByVersion\":3,"
     "\"Features\":[{\"Name\":\"bash\",\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"dpkg\","
     "\"Version\":\"4.3-11\",\"Vulnerabilities\":[{\"Name\":\"a\",\"NamespaceName\":\"debian:8\","
     "\"Severity\":\"High\",\"Metadata\":{\"NVD\":{\"CVSSv2\":{\"Score\":7.5}}}}],\"AddedBy\":"
     "\"base\"},{\"Name\":\"glibc\",\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"dpkg\","
     "\"Version\":\"2.19-18\",\"Vulnerabilities\":[{\"Name\":\"a\",\"NamespaceName\":\"debian:8\","
     "\"Severity\":\"High\",\"Metadata\":{\"NVD\":{\"CVSSv2\":{\"Score\":7.5}}},\"FixedBy\":"
     "\"2.20\"}],\"AddedBy\":\"base\"}]}}\n"},
    {"again: what it says replaces, fixes are merged", "POST", D8,
     VULNERABILITY("a", "Low",
                   ",\"FixedIn\":[" FIXED("bash", "#MINV#") "," FIXED("curl", "#MAXV#") "]"),
     201, NULL},
    {"merged", "GET", D8 "/a?fixedIn", "", 200,
     "{\"Vulnerability\":{\"Name\":\"a\",\"NamespaceName\":\"debian:8\",\"Severity\":\"Low\","
     "\"FixedIn\":[" FIXED("glibc", "2.20") "," FIXED("curl", "None") "]}}\n"},
    {"its fixes", "GET", D8 "/a/fixes", "", 200,
     "{\"Features\":[" FIXED("glibc", "2.20") "," FIXED("curl", "None") "]}\n"},
    {"put: no fixes, please", "PUT", D8 "/a",
     VULNERABILITY("a", "Low", ",\"FixedIn\":[" FIXED("x", "1") "]"), 400,
     ERR("Vulnerability.FixedIn must be empty")},
    {"put: the path's names count", "PUT", D8 "/a",
     "{\"Vulnerability\":{\"Name\":\"z\",\"NamespaceName\":\"y\",\"Severity\":\"Low\",\"Link\":"
     "\"l\"}}",
     200,
     "{\"Vulnerability\":{\"Name\":\"z\",\"NamespaceName\":\"y\",\"Link\":\"l\",\"Severity\":"
     "\"Low\"}}\n"},
    {"put: what is not there is made", "PUT", "/v1/namespaces/new:1/vulnerabilities/n",
     "{\"Vulnerability\":{\"Severity\":\"Low\"}}", 200, NULL},
    {"without fixes", "GET", "/v1/namespaces/new:1/vulnerabilities/n/fixes", "", 200,
     "{\"Features\":null}\n"},
    {"the list ascends by change", "GET", D8 "?limit=10", "", 200,
     "{\"Vulnerabilities\":[{\"Name\":\"b\",\"NamespaceName\":\"debian:8\",\"Severity\":\"Low\"},{"
     "\"Name\":\"a\",\"NamespaceName\":\"debian:8\",\"Link\":\"l\",\"Severity\":\"Low\"}]}\n"},
    {"a page", "GET", D8 "?limit=1", "", 200,
     "{\"Vulnerabilities\":[{\"Name\":\"b\",\"NamespaceName\":\"debian:8\",\"Severity\":\"Low\"}],"
     "\"NextPage\":\"gAAAA…"},
    {"a page of none", "GET", D8 "?limit=0", "", 200,
     "{\"Vulnerabilities\":null,\"NextPage\":\"gAAAA…"},
};

static const struct ask fixes[] = {
    {"no body", "PUT", D8 "/a/fixes/x", "", 400, ERR("EOF")},
    {"no feature", "PUT", D8 "/a/fixes/x", "{}", 400, ERR("failed to provide feature")},
    {"another name", "PUT", D8 "/a/fixes/x", "{\"Feature\":" FIXED("y", "1") "}", 400,
     ERR("feature name in URL and JSON do not match")},
    {"no version", "PUT", D8 "/a/fixes/x", "{\"Feature\":" FIXED("x", "") "}", 400,
     ERR("invalid version")},
    {"no vulnerability", "PUT", D8 "/nope/fixes/x", "{\"Feature\":" FIXED("x", "1") "}", 404,
     ABSENT},
    {"written", "PUT", D8 "/a/fixes/x", "{\"Feature\":" FIXED("x", "1") "}", 200,
     "{\"Feature\":" FIXED("x", "1") "}\n"},
    {"deleted", "DELETE", D8 "/a/fixes/curl", "", 200, ""},
    {"twice", "DELETE", D8 "/a/fixes/curl", "", 404, ABSENT},
    {"what is left", "GET", D8 "/a/fixes", "", 200,
     "{\"Features\":[" FIXED("glibc", "2.20") "," FIXED("x", "1") "]}\n"},
    {"no notification", "GET", "/v1/notifications/nope?limit=1", "", 404, ABSENT},
    {"no limit", "GET", "/v1/notifications/nope", "", 400,
     ERR("must provide limit query parameter")},
    {"no such page", "GET", "/v1/notifications/nope?limit=1&page=x", "", 400,
     ERR("invalid page format: invalid or expired pagination token")},
    {"nothing to read", "DELETE", "/v1/notifications/nope", "", 404, ABSENT},
    {"the vulnerability is deleted", "DELETE", D8 "/a", "", 200, ""},
    {"twice", "DELETE", D8 "/a", "", 404, ABSENT},
    {"a layer is deleted with all above", "DELETE", "/v1/layers/base", "", 200, ""},
    {"its grandchild", "GET", "/v1/layers/child", "", 404, ABSENT},
    {"twice", "DELETE", "/v1/layers/base", "", 404, ABSENT},
    {"figures", "GET", "/v1/metrics", "", 200, "# HELP clair_api_response_duration_millisec…"},
};

static str text_between(str text, const char *from, char to)
{
    size_t at = str_find(text, str_from(from));
    if (at == text.len) {
        return STR_NONE;
    }
    text = str_slice(text, at + strlen(from), text.len);
    return str_slice(text, 0, str_find_char(text, to));
}

/* Three layers bring what CVE-P affects: pages of two. */
static void check_pages(struct test_service *t)
{
    static const struct ask before[] = {
        {"p", "POST", "/v1/layers", LAYER("p1", "$/base", DOCKER), 201, NULL},
        {"p", "POST", "/v1/layers", LAYER("p2", "$/base", DOCKER), 201, NULL},
        {"p", "POST", "/v1/layers", LAYER("p3", "$/base", DOCKER), 201, NULL},
        {"p", "POST", D8, VULNERABILITY("CVE-P", "Low", ",\"FixedIn\":[" FIXED("bash", "9") "]"),
         201, NULL},
    };
    CHECK_CASE("a notification in pages, until it is read")
    {
        struct graph *graph = service_graph(t->service, 0);
        struct arena arena;
        struct error e;
        struct graph_notification n = {.name = STR_NONE};
        struct http_response out;
        int64_t fence;
        bool found = true;
        char path[600];
        arena_init(&arena, 64 * 1024 * 1024, "a request");
        for (size_t i = 0; i < ARRAY_COUNT(before); i++) {
            test_ask(t, &before[i]);
        }
        while (found && !str_eq(n.after.name, STR("CVE-P"))) {
            CHECK_OK(
                graph_notification_take(graph, STR("test"), 0, 60, &arena, &n, &fence, &found, &e),
                &e);
        }
        snprintf(path, sizeof(path), "/v1/notifications/" STR_FMT "?limit=2", STR_ARG(n.name));
        test_request(t, API_PORT_MAIN, "GET", path, STR_NONE, &arena, &out);
        CHECK_NUM(out.status, 200);
        str body = test_body(&out), next = text_between(body, "\"NextPage\":\"", '"');
        CHECK(next.len > 0 && text_between(body, "\"Page\":\"", '"').len > 0);
        CHECK_STR(text_between(body, "\"LayersIntroducingVulnerability\":[", ']'),
                  STR("\"p1\",\"p2\""));
        CHECK_STR(out.content_type, STR("application/json;charset=utf-8"));
        snprintf(path, sizeof(path), "/v1/notifications/" STR_FMT "?limit=2&page=%.*s",
                 STR_ARG(n.name), (int)next.len, next.at);
        test_free(&out);
        test_request(t, API_PORT_MAIN, "GET", path, STR_NONE, &arena, &out);
        body = test_body(&out);
        CHECK_STR(text_between(body, "\"LayersIntroducingVulnerability\":[", ']'), STR("\"p3\""));
        CHECK_NUM(text_between(body, "\"NextPage\":\"", '"').len, 0);
        test_free(&out);
        snprintf(path, sizeof(path), "/v1/notifications/" STR_FMT "?limit=-1", STR_ARG(n.name));
        test_request(t, API_PORT_MAIN, "GET", path, STR_NONE, &arena, &out);
        body = test_body(&out);
        CHECK(str_find(body, STR("\"Limit\":-1")) < body.len);
        CHECK(str_find(body, STR("LayersIntroducing")) == body.len);
        CHECK_NUM(text_between(body, "\"NextPage\":\"", '"').len, 0);
        test_free(&out);
        *strchr(path, '?') = '\0';
        for (int i = 0; i < 2; i++) {
            test_request(t, API_PORT_MAIN, "DELETE", path, STR_NONE, &arena, &out);
            CHECK(out.status == 200 && test_body(&out).len == 0 && out.headers_count == 0);
            test_free(&out);
        }
        strncat(path, "?limit=0", sizeof(path) - strlen(path) - 1);
        test_request(t, API_PORT_MAIN, "GET", path, STR_NONE, &arena, &out);
        CHECK(text_between(test_body(&out), "\"Deleted\":\"", '"').len > 0);
        test_free(&out);
        arena_done(&arena);
    }
}

/* One that Clair made, with the same key: its text ends in a new line. */
static void check_foreign_token(struct test_service *t)
{
    CHECK_CASE("a page token of Clair's own")
    {
        struct arena arena;
        struct error e;
        struct http_response out;
        str token, path;
        arena_init(&arena, 64 * 1024 * 1024, "a request");
        CHECK_OK(
            page_token_make(service_page_key(t->service), STR("1\n"), clock_now_s(), &arena, &token,
                            &e) &&
                arena_printf(&arena, &path, &e, D8 "?limit=0&page=%.*s", (int)token.len, token.at),
            &e);
        test_request(t, API_PORT_MAIN, "GET", path.at, STR_NONE, &arena, &out);
        CHECK_NUM(out.status, 200);
        test_free(&out);
        arena_done(&arena);
    }
}

/* An answer is whole, or one of 500 (or none at all): never a part of one. */
static void check_refusals(struct test_service *t)
{
    static const char path[] = "/v1/layers/child?vulnerabilities";
    CHECK_CASE("each refused allocation is an error of the answer, not of the service")
    {
        struct http_response out;
        for (int n = 0;; n++) {
            struct arena request;
            char fresh[100];
            snprintf(fresh, sizeof(fresh), "%s&n=%d", path, n); /* never remembered */
            arena_init(&request, 64 * 1024 * 1024, "a request");
            fail_alloc_at(n);
            test_request(t, API_PORT_MAIN, "GET", fresh, STR_NONE, &request, &out);
            fail_alloc_at(-1);
            bool refused = fail_alloc_hit();
            str body = test_body(&out);
            if (out.status == 200) {
                CHECK(str_starts(body, STR("{\"Layer\":")) && str_ends(body, STR("}}\n")));
            } else {
                CHECK(out.status == 500 || out.status == 400);
            }
            test_free(&out);
            arena_done(&request);
            if (!refused) {
                CHECK_NUM(out.status, 200);
                CHECK(n > 5);
                break;
            }
        }
    }
    CHECK_CASE("a path of 16 KiB is looked at, one byte more is refused")
    {
        static char long_path[API_PATH_BYTES_MAX + 2];
        struct arena arena;
        struct http_response out;
        memset(long_path, 'a', sizeof(long_path) - 1);
        memcpy(long_path, "/v1/layers/", 11);
        for (int more = 1; more >= 0; more--) {
            long_path[API_PATH_BYTES_MAX + more] = '\0';
            arena_init(&arena, 64 * 1024 * 1024, "a request");
            test_request(t, API_PORT_MAIN, "GET", long_path, STR_NONE, &arena, &out);
            CHECK_NUM(out.status, more == 1 ? 400 : 404);
            test_free(&out);
            arena_done(&arena);
        }
    }
}

/* The path that the route has, the query as it came, encoded where no address may have it. */
static void check_redirects(struct test_service *t)
{
    static const struct {
        const char *method, *path, *location, *body;
        unsigned status;
    } cases[] = {
        {"GET", "/v1//namespaces/d:8/vulnerabilities/?limit=2&page=a%2Bb",
         "/v1/namespaces/d:8/vulnerabilities?limit=2&page=a%2Bb",
         "<a href=\"/v1/namespaces/d:8/vulnerabilities?limit=2&amp;page=a%2Bb\">Moved "
         "Permanently</a>.\n\n",
         301},
        {"GET", "/v1/layers/a%3Fb%25/?x=\"<>\r\n", "/v1/layers/a%3Fb%25?x=%22%3C%3E%0D%0A", NULL,
         301},
        {"POST", "/v1/layers/?x", "/v1/layers?x", "", 307},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s %s is somewhere else", cases[i].method, cases[i].path)
        {
            struct arena arena;
            struct http_response out;
            arena_init(&arena, 1024 * 1024, "a request");
            test_request(t, API_PORT_MAIN, cases[i].method, cases[i].path, STR_NONE, &arena, &out);
            CHECK_NUM(out.status, cases[i].status);
            CHECK(out.headers_count == 1 && str_eq(out.headers[0].name, STR("Location")));
            CHECK_STR(out.headers[0].value, str_from(cases[i].location));
            if (cases[i].body != NULL) {
                CHECK_STR(test_body(&out), str_from(cases[i].body));
            }
            test_free(&out);
            arena_done(&arena);
        }
    }
}

int main(int argc, char **argv)
{
    struct test_service t;
    if (test_is_worker(argc, argv)) {
        return worker_main(argc, argv);
    }
    if (!test_open(&t, DIALECT_2016, false)) {
        return 1;
    }
    test_layer(&t, "base", "ID=debian\nVERSION_ID=\"8\"\n",
               "Package: libc6\nStatus: install ok installed\nSource: glibc\nVersion: 2.19-18\n\n"
               "Package: bash\nStatus: install ok installed\nVersion: 4.3-11\n");
    test_layer(&t, "child", "",
               "Package: libc6\nStatus: install ok installed\nSource: glibc\nVersion: 2.19-19\n\n"
               "Package: bash\nStatus: install ok installed\nVersion: 4.3-11\n\n"
               "Package: curl\nStatus: install ok installed\nVersion: zz\n");
    test_layer(&t, "alpine", "ID=alpine\nVERSION_ID=3.18.4\n", "");
    test_layer(&t, "empty", "", "");
    test_layer(&t, "emptied", "", " ");
    test_table(&t, layers, ARRAY_COUNT(layers));
    test_table(&t, vulnerabilities, ARRAY_COUNT(vulnerabilities));
    check_refusals(&t);
    test_table(&t, fixes, ARRAY_COUNT(fixes));
    check_pages(&t);
    check_foreign_token(&t);
    check_redirects(&t);
    test_close(&t);
    return check_done();
}
