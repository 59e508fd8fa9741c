/* semver: Semantic Versioning 2.0.0, section 11; the order of Cargo, Swift and many others.
 *
 * Beyond it, since publishers are less strict: a 'v' or '=' at the front does not count, there may
 * be any count of numbers (a missing one is 0), and what follows them without '-' or '+' is a
 * pre-release. A text that does not begin with a number is older than all that do; such texts are
 * ordered by their bytes. So the order is total. */
#include "version/dotted.h"
#include "version/scheme.h"

static int semver_compare(str a, str b)
{
    struct dotted da = dotted_split(a), db = dotted_split(b);
    return dotted_compare(&da, &db);
}

static bool semver_valid(str version)
{
    static const struct dotted_rules rules = {.numbers_min = 3, .numbers_max = 3};
    return dotted_valid(version, &rules);
}

const struct scheme scheme_semver = {
    .name = "semver",
    .summary = "Cargo, Swift and others: Semantic Versioning 2.0.0, section 11",
    .compare = semver_compare,
    .valid = semver_valid,
};
