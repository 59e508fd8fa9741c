/* list_test.c: lists of vulnerabilities and namespaces, of feeds and of clients together. */
#include "api_testing.h"

#define D8 "/v1/namespaces/debian:8/vulnerabilities"

static const struct affected debian_8[] = {{.namespace_ = STR_INIT("debian:8"),
                                            .package = STR_INIT("glibc"),
                                            .scope = SCOPE_SOURCE,
                                            .state = FIX_AVAILABLE,
                                            .severity = SEVERITY_LOW,
                                            .fixed = STR_INIT("2.19-19")}};
static const struct affected others[] = {
    {.namespace_ = STR_INIT("rhel:7"), .package = STR_INIT("glibc"), .state = FIX_WILL_NOT},
    {.namespace_ = STR_INIT("amzn:1"), .package = STR_INIT("glibc"), .state = FIX_WILL_NOT},
    {.namespace_ = STR_INIT("ol:7"), .package = STR_INIT("glibc"), .state = FIX_WILL_NOT},
    {.namespace_ = STR_INIT("debian:sid"), .package = STR_INIT("glibc"), .state = FIX_WILL_NOT},
    {.namespace_ = STR_INIT("pypi"), .package = STR_INIT("flask"), .state = FIX_WILL_NOT},
};
static const str about[] = {STR_INIT("CVE-2015-2"), STR_INIT("CVE-2015-10000")};

#define ON_DEBIAN .affected = debian_8, .affected_count = 1

static const struct advisory said[] = {
    {.id = STR_INIT("CVE-2015-3"), .description = STR_INIT("third"), ON_DEBIAN},
    {.id = STR_INIT("DSA-1-1"), .ids = about, .ids_count = 2, ON_DEBIAN},
    {.id = STR_INIT("TEMP-1"), ON_DEBIAN},
    {.id = STR_INIT("CVE-2015-4"), .withdrawn_s = 1, ON_DEBIAN},
    {.id = STR_INIT("CVE-2015-5"), .affected = others, .affected_count = ARRAY_COUNT(others)},
    /* a later generation's */
    {.id = STR_INIT("CVE-2015-1"), ON_DEBIAN},
    {.id = STR_INIT("CVE-2015-6"), ON_DEBIAN},
};
enum { FIRST_COUNT = 5 };

static void publish(struct test_service *t, size_t from, size_t end)
{
    struct store *store = NULL;
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts;
    struct error e;
    const struct advisories_commit_options options = {.date_s = 1800000000 + (int64_t)end,
                                                      .allow_shrink = true};
    if (CHECK(CHECK_OK(store_open(str_from(t->dir), &store, &e), &e) &&
              CHECK_OK(advisories_write_begin(store, STR("debian"), &w, &e), &e))) {
        for (size_t i = from; i < end; i++) {
            CHECK_OK(advisories_write(w, &said[i], &e), &e);
        }
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
    }
    store_close(store);
}

/* The names of a page in one line; `next` becomes the token, or empty. */
static str page(struct test_service *t, const char *path, char next[400], struct arena *arena)
{
    struct http_response out;
    struct error e;
    struct buf line;
    str text;
    buf_init(&line, 4096);
    test_request(t, API_PORT_MAIN, "GET", path, STR(""), arena, &out);
    CHECK_NUM(out.status, 200);
    text = test_body(&out);
    next[0] = '\0';
    for (str before, rest = text; str_cut(&rest, '"', &before);) {
        str value;
        bool name = str_starts(rest, STR("Name\":\"")), token = str_starts(rest, STR("NextPage\""));
        if (name || token) {
            rest = str_slice(rest, name ? 7 : 11, rest.len);
            CHECK(str_cut(&rest, '"', &value));
            if (token) {
                snprintf(next, 400, "%.*s", (int)value.len, value.at);
            } else {
                CHECK(buf_printf(&line, &e, "%s" STR_FMT, line.len > 0 ? " " : "", STR_ARG(value)));
            }
        }
    }
    CHECK(arena_str(arena, buf_str(&line), &text, &e));
    buf_done(&line);
    test_free(&out);
    return text;
}

/* All pages of a size, one behind the other, with "|" between. */
static void pages(struct test_service *t, const char *path, unsigned limit, const char *want)
{
    struct arena arena;
    struct error e;
    struct buf all;
    char next[400] = "", asked[600];
    arena_init(&arena, 16 * 1024 * 1024, "pages");
    buf_init(&all, 4096);
    for (int i = 0; i < 20 && (i == 0 || next[0] != '\0'); i++) {
        snprintf(asked, sizeof(asked), "%s?limit=%u%s%s", path, limit, i > 0 ? "&page=" : "", next);
        str names = page(t, asked, next, &arena);
        CHECK(buf_printf(&all, &e, "%s" STR_FMT, i > 0 ? "|" : "", STR_ARG(names)));
    }
    CHECK_STR(buf_str(&all), str_from(want));
    buf_done(&all);
    arena_done(&arena);
}

static const struct ask before[] = {
    {"nobody knows any namespace", "GET", "/v1/namespaces", "", 200, "{\"Namespaces\":null}\n"},
    {"of none", "GET", D8 "?limit=5", "", 404, NULL},
};

