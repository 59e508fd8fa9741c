#include "layer/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "mktar.h"

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* A line an entry: kind, path, target, size; then the counts that are not 0. */
static enum step list(struct buf *to, str bytes, struct arena *arena, struct error *e)
{
    struct memory_reader memory;
    struct layer l;
    struct entry entry;
    struct error ignored;
    enum step got = STEP_FAILED;
    memory_reader_init(&memory, bytes);
    if (!layer_open(&l, &memory.base, arena, e)) {
        return STEP_FAILED;
    }
    while ((got = layer_next(&l, &entry, e)) == STEP_GOT) {
        must(buf_printf(to, &ignored, "%s " STR_FMT "%s" STR_FMT " %llu\n",
                        (const char *[]){"file", "folder", "symlink", "hardlink", "other",
                                         "whiteout", "opaque"}[entry.kind],
                        STR_ARG(entry.path), entry.link.len > 0 ? " -> " : "", STR_ARG(entry.link),
                        (unsigned long long)entry.size_bytes));
    }
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"escaping", l.counts.escaping},
                  {"too long", l.counts.too_long},
                  {"with NUL", l.counts.with_nul},
                  {"ended early", l.counts.ended_early ? 1 : 0}};
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        must(counts[i].count == 0 || buf_printf(to, &ignored, "%s: %llu\n", counts[i].name,
                                                (unsigned long long)counts[i].count));
    }
    return got;
}

static void check_layer(const struct mktar *m, const char *want)
{
    struct buf text;
    struct arena arena;
    struct error e = {0};
    buf_init(&text, SIZE_MAX);
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_OK(list(&text, mktar_str(m), &arena, &e) == STEP_END, &e);
    CHECK_STR(buf_str(&text), str_from(want));
    arena_done(&arena);
    buf_done(&text);
}

#define NAME_50 "a23456789b23456789c23456789d23456789e23456789f2345"
#define NAME_250 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50

