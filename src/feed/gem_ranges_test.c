#include "feed/gem_ranges.h"

#include "base/buf.h"
#include "check.h"

static const struct {
    const char *says, *requirements[4], *others; /* "[1,2)": from 1 to before 2 */
} cases[] = {
    {"none: all versions", {NULL}, "(,)"},
    {"all above", {">= 2"}, "(,2)"},
    {"all above, without it", {"> 2"}, "(,2]"},
    {"all below", {"< 2"}, "[2,)"},
    {"all below, with it", {"<= 2"}, "(2,)"},
    {"one", {"= 2"}, "(,2)(2,)"},
    {"one, without a sign", {"2"}, "(,2)(2,)"},
    /* Gem::Requirement, "~>": the last number may grow */
    {"pessimistic, two numbers", {"~> 2.3"}, "(,2.3)[3.a,)"},
    {"pessimistic, three numbers", {"~> 2.3.4"}, "(,2.3.4)[2.4.a,)"},
    {"pessimistic, one number", {"~> 2"}, "(,2)[3.a,)"},
    {"pessimistic, a prerelease", {"~> 2.3.4.rc1"}, "(,2.3.4.rc1)[2.4.a,)"},
    {"both hold", {"~> 2.0.9, >= 2.0.9.1"}, "(,2.0.9.1)[2.1.a,)"},
    {"what both cannot be adds nothing", {">= 3, < 2"}, "(,)"},
    {"in any order", {">= 3", "~> 1.2.3", "~> 2.3.4"}, "(,1.2.3)[1.3.a,2.3.4)[2.4.a,3)"},
    {"overlapping", {">= 1, < 3", ">= 2, < 4"}, "(,1)[4,)"},
    {"one in another", {">= 1, < 9", "= 2"}, "(,1)[9,)"},
    {"adjacent", {"< 2", ">= 2"}, ""},
    {"adjacent, but for one version", {"< 2", "> 2"}, "[2,2]"},
    {"prereleases alone are nothing", {"~> 4.0.11.1", ">= 4.0.12"}, "(,4.0.11.1)"},
    {"all", {">= 0.a", "< 1"}, ""},
};

static const char *const strange[] = {"",     "x y",  ">=",     "!= 1",    ">= 1, != 2",
                                      "=> 1", "~> a", ">= 1,,", ">= \x01", "<>1"};

static bool tell(const struct gem_ranges *ranges, struct buf *to, struct error *e)
{
    bool done = true;
    for (size_t i = 0; done && i < ranges->count; i++) {
        const struct gem_range *r = &ranges->at[i];
        bool open = r->from.version.len == 0 || r->from.behind;
        done =
            buf_printf(to, e, "%s" STR_FMT "," STR_FMT "%s", open ? "(" : "[",
                       STR_ARG(r->from.version), STR_ARG(r->to.version), r->to.behind ? "]" : ")");
    }
    return done;
}

int main(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 1 << 20, "ranges");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct gem_ranges in = {.at = NULL}, out = {.at = NULL};
            struct buf told;
            buf_init(&told, 1000);
            error_clear(&e);
            for (size_t k = 0; k < 4 && cases[i].requirements[k] != NULL; k++) {
                bool fine;
                CHECK_OK(gem_range_add(str_from(cases[i].requirements[k]), &arena, &in, &fine, &e),
                         &e);
                CHECK(fine);
            }
            CHECK_OK(gem_ranges_invert(&in, &arena, &out, &e), &e);
            CHECK_OK(tell(&out, &told, &e), &e);
            CHECK_STR(buf_str(&told), str_from(cases[i].others));
            buf_done(&told);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(strange); i++) {
        CHECK_CASE("'%s' is no requirement", strange[i])
        {
            struct gem_ranges in = {.at = NULL};
            bool fine = true;
            error_clear(&e);
            CHECK_OK(gem_range_add(str_from(strange[i]), &arena, &in, &fine, &e), &e);
            CHECK(!fine && in.count == 0);
        }
    }
    CHECK_CASE("a thousand ranges, and one more")
    {
        struct gem_ranges in = {.at = NULL};
        bool fine;
        error_clear(&e);
        for (int i = 0; i < GEM_RANGES_MAX; i++) {
            CHECK_OK(gem_range_add(STR("= 1"), &arena, &in, &fine, &e), &e);
        }
        CHECK_FAILS(gem_range_add(STR("= 1"), &arena, &in, &fine, &e), &e, ERROR_LIMIT, "1000");
    }
    arena_done(&arena);
    return check_done();
}
