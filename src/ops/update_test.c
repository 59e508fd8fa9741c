/* update_test.c: what an update takes from a worker and from its own earlier runs: answers of plans
 * are checked as input, and a memory that is damaged is none. */
#include <string.h>

#include "check.h"
#include "ops/download.h"
#include "ops/plan_answer.h"
#include "ops/update_memory.h"

static const char *const hosts[] = {"cdn.example.net", "http://.example.com", NULL};
static const char *const documents[] = {NULL};
static const struct feed_plan plan = {.hosts = hosts};
static const struct feed feed = {
    .name = "made-up", .site = "https://example.org/data/", .documents = documents, .plan = &plan};

static const struct {
    const char *url;
    bool fine;
} urls[] = {
    {"a/b.json", true},
    {"Rocky%20Linux/RLSA-2024:1.json", true},
    {"api/v3/osv/?page=2&size=100", true},
    {"https://example.org/other/x", true},
    {"https://cdn.example.net/x", true},
    {"https://a.example.com/x", true},
    {"http://a.example.com/x", true},
    {"a..b/c", true},

    {"", false},
    {"/etc/passwd", false},
    {"../x", false},
    {"a/../../x", false},
    {"a/./x", false},
    {"a/..", false},
    {"a/%2e%2e/x", false},
    {"a/.%2E/x", false},
    {"a%2f..%2fx", false},
    {"a b", false},
    {"a\tb", false},
    {"a\\..\\b", false},
    {"a#b", false},
    {"a\xc3\xa9", false},
    {"file:///etc/passwd", false},
    {"ftp://example.org/x", false},
    {"mailto:x", false},
    {"javascript:1/x", false},
    {"http://example.org/x", false},
    {"http://cdn.example.net/x", false},
    {"https://other.org/x", false},
    {"https://example.org.evil.org/x", false},
    {"https://evilexample.com/x", false},
    {"https://example.com/x", false}, /* the row names what is below it */
    {"https://user@example.org/x", false},
    {"https://user:password@example.org/x", false},
    {"https://example.org:8443/x", false},
    {"https://example.org", false},
    {"https://example.org/", false},
    {"https:///x", false},
    {"https://127.0.0.1/x", false},
    {"https://[::1]/x", false},
    {"HTTPS://example.org/x", false},
    {"https://EXAMPLE.org/x", false},
    {"//example.org/x", false},
    {"https://example.org/a/../../x", false},
    {"?x", false},
};

static void test_urls(void)
{
    char text[PLAN_URL_BYTES_MAX + 2];
    struct error e = {0};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        CHECK_CASE("an index may%s name '%s'", urls[i].fine ? "" : " not", urls[i].url)
        {
            bool fine = plan_url_check(&feed, str_from(urls[i].url), &e);
            CHECK(fine == urls[i].fine);
            CHECK(fine || e.kind == ERROR_REMOTE);
        }
    }
    CHECK_CASE("a URL may have its longest length, and not one byte more")
    {
        memset(text, 'a', sizeof(text));
        CHECK_OK(plan_url_check(&feed, (str){.at = text, .len = PLAN_URL_BYTES_MAX}, &e), &e);
        CHECK(!plan_url_check(&feed, (str){.at = text, .len = PLAN_URL_BYTES_MAX + 1}, &e));
    }
    CHECK_CASE("the path of a URL is what a reader is told")
    {
        CHECK_STR(plan_url_path(STR("https://h/a/b?c=/d")), STR("a/b"));
        CHECK_STR(plan_url_path(STR("a/b?c")), STR("a/b"));
        CHECK_STR(plan_url_path(STR("https://h")), STR(""));
    }
}

