/* pypi: PEP 440, now the "Version specifiers" specification of packaging.python.org:
 *
 *     [N!]N(.N)*[{a|b|rc}N][.postN][.devN][+LOCAL]
 *
 * in every spelling that it normalises ("1.0-Alpha.1", "v1.0-1", "1.0c1", "1.0-rev3").
 *
 * What is none of these is older than any that is, and ordered as setuptools ordered it before
 * (LegacyVersion): pieces of digits, of letters and of all else; numbers are newer than words;
 * "alpha" < "beta" < "c", "pre", "preview", "rc" < the end < "-" < other words, all by their bytes;
 * numbers are compared as texts of eight digits or more. The order is total. */
#include "version/digits.h"
#include "version/pypi_legacy.h"
#include "version/scheme.h"

enum pre { PRE_DEV_ONLY, PRE_A, PRE_B, PRE_RC, PRE_NONE }; /* in the order of age */

struct pypi_version {
    str epoch, release, pre_number, post_number, dev_number, local;
    enum pre pre;
    bool has_post, has_dev, has_local;
};

static bool separator_take(str *rest)
{
    bool is = rest->len > 0 && (rest->at[0] == '.' || rest->at[0] == '-' || rest->at[0] == '_');
    *rest = str_skip(*rest, is);
    return is;
}

static bool word_take(str *rest, str word)
{
    bool is = str_eq_nocase(str_slice(*rest, 0, word.len), word);
    *rest = is ? str_skip(*rest, word.len) : *rest;
    return is;
}

/* [-_.]?WORD[-_.]?[N], for one of `words`; the index of the word, or `count`. */
static size_t suffix_take(str *rest, const str *words, size_t count, str *number)
{
    str behind = *rest;
    (void)separator_take(&behind);
    for (size_t i = 0; i < count; i++) {
        if (word_take(&behind, words[i])) {
            (void)separator_take(&behind); /* also where no number follows */
            *number = digits_take(&behind);
            *rest = behind;
            return i;
        }
    }
    return count;
}

static void pre_take(str *rest, struct pypi_version *v)
{
    /* the longer of two with the same start first */
    static const str words[] = {STR_INIT("alpha"), STR_INIT("a"),       STR_INIT("beta"),
                                STR_INIT("b"),     STR_INIT("preview"), STR_INIT("pre"),
                                STR_INIT("rc"),    STR_INIT("c")};
    static const enum pre meanings[] = {PRE_A,  PRE_A,  PRE_B,  PRE_B,   PRE_RC,
                                        PRE_RC, PRE_RC, PRE_RC, PRE_NONE};
    v->pre = meanings[suffix_take(rest, words, 8, &v->pre_number)];
}

static void post_take(str *rest, struct pypi_version *v)
{
    static const str words[] = {STR_INIT("post"), STR_INIT("rev"), STR_INIT("r")};
    if (rest->len > 1 && rest->at[0] == '-' && is_digit(rest->at[1])) {
        *rest = str_skip(*rest, 1);
        v->post_number = digits_take(rest);
        v->has_post = true;
        return;
    }
    v->has_post = suffix_take(rest, words, 3, &v->post_number) < 3;
}

/* ALNUM([-_.]ALNUM)* */
static bool is_local(str text)
{
    bool in_part = false;
    for (size_t i = 0; i < text.len; i++) {
        bool part = is_alnum(text.at[i]);
        if (!part && (!in_part || str_find_char(STR("-_."), text.at[i]) == 3)) {
            return false;
        }
        in_part = part;
    }
    return in_part;
}

static bool release_take(str *rest, struct pypi_version *v)
{
    str from = *rest;
    str number = digits_take(rest);
    if (number.len > 0 && rest->len > 0 && rest->at[0] == '!') {
        v->epoch = number;
        *rest = str_skip(*rest, 1);
        from = *rest;
        number = digits_take(rest);
    }
    while (number.len > 0 && rest->len > 1 && rest->at[0] == '.' && is_digit(rest->at[1])) {
        *rest = str_skip(*rest, 1);
        number = digits_take(rest);
    }
    v->release = str_slice(from, 0, from.len - rest->len);
    return v->release.len > 0;
}

