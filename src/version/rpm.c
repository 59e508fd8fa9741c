/* rpm: EVR, [EPOCH:]VERSION[-RELEASE], in the order of rpmvercmp (rpm-version(7)). Any bytes have
 * a place: what is neither letter nor digit nor '~' nor '^' only separates.
 *
 * A version cannot contain '-'. A text with two of them or more is a whole package name,
 * NAME-[EPOCH:]VERSION-RELEASE[.ARCH], and sorts by its parts; behind all that have no name.
 *
 * A missing release sorts before any release, as in rpm's own total order; that it matches every
 * release is a rule of dependencies and ranges, not of the order (it is not transitive). */
#include "version/digits.h"
#include "version/scheme.h"

struct rpm_version {
    str name, epoch, version, release, arch;
    bool has_name, has_release, has_arch;
};

static const str architectures[] = {
    STR_INIT("aarch64"), STR_INIT("armv7hl"), STR_INIT("i386"),    STR_INIT("i586"),
    STR_INIT("i686"),    STR_INIT("noarch"),  STR_INIT("ppc64le"), STR_INIT("riscv"),
    STR_INIT("riscv64"), STR_INIT("s390x"),   STR_INIT("src"),     STR_INIT("x86_64"),
};

static void take_arch(struct rpm_version *v)
{
    size_t dot = str_find_last_char(v->release, '.');
    str word = str_slice(v->release, dot + 1, v->release.len);
    for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
        if (dot < v->release.len && str_eq(word, architectures[i])) {
            v->release = str_slice(v->release, 0, dot);
            v->arch = word;
            v->has_arch = true;
            return;
        }
    }
}

static struct rpm_version split(str text)
{
    struct rpm_version v = {.version = text};
    size_t dash = str_find_last_char(text, '-');
    if (dash < text.len) {
        v.release = str_slice(text, dash + 1, text.len);
        v.has_release = true;
        v.version = str_slice(text, 0, dash);
        dash = str_find_last_char(v.version, '-');
        if (dash < v.version.len) {
            v.name = str_slice(v.version, 0, dash);
            v.has_name = true;
            v.version = str_slice(v.version, dash + 1, v.version.len);
            take_arch(&v);
        }
    }
    str rest = v.version;
    str epoch = digits_take(&rest);
    if (rest.len > 0 && rest.at[0] == ':') {
        v.epoch = epoch;
        v.version = str_slice(rest, 1, rest.len);
    }
    return v;
}

static bool separates(char c)
{
    return !is_digit(c) && !is_alpha(c) && c != '~' && c != '^';
}

static str skip_separators(str s)
{
    size_t at = 0;
    while (at < s.len && separates(s.at[at])) {
        at++;
    }
    return str_slice(s, at, s.len);
}

static str letters_take(str *rest)
{
    size_t len = 0;
    while (len < rest->len && is_alpha(rest->at[len])) {
        len++;
    }
    str letters = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, len, rest->len);
    return letters;
}

/* What may stand where a segment begins, in its order. */
enum segment { SEGMENT_TILDE, SEGMENT_END, SEGMENT_CARET, SEGMENT_LETTERS, SEGMENT_NUMBER };

static enum segment segment_of(str rest)
{
    if (rest.len == 0) {
        return SEGMENT_END;
    }
    if (rest.at[0] == '~') {
        return SEGMENT_TILDE;
    }
    if (rest.at[0] == '^') {
        return SEGMENT_CARET;
    }
    return is_digit(rest.at[0]) ? SEGMENT_NUMBER : SEGMENT_LETTERS;
}

static int part_compare(str a, str b)
{
    for (;;) {
        a = skip_separators(a);
        b = skip_separators(b);
        enum segment sa = segment_of(a), sb = segment_of(b);
        if (sa != sb) {
            return sa < sb ? -1 : 1;
        }
        int order = 0;
        switch (sa) {
        case SEGMENT_END:
            return 0;
        case SEGMENT_TILDE:
        case SEGMENT_CARET:
            a = str_slice(a, 1, a.len);
            b = str_slice(b, 1, b.len);
            break;
        case SEGMENT_LETTERS:
            order = str_cmp(letters_take(&a), letters_take(&b));
            break;
        case SEGMENT_NUMBER:
            order = digits_compare(digits_take(&a), digits_take(&b));
            break;
        }
        if (order != 0) {
            return order;
        }
    }
}

/* A part that is missing sorts before one that is there, be it empty. */
static int optional_compare(bool has_a, str a, bool has_b, str b)
{
    if (has_a != has_b) {
        return has_a ? 1 : -1;
    }
    return part_compare(a, b);
}

static int rpm_compare(str a, str b)
{
    struct rpm_version va = split(a), vb = split(b);
    int order = optional_compare(va.has_name, va.name, vb.has_name, vb.name);
    if (order == 0) {
        order = digits_compare(va.epoch, vb.epoch);
    }
    if (order == 0) {
        order = part_compare(va.version, vb.version);
    }
    if (order == 0) {
        order = optional_compare(va.has_release, va.release, vb.has_release, vb.release);
    }
    if (order == 0) {
        order = optional_compare(va.has_arch, va.arch, vb.has_arch, vb.arch);
    }
    return order;
}

static bool part_valid(str part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (separates(part.at[i]) && str_find_char(STR("._+"), part.at[i]) == 3) {
            return false;
        }
    }
    return part.len > 0;
}

/* What rpmbuild accepts in Version and Release, with or without an epoch of 32 bits. */
static bool rpm_valid(str version)
{
    struct rpm_version v = split(version);
    return !v.has_name && digits_compare(v.epoch, STR("4294967295")) <= 0 &&
           part_valid(v.version) && (!v.has_release || part_valid(v.release));
}

const struct scheme scheme_rpm = {
    .name = "rpm",
    .summary = "rpm: epoch, version and release by rpmvercmp, rpm-version(7)",
    .compare = rpm_compare,
    .valid = rpm_valid,
};
