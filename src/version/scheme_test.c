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
    run_vectors("deb", "versions/deb.tsv");
    run_vectors("rpm", "versions/rpm.tsv");
    run_vectors("rpm", "versions/rpm-nevra.tsv");
    run_vectors("apk", "versions/apk.tsv");
    return check_done();
}
