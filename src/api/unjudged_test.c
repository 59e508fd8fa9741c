/* unjudged_test.c: what cannot be judged is said, in the answer to a post and in lists, and nowhere
 * where Clair's answer must stay what it was. */
#include "api/warning.h"
#include "api_testing.h"

static const struct affected bash[] = {{.namespace_ = STR_INIT("debian:99"),
                                        .package = STR_INIT("bash"),
                                        .scope = SCOPE_SOURCE,
                                        .state = FIX_WILL_NOT},
                                       {.namespace_ = STR_INIT("debian:8"),
                                        .package = STR_INIT("bash"),
                                        .scope = SCOPE_SOURCE,
                                        .state = FIX_WILL_NOT}};
static const struct advisory said = {
    .id = STR_INIT("CVE-2014-6271"), .affected = bash, .affected_count = ARRAY_COUNT(bash)};

static void publish(struct test_service *t)
{
    struct store *store = NULL;
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts;
    struct error e;
    const struct advisories_commit_options options = {.date_s = 1800000000, .allow_shrink = true};
    CHECK(CHECK_OK(store_open(str_from(t->dir), &store, &e), &e) &&
          CHECK_OK(advisories_write_begin(store, STR("debian"), &w, &e), &e) &&
          CHECK_OK(advisories_write(w, &said, &e), &e) &&
          CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e));
    store_close(store);
}

/* Posts a layer to either API; `want`: the warning, NULL: none. */
static void post(struct test_service *t, bool old, const char *name, const char *want)
{
    struct arena arena;
    struct http_response out;
    char body[400];
    arena_init(&arena, 64 * 1024 * 1024, "a request");
    if (old) {
        snprintf(body, sizeof(body), "{\"ID\":\"old-%s\",\"Path\":\"%s/%s\"}", name, t->dir, name);
    } else {
        snprintf(body, sizeof(body),
                 "{\"Layer\":{\"Name\":\"%s\",\"Path\":\"%s/%s\",\"Format\":\"Docker\"}}", name,
                 t->dir, name);
    }
    test_request(t, API_PORT_MAIN, "POST", "/v1/layers", str_from(body), &arena, &out);
    CHECK_NUM(out.status, 201);
    CHECK_STR(warning_of(&out), want == NULL ? STR_NONE : str_from(want));
    test_free(&out);
    arena_done(&arena);
}

static const struct {
    const char *name, *os_release;
} layers[] = {
    {"oldest", "ID=debian\nVERSION_ID=\"8\"\n"},
    {"later", "ID=debian\nVERSION_ID=\"99\"\n"},
    {"newest", "ID=ubuntu\nVERSION_ID=\"99.04\"\n"},
    {"frob", "ID=frob\nVERSION_ID=\"1\"\n"},
    {"stream", "ID=centos\nVERSION_ID=8\nPRETTY_NAME=\"CentOS Stream 8\"\n"},
    {"nine", "ID=centos\nVERSION_ID=9\n"},
    {"linux", "ID=centos\nVERSION_ID=8\nPRETTY_NAME=\"CentOS Linux 8\"\n"},
};

#define COULD_NOT "': its packages could not be judged"
#define STREAM "CentOS Stream publishes no errata: its packages could not be judged"
#define ENDED(name)                                                                                \
    "'" name "' is past its end of life: what was found since then is not recorded for it"
#define AT_ALL(name) "there are no advisories at all: packages of '" name "' could not be judged"

static void nothing_known(struct test_service *t)
{
    CHECK_CASE("a layer is posted while there are no advisories at all")
    {
        post(t, false, "later", "\"" AT_ALL("debian:99") "\"");
        post(t, true, "later", "\"" AT_ALL("debian:99") "\"");
        post(t, false, "oldest", "\"" AT_ALL("debian:8") "; " ENDED("debian:8") "\"");
    }
    static const struct ask asks[] = {
        {"lists stay Clair's then", "GET", "/v1/layers/later?vulnerabilities", "", 200,
         "{\"Layer\":{\"Name\":\"later\",\"NamespaceName\":\"debian:99\",\"IndexedByVersion\":3,"
         "\"Features\":[{\"Name\":\"bash\",\"NamespaceName\":\"debian:99\",\"VersionFormat\":"
         "\"dpkg\",\"Version\":\"4.3-11\",\"AddedBy\":\"later\"}]}}\n"},
        {"in 2015", "GET", "/v1/layers/old-later/vulnerabilities", "", 200,
         "{\"Vulnerabilities\":[]}"},
    };
    test_table(t, asks, ARRAY_COUNT(asks));
}

