/* clair_version.h: which versions Clair took for Debian's, and in which words it refused others. */
#ifndef LIMPID_API_CLAIR_VERSION_H
#define LIMPID_API_CLAIR_VERSION_H

#include <stdbool.h>

#include "base/str.h"

/* NULL where the version (blanks around it do not count) is one; else Clair's words. In 2015 it had
 * to begin with a digit. */
const char *clair_version_fault(str version, bool digit_first);

/* A feed's version as reports show it: an epoch of 0 is not said. */
str clair_version_shown(str version);

/* "no fix is known" and "never affected", in 2016. */
#define CLAIR_VERSION_MAX "#MAXV#"
#define CLAIR_VERSION_MIN "#MINV#"

#endif
