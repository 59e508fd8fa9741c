/* cvss.h: base scores. CVSS v3.1: Specification Document, sections 7.1 (equations), 7.4 (metric
 * values) and appendix A (rounding), which are v3.0's but for the rounding. */
#ifndef LIMPID_FEED_CVSS_H
#define LIMPID_FEED_CVSS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/* "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" → 98. Temporal and environmental metrics may
 * follow and do not count. False for other versions, and where a base metric is missing, unknown
 * or given twice. */
bool cvss3_base_score(str vector, unsigned *tenths) MUST_USE;

#endif
