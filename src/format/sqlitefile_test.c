#include "format/sqlitefile.h"

#include "base/num.h"
#include "check.h"
#include "format/sqlitewal.h"
#include "rpmdb_test.h"

/* The files were made by SQLite 3.40 with pages of 512 bytes. Rows: three-rows has headers of 321,
 * 147 and 847 bytes; tree has 24 rows of 147 bytes. */
static str corpus(const char *below)
{
    char path[4096];
    const char *root = getenv("LIMPID_SOURCE");
    snprintf(path, sizeof(path), "%s/fuzz/corpus/%s", root == NULL ? "." : root, below);
    str file = check_file(path);
    made_hold(file.len > 0);
    return made_keep(made_copy(file, file.len));
}

static struct walked walk(str file, const char *column, bool *opened, struct error *e)
{
    struct memory_reader memory;
    struct random r;
    struct sqlitefile s;
    struct arena arena;
    struct walked w = {.values = 0};
    arena_init(&arena, 8 << 20, "a test");
    memory_reader_init(&memory, file);
    *opened = random_open(&r, &memory.base, file.len, file.len, e) &&
              sqlitefile_open(&s, &r, STR("Packages"), str_from(column), &arena, e);
    if (*opened) {
        w = walk_blobs(&s.base, 10000);
    }
    made_hold(!r.failed);
    random_close(&r);
    arena_done(&arena);
    return w;
}

static const struct {
    const char *file, *column;
    size_t values, failed;
    uint64_t bytes;
    const char *text; /* why it is not opened, or of the first failure */
} files[] = {
    {"three-rows", "blob", 3, 0, 321 + 147 + 847, ""},
    {"tree", "blob", 24, 0, 24 * 147, ""},
    {"deleted", "blob", 2, 0, 321 + 147, ""},
    {"reserved", "BLOB", 3, 0, 321 + 147 + 847, ""},
    {"triggers", "blob", 1, 0, 147, ""},
    {"third-column", "blob", 2, 0, 9 + 147, ""},
    {"third-column", "n", 0, 2, 0, "row 1: a value of type 1"},
    {"not-a-blob", "blob", 1, 2, 147, "row 2: a value of type 21"},
    {"other-columns", "blob", 0, 0, 0, "table 'Packages' has no column 'blob'"},
    {"no-table", "blob", 0, 0, 0, "no table 'Packages'"},
    {"view", "blob", 0, 0, 0, "'Packages' is a view, not a table"},
    {"virtual", "blob", 0, 0, 0, "'Packages' is a virtual table"},
    {"without-rowid", "blob", 0, 0, 0, "is damaged (type 10"},
    {"utf-16", "blob", 0, 0, 0, "its text is UTF-16"},
};

static void test_files(void)
{
    struct error e;
    bool opened;
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        CHECK_CASE("the file '%s' gives %zu values", files[i].file, files[i].values)
        {
            char name[100];
            snprintf(name, sizeof(name), "sqlitefile/%s", files[i].file);
            struct walked w = walk(corpus(name), files[i].column, &opened, &e);
            CHECK_NUM(w.values, files[i].values);
            CHECK_NUM(w.failed, files[i].failed);
            CHECK_NUM(w.bytes, files[i].bytes);
            if (!opened) {
                CHECK_FAILS(opened, &e, ERROR_FORMAT, files[i].text);
            } else if (w.failed > 0) {
                CHECK_FAILS(false, &w.first, ERROR_FORMAT, files[i].text);
            }
        }
    }
}

/* The pages of 'three-rows': 1 schema, 2 Packages, 3 sqlite_sequence, 5 rows 1 and 2, 6 row 3, 4
 * its overflow. */
enum { LEAF = 4 * 512, LAST_LEAF = 5 * 512, OVERFLOW = 3 * 512 };

