#include "server/duration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/checked.h"
#include "base/num.h"

static const struct {
    str name;
    uint64_t ns;
} units[] = {
    {STR_INIT("ns"), 1},           {STR_INIT("us"), 1000},         {STR_INIT("\xc2\xb5s"), 1000},
    {STR_INIT("\xce\xbcs"), 1000}, {STR_INIT("ms"), 1000000},      {STR_INIT("s"), 1000000000},
    {STR_INIT("m"), 60000000000},  {STR_INIT("h"), 3600000000000},
};
enum { FRACTION_DIGITS_MAX = 9 };

static str digits(str *rest)
{
    size_t count = 0;
    while (count < rest->len && rest->at[count] >= '0' && rest->at[count] <= '9') {
        count++;
    }
    str found = str_slice(*rest, 0, count);
    *rest = str_slice(*rest, count, rest->len);
    return found;
}

static bool unit(str *rest, uint64_t *ns)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] != '.' &&
           (rest->at[len] < '0' || rest->at[len] > '9')) {
        len++;
    }
    str name = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, len, rest->len);
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (str_eq(name, units[i].name)) {
            *ns = units[i].ns;
            return true;
        }
    }
    return false;
}

/* One number with its unit, in ns. */
static bool part(str *rest, uint64_t *ns)
{
    str whole = digits(rest), fraction = STR_NONE;
    if (rest->len > 0 && rest->at[0] == '.') {
        *rest = str_slice(*rest, 1, rest->len);
        fraction = digits(rest);
    }
    uint64_t number = 0, small = 0, of_unit = 0, product = 0;
    fraction = str_slice(fraction, 0, FRACTION_DIGITS_MAX);
    if (whole.len + fraction.len == 0 ||
        (whole.len > 0 && !num_parse(whole, 10, UINT64_MAX, &number)) ||
        (fraction.len > 0 && !num_parse(fraction, 10, UINT64_MAX, &small)) ||
        !unit(rest, &of_unit) || !checked_mul(number, of_unit, &product)) {
        return false;
    }
    double scale = 1;
    for (size_t i = 0; i < fraction.len; i++) {
        scale *= 10;
    }
    /* below one unit, so at most an hour; in the order of Go, which is exact for 0.57s */
    return checked_add(product, (uint64_t)((double)small * ((double)of_unit / scale)), ns);
}

bool duration_parse(str text, uint64_t *ms, struct error *e)
{
    const uint64_t most_ns = (uint64_t)100 * 365 * 24 * 3600 * 1000000000U;
    str rest = str_trim(text);
    uint64_t sum = 0, ns = 0, number = 0;
    if (str_eq(rest, STR("0"))) {
        *ms = 0;
        return true;
    }
    if (num_parse(rest, 10, UINT64_MAX, &number)) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' has no unit: write '" STR_FMT "s'",
                         STR_ARG(text), STR_ARG(rest));
    }
    if (rest.len > 1 && rest.at[0] == '-') {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' is negative", STR_ARG(text));
    }
    bool fine = rest.len > 0;
    while (fine && rest.len > 0) {
        fine = part(&rest, &ns) && checked_add(sum, ns, &sum) && sum <= most_ns;
    }
    if (!fine) {
        return error_set(e, ERROR_USAGE,
                         "'" STR_FMT "' is no duration: write it like 90s, 1h30m or 2h",
                         STR_ARG(text));
    }
    *ms = sum / 1000000;
    return true;
}

/* "1.5", "12": a number of thousandths without zeroes at its end. */
static void fraction_text(uint64_t whole, uint64_t rest, unsigned places, const char *name,
                          char to[DURATION_TEXT_BYTES])
{
    while (places > 0 && rest % 10 == 0) {
        rest /= 10;
        places--;
    }
    if (places == 0) {
        snprintf(to, DURATION_TEXT_BYTES, "%" PRIu64 "%s", whole, name);
    } else {
        snprintf(to, DURATION_TEXT_BYTES, "%" PRIu64 ".%0*" PRIu64 "%s", whole, (int)places, rest,
                 name);
    }
}

const char *duration_text(uint64_t ns, char to[DURATION_TEXT_BYTES])
{
    const uint64_t second = 1000000000U;
    if (ns == 0) {
        fraction_text(0, 0, 0, "s", to);
    } else if (ns < 1000000) {
        fraction_text(ns / 1000, ns % 1000, 3, "\xc2\xb5s", to);
    } else if (ns < second) {
        fraction_text(ns / 1000000, ns % 1000000, 6, "ms", to);
    } else if (ns < 60 * second) {
        fraction_text(ns / second, ns % second, 9, "s", to);
    } else {
        uint64_t s = ns / second;
        char seconds[DURATION_TEXT_BYTES];
        fraction_text(s % 60, ns % second, 9, "s", seconds);
        if (s < 3600) {
            snprintf(to, DURATION_TEXT_BYTES, "%" PRIu64 "m%.16s", s / 60, seconds);
        } else {
            snprintf(to, DURATION_TEXT_BYTES, "%" PRIu64 "h%" PRIu64 "m%.16s", s / 3600,
                     s / 60 % 60, seconds);
        }
    }
    return to;
}
