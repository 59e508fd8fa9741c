/* nuget: NuGetVersion ("Package versioning", learn.microsoft.com/nuget): up to four numbers, a
 * missing one is 0; pre-release labels as in SemVer 2.0.0 but without regard to letter case; the
 * build does not count. A label of digits is a number only where it fits in an int, as NuGet has
 * it: a time stamp is text, newer than any number.
 *
 * What NuGet refuses is read as far as it goes: more numbers, longer ones, 'v' at the front. A text
 * without a number at the front is older than all others, and ordered by its bytes. The order is
 * total. */
#include "version/digits.h"
#include "version/dotted.h"
#include "version/scheme.h"

#define NUGET_NUMBER_MAX "2147483647"

static int nuget_compare(str a, str b)
{
    struct dotted da = dotted_split(a), db = dotted_split(b);
    if (da.numbers.len > 0 && db.numbers.len > 0) {
        int order = dotted_numbers_compare(da.numbers, db.numbers);
        if (order == 0 && da.has_prerelease && db.has_prerelease) {
            order = dotted_identifiers_compare(da.prerelease, db.prerelease, str_cmp_nocase,
                                               NUGET_NUMBER_MAX);
            return order;
        }
    }
    return dotted_compare(&da, &db);
}

static bool nuget_valid(str version)
{
    static const struct dotted_rules rules = {
        .numbers_min = 1, .numbers_max = 4, .leading_zeros = true, .number_most = NUGET_NUMBER_MAX};
    return dotted_valid(str_trim(version), &rules);
}

const struct scheme scheme_nuget = {
    .name = "nuget",
    .summary = "NuGet: SemVer 2.0.0 with four numbers, letter case does not count",
    .compare = nuget_compare,
    .valid = nuget_valid,
};
