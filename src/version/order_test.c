/* Every scheme's order is total, over real versions and over bytes that are none; those that are
 * called cyclic are at least antisymmetric. */
#include <stdio.h>
#include <stdlib.h>

#include "base/attr.h"
#include "check.h"
#include "version/scheme.h"

enum { SAMPLES_MAX = 700 };

static const str odd[] = {
    STR_INIT(""),
    STR_INIT("\0"),
    STR_INIT("1\0002"),
    STR_INIT("\377\376"),
    STR_INIT("~"),
    STR_INIT("~~"),
    STR_INIT("^"),
    STR_INIT("-"),
    STR_INIT("--"),
    STR_INIT(":"),
    STR_INIT("0:"),
    STR_INIT(":1"),
    STR_INIT("1:"),
    STR_INIT("a:1"),
    STR_INIT("."),
    STR_INIT(".."),
    STR_INIT("1."),
    STR_INIT("1.."),
    STR_INIT("1..2"),
    STR_INIT("1.a"),
    STR_INIT("1.b"),
    STR_INIT("1A"),
    STR_INIT("1B"),
    STR_INIT("1-"),
    STR_INIT("1-x"),
    STR_INIT("1-r"),
    STR_INIT("1-r1-"),
    STR_INIT("1_"),
    STR_INIT("1_x"),
    STR_INIT("1_p"),
    STR_INIT("1_pre"),
    STR_INIT("1_alpha"),
    STR_INIT("1~"),
    STR_INIT("1~g"),
    STR_INIT("1~a"),
    STR_INIT("1a1"),
    STR_INIT("1a01"),
    STR_INIT("1.0"),
    STR_INIT("1.00"),
    STR_INIT("1.000"),
    STR_INIT("1.09"),
    STR_INIT("1.9"),
    STR_INIT("1.10"),
    STR_INIT(" 1"),
    STR_INIT("1 "),
    STR_INIT("1 1"),
    STR_INIT("\n"),
    STR_INIT("1:0:1-1"),
    STR_INIT("a-b-c"),
    STR_INIT("a-1-1.src"),
    STR_INIT("1-1-1"),
    STR_INIT("1+"),
    STR_INIT("1-+"),
    STR_INIT("v1"),
    STR_INIT("=1"),
    STR_INIT("1.0.dev"),
    STR_INIT("1.x-dev"),
    STR_INIT("dev-x"),
    STR_INIT("1.#"),
    STR_INIT("1.p"),
    STR_INIT("1.rc"),
    STR_INIT("1-0-dev"),
    STR_INIT("1-final"),
    STR_INIT("0-0-a"),
    STR_INIT("go1.21"),
    STR_INIT("go1.21rc"),
    STR_INIT("go1.21rc1"),
    STR_INIT("v1.21.0-rc.1"),
    STR_INIT("1.21.0-rc1"),
    STR_INIT("1!2"),
    STR_INIT("1a_"),
    STR_INIT("1+a.B"),
    STR_INIT("1.0-java"),
    STR_INIT("9999"),
    STR_INIT("99999999999999999999999999999999999999999999999999999999:1"),
    STR_INIT("111111111111111111111111111111111111111111111111111111111111"),
    STR_INIT("0000000000000000000000000000000000000000000000000000000000001"),
};

static const struct scheme *sorting; /* qsort has no argument to pass it by */

static int by_scheme(const void *left, const void *right)
{
    return sorting->compare(*(const str *)left, *(const str *)right);
}

static size_t samples(str list[SAMPLES_MAX], const char *file)
{
    size_t count = 0;
    for (; count < ARRAY_COUNT(odd); count++) {
        list[count] = odd[count];
    }
    const char *path = check_shared(file);
    str rest = path == NULL ? STR_NONE : check_file(path), line, left;
    for (size_t n = 0; count < SAMPLES_MAX && str_line(&rest, &line); n++) {
        /* the lists begin with the tools' own vectors and go on with series */
        if ((n < 400 || n % 50 == 0) && str_cut(&line, '\t', &left)) {
            list[count++] = left;
        }
    }
    return count;
}

