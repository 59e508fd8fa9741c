#include "version/npm_range.h"

#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "version/digits.h"
#include "version/dotted.h"
#include "version/scheme.h"

/* node-semver's MAX_SAFE_INTEGER; one more fits too, so that a bound can be the next number */
#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)

enum { MAJOR, MINOR, PATCH, NUMBERS };

struct triple {
    uint64_t numbers[NUMBERS];
    str prerelease; /* empty: none */
};

/* A version of which numbers may be missing or 'x'. */
struct partial {
    struct triple at;
    bool given[NUMBERS]; /* a number */
    bool wild[NUMBERS];  /* x, X or '*' */
};

enum operator{ OP_NONE, OP_EQUAL, OP_LESS, OP_AT_MOST, OP_MORE, OP_AT_LEAST, OP_TILDE, OP_CARET };

/* One set of comparators, all of which must hold. */
struct set {
    const struct triple *version; /* NULL: only whether the range is valid is asked */
    bool holds;
    bool prerelease_named; /* a comparator has a pre-release of the version's numbers */
};

static int triple_compare(const struct triple *a, const struct triple *b)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        if (a->numbers[i] != b->numbers[i]) {
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
        }
    }
    if (a->prerelease.len == 0 || b->prerelease.len == 0) {
        return (b->prerelease.len > 0) - (a->prerelease.len > 0);
    }
    return dotted_identifiers_compare(a->prerelease, b->prerelease, str_cmp, NULL);
}

/* A plain comparator. */
static void set_require(struct set *s, enum operator op, const struct triple *bound)
{
    bool equal_numbers = true, holds = false;
    if (s->version == NULL) {
        return;
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        equal_numbers = equal_numbers && bound->numbers[i] == s->version->numbers[i];
    }
    /* ">=0.0.0" is "any version", also for 0.0.0-a */
    if (op == OP_AT_LEAST && bound->prerelease.len == 0 &&
        bound->numbers[MAJOR] + bound->numbers[MINOR] + bound->numbers[PATCH] == 0) {
        return;
    }
    s->prerelease_named = s->prerelease_named || (equal_numbers && bound->prerelease.len > 0);
    int order = triple_compare(s->version, bound);
    switch (op) {
    case OP_NONE:
    case OP_EQUAL:
        holds = order == 0;
        break;
    case OP_LESS:
        holds = order < 0;
        break;
    case OP_AT_MOST:
        holds = order <= 0;
        break;
    case OP_MORE:
        holds = order > 0;
        break;
    case OP_AT_LEAST:
        holds = order >= 0;
        break;
    case OP_TILDE:
    case OP_CARET: /* these are two comparators each */
        break;
    }
    s->holds = s->holds && holds;
}

/* The version with the number at `place` raised and zeros behind it; `prerelease` "0": the least.
 */
static struct triple next_of(const struct partial *p, size_t place, str prerelease)
{
    struct triple t = {.prerelease = prerelease};
    for (size_t i = 0; i <= place; i++) {
        t.numbers[i] = p->at.numbers[i];
    }
    t.numbers[place]++;
    return t;
}

/* From the version (zeros for what is missing) to below the next one at `place`. */
static void set_require_span(struct set *s, const struct partial *p, size_t place)
{
    struct triple top = next_of(p, place, STR("0"));
    set_require(s, OP_AT_LEAST, &p->at);
    set_require(s, OP_LESS, &top);
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void blanks_skip(str *rest)
{
    while (rest->len > 0 && blank(rest->at[0])) {
        *rest = str_skip(*rest, 1);
    }
}

/* A number, or x, X, '*'. */
static bool place_take(str *rest, struct partial *p, size_t place)
{
    if (rest->len > 0 && (to_lower(rest->at[0]) == 'x' || rest->at[0] == '*')) {
        *rest = str_skip(*rest, 1);
        p->wild[place] = true;
        return true;
    }
    str digits = digits_take(rest);
    p->given[place] = num_parse(digits, 10, NUMBER_MAX, &p->at.numbers[place]);
    return p->given[place] && (digits.len == 1 || digits.at[0] != '0');
}

static str suffix_take(str *rest, size_t skip)
{
    size_t len = skip;
    while (len < rest->len && !blank(rest->at[len]) && rest->at[len] != '+') {
        len++;
    }
    str suffix = str_slice(*rest, skip, len);
    *rest = str_skip(*rest, len);
    return suffix;
}

/* [v=blanks]*PLACE[.PLACE[.PLACE[-PRERELEASE][+BUILD]]], and a blank or the end behind it. What
 * stands behind an x is not looked at. */
static bool partial_take(str *rest, struct partial *p)
{
    *p = (struct partial){0};
    while (rest->len > 0 && (blank(rest->at[0]) || rest->at[0] == 'v' || rest->at[0] == '=')) {
        *rest = str_skip(*rest, 1);
    }
    size_t place = 0;
    if (!place_take(rest, p, place++)) {
        return false;
    }
    while (place < NUMBERS && rest->len > 0 && rest->at[0] == '.') {
        *rest = str_skip(*rest, 1);
        if (!place_take(rest, p, place++)) {
            return false;
        }
    }
    if (place == NUMBERS && rest->len > 0 && rest->at[0] == '-') {
        p->at.prerelease = suffix_take(rest, 1);
        if (!dotted_identifiers_valid(p->at.prerelease, false)) {
            return false;
        }
    }
    if (rest->len > 0 && rest->at[0] == '+' &&
        !dotted_identifiers_valid(suffix_take(rest, 1), true)) {
        return false;
    }
    return rest->len == 0 || blank(rest->at[0]);
}

/* How many numbers there are before one is missing or wild; what follows becomes 0. */
static size_t settle(struct partial *p)
{
    size_t count = 0;
    while (count < NUMBERS && p->given[count]) {
        count++;
    }
    for (size_t i = count; i < NUMBERS; i++) {
        p->at.numbers[i] = 0;
    }
    if (count < NUMBERS) {
        p->at.prerelease = STR_NONE;
    }
    return count;
}

static enum operator operator_take(str *rest)
{
    static const struct {
        str text;
        enum operator op;
    } operators[] = {
        {STR_INIT("<="), OP_AT_MOST}, {STR_INIT(">="), OP_AT_LEAST}, {STR_INIT("~>"), OP_TILDE},
        {STR_INIT("<"), OP_LESS},     {STR_INIT(">"), OP_MORE},      {STR_INIT("~"), OP_TILDE},
        {STR_INIT("^"), OP_CARET},    {STR_INIT("="), OP_EQUAL},
    };
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (str_starts(*rest, operators[i].text)) {
            *rest = str_skip(*rest, operators[i].text.len);
            return operators[i].op;
        }
    }
    return OP_NONE;
}

