/* Sparse files: the four forms of the map, odd maps, and holes that cost nothing. GNU tar writes
 * maps of all forms in tar_tools_test.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "format/tar.h"
#include "format/tar_list.h"
#include "mktar.h"

/* An old GNU header with up to four pairs; sealed. The numbers are written as they are. */
struct old_map {
    const char *numbers[8];
    const char *real_size;
    bool more;
};

static void add_old(struct mktar *m, const struct old_map *map, str data)
{
    size_t at = m->len;
    mktar_add(m, (struct mktar_entry){.path = "old", .flag = 'S', .gnu = true});
    char *block = m->at + at;
    snprintf(block + 124, 12, "%011zo", data.len);
    for (size_t i = 0; i < ARRAY_COUNT(map->numbers) && map->numbers[i] != NULL; i++) {
        memcpy(block + 386 + 12 * i, map->numbers[i], 12);
    }
    block[482] = map->more ? 1 : 0;
    memcpy(block + 483, map->real_size, 12);
    mktar_seal(m, at);
    if (!map->more) {
        mktar_bytes(m, data.at, data.len);
        mktar_zeros(m, (512 - data.len % 512) % 512);
    }
}

static const struct {
    const char *says;
    struct old_map map;
    const char *data, *lists;
} old_maps[] = {
    {"data and holes",
     {{"00000000002", "00000000003"}, "00000000011", false},
     "abc",
     "f old 9 '..abc....' sparse\nend\n"},
    {"several parts, the end marked by an empty one",
     {{"00000000000", "00000000001", "00000000004", "00000000002", "00000000011", "00000000000"},
      "00000000011",
      false},
     "abc",
     "f old 9 'a...bc...' sparse\nend\n"},
    {"no part at all", {{NULL}, "00000000005", false}, "", "f old 5 '.....' sparse\nend\n"},
    {"a part in base 256",
     {{"\200\0\0\0\0\0\0\0\0\0\0\002", "00000000001"}, "00000000003", false},
     "a",
     "f old 3 '..a' sparse\nend\n"},
    {"touching parts",
     {{"00000000000", "00000000001", "00000000001", "00000000001"}, "00000000002", false},
     "ab",
     "f old 2 'ab' sparse\nend\n"},
    {"more data than the map has",
     {{"00000000000", "00000000001"}, "00000000002", false},
     "abc",
     "f old 2 'a.' sparse\nend\n"},
    {"overlapping parts",
     {{"00000000000", "00000000002", "00000000001", "00000000001"}, "00000000011", false},
     "abc",
     "failed: format: tar header at byte 0: sparse map: data at 1 starts before 2\n"},
    {"descending parts",
     {{"00000000004", "00000000001", "00000000000", "00000000001"}, "00000000011", false},
     "ab",
     "failed: format: tar header at byte 0: sparse map: data at 0 starts before 5\n"},
    {"a part past the end",
     {{"00000000010", "00000000002"}, "00000000011", false},
     "ab",
     "failed: format: tar header at byte 0: sparse map: ends at 10 of 9 bytes\n"},
    {"a negative offset",
     {{"\377\377\377\377\377\377\377\377\377\377\377\377", "00000000001"}, "00000000011", false},
     "a",
     "failed: format: tar header at byte 0: sparse map: pair 0 is no numbers\n"},
    {"a negative length",
     {{"00000000001", "\377\377\377\377\377\377\377\377\377\377\377\377"}, "00000000011", false},
     "a",
     "failed: format: tar header at byte 0: sparse map: pair 0 is no numbers\n"},
    {"an offset that is no number",
     {{"00000000009", "00000000001"}, "00000000011", false},
     "a",
     "failed: format: tar header at byte 0: sparse map: pair 0 is no numbers\n"},
    {"a length of 2^62 at 2^62",
     {{"\200\0\0\0\100\0\0\0\0\0\0\0", "\200\0\0\0\100\0\0\0\0\0\0\0"}, "00000000011", false},
     "a",
     "failed: format: tar header at byte 0: sparse map: 4611686018427387904 bytes at "
     "4611686018427387904 end past any file\n"},
    {"less data than the map has",
     {{"00000000000", "00000000011"}, "00000000011", false},
     "abc",
     "failed: format: tar header at byte 0: sparse map: has 9 bytes of data, the entry 3\n"},
    {"a real size that is negative",
     {{NULL}, "\377\377\377\377\377\377\377\377\377\377\377\377", false},
     "",
     "failed: format: tar header at byte 0: the real size of a sparse file is no number\n"},
    {"a map that goes on at the end of the input",
     {{NULL}, "00000000005", true},
     "",
     "failed: format: tar header at byte 0: ends within a sparse map\n"},
};

