/* npm_range.h: node-semver's ranges ("^1.2.3 || >=2.1 <3.0.0-0 || 1.x - 2"), which package.json and
 * npm's advisories use. */
#ifndef LIMPID_VERSION_NPM_RANGE_H
#define LIMPID_VERSION_NPM_RANGE_H

#include <stdbool.h>

#include "base/str.h"

/* True where `version` satisfies `range`, by the README of node-semver, "Ranges", without options:
 * a pre-release satisfies only where a comparator of the same set has a pre-release of the same
 * three numbers. False for what is no version or no range (one bad comparator spoils the range).
 * Never allocates; linear in both; safe from any thread. */
bool npm_range_contains(str range, str version);

/* True where node-semver accepts `range`. */
bool npm_range_valid(str range);

#endif
