/* dotted.h: what the orders of SemVer's family have in common: NUMBERS[-PRERELEASE][+BUILD], all
 * three lists with dots between. Nothing here allocates; all of it takes linear time. */
#ifndef LIMPID_VERSION_DOTTED_H
#define LIMPID_VERSION_DOTTED_H

#include <stdbool.h>

#include "base/str.h"

struct dotted {
    str whole;   /* without blanks around */
    str numbers; /* "1.2.3"; empty: this is no version */
    str prerelease, build;
    bool has_prerelease, has_build;
};

/* Reads any text as far as it goes: blanks, 'v' and '=' at the front do not count; what follows the
 * numbers without '-' or '+' is a pre-release ("1.2.3rc1", "1.2.x", "1.2.3_4"). */
struct dotted dotted_split(str text);

/* Number by number, of any length; a missing one is 0. */
int dotted_numbers_compare(str a, str b);

/* SemVer 2.0.0, section 11.4: identifiers of digits are numbers, older than others. `text` compares
 * the others (str_cmp, or without regard to case); digits over `number_max` are text too (NULL:
 * numbers have no end). */
int dotted_identifiers_compare(str a, str b, int (*text)(str a, str b), const char *number_max);

/* Numbers, then the pre-release, which is older than none. What is no version (no number at the
 * front) is older than any version, and is ordered by its bytes. The build does not count. */
int dotted_compare(const struct dotted *a, const struct dotted *b);

/* What a scheme's own tool accepts, as differences from SemVer 2.0.0. */
struct dotted_rules {
    size_t numbers_min, numbers_max;
    bool leading_zeros;      /* "01" is a number */
    bool suffix_needs_all;   /* a pre-release or build only behind `numbers_max` numbers */
    const char *number_most; /* NULL: no end */
};

/* True where `text` (no blanks, no prefix) is exactly of these rules. */
bool dotted_valid(str text, const struct dotted_rules *rules);

/* True where each part between dots is letters, digits and dashes, and not empty. */
bool dotted_identifiers_valid(str list, bool leading_zeros);

#endif
