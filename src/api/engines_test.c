/* engines_test.c: layers that an older version of the detectors has analysed: shown as they are
 * until somebody posts them again, and then analysed anew. */
#include "api/api_testing.h"

static struct error e;

#define DPKG(version)                                                                              \
    "Package: bash\nStatus: install ok installed\nVersion: " version                               \
    "\n\nPackage: libc6\nStatus: install ok installed\nSource: glibc\nVersion: 2.19\n\n"
#define POST(name, parent)                                                                         \
    "{\"Layer\":{\"Name\":\"" name "\",\"Path\":\"$/" name "\",\"ParentName\":\"" parent           \
    "\",\"Format\":\"Docker\"}}"

/* As an older engine has it: another version of its only package. */
static void put_old(struct test_service *t, const char *name, const char *parent, digest blob,
                    uint32_t engine)
{
    const struct package p = {.ecosystem = ECOSYSTEM_DEB,
                              .name = STR("bash"),
                              .version = STR("0.1"),
                              .source = STR("bash"),
                              .source_version = STR("0.1")};
    const struct graph_layer_content content = {.layer = {.name = str_from(name),
                                                          .parent = str_from(parent),
                                                          .api = GRAPH_API_2016,
                                                          .os = STR("debian:8"),
                                                          .namespace_ = STR("debian:8"),
                                                          .format = STR("Docker"),
                                                          .engine = engine,
                                                          .blob = blob,
                                                          .has_packages = true},
                                                .installed = &p,
                                                .installed_count = 1};
    bool fresh = false;
    CHECK_OK(graph_layer_put(service_graph(t->service, 0), &content, &fresh, &e), &e);
    CHECK(fresh);
}

static struct graph_layer layer_of(struct test_service *t, const char *name, struct arena *arena)
{
    struct graph_layer layer = {.engine = 0};
    bool found = false;
    CHECK_OK(
        graph_layer_find(service_graph(t->service, 0), str_from(name), arena, &layer, &found, &e),
        &e);
    CHECK(found);
    return layer;
}

static void ask(struct test_service *t, const char *method, const char *path, const char *body,
                unsigned status, const char *part)
{
    struct arena arena;
    struct http_response out;
    arena_init(&arena, 64 * 1024 * 1024, "a request");
    test_request(t, API_PORT_MAIN, method, path, test_insert(t, body, &arena), &arena, &out);
    if (!CHECK_NUM(out.status, status) ||
        !CHECK(str_find(test_body(&out), str_from(part)) < test_body(&out).len)) {
        printf("# %s %s: " STR_FMT "\n", method, path, STR_ARG(test_body(&out)));
    }
    test_free(&out);
    arena_done(&arena);
}

static void lazily(struct test_service *t, struct arena *arena)
{
    CHECK_CASE("a layer of an older engine is shown as it is until it is posted again")
    {
        put_old(t, "base", "", (digest){0}, SERVICE_ENGINE - 1);
        ask(t, "GET", "/v1/layers/base?features", "", 200, "\"Version\":\"0.1\"");
        test_layer(t, "base", "ID=debian\nVERSION_ID=\"8\"\n", DPKG("4.3"));
        ask(t, "POST", "/v1/layers", POST("base", ""), 201, "\"Name\":\"base\"");
        ask(t, "GET", "/v1/layers/base?features", "", 200, "\"Version\":\"4.3\"");
        CHECK_NUM(layer_of(t, "base", arena).engine, SERVICE_ENGINE);
    }
    CHECK_CASE("its own parent stays, and counts, whatever the post says")
    {
        test_layer(t, "other", "ID=debian\nVERSION_ID=\"8\"\n", DPKG("9.9"));
        ask(t, "POST", "/v1/layers", POST("other", ""), 201, "other");
        put_old(t, "child", "base", (digest){0}, SERVICE_ENGINE - 1);
        /* as its parent has it: nothing is new, and nothing of `other` is taken away */
        test_layer(t, "child", "", DPKG("4.3"));
        ask(t, "POST", "/v1/layers", POST("child", "other"), 201, "child");
        CHECK_STR(layer_of(t, "child", arena).parent, STR("base"));
        ask(t, "GET", "/v1/layers/child?features", "", 200, "\"Version\":\"4.3\"");
        const struct graph_package *in, *out;
        size_t in_count = 1, out_count = 1;
        CHECK_OK(graph_layer_own(service_graph(t->service, 0), STR("child"), arena, &in, &in_count,
                                 &out, &out_count, &e),
                 &e);
        CHECK(in_count == 0 && out_count == 0);
    }
}

static void without_bytes(struct test_service *t, struct arena *arena)
{
    CHECK_CASE("facts that are known need no bytes: the file may be gone")
    {
        digest blob = layer_of(t, "base", arena).blob;
        char path[200];
        put_old(t, "copy", "", blob, SERVICE_ENGINE - 1);
        ask(t, "POST", "/v1/layers", POST("copy", ""), 201, "copy");
        ask(t, "GET", "/v1/layers/copy?features", "", 200, "\"Version\":\"4.3\"");
        CHECK_NUM(layer_of(t, "copy", arena).engine, SERVICE_ENGINE);
        CHECK(digest_eq(layer_of(t, "copy", arena).blob, blob));
        snprintf(path, sizeof(path), "%s/copy", t->dir);
        CHECK(access(path, F_OK) != 0);
    }
    CHECK_CASE("where they are not known, the bytes are wanted, and the old ones stay meanwhile")
    {
        digest blob = {.algorithm = DIGEST_SHA256, .bytes = {1}};
        put_old(t, "lost", "", blob, SERVICE_ENGINE - 1);
        ask(t, "POST", "/v1/layers", POST("lost", ""), 400, "could not find layer");
        ask(t, "GET", "/v1/layers/lost?features", "", 200, "\"Version\":\"0.1\"");
        CHECK_NUM(layer_of(t, "lost", arena).engine, SERVICE_ENGINE - 1);
    }
}

static void out_of_order(struct test_service *t, struct arena *arena)
{
    CHECK_CASE("what was analysed before its parent is analysed again after it")
    {
        put_old(t, "low", "", (digest){0}, SERVICE_ENGINE - 1);
        test_layer(t, "high", "", DPKG("4.3"));
        ask(t, "POST", "/v1/layers", POST("high", "low"), 201, "high");
        CHECK_NUM(layer_of(t, "high", arena).engine, SERVICE_ENGINE);
        test_layer(t, "low", "ID=debian\nVERSION_ID=\"8\"\n", DPKG("4.4"));
        ask(t, "POST", "/v1/layers", POST("low", ""), 201, "low");
        CHECK_NUM(layer_of(t, "high", arena).engine, SERVICE_ENGINE - 1);
        ask(t, "POST", "/v1/layers", POST("high", "low"), 201, "high");
        struct layer_view view;
        CHECK_OK(service_layer(t->service, 0, STR("high"), false, arena, &view, &e), &e);
        CHECK_NUM(view.features_count, 2);
        CHECK_STR(view.features[0].version, STR("4.3"));
        CHECK_NUM(layer_of(t, "high", arena).engine, SERVICE_ENGINE);
    }
}

int main(int argc, char **argv)
{
    struct test_service t;
    struct arena arena;
    if (test_is_worker(argc, argv)) {
        return worker_main(argc, argv);
    }
    if (!test_open(&t, DIALECT_2016, false)) {
        return 1;
    }
    arena_init(&arena, 64 * 1024 * 1024, "the test");
    lazily(&t, &arena);
    without_bytes(&t, &arena);
    out_of_order(&t, &arena);
    arena_done(&arena);
    test_close(&t);
    return check_done();
}