/* pax: the records, what stands before the padded data, and the data. */
static const struct {
    const char *says, *records, *text, *data, *lists;
} pax_maps[] = {
    {"0.0",
     "21 GNU.sparse.size=9\n26 GNU.sparse.numblocks=2\n23 GNU.sparse.offset=2\n25 "
     "GNU.sparse.numbytes=3\n23 GNU.sparse.offset=6\n25 GNU.sparse.numbytes=1\n",
     "", "abcd", "f a 9 '..abc.d..' sparse\nend\n"},
    {"0.0 with its version",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=0\n21 GNU.sparse.size=9\n26 "
     "GNU.sparse.numblocks=1\n23 GNU.sparse.offset=2\n25 GNU.sparse.numbytes=3\n",
     "", "abc", "f a 9 '..abc....' sparse\nend\n"},
    {"0.1",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n29 GNU.sparse.name=real/name\n21 "
     "GNU.sparse.size=9\n26 GNU.sparse.numblocks=2\n26 GNU.sparse.map=2,3,6,1\n",
     "", "abcd", "f real/name 9 '..abc.d..' sparse\nend\n"},
    {"0.1 without its version",
     "21 GNU.sparse.size=9\n26 GNU.sparse.numblocks=2\n26 GNU.sparse.map=2,3,6,1\n", "", "abcd",
     "f a 9 '..abc.d..' sparse\nend\n"},
    {"0.1 with no parts",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=3\n26 "
     "GNU.sparse.numblocks=0\n19 GNU.sparse.map=\n",
     "", "", "f a 3 '...' sparse\nend\n"},
    {"1.0",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n29 GNU.sparse.name=real/name\n25 "
     "GNU.sparse.realsize=9\n",
     "2\n2\n3\n6\n1\n", "abcd", "f real/name 9 '..abc.d..' sparse\nend\n"},
    {"1.0 with no parts",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=3\n", "0\n", "",
     "f a 3 '...' sparse\nend\n"},
    {"1.0 of no bytes", "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=0\n",
     "0\n", "", "f a 0 '' sparse\nend\n"},
    {"a map of an unknown version",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=1\n25 GNU.sparse.realsize=9\n", "", "abc",
     "f a 3 'abc'\nend\n"},
    {"0.0 with a pair too few",
     "21 GNU.sparse.size=9\n26 GNU.sparse.numblocks=2\n23 GNU.sparse.offset=2\n25 "
     "GNU.sparse.numbytes=3\n",
     "", "abc", "failed: format: tar header at byte 1024: sparse map: has 1 of 2 pairs\n"},
    {"0.0 out of order", "21 GNU.sparse.size=9\n25 GNU.sparse.numbytes=3\n23 GNU.sparse.offset=2\n",
     "", "abc",
     "failed: format: tar header at byte 0: sparse map: no pairs of offset and numbytes\n"},
    {"0.0 with two offsets",
     "21 GNU.sparse.size=9\n23 GNU.sparse.offset=3\n23 GNU.sparse.offset=4\n", "", "abc",
     "failed: format: tar header at byte 0: sparse map: no pairs of offset and numbytes\n"},
    {"0.0 overlapping",
     "21 GNU.sparse.size=9\n23 GNU.sparse.offset=2\n25 GNU.sparse.numbytes=3\n23 "
     "GNU.sparse.offset=4\n25 GNU.sparse.numbytes=1\n",
     "", "abcd", "failed: format: tar header at byte 0: sparse map: data at 4 starts before 5\n"},
    {"0.1 with a pair too many",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=9\n26 "
     "GNU.sparse.numblocks=1\n26 GNU.sparse.map=2,3,6,1\n",
     "", "abcd", "failed: format: tar header at byte 1024: sparse map: has 2 of 1 pairs\n"},
    {"0.1 with half a pair",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=9\n24 "
     "GNU.sparse.map=2,3,6\n",
     "", "abcd", "failed: format: tar header at byte 1024: sparse map: no pairs of numbers\n"},
    {"0.1 with an empty number",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=9\n25 "
     "GNU.sparse.map=2,,6,1\n",
     "", "abcd", "failed: format: tar header at byte 1024: sparse map: no pairs of numbers\n"},
    {"0.1 with a negative offset",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=9\n23 GNU.sparse.map=-2,3\n",
     "", "abcd", "failed: format: tar header at byte 1024: sparse map: no pairs of numbers\n"},
    {"0.1 with an offset of 2^63",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=9\n40 "
     "GNU.sparse.map=9223372036854775808,3\n",
     "", "abcd", "failed: format: tar header at byte 1024: sparse map: no pairs of numbers\n"},
    {"0.1 with a part past the end",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=4\n22 GNU.sparse.map=2,3\n",
     "", "abc", "failed: format: tar header at byte 1024: sparse map: ends at 5 of 4 bytes\n"},
    {"0.1 with less data than the map has",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n21 GNU.sparse.size=9\n22 GNU.sparse.map=2,3\n",
     "", "ab",
     "failed: format: tar header at byte 1024: sparse map: has 3 bytes of data, the entry 2\n"},
    {"0.1 with a size that is no number",
     "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n24 GNU.sparse.size=many\n22 "
     "GNU.sparse.map=2,3\n",
     "", "abc", "failed: format: tar header at byte 1024: pax GNU.sparse.size 'many' is no size\n"},
    {"1.0 overlapping", "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n",
     "2\n2\n3\n3\n1\n", "abcd",
     "failed: format: tar header at byte 1024: sparse map: data at 3 starts before 5\n"},
    {"1.0 with an empty line",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n", "1\n\n3\n", "abc",
     "failed: format: tar header at byte 1024: sparse map: an empty line\n"},
    {"1.0 with a line that is no number",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n", "1\n2\nx\n", "abc",
     "failed: format: tar header at byte 1024: sparse map: a line is no number\n"},
    {"1.0 with a line of 20 digits",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n",
     "1\n00000000000000000002\n3\n", "abc",
     "failed: format: tar header at byte 1024: sparse map: a line is no number\n"},
    {"1.0 with an offset of 2^63",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n",
     "1\n9223372036854775808\n3\n", "abc",
     "failed: format: tar header at byte 1024: sparse map: 3 bytes at 9223372036854775808 end past "
     "any file\n"},
    {"1.0 with a count that is too large",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n", "1048577\n", "abc",
     "failed: limit: tar header at byte 1024: a sparse map is larger than the limit of 1048576 "
     "bytes\n"},
    {"1.0 with a count that is too large for its entry",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n", "100\n2\n3\n", "",
     "failed: format: tar header at byte 1024: sparse map: a line is no number\n"},
    {"1.0 without a map",
     "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n", "", "",
     "failed: format: tar header at byte 1024: sparse map: longer than its entry's 0 bytes\n"},
};

