/* alpm: pacman's vercmp(8): [EPOCH:]PKGVER[-PKGREL]. Parts are runs of digits or of letters; their
 * separators count by their number only, fewer are older. Digits are newer than letters; a rest
 * that begins with letters is older than the end, any other rest is newer.
 *
 * A package release that one side lacks is not compared: 1.0 is equal to 1.0-1 and to 1.0-2. So the
 * order is total among versions with a release, and among those without, but "equal" is not
 * transitive between the two. This is vercmp's rule; limpid's advisories have releases.
 *
 * Separators at the end are compared by their number too, where vercmp has cycles. */
#include "version/digits.h"
#include "version/scheme.h"

struct alpm_version {
    str epoch, version, release;
    bool has_release;
};

static struct alpm_version split(str text)
{
    struct alpm_version v = {.version = text};
    str rest = text;
    str epoch = digits_take(&rest);
    if (rest.len > 0 && rest.at[0] == ':') {
        v.epoch = epoch;
        v.version = str_skip(rest, 1);
    }
    size_t dash = str_find_last_char(v.version, '-');
    if (dash < v.version.len) {
        v.has_release = true;
        v.release = str_skip(v.version, dash + 1);
        v.version = str_slice(v.version, 0, dash);
    }
    return v;
}

static size_t separators_take(str *rest)
{
    size_t len = 0;
    while (len < rest->len && !is_alnum(rest->at[len])) {
        len++;
    }
    *rest = str_skip(*rest, len);
    return len;
}

static str letters_take(str *rest)
{
    size_t len = 0;
    while (len < rest->len && is_alpha(rest->at[len])) {
        len++;
    }
    str letters = str_slice(*rest, 0, len);
    *rest = str_skip(*rest, len);
    return letters;
}

/* In the order of age, of what may stand behind the same number of separators. */
enum part { PART_LETTERS, PART_END, PART_DIGITS };

static enum part part_of(str rest)
{
    if (rest.len == 0) {
        return PART_END;
    }
    return is_digit(rest.at[0]) ? PART_DIGITS : PART_LETTERS;
}

static int part_compare(str a, str b)
{
    for (;;) {
        size_t sep_a = separators_take(&a), sep_b = separators_take(&b);
        enum part pa = part_of(a), pb = part_of(b);
        /* only behind no separators at all does letters' age beat the end's */
        if (sep_a != sep_b) {
            bool letters_a = sep_a == 0 && pa == PART_LETTERS;
            return sep_a < sep_b || letters_a ? -1 : 1;
        }
        if (pa != pb) {
            return pa < pb ? -1 : 1;
        }
        if (pa == PART_END) {
            return 0;
        }
        int order = pa == PART_DIGITS ? digits_compare(digits_take(&a), digits_take(&b))
                                      : str_cmp(letters_take(&a), letters_take(&b));
        if (order != 0) {
            return order;
        }
    }
}

static int alpm_compare(str a, str b)
{
    struct alpm_version va = split(a), vb = split(b);
    int order = digits_compare(va.epoch, vb.epoch);
    if (order == 0) {
        order = part_compare(va.version, vb.version);
    }
    if (order == 0 && va.has_release && vb.has_release) {
        order = part_compare(va.release, vb.release);
    }
    return order;
}

/* What makepkg accepts in epoch, pkgver and pkgrel (PKGBUILD(5)). */
static bool alpm_valid(str version)
{
    struct alpm_version v = split(version);
    str release = v.release;
    for (size_t i = 0; i < v.version.len; i++) {
        unsigned char c = (unsigned char)v.version.at[i];
        if (c <= ' ' || c >= 0x7f || c == ':' || c == '/' || c == '-') {
            return false;
        }
    }
    if (v.has_release) {
        bool number = digits_take(&release).len > 0;
        if (number && release.len > 0 && release.at[0] == '.') {
            release = str_skip(release, 1);
            number = digits_take(&release).len > 0;
        }
        if (!number || release.len > 0) {
            return false;
        }
    }
    return v.version.len > 0 && version.at[0] != ':';
}

const struct scheme scheme_alpm = {
    .name = "alpm",
    .summary = "Arch Linux: pacman's vercmp(8)",
    .cyclic = true,
    .compare = alpm_compare,
    .valid = alpm_valid,
};
