/* versions.h: the version orders, for `compare-versions`. */
#ifndef LIMPID_OPS_VERSIONS_H
#define LIMPID_OPS_VERSIONS_H

#include "base/error.h"
#include "base/str.h"

/* -1, 0 or 1 in `*order`; ERROR_USAGE for an unknown scheme, naming those there are. */
bool ops_compare_versions(str scheme, str a, str b, int *order, struct error *e) MUST_USE;

/* Name and summary of the i-th scheme, false past the last. */
bool ops_scheme_at(size_t i, str *name, str *summary);

#endif
