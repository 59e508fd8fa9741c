#include <stdio.h>

#include "facts_test.h"
#include "format/lines.h"

#define INSTALLED STR("lib/apk/db/installed")

static const struct {
    const char *says;
    const char *content;
    const char *facts; /* without the database line; with the licence at the end */
} cases[] = {
    {"a package with its files has its origin as source",
     "C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:libcrypto3\nV:3.1.8-r0\nA:x86_64\nS:1722021\n"
     "T:Crypto library from openssl\nU:https://www.openssl.org/\nL:Apache-2.0\no:openssl\n"
     "m:A <a@example.org>\nt:1739297407\nD:so:libc.musl-x86_64.so.1\np:so:libcrypto.so.3=3\n"
     "F:etc\nF:etc/ssl\nR:ct_log_list.cnf\nZ:Q1olh8TpdAi2QnTl4FK3TjdUiSwTo=\na:0:0:755\n\n",
     "libcrypto3 3.1.8-r0 openssl 3.1.8-r0 x86_64 Apache-2.0\n"},
    {"a package without an origin is its own source", "P:a\nV:1-r0\n\n", "a 1-r0 a 1-r0  \n"},
    {"the letters of fields are told apart by case",
     "P:a\nV:1-r0\np:cmd:b=2\nv:9\no:src\nO:other\na:0:0:755\nl:x\n\n", "a 1-r0 src 1-r0  \n"},
    {"the last line needs no end", "P:a\nV:1-r0\n\nP:b\nV:2-r0",
     "a 1-r0 a 1-r0  \nb 2-r0 b 2-r0  \n"},
    {"empty lines may be many", "\n\n\nP:a\nV:1-r0\n\n\n\nP:b\nV:2-r0\n\n\n",
     "a 1-r0 a 1-r0  \nb 2-r0 b 2-r0  \n"},
    {"lines of no, one and two bytes are passed over",
     "P\n\n:\n\nP:\n\nP:a\n:\nx\nV\nV:1-r0\nF:\n::\n\n",
     "a 1-r0 a 1-r0  \n"
     "note 2 blocks of lines that describe no package\n"
     "incomplete 1 packages left out, 0 listed from damaged records; the first at line 5: "
     "no name\n"},
    {"lines that end in CR LF are read", "P:a\r\nV:1-r0\r\n\r\nP:b\r\nV:2-r0\r\n\r\n",
     "a 1-r0 a 1-r0  \nb 2-r0 b 2-r0  \n"},
    {"packages without a name or version are told, the others listed",
     "V:1-r0\n\nP:b\nV:2-r0\n\nP:c\n\n",
     "b 2-r0 b 2-r0  \nincomplete 2 packages left out, 0 listed from damaged records; the first at "
     "line 1: no name\n"},
    {"names with control bytes are left out and told, the others listed",
     "P:a\x1b[2J\nV:1-r0\n\nP:b\nV:2\t-r0\n\nP:c\nV:3-r0\nL:\x01\x02\n\n",
     "c 3-r0 c 3-r0  \x01\x02\nincomplete 2 packages left out, 0 listed from damaged records; the "
     "first at line 1: blanks or control bytes in the name\n"},
    {"a field that is there twice is told, and the first one holds", "P:a\nV:1-r0\nV:2-r0\n\n",
     "a 1-r0 a 1-r0  \nincomplete 0 packages left out, 1 listed from damaged records; the first at "
     "line 1: a field that is there twice\n"},
    {"an empty file has no packages", "", ""},
    {"a file of other text is told", "hello\nworld\n",
     "incomplete 1 blocks of lines that describe no package\n"},
};

static void check_cases(void)
{
    static const size_t steps[] = {0, 1, 5, 4096};
    for (size_t c = 0; c < ARRAY_COUNT(cases); c++) {
        CHECK_CASE("%s", cases[c].says)
        {
            for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
                struct fact_lines out;
                struct error e = {.kind = ERROR_NONE};
                char want[4096];
                snprintf(want, sizeof(want), "database lib/apk/db/installed\n%s", cases[c].facts);
                fact_lines_init(&out);
                out.licenses = true;
                CHECK_OK(detect_text(&detector_apk, INSTALLED, str_from(cases[c].content), steps[i],
                                     &out, &e),
                         &e);
                CHECK(str_eq(buf_str(&out.text), str_from(want)));
                CHECK_STR(buf_str(&out.text), str_from(want));
                fact_lines_done(&out);
            }
        }
    }
}