/* HOSTILE inputs of kind 33: `width` bytes of 'three-rows' become `value`. */
static const struct {
    const char *says;
    size_t at, width;
    uint32_t value;
    size_t values;
    const char *text;
} spoils[] = {
    {"no magic", 0, 1, 0, 0, "not an SQLite database"},
    {"pages of no bytes", 16, 2, 0, 0, "its pages have 0 bytes"},
    {"pages of 3 bytes", 16, 2, 3, 0, "its pages have 3 bytes"},
    {"pages of 256 bytes", 16, 2, 256, 0, "its pages have 256 bytes"},
    {"pages of 65,536 bytes", 16, 2, 1, 0, "page 1 of 0"},
    {"more reserved than SQLite allows", 20, 1, 33, 0, "512 bytes, 33 reserved"},
    {"a format to come", 19, 1, 3, 0, "format 3"},
    {"other payload fractions", 21, 1, 65, 0, "payload fractions 65"},
    {"2^32-1 pages", 28, 4, UINT32_MAX, 3, "ends after 6 of 4294967295 pages"},
    {"fewer pages than there are", 28, 4, 2, 3, ""},
    {"a schema page of another type", 100, 1, 10, 0, "the schema: page 1 is damaged (type 10"},
    {"a schema of 65,535 cells", 103, 2, 65535, 0, "65535 cells"},
    {"a root page of another type", 512, 1, 2, 0, "page 2 is damaged (type 2"},
    {"a root page of 65,535 cells", 515, 2, 65535, 0, "page 2 is damaged (type 5, 65535 cells)"},
    {"a root page of no cells", 515, 2, 0, 1, ""},
    {"a child in the page's head", 524, 2, 3, 1, "page 2: cell 0 is outside"},
    {"a child at the page's end", 524, 2, 509, 1, "page 2: cell 0 is outside"},
    {"a child that is page 0", 520, 4, 0, 2, "page 0 of 6"},
    {"a child past the end", 520, 4, UINT32_MAX, 2, "page 4294967295 of 6"},
    {"a child that is the root", 520, 4, 2, 2, "page 2 is in the tree twice"},
    {"a leaf of another type", LEAF, 1, 2, 1, "page 5 is damaged (type 2"},
    {"a leaf of 65,535 cells", LEAF + 3, 2, 65535, 1, "page 5 is damaged (type 13, 65535 cells)"},
    {"a leaf of no cells", LEAF + 3, 2, 0, 1, ""},
    {"a leaf that becomes interior", LEAF, 1, 5, 1, "page"},
    {"a cell in the page's head", LEAF + 8, 2, 3, 2, "page 5: cell 0 is damaged"},
    {"a cell past the page", LEAF + 8, 2, 512, 2, "page 5: cell 0 is damaged"},
    {"a cell at the page's end", LEAF + 8, 2, 511, 2, "page 5: "},
    {"a row of 2^28 bytes", LEAF + 184, 4, 0xffffff7f, 2, "row "},
    {"a row whose head is longer than it", LEAF + 184 + 3, 1, 0x7f, 2, "row "},
};

static void spoil(str file, size_t at, size_t width, uint32_t value)
{
    uint8_t *to = (uint8_t *)(uintptr_t)file.at + at;
    if (width == 4) {
        put32(true, to, value);
    } else if (width == 2) {
        put16(true, to, value);
    } else {
        *to = (uint8_t)value;
    }
}

static void test_spoiled(void)
{
    struct error e;
    bool opened;
    for (size_t i = 0; i < ARRAY_COUNT(spoils); i++) {
        CHECK_CASE("spoiled: %s", spoils[i].says)
        {
            str file = corpus("sqlitefile/three-rows");
            spoil(file, spoils[i].at, spoils[i].width, spoils[i].value);
            if (spoils[i].at == 28) {
                spoil(file, 92, 4, num_be32(file.at + 24)); /* the count is valid */
            }
            struct walked w = walk(file, "blob", &opened, &e);
            CHECK(!w.gave_up);
            CHECK_NUM(w.values, spoils[i].values);
            if (!opened) {
                CHECK_FAILS(opened, &e, ERROR_FORMAT, spoils[i].text);
            } else if (spoils[i].text[0] != '\0') {
                CHECK_FAILS(w.failed == 0, &w.first, ERROR_FORMAT, spoils[i].text);
            }
        }
    }
}

