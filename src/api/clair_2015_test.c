/* clair_2015_test.c: the API of December 2015, request by request. */
#include "api_testing.h"

#define ABSENT "{\"Message\":\"the resource cannot be found\"}"
#define UNSUPPORTED "{\"Message\":\"worker: OS and/or package manager are not supported\"}"
#define PACKAGE(name, version)                                                                     \
    "{\"OS\":\"debian:8\",\"Name\":\"" name "\",\"Version\":\"" version "\"}"
#define BASH PACKAGE("bash", "4.3-11")
#define CURL PACKAGE("curl", "7.38")
#define GLIBC_18 PACKAGE("glibc", "2.19-18")
#define GLIBC_19 PACKAGE("glibc", "2.19-19")
#define GONE PACKAGE("gone", "1.0")
#define V1(id, priority) "{\"ID\":\"" id "\",\"Link\":\"l\",\"Priority\":\"" priority "\","
#define FIX(name, version)                                                                         \
    "{\"OS\":\"debian:8\",\"Name\":\"" name "\",\"BeforeVersion\":\"" version "\"}"
#define FLAW(id, priority, package)                                                                \
    "{\"ID\":\"" id "\",\"Link\":\"l\",\"Priority\":\"" priority                                   \
    "\",\"CausedByPackage\":\"" package "\"}"

static const struct ask general[] = {
    {"versions", "GET", "/v1/versions", "", 200, "{\"APIVersion\":\"1\",\"EngineVersion\":\"1\"}"},
    {"health", "GET", "/v1/health", "", 200,
     "{\"database\":{\"IsHealthy\":true},\"notifier\":{\"IsHealthy\":true,\"Details\":{"
     "\"QueueSize\":0}}}"},
    {"health", "health GET", "/", "", 200, "{\"database\":…"},
    {"the other generation's health", "health GET", "/health", "", 404, "404 page not found\n"},
    {"no path", "GET", "/", "", 404, "404 page not found\n"},
    {"another version", "GET", "/v2/versions", "", 404, "404 page not found\n"},
    {"an unknown path", "GET", "/v1/nothing", "", 404, "404 page not found\n"},
    {"another method", "POST", "/v1/versions", "", 405, "Method Not Allowed\n"},
    {"HEAD is another method", "HEAD", "/v1/versions", "", 405, "Method Not Allowed\n"},
    {"a slash at the end", "GET", "/v1/versions/", "", 301, NULL},
    {"two slashes", "GET", "/v1//versions", "", 301, NULL},
    {"another case", "GET", "/v1/Versions", "", 301, NULL},
    {"another method is redirected with 307", "POST", "/v1/layers/", "", 307, NULL},
    {"no layer is named", "DELETE", "/v1/layers/", "", 404, "404 page not found\n"},
    {"a slash in a name", "GET", "/v1/vulnerabilities/a%2Fb", "", 404, "404 page not found\n"},
    {"a broken encoding", "GET", "/v1/vulnerabilities/a%2", "", 400, NULL},
};

