#include "store/spill.h"

#include "store/key.h"
#include "store/testing.h"

static struct error e;

static int order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* Puts records in through a spill of that budget, and compares what comes out with qsort's. */
static void sorted(str *records, size_t count, size_t budget, bool spills)
{
    struct spill s;
    str record;
    spill_init(&s, test_dir, budget);
    for (size_t i = 0; i < count; i++) {
        CHECK_OK(spill_add(&s, records[i], &e), &e);
    }
    CHECK_OK(spill_sort(&s, &e), &e);
    CHECK((s.fd >= 0) == spills);
    qsort(records, count, sizeof(*records), order);
    for (int round = 0; round < 2; round++) {
        size_t wrong = 0;
        enum step got = STEP_END;
        for (size_t i = 0; i < count; i++) {
            if (i > 0 && str_eq(records[i], records[i - 1])) {
                continue;
            }
            got = spill_next(&s, &record, &e);
            wrong += got != STEP_GOT || !str_eq(record, records[i]);
        }
        CHECK_NUM(wrong, 0);
        CHECK(spill_next(&s, &record, &e) == STEP_END);
        CHECK_OK(spill_rewind(&s, &e), &e);
    }
    spill_done(&s);
    spill_done(&s);
}

static void orders(void)
{
    static char texts[20000][24];
    static str records[20000];
    static const struct {
        const char *says;
        size_t count, budget;
        bool spills;
    } cases[] = {
        {"nothing", 0, 1000, false},
        {"one record", 1, 0, false},
        {"all in memory", 20000, 8 << 20, false},
        {"a few runs", 20000, 200000, true},
        {"more runs than are read side by side", 20000, 4000, true},
        {"a run a record, many times over", 300, 0, true},
    };
    for (size_t c = 0; c < ARRAY_COUNT(cases); c++) {
        CHECK_CASE("records come out in order, each once: %s", cases[c].says)
        {
            uint64_t random = 3;
            for (size_t i = 0; i < cases[c].count; i++) {
                int len = snprintf(texts[i], sizeof(texts[i]), "%u-%u", test_random(&random) % 50,
                                   test_random(&random) % 900);
                texts[i][len / 2] = (char)(test_random(&random) % 4);
                records[i] = (str){.at = texts[i], .len = (size_t)len};
            }
            sorted(records, cases[c].count, cases[c].budget, cases[c].spills);
        }
    }
    CHECK_CASE("long records, an empty one, and no file is left behind")
    {
        char *longer = calloc(1, 300000);
        str few[] = {{longer, 300000}, {longer, 299999}, {"", 0}, {"x", 1}, {longer, 300000}};
        sorted(few, ARRAY_COUNT(few), 1000, true);
        free(longer);
        size_t files = 0;
        DIR *list = opendir(test_dir);
        while (list != NULL && readdir(list) != NULL) {
            files++;
        }
        closedir(list);
        CHECK_NUM(files, 2);
    }
}

static bool some(size_t budget)
{
    struct spill s;
    str record;
    char text[20];
    enum step got = STEP_FAILED;
    spill_init(&s, test_dir, budget);
    bool done = true;
    for (int i = 0; done && i < 400; i++) {
        snprintf(text, sizeof(text), "%d", i * 7919 % 400);
        done = spill_add(&s, str_from(text), &e);
    }
    done = done && spill_sort(&s, &e);
    while (done && (got = spill_next(&s, &record, &e)) == STEP_GOT) {
    }
    spill_done(&s);
    return done && got == STEP_END;
}

static void faults(void)
{
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (int n = 0;; n++) {
            error_clear(&e);
            fail_alloc_at(n);
            bool done = some(100);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK(!done && e.kind == ERROR_MEMORY);
        }
    }
    CHECK_CASE("a directory that cannot be written, and a record over the limit, are errors")
    {
        struct spill s;
        spill_init(&s, "/nowhere/at/all", 10);
        CHECK_OK(spill_add(&s, STR("a"), &e), &e);
        CHECK_FAILS(spill_add(&s, STR("b"), &e), &e, ERROR_IO, "temporary");
        CHECK_FAILS(spill_add(&s, (str){.at = "", .len = SPILL_RECORD_BYTES_MAX + 1}, &e), &e,
                    ERROR_LIMIT, "limit");
        spill_done(&s);
    }
}

/* -- keys ------------------------------------------------------------------------------------- */

static void keys(void)
{
    struct arena arena;
    struct buf b;
    arena_init(&arena, 1 << 20, "a test");
    buf_init(&b, 1 << 20);
    CHECK_CASE("texts come back from a key, whatever bytes they have")
    {
        static const str texts[] = {STR_INIT(""), STR_INIT("a"), STR_INIT("\0"), STR_INIT("\1\0\1"),
                                    STR_INIT("a\0b\1c\2")};
        for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
            CHECK_OK(key_add(&b, texts[i], &e), &e);
        }
        str rest = buf_str(&b), out;
        for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
            CHECK_OK(key_take(&rest, &arena, &out, &e), &e);
            CHECK(str_eq(out, texts[i]));
        }
        CHECK_NUM(rest.len, 0);
        CHECK_FAILS(key_take(&rest, &arena, &out, &e), &e, ERROR_FORMAT, "end");
    }
    CHECK_CASE("ids are in order by value, in either case, and come back as written")
    {
        static const char *const ids[] = {
            "",         "CVE-2014-0160", "cve-2014-0160", "CVE-2014-999",     "CVE-2014-1000",
            "DSA-2-1",  "DSA-10-1",      "GHSA-2c4m",     "ghsa-abcd-Zz9",    "X-0123456789012",
            "X-123456", "\x80\xff",      "a.b_c-01x001",  "RUSTSEC-2024-0001"};
        for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
            str out;
            b.len = 0;
            CHECK_OK(key_add_id(&b, str_from(ids[i]), &e), &e);
            str rest = buf_str(&b);
            CHECK_OK(key_take_id(&rest, &arena, &out, &e), &e);
            CHECK_STR(out, str_from(ids[i]));
            CHECK_NUM(rest.len, 0);
        }
        static const struct {
            const char *a, *b;
        } before[] = {{"CVE-2014-999", "CVE-2014-1000"},
                      {"DSA-2-1", "DSA-10-1"},
                      {"cve-2014-1", "CVE-2014-2"},
                      {"CVE-2014-1", "cve-2014-2"},
                      {"A", "A-1"}};
        for (size_t i = 0; i < ARRAY_COUNT(before); i++) {
            struct buf other;
            buf_init(&other, 1000);
            b.len = 0;
            CHECK_OK(key_add_id(&b, str_from(before[i].a), &e), &e);
            CHECK_OK(key_add_id(&other, str_from(before[i].b), &e), &e);
            CHECK(str_cmp(buf_str(&b), buf_str(&other)) < 0);
            buf_done(&other);
        }
    }
    buf_done(&b);
    arena_done(&arena);
}

int main(void)
{
    test_dir_make();
    orders();
    faults();
    keys();
    return check_done();
}
