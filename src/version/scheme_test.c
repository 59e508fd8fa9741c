#include "version/scheme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "check.h"

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static int compare(const char *scheme, str a, str b)
{
    return sign(scheme_find(str_from(scheme))->compare(a, b));
}

/* Expected values: dpkg --compare-versions, rpm --eval rpm.vercmp, apk version -t */
static const struct {
    const char *says, *scheme, *a, *b;
    int order;
} cases[] = {
    {"a tilde sorts before the end", "deb", "1.0~rc1", "1.0", -1},
    {"an epoch beats any upstream", "deb", "1:0.9", "2.0", +1},
    {"epoch 0 is no epoch", "deb", "0:1.0", "1.0", 0},
    {"a missing revision is revision 0", "deb", "1.0", "1.0-0", 0},
    {"letters sort before other signs", "deb", "1.0a", "1.0+", -1},
    {"leading zeros do not count", "deb", "1.001", "1.1", 0},
    {"60 digits do not overflow", "deb",
     "1.111111111111111111111111111111111111111111111111111111111111",
     "1.111111111111111111111111111111111111111111111111111111111112", -1},
    {"an absurd epoch is still a number", "deb", "99999999999999999999:1", "9:1", +1},
    {"the empty version is before all", "deb", "", "0~", -1},
    {"blanks around do not count", "deb", " 1.0 ", "1.0", 0},
    {"a binary rebuild is newer", "deb", "1.0-1+b1", "1.0-1", +1},
    {"repacking sorts behind the plain version", "deb", "1.2.3+dfsg-1", "1.2.3-1", +1},
    {"the last dash begins the revision", "deb", "1-2-3", "1-2-4", -1},

    {"a tilde sorts before the end", "rpm", "1.0~rc1", "1.0", -1},
    {"a caret sorts behind the end", "rpm", "1.0^git1", "1.0", +1},
    {"a caret sorts before the next part", "rpm", "1.0^git1", "1.0.1", -1},
    {"numbers are newer than letters", "rpm", "1.1", "1.a", +1},
    {"a missing epoch is 0", "rpm", "0:1-1", "1-1", 0},
    {"an absurd epoch is still a number", "rpm", "99999999999999999999:1-1", "9:1-1", +1},
    {"separators do not count", "rpm", "1_0-1", "1.0-1", 0},
    {"60 digits do not overflow", "rpm",
     "111111111111111111111111111111111111111111111111111111111111-1",
     "111111111111111111111111111111111111111111111111111111111112-1", -1},
    {"whole names sort by epoch, version and release", "rpm", "a-b-1:2-3.noarch", "a-b-3-3.noarch",
     +1},

    {"a pre-release suffix is older", "apk", "1.0_rc1", "1.0", -1},
    {"a patch suffix is newer", "apk", "1.0_p1", "1.0", +1},
    {"suffixes have an order", "apk", "1.0_beta1", "1.0_alpha2", +1},
    {"hg is newer than git", "apk", "1_hg", "1_git", +1},
    {"a letter is newer than none", "apk", "1.0a", "1.0", +1},
    {"a leading zero makes a fraction", "apk", "1.02", "1.1", -1},
    {"a fraction is read from the left", "apk", "1.0015", "1.002", -1},
    {"the first number is a number", "apk", "006", "1.06-r6", +1},
    {"revisions are numbers", "apk", "1.0-r10", "1.0-r9", +1},
    {"a commit hash is compared as text", "apk", "1.0~abc", "1.0~abd", -1},
    {"60 digits do not overflow", "apk",
     "111111111111111111111111111111111111111111111111111111111111",
     "111111111111111111111111111111111111111111111111111111111112", -1},
    {"a chain of suffixes", "apk", "0.1.0_alpha_pre2", "0.1.0_alpha", -1},
    {"what is no version is older than one", "apk", "abc", "0", -1},

    /* pacman 6.0, alpm_pkg_vercmp() */
    {"letters behind the digits are older than the end", "alpm", "1.5b", "1.5", -1},
    {"letters behind a dot are newer than the end", "alpm", "1.5.a", "1.5", +1},
    {"digits are newer than letters", "alpm", "1.5.1", "1.5.b", +1},
    {"an epoch beats any version", "alpm", "1:0.9", "2.0", +1},
    {"a missing release is equal to any", "alpm", "1.0", "1.0-3", 0},
    {"releases are compared where both are", "alpm", "1.0-10", "1.0-9", +1},
    {"more separators are newer", "alpm", "1..1", "1.2", +1},
    {"a tilde is a separator like others", "alpm", "1.0~rc1", "1.0", +1},

    /* packaging 26 */
    {"spellings are one", "pypi", "1.0-Alpha_1", "1.0a1", 0},
    {"a dash and a number are a post-release", "pypi", "v1.0-1", "1.0.post1", 0},
    {"c is rc", "pypi", "1.0c1", "1.0rc1", 0},
    {"a development release is before alpha", "pypi", "1.0.dev1", "1.0a1", -1},
    {"dev of a pre-release is before it", "pypi", "1.0a1.dev9", "1.0a1", -1},
    {"dev of a post-release is behind the release", "pypi", "1.0.post1.dev1", "1.0", +1},
    {"zeros at the end do not count", "pypi", "1.0.0", "1", 0},
    {"an epoch beats any release", "pypi", "1!0.1", "2024.1", +1},
    {"local numbers are newer than local words", "pypi", "1.0+1", "1.0+abc", +1},
    {"a local version is newer than none", "pypi", "1.0+0", "1.0", +1},
    {"no version is older than a version", "pypi", "2013-01-23T17:11:52", "0.dev0", -1},
    {"old versions keep their old order", "pypi", "0.3m1", "0.3m2", -1},

    /* node-semver 7.7, loose */
    {"a pre-release needs no dash", "npm", "1.2.3beta", "1.2.3-beta", 0},
    {"signs at the front do not count", "npm", " =v1.2.3", "1.2.3", 0},
    {"upper case is older", "npm", "1.2.3-5-Foo", "1.2.3-5-foo", -1},

    /* semver.org, section 11 */
    {"numbers are older than words", "semver", "1.0.0-alpha.1", "1.0.0-alpha.beta", -1},
    {"numbers are compared as numbers", "semver", "1.0.0-beta.11", "1.0.0-beta.2", +1},
    {"more identifiers are newer", "semver", "1.0.0-alpha", "1.0.0-alpha.1", -1},
    {"a build does not count", "semver", "1.0.0+1", "1.0.0+2", 0},
    {"a pre-release is older", "semver", "1.0.0-rc.1", "1.0.0", -1},
    {"a missing number is 0", "semver", "1.2", "1.2.0", 0},
    {"no version is older than a version", "semver", "master", "0.0.0-0", -1},

    /* Maven 3.8.1 */
    {"words have an order", "maven", "1-alpha-1", "1-beta-1", -1},
    {"a snapshot is older", "maven", "1.0-SNAPSHOT", "1.0", -1},
    {"a service pack is newer", "maven", "1.0-sp1", "1.0", +1},
    {"an unknown word is newer than sp", "maven", "1-foo", "1-sp", +1},
    {"words for a release are none", "maven", "1.0.Final", "1", 0},
    {"a is alpha only before a digit", "maven", "1-a1", "1-alpha-1", 0},
    {"a alone is a word like others", "maven", "1-a", "1", +1},
    {"cr is rc", "maven", "1-CR1", "1-rc1", 0},
    {"a dash is less than a dot", "maven", "1-1", "1.1", -1},
    {"zeros before a word do not count", "maven", "1.0.0-rc1", "1-rc1", 0},
    {"letter case does not count", "maven", "1.0-FOO", "1.0-foo", 0},
    {"60 digits do not overflow", "maven",
     "1.111111111111111111111111111111111111111111111111111111111111",
     "1.111111111111111111111111111111111111111111111111111111111112", -1},

    /* RubyGems 3.3 */
    {"letters make a pre-release", "gem", "1.0.a", "1.0", -1},
    {"letters and digits are apart", "gem", "1.0.b1", "1.0.b.1", 0},
    {"a dash is a pre-release", "gem", "1.0-1", "1.0.pre.1", 0},
    {"zeros before letters do not count", "gem", "1.0.0.a", "1.a", 0},
    {"zeros at the end do not count", "gem", "1.0.0", "1", 0},
    {"the empty version is 0", "gem", "", "0", 0},
    {"a platform is no part of it", "gem", "1.15.0-x86_64-linux", "1.15.0", 0},
    {"nor is this one", "gem", "9.4.1-java", "9.4.1", 0},

    /* golang.org/x/mod/semver; cmd/go for toolchains */
    {"the v may be missing", "go", "1.2.3", "v1.2.3", 0},
    {"numbers may be missing", "go", "v1", "v1.0.0", 0},
    {"incompatible does not count", "go", "v2.0.0+incompatible", "v2.0.0", 0},
    {"a pseudo-version is older than its base", "go", "v1.2.4-0.20200101120000-abcdefabcdef",
     "v1.2.4", -1},
    {"and newer than the version before", "go", "v1.2.4-0.20200101120000-abcdefabcdef", "v1.2.3",
     +1},
    {"a development build is older than all", "go", "(devel)", "v0.0.0-0", -1},
    {"a toolchain is a version", "go", "go1.20.3", "1.20.3", 0},
    {"its release candidate too", "go", "go1.21rc2", "1.21.0-rc.2", 0},
    {"they have numbers", "go", "go1.21rc10", "go1.21rc9", +1},
    {"beta is before rc", "go", "go1.18beta2", "go1.18rc1", -1},
    {"from 1.21 two numbers are the language", "go", "go1.21", "go1.21rc1", -1},
    {"before, they are the release", "go", "go1.20", "go1.20rc1", +1},
    {"what a builder adds does not count", "go", "go1.21.0-custom X:exp", "1.21.0", 0},

    /* NuGet.Versioning */
    {"there are four numbers", "nuget", "1.0.0.1", "1.0", +1},
    {"letter case does not count", "nuget", "1.0.0-BETA", "1.0.0-beta", 0},
    {"a time stamp is text", "nuget", "1.0.0-9999999999", "1.0.0-10000000000", +1},
    {"numbers are older than words", "nuget", "1.0.0-2147483647", "1.0.0-a", -1},

    /* PHP 8.2, version_compare() */
    {"words have an order", "composer", "1.0-dev", "1.0a1", -1},
    {"a patch is newer than any number", "composer", "1.0pl1", "1.0.5", +1},
    {"an unknown word is older than dev", "composer", "1.0-foo", "1.0-dev", -1},
    {"missing parts are older", "composer", "1.0", "1.0.0", -1},
    {"the v does not count", "composer", "v1.0", "1.0", 0},
    {"a branch is older than all", "composer", "dev-main", "0.0.0-dev", -1},
    {"a numbered branch is newer than its versions", "composer", "1.x-dev", "1.99.0", +1},
    {"and older than the next", "composer", "1.x-dev", "2.0-dev", -1},

    /* Elixir 1.14, pub_semver */
    {"a dot makes identifiers", "hex", "1.5.0-rc.0", "1.5.0-rc0", -1},
    {"a build does not count", "hex", "1.0.0+1", "1.0.0", 0},
    {"a build counts", "pub", "1.0.0+1", "1.0.0", +1},
    {"its numbers are older than its words", "pub", "1.2.3+900", "1.2.3+a", -1},
};

