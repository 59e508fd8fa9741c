#include "format/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"

/* Writes what it hears, one event after the other: "{a:{b:[0:1 ]}}". */
struct teller {
    struct json_handler base;
    struct buf told;
    size_t events, stop_at;
};

static bool tell(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    if (t->stop_at != 0 && ++t->events == t->stop_at) {
        return error_set(e, ERROR_ABSENT, "seen enough");
    }
    static const char *const open[] = {
        [JSON_NULL] = "",    [JSON_BOOL] = "",   [JSON_NUMBER] = "#", [JSON_STRING] = "'",
        [JSON_OBJECT] = "{", [JSON_ARRAY] = "[", [JSON_END] = "/",
    };
    for (size_t i = 0; i < event->depth; i++) {
        str key = event->path[i].key;
        if (!buf_printf(&t->told, e, "%zu" STR_FMT ".", event->path[i].index, STR_ARG(key))) {
            return false;
        }
    }
    return buf_printf(&t->told, e, "%s" STR_FMT " ", open[event->kind], STR_ARG(event->text));
}

/* A reader that makes `step` bytes ready at a time. */
struct slow_reader {
    struct reader base;
    str rest;
    size_t step;
};

static enum step slow_fill(struct reader *self, size_t want, struct error *e)
{
    struct slow_reader *s = CONTAINER_OF(self, struct slow_reader, base);
    (void)want;
    (void)e;
    if (s->rest.len == 0) {
        return STEP_END;
    }
    size_t n = s->step < s->rest.len ? s->step : s->rest.len;
    const uint8_t *at = (const uint8_t *)s->rest.at;
    self->at = reader_ready(self) == 0 ? at : self->at; /* what is in the window stays */
    self->end = at + n;
    self->end_offset += n;
    s->rest = str_slice(s->rest, n, s->rest.len);
    return STEP_GOT;
}

static const struct reader_ops slow_ops = {.name = "slow", .fill = slow_fill};

static bool read_slowly(str text, size_t step, struct teller *t, struct error *e)
{
    *t = (struct teller){.base = {.event = tell}};
    buf_init(&t->told, 1 << 20);
    struct slow_reader slow = {.base = {.ops = &slow_ops}, .rest = text, .step = step};
    return json_read(&slow.base, 16, &t->base, e);
}

static const struct {
    const char *says, *json, *told;
} good[] = {
    {"a number is passed on as written", "-1.50e+07", "#-1.50e+07 "},
    {"a number too large for any type is text", "123456789012345678901234567890",
     "#123456789012345678901234567890 "},
    {"members come with name and index", "{\"a\":1,\"b\":[true,null]}",
     "{ 0a.#1 1b.[ 1b.0.true 1b.1.null 1b./ / "},
    {"names of closed objects are forgotten", "{\"a\":{\"b\":\"x\"},\"c\":{}}",
     "{ 0a.{ 0a.0b.'x 0a./ 1c.{ 1c./ / "},
    {"escapes are resolved", "[\"\\u00e9\\n\\\"\\ud83d\\ude00\"]",
     "[ 0.'\xc3\xa9\n\"\xf0\x9f\x98\x80 / "},
    {"an empty name is a name", "{\"\":{\"\":\"\"}}", "{ 0.{ 0.0.' 0./ / "},
    {"a byte order mark is ignored", "\xef\xbb\xbf[]", "[ / "},
    {"blanks may stand around the value", " \n [ ] \r\n", "[ / "},
};

