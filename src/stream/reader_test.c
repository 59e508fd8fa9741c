#include "stream/reader.h"

#include <string.h>

#include "check.h"
#include "stream/hash.h"
#include "stream/trickle.h"

enum { PLAIN_BYTES = 200 * 1000 };

static char plain[PLAIN_BYTES];
static struct trickle trickle;

static void plain_make(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof(plain); i++) {
        x = x * 1664525 + 1013904223;
        plain[i] = (char)(x >> 24);
    }
}

static str plain_str(size_t from, size_t to)
{
    return str_slice((str){.at = plain, .len = sizeof(plain)}, from, to);
}

/* The source under test, over the same bytes: all in the window, or a few at a time. */
static struct reader *source(struct memory_reader *m, size_t step_bytes)
{
    if (step_bytes == 0) {
        memory_reader_init(m, plain_str(0, PLAIN_BYTES));
        return &m->base;
    }
    trickle_init(&trickle, plain_str(0, PLAIN_BYTES), step_bytes, -1);
    return &trickle.base;
}

static const size_t steps[] = {0, 1, 13, 512, 65536};

static bool holds(const struct reader *r, size_t from, size_t to)
{
    return reader_ready(r) >= to - from && memcmp(r->at, plain + from, to - from) == 0 &&
           reader_offset(r) == from;
}

static void test_calls(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        struct memory_reader m;
        struct error e;
        char to[1000];
        size_t got;
        CHECK_CASE("need, read, skip and drain over a source of %zu bytes a time", steps[i])
        {
            struct reader *r = source(&m, steps[i]);
            CHECK(reader_need(r, 600, &e) == STEP_GOT && holds(r, 0, 600));
            r->at += 100;
            CHECK_OK(reader_read(r, to, sizeof(to), &got, &e), &e);
            CHECK_NUM(got, sizeof(to));
            CHECK(memcmp(to, plain + 100, sizeof(to)) == 0);
            CHECK(reader_skip(r, 50000, &e) == STEP_GOT);
            CHECK(reader_need(r, READER_NEED_MAX, &e) == STEP_GOT);
            CHECK(holds(r, 51100, 51100 + READER_NEED_MAX));
            CHECK(reader_skip(r, PLAIN_BYTES - 51100 - 10, &e) == STEP_GOT);
            CHECK(reader_need(r, 11, &e) == STEP_END);
            CHECK(holds(r, PLAIN_BYTES - 10, PLAIN_BYTES));
            CHECK_OK(reader_read(r, to, sizeof(to), &got, &e), &e);
            CHECK_NUM(got, 10);
            CHECK(reader_need(r, 1, &e) == STEP_END);
            CHECK(reader_need(r, 0, &e) == STEP_GOT);
        }
        CHECK_CASE("drain tells what was left, in steps of %zu", steps[i])
        {
            struct reader *r = source(&m, steps[i]);
            uint64_t bytes;
            CHECK(reader_skip(r, 1234, &e) == STEP_GOT);
            CHECK_OK(reader_drain(r, &bytes, &e), &e);
            CHECK_NUM(bytes, PLAIN_BYTES - 1234);
            CHECK(reader_skip(r, 1, &e) == STEP_END);
        }
    }
    CHECK_CASE("a reader of nothing, and closing one that was never opened")
    {
        struct memory_reader m;
        struct error e;
        memory_reader_init(&m, STR_NONE);
        CHECK(reader_need(&m.base, 1, &e) == STEP_END);
        reader_close(&m.base);
        reader_close(NULL);
        struct reader zeroed = {.ops = NULL};
        reader_close(&zeroed);
    }
}

