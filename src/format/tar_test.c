/* Entries, numbers, ends and damage; extended headers are in tar_pax_test.c, sparse files in
 * tar_sparse_test.c, real archives and the other tools' view of them in tar_tools_test.py. What is
 * expected of odd archives is what Go's archive/tar does with them (see tar.h). */
#include "format/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "check.h"
#include "format/tar_list.h"
#include "mktar.h"

/* ---- entries ---- */

/* One entry an archive, and the list of it. */
static const struct {
    const char *says;
    struct mktar_entry entry;
    const char *lists;
} entries[] = {
    {"a file", {.path = "a", .data = STR_INIT("hello")}, "f a 5 'hello'"},
    {"an empty file", {.path = "a/b"}, "f a/b 0 ''"},
    {"a prefix is joined", {.path = "file", .prefix = "some/folder"}, "f some/folder/file 0 ''"},
    {"a name of 100 bytes has no NUL",
     {.path = "a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/"
              "a23456789/a234567890tail"},
     "f a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/"
     "a23456789/a234567890 0 ''"},
    {"v7 has no prefix", {.path = "file", .prefix = "not/this", .v7 = true}, "f file 0 ''"},
    {"GNU headers have times there", {.path = "f", .prefix = "01234567", .gnu = true}, "f f 0 ''"},
    {"Go before 1.8 wrote a prefix there",
     {.path = "f", .prefix = "a/b", .gnu = true},
     "f a/b/f 0 ''"},
    {"a folder", {.path = "a/", .flag = '5'}, "d a/"},
    {"a v7 folder is known by its slash", {.path = "a/", .flag = 'v', .v7 = true}, "d a/"},
    {"a v7 file", {.path = "a", .flag = 'v', .v7 = true, .data = STR_INIT("x")}, "f a 1 'x'"},
    {"a file by its flag stays one with a slash",
     {.path = "a/", .data = STR_INIT("x")},
     "f a/ 1 'x'"},
    {"a symbolic link", {.path = "a", .link = "../b", .flag = '2'}, "l a -> ../b"},
    {"a hard link", {.path = "a", .link = "x/b", .flag = '1'}, "h a -> x/b"},
    {"a link of 100 bytes",
     {.path = "a",
      .flag = '2',
      .link = "a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/"
              "a23456789/a234567890"},
     "l a -> a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/a23456789/"
     "a23456789/a234567890"},
    {"a link name of a file is nothing", {.path = "a", .link = "b"}, "f a 0 ''"},
    {"a character device", {.path = "null", .flag = '3'}, "c null"},
    {"a block device", {.path = "sda", .flag = '4'}, "b sda"},
    {"a pipe", {.path = "pipe", .flag = '6'}, "p pipe"},
    {"a contiguous file", {.path = "a", .flag = '7', .data = STR_INIT("x")}, "f a 1 'x'"},
    {"an unknown type has data", {.path = "a", .flag = 'Z', .data = STR_INIT("x")}, "o a 1 'x'"},
    {"a name may be empty", {.path = ""}, "f  0 ''"},
    {"a name may be hostile", {.path = "../../etc/passwd"}, "f ../../etc/passwd 0 ''"},
    /* no data, whatever the size field says */
    {"a folder with a size", {.path = "a", .flag = '5', .size = "00000001000"}, "d a"},
    {"a symbolic link with a size",
     {.path = "a", .link = "b", .flag = '2', .size = "00000001000"},
     "l a -> b"},
    {"a hard link with a size",
     {.path = "a", .link = "b", .flag = '1', .size = "00000001000"},
     "h a -> b"},
    {"a hard link with a negative size",
     {.path = "a",
      .link = "b",
      .flag = '1',
      .size = "\377\377\377\377\377\377\377\377\377\377\377\377"},
     "h a -> b"},
    {"a device with a size", {.path = "a", .flag = '3', .size = "00000001000"}, "c a"},
    {"a pipe with a size", {.path = "a", .flag = '6', .size = "00000001000"}, "p a"},
    /* numbers */
    {"a size ends at a blank",
     {.path = "a", .data = STR_INIT("x"), .size = "0000000001 "},
     "f a 1 'x'"},
    {"a size has leading blanks",
     {.path = "a", .data = STR_INIT("x"), .size = "          1\0"},
     "f a 1 'x'"},
    {"a size fills its field",
     {.path = "a", .data = STR_INIT("x"), .size = "000000000001"},
     "f a 1 'x'"},
    {"an empty size is 0", {.path = "a", .size = "\0\0\0\0\0\0\0\0\0\0\0"}, "f a 0 ''"},
    {"a size in base 256",
     {.path = "a", .data = STR_INIT("x"), .size = "\200\0\0\0\0\0\0\0\0\0\0\001"},
     "f a 1 'x'"},
    {"a mode is no number", {.path = "a", .mode = 0xfffffff}, "f a 0 ''"},
};

