#include "format/bdb.h"

#include "base/num.h"
#include "check.h"
#include "rpmdb_test.h"

enum { PACKAGES = 5 };

static struct walked walk(str file, size_t calls_max, bool *opened, struct error *e)
{
    struct memory_reader memory;
    struct random r;
    struct bdb b;
    struct arena arena;
    struct walked w = {.values = 0};
    arena_init(&arena, 1 << 20, "a test");
    memory_reader_init(&memory, file);
    *opened = random_open(&r, &memory.base, file.len, file.len, e) && bdb_open(&b, &r, &arena, e);
    if (*opened) {
        w = walk_blobs(&b.base, calls_max);
    }
    made_hold(!r.failed);
    random_close(&r);
    arena_done(&arena);
    return w;
}

static void make_values(str *values)
{
    static const size_t bytes[PACKAGES] = {0, 9, 1000, 3000, 70000};
    for (unsigned i = 0; i < PACKAGES; i++) {
        values[i] = header_numbered("bash", i, bytes[i]);
    }
}

static void test_whole(const str *values)
{
    struct error e;
    bool opened;
    for (uint32_t bytes = BDB_PAGE_BYTES_MIN; bytes <= BDB_PAGE_BYTES_MAX; bytes *= 2) {
        for (int big = 0; big <= 1; big++) {
            CHECK_CASE("%s-endian pages of %" PRIu32 " bytes give the values, not the counter",
                       big ? "big" : "little", bytes)
            {
                struct bdb_form form = {.page_bytes = bytes, .big_endian = big};
                /* with the largest pages, all values would not fit into one */
                size_t count = bytes < 65536 ? PACKAGES : PACKAGES - 1;
                struct walked w = walk(bdb_made(values, count, form), 100, &opened, &e);
                CHECK_OK(opened, &e);
                CHECK_NUM(w.values, count);
                CHECK_NUM(w.failed, 0);
                CHECK(w.hash == hash_of(values, count));
            }
        }
    }
}

/* Pages of 4,096 bytes: 1 has the items; values 1 and 2 lie in it, 3 on page 2, 4 on 3, 5 from 4
 * to 21. */
enum { PAGE = 4096, ITEMS = PAGE + 26, LONG = 4 * PAGE, LAST = 21 };

