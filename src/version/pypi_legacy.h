/* pypi_legacy.h: the order of versions before PEP 440, by which setuptools ordered what is no
 * version today (LegacyVersion of packaging 21). */
#ifndef LIMPID_VERSION_PYPI_LEGACY_H
#define LIMPID_VERSION_PYPI_LEGACY_H

#include "base/str.h"

/* Any two texts; total. Never allocates; linear time. */
int pypi_legacy_compare(str a, str b);

#endif
