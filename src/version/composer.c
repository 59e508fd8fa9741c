/* composer: PHP's version_compare(), by which Composer compares ("Versions and constraints"). A
 * version is a row of numbers and words; '.', '-', '_', '+' and any other sign separate, as does
 * the change between digits and letters. At one place, from old to new:
 *
 *     another word < dev < alpha, a < beta, b < RC, rc < the end < a number < pl, p
 *
 * A word counts by its beginning ("patch" is "p"); only RC may be written in small letters. '#',
 * which version_compare() takes for any number, is the number 1 here: with "any", equal would not
 * be transitive. A separator at the end is older than anything else in its place.
 *
 * Of Composer's normalisation: 'v' at the front does not count; "1.x-dev" is newer than all of 1.*;
 * a branch ("dev-main") is older than all versions, and equal to itself only (by bytes otherwise).
 * Missing parts are not made up: 1.0 < 1.0.0, as in version_compare(). The order is total. */
#include "version/digits.h"
#include "version/scheme.h"

enum rank {
    RANK_NOTHING, /* behind a separator at the end */
    RANK_OTHER,
    RANK_DEV,
    RANK_ALPHA,
    RANK_BETA,
    RANK_RC,
    RANK_END,
    RANK_NUMBER,
    RANK_PATCH,
};

static const struct {
    str prefix;
    enum rank rank;
} forms[] = {
    {STR_INIT("dev"), RANK_DEV}, {STR_INIT("a"), RANK_ALPHA}, {STR_INIT("b"), RANK_BETA},
    {STR_INIT("RC"), RANK_RC},   {STR_INIT("rc"), RANK_RC},   {STR_INIT("p"), RANK_PATCH},
};

struct component {
    enum rank rank;
    str number;
};

struct composer_version {
    str rest;
    bool open_ended; /* "1.x-dev": x is above all numbers */
    bool begun;
    bool behind_digit; /* the last byte was a digit */
};

static bool is_branch(str text)
{
    return str_starts(text, STR("dev-"));
}

static struct composer_version split(str text)
{
    struct composer_version v = {.rest = text};
    if (text.len > 1 && (text.at[0] == 'v' || text.at[0] == 'V') && is_digit(text.at[1])) {
        v.rest = str_skip(text, 1);
    }
    v.open_ended = str_ends(text, STR("-dev"));
    return v;
}

/* A sign that begins a word: any first one, and one right behind a digit that does not separate. */
static bool begins(const struct composer_version *v, char c)
{
    if (is_alnum(c) || c == '#' || !v->begun) {
        return true;
    }
    return v->behind_digit && c != '.' && c != '-' && c != '_' && c != '+';
}

static struct component word(const struct composer_version *v, str text)
{
    bool x = text.len == 1 && to_lower(text.at[0]) == 'x';
    if (v->open_ended && x) {
        return (struct component){.rank = RANK_NUMBER, .number = STR("9999999")};
    }
    if (text.at[0] == '#') {
        return (struct component){.rank = RANK_NUMBER, .number = STR("1")};
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (str_starts(text, forms[i].prefix)) {
            return (struct component){.rank = forms[i].rank};
        }
    }
    return (struct component){.rank = RANK_OTHER};
}

static struct component next(struct composer_version *v)
{
    bool separated = false;
    while (v->rest.len > 0 && !begins(v, v->rest.at[0])) {
        v->behind_digit = false;
        separated = true;
        v->rest = str_skip(v->rest, 1);
    }
    v->begun = true;
    if (v->rest.len == 0) {
        return (struct component){.rank = separated ? RANK_NOTHING : RANK_END};
    }
    str number = digits_take(&v->rest);
    v->behind_digit = number.len > 0;
    if (number.len > 0) {
        return (struct component){.rank = RANK_NUMBER, .number = number};
    }
    size_t len = 1;
    while (len < v->rest.len && is_alpha(v->rest.at[len])) {
        len++;
    }
    str text = str_slice(v->rest, 0, len);
    v->rest = str_skip(v->rest, len);
    return word(v, text);
}

