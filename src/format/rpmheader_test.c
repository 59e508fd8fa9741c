#include "format/rpmheader.h"

#include "check.h"
#include "rpmdb_test.h"

/* Feeds `blob` in pieces of `step` bytes, each in memory of its own size. */
static bool parse(struct rpmheader_parser *p, str blob, size_t step, struct rpmheader *out,
                  struct error *e)
{
    bool ok = true;
    rpmheader_begin(p, blob.len);
    for (size_t at = 0; ok && at < blob.len; at += step) {
        str piece = str_slice(blob, at, at + step);
        str copy = made_copy(piece, piece.len);
        ok = rpmheader_feed(p, copy, e);
        made_free(copy);
    }
    return ok && rpmheader_end(p, out, e);
}

static void start(struct made *m)
{
    made_init(m);
    made_entry(m, 63, 7, 0, 16); /* the region tag: its data are the first 16 bytes here */
    add_zeros(&m->data, 16);
    made_text(m, 1000, STR("bash"));
    made_text(m, 1001, STR("5.1.8"));
    made_text(m, 1002, STR("6.el9"));
}

static str whole_header(void)
{
    struct made m;
    start(&m);
    made_int(&m, 1003, 32);
    made_text(&m, 1011, STR("Rocky"));
    made_text(&m, 1014, STR("GPLv3+"));
    made_text(&m, 1022, STR("aarch64"));
    made_text(&m, 1044, STR("bash-5.1.8-6.el9.src.rpm"));
    made_text(&m, 5096, STR("nodejs:18:9030020230717125503:rhel9"));
    return made_header(&m);
}

static void test_whole(void)
{
    struct rpmheader_parser p;
    struct rpmheader h;
    struct error e;
    rpmheader_init(&p);
    str blob = whole_header();
    for (size_t step = 1; step <= blob.len; step++) {
        CHECK_CASE("a header in pieces of %zu bytes gives what its tags say", step)
        {
            CHECK_OK(parse(&p, blob, step, &h, &e), &e);
            CHECK_STR(h.text[RPMHEADER_NAME], STR("bash"));
            CHECK_STR(h.text[RPMHEADER_VERSION], STR("5.1.8"));
            CHECK_STR(h.text[RPMHEADER_RELEASE], STR("6.el9"));
            CHECK_NUM(h.epoch, 32);
            CHECK_STR(h.text[RPMHEADER_VENDOR], STR("Rocky"));
            CHECK_STR(h.text[RPMHEADER_LICENSE], STR("GPLv3+"));
            CHECK_STR(h.text[RPMHEADER_ARCH], STR("aarch64"));
            CHECK_STR(h.text[RPMHEADER_SOURCERPM], STR("bash-5.1.8-6.el9.src.rpm"));
            CHECK_STR(h.text[RPMHEADER_MODULARITYLABEL],
                      STR("nodejs:18:9030020230717125503:rhel9"));
        }
    }
    CHECK_CASE("a header after another has nothing of it")
    {
        struct made m;
        start(&m);
        CHECK_OK(parse(&p, blob, blob.len, &h, &e), &e);
        CHECK_OK(parse(&p, made_header(&m), 4096, &h, &e), &e);
        CHECK_NUM(h.epoch, 0);
        CHECK_STR(h.text[RPMHEADER_ARCH], STR(""));
        CHECK_STR(h.text[RPMHEADER_SOURCERPM], STR(""));
    }
    CHECK_CASE("every beginning of a header is an error, whatever it is said to be long")
    {
        for (size_t len = 0; len < blob.len; len++) {
            rpmheader_begin(&p, blob.len);
            bool fed = rpmheader_feed(&p, str_slice(blob, 0, len), &e);
            CHECK(fed);
            CHECK_FAILS(rpmheader_end(&p, &h, &e), &e, ERROR_FORMAT, "ends after");
            CHECK_FAILS(parse(&p, str_slice(blob, 0, len), 64, &h, &e), &e, ERROR_FORMAT, "");
        }
    }
    rpmheader_done(&p);
    rpmheader_done(&p);
}

