/* oval_rpm.h: what Red Hat's OVAL and those after its model have in their criteria's comments
 * beside packages. Inside src/feed only. */
#ifndef LIMPID_FEED_OVAL_RPM_H
#define LIMPID_FEED_OVAL_RPM_H

#include "feed/oval.h"

/* "PRODUCT 9 is installed" → "9" (digits, dots as they are), "Module nodejs:18 is enabled" →
 * row->module. STR_NONE where the case names no release of the product. */
str oval_rpm_conditions(const struct oval_case *c, str product, struct affected *row);

/* What stands between two texts: ("Module nodejs:18 is enabled", "Module ", " is enabled") →
 * "nodejs:18"; STR_NONE where they are not there. */
str oval_between(str text, str before, str after);

#endif