static const struct {
    const char *says, *json, *part;
    enum error_kind kind;
} bad[] = {
    {"an empty document", "", "empty", ERROR_FORMAT},
    {"blanks alone", "  \n", "not JSON", ERROR_FORMAT},
    {"a cut object", "{\"a\":[1,", "ends at byte 8, 2 levels deep", ERROR_FORMAT},
    {"a cut string", "\"abc", "not JSON", ERROR_FORMAT},
    {"a second value", "[] []", "not JSON at byte", ERROR_FORMAT},
    {"garbage after the value", "{}x", "not JSON at byte", ERROR_FORMAT},
    {"a page of HTML", "<!DOCTYPE html><title>404</title>", "begins with '<'", ERROR_FORMAT},
    {"a comma too many", "[1,]", "not JSON at byte", ERROR_FORMAT},
    {"a leading zero", "[01]", "not JSON at byte", ERROR_FORMAT},
    {"NaN", "[NaN]", "not JSON at byte", ERROR_FORMAT},
    {"single quotes", "['a']", "not JSON at byte", ERROR_FORMAT},
    {"a comment", "[1/*x*/]", "not JSON at byte", ERROR_FORMAT},
    {"a control byte in a string", "[\"a\nb\"]", "not JSON at byte", ERROR_FORMAT},
    {"bytes that are not UTF-8", "[\"a\xff\"]", "not UTF-8", ERROR_FORMAT},
    {"an overlong form", "[\"\xc0\xaf\"]", "not UTF-8", ERROR_FORMAT},
    {"a name that is not UTF-8", "{\"\xed\xa0\x80\":1}", "not UTF-8", ERROR_FORMAT},
    {"half a surrogate pair, the second half", "[\"\\udc00\"]", "not UTF-8", ERROR_FORMAT},
    {"17 levels where 16 are allowed", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
     "deeper than the limit of 16", ERROR_LIMIT},
};