static bool parse(str text, struct pypi_version *v)
{
    static const str dev[] = {STR_INIT("dev")};
    str rest = str_trim(text);
    *v = (struct pypi_version){.pre = PRE_NONE};
    (void)word_take(&rest, STR("v"));
    if (!release_take(&rest, v)) {
        return false;
    }
    pre_take(&rest, v);
    post_take(&rest, v);
    v->has_dev = suffix_take(&rest, dev, 1, &v->dev_number) < 1;
    if (v->has_dev && !v->has_post && v->pre == PRE_NONE) {
        v->pre = PRE_DEV_ONLY; /* 1.0.dev1 is before 1.0a1 */
    }
    if (rest.len > 0 && rest.at[0] == '+') {
        v->has_local = true;
        v->local = str_skip(rest, 1);
        return is_local(v->local);
    }
    return rest.len == 0;
}

static int releases_compare(str a, str b)
{
    while (a.len > 0 || b.len > 0) {
        int order = digits_compare(digits_take(&a), digits_take(&b));
        if (order != 0) {
            return order;
        }
        a = str_skip(a, 1);
        b = str_skip(b, 1);
    }
    return 0;
}

static str local_take(str *rest)
{
    size_t len = 0;
    while (len < rest->len && is_alnum(rest->at[len])) {
        len++;
    }
    str part = str_slice(*rest, 0, len);
    *rest = str_skip(*rest, len + 1);
    return part;
}

static int locals_compare(str a, str b)
{
    for (;;) {
        str pa = local_take(&a), pb = local_take(&b);
        if (pa.len == 0 || pb.len == 0) {
            return (pa.len > 0) - (pb.len > 0);
        }
        bool na = all_digits(pa), nb = all_digits(pb);
        if (na != nb) {
            return na ? 1 : -1;
        }
        int order = na ? digits_compare(pa, pb) : str_cmp_nocase(pa, pb);
        if (order != 0) {
            return order;
        }
    }
}

/* None is older than any, be it number 0. */
static int optional_compare(bool has_a, str a, bool has_b, str b)
{
    return has_a != has_b ? (has_a ? 1 : -1) : digits_compare(a, b);
}

static int pypi_compare(str a, str b)
{
    struct pypi_version va, vb;
    bool valid_a = parse(a, &va), valid_b = parse(b, &vb);
    if (!valid_a || !valid_b) {
        return valid_a || valid_b ? (int)valid_a - (int)valid_b : pypi_legacy_compare(a, b);
    }
    int order = digits_compare(va.epoch, vb.epoch);
    if (order == 0) {
        order = releases_compare(va.release, vb.release);
    }
    if (order == 0) {
        order = (va.pre > vb.pre) - (va.pre < vb.pre);
    }
    if (order == 0) {
        order = digits_compare(va.pre_number, vb.pre_number);
    }
    if (order == 0) {
        order = optional_compare(va.has_post, va.post_number, vb.has_post, vb.post_number);
    }
    if (order == 0) { /* here none is the newer */
        order = va.has_dev != vb.has_dev ? (va.has_dev ? -1 : 1)
                                         : digits_compare(va.dev_number, vb.dev_number);
    }
    if (order == 0) {
        order = va.has_local != vb.has_local ? (va.has_local ? 1 : -1)
                                             : locals_compare(va.local, vb.local);
    }
    return order;
}

static bool pypi_valid(str version)
{
    struct pypi_version v;
    return parse(version, &v);
}

const struct scheme scheme_pypi = {
    .name = "pypi",
    .summary = "PyPI: PEP 440, the \"Version specifiers\" specification",
    .compare = pypi_compare,
    .valid = pypi_valid,
};