/* HOSTILE inputs of kind 32, one a row: an entry added to a sound header. */
static const struct {
    const char *says;
    uint32_t tag, type, offset, count;
    enum error_kind kind; /* ERROR_NONE: still read */
    const char *text;
} entries[] = {
    {"an offset of 2^32-1 is refused", 1028, 4, UINT32_MAX, 1, ERROR_FORMAT, "do not fit"},
    {"a count of 2^32-1 is refused", 1028, 4, 0, UINT32_MAX, ERROR_FORMAT, "do not fit"},
    {"a count that overflows 32 bits is refused", 1028, 5, 0, 0x20000001, ERROR_FORMAT, "fit"},
    {"texts that are more than bytes are refused", 1117, 8, 0, 10000, ERROR_FORMAT, "fit"},
    {"an unknown type is refused", 1028, 10, 0, 1, ERROR_FORMAT, "unknown type 10"},
    {"an epoch that is a text is refused", 1003, 6, 0, 1, ERROR_FORMAT, "epoch has type 6"},
    {"an epoch without a number is refused", 1003, 4, 0, 0, ERROR_FORMAT, "0 items"},
    {"an epoch past the end is refused", 1003, 4, 33, 1, ERROR_FORMAT, "do not fit"},
    {"an arch that is a number is refused", 1022, 4, 0, 1, ERROR_FORMAT, "arch has type 4"},
    {"an arch that is many texts is refused", 1022, 8, 0, 1, ERROR_FORMAT, "arch has type 8"},
    {"an arch in many languages is the first", 1022, 9, 16, 1, ERROR_NONE, ""},
    {"an arch at the very end is refused", 1022, 6, 33, 1, ERROR_FORMAT, "do not fit"},
    {"a second name does not count", 1000, 6, 21, 1, ERROR_NONE, ""},
    {"folder numbers out of range do not matter", 1116, 4, 16, 4, ERROR_NONE, ""},
};

static void test_entries(void)
{
    struct rpmheader_parser p;
    struct rpmheader h;
    struct error e;
    rpmheader_init(&p);
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++) {
        struct made m;
        start(&m);
        made_entry(&m, entries[i].tag, entries[i].type, entries[i].offset, entries[i].count);
        CHECK_CASE("%s", entries[i].says)
        {
            CHECK_NUM(m.data.len, 33);
            bool ok = parse(&p, made_header(&m), 100, &h, &e);
            if (entries[i].kind == ERROR_NONE) {
                CHECK_OK(ok, &e);
                CHECK_STR(h.text[RPMHEADER_NAME], STR("bash"));
            } else {
                CHECK_FAILS(ok, &e, entries[i].kind, entries[i].text);
            }
        }
    }
    CHECK_CASE("a text without an end is refused")
    {
        struct made m;
        start(&m);
        made_text(&m, 1022, STR("noarch"));
        m.data.len--;
        CHECK_FAILS(parse(&p, made_header(&m), 100, &h, &e), &e, ERROR_FORMAT, "does not end");
    }
    CHECK_CASE("a header without a release is refused")
    {
        struct made m;
        made_init(&m);
        made_text(&m, 1000, STR("bash"));
        made_text(&m, 1001, STR("1"));
        CHECK_FAILS(parse(&p, made_header(&m), 100, &h, &e), &e, ERROR_FORMAT, "has no release");
    }
    CHECK_CASE("a header with an empty name is refused")
    {
        struct made m;
        made_init(&m);
        made_text(&m, 1000, STR(""));
        made_text(&m, 1001, STR("1"));
        made_text(&m, 1002, STR("1"));
        CHECK_FAILS(parse(&p, made_header(&m), 100, &h, &e), &e, ERROR_FORMAT, "has no name");
    }
    CHECK_CASE("a header of no bytes is refused")
    {
        CHECK_FAILS(parse(&p, STR(""), 1, &h, &e), &e, ERROR_FORMAT, "ends after 0 of 8");
    }
    CHECK_CASE("more bytes than the counts say are refused")
    {
        struct buf b;
        buf_init(&b, 4096);
        CHECK(buf_add_str(&b, whole_header(), &e) && buf_add_char(&b, 'x', &e));
        CHECK_FAILS(parse(&p, buf_str(&b), 4096, &h, &e), &e, ERROR_FORMAT, "its counts say");
        buf_done(&b);
    }
    rpmheader_done(&p);
}