static void test_part(void)
{
    struct memory_reader m;
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        CHECK_CASE("parts one after the other, in steps of %zu", steps[i])
        {
            struct reader *r = source(&m, steps[i]);
            struct part_reader a, b, c;
            uint64_t bytes;
            CHECK(reader_need(r, 5, &e) == STEP_GOT);
            part_reader_init(&a, r, 1000);
            CHECK(reader_need(&a.base, 1000, &e) == STEP_GOT && holds(&a.base, 0, 1000));
            CHECK(reader_need(&a.base, 1001, &e) == STEP_END);
            a.base.at = a.base.end;

            /* left early, with bytes in its window */
            part_reader_init(&b, r, 70000);
            CHECK_OK(reader_need(&b.base, 10, &e) == STEP_GOT, &e);
            CHECK(memcmp(b.base.at, plain + 1000, 10) == 0);
            CHECK(reader_skip(r, b.left_bytes, &e) == STEP_GOT);
            CHECK_NUM(reader_offset(r), 71000);

            /* and a part of a part */
            part_reader_init(&b, r, 5000);
            part_reader_init(&c, &b.base, 3000);
            CHECK(reader_skip(&c.base, 2000, &e) == STEP_GOT);
            CHECK(reader_need(&c.base, 1000, &e) == STEP_GOT);
            CHECK(memcmp(c.base.at, plain + 73000, 1000) == 0);
            CHECK_OK(reader_drain(&c.base, &bytes, &e), &e);
            CHECK_NUM(bytes, 1000);
            CHECK(reader_need(&b.base, 2000, &e) == STEP_GOT);
            CHECK(memcmp(b.base.at, plain + 74000, 2000) == 0);
            CHECK_OK(reader_drain(&b.base, &bytes, &e), &e);
            CHECK_NUM(bytes, 2000);
            CHECK(reader_need(r, 9, &e) == STEP_GOT && holds(r, 76000, 76009));
        }
        CHECK_CASE("a part longer than its stream is an error, in steps of %zu", steps[i])
        {
            struct reader *r = source(&m, steps[i]);
            struct part_reader p;
            CHECK(reader_skip(r, 100000, &e) == STEP_GOT);
            part_reader_init(&p, r, 100001);
            CHECK_FAILS(reader_drain(&p.base, NULL, &e), &e, ERROR_FORMAT,
                        "ends after 100000 of 100001 bytes");
            r = source(&m, steps[i]);
            part_reader_init(&p, r, PLAIN_BYTES + 7);
            CHECK_FAILS(reader_skip(&p.base, PLAIN_BYTES + 1, &e) == STEP_GOT, &e, ERROR_FORMAT,
                        "ends after 200000 of 200007 bytes");
        }
    }
    CHECK_CASE("skipping past the end of a part ends it")
    {
        struct reader *r = source(&m, 13);
        struct part_reader p;
        part_reader_init(&p, r, 100);
        CHECK(reader_skip(&p.base, 1000, &e) == STEP_GOT);
        CHECK(reader_need(&p.base, 1, &e) == STEP_END);
        CHECK_NUM(reader_offset(r), 100);
        CHECK(p.base.ops->read_at == NULL);
    }
    CHECK_CASE("a part of a seekable reader reads anywhere in itself and nowhere else")
    {
        struct reader *r = source(&m, 0);
        struct part_reader p, q;
        char to[10];
        CHECK(reader_skip(r, 1000, &e) == STEP_GOT);
        part_reader_init(&p, r, 1000);
        part_reader_init(&q, &p.base, 1000);
        struct reader *parts[] = {&p.base, &q.base};
        for (size_t i = 0; i < 2; i++) {
            const struct reader_ops *ops = parts[i]->ops;
            CHECK_OK(ops->read_at(parts[i], 990, to, 10, &e), &e);
            CHECK(memcmp(to, plain + 1990, 10) == 0);
            CHECK_OK(ops->read_at(parts[i], 1000, to, 0, &e), &e);
            CHECK_FAILS(ops->read_at(parts[i], 991, to, 10, &e), &e, ERROR_FORMAT,
                        "ends at byte 1000");
            CHECK_FAILS(ops->read_at(parts[i], UINT64_MAX, to, 10, &e), &e, ERROR_FORMAT, "ends");
        }
        CHECK(holds(&q.base, 1000, 2000) || reader_offset(&q.base) == 0);
    }
}