static void run_cases(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s: %s (%s, %s)", cases[i].scheme, cases[i].says, cases[i].a, cases[i].b)
        {
            str a = str_from(cases[i].a), b = str_from(cases[i].b);
            CHECK_NUM(compare(cases[i].scheme, a, b), cases[i].order);
            CHECK_NUM(compare(cases[i].scheme, b, a), -cases[i].order);
        }
    }
}

/* Lines of the lists on which the ecosystem's own tool says otherwise: pacman 6.0; Maven 3.6, 3.8,
 * 3.9 and 4.0 for one, up to 3.8.1 for the other (docs/versions.md). */
static const char *const refuted[] = {
    "1.0.0alpha\t1.0.0\t1",
    "1.0.0~rc1\t1.0.0\t-1",
    "1-1\t1-ga-1\t0",
    "2.0.a\t2-1\t-1",
};

static bool is_refuted(str line)
{
    for (size_t i = 0; i < ARRAY_COUNT(refuted); i++) {
        if (str_eq(line, str_from(refuted[i]))) {
            return true;
        }
    }
    return false;
}

/* LEFT <TAB> RIGHT <TAB> ORDER */
static void run_vectors(const char *scheme, const char *file)
{
    CHECK_CASE("%s: every vector of %s", scheme, file)
    {
        const char *path = check_shared(file);
        if (path == NULL) {
            check_skip("no shared vectors");
            continue;
        }
        str rest = check_file(path), line, a, b;
        size_t count = 0;
        while (str_line(&rest, &line)) {
            if (is_refuted(line)) {
                continue;
            }
            if (!str_cut(&line, '\t', &a) || !str_cut(&line, '\t', &b)) {
                CHECK(false);
                break;
            }
            int want = str_eq(line, STR("-1")) ? -1 : str_eq(line, STR("1")) ? 1 : 0;
            if (compare(scheme, a, b) != want || compare(scheme, b, a) != -want) {
                printf("# " STR_FMT " | " STR_FMT " should be %d\n", STR_ARG(a), STR_ARG(b), want);
                CHECK(false);
            }
            count++;
        }
        CHECK(count > 0);
    }
}

int main(void)
{
    run_cases();
    for (size_t i = 0; scheme_at(i) != NULL; i++) {
        char file[64];
        snprintf(file, sizeof(file), "versions/%s.tsv", scheme_at(i)->name);
        run_vectors(scheme_at(i)->name, file);
    }
    run_vectors("rpm", "versions/rpm-nevra.tsv");
    return check_done();
}
