#include "format/random.h"

#include "check.h"
#include "rpmdb_test.h"

/* A stream whose reads are counted and can fail, with or without read_at. */
struct counting {
    struct reader base;
    str bytes;
    uint64_t read_bytes, reads;
    uint64_t fails_at; /* reads until one fails */
};

static bool counting_read_at(struct reader *base, uint64_t offset, void *to, size_t len,
                             struct error *e)
{
    struct counting *c = CONTAINER_OF(base, struct counting, base);
    if (c->reads++ == c->fails_at) {
        return error_set(e, ERROR_FORMAT, "the archive is cut");
    }
    if (offset > c->bytes.len || len > c->bytes.len - offset) {
        return error_set(e, ERROR_FORMAT, "the stream is shorter");
    }
    c->read_bytes += len;
    memcpy(to, c->bytes.at + offset, len);
    return true;
}

static enum step counting_fill(struct reader *base, size_t want, struct error *e)
{
    struct counting *c = CONTAINER_OF(base, struct counting, base);
    if (c->reads++ == c->fails_at) {
        error_set(e, ERROR_FORMAT, "the archive is cut");
        return STEP_FAILED;
    }
    size_t ready = reader_ready(base), left = c->bytes.len - (size_t)base->end_offset;
    size_t more = want > ready ? want - ready : 1;
    more = more < left ? more : left;
    base->at = (const uint8_t *)c->bytes.at + base->end_offset - ready;
    base->end = base->at + ready + more;
    base->end_offset += more;
    return more > 0 ? STEP_GOT : STEP_END;
}

static const struct reader_ops in_order = {.name = "in order", .fill = counting_fill};
static const struct reader_ops anywhere = {
    .name = "anywhere", .fill = counting_fill, .read_at = counting_read_at};

static struct counting counting_of(str bytes, const struct reader_ops *ops)
{
    return (struct counting){.base = {.ops = ops}, .bytes = bytes, .fails_at = UINT64_MAX};
}

static str some_bytes(size_t len)
{
    char *at = malloc(len);
    made_hold(at != NULL);
    for (size_t i = 0; i < len; i++) {
        at[i] = (char)(i * 131 + (i >> 8));
    }
    return made_keep((str){.at = at, .len = len});
}

static void test_parts(const struct reader_ops *ops, size_t size)
{
    str bytes = some_bytes(size);
    struct counting c = counting_of(bytes, ops);
    struct random r;
    struct error e;
    CHECK_CASE("any part of a file of %zu bytes that is read %s is right", size, ops->name)
    {
        CHECK_OK(random_open(&r, &c.base, bytes.len, bytes.len, &e), &e);
        CHECK_NUM(r.size_bytes, bytes.len);
        uint64_t random = 12345;
        for (int i = 0; i < 20000; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            size_t len = (size_t)(random >> 33) % RANDOM_PART_BYTES_MAX + 1;
            size_t at = (size_t)(random >> 20) % (bytes.len - len + 1);
            const uint8_t *part = NULL;
            bool ok = random_part(&r, at, len, &part, &e);
            bool is_right = ok && memcmp(part, bytes.at + at, len) == 0;
            if (!CHECK(is_right)) {
                break;
            }
        }
    }
    CHECK_CASE("a part past the end of %zu bytes that are read %s is an error", size, ops->name)
    {
        const uint8_t *part;
        CHECK_OK(random_part(&r, bytes.len - 1, 1, &part, &e), &e);
        CHECK_FAILS(random_part(&r, bytes.len - 1, 2, &part, &e), &e, ERROR_FORMAT, "");
        CHECK_FAILS(random_part(&r, bytes.len, 1, &part, &e), &e, ERROR_FORMAT, "");
        CHECK_FAILS(random_part(&r, UINT64_MAX, 1, &part, &e), &e, ERROR_FORMAT, "");
        CHECK(!r.failed);
        random_close(&r);
        random_close(&r);
    }
}