/* What ends an archive: a good file, then this. */
static const struct {
    const char *says;
    struct mktar_entry entry;
    const char *reason;
} broken[] = {
    {"a size is not octal", {.path = "a", .size = "00000000008"}, "'00000000008' is no number"},
    {"a size has a sign", {.path = "a", .size = "-0000000001"}, "'-0000000001' is no number"},
    {"a size is two numbers", {.path = "a", .size = "00001 00001"}, "'00001 00001' is no number"},
    {"a size is -1",
     {.path = "a", .size = "\377\377\377\377\377\377\377\377\377\377\377\377"},
     "the size -1 is negative"},
    {"a size is -2^63",
     {.path = "a", .size = "\377\377\377\377\200\0\0\0\0\0\0\0"},
     "the size -9223372036854775808 is negative"},
    {"a size is 2^94",
     {.path = "a", .size = "\277\377\377\377\377\377\377\377\377\377\377\377"},
     "' is no number"},
    {"a size is 2^63", {.path = "a", .size = "\200\0\0\0\200\0\0\0\0\0\0\0"}, "' is no number"},
    {"a size is 2^63-1",
     {.path = "a", .size = "\200\0\0\0\177\377\377\377\377\377\377\377"},
     "failed: format: ends within the 9223372036854775807 bytes of 'a'"},
    {"a size is 2^33",
     {.path = "a", .size = "100000000000"},
     "failed: format: ends within the 8589934592 bytes of 'a'"},
    {"a long name's size is 2^33",
     {.path = "a", .flag = 'L', .size = "100000000000"},
     "failed: limit: tar header at byte 512: 8589934592 bytes are more than the limit of 1048576"},
    {"a pax header's size is 2^33",
     {.path = "a", .flag = 'x', .size = "100000000000"},
     "failed: limit: tar header at byte 512: 8589934592 bytes are more than the limit of 1048576"},
    {"a long name's size is -1",
     {.path = "a", .flag = 'L', .size = "\377\377\377\377\377\377\377\377\377\377\377\377"},
     "the size -1 is negative"},
    {"a pax header is cut",
     {.path = "a", .flag = 'x', .size = "00000010000"},
     "failed: format: tar header at byte 512: ends after 1024 of 4096 bytes of a long header"},
};

static void test_entries(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++) {
        CHECK_CASE("entry: %s", entries[i].says)
        {
            struct mktar m = {0};
            mktar_add(&m, entries[i].entry);
            mktar_file(&m, "next", "one");
            mktar_end(&m);
            char want[1000];
            snprintf(want, sizeof(want), "%s\nf next 3 'one'\nend\n", entries[i].lists);
            tar_check_lists(mktar_str(&m), want);
            mktar_done(&m);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(broken); i++) {
        CHECK_CASE("the archive ends with a reason where %s", broken[i].says)
        {
            struct mktar m = {0};
            mktar_file(&m, "first", "");
            mktar_add(&m, broken[i].entry);
            mktar_end(&m);
            for (int reader = 0; reader < TAR_LIST_READERS; reader++) {
                str list = tar_list_by(mktar_str(&m), reader, TAR_LIST_SKIP);
                CHECK(str_starts(list, STR("f first 0\n")));
                if (!CHECK(str_find(list, str_from(broken[i].reason)) < list.len)) {
                    printf("# " STR_FMT "\n", STR_ARG(list));
                }
            }
            mktar_done(&m);
        }
    }
}

