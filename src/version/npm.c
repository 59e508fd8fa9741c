/* npm: node-semver's order, which is SemVer 2.0.0, over versions as it parses them with `loose`:
 * blanks, 'v' and '=' at the front do not count, numbers may begin with 0, and a pre-release needs
 * no dash ("1.2.3beta").
 *
 * What node-semver refuses is read as far as it goes (a missing number is 0). A text without a
 * number at the front is older than all others, and ordered by its bytes. The order is total. */
#include "version/digits.h"
#include "version/dotted.h"
#include "version/scheme.h"

enum { NPM_BYTES_MAX = 256 };             /* node-semver's MAX_LENGTH */
#define NPM_NUMBER_MAX "9007199254740991" /* Number.MAX_SAFE_INTEGER */

static int npm_compare(str a, str b)
{
    struct dotted da = dotted_split(a), db = dotted_split(b);
    return dotted_compare(&da, &db);
}

static bool npm_valid(str version)
{
    static const struct dotted_rules rules = {
        .numbers_min = 3, .numbers_max = 3, .leading_zeros = true, .number_most = NPM_NUMBER_MAX};
    struct dotted d = dotted_split(version);
    if (version.len > NPM_BYTES_MAX || d.numbers.len == 0 || !dotted_valid(d.numbers, &rules)) {
        return false;
    }
    size_t front = (size_t)(d.numbers.at - d.whole.at);
    str rest = str_skip(d.whole, front + d.numbers.len);
    if (str_find_char(str_slice(d.whole, 0, front), 'V') < front ||
        (d.has_build && !dotted_identifiers_valid(d.build, true))) {
        return false;
    }
    /* the dash of a pre-release may be missing; alone it is one ("1.0.0-") */
    rest = str_slice(rest, 0, str_find_char(rest, '+'));
    bool dash = rest.len > 1 && rest.at[0] == '-';
    return rest.len == 0 || dotted_identifiers_valid(dash ? str_skip(rest, 1) : rest, true);
}

const struct scheme scheme_npm = {
    .name = "npm",
    .summary = "npm: node-semver, SemVer 2.0.0 read loosely",
    .compare = npm_compare,
    .valid = npm_valid,
};