static void test_old(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(old_maps); i++) {
        CHECK_CASE("old GNU sparse map: %s", old_maps[i].says)
        {
            struct mktar m = {0};
            add_old(&m, &old_maps[i].map, str_from(old_maps[i].data));
            if (!old_maps[i].map.more) {
                mktar_end(&m);
            }
            tar_check_lists(mktar_str(&m), old_maps[i].lists);
            mktar_done(&m);
        }
    }
}

static void add_pax(struct mktar *m, const char *records, str text, str data)
{
    mktar_special(m, 'x', str_from(records));
    struct mktar content = {0};
    mktar_bytes(&content, text.at, text.len);
    mktar_zeros(&content, (512 - text.len % 512) % 512);
    mktar_bytes(&content, data.at, data.len);
    mktar_add(m, (struct mktar_entry){.path = "a", .data = mktar_str(&content)});
    mktar_done(&content);
}

static void test_pax(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(pax_maps); i++) {
        CHECK_CASE("pax sparse map: %s", pax_maps[i].says)
        {
            struct mktar m = {0};
            add_pax(&m, pax_maps[i].records, str_from(pax_maps[i].text),
                    str_from(pax_maps[i].data));
            mktar_end(&m);
            tar_check_lists(mktar_str(&m), pax_maps[i].lists);
            mktar_done(&m);
        }
    }
    CHECK_CASE("a sparse map of a folder is refused")
    {
        struct mktar m = {0};
        mktar_special(&m, 'x', STR("21 GNU.sparse.size=9\n22 GNU.sparse.map=2,3\n"));
        mktar_folder(&m, "a");
        mktar_end(&m);
        tar_check_lists(mktar_str(&m), "failed: format: tar header at byte 1024: a sparse map of "
                                       "what is no file\n");
        mktar_done(&m);
    }
}