static void test_fields(void)
{
    CHECK_CASE("mode, time and offset come from the header, the time from pax too")
    {
        struct mktar m = {0};
        mktar_add(&m, (struct mktar_entry){.path = "a", .mode = 0104755});
        mktar_pax(&m, "mtime", STR("1700000000.75"));
        mktar_file(&m, "b", "");
        mktar_pax(&m, "mtime", STR("-1.5"));
        mktar_file(&m, "c", "");
        mktar_pax(&m, "mtime", STR("soon"));
        mktar_file(&m, "d", "");
        struct memory_reader memory;
        struct arena arena;
        struct error e;
        struct tar t;
        struct tar_entry entry = {0};
        memory_reader_init(&memory, mktar_str(&m));
        arena_init(&arena, SIZE_MAX, "a test");
        CHECK_OK(tar_open(&t, &memory.base, &arena, &e), &e);
        static const struct {
            int64_t mtime_s;
            uint64_t offset, body;
            uint32_t mode;
        } want[] = {{1500000000, 0, 512, 04755},
                    {1700000000, 512, 2048, 0644},
                    {-2, 2048, 3584, 0644},
                    {1500000000, 3584, 5120, 0644}};
        for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
            CHECK_NUM(tar_next(&t, &entry, &e), STEP_GOT);
            CHECK_NUM(entry.mtime_s, want[i].mtime_s);
            CHECK_NUM(entry.header_offset, want[i].offset);
            CHECK_NUM(tar_body_offset(&t), want[i].body);
            CHECK_NUM(entry.mode, want[i].mode);
        }
        CHECK_NUM(tar_next(&t, &entry, &e), STEP_END);
        CHECK_NUM(tar_next(&t, &entry, &e), STEP_END);
        CHECK_NUM(t.entries, 4);
        CHECK_NUM(reader_ready(tar_body(&t)), 0);
        arena_done(&arena);
        mktar_done(&m);
    }
}

/* ---- checksums and the end ---- */

static void test_checksums(void)
{
    CHECK_CASE("a checksum of signed bytes is right too")
    {
        struct mktar m = {0};
        mktar_file(&m, "\303\244", ""); /* two bytes over 127: 512 less */
        uint64_t sum = 0;
        CHECK(num_parse((str){.at = m.at + 148, .len = 6}, 8, UINT32_MAX, &sum));
        snprintf(m.at + 148, 8, "%06o", (unsigned)sum - 512);
        CHECK(tar_looks_like((const uint8_t *)m.at, 512));
        tar_check_lists(mktar_str(&m), "f \303\244 0 ''\nend early\n");
        snprintf(m.at + 148, 8, "%06o", (unsigned)sum - 256);
        CHECK(!tar_looks_like((const uint8_t *)m.at, 512));
        mktar_done(&m);
    }
    CHECK_CASE("each changed byte of a header is noticed, and said where")
    {
        struct mktar m = {0};
        mktar_file(&m, "first", "");
        mktar_file(&m, "second", "x");
        mktar_end(&m);
        for (size_t i = 512; i < 1024; i++) {
            bool in_checksum = i >= 512 + 148 && i < 512 + 156;
            m.at[i] ^= 1;
            str list = tar_list_by(mktar_str(&m), 0, TAR_LIST_SKIP);
            CHECK(in_checksum ||
                  str_eq(list, STR("f first 0\nfailed: format: no tar header at byte 512\n")));
            m.at[i] ^= 1;
        }
        mktar_done(&m);
    }
    CHECK_CASE("headers and zero blocks look like an archive, nothing else does")
    {
        struct mktar m = {0};
        mktar_file(&m, "a", "");
        mktar_zeros(&m, 512);
        const uint8_t *at = (const uint8_t *)m.at;
        CHECK(tar_looks_like(at, 512));
        CHECK(tar_looks_like(at, 1024));
        CHECK(!tar_looks_like(at, 511));
        CHECK(tar_looks_like(at + 512, 512));
        CHECK(!tar_looks_like(at + 1, 512));
        CHECK(!tar_looks_like(at, 0));
        mktar_done(&m);
    }
}

static const struct {
    const char *says;
    size_t zeros;     /* behind one entry */
    const char *tail; /* behind those */
    size_t left;      /* bytes that the reader still has */
    const char *lists;
} ends[] = {
    {"two zero blocks", 1024, "", 0, "f a 1 'x'\nend\n"},
    {"many zero blocks, the others left alone", 10240, "", 9216, "f a 1 'x'\nend\n"},
    {"two zero blocks, garbage left alone", 1024, "garbage", 7, "f a 1 'x'\nend\n"},
    {"one zero block", 512, "", 0, "f a 1 'x'\nend early\n"},
    {"no zero block", 0, "", 0, "f a 1 'x'\nend early\n"},
    {"a part of a zero block", 511, "", 0, "f a 1 'x'\nend early\n"},
    {"one zero block and a part", 1023, "", 0, "f a 1 'x'\nend early\n"},
    {"less than a header", 0, "garbage", 7,
     "f a 1 'x'\nfailed: format: ends after 7 of 512 bytes of a header\n"},
    {"one zero block and less than a header", 512, "garbage", 7,
     "f a 1 'x'\nfailed: format: ends after 7 of 512 bytes of a header\n"},
};