/* One entry and what becomes of it. A name in `pax` goes before the one of the entry. */
static const struct {
    const char *says;
    struct mktar_entry entry;
    str pax;
    const char *lists;
} cases[] = {
    {"a file", {.path = "usr/bin/a", .data = STR_INIT("x")}, STR_INIT(""), "file usr/bin/a 1\n"},
    {"a leading ./", {.path = "./usr/a"}, STR_INIT(""), "file usr/a 0\n"},
    {"an absolute path", {.path = "/usr/a"}, STR_INIT(""), "file usr/a 0\n"},
    {"doubled slashes", {.path = "usr//a"}, STR_INIT(""), "file usr/a 0\n"},
    {"a path that comes back", {.path = "usr/x/../a"}, STR_INIT(""), "file usr/a 0\n"},
    {"a folder with its slash", {.path = "usr/", .flag = '5'}, STR_INIT(""), "folder usr 0\n"},
    {"odd bytes are kept", {.path = "a\033[2J\377"}, STR_INIT(""), "file a\033[2J\377 0\n"},
    {"a symbolic link as written",
     {.path = "a", .link = "../../b/", .flag = '2'},
     STR_INIT(""),
     "symlink a -> ../../b/ 0\n"},
    {"a hard link made clean",
     {.path = "a", .link = "./x//b", .flag = '1'},
     STR_INIT(""),
     "hardlink a -> x/b 0\n"},
    {"a hard link from the root",
     {.path = "a", .link = "/x/b", .flag = '1'},
     STR_INIT(""),
     "hardlink a -> x/b 0\n"},
    {"a device", {.path = "dev/null", .flag = '3'}, STR_INIT(""), "other dev/null 0\n"},
    {"a pipe", {.path = "run/p", .flag = '6'}, STR_INIT(""), "other run/p 0\n"},
    {"an unknown type",
     {.path = "a", .flag = 'Z', .data = STR_INIT("x")},
     STR_INIT(""),
     "other a 1\n"},
    /* left out */
    {"the root", {.path = "./", .flag = '5'}, STR_INIT(""), ""},
    {"the root by another name", {.path = "/", .flag = '5'}, STR_INIT(""), ""},
    {"the root as what it is not", {.path = "a/..", .link = "/etc", .flag = '2'}, STR_INIT(""), ""},
    {"no name", {.path = ""}, STR_INIT(""), ""},
    {"a way out", {.path = "../etc/passwd"}, STR_INIT(""), "escaping: 1\n"},
    {"a hidden way out", {.path = "a/../../etc/passwd"}, STR_INIT(""), "escaping: 1\n"},
    {"an absolute way out", {.path = "/../etc/passwd"}, STR_INIT(""), "escaping: 1\n"},
    {"a hard link out",
     {.path = "a", .link = "../etc/passwd", .flag = '1'},
     STR_INIT(""),
     "escaping: 1\n"},
    {"a hard link to the root",
     {.path = "a", .link = ".", .flag = '1'},
     STR_INIT(""),
     "escaping: 1\n"},
    {"a NUL", {.path = "a"}, STR_INIT("a\0b"), "with NUL: 1\n"},
    {"a component of 255 bytes",
     {.path = "a"},
     STR_INIT(NAME_250 "12345"),
     "file " NAME_50 NAME_50 NAME_50 NAME_50 " 0\n"},
    {"a component of 256 bytes", {.path = "a"}, STR_INIT(NAME_250 "123456"), "too long: 1\n"},
    /* whiteouts */
    {"a whiteout", {.path = "usr/.wh.a"}, STR_INIT(""), "whiteout usr/a 0\n"},
    {"a whiteout at the root", {.path = ".wh.a"}, STR_INIT(""), "whiteout a 0\n"},
    {"a whiteout with ./", {.path = "./.wh.a"}, STR_INIT(""), "whiteout a 0\n"},
    {"a whiteout in a path to be cleaned",
     {.path = "/usr/../etc//.wh.a"},
     STR_INIT(""),
     "whiteout etc/a 0\n"},
    {"a whiteout with content",
     {.path = "usr/.wh.a", .data = STR_INIT("x")},
     STR_INIT(""),
     "whiteout usr/a 0\n"},
    {"a whiteout that is a link",
     {.path = "usr/.wh.a", .link = "b", .flag = '2'},
     STR_INIT(""),
     "whiteout usr/a 0\n"},
    {"a whiteout that is a hard link, as AUFS wrote them",
     {.path = "usr/.wh.a", .link = ".wh..wh.plnk/1.2", .flag = '1'},
     STR_INIT(""),
     "whiteout usr/a 0\n"},
    {"a whiteout of a whiteout", {.path = ".wh..wh"}, STR_INIT(""), "whiteout .wh 0\n"},
    {"a whiteout of a hidden file",
     {.path = "a/.wh..hidden"},
     STR_INIT(""),
     "whiteout a/.hidden 0\n"},
    {"a whiteout of three dots", {.path = "a/.wh...."}, STR_INIT(""), "whiteout a/... 0\n"},
    {"an opaque folder", {.path = "usr/.wh..wh..opq"}, STR_INIT(""), "opaque usr 0\n"},
    {"an opaque root", {.path = ".wh..wh..opq"}, STR_INIT(""), "opaque  0\n"},
    {"AUFS's links", {.path = ".wh..wh.plnk", .flag = '5'}, STR_INIT(""), ""},
    {"AUFS's mark", {.path = ".wh..wh.aufs"}, STR_INIT(""), ""},
    {"nearly opaque", {.path = "a/.wh..wh..opqx"}, STR_INIT(""), ""},
    {"a whiteout of nothing", {.path = "a/.wh."}, STR_INIT(""), "escaping: 1\n"},
    {"a whiteout of the folder", {.path = "a/.wh.."}, STR_INIT(""), "escaping: 1\n"},
    {"a whiteout of the folder above", {.path = "a/.wh..."}, STR_INIT(""), "escaping: 1\n"},
    {"a whiteout that leads out", {.path = "../.wh.a"}, STR_INIT(""), "escaping: 1\n"},
    {"a folder whose name starts like one", {.path = ".wh.a/b"}, STR_INIT(""), "file .wh.a/b 0\n"},
    {"a name that only looks like one", {.path = "a.wh.b"}, STR_INIT(""), "file a.wh.b 0\n"},
    {"a name that is nearly one", {.path = ".wh"}, STR_INIT(""), "file .wh 0\n"},
};