static int composer_compare(str a, str b)
{
    bool branch_a = is_branch(a), branch_b = is_branch(b);
    if (a.len == 0 || b.len == 0) {
        return (a.len > 0) - (b.len > 0);
    }
    if (branch_a || branch_b) {
        return branch_a && branch_b ? str_cmp(a, b) : (int)branch_b - (int)branch_a;
    }
    struct composer_version va = split(a), vb = split(b);
    for (;;) {
        struct component ca = next(&va), cb = next(&vb);
        if (ca.rank != cb.rank) {
            return ca.rank < cb.rank ? -1 : 1;
        }
        if (ca.rank == RANK_END || ca.rank == RANK_NOTHING) {
            return 0;
        }
        int order = digits_compare(ca.number, cb.number);
        if (order != 0) {
            return order;
        }
    }
}

static bool separator_take(str *rest, str signs)
{
    bool is = rest->len > 0 && str_find_char(signs, rest->at[0]) < signs.len;
    *rest = str_skip(*rest, is);
    return is;
}

static bool word_take(str *rest, str name)
{
    bool is = str_eq_nocase(str_slice(*rest, 0, name.len), name);
    *rest = is ? str_skip(*rest, name.len) : *rest;
    return is;
}

/* [._-]?(stable|beta|b|RC|alpha|a|patch|pl|p)?([.-]?NUMBER)*([.-]?dev)? and nothing more */
static bool is_modifier(str rest)
{
    static const str names[] = {STR_INIT("stable"), STR_INIT("beta"),  STR_INIT("b"),
                                STR_INIT("rc"),     STR_INIT("alpha"), STR_INIT("a"),
                                STR_INIT("patch"),  STR_INIT("pl"),    STR_INIT("p")};
    str behind = rest;
    bool named = false;
    (void)separator_take(&behind, STR("._-"));
    for (size_t i = 0; !named && i < sizeof(names) / sizeof(names[0]); i++) {
        named = word_take(&behind, names[i]);
    }
    while (named) {
        str number = behind;
        (void)separator_take(&number, STR(".-"));
        if (digits_take(&number).len == 0) {
            break;
        }
        behind = number;
    }
    if (behind.len == 0) {
        return named || rest.len == 0;
    }
    if (named) {
        (void)separator_take(&behind, STR(".-"));
    }
    return word_take(&behind, STR("dev")) && behind.len == 0;
}

/* What VersionParser::normalize() accepts: up to four numbers (the first of five digits at most) or
 * a date, a stability, a build; 1.x-dev; dev-BRANCH. */
static bool composer_valid(str version)
{
    str rest = str_trim(version);
    if (is_branch(rest)) {
        return rest.len > 4;
    }
    size_t plus = str_find_char(rest, '+');
    if (plus + 1 == rest.len) {
        return false;
    }
    rest = str_slice(rest, 0, plus);
    (void)separator_take(&rest, STR("vV"));
    str first = digits_take(&rest);
    size_t numbers = 1;
    bool open = false;
    while (rest.len > 1 && rest.at[0] == '.' &&
           (is_digit(rest.at[1]) || (to_lower(rest.at[1]) == 'x'))) {
        rest = str_skip(rest, 1);
        str number = digits_take(&rest);
        open = open || number.len == 0;
        rest = str_skip(rest, number.len == 0);
        numbers++;
    }
    if (first.len == 0 || (open && !word_take(&rest, STR("-dev")))) {
        return false;
    }
    bool date = first.len >= 6 && first.len <= 17;
    return open ? rest.len == 0 && numbers <= 4
                : ((first.len <= 5 && numbers <= 4) || date) && is_modifier(rest);
}

const struct scheme scheme_composer = {
    .name = "composer",
    .summary = "Composer: PHP's version_compare(), branches and v1.x-dev as Composer has them",
    .compare = composer_compare,
    .valid = composer_valid,
};
