#include "report/escape.h"

#include <string.h>

#include "check.h"
#include "format/json.h"

#define S(text) STR_INIT(text)

static const struct {
    const char *name;
    str in, shown, json;
    size_t columns;
} cases[] = {
    {"nothing", S(""), S(""), S("\"\""), 0},
    {"plain text stays", S("libc6 2.36-9"), S("libc6 2.36-9"), S("\"libc6 2.36-9\""), 12},
    {"an escape sequence shows its escape", S("\x1b[31m"), S("\\x1b[31m"), S("\"\\u001b[31m\""), 8},
    {"line ends and tabs", S("a\r\n\tb"), S("a\\x0d\\x0a\\x09b"), S("\"a\\r\\n\\tb\""), 14},
    {"a NUL", S("a\0b"), S("a\\x00b"), S("\"a\\u0000b\""), 6},
    {"DEL", S("\x7f"), S("\\x7f"), S("\"\\u007f\""), 4},
    {"C1 controls as UTF-8", S("\xc2\x9b"), S("\\u009b"), S("\"\\u009b\""), 6},
    {"C1 controls as bytes", S("\x9b"), S("\\x9b"), S("\"\\\\x9b\""), 4},
    {"bidirectional override", S("\u202egnp"), S("\\u202egnp"), S("\"\\u202egnp\""), 9},
    {"bidirectional isolate", S("\u2066x\u2069"), S("\\u2066x\\u2069"), S("\"\\u2066x\\u2069\""),
     13},
    {"bidirectional mark", S("\u200f"), S("\\u200f"), S("\"\\u200f\""), 6},
    {"line separator", S("\u2028"), S("\\u2028"), S("\"\\u2028\""), 6},
    {"zero width space", S("a\u200bb"), S("a\\u200bb"), S("\"a\\u200bb\""), 8},
    {"byte order mark", S("\ufeff"), S("\\ufeff"), S("\"\\ufeff\""), 6},
    {"a tag character", S("\U000e0041"), S("\\U000e0041"), S("\"\\udb40\\udc41\""), 10},
    {"a private character", S("\ue000"), S("\\ue000"), S("\"\\ue000\""), 6},
    {"letters beyond ASCII stay", S("d\u00e9j\u00e0"), S("d\u00e9j\u00e0"), S("\"d\u00e9j\u00e0\""),
     4},
    {"wide letters take two columns", S("\u4e2d\u6587"), S("\u4e2d\u6587"), S("\"\u4e2d\u6587\""),
     4},
    {"a combining mark takes none", S("e\u0301"), S("e\u0301"), S("\"e\u0301\""), 1},
    {"an emoji takes two", S("\U0001f600"), S("\U0001f600"), S("\"\U0001f600\""), 2},
    {"a cut sequence", S("\xe2\x82"), S("\\xe2\\x82"), S("\"\\\\xe2\\\\x82\""), 8},
    {"an overlong slash", S("\xc0\xaf"), S("\\xc0\\xaf"), S("\"\\\\xc0\\\\xaf\""), 8},
    {"a surrogate", S("\xed\xa0\x80"), S("\\xed\\xa0\\x80"), S("\"\\\\xed\\\\xa0\\\\x80\""), 12},
    {"beyond Unicode", S("\xf4\x90\x80\x80"), S("\\xf4\\x90\\x80\\x80"),
     S("\"\\\\xf4\\\\x90\\\\x80\\\\x80\""), 16},
    {"quotes and backslashes", S("a\"b\\c"), S("a\"b\\c"), S("\"a\\\"b\\\\c\""), 5},
    {"what HTML would read", S("</script>&"), S("</script>&"), S("\"</script>&\""), 10},
};

static str terminal(struct writer *w, str in, size_t columns_max)
{
    struct error e = {0};
    writer_to_memory(w, 1024 * 1024);
    CHECK_OK(escape_terminal(w, in, columns_max, &e), &e);
    return buf_str(&w->pending);
}

static void check_cases(void)
{
    struct error e = {0};
    struct writer w;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("for people: %s", cases[i].name)
        {
            CHECK_STR(terminal(&w, cases[i].in, SIZE_MAX), cases[i].shown);
            writer_done(&w);
            CHECK_NUM(escape_columns(cases[i].in), cases[i].columns);
            writer_to_memory(&w, 1024);
            CHECK_OK(escape_field(&w, cases[i].in, &e), &e);
            CHECK_STR(buf_str(&w.pending), cases[i].shown);
            writer_done(&w);
        }
        CHECK_CASE("as JSON: %s", cases[i].name)
        {
            writer_to_memory(&w, 1024);
            CHECK_OK(escape_json(&w, cases[i].in, &e), &e);
            CHECK_STR(buf_str(&w.pending), cases[i].json);
            writer_done(&w);
        }
    }
}