static bool is_total(const struct scheme *s, const str *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i; k < count; k++) {
            int there = s->compare(list[i], list[k]), back = s->compare(list[k], list[i]);
            bool opposite = (there > 0) == (back < 0) && (there < 0) == (back > 0);
            if (!opposite || (there > 0 && !s->cyclic) || (i == k && there != 0)) {
                printf("# " STR_FMT " | " STR_FMT ": %d, %d\n", STR_ARG(list[i]), STR_ARG(list[k]),
                       there, back);
                return false;
            }
        }
    }
    return true;
}

/* Accepted and refused by each scheme's own tool: dpkg --validate-version, rpmbuild, apk version
 * --check, makepkg, packaging, node-semver (loose), Gem::Version, Elixir's Version and so on. */
static const struct {
    const char *scheme, *version;
    bool valid;
} validity[] = {
    {"deb", "1.0", true},
    {"deb", "1:1.0-1", true},
    {"deb", "1.2.3+dfsg~rc1-1", true},
    {"deb", "1:2:3-1", true},
    {"deb", "1-2-3", true},
    {"deb", "", false},
    {"deb", "a1", false},
    {"deb", "1.0-", false},
    {"deb", "a:1", false},
    {"deb", ":1", false},
    {"deb", "1:", false},
    {"deb", "1_0", false},
    {"deb", "1 0", false},
    {"deb", "2147483647:1", true},
    {"deb", "2147483648:1", false},
    {"rpm", "1.0-1.el9", true},
    {"rpm", "2:1.0~rc1^git-1", true},
    {"rpm", "1.0", true},
    {"rpm", "", false},
    {"rpm", "1-", false},
    {"rpm", "1:", false},
    {"rpm", "a-1-1", false},
    {"rpm", "1/2-1", false},
    {"rpm", "x:1-1", false},
    {"apk", "1.2.3-r4", true},
    {"apk", "1.2.3a_p1-r0", true},
    {"apk", "1.0_rc1_git20200101", true},
    {"apk", "1~abc-r1", true},
    {"apk", "6.6.2p1-r0", true},
    {"apk", "", false},
    {"apk", ".1", false},
    {"apk", "1.", false},
    {"apk", "1..2", false},
    {"apk", "1_foo", false},
    {"apk", "1A", false},
    {"apk", "1-x", false},
    {"apk", "1-r1-r2", false},
    {"apk", "1-r1_p1", false},
    {"apk", "1~", false},
    {"alpm", "1:1.0.a+b-1.1", true},
    {"alpm", "1.0", true},
    {"alpm", "1.0-a", false},
    {"alpm", "1-2-3", false},
    {"alpm", ":1", false},
    {"alpm", "", false},
    {"pypi", " v1!1.0-Alpha_1.post2-dev+a.1 ", true},
    {"pypi", "1.0-1", true},
    {"pypi", "1.0a-", true},
    {"pypi", "1.0--1", false},
    {"pypi", "1.0+", false},
    {"pypi", "1.0m1", false},
    {"pypi", "", false},
    {"npm", " =v1.02.3beta+1", true},
    {"npm", "1.2.3--", true},
    {"npm", "9007199254740991.0.0", true},
    {"npm", "9007199254740992.0.0", false},
    {"npm", "1.2", false},
    {"npm", "1.2.3.4", false},
    {"npm", "1.2.3-a..b", false},
    {"npm", "", false},
    {"semver", "1.2.3-a.0+00", true},
    {"semver", "1.2.3-01", false},
    {"semver", "01.2.3", false},
    {"semver", "v1.2.3", false},
    {"semver", "1.2.3-", false},
    {"semver", "1.2.3+", false},
    {"semver", "1.2", false},
    {"maven", "1.0-alpha_x", true},
    {"maven", "1.0/2", false},
    {"maven", "[1.0,)", false},
    {"maven", "", false},
    {"gem", "1.0.a-b.2", true},
    {"gem", "", true},
    {"gem", "1a", false},
    {"gem", "1..2", false},
    {"gem", "1.", false},
    {"gem", "1_2", false},
    {"gem", "a", false},
    {"go", "v1.2.3-0.20200101120000-abcdefabcdef", true},
    {"go", "1.2", true},
    {"go", "v1.2-pre", false},
    {"go", "v1.2.3.4", false},
    {"go", "go1.21rc2", true},
    {"go", "go1.21rc", false},
    {"go", "(devel)", false},
    {"nuget", "1.02.3.4-a.01+b", true},
    {"nuget", "2147483647", true},
    {"nuget", "2147483648", false},
    {"nuget", "1.2.3.4.5", false},
    {"nuget", "1.0-", false},
    {"composer", "v1.2.3.4-beta2", true},
    {"composer", "1.0RC1-dev", true},
    {"composer", "1.x-dev", true},
    {"composer", "dev-main", true},
    {"composer", "20240101", true},
    {"composer", "1.0-stable", true},
    {"composer", "1.2.3.4.5", false},
    {"composer", "1.0-foo", false},
    {"composer", "dev-", false},
    {"composer", "", false},
    {"hex", "1.2.3-rc.0+b", true},
    {"hex", "1.2", false},
    {"hex", "01.2.3", false},
    {"pub", "01.2.3-01+b.1", true},
    {"pub", "1.2", false},
    {"pub", "v1.2.3", false},
};