/* HOSTILE inputs of kind 35: `width` bytes of the file become `value`. */
static const struct {
    const char *says;
    size_t at, width;
    uint32_t value;
    size_t values;
    const char *text; /* of the first failure, or of opening where there are no values */
} spoils[] = {
    {"no magic", 12, 4, 0, 0, "not a hash file"},
    {"hash version 6", 16, 4, 6, 0, "hash version 6"},
    {"hash version 10", 16, 4, 10, 0, "hash version 10"},
    {"pages of no bytes", 20, 4, 0, 0, "its pages have 0 bytes"},
    {"pages of 3 bytes", 20, 4, 3, 0, "its pages have 3 bytes"},
    {"pages of 256 bytes", 20, 4, 256, 0, "its pages have 256 bytes"},
    {"pages of 131,072 bytes", 20, 4, 131072, 0, "its pages have 131072 bytes"},
    {"pages of 2^31 bytes", 20, 4, UINT32_C(1) << 31, 0, "its pages have 2147483648 bytes"},
    {"encrypted pages", 24, 1, 1, 0, "encrypted"},
    {"pages with checksums", 26, 1, 1, 0, "encrypted or have checksums"},
    {"a first page of another type", 25, 1, 9, 0, "the type 9"},
    {"last page 2^32-1", 32, 4, UINT32_MAX, 5, "ends after 22 of 4294967296 pages"},
    {"last page 2", 32, 4, 2, 3, "page 3 of 3"},
    {"2^32 buckets", 72, 4, UINT32_MAX, 5, "bucket 2: page 2 has the type 7"},
    {"a bucket elsewhere", 96, 4, 7, 5, "bucket 0: page 7 has the type 7"},
    {"a bucket past the end", 96, 4, UINT32_MAX, 5, "bucket 0: page 4294967295 of 22"},
    {"a hash page of another number", PAGE + 8, 4, 9, 0, "page 1 is damaged (number 9"},
    {"65,535 items", PAGE + 20, 2, 65535, 0, "65535 items"},
    {"more items than the page's bytes", PAGE + 20, 2, 2036, 0, "2036 items"},
    {"a key without a value", PAGE + 20, 2, 11, 4, "key 10 has no value"},
    {"a hash page freed", PAGE + 25, 1, 0, 0, "bucket 0: page 1 has the type 0"},
    {"a hash page that leads nowhere", PAGE + 16, 4, 99, 5, "behind page 1: page 99 of 22"},
    {"a hash page that leads to values", PAGE + 16, 4, 3, 5, "behind page 1: page 3 has the type"},
    {"an item in the page's head", ITEMS + 2 * 3, 2, 4, 3, "item 3 lies at bytes 4"},
    {"an item past the page", ITEMS + 2 * 3, 2, 5000, 3, "item 3 lies at bytes 5000"},
    {"an item above the one before", ITEMS + 2 * 3, 2, 4090, 4, "item 3 lies at bytes 4090"},
    {"an overflow page to itself", LONG + 16, 4, 4, 4, "lead back to page 4"},
    {"overflow pages in a circle", LONG + 9 * PAGE + 16, 4, 6, 4, "lead back to page"},
    {"an overflow page 0", LONG + 16, 4, 0, 4, "too early"},
    {"an overflow page past the end", LONG + 16, 4, 22, 4, "page 22 of 22"},
    {"an overflow page that is the metadata's", LONG + PAGE + 8, 4, 0, 4, "page 5 is damaged"},
    {"an overflow page of no bytes", LONG + 22, 2, 0, 4, "page 4 is damaged"},
    {"an overflow page of too many bytes", LONG + 22, 2, 4071, 4, "page 4 is damaged"},
    {"an overflow page of another type", LONG + 25, 1, 13, 4, "page 4 is damaged (number 4, ty"},
    {"a freed overflow page", LONG + 25, 1, 0, 4, "page 4 is damaged (number 4, type 0"},
};

static void spoil(str file, bool big, size_t at, size_t width, uint32_t value)
{
    uint8_t *to = (uint8_t *)(uintptr_t)file.at + at;
    if (width == 4) {
        put32(big, to, value);
    } else if (width == 2) {
        put16(big, to, value);
    } else {
        *to = (uint8_t)value;
    }
}

static void test_spoiled(const str *values)
{
    struct error e;
    bool opened;
    for (size_t i = 0; i < 2 * ARRAY_COUNT(spoils); i++) {
        size_t k = i / 2;
        CHECK_CASE("spoiled, %s-endian: %s", i % 2 ? "big" : "little", spoils[k].says)
        {
            struct bdb_form form = {.page_bytes = PAGE, .big_endian = i % 2};
            str file = bdb_made(values, PACKAGES, form);
            CHECK_NUM(file.len, (LAST + 1) * PAGE);
            spoil(file, form.big_endian, spoils[k].at, spoils[k].width, spoils[k].value);
            struct walked w = walk(file, 1000, &opened, &e);
            CHECK_NUM(w.values, spoils[k].values);
            CHECK(!w.gave_up);
            if (!opened) {
                CHECK_FAILS(opened, &e, ERROR_FORMAT, spoils[k].text);
            } else {
                CHECK_FAILS(w.failed == 0, &w.first, ERROR_FORMAT, spoils[k].text);
            }
        }
    }
}