static const struct ask feeds[] = {
    {"namespaces of feeds, as the API calls them", "GET", "/v1/namespaces", "", 200,
     "{\"Namespaces\":[{\"Name\":\"amzn:1\",\"VersionFormat\":\"rpm\"},"
     "{\"Name\":\"centos:7\",\"VersionFormat\":\"rpm\"},"
     "{\"Name\":\"debian:8\",\"VersionFormat\":\"dpkg\"},"
     "{\"Name\":\"debian:unstable\",\"VersionFormat\":\"dpkg\"},"
     "{\"Name\":\"oracle:7\",\"VersionFormat\":\"rpm\"}]}\n"},
    {"what a page says", "GET", D8 "?limit=2", "", 200,
     "{\"Vulnerabilities\":[{\"Name\":\"CVE-2015-2\",\"NamespaceName\":\"debian:8\",\"Severity\":"
     "\"Low\"},{\"Name\":\"CVE-2015-3\",\"NamespaceName\":\"debian:8\",\"Description\":\"third\","
     "\"Severity\":\"Low\"}],\"NextPage\":\"…"},
    {"none of them, but there are some", "GET", D8 "?limit=0", "", 200,
     "{\"Vulnerabilities\":null,\"NextPage\":\"…"},
    {"languages are no namespaces", "GET", "/v1/namespaces/pypi/vulnerabilities?limit=5", "", 404,
     NULL},
    {"nor what nobody knows", "GET", "/v1/namespaces/debian:77/vulnerabilities?limit=5", "", 404,
     NULL},
    {"by the name that layers of the first Amazon have", "GET",
     "/v1/namespaces/amzn:2018.03/vulnerabilities/CVE-2015-5?fixedIn", "", 200,
     "{\"Vulnerability\":{\"Name\":\"CVE-2015-5\",\"NamespaceName\":\"amzn:2018.03\",\"Severity\":"
     "\"Unknown\",\"FixedIn\":[{\"Name\":\"glibc\",\"NamespaceName\":\"amzn:2018.03\","
     "\"VersionFormat\":\"rpm\",\"Version\":\"None\"}]}}\n"},
};

#define WRITE(name)                                                                                \
    {                                                                                              \
        "a client writes", "POST", D8,                                                             \
            "{\"Vulnerability\":{\"Name\":\"" name                                                 \
            "\",\"NamespaceName\":\"debian:8\",\"Severity\":\"High\"}}",                           \
            201, NULL                                                                              \
    }
static const struct ask written[] = {WRITE("OWN-2"), WRITE("CVE-2015-3"), WRITE("OWN-1")};

static void of_feeds(struct test_service *t)
{
    static const struct {
        const char *os, *want;
    } asked[] = {{"centos:7", "CVE-2015-5"},
                 {"oracle:7", "CVE-2015-5"},
                 {"debian:unstable", "CVE-2015-5"},
                 {"amzn:1", "CVE-2015-5"},
                 {"amzn:2017.09", "CVE-2015-5"},
                 {"debian:8", "CVE-2015-2 CVE-2015-3 "
                              "CVE-2015-10000 TEMP-1"}};
    for (size_t i = 0; i < ARRAY_COUNT(asked); i++) {
        CHECK_CASE("names of '%s'", asked[i].os)
        {
            char path[100];
            snprintf(path, sizeof(path), "/v1/namespaces/%s/vulnerabilities", asked[i].os);
            pages(t, path, 100, asked[i].want);
        }
    }
    CHECK_CASE("pages of one, of the whole, of one less")
    {
        pages(t, D8, 1, "CVE-2015-2|CVE-2015-3|CVE-2015-10000|TEMP-1");
        pages(t, D8, 4, "CVE-2015-2 CVE-2015-3 CVE-2015-10000 TEMP-1");
        pages(t, D8, 3, "CVE-2015-2 CVE-2015-3 CVE-2015-10000|TEMP-1");
    }
}

static void of_both(struct test_service *t)
{
    CHECK_CASE("what clients wrote comes behind, as it came, and each name is there once")
    {
        pages(t, D8, 100, "CVE-2015-2 CVE-2015-10000 TEMP-1 OWN-2 CVE-2015-3 OWN-1");
        pages(t, D8, 1, "CVE-2015-2|CVE-2015-10000|TEMP-1|OWN-2|CVE-2015-3|OWN-1");
        pages(t, D8, 3, "CVE-2015-2 CVE-2015-10000 TEMP-1|OWN-2 CVE-2015-3 OWN-1");
        pages(t, D8, 4, "CVE-2015-2 CVE-2015-10000 TEMP-1 OWN-2|CVE-2015-3 OWN-1");
        pages(t, D8, 6, "CVE-2015-2 CVE-2015-10000 TEMP-1 OWN-2 CVE-2015-3 OWN-1");
    }
}

static void updated(struct test_service *t)
{
    CHECK_CASE("a list goes on behind the last name when an update came in between")
    {
        struct arena arena;
        char next[400], asked[600];
        arena_init(&arena, 16 * 1024 * 1024, "pages");
        CHECK_STR(page(t, D8 "?limit=1", next, &arena), STR("CVE-2015-2"));
        publish(t, FIRST_COUNT, ARRAY_COUNT(said));
        snprintf(asked, sizeof(asked), "%s?limit=2&page=%s", D8, next);
        CHECK_STR(page(t, asked, next, &arena), STR("CVE-2015-6 OWN-2"));
        snprintf(asked, sizeof(asked), "%s?limit=9&page=%s", D8, next);
        CHECK_STR(page(t, asked, next, &arena), STR("CVE-2015-3 OWN-1"));
        CHECK(next[0] == '\0');
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
    test_table(&t, before, ARRAY_COUNT(before));
    publish(&t, 0, FIRST_COUNT);
    test_table(&t, feeds, ARRAY_COUNT(feeds));
    of_feeds(&t);
    test_table(&t, written, ARRAY_COUNT(written));
    of_both(&t);
    updated(&t);
    test_close(&t);
    return check_done();
}