/* A long hostile version takes no longer than its length: all in a second, or the run times out. */
static void run_long(void)
{
    enum { LONG = 1024 * 1024 };
    static char bytes[LONG];
    static const char kinds[] = "0~^1a.-:_\0001-0-a+v0.0-";
    for (size_t k = 0; k < sizeof(kinds) - 1; k++) {
        for (size_t i = 0; i < LONG; i++) {
            bytes[i] = i % 2 == 0 ? kinds[k] : kinds[(k + 1) % (sizeof(kinds) - 1)];
        }
        str a = {.at = bytes, .len = LONG}, b = {.at = bytes, .len = LONG - 2};
        for (size_t i = 0; scheme_at(i) != NULL; i++) {
            CHECK(scheme_at(i)->compare(a, a) == 0);
            int there = scheme_at(i)->compare(a, b), back = scheme_at(i)->compare(b, a);
            CHECK((there > 0) == (back < 0) && (there < 0) == (back > 0));
            (void)scheme_at(i)->valid(a);
        }
    }
}

int main(void)
{
    for (size_t i = 0; scheme_at(i) != NULL; i++) {
        const struct scheme *s = scheme_at(i);
        CHECK_CASE("%s: any versions, sorted, are in order pair by pair", s->name)
        {
            static str list[SAMPLES_MAX];
            char file[64];
            snprintf(file, sizeof(file), "versions/%s.tsv", s->name);
            size_t count = samples(list, file);
            sorting = s;
            qsort(list, count, sizeof(*list), by_scheme);
            CHECK(is_total(s, list, count));
        }
    }
    CHECK_CASE("each scheme accepts what its tool accepts")
    {
        for (size_t i = 0; i < ARRAY_COUNT(validity); i++) {
            const struct scheme *s = scheme_find(str_from(validity[i].scheme));
            if (!CHECK(s->valid(str_from(validity[i].version)) == validity[i].valid)) {
                printf("# %s '%s'\n", validity[i].scheme, validity[i].version);
            }
        }
    }
    CHECK_CASE("versions of 1 MB are compared in linear time")
    {
        run_long();
    }
    CHECK_CASE("schemes are found by name")
    {
        CHECK(scheme_find(STR("deb")) != NULL && scheme_find(STR("deb")) == scheme_at(0));
        CHECK(scheme_find(STR("de")) == NULL && scheme_find(STR_NONE) == NULL);
        CHECK(scheme_at(1000) == NULL);
    }
    return check_done();
}
