#include "store/part.h"

#include "store/items_testing.h"
#include "store/testing.h"
#include "store/varint.h"

static struct error e;

/* Some advisories with everything in them. */
static bool fill(struct gather *d, size_t advisories, size_t rows)
{
    uint64_t random = 1;
    bool done = true;
    for (size_t i = 0; done && i < advisories; i++) {
        char id[30], package[30], fixed[30];
        snprintf(id, sizeof(id), "X-%zu", i * 13 % advisories);
        snprintf(fixed, sizeof(fixed), "%u.%u", test_random(&random) % 9, test_random(&random));
        str ids[] = {STR("CVE-2020-0001"), STR("GHSA-1"), str_from(fixed)};
        struct advisory a = {.id = str_from(id),
                             .ids = ids,
                             .ids_count = i % 4,
                             .severity = (enum severity)(i % SEVERITY_COUNT),
                             .severity_source = str_from(i % 2 != 0 ? "cvss3" : ""),
                             .published_s = (int64_t)i * 1000,
                             .modified_s = (int64_t)(i % 3),
                             .withdrawn_s = i % 5 == 0 ? 1 : 0,
                             .description = str_from(i % 2 != 0 ? "what it is" : ""),
                             .url = str_from(i % 3 != 0 ? "https://example.org/1" : ""),
                             .exploitation = {.epss = (uint32_t)(i % 3),
                                              .epss_percentile = i % 3 != 0 ? EPSS_WHOLE : 0,
                                              .kev_added_s = (int64_t)(i % 2) * 1000,
                                              .kev_ransomware = i % 7 == 0},
                             .affected_count = 1};
        for (size_t r = 0; done && r < rows; r++) {
            snprintf(package, sizeof(package), "p%u", test_random(&random) % 500);
            struct affected affected = {.namespace_ = str_from(r % 2 != 0 ? "n:2" : "n:10"),
                                        .package = str_from(package),
                                        .scope = (enum package_scope)(r % 2),
                                        .state = (enum fix_state)(r % FIX_STATE_COUNT),
                                        .fixed = str_from(fixed),
                                        .product = str_from(r % 5 != 0 ? "" : "pro"),
                                        .word = str_from(r % 3 != 0 ? "a word" : ""),
                                        .severity = (enum severity)(r % SEVERITY_COUNT)};
            a.affected = &affected;
            done = gather_add(d, &a, &e);
        }
    }
    return done;
}

static bool encoded(size_t advisories, size_t rows, size_t budget, struct buf *out)
{
    CLEANUP(gather_done) struct gather g;
    gather_init(&g, test_dir, budget);
    return fill(&g, advisories, rows) && gathered_part(&g, out, &e);
}

/* Decodes and encodes again. */
static bool again(str bytes, struct buf *out, size_t *calls)
{
    CLEANUP(gather_done) struct gather g;
    gather_init(&g, test_dir, 1 << 24);
    return part_gather(bytes, &g, calls, &e) && gathered_part(&g, out, &e);
}

static void round_trips(void)
{
    static const struct {
        size_t advisories, rows;
    } sizes[] = {{0, 0}, {1, 1}, {7, 3}, {1, 255}, {1, 256}, {2, 2000}, {500, 4}};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        CHECK_CASE("%zu advisories of %zu rows come back as the same bytes", sizes[i].advisories,
                   sizes[i].rows)
        {
            struct buf first, second, spilled;
            size_t calls = 0;
            buf_init(&first, 1 << 24);
            buf_init(&second, 1 << 24);
            buf_init(&spilled, 1 << 24);
            CHECK_OK(encoded(sizes[i].advisories, sizes[i].rows, 1 << 24, &first), &e);
            CHECK_OK(again(buf_str(&first), &second, &calls), &e);
            CHECK(str_eq(buf_str(&first), buf_str(&second)));
            CHECK(calls >= sizes[i].advisories);
            CHECK_OK(encoded(sizes[i].advisories, sizes[i].rows, 4096, &spilled), &e);
            CHECK(str_eq(buf_str(&first), buf_str(&spilled)));
            buf_done(&first);
            buf_done(&second);
            buf_done(&spilled);
        }
    }
}

static void damage(void)
{
    struct buf good;
    size_t calls = 0, accepted = 0;
    buf_init(&good, 1 << 24);
    CHECK_CASE("each cut of a part is an error")
    {
        CHECK_OK(encoded(20, 4, 1 << 24, &good), &e);
        for (size_t len = 0; len < good.len; len++) {
            struct gather g;
            gather_init(&g, test_dir, 1 << 20);
            accepted += part_gather(str_slice(buf_str(&good), 0, len), &g, &calls, &e);
            gather_done(&g);
        }
        CHECK_NUM(accepted, 0);
    }
    CHECK_CASE("bytes behind the end are an error, and changed ones never crash")
    {
        struct gather g;
        gather_init(&g, test_dir, 1 << 20);
        CHECK_OK(buf_add_char(&good, 'x', &e), &e);
        CHECK_FAILS(part_gather(buf_str(&good), &g, &calls, &e), &e, ERROR_FORMAT,
                    "behind its end");
        gather_done(&g);
        good.len--;
        uint64_t random = 1;
        for (int i = 0; i < 5000; i++) {
            size_t at = test_random(&random) % good.len;
            char kept = good.at[at];
            struct buf out;
            good.at[at] = (char)test_random(&random);
            buf_init(&out, 1 << 24);
            accepted += again(buf_str(&good), &out, &calls);
            buf_done(&out);
            good.at[at] = kept;
        }
        printf("# of 5000, %zu can be read; the digest tells those\n", accepted);
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (int n = 0;; n++) {
            struct buf out;
            buf_init(&out, 1 << 24);
            error_clear(&e);
            fail_alloc_at(n);
            bool done = again(buf_str(&good), &out, &calls);
            fail_alloc_at(-1);
            buf_done(&out);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK(!done && e.kind == ERROR_MEMORY);
        }
    }
    buf_done(&good);
}

static void numbers(void)
{
    CHECK_CASE("numbers come back, in their shortest form only")
    {
        static const uint64_t values[] = {
            0, 1, 127, 128, 16383, 16384, 1u << 31, UINT32_MAX, (uint64_t)1 << 62, UINT64_MAX};
        for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
            char bytes[VARINT_BYTES_MAX];
            uint64_t back = 1;
            str rest = {.at = bytes, .len = varint_put(values[i], bytes)};
            CHECK(varint_take(&rest, &back) && back == values[i] && rest.len == 0);
            rest = (str){.at = bytes, .len = varint_put(values[i], bytes) - 1};
            CHECK(!varint_take(&rest, &back));
            CHECK(unzigzag(zigzag((int64_t)values[i])) == (int64_t)values[i]);
        }
        static const str bad[] = {STR_INIT("\x80\x00"), STR_INIT("\xff\x80\x00"),
                                  STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
                                  STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")};
        for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
            str rest = bad[i];
            uint64_t value;
            CHECK(!varint_take(&rest, &value));
        }
        CHECK_NUM(zigzag(-1), 1);
        CHECK_NUM(zigzag(1), 2);
        CHECK(unzigzag(zigzag(INT64_MIN)) == INT64_MIN);
    }
}

int main(void)
{
    test_dir_make();
    numbers();
    round_trips();
    damage();
    return check_done();
}