static void test_ends(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
        CHECK_CASE("the end of an archive: %s", ends[i].says)
        {
            struct mktar m = {0};
            mktar_file(&m, "a", "x");
            mktar_zeros(&m, ends[i].zeros);
            mktar_bytes(&m, ends[i].tail, strlen(ends[i].tail));
            tar_check_lists(mktar_str(&m), ends[i].lists);
            struct memory_reader memory;
            struct arena arena;
            struct error e;
            struct buf text;
            memory_reader_init(&memory, mktar_str(&m));
            arena_init(&arena, SIZE_MAX, "a test");
            buf_init(&text, SIZE_MAX);
            (void)tar_list(&text, &memory.base, &arena, TAR_LIST_SKIP, &e);
            CHECK_NUM(reader_ready(&memory.base), ends[i].left);
            buf_done(&text);
            arena_done(&arena);
            mktar_done(&m);
        }
    }
    CHECK_CASE("a single zero block inside is refused, as Go does")
    {
        struct mktar m = {0};
        mktar_file(&m, "a", "");
        mktar_zeros(&m, 512);
        mktar_file(&m, "b", "");
        mktar_end(&m);
        tar_check_lists(mktar_str(&m),
                        "f a 0 ''\nfailed: format: a single zero block inside, at byte 512\n");
        mktar_done(&m);
    }
    CHECK_CASE("an archive of zero blocks has no entries")
    {
        struct mktar m = {0};
        mktar_end(&m);
        tar_check_lists(mktar_str(&m), "end\n");
        m.len = 512;
        tar_check_lists(mktar_str(&m), "end early\n");
        m.len = 100;
        tar_check_lists(mktar_str(&m), "failed: format: no tar archive: it is empty\n");
        mktar_done(&m);
    }
    CHECK_CASE("no bytes, and text, are no archive")
    {
        tar_check_lists(STR_NONE, "failed: format: no tar archive: it is empty\n");
        tar_check_lists(STR("hello"), "failed: format: ends after 5 of 512 bytes of a header\n");
    }
    CHECK_CASE("an extended header without its entry is a cut archive, unless end blocks follow")
    {
        struct mktar m = {0};
        mktar_file(&m, "a", "");
        mktar_pax(&m, "path", STR("b"));
        tar_check_lists(mktar_str(&m), "f a 0 ''\nfailed: format: ends between an extended header "
                                       "and its entry\n");
        mktar_end(&m);
        tar_check_lists(mktar_str(&m), "f a 0 ''\nend\n");
        mktar_done(&m);
    }
}

/* ---- memory ---- */

/* An endless archive: one header over and over, `blocks_left` times, then end blocks. */
struct flood {
    struct reader base;
    const uint8_t *block;
    uint64_t blocks_left;
    uint8_t window[64 * 1024];
};

static enum step flood_fill(struct reader *self, size_t want, struct error *e)
{
    struct flood *f = CONTAINER_OF(self, struct flood, base);
    (void)want;
    (void)e;
    size_t ready = reader_ready(self);
    memmove(f->window, self->at, ready);
    size_t all = ready;
    for (; all + 512 <= sizeof(f->window) && f->blocks_left > 0; all += 512, f->blocks_left--) {
        memcpy(f->window + all, f->block, 512);
    }
    self->at = f->window;
    self->end = f->window + all;
    self->end_offset += all - ready;
    return all > ready ? STEP_GOT : STEP_END;
}

static void check_flood(char flag, size_t all, const char *says)
{
    CHECK_CASE("memory stays the same in an archive of 2 million %s", says)
    {
        static const struct reader_ops flood_ops = {.name = "flood", .fill = flood_fill};
        static struct flood flood;
        struct mktar m = {0};
        mktar_add(&m, (struct mktar_entry){.path = "a/file", .flag = flag});
        flood = (struct flood){.base = {.ops = &flood_ops, .at = flood.window, .end = flood.window},
                               .block = (const uint8_t *)m.at,
                               .blocks_left = 2000000};
        struct arena arena;
        struct error e = {0};
        struct tar t;
        struct tar_entry entry;
        enum step got;
        arena_init(&arena, 16 * 1024, "a test");
        CHECK_OK(tar_open(&t, &flood.base, &arena, &e), &e);
        while ((got = tar_next(&t, &entry, &e)) == STEP_GOT) {
        }
        CHECK_NUM(t.entries, all);
        CHECK(got == (all > 0 ? STEP_END : STEP_FAILED));
        arena_done(&arena);
        mktar_done(&m);
    }
}

/* ---- damage ---- */

