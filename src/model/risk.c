#include "model/risk.h"

/* In percent: the middle of CVSS' range for the word, and for what nobody rated that of "low". */
static const uint32_t weights[SEVERITY_COUNT] = {
    [SEVERITY_UNKNOWN] = 25, [SEVERITY_NEGLIGIBLE] = 5, [SEVERITY_LOW] = 25,
    [SEVERITY_MEDIUM] = 55,  [SEVERITY_HIGH] = 80,      [SEVERITY_CRITICAL] = 95,
};

uint32_t risk_of(const struct finding *f)
{
    const struct exploitation *x = &f->exploitation;
    uint32_t likely = x->epss <= EPSS_WHOLE ? x->epss : EPSS_WHOLE;
    if (x->kev_added_s != 0) {
        likely = EPSS_WHOLE;
    }
    return likely * weights[f->severity] / 100;
}

bool risk_has_epss(const struct exploitation *x)
{
    return x->epss != 0 || x->epss_percentile != 0;
}
