#include "model/cvss.h"
#include "model/cvss_metrics.h"

enum { AV, AC, AU, CONF, INTEG, AVAIL, METRIC_COUNT };

static const struct cvss_metric metrics[METRIC_COUNT] = {
    [AV] = {STR_INIT("AV"), "LAN"},   [AC] = {STR_INIT("AC"), "HML"},
    [AU] = {STR_INIT("Au"), "MSN"},   [CONF] = {STR_INIT("C"), "NPC"},
    [INTEG] = {STR_INIT("I"), "NPC"}, [AVAIL] = {STR_INIT("A"), "NPC"},
};

static const double weights[METRIC_COUNT][3] = {
    [AV] = {0.395, 0.646, 1.0}, [AC] = {0.35, 0.61, 0.71},   [AU] = {0.45, 0.56, 0.704},
    [CONF] = {0, 0.275, 0.660}, [INTEG] = {0, 0.275, 0.660}, [AVAIL] = {0, 0.275, 0.660},
};

bool cvss2_base_score(str vector, unsigned *tenths)
{
    size_t values[METRIC_COUNT];
    double w[METRIC_COUNT];
    if (str_starts(vector, STR("(")) && str_ends(vector, STR(")"))) {
        vector = str_slice(vector, 1, vector.len - 1);
    }
    if (str_starts(vector, STR("CVSS:2.0/"))) {
        vector = str_slice(vector, 9, vector.len);
    }
    if (!cvss_metrics_read(vector, metrics, METRIC_COUNT, values)) {
        return false;
    }
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        w[m] = weights[m][values[m]];
    }
    double impact = 10.41 * (1 - (1 - w[CONF]) * (1 - w[INTEG]) * (1 - w[AVAIL]));
    double exploitability = 20 * w[AV] * w[AC] * w[AU];
    double score = (0.6 * impact + 0.4 * exploitability - 1.5) * (impact > 0 ? 1.176 : 0);
    *tenths = (unsigned)(score * 10 + 0.5 + 1e-9); /* at least 0, at most 100 */
    return true;
}