/* Blocks of an old GNU map with `pairs` empty pairs at the end of the file in all. */
static void check_old_blocks(size_t blocks, const char *want)
{
    struct mktar m = {0};
    add_old(&m, &(struct old_map){{NULL}, "00000000005", true}, STR_NONE);
    for (size_t i = 0; i < blocks; i++) {
        char block[512] = {0};
        for (size_t pair = 0; pair < 21; pair++) {
            memcpy(block + 24 * pair, "00000000005\0000000000000", 23);
        }
        block[504] = i + 1 < blocks;
        mktar_bytes(&m, block, sizeof(block));
    }
    mktar_end(&m);
    CHECK_STR(tar_list_by(mktar_str(&m), 0, TAR_LIST_READ), str_from(want));
    mktar_done(&m);
}

/* A pax 1.0 map of `lines` pairs "0\n0\n", 4 bytes each. */
static void check_ahead(size_t pairs, const char *want)
{
    struct mktar text = {0}, m = {0};
    char count[32];
    snprintf(count, sizeof(count), "%zu\n", pairs);
    mktar_bytes(&text, count, strlen(count));
    for (size_t i = 0; i < pairs; i++) {
        mktar_bytes(&text, "0\n0\n", 4);
    }
    add_pax(&m, "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=2\n",
            mktar_str(&text), STR_NONE);
    mktar_end(&m);
    CHECK_STR(tar_list_by(mktar_str(&m), 0, TAR_LIST_READ), str_from(want));
    mktar_done(&m);
    mktar_done(&text);
}

static void test_limits(void)
{
    CHECK_CASE("a sparse map of 1 MiB is read, one block more is a limit")
    {
        check_old_blocks(1, "f old 5 '.....' sparse\nend\n");
        check_old_blocks(TAR_SPARSE_MAP_BYTES_MAX / 512, "f old 5 '.....' sparse\nend\n");
        check_old_blocks(TAR_SPARSE_MAP_BYTES_MAX / 512 + 1,
                         "failed: limit: tar header at byte 0: a sparse map is larger than the "
                         "limit of 1048576 bytes\n");
        size_t pairs = (TAR_SPARSE_MAP_BYTES_MAX - 7) / 4; /* the count is 7 bytes */
        check_ahead(pairs, "f a 2 '..' sparse\nend\n");
        check_ahead(pairs + 1, "failed: limit: tar header at byte 1024: a sparse map is larger "
                               "than the limit of 1048576 bytes\n");
    }
}

/* ---- reading ---- */

/* 0.1, `size` bytes, "abc" at `at`. */
static void build_huge(struct mktar *m, uint64_t size, uint64_t at)
{
    char value[64];
    struct mktar records = {0};
    snprintf(value, sizeof(value), "%llu,3", (unsigned long long)at);
    char record[128];
    int len = snprintf(record, sizeof(record), "%d GNU.sparse.map=%s\n",
                       (int)strlen(value) + 16 + 3, value);
    mktar_bytes(&records, record, (size_t)len);
    snprintf(value, sizeof(value), "%llu", (unsigned long long)size);
    len = snprintf(record, sizeof(record), "%d GNU.sparse.size=%s\n", (int)strlen(value) + 17 + 3,
                   value);
    mktar_bytes(&records, record, (size_t)len);
    mktar_special(m, 'x', mktar_str(&records));
    mktar_done(&records);
    mktar_file(m, "huge", "abc");
    mktar_file(m, "next", "");
    mktar_end(m);
}