static void test_overflow(void)
{
    struct error e;
    bool opened;
    static const struct {
        const char *says, *text;
        bool in_page; /* the next page's number, or the first's */
        uint32_t value;
        size_t values;
    } cases[] = {
        {"past the end", "page 7 of 6", false, 7, 2},
        {"of number 0", "bytes too early", false, 0, 2},
        {"to itself, with nothing left to read", "", true, 4, 3},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("an overflow page %s", cases[i].says)
        {
            str file = corpus("sqlitefile/three-rows");
            /* 3 bytes of varints, 343 of the row, then the page's number */
            size_t at = LAST_LEAF + num_be16(file.at + LAST_LEAF + 8) + 3 + 343;
            CHECK_NUM(num_be32(file.at + at), 4);
            spoil(file, cases[i].in_page ? OVERFLOW : at, 4, cases[i].value);
            struct walked w = walk(file, "blob", &opened, &e);
            CHECK_OK(opened, &e);
            CHECK_NUM(w.values, cases[i].values);
            CHECK_NUM(w.failed, 3 - cases[i].values);
            CHECK(w.failed == 0 || strstr(w.first.text, cases[i].text) != NULL);
        }
    }
    CHECK_CASE("an overflow page to itself, with much left to read, is one failure")
    {
        str file = corpus("sqlitefile/three-rows");
        size_t cell = LAST_LEAF + num_be16(file.at + LAST_LEAF + 8);
        /* 14 pages more: 343 bytes stay in the leaf */
        uint32_t bytes = 851 + 14 * 508, type = 12 + 2 * (847 + 14 * 508);
        spoil(file, cell, 1, 0x80 | bytes >> 7);
        spoil(file, cell + 1, 1, bytes & 0x7f);
        spoil(file, cell + 5, 1, 0x80 | type >> 7);
        spoil(file, cell + 6, 1, type & 0x7f);
        spoil(file, OVERFLOW, 4, 4);
        struct walked w = walk(file, "blob", &opened, &e);
        CHECK_NUM(w.values, 2);
        CHECK_FAILS(w.failed != 1, &w.first, ERROR_FORMAT, "lead back to page 4");
    }
}

static void test_tree(void)
{
    struct error e;
    bool opened;
    size_t pages = corpus("sqlitefile/tree").len / 512;
    for (size_t page = 2; page <= pages; page++) {
        CHECK_CASE("page %zu of zero bytes is told, and the others are read", page)
        {
            str file = corpus("sqlitefile/tree");
            memset((char *)(uintptr_t)file.at + (page - 1) * 512, 0, 512);
            struct walked w = walk(file, "blob", &opened, &e);
            CHECK(!w.gave_up && (!opened || w.values >= 18));
            CHECK(!opened || w.failed > 0 || page == 3); /* 3 is sqlite_sequence */
        }
    }
    CHECK_CASE("a tree whose pages lead to each other is walked once")
    {
        str file = corpus("sqlitefile/tree");
        size_t root = 512;
        CHECK_NUM(file.at[root], 5);
        unsigned cells = num_be16(file.at + root + 3);
        for (unsigned i = 0; i < cells; i++) {
            size_t cell = root + num_be16(file.at + root + 12 + 2 * i);
            spoil(file, cell, 4, i % 2 == 0 ? 2 : num_be32(file.at + root + 8));
        }
        struct walked w = walk(file, "blob", &opened, &e);
        CHECK_OK(opened, &e);
        CHECK_NUM(w.failed, cells);
        CHECK_FAILS(false, &w.first, ERROR_FORMAT, "is in the tree twice");
    }
    CHECK_CASE("every beginning of a file is an error or reported")
    {
        str file = corpus("sqlitefile/tree");
        spoil(file, 92, 4, num_be32(file.at + 24));
        for (size_t len = 0; len < file.len; len++) {
            str cut = made_copy(file, len);
            struct walked w = walk(cut, "blob", &opened, &e);
            made_free(cut);
            if (!(opened ? w.failed > 0 && !w.gave_up : e.kind == ERROR_FORMAT)) {
                CHECK_NUM(len, -1);
                break;
            }
        }
    }
}

