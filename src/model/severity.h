/* severity.h: one scale for all publishers, in Clair's and Trivy's words. */
#ifndef LIMPID_MODEL_SEVERITY_H
#define LIMPID_MODEL_SEVERITY_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

enum severity {
    SEVERITY_UNKNOWN,
    SEVERITY_NEGLIGIBLE,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL,
    SEVERITY_COUNT,
};

/* "unknown", "negligible", "low", "medium", "high", "critical". */
const char *severity_name(enum severity s);

/* The names above, in any letter case, and publishers' words that mean the same: "moderate",
 * "important", "unimportant", "none", "defcon1". */
bool severity_parse(str word, enum severity *out) MUST_USE;

/* CVSS v3.1 specification, section 5: 0 none … 10.0 critical; score in tenths (0 to 100). */
enum severity severity_of_score(unsigned score_tenths);

#endif