static void test_cases(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("an entry: %s", cases[i].says)
        {
            struct mktar m = {0};
            if (cases[i].pax.len > 0) {
                mktar_pax(&m, "path", cases[i].pax);
            }
            mktar_add(&m, cases[i].entry);
            mktar_end(&m);
            check_layer(&m, cases[i].lists);
            mktar_done(&m);
        }
    }
    CHECK_CASE("what is odd is counted, the rest goes on")
    {
        struct mktar m = {0};
        mktar_folder(&m, "./");
        mktar_file(&m, "../a", "");
        mktar_file(&m, "../b", "");
        mktar_pax(&m, "path", STR("c\0c"));
        mktar_file(&m, "", "");
        mktar_file(&m, "d", "");
        check_layer(&m, "file d 0\nescaping: 2\nwith NUL: 1\nended early: 1\n");
        mktar_done(&m);
    }
}

static void check_path_of(size_t len, const char *want)
{
    struct mktar m = {0};
    char *path = malloc(len);
    must(path != NULL);
    for (size_t i = 0; i < len; i++) {
        path[i] = i % 128 == 127 && i + 1 < len ? '/' : 'n';
    }
    mktar_pax(&m, "path", (str){.at = path, .len = len});
    mktar_file(&m, "a", "");
    mktar_pax(&m, "linkpath", (str){.at = path, .len = len});
    mktar_hardlink(&m, "b", "c");
    mktar_end(&m);
    struct memory_reader memory;
    struct arena arena;
    struct layer l;
    struct entry entry;
    struct error e = {0};
    memory_reader_init(&memory, mktar_str(&m));
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_OK(layer_open(&l, &memory.base, &arena, &e), &e);
    size_t entries = 0;
    while (layer_next(&l, &entry, &e) == STEP_GOT) {
        entries++;
        CHECK_NUM(entry.kind == ENTRY_HARDLINK ? entry.link.len : entry.path.len, len);
    }
    char text[64];
    snprintf(text, sizeof(text), "%zu entries, %llu too long", entries,
             (unsigned long long)l.counts.too_long);
    CHECK_STR(str_from(text), str_from(want));
    CHECK_NUM(l.counts.entries, 2);
    arena_done(&arena);
    free(path);
    mktar_done(&m);
}

/* `unit` over and over, up to the longest name that tar gives, then "a". */
static void check_repeated(const char *unit, const char *want)
{
    struct mktar m = {0}, path = {0};
    while (path.len + strlen(unit) < TAR_PATH_BYTES_MAX) {
        mktar_bytes(&path, unit, strlen(unit));
    }
    mktar_bytes(&path, "a", 1);
    mktar_pax(&m, "path", mktar_str(&path));
    mktar_file(&m, "b", "");
    mktar_end(&m);
    check_layer(&m, want);
    mktar_done(&path);
    mktar_done(&m);
}

