#include "check.h"
#include "http/server.h"

static const struct {
    const char *query, *name;
    bool present;
    const char *value;
} queries[] = {
    {"", "a", false, ""},
    {"a", "a", true, ""},
    {"a=", "a", true, ""},
    {"a=1", "a", true, "1"},
    {"a=1&a=2", "a", true, "1"},
    {"b=2&a=x%2Fy", "a", true, "x/y"},
    {"a=1+2%2B3", "a", true, "1 2+3"},
    {"features&vulnerabilities", "vulnerabilities", true, ""},
    {"features=false", "features", true, "false"},
    {"%61=1", "a", true, "1"},
    {"aa=1&&=&b", "a", false, ""},
    {"a=%00", "a", true, NULL},
    {"a==b=", "a", true, "=b="},
};

static const char *const bad_queries[] = {"a=%", "a=%2", "a=%zz", "%", "b=1&a=%g0"};
static const struct {
    const char *text, *decoded; /* NULL: it is none */
} segments[] = {
    {"", ""},       {"a", "a"},       {"a%2Fb", "a/b"}, {"a+b", "a+b"}, {"%41%42", "AB"},
    {"%4", NULL},   {"%", NULL},      {"a%", NULL},     {"a%4g", NULL}, {"%c3%a9", "\xc3\xa9"},
    {"%%41", NULL}, {"%2541", "%41"},
};

int main(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 1 << 20, "the test");
    for (size_t i = 0; i < ARRAY_COUNT(queries); i++) {
        CHECK_CASE("the query '%s'", queries[i].query)
        {
            str value;
            bool present;
            if (CHECK_OK(http_query(str_from(queries[i].query), queries[i].name, &arena, &value,
                                    &present, &e),
                         &e)) {
                CHECK(present == queries[i].present);
                if (queries[i].value != NULL) {
                    CHECK_STR(value, str_from(queries[i].value));
                } else {
                    CHECK_NUM(value.len, 1);
                }
            }
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad_queries); i++) {
        CHECK_CASE("the query '%s' is none", bad_queries[i])
        {
            str value;
            bool present;
            CHECK_FAILS(http_query(str_from(bad_queries[i]), "a", &arena, &value, &present, &e), &e,
                        ERROR_FORMAT, "escape");
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(segments); i++) {
        CHECK_CASE("the segment '%s'", segments[i].text)
        {
            str out = STR_NONE;
            bool fine = http_decode(str_from(segments[i].text), &arena, &out);
            CHECK(fine == (segments[i].decoded != NULL));
            if (fine && segments[i].decoded != NULL) {
                CHECK_STR(out, str_from(segments[i].decoded));
            }
        }
    }
    CHECK_CASE("a response has room for so many headers and no more")
    {
        struct http_response r = {.status = 200};
        for (size_t i = 0; i < HTTP_HEADERS_MAX; i++) {
            CHECK(http_header_put(&r, STR("A"), STR("b")));
        }
        CHECK(!http_header_put(&r, STR("A"), STR("b")));
    }
    arena_done(&arena);
    return check_done();
}