static void some_known(struct test_service *t)
{
    CHECK_CASE("each post says what cannot be judged, also of a layer that is known")
    {
        for (int i = 0; i < 2; i++) {
            post(t, false, "later", NULL);
            post(t, true, "later", NULL);
            post(t, false, "oldest", "\"" ENDED("debian:8") "\"");
            post(t, false, "newest", "\"there are no advisories for 'ubuntu:99.04" COULD_NOT "\"");
            post(t, true, "newest", "\"there are no advisories for 'ubuntu:99.04" COULD_NOT "\"");
            post(t, false, "frob",
                 "\"limpid does not know the distribution 'frob:1" COULD_NOT "\"");
            post(t, false, "stream", "\"" STREAM "\"");
            post(t, false, "nine", "\"" STREAM "\"");
            post(t, false, "linux",
                 "\"there are no advisories for 'rhel:8" COULD_NOT "; " ENDED("centos:8") "\"");
        }
    }
    CHECK_CASE("what an image calls itself cannot end the header")
    {
        struct arena arena;
        struct http_response out = {.status = 0};
        arena_init(&arena, 1 << 20, "a request");
        warning_put(&out, STR("a\"b\\c\x01\r\nX: \xc3\xa4"), &arena);
        CHECK_NUM(out.headers_count, 1);
        CHECK_STR(out.headers[0].value, STR("199 limpid \"a\\\"b\\\\c???X: ??\""));
        char *text = arena_alloc(&arena, 5000, 1, 1, NULL);
        memset(text, '"', 5000);
        warning_put(&out, (str){.at = text, .len = 5000}, &arena);
        CHECK(out.headers[1].value.len < 1020);
        CHECK(str_ends(out.headers[1].value, STR("\\\"\"")));
        arena_done(&arena);
    }
}

#define FEATURE(name, os, format)                                                                  \
    "{\"Layer\":{\"Name\":\"" name "\",\"NamespaceName\":\"" os                                    \
    "\",\"IndexedByVersion\":3,\"Features\":[{\"Name\":\"bash\",\"NamespaceName\":\"" os           \
    "\",\"VersionFormat\":\"" format "\",\"Version\":\"4.3-11\",\"AddedBy\":\"" name "\"}]"

static const struct ask lists[] = {
    {"a list of what could not be judged says so", "GET", "/v1/layers/newest?vulnerabilities", "",
     200,
     FEATURE("newest", "ubuntu:99.04", "dpkg") ",\"Incomplete\":[\"there are no advisories for "
                                               "'ubuntu:99.04" COULD_NOT "\"]}}\n"},
    {"again, from memory", "GET", "/v1/layers/newest?vulnerabilities", "", 200,
     FEATURE("newest", "ubuntu:99.04", "dpkg") ",\"Incomplete\":[\"there are no advisories for "
                                               "'ubuntu:99.04" COULD_NOT "\"]}}\n"},
    {"features alone are not judged", "GET", "/v1/layers/newest?features", "", 200,
     FEATURE("newest", "ubuntu:99.04", "dpkg") "}}\n"},
    {"an unknown distribution", "GET", "/v1/layers/frob?vulnerabilities", "", 200,
     FEATURE("frob", "frob:1", "dpkg") ",\"Incomplete\":[\"limpid does not know the distribution "
                                       "'frob:1" COULD_NOT "\"]}}\n"},
    {"CentOS Stream is not judged as Red Hat's release", "GET", "/v1/layers/stream?vulnerabilities",
     "", 200, FEATURE("stream", "centos:8", "dpkg") ",\"Incomplete\":[\"" STREAM "\"]}}\n"},
    {"in 2015", "GET", "/v1/layers/old-newest/vulnerabilities", "", 200,
     "{\"Vulnerabilities\":[],\"Incomplete\":[\"there are no advisories for 'ubuntu:99.04" COULD_NOT
     "\"]}"},
    {"what can be judged is as ever", "GET",
     "/v1/layers/old-later/vulnerabilities?minimumPriority"
     "=Unknown",
     "", 200,
     "{\"Vulnerabilities\":[{\"ID\":\"CVE-2014-6271\",\"Link\":\"https://nvd.nist.gov/vuln/detail/"
     "CVE-2014-6271\",\"Priority\":\"Unknown\",\"CausedByPackage\":\"bash\"}]}"},
};

static void counted(struct test_service *t)
{
    CHECK_CASE("posts are counted")
    {
        struct arena arena;
        struct http_response out;
        arena_init(&arena, 64 * 1024 * 1024, "a request");
        test_request(t, API_PORT_MAIN, "GET", "/v1/metrics", STR(""), &arena, &out);
        str text = test_body(&out);
        CHECK(str_find(text, STR("\nlimpid_layers_unjudged_total 17\n")) < text.len);
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
    if (!test_open(&t, DIALECT_2016, false)) {
        return 1;
    }
    for (size_t i = 0; i < ARRAY_COUNT(layers); i++) {
        test_layer(&t, layers[i].name, layers[i].os_release,
                   "Package: bash\nStatus: install ok installed\nVersion: 4.3-11\n");
    }
    nothing_known(&t);
    publish(&t);
    some_known(&t);
    test_table(&t, lists, ARRAY_COUNT(lists));
    counted(&t);
    test_close(&t);
    return check_done();
}