/* "^1.2.3": up to the next at the first number that is not 0; the last one given, if all are. */
static void require_caret(struct set *s, const struct partial *p, size_t count)
{
    size_t place = 0;
    while (place + 1 < count && p->at.numbers[place] == 0) {
        place++;
    }
    set_require_span(s, p, place);
}

/* ">1.2", "<=1": with numbers missing. */
static void require_open(struct set *s, enum operator op, const struct partial *p, size_t count)
{
    struct triple low = p->at;
    switch (op) {
    case OP_NONE:
    case OP_EQUAL:
    case OP_TILDE:
    case OP_CARET:
        set_require_span(s, p, count - 1);
        return;
    case OP_LESS:
        low.prerelease = STR("0");
        break;
    case OP_AT_MOST:
        low = next_of(p, count - 1, STR("0"));
        op = OP_LESS;
        break;
    case OP_MORE:
        low = next_of(p, count - 1, STR_NONE);
        op = OP_AT_LEAST;
        break;
    case OP_AT_LEAST:
        break;
    }
    set_require(s, op, &low);
}

static bool require(struct set *s, enum operator op, struct partial *p)
{
    bool ordered = !(p->wild[MAJOR] && p->given[MINOR]) && !(p->wild[MINOR] && p->given[PATCH]) &&
                   !(p->wild[MAJOR] && p->given[PATCH]);
    size_t count = settle(p);
    if (op != OP_TILDE && op != OP_CARET && !ordered) {
        return false; /* "x.1" */
    }
    if (count == 0) {
        s->holds = s->holds && op != OP_LESS && op != OP_MORE;
    } else if (op == OP_CARET) {
        require_caret(s, p, count);
    } else if (op == OP_TILDE) {
        set_require_span(s, p, count < 2 ? MAJOR : MINOR);
    } else if (count < NUMBERS) {
        require_open(s, op, p, count);
    } else {
        set_require(s, op, &p->at);
    }
    return true;
}

/* "A - B": from A to B, or to the end of what a shorter B stands for. */
static void require_hyphen(struct set *s, struct partial *from, struct partial *to)
{
    size_t from_count = settle(from), to_count = settle(to);
    if (from_count > 0) {
        set_require(s, OP_AT_LEAST, &from->at);
    }
    if (to_count == NUMBERS) {
        set_require(s, OP_AT_MOST, &to->at);
    } else if (to_count > 0) {
        require_open(s, OP_AT_MOST, to, to_count);
    }
}

static bool hyphen_set(str text, struct set *s, bool *valid)
{
    struct partial from, to;
    blanks_skip(&text);
    if (!partial_take(&text, &from) || text.len < 3 || !blank(text.at[0])) {
        return false;
    }
    blanks_skip(&text);
    if (text.len < 2 || text.at[0] != '-' || !blank(text.at[1])) {
        return false;
    }
    text = str_skip(text, 1);
    *valid = partial_take(&text, &to);
    blanks_skip(&text);
    *valid = *valid && text.len == 0;
    if (*valid) {
        require_hyphen(s, &from, &to);
    }
    return true;
}

/* One alternative of a range; false where it is none. */
static bool set_read(str text, struct set *s)
{
    struct partial p;
    bool valid;
    if (hyphen_set(text, s, &valid)) {
        return valid;
    }
    for (blanks_skip(&text); text.len > 0; blanks_skip(&text)) {
        enum operator op = operator_take(&text);
        if (!partial_take(&text, &p) || !require(s, op, &p)) {
            return false;
        }
    }
    return true;
}

static bool range_read(str range, const struct triple *version, bool *contains)
{
    bool more = true;
    *contains = false;
    while (more) {
        size_t bar = str_find(range, STR("||"));
        struct set s = {.version = version, .holds = true};
        if (!set_read(str_slice(range, 0, bar), &s)) {
            return false;
        }
        bool named = version == NULL || version->prerelease.len == 0 || s.prerelease_named;
        *contains = *contains || (s.holds && named);
        more = bar < range.len;
        range = str_skip(range, bar + 2);
    }
    return true;
}

bool npm_range_contains(str range, str version)
{
    struct triple at = {.prerelease = STR_NONE};
    bool contains;
    if (!scheme_find(STR("npm"))->valid(version)) {
        return false;
    }
    struct dotted d = dotted_split(version);
    str rest = d.numbers;
    for (size_t i = 0; i < NUMBERS; i++) {
        if (!num_parse(digits_take(&rest), 10, NUMBER_MAX, &at.numbers[i])) {
            return false;
        }
        rest = str_skip(rest, 1);
    }
    at.prerelease = d.prerelease;
    return range_read(range, &at, &contains) && contains;
}

bool npm_range_valid(str range)
{
    bool unused;
    return range_read(range, NULL, &unused);
}
