/* names.h: what the names of advisories tell. Pure functions. */
#ifndef LIMPID_MATCH_NAMES_H
#define LIMPID_MATCH_NAMES_H

#include "base/str.h"
#include "model/package.h"

bool name_is_cve(str id);

/* "CVE-2024-1" of "DEBIAN-CVE-2024-1" and "ALPINE-CVE-2024-1", or STR_NONE. */
str name_cve_in(str id);

/* Lists of updates (Debian's DSA, Ubuntu's USN): each entry names several vulnerabilities and is
 * not revised when more becomes known about one of them. */
bool name_is_list(str id);

/* How near the publisher of `id` is to the ecosystem's own people: 0 its own database, 1 GHSA, 2
 * others. */
unsigned name_distance(enum ecosystem ecosystem, str id);

#endif