static void test_limit(const struct reader_ops *ops)
{
    str bytes = some_bytes(100000);
    CHECK_CASE("the limit for a file that is read %s holds, and one byte more is told", ops->name)
    {
        struct counting c = counting_of(bytes, ops);
        struct random r;
        struct error e;
        CHECK_OK(random_open(&r, &c.base, bytes.len, bytes.len, &e), &e);
        random_close(&r);
        c = counting_of(bytes, ops);
        CHECK_FAILS(random_open(&r, &c.base, bytes.len, bytes.len - 1, &e), &e, ERROR_LIMIT,
                    "100000 bytes, more than the limit of 99999");
        CHECK(!r.failed);
        random_close(&r);
    }
}

static void test_loading(void)
{
    str bytes = some_bytes(100000);
    struct random r;
    struct error e;
    CHECK_CASE("no more is read than the size says")
    {
        struct counting c = counting_of(bytes, &in_order);
        CHECK_OK(random_open(&r, &c.base, 10, bytes.len, &e), &e);
        CHECK_NUM(r.size_bytes, 10);
        random_close(&r);
    }
    CHECK_CASE("a size that is more than what comes takes no memory")
    {
        struct counting c = counting_of(bytes, &in_order);
        CHECK_OK(random_open(&r, &c.base, 1 << 30, 1 << 30, &e), &e);
        CHECK_NUM(r.size_bytes, bytes.len);
        CHECK(r.bytes.room <= 2 * bytes.len + 65536 * 2);
        random_close(&r);
    }
    CHECK_CASE("an empty file is a file of no bytes")
    {
        struct counting c = counting_of(STR_NONE, &in_order);
        CHECK_OK(random_open(&r, &c.base, 0, 10, &e), &e);
        CHECK_NUM(r.size_bytes, 0);
        random_close(&r);
    }
}

static void test_packing(void)
{
    str bytes = some_bytes(RANDOM_PLAIN_BYTES_MAX + 100000);
    struct random r;
    struct error e;
    CHECK_CASE("a large file that repeats itself takes little memory")
    {
        struct counting c = counting_of(bytes, &in_order);
        CHECK_OK(random_open(&r, &c.base, bytes.len, bytes.len, &e), &e);
        CHECK(r.is_packed && r.pack.arena.taken_bytes < RANDOM_PLAIN_BYTES_MAX / 4);
        random_close(&r);
    }
    CHECK_CASE("a large file that does not get smaller is kept as it is")
    {
        uint64_t random = 1;
        for (size_t i = 0; i + 8 <= bytes.len; i += 8) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            memcpy((char *)(uintptr_t)bytes.at + i, &random, 8);
        }
        struct counting c = counting_of(bytes, &in_order);
        const uint8_t *part = NULL;
        CHECK_OK(random_open(&r, &c.base, bytes.len, bytes.len, &e), &e);
        CHECK(r.pack.arena.taken_bytes < bytes.len + bytes.len / 8);
        for (size_t at = 0; at < bytes.len; at += 1000) {
            size_t len = bytes.len - at < 1000 ? bytes.len - at : 1000;
            made_hold(random_part(&r, at, len, &part, &e));
            made_hold(memcmp(part, bytes.at + at, len) == 0);
        }
        random_close(&r);
    }
    CHECK_CASE("a large file that ends before its size is as long as it is")
    {
        struct counting c = counting_of(str_slice(bytes, 0, 100001), &in_order);
        const uint8_t *part;
        CHECK_OK(random_open(&r, &c.base, 1 << 30, 1 << 30, &e), &e);
        CHECK_NUM(r.size_bytes, 100001);
        CHECK_OK(random_part(&r, 100000, 1, &part, &e), &e);
        CHECK_NUM(*part, (uint8_t)bytes.at[100000]);
        CHECK_FAILS(random_part(&r, 100000, 2, &part, &e), &e, ERROR_FORMAT, "");
        random_close(&r);
    }
    CHECK_CASE("packing without memory is an error, or not packed")
    {
        for (int n = 0; n < 60; n += n < 10 ? 1 : 10) {
            struct counting c = counting_of(bytes, &in_order);
            fail_alloc_at(n);
            bool ok = random_open(&r, &c.base, bytes.len, bytes.len, &e);
            fail_alloc_at(-1);
            CHECK(ok ? r.size_bytes == bytes.len : e.kind == ERROR_MEMORY);
            random_close(&r);
        }
    }
}

