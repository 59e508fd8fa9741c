#include "version/npm_range.h"

#include <stdio.h>

#include "base/attr.h"
#include "check.h"

/* Expected values: node-semver 7.7, satisfies() */
static const struct {
    const char *range, *version;
    bool inside;
} cases[] = {
    {"", "1.2.3", true},
    {"*", "1.2.3", true},
    {"*", "1.2.3-a", false},
    {"1.2.3", "1.2.3", true},
    {"1.2.3", "v1.2.3+build", true},
    {"=1.2.3", "1.2.4", false},
    {"^1.2.3", "1.9.9", true},
    {"^1.2.3", "1.2.2", false},
    {"^1.2.3", "2.0.0", false},
    {"^1.2.3", "2.0.0-rc.1", false},
    {"^0.2.3", "0.2.9", true},
    {"^0.2.3", "0.3.0", false},
    {"^0.0.3", "0.0.3", true},
    {"^0.0.3", "0.0.4", false},
    {"^0", "0.9.9", true},
    {"^0", "1.0.0", false},
    {"^0.0", "0.0.9", true},
    {"^0.0", "0.1.0", false},
    {"^1.2.x", "1.3.0", true},
    {"^x", "9.9.9", true},
    {"^1.2.3-b.2", "1.2.3-b.4", true},
    {"^1.2.3-b.2", "1.2.3-b.1", false},
    {"^1.2.3-b.2", "1.2.4-b.2", false},
    {"^1.2.3-b.2", "1.2.4", true},
    {"~1.2.3", "1.2.9", true},
    {"~1.2.3", "1.3.0", false},
    {"~1.2", "1.3.0", false},
    {"~1", "1.9.0", true},
    {"~> 1.2.3", "1.2.4", true},
    {"~0.0.1", "0.0.9", true},
    {"1.x", "1.9.9", true},
    {"1.2.x", "1.3.0", false},
    {"1", "1.0.0", true},
    {"1 - 2", "2.9.9", true},
    {"1 - 2", "3.0.0-0", false},
    {"1.2.3 - 2.3.4", "2.3.4", true},
    {"1.2.3 - 2.3.4", "2.3.5", false},
    {"1.2.3 - 2.3", "2.3.9", true},
    {"x - 2", "0.0.1", true},
    {">1.2", "1.2.9", false},
    {">1.2", "1.3.0", true},
    {">1", "2.0.0", true},
    {"<=1.2", "1.2.9", true},
    {"<1.2", "1.2.0", false},
    {">x", "1.2.3", false},
    {"<*", "0.0.0", false},
    {">=x", "1.2.3", true},
    {">=1.2.3 <2", "1.9.0", true},
    {">=1.2.3 <2", "2.0.0", false},
    {">= 1.2.3 < 2", "1.9.0", true},
    {"<1.0.0 || >=2.0.0", "1.5.0", false},
    {"<1.0.0 || >=2.0.0", "2.5.0", true},
    {"<1.0.0||>=2.0.0", "2.5.0", true},
    {"||", "1.2.3", true},
    {">=1.2.3-a", "1.2.3-b", true},
    {">=1.2.3-a", "1.2.4-b", false},
    {">1.2.3-a.9", "1.2.3-a.10", true},
    {"1.2.3+build", "1.2.3", true},
    {"^1.2.3", "1.2.3beta", false},
    {"blerg", "1.2.3", false},
    {"x.1", "1.1.0", false},
    {">=1.2.3<2.0.0", "1.5.0", false},
    {">", "1.2.3", false},
    {"1.2.3.4", "1.2.3", false},
    {"01.2.3", "1.2.3", false},
    {"^1.2.3", "not a version", false},
    {"^1.2.3", "1.2", false},
    {"<=9007199254740991.0.0", "9007199254740991.0.0", true},
    {"<=9007199254740992.0.0", "1.0.0", false},
    {"^9007199254740991.0.0", "9007199254740991.1.0", true},
};

/* RANGE <TAB> VERSION <TAB> INSIDE */
static void run_vectors(const char *file)
{
    CHECK_CASE("every vector of %s", file)
    {
        const char *path = check_shared(file);
        if (path == NULL) {
            check_skip("no shared vectors");
            continue;
        }
        str rest = check_file(path), line, range, version;
        size_t count = 0;
        while (str_line(&rest, &line)) {
            if (!CHECK(str_cut(&line, '\t', &range) && str_cut(&line, '\t', &version))) {
                break;
            }
            /* a tab in a range stands as two signs in the list */
            size_t tab = str_find(range, STR("\\t"));
            if (tab < range.len) {
                continue;
            }
            if (!CHECK(npm_range_contains(range, version) == str_eq(line, STR("1")))) {
                printf("# " STR_FMT " | " STR_FMT "\n", STR_ARG(range), STR_ARG(version));
            }
            count++;
        }
        CHECK(count > 0);
    }
}

int main(void)
{
    CHECK_CASE("ranges as node-semver has them")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            if (!CHECK(npm_range_contains(str_from(cases[i].range), str_from(cases[i].version)) ==
                       cases[i].inside)) {
                printf("# %s | %s\n", cases[i].range, cases[i].version);
            }
        }
    }
    CHECK_CASE("blanks of any kind separate")
    {
        CHECK(npm_range_contains(STR("<\t2.0.0"), STR("1.9.0")));
        CHECK(npm_range_contains(STR(" >=1.0.0\t<2.0.0\n"), STR("1.9.0")));
    }
    CHECK_CASE("what is no range is known")
    {
        CHECK(npm_range_valid(STR("")) && npm_range_valid(STR("^1 || 2 - 3 || <x")));
        CHECK(!npm_range_valid(STR("^")) && !npm_range_valid(STR("1 || latest")));
        CHECK(!npm_range_valid(STR("1 - ")) && !npm_range_valid(STR("1.2.3-")));
    }
    run_vectors("versions/npm-ranges.tsv");
    return check_done();
}