static void check_cuts(void)
{
    static const struct {
        str in;
        size_t columns;
        str shown;
    } cuts[] = {
        {S("abcdef"), 6, S("abcdef")},
        {S("abcdef"), 5, S("abcd…")},
        {S("abcdef"), 1, S("…")},
        {S("abcdef"), 0, S("")},
        {S("\u4e2d\u6587x"), 5, S("\u4e2d\u6587x")},
        {S("\u4e2d\u6587x"), 4, S("\u4e2d…")},
        {S("\u4e2d\u6587x"), 2, S("…")},
        {S("a\x1b[m"), 6, S("a\\x1b…")},
        {S("a\x1b[m"), 5, S("a…")},
        {S("e\u0301e\u0301"), 1, S("…")},
        {S("e\u0301e\u0301"), 2, S("e\u0301e\u0301")},
    };
    struct writer w;
    for (size_t i = 0; i < ARRAY_COUNT(cuts); i++) {
        CHECK_CASE("text is cut to %zu columns (%zu)", cuts[i].columns, i)
        {
            str got = terminal(&w, cuts[i].in, cuts[i].columns);
            CHECK_STR(got, cuts[i].shown);
            CHECK(escape_columns(got) <= cuts[i].columns);
            writer_done(&w);
        }
    }
}

static void check_limits(void)
{
    static char text[ESCAPE_JSON_BYTES_MAX + 1];
    struct writer w;
    struct error e = {0};
    memset(text, 'a', sizeof(text));
    CHECK_CASE("text for people is whole at its limit and cut one past it")
    {
        str got = terminal(&w, (str){.at = text, .len = ESCAPE_SHOWN_BYTES_MAX}, SIZE_MAX);
        CHECK_NUM(got.len, ESCAPE_SHOWN_BYTES_MAX);
        writer_done(&w);
        got = terminal(&w, (str){.at = text, .len = ESCAPE_SHOWN_BYTES_MAX + 1}, SIZE_MAX);
        CHECK_NUM(got.len, ESCAPE_SHOWN_BYTES_MAX + 3);
        CHECK(str_ends(got, STR("…")));
        CHECK_NUM(escape_columns((str){.at = text, .len = ESCAPE_SHOWN_BYTES_MAX + 1}),
                  ESCAPE_SHOWN_BYTES_MAX + 1);
        writer_done(&w);
    }
    CHECK_CASE("text in JSON is whole at its limit and cut one past it")
    {
        writer_to_memory(&w, 1024 * 1024);
        CHECK_OK(escape_json(&w, (str){.at = text, .len = ESCAPE_JSON_BYTES_MAX}, &e), &e);
        CHECK_NUM(w.pending.len, ESCAPE_JSON_BYTES_MAX + 2);
        writer_done(&w);
        writer_to_memory(&w, 1024 * 1024);
        CHECK_OK(escape_json(&w, (str){.at = text, .len = ESCAPE_JSON_BYTES_MAX + 1}, &e), &e);
        CHECK(str_ends(buf_str(&w.pending), STR("a…\"")));
        writer_done(&w);
    }
    CHECK_CASE("a cut never leaves half a character")
    {
        memcpy(text + ESCAPE_SHOWN_BYTES_MAX - 2, "\u4e2d\u4e2d", 6);
        str got = terminal(&w, (str){.at = text, .len = ESCAPE_SHOWN_BYTES_MAX + 4}, SIZE_MAX);
        CHECK(str_ends(got, STR("a…")));
        CHECK(str_is_utf8(got));
        writer_done(&w);
    }
}

/* Bytes that a simple generator makes: what comes out must be harmless whatever goes in. */
static void check_any_bytes(void)
{
    CHECK_CASE("any bytes come out as UTF-8 without control characters, and as JSON")
    {
        uint32_t seed = 1;
        for (int round = 0; round < 2000; round++) {
            char in[40];
            struct writer w;
            struct error e = {0};
            struct arena arena;
            const struct json_node *node;
            arena_init(&arena, 1024 * 1024, "a test");
            for (size_t i = 0; i < sizeof(in); i++) {
                seed = seed * 1664525u + 1013904223u;
                in[i] = (char)(seed >> 24);
            }
            str got = terminal(&w, (str){.at = in, .len = sizeof(in)}, SIZE_MAX);
            CHECK(str_is_utf8(got));
            for (size_t i = 0; i < got.len; i++) {
                CHECK((uint8_t)got.at[i] >= 0x20 && got.at[i] != 0x7f);
            }
            writer_done(&w);
            writer_to_memory(&w, 4096);
            CHECK_OK(escape_json(&w, (str){.at = in, .len = sizeof(in)}, &e), &e);
            CHECK_OK(json_tree(buf_str(&w.pending), &arena, &node, &e), &e);
            writer_done(&w);
            arena_done(&arena);
        }
    }
}

int main(void)
{
    check_cases();
    check_cuts();
    check_limits();
    check_any_bytes();
    return check_done();
}