static void test_texts(void)
{
    char text[PLAN_ID_BYTES_MAX + 1];
    struct error e = {0};
    memset(text, 'A', sizeof(text));
    CHECK_CASE("an identifier has a longest length, and no control bytes")
    {
        str id = {.at = text, .len = PLAN_ID_BYTES_MAX};
        CHECK_OK(plan_text_check("id", id, PLAN_ID_BYTES_MAX, &e), &e);
        id.len++;
        CHECK(!plan_text_check("id", id, PLAN_ID_BYTES_MAX, &e));
        CHECK(!plan_text_check("id", STR("a\nb"), PLAN_ID_BYTES_MAX, &e));
        CHECK(!plan_text_check("id", STR("a\x7f"), PLAN_ID_BYTES_MAX, &e));
    }
}

static void test_answers(void)
{
    const struct plan_answer answer = {
        .kind = PLAN_ANSWER_FETCH,
        .document = {.url = STR("a/b.json"),
                     .id = STR("b"),
                     .data = true,
                     .optional = true,
                     .packed = {.algorithm = DIGEST_SHA256, .bytes = {1, 2, 3}}},
    };
    CHECK_CASE("an answer comes back; every cut of it is an error, every flip an error or one that "
               "is checked")
    {
        struct error e = {0};
        struct buf b;
        struct plan_answer back;
        buf_init(&b, 65536);
        CHECK_OK(plan_answer_pack(&answer, &b, &e), &e);
        CHECK_OK(plan_answer_unpack(buf_str(&b), &back, &e), &e);
        CHECK_OK(plan_answer_check(&feed, &back, &e), &e);
        CHECK_STR(back.document.url, answer.document.url);
        CHECK(back.document.data && back.document.optional && !back.document.index);
        CHECK(digest_eq(back.document.packed, answer.document.packed));
        for (size_t cut = 0; cut < b.len; cut++) {
            CHECK(!plan_answer_unpack(str_slice(buf_str(&b), 0, cut), &back, &e));
        }
        for (size_t at = 0; at < b.len; at++) {
            b.at[at] = (char)~b.at[at];
            if (plan_answer_unpack(buf_str(&b), &back, &e) && plan_answer_check(&feed, &back, &e) &&
                back.kind == PLAN_ANSWER_FETCH) {
                CHECK_OK(plan_url_check(&feed, back.document.url, &e), &e);
            }
            b.at[at] = (char)~b.at[at];
        }
        buf_done(&b);
    }
    CHECK_CASE("a request comes back, and every cut of it is an error")
    {
        static const struct plan_cursor cursors[] = {{STR_INIT("a"), STR_INIT("2024")},
                                                     {STR_INIT("b"), STR_INIT("")}};
        const struct plan_request request = {
            .feed = STR("osv"), .mode = PLAN_DELTA, .cursors = cursors, .cursors_count = 2};
        struct error e = {0};
        struct arena arena;
        struct buf b;
        struct plan_request back;
        arena_init(&arena, 1 << 20, "test");
        buf_init(&b, 65536);
        CHECK_OK(plan_request_pack(&request, &b, &e), &e);
        CHECK_OK(plan_request_unpack(buf_str(&b), &arena, &back, &e), &e);
        CHECK_NUM(back.cursors_count, 2);
        CHECK_STR(back.cursors[0].value, STR("2024"));
        CHECK(back.mode == PLAN_DELTA);
        for (size_t cut = 0; cut < b.len; cut++) {
            CHECK(!plan_request_unpack(str_slice(buf_str(&b), 0, cut), &arena, &back, &e));
        }
        buf_done(&b);
        arena_done(&arena);
    }
}

