#include "model/cvss_metrics.h"

#include <assert.h>
#include <string.h>

static bool metric_read(str part, const struct cvss_metric *metrics, size_t count, size_t *values,
                        unsigned *seen)
{
    str name;
    if (!str_cut(&part, ':', &name)) {
        return false;
    }
    for (size_t m = 0; m < count; m++) {
        if (!str_eq(name, metrics[m].name)) {
            continue;
        }
        if ((*seen & (1U << m)) != 0 || part.len != 1) {
            return false;
        }
        *seen |= 1U << m;
        values[m] = str_find_char(str_from(metrics[m].values), part.at[0]);
        return values[m] < strlen(metrics[m].values);
    }
    return true;
}

bool cvss_metrics_read(str text, const struct cvss_metric *metrics, size_t count, size_t *values)
{
    unsigned seen = 0;
    str part;
    assert(count <= CVSS_METRICS_MAX);
    while (str_cut(&text, '/', &part)) {
        if (!metric_read(part, metrics, count, values, &seen)) {
            return false;
        }
    }
    return metric_read(text, metrics, count, values, &seen) && seen == (1U << count) - 1;
}
