#include "model/cvss.h"
#include "model/cvss_metrics.h"

enum { AV, AC, PR, UI, SCOPE, CONF, INTEG, AVAIL, METRIC_COUNT };

static const struct cvss_metric metrics[METRIC_COUNT] = {
    [AV] = {STR_INIT("AV"), "NALP"},  [AC] = {STR_INIT("AC"), "LH"},
    [PR] = {STR_INIT("PR"), "NLH"},   [UI] = {STR_INIT("UI"), "NR"},
    [SCOPE] = {STR_INIT("S"), "UC"},  [CONF] = {STR_INIT("C"), "HLN"},
    [INTEG] = {STR_INIT("I"), "HLN"}, [AVAIL] = {STR_INIT("A"), "HLN"},
};

static const double weights[METRIC_COUNT][4] = {
    [AV] = {0.85, 0.62, 0.55, 0.2},
    [AC] = {0.77, 0.44},
    [PR] = {0.85, 0.62, 0.27}, /* see pr_changed */
    [UI] = {0.85, 0.62},
    [SCOPE] = {0, 1},
    [CONF] = {0.56, 0.22, 0},
    [INTEG] = {0.56, 0.22, 0},
    [AVAIL] = {0.56, 0.22, 0},
};

/* privileges weigh more where the scope changes */
static const double pr_changed[] = {0.85, 0.68, 0.5};

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
    size_t values[METRIC_COUNT];
    double w[METRIC_COUNT];
    if (!str_starts(vector, STR("CVSS:3.0/")) && !str_starts(vector, STR("CVSS:3.1/"))) {
        return false;
    }
    if (!cvss_metrics_read(str_slice(vector, 9, vector.len), metrics, METRIC_COUNT, values)) {
        return false;
    }
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        w[m] = weights[m][values[m]];
    }
    bool changed = w[SCOPE] > 0;
    double iss = 1 - (1 - w[CONF]) * (1 - w[INTEG]) * (1 - w[AVAIL]);
    double impact = changed ? 7.52 * (iss - 0.029) - 3.25 * power(iss - 0.02, 15) : 6.42 * iss;
    double exploitability =
        8.22 * w[AV] * w[AC] * (changed ? pr_changed[values[PR]] : w[PR]) * w[UI];
    if (impact <= 0) {
        *tenths = 0;
        return true;
    }
    double sum = (changed ? 1.08 : 1.0) * (impact + exploitability);
    *tenths = round_up(sum < 10 ? sum : 10);
    return true;
}