static void test_failing(void)
{
    str bytes = some_bytes(300000);
    struct random r;
    struct error e;
    CHECK_CASE("each read that fails below is told apart from damage")
    {
        const struct reader_ops *both[] = {&in_order, &anywhere};
        for (size_t i = 0; i < ARRAY_COUNT(both); i++) {
            for (uint64_t n = 0; n < 3; n++) {
                struct counting c = counting_of(bytes, both[i]);
                const uint8_t *part;
                c.fails_at = n;
                bool ok = random_open(&r, &c.base, bytes.len, bytes.len, &e);
                for (uint64_t k = 0; ok && k < 3; k++) {
                    ok = random_part(&r, k * 100000, 5000, &part, &e);
                }
                CHECK_FAILS(ok, &e, ERROR_FORMAT, "the archive is cut");
                CHECK(r.failed);
                random_close(&r);
            }
        }
    }
    CHECK_CASE("each refused allocation is an error without a leak")
    {
        for (size_t i = 0; i < 2; i++) {
            for (int n = 0;; n++) {
                struct counting c = counting_of(bytes, i == 0 ? &in_order : &anywhere);
                const uint8_t *part;
                fail_alloc_at(n);
                bool ok = random_open(&r, &c.base, bytes.len, bytes.len, &e) &&
                          random_part(&r, 70000, 600, &part, &e);
                fail_alloc_at(-1);
                random_close(&r);
                if (!fail_alloc_hit()) {
                    CHECK_OK(ok, &e);
                    CHECK(n > 0);
                    break;
                }
                CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
            }
        }
    }
}

static void test_reading_little(void)
{
    str bytes = some_bytes(4 << 20);
    static const struct {
        const char *says;
        size_t part, jump; /* bytes asked for, and between two parts */
    } cases[] = {
        {"in order", 512, 512},
        {"with jumps", 512, 40000},
        {"in order, large", 65536, 65536},
        {"backwards", 4096, (size_t)-8192},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("little more is read than asked for: %s", cases[i].says)
        {
            struct counting c = counting_of(bytes, &anywhere);
            struct random r;
            struct error e;
            uint64_t asked = 0;
            const uint8_t *part;
            CHECK_OK(random_open(&r, &c.base, bytes.len, bytes.len, &e), &e);
            size_t at = cases[i].jump > bytes.len ? bytes.len - 65536 : 0;
            while (at <= bytes.len - cases[i].part) {
                bool ok = random_part(&r, at, cases[i].part, &part, &e);
                made_hold(ok);
                asked += cases[i].part;
                at += cases[i].jump;
            }
            CHECK(c.read_bytes <= asked + RANDOM_PART_BYTES_MAX);
            CHECK(i != 0 || c.reads < 80);
            CHECK(r.bytes.room <= RANDOM_PART_BYTES_MAX);
            random_close(&r);
        }
    }
    CHECK_CASE("little more is read than asked for: pairs with jumps between")
    {
        struct counting c = counting_of(bytes, &anywhere);
        struct random r;
        struct error e;
        uint64_t asked = 0;
        const uint8_t *part;
        CHECK_OK(random_open(&r, &c.base, bytes.len, bytes.len, &e), &e);
        for (size_t at = 0; at + 90000 < bytes.len; at += 20000) {
            made_hold(random_part(&r, at, 512, &part, &e));
            made_hold(random_part(&r, at + 512, 512, &part, &e));
            made_hold(random_part(&r, at + 80000, 512, &part, &e));
            asked += 3 * 512;
        }
        CHECK(c.read_bytes <= 2 * asked);
        random_close(&r);
    }
}

int main(void)
{
    test_parts(&in_order, 300001);
    test_parts(&anywhere, 300001);
    test_parts(&in_order, RANDOM_PLAIN_BYTES_MAX);
    test_parts(&in_order, RANDOM_PLAIN_BYTES_MAX + 1);
    test_parts(&in_order, 20000000);
    test_packing();
    test_limit(&in_order);
    test_limit(&anywhere);
    test_loading();
    test_failing();
    test_reading_little();
    return check_done();
}