static void test_types(const str *values)
{
    struct error e;
    bool opened;
    CHECK_CASE("of 256 types of the hash page, only that of a hash page gives all")
    {
        for (uint32_t type = 0; type < 256; type++) {
            str file = bdb_made(values, PACKAGES, (struct bdb_form){.page_bytes = PAGE});
            spoil(file, false, PAGE + 25, 1, type);
            struct walked w = walk(file, 1000, &opened, &e);
            bool is_hash = type == 2 || type == 13;
            CHECK_NUM(w.values, is_hash ? PACKAGES : 0);
            CHECK(is_hash ? w.failed == 0 : w.failed > 0);
        }
    }
    CHECK_CASE("of 256 types of items, values in and out of the page are read")
    {
        for (uint32_t type = 0; type < 256; type++) {
            str file = bdb_made(values, PACKAGES, (struct bdb_form){.page_bytes = PAGE});
            size_t item = num_le16(file.at + ITEMS + 2 * 3);
            spoil(file, false, PAGE + item, 1, type);
            struct walked w = walk(file, 1000, &opened, &e);
            CHECK_NUM(w.values, type == 1 ? PACKAGES : PACKAGES - 1);
            CHECK_NUM(w.failed, type == 1 ? 0 : 1);
        }
    }
    CHECK_CASE("pages freed or new are passed over")
    {
        str file = bdb_made(values, PACKAGES, (struct bdb_form){.page_bytes = PAGE});
        struct buf b;
        buf_init(&b, MADE_BYTES_MAX);
        made_hold(buf_add_str(&b, file, NULL));
        add_zeros(&b, 3 * PAGE);
        spoil(buf_str(&b), false, 32, 4, LAST + 3);
        struct walked w = walk(buf_str(&b), 1000, &opened, &e);
        CHECK_NUM(w.values, PACKAGES);
        CHECK_NUM(w.failed, 0);
        buf_done(&b);
    }
}

static void test_cut(const str *values)
{
    CHECK_CASE("every beginning of a file is an error or reported")
    {
        struct error e;
        bool opened;
        str file = bdb_made(values, 4, (struct bdb_form){.page_bytes = 512});
        for (size_t len = 0; len < file.len; len++) {
            str cut = made_copy(file, len);
            struct walked w = walk(cut, 1000, &opened, &e);
            made_free(cut);
            if (!(opened ? w.failed > 0 && w.values < 4 && !w.gave_up : e.kind == ERROR_FORMAT)) {
                CHECK_NUM(len, -1);
                break;
            }
        }
    }
}

static void test_bounds(const str *values)
{
    struct error e;
    bool opened;
    CHECK_CASE("items that share one chain of pages end at the limit of visits")
    {
        enum { ITEM_COUNT = 40, LARGE = 16384 };
        str many[ITEM_COUNT];
        for (size_t i = 0; i < ITEM_COUNT; i++) {
            many[i] = i == 0 ? header_numbered("bash", 0, 700000) : values[0];
        }
        str file = bdb_made(many, ITEM_COUNT, (struct bdb_form){.page_bytes = LARGE});
        const char *first = file.at + LARGE + num_le16(file.at + LARGE + 26 + 2 * 3);
        for (size_t i = 1; i < ITEM_COUNT; i++) {
            size_t item = num_le16(file.at + LARGE + 26 + 2 * (2 * i + 3));
            memcpy((char *)(uintptr_t)file.at + LARGE + item, first, 12);
        }
        struct walked w = walk(file, 1000, &opened, &e);
        CHECK_NUM(w.values, 2);
        CHECK_NUM(w.failed, ITEM_COUNT - 2);
        CHECK_FAILS(false, &w.first, ERROR_LIMIT, "used too often");
        CHECK(w.bytes <= 2 * file.len);
    }
    CHECK_CASE("a refused allocation is an error without a leak")
    {
        str file = bdb_made(values, PACKAGES, (struct bdb_form){.page_bytes = PAGE});
        for (int n = 0;; n++) {
            fail_alloc_at(n);
            walk(file, 0, &opened, &e);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(opened, &e);
                CHECK(n >= 2);
                break;
            }
            CHECK_FAILS(opened, &e, ERROR_MEMORY, "");
        }
    }
}

int main(void)
{
    str values[PACKAGES];
    make_values(values);
    test_whole(values);
    test_spoiled(values);
    test_types(values);
    test_cut(values);
    test_bounds(values);
    return check_done();
}