static void test_limits(void)
{
    struct rpmheader_parser p;
    struct rpmheader h;
    struct error e;
    rpmheader_init(&p);
    for (uint32_t tags = RPMHEADER_TAGS_MAX; tags <= RPMHEADER_TAGS_MAX + 1; tags++) {
        struct made m;
        start(&m);
        while (m.index.len / 16 < tags) {
            made_entry(&m, 2000, 6, 16, 1);
        }
        CHECK_CASE("a header of %" PRIu32 " tags", tags)
        {
            bool ok = parse(&p, made_header(&m), 4000, &h, &e);
            if (tags == RPMHEADER_TAGS_MAX) {
                CHECK_OK(ok, &e);
            } else {
                CHECK_FAILS(ok, &e, ERROR_LIMIT, "65536 tags");
            }
        }
    }
    CHECK_CASE("256 MiB of data are the limit")
    {
        uint8_t intro[8] = {0};
        str piece = {.at = (const char *)intro, .len = sizeof(intro)};
        put_be32(intro + 4, RPMHEADER_DATA_BYTES_MAX);
        rpmheader_begin(&p, 8 + (uint64_t)RPMHEADER_DATA_BYTES_MAX);
        CHECK_OK(rpmheader_feed(&p, piece, &e), &e);
        put_be32(intro + 4, RPMHEADER_DATA_BYTES_MAX + 1);
        rpmheader_begin(&p, 9 + (uint64_t)RPMHEADER_DATA_BYTES_MAX);
        CHECK_FAILS(rpmheader_feed(&p, piece, &e), &e, ERROR_LIMIT, "268435456 bytes of data");
        put_be32(intro, UINT32_MAX);
        put_be32(intro + 4, UINT32_MAX);
        rpmheader_begin(&p, UINT64_MAX);
        CHECK_FAILS(rpmheader_feed(&p, piece, &e), &e, ERROR_LIMIT, "4294967295 tags");
    }
    static char text[RPMHEADER_TEXT_BYTES_MAX + 1];
    memset(text, 'x', sizeof(text));
    for (size_t more = 0; more <= 1; more++) {
        str longest = {.at = text, .len = RPMHEADER_TEXT_BYTES_MAX + more};
        struct made name, license;
        start(&name);
        made_text(&name, 1022, longest);
        start(&license);
        made_text(&license, 1014, longest);
        CHECK_CASE("texts of %zu bytes", longest.len)
        {
            bool ok = parse(&p, made_header(&name), 1000, &h, &e);
            if (more == 0) {
                CHECK_OK(ok, &e);
            } else {
                CHECK_FAILS(ok, &e, ERROR_LIMIT, "its arch is longer than the limit of 65536");
            }
            CHECK_OK(parse(&p, made_header(&license), 1000, &h, &e), &e);
            CHECK_NUM(h.text[RPMHEADER_LICENSE].len, RPMHEADER_TEXT_BYTES_MAX);
        }
    }
    rpmheader_done(&p);
}

static void test_memory(void)
{
    CHECK_CASE("each refused allocation is an error without a leak")
    {
        str blob = whole_header();
        for (int n = 0;; n++) {
            struct rpmheader_parser p;
            struct rpmheader h;
            struct error e;
            rpmheader_init(&p);
            rpmheader_begin(&p, blob.len);
            fail_alloc_at(n);
            bool ok = rpmheader_feed(&p, blob, &e) && rpmheader_end(&p, &h, &e);
            fail_alloc_at(-1);
            rpmheader_done(&p);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                CHECK(n > 3);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
    }
}

int main(void)
{
    test_whole();
    test_entries();
    test_limits();
    test_memory();
    return check_done();
}
