/* pub: Dart's pub_semver (dart.dev, "Package versions"): SemVer 2.0.0, but the build counts. None
 * is older than any, and two are compared as pre-releases are (1.0.0 < 1.0.0+1 < 1.0.0+a).
 *
 * What pub refuses is ordered as in semver.c: read as far as it goes; without a number at the
 * front, older than all others and by its bytes. The order is total. */
#include "version/dotted.h"
#include "version/scheme.h"

static int pub_compare(str a, str b)
{
    struct dotted da = dotted_split(a), db = dotted_split(b);
    int order = dotted_compare(&da, &db);
    if (order != 0) {
        return order;
    }
    if (!da.has_build || !db.has_build) {
        return (int)da.has_build - (int)db.has_build;
    }
    return dotted_identifiers_compare(da.build, db.build, str_cmp, NULL);
}

static bool pub_valid(str version)
{
    static const struct dotted_rules rules = {
        .numbers_min = 3, .numbers_max = 3, .leading_zeros = true};
    return dotted_valid(version, &rules);
}

const struct scheme scheme_pub = {
    .name = "pub",
    .summary = "Pub, Dart's pub_semver: SemVer 2.0.0, and builds count",
    .compare = pub_compare,
    .valid = pub_valid,
};
