/* epochs_test.c: no remembered answer is ever an old one, whatever is changed, by this instance or
 * another; and a layer that is inserted takes none of them away. */
#include "api/api_testing.h"

enum { NAMES = 6, STEPS = 400, INSTANCES = 2 };

static struct error e;
static struct test_service at[INSTANCES]; /* of one database, as two instances are */
static uint64_t random_state = 4711;

static const char *const asked_2015[] = {
    "/v1/layers/l%u/os",
    "/v1/layers/l%u/parent",
    "/v1/layers/l%u/packages",
    "/v1/layers/l%u/packages/diff",
    "/v1/layers/l%u/vulnerabilities?minimumPriority=Negligible",
    "/v1/layers/l%u/vulnerabilities/diff?minimumPriority=Negligible",
    "/v1/vulnerabilities/CVE-%u",
    "/v1/vulnerabilities/CVE-%u/introducing-layers",
};
static const char *const asked_2016[] = {
    "/v1/layers/l%u?features",
    "/v1/layers/l%u?vulnerabilities",
    "/v1/namespaces",
    "/v1/namespaces/debian:8/vulnerabilities/CVE-%u?fixedIn",
    "/v1/namespaces/debian:8/vulnerabilities/CVE-%u/fixes",
};

static unsigned any(unsigned below)
{
    return test_random(&random_state) % below;
}

static bool open_instances(enum dialect dialect)
{
    static char path[200];
    const char *dir = test_dir_make();
    bool done = true;
    snprintf(path, sizeof(path), "%s/service.db", dir);
    for (size_t i = 0; done && i < INSTANCES; i++) {
        const struct service_options options = {
            .graph = {.engine = &engine_sqlite, .path = path, .busy_ms = 5000},
            .data_dir = str_from(dir),
            .workers = 1,
            .dialect = dialect,
        };
        at[i].dir = dir;
        done = CHECK_OK(service_open(&options, &at[i].service, &e), &e);
    }
    return done;
}

static void close_instances(void)
{
    for (size_t i = 0; i < INSTANCES; i++) {
        service_close(at[i].service);
    }
}

/* -- changes -------------------------------------------------------------------------------- */

static void put_layer(struct graph *g, enum graph_api api, uint32_t engine)
{
    static const char *const systems[] = {"debian:8", "debian:9", "ubuntu:14.04"};
    char name[20], parent[20] = "", version[20];
    struct package packages[2] = {
        {.ecosystem = ECOSYSTEM_DEB, .name = STR("libp0"), .source = STR("p0")},
        {.ecosystem = ECOSYSTEM_DEB, .name = STR("p1"), .source = STR("p1")}};
    unsigned number = any(NAMES);
    bool fresh;
    snprintf(name, sizeof(name), "l%u", number);
    if (number > 0) {
        snprintf(parent, sizeof(parent), "l%u", number - 1);
    }
    snprintf(version, sizeof(version), "%u.0", any(3) + 1);
    str os = str_from(systems[any(20) == 0 ? any(3) : 0]);
    for (size_t i = 0; i < 2; i++) {
        packages[i].version = packages[i].source_version = str_from(version);
    }
    struct graph_layer_content content = {.layer = {.name = str_from(name),
                                                    .parent = str_from(parent),
                                                    .api = api,
                                                    .os = os,
                                                    .namespace_ = os,
                                                    .format = STR("Docker"),
                                                    .engine = engine,
                                                    .has_packages = true},
                                          .installed = packages,
                                          .installed_count = any(3)};
    CHECK(graph_layer_put(g, &content, &fresh, &e) || e.kind == ERROR_ABSENT);
}

static void change(struct graph *g, enum graph_api api)
{
    static uint32_t engine = 2;
    char name[20];
    struct graph_fix fix = {.os = STR("debian:8"), .name = any(2) == 0 ? STR("p0") : STR("p1")};
    fix.version = any(2) == 0 ? STR("2.0") : STR("3.0");
    struct graph_vulnerability v = {.api = api,
                                    .os = api == GRAPH_API_2016 ? STR("debian:8") : STR_NONE,
                                    .severity = any(2) == 0 ? STR("High") : STR("Low"),
                                    .fixes = &fix,
                                    .fixes_count = any(2)};
    bool changed;
    switch (any(6)) {
    case 0:
        snprintf(name, sizeof(name), "l%u", any(NAMES));
        CHECK(graph_layer_delete(g, str_from(name), &e) || e.kind == ERROR_ABSENT);
        break;
    case 1:
        put_layer(g, api, engine++);
        break;
    case 2:
        snprintf(name, sizeof(name), "CVE-%u", any(NAMES));
        v.name = str_from(name);
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        break;
    case 3:
        snprintf(name, sizeof(name), "CVE-%u", any(NAMES));
        CHECK(graph_vulnerability_delete(g, v.api, v.os, str_from(name), &e) ||
              e.kind == ERROR_ABSENT);
        break;
    default:
        put_layer(g, api, 1);
        break;
    }
}

/* -- answers -------------------------------------------------------------------------------- */

