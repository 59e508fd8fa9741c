/* cvss.h: base scores from CVSS vectors, of versions 2.0, 3.0, 3.1 and 4.0. Only base metrics
 * count; temporal, threat, environmental and supplemental ones may follow and are passed over.
 *
 * Nothing here allocates; all is safe from any thread. Scores are in tenths: 98 is 9.8. A function
 * is false, and leaves `tenths` alone, for a vector of another version, and where a base metric is
 * missing, unknown or given twice. */
#ifndef LIMPID_MODEL_CVSS_H
#define LIMPID_MODEL_CVSS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/* Of any version: "CVSS:4.0/…", "CVSS:3.1/…", "CVSS:3.0/…", or version 2 with "CVSS:2.0/" or with
 * no prefix, also in parentheses. Blanks around do not count. */
bool cvss_base_score(str vector, unsigned *tenths) MUST_USE;

/* CVSS v2 Complete Guide, section 3.2.1: "AV:N/AC:L/Au:N/C:P/I:P/A:P" → 75. */
bool cvss2_base_score(str vector, unsigned *tenths) MUST_USE;

/* CVSS v3.1 Specification Document, sections 7.1 and 7.4, appendix A:
 * "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" → 98. */
bool cvss3_base_score(str vector, unsigned *tenths) MUST_USE;

/* CVSS v4.0 Specification Document, section 8, of the base metrics alone (CVSS-B):
 * "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N" → 93. */
bool cvss4_base_score(str vector, unsigned *tenths) MUST_USE;

#endif
