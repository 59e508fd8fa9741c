/* go: golang.org/x/mod/semver: SemVer 2.0.0 with one, two or three numbers and a 'v', which may be
 * missing here. Pseudo-versions (v0.0.0-20200101120000-abcdefabcdef) follow from the order of
 * pre-releases; "+incompatible" is a build and does not count.
 *
 * Toolchains ("go1.21rc2", "go1.20.3", "go1.21.0-custom X:exp") are read as the Go vulnerability
 * database names them: 1.21.0-rc.2, 1.20.3, 1.21.0. From go1.21 on, two numbers alone name a
 * language, older than its first release candidate (go.dev/doc/toolchain): 1.21.0-0 here.
 *
 * All else ("(devel)", "v1.2.3.4", "v1-pre") is older than any version and equal to any other such
 * text, as in x/mod. The order is total. */
#include "version/digits.h"
#include "version/dotted.h"
#include "version/scheme.h"

struct go_version {
    bool valid;
    str numbers, prerelease;
    bool has_prerelease;
    str word, number; /* a toolchain's pre-release, "rc" and "2", instead of `prerelease` */
};

static bool module_read(str text, struct go_version *v)
{
    static const struct dotted_rules rules = {
        .numbers_min = 1, .numbers_max = 3, .suffix_needs_all = true};
    if (!dotted_valid(text, &rules)) {
        return false;
    }
    struct dotted d = dotted_split(text);
    *v = (struct go_version){
        .valid = true,
        .numbers = d.numbers,
        .prerelease = d.prerelease,
        .has_prerelease = d.has_prerelease,
    };
    return true;
}

static bool is_language(str numbers)
{
    str minor = numbers, major = STR_NONE;
    return str_cut(&minor, '.', &major) && all_digits(minor) &&
           (digits_compare(major, STR("1")) > 0 || digits_compare(minor, STR("21")) >= 0);
}

/* `text` stands behind "go". */
static bool toolchain_read(str text, struct go_version *v)
{
    size_t len = 0;
    while (len < text.len && text.at[len] != '-' && text.at[len] != ' ' && text.at[len] != '\t') {
        len++;
    }
    text = str_slice(text, 0, len);
    len = 0;
    while (len < text.len && (is_digit(text.at[len]) || text.at[len] == '.')) {
        len++;
    }
    str suffix = str_skip(text, len);
    if (!module_read(str_slice(text, 0, len), v)) {
        return false;
    }
    if (suffix.len > 0) {
        size_t word = 0;
        while (word < suffix.len && is_lower(suffix.at[word])) {
            word++;
        }
        v->word = str_slice(suffix, 0, word);
        v->number = str_skip(suffix, word);
        v->has_prerelease = true;
        return word > 0 && all_digits(v->number);
    }
    if (is_language(v->numbers)) {
        v->prerelease = STR("0");
        v->has_prerelease = true;
    }
    return true;
}

static struct go_version split(str text)
{
    struct go_version v = {.valid = false};
    text = str_trim(text);
    bool ok;
    if (str_starts(text, STR("go"))) {
        ok = toolchain_read(str_skip(text, 2), &v);
    } else {
        ok = module_read(str_starts(text, STR("v")) ? str_skip(text, 1) : text, &v);
    }
    return ok ? v : (struct go_version){.valid = false};
}

/* A toolchain's "rc2" against "rc.2": the first identifier, then the others. */
static int prerelease_compare(const struct go_version *a, const struct go_version *b)
{
    str rest_a = a->prerelease, rest_b = b->prerelease, first_a = a->word, first_b = b->word;
    if (a->word.len == 0 && b->word.len == 0) {
        return dotted_identifiers_compare(rest_a, rest_b, str_cmp, NULL);
    }
    bool more_a = true, more_b = true;
    if (a->word.len > 0) {
        rest_a = a->number;
    } else if (!(more_a = str_cut(&rest_a, '.', &first_a))) {
        first_a = a->prerelease;
    }
    if (b->word.len > 0) {
        rest_b = b->number;
    } else if (!(more_b = str_cut(&rest_b, '.', &first_b))) {
        first_b = b->prerelease;
    }
    int order = dotted_identifiers_compare(first_a, first_b, str_cmp, NULL);
    if (order != 0 || !more_a || !more_b) {
        return order != 0 ? order : (int)more_a - (int)more_b;
    }
    return dotted_identifiers_compare(rest_a, rest_b, str_cmp, NULL);
}

static int go_compare(str a, str b)
{
    struct go_version va = split(a), vb = split(b);
    if (!va.valid || !vb.valid) {
        return (int)va.valid - (int)vb.valid;
    }
    int order = dotted_numbers_compare(va.numbers, vb.numbers);
    if (order != 0) {
        return order;
    }
    if (!va.has_prerelease || !vb.has_prerelease) {
        return (int)vb.has_prerelease - (int)va.has_prerelease;
    }
    return prerelease_compare(&va, &vb);
}

static bool go_valid(str version)
{
    return split(version).valid;
}

const struct scheme scheme_go = {
    .name = "go",
    .summary = "Go: golang.org/x/mod/semver, and toolchains (go1.21rc2)",
    .compare = go_compare,
    .valid = go_valid,
};