struct open_tar {
    struct memory_reader memory;
    struct arena arena;
    struct tar tar;
    struct tar_entry entry;
};

/* The first entry of an archive. */
static bool open_first(struct open_tar *o, str bytes, struct error *e)
{
    memory_reader_init(&o->memory, bytes);
    arena_init(&o->arena, 1024 * 1024, "a test");
    return tar_open(&o->tar, &o->memory.base, &o->arena, e) &&
           tar_next(&o->tar, &o->entry, e) == STEP_GOT;
}

static void test_huge(void)
{
    CHECK_CASE("a sparse file of 2^62 bytes costs what is read of it")
    {
        struct mktar m = {0};
        struct open_tar o;
        struct error e = {0};
        char bytes[5];
        size_t got;
        uint64_t at = (uint64_t)1 << 61;
        build_huge(&m, (uint64_t)1 << 62, at);
        CHECK_OK(open_first(&o, mktar_str(&m), &e), &e);
        CHECK(o.entry.size_bytes == (uint64_t)1 << 62);
        CHECK(tar_body_is_sparse(&o.tar));
        struct reader *body = tar_body(&o.tar);
        CHECK(body->ops->read_at == NULL);
        CHECK_OK(reader_read(body, bytes, 5, &got, &e), &e);
        CHECK_STR(((str){.at = bytes, .len = got}), ((str){.at = "\0\0\0\0\0", .len = 5}));
        CHECK_NUM(reader_skip(body, at - 5 - 1, &e), STEP_GOT);
        CHECK_NUM(reader_offset(body), at - 1);
        CHECK_OK(reader_read(body, bytes, 5, &got, &e), &e);
        CHECK_STR(((str){.at = bytes, .len = got}), ((str){.at = "\0abc\0", .len = 5}));
        CHECK_NUM(reader_skip(body, at - 4 - 1, &e), STEP_GOT);
        CHECK_OK(reader_read(body, bytes, 5, &got, &e), &e);
        CHECK_NUM(got, 1);
        CHECK_NUM(tar_next(&o.tar, &o.entry, &e), STEP_GOT);
        CHECK_STR(o.entry.path, STR("next"));
        CHECK(o.arena.taken_bytes < 200 * 1024);
        arena_done(&o.arena);
        mktar_done(&m);
    }
    CHECK_CASE("a sparse file may be left in a hole, and skipped past its end")
    {
        struct mktar m = {0};
        struct open_tar o;
        struct error e = {0};
        build_huge(&m, (uint64_t)1 << 62, 100);
        CHECK_OK(open_first(&o, mktar_str(&m), &e), &e);
        struct reader *body = tar_body(&o.tar);
        CHECK_NUM(reader_skip(body, 101, &e), STEP_GOT);
        CHECK_NUM(reader_need(body, 1, &e), STEP_GOT);
        CHECK_NUM(body->at[0], 'b');
        CHECK_NUM(reader_skip(body, UINT64_MAX, &e), STEP_GOT);
        CHECK_NUM(reader_need(body, 1, &e), STEP_END);
        CHECK_NUM(tar_next(&o.tar, &o.entry, &e), STEP_GOT);
        CHECK_STR(o.entry.path, STR("next"));
        arena_done(&o.arena);
        mktar_done(&m);
    }
    CHECK_CASE("a window of a sparse file spans holes and data")
    {
        struct mktar m = {0};
        struct open_tar o;
        struct error e = {0};
        build_huge(&m, 300000, 65000);
        CHECK_OK(open_first(&o, mktar_str(&m), &e), &e);
        struct reader *body = tar_body(&o.tar);
        CHECK_NUM(reader_need(body, 1, &e), STEP_GOT);
        body->at += 1000;
        CHECK_NUM(reader_need(body, READER_NEED_MAX, &e), STEP_GOT);
        CHECK(memcmp(body->at + 64000 - 1, "\0abc\0", 5) == 0);
        uint64_t left = 0;
        CHECK_OK(reader_drain(body, &left, &e), &e);
        CHECK_NUM(left, 299000);
        arena_done(&o.arena);
        mktar_done(&m);
    }
}

int main(void)
{
    test_old();
    test_pax();
    test_limits();
    test_huge();
    return check_done();
}
