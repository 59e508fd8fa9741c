/* cvss_metrics.h: reads the metrics of a CVSS vector, for the files that score them. */
#ifndef LIMPID_MODEL_CVSS_METRICS_H
#define LIMPID_MODEL_CVSS_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct cvss_metric {
    str name;
    const char *values; /* one letter each */
};

enum { CVSS_METRICS_MAX = 16 };

/* `text` is NAME:VALUE with '/' between. Sets `values[i]` to the index of the letter that metric i
 * has; metrics of other names are passed over. False where one of the `count` (at most
 * CVSS_METRICS_MAX) is missing, twice there or has another value, or a part is not NAME:VALUE. */
bool cvss_metrics_read(str text, const struct cvss_metric *metrics, size_t count,
                       size_t *values) MUST_USE;

#endif