static void test_events(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        CHECK_CASE("%s", good[i].says)
        {
            str text = str_from(good[i].json);
            /* whole, then cut everywhere by windows of 1, 2, 3 … bytes */
            for (size_t step = text.len; step > 0; step--) {
                struct teller t;
                CHECK_OK(read_slowly(text, step, &t, &e), &e);
                CHECK_STR(buf_str(&t.told), str_from(good[i].told));
                buf_done(&t.told);
            }
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        CHECK_CASE("%s is refused", bad[i].says)
        {
            struct teller t;
            CHECK_FAILS(read_slowly(str_from(bad[i].json), 1000, &t, &e), &e, bad[i].kind,
                        bad[i].part);
            buf_done(&t.told);
        }
    }
    CHECK_CASE("16 levels where 16 are allowed are read")
    {
        struct teller t;
        CHECK_OK(read_slowly(STR("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), 7, &t, &e), &e);
        buf_done(&t.told);
    }
    CHECK_CASE("the handler's own error stops the parser and is kept")
    {
        struct teller t = {.base = {.event = tell}, .stop_at = 3};
        buf_init(&t.told, 1000);
        CHECK_FAILS(json_read_text(STR("[1,2,3"), 16, &t.base, &e), &e, ERROR_ABSENT,
                    "seen enough");
        buf_done(&t.told);
    }
    CHECK_CASE("every cut of a document is refused")
    {
        str text = STR("{\"a\":[1,\"\\u00e9\",{\"b\":null}],\"c\":\"d\"}");
        for (size_t len = 0; len < text.len; len++) {
            struct teller t;
            CHECK_FAILS(read_slowly(str_slice(text, 0, len), 5, &t, &e), &e, ERROR_FORMAT, "");
            buf_done(&t.told);
        }
    }
}

static bool ignore(struct json_handler *self, const struct json_event *event, struct error *e)
{
    (void)self;
    (void)event;
    (void)e;
    return true;
}

static str long_string(size_t len, const char *unit)
{
    size_t unit_len = strlen(unit);
    char *text = malloc(len * unit_len + 2);
    text[0] = '"';
    for (size_t i = 0; i < len; i++) {
        memcpy(text + 1 + i * unit_len, unit, unit_len);
    }
    text[len * unit_len + 1] = '"';
    return (str){.at = text, .len = len * unit_len + 2};
}

static void test_limits(void)
{
    struct error e;
    struct json_handler handler = {.event = ignore};
    static const char *const units[] = {"a", "\\n"};
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        CHECK_CASE("a string of the limit is read, one byte more is not (of '%s')", units[i])
        {
            str text = long_string(JSON_STRING_BYTES_MAX, units[i]);
            CHECK_OK(json_read_text(text, 1, &handler, &e), &e);
            free((void *)(uintptr_t)text.at);
            text = long_string(JSON_STRING_BYTES_MAX + 1, units[i]);
            CHECK_FAILS(json_read_text(text, 1, &handler, &e), &e, ERROR_LIMIT, "string");
            free((void *)(uintptr_t)text.at);
        }
    }
    CHECK_CASE("a string without end stops at a limit")
    {
        str text = long_string(5 * (size_t)JSON_STRING_BYTES_MAX, "a");
        CHECK_FAILS(json_read_text(str_slice(text, 0, text.len - 1), 1, &handler, &e), &e,
                    ERROR_LIMIT, "a string of more than");
        free((void *)(uintptr_t)text.at);
    }
    CHECK_CASE("a million brackets stop at the depth limit")
    {
        str text = long_string(1000000, "[");
        CHECK_FAILS(json_read_text(str_slice(text, 1, text.len), JSON_DEPTH_MAX, &handler, &e), &e,
                    ERROR_LIMIT, "deeper than the limit of 256");
        free((void *)(uintptr_t)text.at);
    }
}

static void test_tree(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 10 << 20, "the test");
    const struct json_node *root;
    CHECK_CASE("a tree has members and items in order")
    {
        CHECK_OK(
            json_tree(STR("{\"Layers\":[\"a\",\"b\"],\"n\":7,\"s\":\"x\"}"), &arena, &root, &e),
            &e);
        const struct json_node *layers = json_member(root, "Layers");
        CHECK_NUM(layers->kind, JSON_ARRAY);
        CHECK_NUM(layers->count, 2);
        CHECK_STR(layers->first->text, STR("a"));
        CHECK_STR(layers->first->next->text, STR("b"));
        CHECK(layers->first->next->next == NULL);
        CHECK_STR(json_member_str(root, "s"), STR("x"));
        CHECK_STR(json_member_str(root, "n"), STR_NONE);
        CHECK(json_member(root, "absent") == NULL && json_member(layers, "a") == NULL);
        CHECK(json_member(NULL, "a") == NULL);
    }
    CHECK_CASE("a name that comes twice is refused, in small objects and in large ones")
    {
        CHECK_FAILS(json_tree(STR("{\"a\":1,\"a\":1}"), &arena, &root, &e), &e, ERROR_FORMAT,
                    "'a' comes twice");
        CHECK_OK(json_tree(STR("[{\"a\":1},{\"a\":1}]"), &arena, &root, &e), &e);
        struct buf text;
        buf_init(&text, 1 << 20);
        CHECK_OK(buf_printf(&text, &e, "{\"k0\":0"), &e);
        for (int i = 1; i < 100; i++) {
            CHECK_OK(buf_printf(&text, &e, ",\"k%d\":0", i), &e);
        }
        size_t len = text.len;
        CHECK_OK(buf_printf(&text, &e, "}"), &e);
        CHECK_OK(json_tree(buf_str(&text), &arena, &root, &e), &e);
        CHECK_NUM(root->count, 100);
        text.len = len;
        CHECK_OK(buf_printf(&text, &e, ",\"k7\":0}"), &e);
        CHECK_FAILS(json_tree(buf_str(&text), &arena, &root, &e), &e, ERROR_FORMAT,
                    "'k7' comes twice");
        buf_done(&text);
    }
    CHECK_CASE("a tree may be 64 levels deep, not 65")
    {
        char text[130];
        memset(text, '[', 65);
        memset(text + 65, ']', 65);
        str whole = {.at = text, .len = 130};
        CHECK_OK(json_tree(str_slice(whole, 1, 129), &arena, &root, &e), &e);
        CHECK_FAILS(json_tree(whole, &arena, &root, &e), &e, ERROR_LIMIT, "limit of 64");
    }
    arena_done(&arena);
}

static void test_memory(void)
{
    CHECK_CASE("each refused allocation is a clean error")
    {
        str text = long_string(70000, "ab\\n");
        struct error e = {0};
        for (int n = 0;; n++) {
            struct arena arena;
            arena_init(&arena, 10 << 20, "the test");
            const struct json_node *root = NULL;
            fail_alloc_at(n);
            bool ok = json_tree(text, &arena, &root, &e);
            fail_alloc_at(-1);
            arena_done(&arena);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                CHECK(n > 2);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
        free((void *)(uintptr_t)text.at);
    }
}

static void test_real(void)
{
    CHECK_CASE("a real tracker slice is read")
    {
        const char *path = check_shared("feeds/debian/tracker-json/a/data/json");
        if (path == NULL) {
            check_skip("feeds are not there");
        } else {
            struct error e;
            struct json_handler handler = {.event = ignore};
            str text = check_file(path);
            CHECK_OK(json_read_text(text, JSON_DEPTH_MAX, &handler, &e), &e);
            free((void *)(uintptr_t)text.at);
        }
    }
}

int main(void)
{
    test_events();
    test_limits();
    test_tree();
    test_memory();
    test_real();
    return check_done();
}