static void check_long_line(const char *prefix, size_t bytes, size_t packages, size_t incomplete)
{
    static const size_t steps[] = {0, 1000, 70000};
    static char content[2 * LINES_BYTES_MAX];
    static const char head[] = "P:a\nV:1\n\nP:b\n", tail[] = "\nV:2\n\nP:c\nV:3\n\n";
    size_t len = sizeof(head) - 1;
    memcpy(content, head, len);
    memset(content + len, 'x', bytes);
    memcpy(content + len, prefix, strlen(prefix));
    memcpy(content + len + bytes, tail, sizeof(tail) - 1);
    len += bytes + sizeof(tail) - 1;
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        fact_lines_init(&out);
        CHECK_OK(detect_text(&detector_apk, INSTALLED, (str){content, len}, steps[i], &out, &e),
                 &e);
        CHECK_NUM(out.packages, packages);
        CHECK_NUM(out.incomplete, incomplete);
        fact_lines_done(&out);
    }
}

static void check_limits(void)
{
    CHECK_CASE("a line of 1 MiB is read")
    {
        check_long_line("o:", LINES_BYTES_MAX, 3, 0);
        check_long_line("D:", LINES_BYTES_MAX, 3, 0);
    }
    CHECK_CASE("a field of one byte more is told, and all packages are listed")
    {
        check_long_line("o:", LINES_BYTES_MAX + 1, 3, 1);
    }
    CHECK_CASE("a name of 64 KiB is listed, one byte more is told")
    {
        check_long_line("V:1\n\nP:", 7 + 64 * 1024, 4, 0);
        check_long_line("V:1\n\nP:", 7 + 64 * 1024 + 1, 3, 1);
    }
    CHECK_CASE("a long line of a field that is not read does no harm")
    {
        check_long_line("D:", LINES_BYTES_MAX + 1, 3, 0);
    }
    CHECK_CASE("a file of 128 MiB is read, one byte more is told")
    {
        for (uint64_t more = 0; more < 2; more++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            struct arena arena;
            struct memory_reader body;
            struct entry at = {.path = INSTALLED, .size_bytes = 128 * 1024 * 1024 + more};
            arena_init(&arena, 1024 * 1024, "test");
            fact_lines_init(&out);
            memory_reader_init(&body, STR("P:a\nV:1\n"));
            CHECK_OK(
                detector_apk.read(&detector_apk, INSTALLED, &at, &body.base, &arena, &out.base, &e),
                &e);
            CHECK_NUM(out.packages, 1 - more);
            CHECK_NUM(out.incomplete, more);
            fact_lines_done(&out);
            arena_done(&arena);
        }
    }
}

static const str small = STR_INIT("C:Q1=\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\n"
                                  "F:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1=\n\n"
                                  "C:Q1=\nP:ssl_client\nV:1.36.1-r7\nA:x86_64\no:busybox\n"
                                  "F:usr\nF:usr/bin\nR:ssl_client\n\n");

static void check_failures(void)
{
    CHECK_CASE("every truncation gives packages or a reason")
    {
        for (size_t cut = 0; cut <= small.len; cut++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            CHECK_OK(detect_text(&detector_apk, INSTALLED, str_slice(small, 0, cut), 0, &out, &e),
                     &e);
            CHECK(out.packages + out.incomplete > 0 || cut == 0);
            CHECK(out.packages <= 2);
            fact_lines_done(&out);
        }
    }
    CHECK_CASE("each refused allocation is told as such")
    {
        for (int n = 0;; n++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            fail_alloc_at(n);
            bool ok = detect_text(&detector_apk, INSTALLED, small, 50, &out, &e);
            fail_alloc_at(-1);
            fact_lines_done(&out);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
    }
    CHECK_CASE("each refused fact ends it")
    {
        for (int n = 0; n < 3; n++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            out.fails_after = n;
            CHECK_FAILS(detect_text(&detector_apk, INSTALLED, small, 0, &out, &e), &e, ERROR_IO,
                        "the sink is full");
            fact_lines_done(&out);
        }
    }
}

int main(void)
{
    check_cases();
    check_limits();
    check_failures();
    return check_done();
}