static const struct ask layers[] = {
    {"no body", "POST", "/v1/layers", "", 415, "{\"Message\":\"EOF\"}"},
    {"a cut body", "POST", "/v1/layers", "{\"ID\": \"x\"", 415, "{\"Message\":\"unexpected EOF\"}"},
    {"a wrong type", "POST", "/v1/layers", "{\"ID\":1}", 415,
     "{\"Message\":\"json: cannot unmarshal number into Go struct field POSTLayersParameters.ID of "
     "type string\"}"},
    {"a wrong type of another member", "POST", "/v1/layers", "{\"ID\":\"x\",\"ParentID\":[]}", 415,
     NULL},
    {"null", "POST", "/v1/layers", "null", 400,
     "{\"Message\":\"could not process a layer which does not have ID\"}"},
    {"no object", "POST", "/v1/layers", "\"x\"", 415, NULL},
    {"no ID", "POST", "/v1/layers", "{}", 400,
     "{\"Message\":\"could not process a layer which does not have ID\"}"},
    {"no path", "POST", "/v1/layers", "{\"ID\":\"x\"}", 400,
     "{\"Message\":\"could not process a layer which does not have a path\"}"},
    {"no parent", "POST", "/v1/layers", "{\"ID\":\"x\",\"Path\":\"$/base\",\"ParentID\":\"y\"}",
     400, "{\"Message\":\"worker: parent layer is unknown, it must be processed first\"}"},
    {"no file", "POST", "/v1/layers", "{\"ID\":\"x\",\"Path\":\"$/nothing\"}", 404, ABSENT},
    {"a folder", "POST", "/v1/layers", "{\"ID\":\"x\",\"Path\":\"$\"}", 500,
     "{\"Message\":\"utils: could not extract the archive\"}"},
    {"no archive", "POST", "/v1/layers", "{\"ID\":\"x\",\"Path\":\"$/service.db\"}", 500,
     "{\"Message\":\"utils: could not extract the archive\"}"},
    {"an unsupported system", "POST", "/v1/layers", "{\"ID\":\"x\",\"Path\":\"$/alpine\"}", 400,
     UNSUPPORTED},
    {"packages of no system", "POST", "/v1/layers", "{\"ID\":\"x\",\"Path\":\"$/child\"}", 400,
     UNSUPPORTED},
    {"a failed post keeps nothing", "GET", "/v1/layers/x/os", "", 404, ABSENT},
    {"a layer", "POST", "/v1/layers", "{\"ID\":\"base\",\"Path\":\"$/base\"} and more", 201,
     "{\"Version\":\"1\"}"},
    {"again, with nonsense", "POST", "/v1/layers",
     "{\"ID\":\"base\",\"Path\":\"/nonsense\",\"ParentID\":\"y\"}", 201, "{\"Version\":\"1\"}"},
    {"keys in other cases", "POST", "/v1/layers",
     "{\"id\":\"empty\",\"path\":\"$/empty\",\"parentid\":\"base\",\"More\":{}}", 201, NULL},
    {"a layer of 2015 has no Layer in it", "POST", "/v1/layers",
     "{\"ID\":\"base\",\"Path\":\"x\",\"Layer\":{}}", 201, "{\"Version\":\"1\"}"},
    {"a grandchild", "POST", "/v1/layers",
     "{\"ID\":\"child\",\"Path\":\"$/child\",\"ParentID\":\"empty\"}", 201, NULL},
    {"OS", "GET", "/v1/layers/base/os", "", 200, "{\"OS\":\"debian:8\"}"},
    {"the parent's OS", "GET", "/v1/layers/child/os", "", 200, "{\"OS\":\"debian:8\"}"},
    {"no OS", "GET", "/v1/layers/nope/os", "", 404, ABSENT},
    {"parent", "GET", "/v1/layers/child/parent", "", 200, "{\"ID\":\"empty\"}"},
    {"no parent", "GET", "/v1/layers/base/parent", "", 200, "{\"ID\":\"\"}"},
    {"packages: sources, residues, no odd versions", "GET", "/v1/layers/base/packages", "", 200,
     "{\"Packages\":[" BASH "," GLIBC_18 "," GONE "]}"},
    {"packages of a layer without a database", "GET", "/v1/layers/empty/packages", "", 200,
     "{\"Packages\":[" BASH "," GLIBC_18 "," GONE "]}"},
    {"packages of a grandchild, each once", "GET", "/v1/layers/child/packages", "", 200,
     "{\"Packages\":[" CURL "," GLIBC_19 "]}"},
    {"no packages", "GET", "/v1/layers/nope/packages", "", 404, ABSENT},
    {"what a grandchild changes", "GET", "/v1/layers/child/packages/diff", "", 200,
     "{\"InstalledPackages\":[" CURL "," GLIBC_19 "],\"RemovedPackages\":[" BASH "," GLIBC_18
     "," GONE "]}"},
    {"what nothing changes", "GET", "/v1/layers/empty/packages/diff", "", 200,
     "{\"InstalledPackages\":[],\"RemovedPackages\":[]}"},
    {"no change", "GET", "/v1/layers/nope/packages/diff", "", 404, ABSENT},
};

