#include "source/image.h"

#include "check.h"

static const struct {
    const char *wanted, *os, *arch, *variant;
    bool matches;
} platforms[] = {
    {"linux/amd64", "linux", "amd64", "", true},    {"amd64", "linux", "amd64", "", true},
    {"x86_64", "linux", "amd64", "", true},         {"linux/aarch64", "linux", "arm64", "v8", true},
    {"linux/arm64/v8", "linux", "arm64", "", true}, {"arm64", "linux", "arm64", "v8", true},
    {"arm/v7", "linux", "arm", "v7", true},         {"arm/v7", "linux", "arm", "v6", false},
    {"armhf", "linux", "arm", "v7", true},          {"linux", "linux", "s390x", "", true},
    {"windows/amd64", "linux", "amd64", "", false}, {"linux/386", "linux", "amd64", "", false},
};

static const struct {
    const char *wanted, *reference;
    bool matches;
} references[] = {
    {"alpine:3.18", "alpine:3.18", true},
    {"alpine:3.18", "docker.io/library/alpine:3.18", true},
    {"docker.io/library/alpine:3.18", "alpine:3.18", true},
    {"alpine", "alpine:latest", true},
    {"alpine", "alpine:3.18", false},
    {"alpine:3.18", "3.18", true},
    {"alpine:3.18", "alpine:3.1", false},
    {"registry.example:5000/a/b:1", "registry.example:5000/a/b:1", true},
    {"registry.example:5000/a/b", "registry.example:5000/a/b:latest", true},
    {"lpine:3.18", "alpine:3.18", false},
};

static void test_tables(void)
{
    CHECK_CASE("platforms match as containerd has them")
    {
        for (size_t i = 0; i < ARRAY_COUNT(platforms); i++) {
            bool got =
                platform_matches(str_from(platforms[i].wanted), str_from(platforms[i].os),
                                 str_from(platforms[i].arch), str_from(platforms[i].variant));
            if (got != platforms[i].matches) {
                CHECK_STR(str_from(platforms[i].wanted), STR("another answer"));
            }
        }
    }
    CHECK_CASE("references match with and without registry, folder and tag")
    {
        for (size_t i = 0; i < ARRAY_COUNT(references); i++) {
            bool got = reference_matches(str_from(references[i].wanted),
                                         str_from(references[i].reference));
            if (got != references[i].matches) {
                CHECK_STR(str_from(references[i].wanted), str_from(references[i].reference));
            }
        }
    }
}

#define ID "sha256:0000000000000000000000000000000000000000000000000000000000000001"

static const struct {
    const char *says, *json;
    size_t layers;
    const char *error; /* NULL: it is read */
} configs[] = {
    {"a whole config", "{\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"" ID "\"]}}", 1, NULL},
    {"too few diff IDs", "{\"rootfs\":{\"diff_ids\":[]}}", 1, "0 diff IDs for 1 layers"},
    {"too many diff IDs", "{\"rootfs\":{\"diff_ids\":[\"" ID "\",\"" ID "\"]}}", 1,
     "2 diff IDs for 1 layers"},
    {"no rootfs", "{}", 1, "rootfs.diff_ids"},
    {"a list, not an object", "[]", 1, "rootfs.diff_ids"},
    {"a diff ID that is a number", "{\"rootfs\":{\"diff_ids\":[7]}}", 1, "not a string"},
    {"a diff ID of another algorithm", "{\"rootfs\":{\"diff_ids\":[\"md5:00\"]}}", 1,
     "neither sha256: nor sha512:"},
    {"the same member twice", "{\"rootfs\":{},\"rootfs\":{}}", 1, ""},
    {"not JSON", "hello", 1, ""},
};

static void test_config(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(configs); i++) {
        CHECK_CASE("config: %s", configs[i].says)
        {
            struct arena arena;
            struct error e = {0};
            struct image_layer layers[2] = {{.offset = 0}};
            struct image_description image = {.layers = layers, .layers_count = configs[i].layers};
            arena_init(&arena, 1024 * 1024, "test");
            bool ok = image_read_config(str_from(configs[i].json), &arena, &image, &e);
            if (configs[i].error == NULL) {
                CHECK_OK(ok, &e);
                CHECK_STR(image.os, STR("linux"));
                CHECK_NUM(layers[0].diff_id.bytes[31], 1);
            } else {
                CHECK_FAILS(ok, &e, ERROR_FORMAT, configs[i].error);
            }
            arena_done(&arena);
        }
    }
    CHECK_CASE("history names the layers that it made, and nothing where it does not fit")
    {
        static const char fits[] =
            "{\"rootfs\":{\"diff_ids\":[\"" ID "\",\"" ID "\"]},\"history\":["
            "{\"created_by\":\"ADD\"},{\"created_by\":\"ENV\",\"empty_layer\":"
            "true},{\"comment\":\"RUN\"}]}";
        static const char fits_not[] = "{\"rootfs\":{\"diff_ids\":[\"" ID "\",\"" ID
                                       "\"]},\"history\":[{\"created_by\":\"ADD\"}]}";
        struct arena arena;
        struct error e = {0};
        struct image_layer layers[2] = {{.offset = 0}};
        struct image_description image = {.layers = layers, .layers_count = 2};
        arena_init(&arena, 1024 * 1024, "test");
        CHECK_OK(image_read_config(STR(fits), &arena, &image, &e), &e);
        CHECK_STR(layers[0].created_by, STR("ADD"));
        CHECK_STR(layers[1].created_by, STR("RUN"));
        layers[0].created_by = layers[1].created_by = STR_NONE;
        CHECK_OK(image_read_config(STR(fits_not), &arena, &image, &e), &e);
        CHECK_NUM(layers[0].created_by.len, 0);
        arena_done(&arena);
    }
}

static void test_pack(void)
{
    CHECK_CASE("a description comes back from its bytes, and every cut of them is an error")
    {
        struct arena arena;
        struct error e = {0};
        struct buf bytes;
        struct image_layer layers[2] = {
            {.name = STR("a/layer.tar"), .offset = 512, .size_bytes = 7},
            {.created_by = STR("RUN x")}};
        struct image_description image = {
            .kind = STR("oci"), .tag = STR("a:1"), .layers = layers, .layers_count = 2};
        struct image_description back;
        arena_init(&arena, 1024 * 1024, "test");
        buf_init(&bytes, 65536);
        CHECK_OK(image_pack(&image, &bytes, &e), &e);
        CHECK_OK(image_unpack(buf_str(&bytes), &arena, &back, &e), &e);
        CHECK_NUM(back.layers_count, 2);
        CHECK_NUM(back.layers[0].offset, 512);
        CHECK_STR(back.layers[1].created_by, STR("RUN x"));
        for (size_t cut = 0; cut < bytes.len; cut++) {
            CHECK(!image_unpack(str_slice(buf_str(&bytes), 0, cut), &arena, &back, &e));
        }
        buf_done(&bytes);
        arena_done(&arena);
    }
}

int main(void)
{
    test_tables();
    test_config();
    test_pack();
    return check_done();
}