static void test_memory(void)
{
    static const struct known_document known[] = {
        {.name = STR_INIT("a.json"),
         .path = STR_INIT("x/a.json.gz"),
         .etag = STR_INIT("\"v1\""),
         .packed = {.algorithm = DIGEST_SHA256, .bytes = {0xab}},
         .size_bytes = 12},
        {.name = STR_INIT("https://h/b"),
         .modified = STR_INIT("Tue, 24 Nov 2026 08:00:00 GMT"),
         .packed = {.algorithm = DIGEST_SHA256, .bytes = {0xcd}},
         .index = true},
        {.name = STR_INIT("c"), .missing = true},
    };
    static const struct known_cursor cursors[] = {{STR_INIT("a.csv"), STR_INIT("2024-01-01")}};
    const struct update_memory memory = {.full_s = 17,
                                         .documents = known,
                                         .documents_count = 3,
                                         .cursors = cursors,
                                         .cursors_count = 1};
    CHECK_CASE("a memory comes back, and a cut or flipped one never does harm")
    {
        struct error e = {0};
        struct arena arena;
        struct buf b;
        struct update_memory back;
        arena_init(&arena, 64 << 20, "test");
        buf_init(&b, 65536);
        CHECK_OK(memory_text(&memory, &b, &e), &e);
        CHECK_OK(memory_parse(buf_str(&b), &arena, &back, &e), &e);
        CHECK(back.own_version);
        CHECK_NUM(back.full_s, 17);
        CHECK_NUM(back.documents_count, 3);
        CHECK_STR(back.documents[0].path, known[0].path);
        CHECK_STR(back.documents[1].modified, known[1].modified);
        CHECK(digest_eq(back.documents[0].packed, known[0].packed));
        CHECK(memory_find(&back, STR("c"))->missing);
        CHECK(memory_find(&back, STR("d")) == NULL);
        CHECK_STR(memory_cursor(&back, STR("a.csv")), STR("2024-01-01"));
        for (size_t cut = 0; cut < b.len; cut++) {
            CHECK_OK(memory_parse(str_slice(buf_str(&b), 0, cut), &arena, &back, &e), &e);
        }
        for (size_t at = 0; at < b.len; at++) {
            b.at[at] = (char)~b.at[at];
            CHECK_OK(memory_parse(buf_str(&b), &arena, &back, &e), &e);
            b.at[at] = (char)~b.at[at];
        }
        buf_done(&b);
        arena_done(&arena);
    }
    CHECK_CASE("what was kept before there was a memory is none")
    {
        struct error e = {0};
        struct arena arena;
        struct update_memory back;
        arena_init(&arena, 1 << 20, "test");
        CHECK_OK(memory_parse(STR("If-None-Match: \"x\"\n"), &arena, &back, &e), &e);
        CHECK_NUM(back.documents_count, 0);
        CHECK(!back.own_version);
        arena_done(&arena);
    }
    CHECK_CASE("a header's value is kept up to its limit, and without control bytes")
    {
        char text[MEMORY_FIELD_BYTES_MAX + 1];
        memset(text, 'x', sizeof(text));
        CHECK_NUM(memory_field((str){.at = text, .len = MEMORY_FIELD_BYTES_MAX}).len,
                  MEMORY_FIELD_BYTES_MAX);
        CHECK_NUM(memory_field((str){.at = text, .len = MEMORY_FIELD_BYTES_MAX + 1}).len, 0);
        CHECK_NUM(memory_field(STR("a\tb")).len, 0);
    }
}

static void test_dates(void)
{
    CHECK_CASE("the date of an HTTP header")
    {
        CHECK_NUM(download_date(STR("Tue, 24 Nov 2026 08:00:00 GMT")), 1795507200);
        CHECK_NUM(download_date(STR("Thu, 01 Jan 1970 00:00:01 GMT")), 1);
        CHECK_NUM(download_date(STR("Tue, 24 anN 2026 08:00:00 GMT")), 0);
        CHECK_NUM(download_date(STR("2026-11-24T08:00:00Z")), 0);
        CHECK_NUM(download_date(STR("Tue, 99 Nov 2026 08:00:00 GMT")), 0);
        CHECK_NUM(download_date(STR("")), 0);
    }
}

int main(void)
{
    test_urls();
    test_texts();
    test_answers();
    test_memory();
    test_dates();
    return check_done();
}
