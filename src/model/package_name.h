/* package_name.h: one spelling for the name of a language's package, so that what an image has
 * installed and what an advisory speaks of are compared byte by byte. Detectors and feeds both
 * put names through package_name. */
#ifndef LIMPID_MODEL_PACKAGE_NAME_H
#define LIMPID_MODEL_PACKAGE_NAME_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/* The name as limpid spells it in `namespace_`:
 *   pypi                        lower case, runs of '-', '_' and '.' are one '-' (PEP 503)
 *   nuget composer hex pub      lower case
 *   github-actions bitnami      lower case
 *   swift                       the repository's address, lower case, without scheme, "www.",
 *                               ".git" and '/' at the end
 *   go npm maven cargo gem …    as written (Maven: "group:artifact"; Go: the module's path, with
 *                               "stdlib" and "toolchain" for Go itself)
 * and as written in a distribution. Blanks around it are dropped. `out` borrows `name` where
 * nothing has to change; else it is in `arena`. */
bool package_name(str namespace_, str name, struct arena *arena, str *out,
                  struct error *e) MUST_USE;

#endif