static unsigned fresh_number;

/* The same question in words that nobody used before: it is not remembered. */
static str fresh(const char *path, struct arena *arena, unsigned *status)
{
    char other[200];
    struct http_response out;
    str body = STR_NONE;
    snprintf(other, sizeof(other), "%s%cnever=%u", path, strchr(path, '?') == NULL ? '?' : '&',
             fresh_number++);
    test_request(&at[0], API_PORT_MAIN, "GET", other, STR_NONE, arena, &out);
    *status = out.status;
    CHECK_OK(arena_str(arena, test_body(&out), &body, &e), &e);
    test_free(&out);
    return body;
}

static size_t remembered;

static void compare(const char *path)
{
    struct arena arena;
    unsigned status;
    arena_init(&arena, 64 * 1024 * 1024, "answers");
    str want = fresh(path, &arena, &status);
    for (size_t i = 0; i < INSTANCES; i++) {
        struct http_response out;
        test_request(&at[i], API_PORT_MAIN, "GET", path, STR_NONE, &arena, &out);
        remembered += out.owner != NULL;
        if (!CHECK_NUM(out.status, status) || !CHECK_STR(test_body(&out), want)) {
            printf("# GET %s by instance %zu\n", path, i);
        }
        test_free(&out);
    }
    arena_done(&arena);
}

static void compare_all(const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (unsigned n = 0; n < NAMES; n++) {
            char path[200];
            size_t at_mark = strcspn(paths[i], "%");
            if (paths[i][at_mark] == '\0') {
                compare(paths[i]);
                break;
            }
            snprintf(path, sizeof(path), "%.*s%u%s", (int)at_mark, paths[i], n,
                     paths[i] + at_mark + 2);
            compare(path);
        }
    }
}

static void never_old(enum dialect dialect, enum graph_api api, const char *const *paths,
                      size_t count)
{
    CHECK_CASE("%s: after each of %d changes, by either of two instances, both answer as if they "
               "remembered nothing",
               dialect == DIALECT_2015 ? "2015" : "2016", STEPS)
    {
        if (!open_instances(dialect)) {
            return;
        }
        remembered = 0;
        for (unsigned i = 0; i < STEPS; i++) {
            change(service_graph(at[any(INSTANCES)].service, 0), api);
            compare_all(paths, count);
        }
        CHECK(remembered > STEPS);
        close_instances();
    }
}

static struct http_response before[INSTANCES];

/* Whether the answer that an instance gives is the very one that it gave before, which is pinned
 * until then. */
static bool kept(size_t instance, const char *path)
{
    struct arena arena;
    struct http_response out;
    arena_init(&arena, 64 * 1024 * 1024, "answers");
    test_request(&at[instance], API_PORT_MAIN, "GET", path, STR_NONE, &arena, &out);
    CHECK_NUM(out.status, 200);
    bool same = out.owner != NULL && out.owner == before[instance].owner;
    test_free(&before[instance]);
    before[instance] = out;
    arena_done(&arena);
    return same;
}

static bool put_plain(struct graph *g, const char *name, const char *os, uint32_t engine)
{
    bool is_fresh = false;
    struct graph_layer_content content = {.layer = {.name = str_from(name),
                                                    .api = GRAPH_API_2016,
                                                    .os = str_from(os),
                                                    .namespace_ = str_from(os),
                                                    .engine = engine}};
    return CHECK_OK(graph_layer_put(g, &content, &is_fresh, &e), &e) && is_fresh;
}

static void insertions(void)
{
    CHECK_CASE("an inserted layer takes no answer away; a new namespace, a replaced and a deleted "
               "layer do, of every instance")
    {
        static const char path[] = "/v1/layers/first?features";
        if (!open_instances(DIALECT_2016)) {
            return;
        }
        struct graph *g = service_graph(at[1].service, 0);
        CHECK(put_plain(g, "first", "debian:8", 1));
        for (size_t i = 0; i < INSTANCES; i++) {
            CHECK(!kept(i, path) && kept(i, path));
        }
        CHECK(put_plain(g, "second", "debian:8", 1) && put_plain(g, "third", "debian:8", 1));
        CHECK(kept(0, path) && kept(1, path));
        CHECK(put_plain(g, "fourth", "debian:9", 1));
        CHECK(!kept(0, path) && !kept(1, path));
        CHECK(put_plain(g, "second", "debian:8", 2));
        CHECK(!kept(0, path) && !kept(1, path));
        CHECK_OK(graph_layer_delete(g, STR("third"), &e), &e);
        CHECK(!kept(0, path) && !kept(1, path));
        CHECK(kept(0, path) && kept(1, path));
        for (size_t i = 0; i < INSTANCES; i++) {
            test_free(&before[i]);
        }
        close_instances();
    }
}

int main(void)
{
    insertions();
    never_old(DIALECT_2015, GRAPH_API_2015, asked_2015, ARRAY_COUNT(asked_2015));
    never_old(DIALECT_2016, GRAPH_API_2016, asked_2016, ARRAY_COUNT(asked_2016));
    return check_done();
}