/* One of each: names of all kinds, bodies, sparse maps of all kinds. */
static void build_all(struct mktar *m)
{
    mktar_folder(m, "etc/");
    mktar_file(m, "etc/os-release", "ID=debian\n");
    mktar_pax(m, "path", STR("a/long/name/that/is/not/that/long/after/all"));
    mktar_file(m, "short", "content");
    mktar_special(m, 'L', STR("long\0"));
    mktar_special(m, 'K', STR("target\0"));
    mktar_link(m, "a", "b");
    mktar_special(m, 'x',
                  STR("22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n"
                      "25 GNU.sparse.realsize=9\n22 GNU.sparse.map=2,3\n"));
    mktar_file(m, "sparse-0.1", "abc");
    mktar_special(m, 'x',
                  STR("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
                      "25 GNU.sparse.realsize=9\n"));
    char text[515] = "1\n2\n3\n";
    memcpy(text + 512, "abc", 3);
    mktar_add(m, (struct mktar_entry){.path = "sparse-1.0", .data = {.at = text, .len = 515}});
    mktar_end(m);
}

static void test_damage(void)
{
    struct mktar m = {0};
    build_all(&m);
    CHECK_CASE("an archive of all kinds")
    {
        tar_check_lists(
            mktar_str(&m),
            "d etc/\nf etc/os-release 10 'ID=debian\n'\n"
            "f a/long/name/that/is/not/that/long/after/all 7 'content'\nl long -> target\n"
            "f sparse-0.1 9 '..abc....' sparse\n"
            "f sparse-1.0 9 '..abc....' sparse\nend\n");
    }
    CHECK_CASE("cut anywhere, it lists what came before and says that it is cut")
    {
        char whole[1000];
        str bare = tar_list_by(mktar_str(&m), 0, TAR_LIST_SKIP);
        memcpy(whole, bare.at, bare.len);
        for (size_t cut = 0; cut < m.len; cut++) {
            str list = tar_list_by((str){.at = m.at, .len = cut}, (int)(cut % TAR_LIST_READERS),
                                   TAR_LIST_SKIP);
            size_t failed = str_find(list, STR("failed: format: "));
            size_t end = str_find(list, STR("end early\n"));
            CHECK(failed < list.len || end < list.len);
            size_t listed = failed < end ? failed : end;
            CHECK(str_starts((str){.at = whole, .len = bare.len}, str_slice(list, 0, listed)));
        }
    }
    CHECK_CASE("a refused allocation is a clean error, the first to the last")
    {
        for (int n = 0;; n++) {
            struct memory_reader memory;
            struct arena arena;
            struct error e = {0};
            struct tar t;
            struct tar_entry entry;
            enum step got = STEP_FAILED;
            uint8_t byte;
            size_t len;
            memory_reader_init(&memory, mktar_str(&m));
            arena_init(&arena, SIZE_MAX, "a test");
            fail_alloc_at(n);
            if (tar_open(&t, &memory.base, &arena, &e)) {
                while ((got = tar_next(&t, &entry, &e)) == STEP_GOT) {
                    if (!reader_read(tar_body(&t), &byte, 1, &len, &e)) {
                        got = STEP_FAILED;
                        break;
                    }
                }
            }
            fail_alloc_at(-1);
            arena_done(&arena);
            if (!fail_alloc_hit()) {
                CHECK_NUM(got, STEP_END);
                CHECK(n > 2);
                break;
            }
            CHECK_FAILS(got != STEP_FAILED, &e, ERROR_MEMORY, "no memory");
        }
    }
    CHECK_CASE("a failing read is reported as it is, the first to the last")
    {
        enum step got = STEP_FAILED;
        for (long n = 0; got == STEP_FAILED && n < 1000; n++) {
            struct dribble dribble;
            struct arena arena;
            struct error e = {0};
            struct buf text;
            dribble_init(&dribble, mktar_str(&m));
            dribble.fills_left = n;
            arena_init(&arena, SIZE_MAX, "a test");
            buf_init(&text, SIZE_MAX);
            got = tar_list(&text, &dribble.base, &arena, TAR_LIST_READ, &e);
            CHECK(got == STEP_END || e.kind == ERROR_IO);
            buf_done(&text);
            arena_done(&arena);
            free(dribble.window);
        }
        CHECK_NUM(got, STEP_END);
    }
    mktar_done(&m);
}

int main(void)
{
    test_entries();
    test_fields();
    test_checksums();
    test_ends();
    check_flood('0', 2000000, "files");
    check_flood('L', 0, "long names of no bytes");
    check_flood('x', 0, "pax headers of no bytes");
    test_damage();
    return check_done();
}