static const struct ask posts[] = {
    {"no body", "POST", "/v1/vulnerabilities", "", 415, "{\"Message\":\"EOF\"}"},
    {"null", "POST", "/v1/vulnerabilities", "null", 400,
     "{\"Message\":\"Could not insert an incomplete vulnerability\"}"},
    {"nothing in it", "POST", "/v1/vulnerabilities", "{}", 400,
     "{\"Message\":\"Could not insert an incomplete vulnerability\"}"},
    {"an array", "POST", "/v1/vulnerabilities", "[]", 415, NULL},
    {"no link", "POST", "/v1/vulnerabilities",
     "{\"ID\":\"a\",\"Priority\":\"High\",\"AffectedPackages\":[" FIX("x", "1") "]}", 400,
     "{\"Message\":\"Could not insert an incomplete vulnerability\"}"},
    {"no priority, before that it is none", "POST", "/v1/vulnerabilities",
     "{\"ID\":\"a\",\"Link\":\"l\",\"AffectedPackages\":[" FIX("x", "1") "]}", 400,
     "{\"Message\":\"Could not insert an incomplete vulnerability\"}"},
    {"no name of the system", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[{\"Name\":\"x\",\"BeforeVersion\":\"1\"}]}", 400,
     "{\"Message\":\"could not insert an incomplete package\"}"},
    {"a package of null", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[null]}", 400,
     "{\"Message\":\"could not insert an incomplete package\"}"},
    {"a package that is none", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[1]}", 415, NULL},
    {"no truth value", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[{\"AllVersions\":\"yes\"}]}", 415, NULL},
    {"a version of another type", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[{\"BeforeVersion\":1}]}", 415,
     "{\"Message\":\"Version string is empty\"}"},
    {"packages first", "POST", "/v1/vulnerabilities",
     "{\"AffectedPackages\":[{\"OS\":\"debian:8\",\"Name\":\"x\"}]}", 400,
     "{\"Message\":\"could not insert an incomplete package\"}"},
    {"a priority that is none", "POST", "/v1/vulnerabilities", V1("a", "high") "\"x\":0}", 400,
     "{\"Message\":\"Could not insert a vulnerability which has an invalid priority\"}"},
    {"no packages", "POST", "/v1/vulnerabilities", V1("a", "High") "\"x\":0}", 400,
     "{\"Message\":\"could not insert a vulnerability which doesn't affect any package\"}"},
    {"a version that is none", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[" FIX("x", "q") "]}", 415,
     "{\"Message\":\"version does not start with digit\"}"},
    {"an empty version", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[" FIX("x", "") "]}", 415,
     "{\"Message\":\"Version string is empty\"}"},
    {"a version of null", "POST", "/v1/vulnerabilities",
     "{\"AffectedPackages\":[{\"BeforeVersion\":null}]}", 415,
     "{\"Message\":\"Version string is empty\"}"},
    {"one", "POST", "/v1/vulnerabilities",
     V1("a", "High") "\"AffectedPackages\":[" FIX("glibc", " 0:2.19-19 ") "]}", 201, ""},
    {"again", "POST", "/v1/vulnerabilities", V1("a", "High") "\"x\":0}", 400,
     "{\"Message\":\"vulnerability already exists\"}"},
    {"all versions, as the document has it, which no server took", "POST", "/v1/vulnerabilities",
     V1("b", "Defcon1") "\"Description\":\"d\",\"AffectedPackages\":[{\"OS\":\"debian:8\",\"Name\":"
                        "\"curl\",\"AllVersions\":true,\"BeforeVersion\":\"\"}]}",
     415, "{\"Message\":\"Version string is empty\"}"},
    {"all versions", "POST", "/v1/vulnerabilities",
     V1("b", "Defcon1") "\"Description\":\"d\",\"AffectedPackages\":[{\"OS\":\"debian:8\",\"Name\":"
                        "\"curl\",\"AllVersions\":true}]}",
     201, ""},
    {"two versions of one package", "POST", "/v1/vulnerabilities",
     V1("c", "Low") "\"AffectedPackages\":[" FIX("bash", "4.3-12") "," FIX("bash", "4.2") "]}", 201,
     ""},
    {"shown", "GET", "/v1/vulnerabilities/a", "", 200,
     "{\"ID\":\"a\",\"Link\":\"l\",\"Priority\":\"High\",\"Description\":\"\",\"AffectedPackages\":"
     "[{\"OS\":\"debian:8\",\"Name\":\"glibc\",\"AllVersions\":false,\"BeforeVersion\":\"2.19-19\"}"
     "]}"},
    {"all versions are shown", "GET", "/v1/vulnerabilities/b", "", 200,
     "{\"ID\":\"b\",\"Link\":\"l\",\"Priority\":\"Defcon1\",\"Description\":\"d\","
     "\"AffectedPackages\":[{\"OS\":\"debian:8\",\"Name\":\"curl\",\"AllVersions\":true,"
     "\"BeforeVersion\":\"\"}]}"},
    {"none", "GET", "/v1/vulnerabilities/nope", "", 404, ABSENT},
};

static const struct ask judged[] = {
    {"High is the minimum", "GET", "/v1/layers/base/vulnerabilities", "", 200,
     "{\"Vulnerabilities\":[" FLAW("a", "High", "glibc") "]}"},
    {"another one", "GET", "/v1/layers/base/vulnerabilities?minimumPriority=Unknown", "", 200,
     "{\"Vulnerabilities\":[" FLAW("c", "Low", "bash") "," FLAW("a", "High", "glibc") "]}"},
    {"an empty one", "GET", "/v1/layers/base/vulnerabilities?minimumPriority=", "", 200,
     "{\"Vulnerabilities\":[" FLAW("a", "High", "glibc") "]}"},
    {"another spelling does not count", "GET",
     "/v1/layers/base/vulnerabilities?minimumpriority=Low", "", 200,
     "{\"Vulnerabilities\":[" FLAW("a", "High", "glibc") "]}"},
    {"one that is none, before the layer", "GET",
     "/v1/layers/nope/vulnerabilities?minimumPriority=low", "", 400,
     "{\"Message\":\"invalid priority\"}"},
    {"no layer", "GET", "/v1/layers/nope/vulnerabilities", "", 404, ABSENT},
    {"the fixed version is not affected", "GET",
     "/v1/layers/child/vulnerabilities?minimumPriority=Low", "", 200,
     "{\"Vulnerabilities\":[{\"ID\":\"b\",\"Link\":\"l\",\"Priority\":\"Defcon1\",\"Description\":"
     "\"d\",\"CausedByPackage\":\"curl\"}]}"},
    {"what a layer brings and takes", "GET",
     "/v1/layers/child/vulnerabilities/diff?minimumPriority=Low", "", 200,
     "{\"Adds\":[{\"ID\":\"b\",\"Link\":\"l\",\"Priority\":\"Defcon1\",\"Description\":\"d\","
     "\"CausedByPackage\":\"curl\"}],\"Removes\":[" FLAW("c", "Low", "bash") "," FLAW(
         "a", "High", "glibc") "]}"},
    {"nothing", "GET", "/v1/layers/empty/vulnerabilities/diff", "", 200,
     "{\"Adds\":[],\"Removes\":[]}"},
    {"batch: no list, before the priority", "POST",
     "/v1/batch/layers/vulnerabilities?minimumPriority=x", "{}", 400,
     "{\"Message\":\"at least one LayerID query parameter must be provided\"}"},
    {"batch: a priority that is none", "POST", "/v1/batch/layers/vulnerabilities?minimumPriority=x",
     "{\"LayersIDs\":[\"base\"]}", 400, "{\"Message\":\"invalid priority\"}"},
    {"batch: no JSON", "POST", "/v1/batch/layers/vulnerabilities", "x", 415, NULL},
    {"batch: a text", "POST", "/v1/batch/layers/vulnerabilities", "{\"LayersIDs\":\"a\"}", 415,
     "{\"Message\":\"json: cannot unmarshal string into Go struct field "
     "POSTBatchLayersVulnerabilitiesParameters.LayersIDs of type []string\"}"},
    {"batch: an empty list", "POST", "/v1/batch/layers/vulnerabilities", "{\"LayersIDs\":[]}", 400,
     "{\"Message\":\"at least one LayerID query parameter must be provided\"}"},
    {"batch: another minimum", "POST", "/v1/batch/layers/vulnerabilities?minimumPriority=Critical",
     "{\"LayersIDs\":[\"base\"]}", 200, "{\"base\":{\"Vulnerabilities\":[]}}"},
    {"batch: another method", "GET", "/v1/batch/layers/vulnerabilities", "", 405,
     "Method Not Allowed\n"},
    {"a minimum that nothing reaches", "GET",
     "/v1/layers/base/vulnerabilities?minimumPriority=Critical", "", 200,
     "{\"Vulnerabilities\":[]}"},
    {"a minimum of the differences that is none, before the layer", "GET",
     "/v1/layers/nope/vulnerabilities/diff?minimumPriority=Top", "", 400,
     "{\"Message\":\"invalid priority\"}"},
    {"the minimum holds for both sides", "GET",
     "/v1/layers/child/vulnerabilities/diff?minimumPriority=High", "", 200,
     "{\"Adds\":[{\"ID\":\"b\",\"Link\":\"l\",\"Priority\":\"Defcon1\",\"Description\":\"d\","
     "\"CausedByPackage\":\"curl\"}],\"Removes\":[" FLAW("a", "High", "glibc") "]}"},
    {"batch: one is not there", "POST", "/v1/batch/layers/vulnerabilities",
     "{\"LayersIDs\":[\"base\",\"nope\"]}", 404, ABSENT},
    {"batch: each once", "POST", "/v1/batch/layers/vulnerabilities",
     "{\"LayersIDs\":[\"base\",\"empty\",\"base\"]}", 200,
     "{\"base\":{\"Vulnerabilities\":[" FLAW(
         "a", "High", "glibc") "]},\"empty\":{\"Vulnerabilities\":[" FLAW("a", "High",
                                                                          "glibc") "]}}"},
    {"who brings it", "GET", "/v1/vulnerabilities/a/introducing-layers", "", 200,
     "{\"IntroducingLayersIDs\":[\"base\"]}"},
    {"who brings what is not there", "GET", "/v1/vulnerabilities/nope/introducing-layers", "", 404,
     ABSENT},
    {"affected layers: none asked for", "POST", "/v1/vulnerabilities/a/affected-layers", "{}", 400,
     "{\"Message\":\"getting the entire list of affected layers is not supported yet: at least one "
     "LayerID query parameter must be provided\"}"},
    {"affected layers: no JSON", "POST", "/v1/vulnerabilities/a/affected-layers", "", 415, NULL},
    {"affected layers: no vulnerability", "POST", "/v1/vulnerabilities/nope/affected-layers",
     "{\"LayersIDs\":[\"base\"]}", 404, ABSENT},
    {"affected layers: no layer", "POST", "/v1/vulnerabilities/a/affected-layers",
     "{\"LayersIDs\":[\"base\",\"nope\"]}", 404, ABSENT},
    {"affected layers", "POST", "/v1/vulnerabilities/a/affected-layers",
     "{\"LayersIDs\":[\"empty\",\"child\",\"child\"]}", 200,
     "{\"empty\":{\"Vulnerable\":true},\"child\":{\"Vulnerable\":false}}"},
};

static const struct ask changes[] = {
    {"none", "PUT", "/v1/vulnerabilities/nope", "{}", 404, ABSENT},
    {"no JSON", "PUT", "/v1/vulnerabilities/a", "{", 415, NULL},
    {"a priority that is none", "PUT", "/v1/vulnerabilities/a", "{\"Priority\":\"x\"}", 400,
     "{\"Message\":\"Could not update a vulnerability which has an invalid priority\"}"},
    {"an incomplete package", "PUT", "/v1/vulnerabilities/a",
     "{\"AffectedPackages\":[{\"OS\":\"debian:8\"}]}", 400,
     "{\"Message\":\"could not insert an incomplete package\"}"},
    {"a version that is none", "PUT", "/v1/vulnerabilities/a",
     "{\"AffectedPackages\":[" FIX("glibc", "q") "]}", 415,
     "{\"Message\":\"version does not start with digit\"}"},
    {"no JSON, before the vulnerability", "PUT", "/v1/vulnerabilities/nope", "x", 415, NULL},
    {"null", "PUT", "/v1/vulnerabilities/a", "null", 201, ""},
    {"nothing", "PUT", "/v1/vulnerabilities/a", "{}", 201, ""},
    {"what does not count", "PUT", "/v1/vulnerabilities/a",
     "{\"ID\":\"z\",\"Priority\":\"Unknown\",\"FixedIn\":[1]}", 201, ""},
    {"nothing has changed", "GET", "/v1/vulnerabilities/a", "", 200,
     "{\"ID\":\"a\",\"Link\":\"l\",\"Priority\":\"High\",\"Description\":\"\",…"},
    {"lower, another version, one more", "PUT", "/v1/vulnerabilities/a",
     "{\"Priority\":\"Low\",\"Description\":\"n\",\"AffectedPackages\":[" FIX(
         "glibc", "2.20") "," FIX("curl", "8") "]}",
     201, ""},
    {"all of it", "GET", "/v1/vulnerabilities/a", "", 200,
     "{\"ID\":\"a\",\"Link\":\"l\",\"Priority\":\"Low\",\"Description\":\"n\",\"AffectedPackages\":"
     "[{\"OS\":\"debian:8\",\"Name\":\"glibc\",\"AllVersions\":false,\"BeforeVersion\":\"2.20\"},{"
     "\"OS\":\"debian:8\",\"Name\":\"curl\",\"AllVersions\":false,\"BeforeVersion\":\"8\"}]}"},
    {"answers follow", "GET", "/v1/vulnerabilities/a/introducing-layers", "", 200,
     "{\"IntroducingLayersIDs\":[\"base\",\"child\"]}"},
    {"three new ones and a change wait", "GET", "/v1/health", "", 200,
     "{\"database\":{\"IsHealthy\":true},\"notifier\":{\"IsHealthy\":true,\"Details\":{"
     "\"QueueSize\":4}}}"},
    {"deleted", "DELETE", "/v1/vulnerabilities/a", "", 204, ""},
    {"twice", "DELETE", "/v1/vulnerabilities/a", "", 404, ABSENT},
    {"it is gone", "GET", "/v1/vulnerabilities/a", "", 404, ABSENT},
    {"and may come again", "POST", "/v1/vulnerabilities",
     V1("a", "Low") "\"AffectedPackages\":[" FIX("x", "1") "]}", 201, ""},
    {"a layer is deleted with all above", "DELETE", "/v1/layers/base", "", 204, ""},
    {"its grandchild", "GET", "/v1/layers/child/os", "", 404, ABSENT},
    {"twice", "DELETE", "/v1/layers/base", "", 404, ABSENT},
};

static void check_heads(struct test_service *t)
{
    CHECK_CASE("answers are JSON; a redirect keeps the prefix; an answer is shared the second time")
    {
        struct arena arena;
        struct http_response out;
        arena_init(&arena, 64 * 1024 * 1024, "a request");
        test_request(t, API_PORT_MAIN, "GET", "/v1//Versions/", STR_NONE, &arena, &out);
        CHECK_NUM(out.headers_count, 1);
        CHECK_STR(out.headers[0].name, STR("Location"));
        CHECK_STR(out.headers[0].value, STR("/v1/versions"));
        test_free(&out);
        for (int i = 0; i < 2; i++) {
            test_request(t, API_PORT_MAIN, "GET", "/v1/layers/base/os", STR_NONE, &arena, &out);
            CHECK_STR(out.content_type, STR("application/json; charset=utf-8"));
            CHECK_STR(test_body(&out), STR("{\"OS\":\"debian:8\"}"));
            CHECK(out.owner != NULL && out.packed != NULL && out.headers_count == 0);
            test_free(&out);
        }
        arena_done(&arena);
    }
    CHECK_CASE("what may take long is put off, what is remembered is not")
    {
        struct arena arena;
        const struct http_request post = {
            .method = STR("POST"), .path = STR("/v1/layers"), .body = STR("{}"), .at_once = true};
        const struct http_request get = {
            .method = STR("GET"), .path = STR("/v1/layers/base/os"), .at_once = true};
        struct http_response out = {.status = 0};
        arena_init(&arena, 64 * 1024 * 1024, "a request");
        buf_init(&out.text, 1024);
        api_answer(t->service, API_PORT_MAIN, 0, &post, &arena, &out);
        CHECK(out.later && out.text.len == 0);
        out = (struct http_response){.status = 0};
        api_answer(t->service, API_PORT_MAIN, 0, &get, &arena, &out);
        CHECK(!out.later && out.status == 200);
        test_free(&out);
        arena_done(&arena);
    }
}

int main(int argc, char **argv)
{
    struct test_service t;
    if (test_is_worker(argc, argv)) {
        return worker_main(argc, argv);
    }
    if (!test_open(&t, DIALECT_2015, false)) {
        return 1;
    }
    test_layer(&t, "base", "ID=debian\nVERSION_ID=\"8\"\n",
               "Package: libc6\nStatus: install ok installed\nSource: glibc\nVersion: 2.19-18\n\n"
               "Package: libc-bin\nStatus: install ok installed\nSource: glibc\nVersion: "
               "2.19-18\n\n"
               "Package: bash\nStatus: install ok installed\nVersion: 4.3-11\n\n"
               "Package: gone\nStatus: deinstall ok config-files\nVersion: 1.0\n\n"
               "Package: odd\nStatus: install ok installed\nVersion: not_one\n");
    test_layer(&t, "child", "",
               "Package: libc6\nStatus: install ok installed\nSource: glibc\nVersion: 2.19-19\n\n"
               "Package: curl\nStatus: install ok installed\nVersion: 7.38\n");
    test_layer(&t, "alpine", "ID=alpine\nVERSION_ID=3.18.4\n", "");
    test_layer(&t, "empty", "", "");
    test_table(&t, general, ARRAY_COUNT(general));
    test_table(&t, layers, ARRAY_COUNT(layers));
    check_heads(&t);
    test_table(&t, posts, ARRAY_COUNT(posts));
    test_table(&t, judged, ARRAY_COUNT(judged));
    test_table(&t, changes, ARRAY_COUNT(changes));
    test_close(&t);
    return check_done();
}
