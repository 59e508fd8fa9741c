/* deb: deb-version(7), "Sorting algorithm". Bytes that dpkg refuses have a place too: a text
 * before ':' that is not a number belongs to the upstream version, any byte that is neither letter
 * nor digit nor '~' sorts behind the letters, and the empty version is before all others. */
#include "version/digits.h"
#include "version/scheme.h"

struct deb_version {
    str epoch, upstream, revision;
    bool has_epoch, has_revision;
};

static struct deb_version split(str text)
{
    struct deb_version v = {.upstream = str_trim(text)};
    str rest = v.upstream;
    str epoch = digits_take(&rest);
    if (epoch.len > 0 && rest.len > 0 && rest.at[0] == ':') {
        v.epoch = epoch;
        v.has_epoch = true;
        v.upstream = str_slice(rest, 1, rest.len);
    }
    size_t dash = str_find_last_char(v.upstream, '-');
    if (dash < v.upstream.len) {
        v.has_revision = true;
        v.revision = str_slice(v.upstream, dash + 1, v.upstream.len);
        v.upstream = str_slice(v.upstream, 0, dash);
    }
    return v;
}

/* The weight of a byte in a run of non-digits; a digit or the end of the text ends the run. */
static int weight(str rest)
{
    if (rest.len == 0 || is_digit(rest.at[0])) {
        return 0;
    }
    if (rest.at[0] == '~') {
        return -1;
    }
    int c = (unsigned char)rest.at[0];
    return is_alpha(rest.at[0]) ? c : c + 256;
}

/* Compares one part (upstream or revision): runs of non-digits and of digits by turns. */
static int part_compare(str a, str b)
{
    while (a.len > 0 || b.len > 0) {
        for (;;) {
            int wa = weight(a), wb = weight(b);
            if (wa != wb) {
                return wa < wb ? -1 : 1;
            }
            if (wa == 0) {
                break;
            }
            a = str_slice(a, 1, a.len);
            b = str_slice(b, 1, b.len);
        }
        int order = digits_compare(digits_take(&a), digits_take(&b));
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

static int deb_compare(str a, str b)
{
    struct deb_version va = split(a), vb = split(b);
    bool a_empty = str_trim(a).len == 0, b_empty = str_trim(b).len == 0;
    if (a_empty || b_empty) {
        return (int)b_empty - (int)a_empty;
    }
    int order = digits_compare(va.epoch, vb.epoch);
    if (order == 0) {
        order = part_compare(va.upstream, vb.upstream);
    }
    if (order == 0) {
        order = part_compare(va.revision, vb.revision);
    }
    return order;
}

static bool all_of(str text, str more)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!is_digit(c) && !is_alpha(c) && str_find_char(more, c) == more.len) {
            return false;
        }
    }
    return true;
}

/* dpkg keeps the epoch in an int. */
static const str epoch_max = STR_INIT("2147483647");

static bool deb_valid(str version)
{
    struct deb_version v = split(version);
    if (v.has_epoch && digits_compare(v.epoch, epoch_max) > 0) {
        return false;
    }
    /* a colon without a number before it: only behind an epoch is it part of the version */
    if (!v.has_epoch && str_find_char(v.upstream, ':') < v.upstream.len) {
        return false;
    }
    if (v.upstream.len == 0 || !is_digit(v.upstream.at[0])) {
        return false;
    }
    return all_of(v.upstream, STR(".-+~:")) && (!v.has_revision || v.revision.len > 0) &&
           all_of(v.revision, STR(".+~"));
}

const struct scheme scheme_deb = {
    .name = "deb",
    .summary = "Debian, Ubuntu: deb-version(7)",
    .compare = deb_compare,
    .valid = deb_valid,
};
