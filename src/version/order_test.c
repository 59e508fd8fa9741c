/* Every scheme's order is total, over real versions and over bytes that are none. */
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
            if (there > 0 || (there == 0) != (back == 0) || back < 0) {
                printf("# " STR_FMT " | " STR_FMT ": %d, %d\n", STR_ARG(list[i]), STR_ARG(list[k]),
                       there, back);
                return false;
            }
        }
    }
    return true;
}

/* Accepted and refused by dpkg --validate-version, by rpmbuild, and by apk version --check. */
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
};

/* A long hostile version takes no longer than its length: all in a second, or the run times out. */
static void run_long(void)
{
    enum { LONG = 1024 * 1024 };
    static char bytes[LONG];
    static const char kinds[] = "0~^1a.-:_\0";
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
