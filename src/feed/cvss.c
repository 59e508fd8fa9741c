#include "feed/cvss.h"

#include <stddef.h>

enum metric { AV, AC, PR, UI, SCOPE, CONF, INTEG, AVAIL, METRIC_COUNT };

static const struct {
    str name;
    const char *values;
    double weights[4];
} metrics[METRIC_COUNT] = {
    [AV] = {STR_INIT("AV"), "NALP", {0.85, 0.62, 0.55, 0.2}},
    [AC] = {STR_INIT("AC"), "LH", {0.77, 0.44}},
    [PR] = {STR_INIT("PR"), "NLH", {0.85, 0.62, 0.27}}, /* see PR_CHANGED */
    [UI] = {STR_INIT("UI"), "NR", {0.85, 0.62}},
    [SCOPE] = {STR_INIT("S"), "UC", {0, 1}},
    [CONF] = {STR_INIT("C"), "HLN", {0.56, 0.22, 0}},
    [INTEG] = {STR_INIT("I"), "HLN", {0.56, 0.22, 0}},
    [AVAIL] = {STR_INIT("A"), "HLN", {0.56, 0.22, 0}},
};

/* privileges weigh more where the scope changes */
static const double pr_changed[] = {0.85, 0.68, 0.5};

/* Sets the weight of a base metric; other metrics are passed over. */
static bool metric_read(str part, double weights[METRIC_COUNT], unsigned *seen, size_t *pr)
{
    str name;
    if (!str_cut(&part, ':', &name)) {
        return false;
    }
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        if (!str_eq(name, metrics[m].name)) {
            continue;
        }
        if ((*seen & (1U << m)) != 0 || part.len != 1) {
            return false;
        }
        size_t value = str_find_char(str_from(metrics[m].values), part.at[0]);
        if (metrics[m].values[value] == '\0') {
            return false;
        }
        *seen |= 1U << m;
        weights[m] = metrics[m].weights[value];
        if (m == PR) {
            *pr = value;
        }
        return true;
    }
    return true;
}

static double power(double base, int exponent)
{
    double product = 1;
    for (int i = 0; i < exponent; i++) {
        product *= base;
    }
    return product;
}

/* Appendix A: the smallest number of tenths that is not less, but for float noise. */
static unsigned round_up(double score)
{
    unsigned hundred_thousandths = (unsigned)(score * 100000 + 0.5);
    return (hundred_thousandths + 9999) / 10000;
}

bool cvss3_base_score(str vector, unsigned *tenths)
{
    double w[METRIC_COUNT] = {0};
    unsigned seen = 0;
    size_t pr = 0;
    if (!str_starts(vector, STR("CVSS:3.0/")) && !str_starts(vector, STR("CVSS:3.1/"))) {
        return false;
    }
    str rest = str_slice(vector, 9, vector.len), part;
    while (str_cut(&rest, '/', &part)) {
        if (!metric_read(part, w, &seen, &pr)) {
            return false;
        }
    }
    if (!metric_read(rest, w, &seen, &pr) || seen != (1U << METRIC_COUNT) - 1) {
        return false;
    }
    bool changed = w[SCOPE] > 0;
    double iss = 1 - (1 - w[CONF]) * (1 - w[INTEG]) * (1 - w[AVAIL]);
    double impact = changed ? 7.52 * (iss - 0.029) - 3.25 * power(iss - 0.02, 15) : 6.42 * iss;
    double exploitability = 8.22 * w[AV] * w[AC] * (changed ? pr_changed[pr] : w[PR]) * w[UI];
    if (impact <= 0) {
        *tenths = 0;
        return true;
    }
    double sum = (changed ? 1.08 : 1.0) * (impact + exploitability);
    *tenths = round_up(sum < 10 ? sum : 10);
    return true;
}