/* A tree of `depth` interior pages of one child each, above a leaf; pages of 512 bytes. */
static str deep_tree(uint32_t depth)
{
    struct buf b;
    str file = corpus("sqlitefile/three-rows");
    buf_init(&b, MADE_BYTES_MAX);
    made_hold(buf_add(&b, file.at, 512, NULL));
    put_be32((uint8_t *)b.at + 28, depth + 2);
    put_be32((uint8_t *)b.at + 92, num_be32(b.at + 24));
    for (uint32_t i = 0; i < depth; i++) {
        add_zeros(&b, 512);
        b.at[b.len - 512] = 5;
        put_be32((uint8_t *)b.at + b.len - 512 + 8, i + 3);
    }
    made_hold(buf_add(&b, file.at + LEAF, 512, NULL));
    return made_keep(buf_str(&b));
}

static void test_limits(void)
{
    struct error e;
    bool opened;
    for (uint32_t depth = SQLITEFILE_DEPTH_MAX; depth <= SQLITEFILE_DEPTH_MAX + 1; depth++) {
        CHECK_CASE("a tree of %" PRIu32 " levels above the leaves", depth)
        {
            struct walked w = walk(deep_tree(depth), "blob", &opened, &e);
            CHECK_OK(opened, &e);
            if (depth == SQLITEFILE_DEPTH_MAX) {
                CHECK(w.values > 0);
            } else {
                CHECK_FAILS(w.failed == 0, &w.first, ERROR_LIMIT, "limit of 20 levels");
            }
        }
    }
    CHECK_CASE("each refused allocation is an error without a leak")
    {
        str file = corpus("sqlitefile/tree");
        for (int n = 0;; n++) {
            fail_alloc_at(n);
            struct walked w = walk(file, "blob", &opened, &e);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_NUM(w.values, 24);
                CHECK(n >= 2);
                break;
            }
            CHECK_FAILS(opened, &e, ERROR_MEMORY, "");
        }
    }
}

static bool committed(str log)
{
    struct memory_reader memory;
    struct error e;
    bool is = false;
    memory_reader_init(&memory, log);
    CHECK_OK(sqlitewal_committed(&memory.base, &is, &e), &e);
    return is;
}

static void test_log(void)
{
    str log = corpus("sqlitewal/one-row");
    CHECK_CASE("a log with a transaction is told from one without")
    {
        CHECK(sqlitewal_matches((const uint8_t *)log.at, log.len));
        CHECK(committed(log));
        CHECK(!committed(STR("")));
        CHECK(!committed(str_slice(log, 0, 32)));
    }
    CHECK_CASE("a log that is cut within its first transaction changes nothing")
    {
        size_t first = 32 + 24 + 512;
        while (num_be32(log.at + first - 512 - 20) == 0) {
            first += 24 + 512;
        }
        for (size_t len = 0; len <= log.len; len++) {
            str cut = made_copy(log, len);
            if (committed(cut) != (len >= first)) {
                CHECK_NUM(len, -1);
            }
            made_free(cut);
        }
    }
    CHECK_CASE("a log with a wrong checksum or old frames changes nothing")
    {
        for (size_t at = 0; at < 32 + 24 + 512; at++) {
            str copy = made_copy(log, log.len);
            ((char *)(uintptr_t)copy.at)[at] ^= 1;
            /* the byte order may change only with the sums, which are the last eight bytes */
            if (committed(copy)) {
                CHECK_NUM(at, -1);
            }
            made_free(copy);
        }
    }
}

int main(void)
{
    test_files();
    test_spoiled();
    test_overflow();
    test_tree();
    test_limits();
    test_log();
    return check_done();
}
