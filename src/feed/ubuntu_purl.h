/* ubuntu_purl.h: a package URL of Ubuntu's (purl-spec, type deb):
 *     pkg:deb/ubuntu/curl@7.81.0-1ubuntu1.20?arch=source&distro=esm-infra/jammy
 * Inside src/feed only. */
#ifndef LIMPID_FEED_UBUNTU_PURL_H
#define LIMPID_FEED_UBUNTU_PURL_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

struct ubuntu_purl {
    str name, version; /* decoded */
    str arch, distro;  /* of the qualifiers; empty where they are not there */
};

/* Decoded text is in `arena`. `*is_one` is false, and nothing else changes, for a purl of
 * anything else; false is a refused allocation. */
bool ubuntu_purl_read(str text, struct arena *arena, struct ubuntu_purl *out, bool *is_one,
                      struct error *e) MUST_USE;

#endif
