/* hex: Elixir's Version, which is SemVer 2.0.0 with all three numbers required. What it refuses is
 * ordered as in semver.c: read as far as it goes; without a number at the front, older than all
 * others and by its bytes. The order is total. */
#include "version/dotted.h"
#include "version/scheme.h"

static int hex_compare(str a, str b)
{
    struct dotted da = dotted_split(a), db = dotted_split(b);
    return dotted_compare(&da, &db);
}

static bool hex_valid(str version)
{
    static const struct dotted_rules rules = {.numbers_min = 3, .numbers_max = 3};
    return dotted_valid(version, &rules);
}

const struct scheme scheme_hex = {
    .name = "hex",
    .summary = "Hex, Elixir's Version: SemVer 2.0.0",
    .compare = hex_compare,
    .valid = hex_valid,
};
