#include "version/dotted.h"

#include "version/digits.h"

static bool is_prefix(char c)
{
    return c == 'v' || c == 'V' || c == '=' || c == ' ' || (c >= '\t' && c <= '\r');
}

static str numbers_take(str *rest)
{
    str from = *rest;
    str digits = digits_take(rest);
    while (digits.len > 0 && rest->len > 1 && rest->at[0] == '.' && is_digit(rest->at[1])) {
        *rest = str_skip(*rest, 1);
        digits = digits_take(rest);
    }
    return str_slice(from, 0, from.len - rest->len);
}

struct dotted dotted_split(str text)
{
    struct dotted d = {.whole = str_trim(text)};
    str rest = d.whole;
    while (rest.len > 0 && is_prefix(rest.at[0])) {
        rest = str_skip(rest, 1);
    }
    d.numbers = numbers_take(&rest);
    if (d.numbers.len == 0) {
        return d;
    }
    size_t plus = str_find_char(rest, '+');
    if (plus < rest.len) {
        d.has_build = true;
        d.build = str_skip(rest, plus + 1);
        rest = str_slice(rest, 0, plus);
    }
    if (rest.len > 0) {
        bool separated = rest.at[0] == '-' || rest.at[0] == '.' || rest.at[0] == '_';
        d.has_prerelease = true;
        d.prerelease = separated ? str_skip(rest, 1) : rest;
    }
    return d;
}

/* The next part before a dot; false behind the last. `rest.at` is NULL once all are taken. */
static bool part_take(str *rest, str *part)
{
    if (rest->at == NULL) {
        return false;
    }
    if (!str_cut(rest, '.', part)) {
        *part = *rest;
        *rest = STR_NONE;
    }
    return true;
}

int dotted_numbers_compare(str a, str b)
{
    for (;;) {
        str pa = STR_NONE, pb = STR_NONE;
        bool more_a = part_take(&a, &pa), more_b = part_take(&b, &pb);
        if (!more_a && !more_b) {
            return 0;
        }
        int order = digits_compare(pa, pb);
        if (order != 0) {
            return order;
        }
    }
}

static bool is_number(str part, const char *number_max)
{
    return all_digits(part) &&
           (number_max == NULL || digits_compare(part, str_from(number_max)) <= 0);
}

int dotted_identifiers_compare(str a, str b, int (*text)(str a, str b), const char *number_max)
{
    for (;;) {
        str pa = STR_NONE, pb = STR_NONE;
        bool more_a = part_take(&a, &pa), more_b = part_take(&b, &pb);
        if (!more_a || !more_b) {
            return (int)more_a - (int)more_b;
        }
        bool na = is_number(pa, number_max), nb = is_number(pb, number_max);
        if (na != nb) {
            return na ? -1 : 1;
        }
        int order = na ? digits_compare(pa, pb) : text(pa, pb);
        if (order != 0) {
            return order;
        }
    }
}

int dotted_compare(const struct dotted *a, const struct dotted *b)
{
    bool none_a = a->numbers.len == 0, none_b = b->numbers.len == 0;
    if (none_a || none_b) {
        return none_a && none_b ? str_cmp(a->whole, b->whole) : (int)none_b - (int)none_a;
    }
    int order = dotted_numbers_compare(a->numbers, b->numbers);
    if (order != 0) {
        return order;
    }
    if (!a->has_prerelease || !b->has_prerelease) {
        return (int)b->has_prerelease - (int)a->has_prerelease;
    }
    return dotted_identifiers_compare(a->prerelease, b->prerelease, str_cmp, NULL);
}

bool dotted_identifiers_valid(str list, bool leading_zeros)
{
    str part;
    if (list.len == 0) {
        return false;
    }
    while (part_take(&list, &part)) {
        bool digits = true;
        for (size_t i = 0; i < part.len; i++) {
            if (!is_alnum(part.at[i]) && part.at[i] != '-') {
                return false;
            }
            digits = digits && is_digit(part.at[i]);
        }
        if (part.len == 0 || (digits && !leading_zeros && part.len > 1 && part.at[0] == '0')) {
            return false;
        }
    }
    return true;
}

bool dotted_valid(str text, const struct dotted_rules *rules)
{
    str rest = text, part;
    str numbers = numbers_take(&rest);
    size_t count = 0;
    while (part_take(&numbers, &part)) {
        count += part.len > 0;
        if (!rules->leading_zeros && part.len > 1 && part.at[0] == '0') {
            return false;
        }
        if (rules->number_most != NULL && digits_compare(part, str_from(rules->number_most)) > 0) {
            return false;
        }
    }
    if (count < rules->numbers_min || count > rules->numbers_max) {
        return false;
    }
    if (rest.len == 0) {
        return true;
    }
    if (rules->suffix_needs_all && count < rules->numbers_max) {
        return false;
    }
    size_t plus = str_find_char(rest, '+');
    if (plus < rest.len && !dotted_identifiers_valid(str_skip(rest, plus + 1), true)) {
        return false;
    }
    rest = str_slice(rest, 0, plus);
    return rest.len == 0 ||
           (rest.at[0] == '-' && dotted_identifiers_valid(str_skip(rest, 1), rules->leading_zeros));
}