static void test_limit(void)
{
    struct memory_reader m;
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        CHECK_CASE("a limit lets its number of bytes pass, in steps of %zu", steps[i])
        {
            struct limit_reader l;
            uint64_t bytes;
            limit_reader_init(&l, source(&m, steps[i]), PLAIN_BYTES);
            CHECK(reader_need(&l.base, READER_NEED_MAX, &e) == STEP_GOT);
            CHECK_OK(reader_drain(&l.base, &bytes, &e), &e);
            CHECK_NUM(bytes, PLAIN_BYTES);
            limit_reader_init(&l, source(&m, steps[i]), PLAIN_BYTES);
            CHECK(reader_skip(&l.base, PLAIN_BYTES + 1, &e) != STEP_FAILED);
            CHECK(reader_need(&l.base, 1, &e) == STEP_END);
        }
        CHECK_CASE("and one byte more is an error, in steps of %zu", steps[i])
        {
            struct limit_reader l;
            limit_reader_init(&l, source(&m, steps[i]), PLAIN_BYTES - 1);
            CHECK_FAILS(reader_drain(&l.base, NULL, &e), &e, ERROR_LIMIT,
                        "more than the limit of 199999 bytes");
            CHECK_NUM(reader_offset(&l.base), PLAIN_BYTES - 1);
            limit_reader_init(&l, source(&m, steps[i]), PLAIN_BYTES - 1);
            CHECK(reader_skip(&l.base, PLAIN_BYTES - 1, &e) == STEP_GOT);
            CHECK_FAILS(reader_need(&l.base, 1, &e) == STEP_GOT, &e, ERROR_LIMIT, "199999");
            limit_reader_init(&l, source(&m, steps[i]), PLAIN_BYTES - 1);
            CHECK_FAILS(reader_skip(&l.base, PLAIN_BYTES, &e) == STEP_GOT, &e, ERROR_LIMIT,
                        "199999");
        }
    }
    CHECK_CASE("a limit of 0 bytes on nothing is an end")
    {
        struct limit_reader l;
        memory_reader_init(&m, STR_NONE);
        limit_reader_init(&l, &m.base, 0);
        CHECK(reader_need(&l.base, 1, &e) == STEP_END);
    }
    CHECK_CASE("read_at under a limit starts where the limit was put")
    {
        struct limit_reader l;
        char to[10];
        struct reader *r = source(&m, 0);
        CHECK(reader_skip(r, 77, &e) == STEP_GOT);
        limit_reader_init(&l, r, 100000);
        CHECK_OK(l.base.ops->read_at(&l.base, 500, to, 10, &e), &e);
        CHECK(memcmp(to, plain + 577, 10) == 0);
        CHECK_FAILS(l.base.ops->read_at(&l.base, 99995, to, 10, &e), &e, ERROR_LIMIT, "100000");
    }
}

static void test_failing_reads(void)
{
    CHECK_CASE("the error of a source passes through a tower of stages")
    {
        for (int n = 0; n < 20; n++) {
            trickle_init(&trickle, plain_str(0, 20 * 100), 100, n);
            struct limit_reader l;
            struct hash_reader h;
            struct part_reader p;
            struct error e;
            limit_reader_init(&l, &trickle.base, 10000);
            hash_reader_init(&h, &l.base, DIGEST_SHA256, NULL);
            part_reader_init(&p, &h.base, 2000);
            CHECK_FAILS(reader_drain(&p.base, NULL, &e), &e, ERROR_IO, "cannot read");
            CHECK_NUM(reader_offset(&p.base), n * 100);
        }
    }
}

int main(void)
{
    plain_make();
    test_calls();
    test_part();
    test_limit();
    test_failing_reads();
    return check_done();
}