static void test_limits(void)
{
    CHECK_CASE("a path of tens of thousands of components is cleaned first")
    {
        check_repeated("./", "file a 0\n");
        check_repeated("/", "file a 0\n");
        check_repeated("x/../", "file a 0\n");
        check_repeated("../", "escaping: 1\n");
        check_repeated("x/", "too long: 1\n");
    }
    CHECK_CASE("a path of 4,096 bytes is kept, a longer one is counted")
    {
        check_path_of(PATH_BYTES_MAX, "2 entries, 0 too long");
        check_path_of(PATH_BYTES_MAX + 1, "0 entries, 2 too long");
        check_path_of(TAR_PATH_BYTES_MAX, "0 entries, 2 too long");
        check_path_of(TAR_PATH_BYTES_MAX + 1, "0 entries, 2 too long");
    }
    CHECK_CASE("20 million entries are a layer, one more is a limit")
    {
        struct mktar m = {0};
        mktar_file(&m, "a", "");
        mktar_file(&m, "b", "");
        struct memory_reader memory;
        struct arena arena;
        struct layer l;
        struct entry entry;
        struct error e = {0};
        memory_reader_init(&memory, mktar_str(&m));
        arena_init(&arena, 1024 * 1024, "a test");
        CHECK_OK(layer_open(&l, &memory.base, &arena, &e), &e);
        l.counts.entries = LAYER_ENTRIES_MAX - 1; /* as if they had been read */
        CHECK_NUM(layer_next(&l, &entry, &e), STEP_GOT);
        CHECK_FAILS(layer_next(&l, &entry, &e) != STEP_FAILED, &e, ERROR_LIMIT,
                    "more than the limit of 20000000 entries");
        arena_done(&arena);
        mktar_done(&m);
    }
}

static void test_layers(void)
{
    CHECK_CASE("an empty stream and an archive without entries are layers")
    {
        struct mktar m = {0};
        check_layer(&m, "");
        mktar_end(&m);
        check_layer(&m, "");
        mktar_done(&m);
    }
    CHECK_CASE("what is no archive is no layer")
    {
        struct buf text;
        struct arena arena;
        struct error e = {0};
        buf_init(&text, SIZE_MAX);
        arena_init(&arena, 1024 * 1024, "a test");
        CHECK_FAILS(list(&text, STR("hello"), &arena, &e) != STEP_FAILED, &e, ERROR_FORMAT,
                    "ends after 5 of 512 bytes of a header");
        arena_done(&arena);
        buf_done(&text);
    }
    CHECK_CASE("the body is that of the entry")
    {
        struct mktar m = {0};
        mktar_file(&m, "../skipped", "not this");
        mktar_file(&m, "a", "this");
        mktar_end(&m);
        struct memory_reader memory;
        struct arena arena;
        struct layer l;
        struct entry entry;
        struct error e = {0};
        char body[16];
        size_t got;
        memory_reader_init(&memory, mktar_str(&m));
        arena_init(&arena, 1024 * 1024, "a test");
        CHECK_OK(layer_open(&l, &memory.base, &arena, &e), &e);
        CHECK_NUM(layer_next(&l, &entry, &e), STEP_GOT);
        CHECK_OK(reader_read(layer_body(&l), body, sizeof(body), &got, &e), &e);
        CHECK_STR(((str){.at = body, .len = got}), STR("this"));
        CHECK_STR(entry.path, STR("a"));
        CHECK_NUM(layer_next(&l, &entry, &e), STEP_END);
        CHECK_NUM(layer_next(&l, &entry, &e), STEP_END);
        CHECK_NUM(l.counts.entries, 2);
        arena_done(&arena);
        mktar_done(&m);
    }
    CHECK_CASE("a refused allocation is a clean error, the first to the last")
    {
        struct mktar m = {0};
        mktar_pax(&m, "path", STR("usr//.wh.a"));
        mktar_file(&m, "", "");
        mktar_end(&m);
        struct buf text;
        buf_init(&text, SIZE_MAX);
        must(buf_reserve(&text, 4096, NULL)); /* the test's own */
        for (int n = 0;; n++) {
            struct arena arena;
            struct error e = {0};
            arena_init(&arena, 1024 * 1024, "a test");
            text.len = 0;
            fail_alloc_at(n);
            enum step got = list(&text, mktar_str(&m), &arena, &e);
            fail_alloc_at(-1);
            arena_done(&arena);
            if (!fail_alloc_hit()) {
                CHECK_NUM(got, STEP_END);
                CHECK_STR(buf_str(&text), STR("whiteout usr/a 0\n"));
                break;
            }
            CHECK_FAILS(got != STEP_FAILED, &e, ERROR_MEMORY, "no memory");
        }
        buf_done(&text);
        mktar_done(&m);
    }
}

int main(void)
{
    test_cases();
    test_limits();
    test_layers();
    return check_done();
}
