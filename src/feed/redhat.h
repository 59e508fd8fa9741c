/* redhat.h: the parts of the feeds `redhat` and `redhat-repositories`, a kind of document each.
 * Inside src/feed only. */
#ifndef LIMPID_FEED_REDHAT_H
#define LIMPID_FEED_REDHAT_H

#include "feed/feed.h"

/* The release of RHEL that a product's packages are for, from its CPE (URI form, NISTIR 7695
 * section 6.1):
 *   cpe:/o:redhat:enterprise_linux:9::baseos     9   the product is RHEL, or a part or extension
 *   cpe:/a:redhat:rhel_eus:9.2::appstream        9   of it with RHEL's version
 *   cpe:/a:redhat:openshift:4.14::el9            9   another product, built for RHEL 9
 * False where no release is told. Never allocates. */
bool redhat_cpe_release(str cpe, str *release) MUST_USE;

/* redhat_csaf.c: vex/, vex-feed/ and advisories/ below data/csaf/v2/: archives, documents, and the
 * lists beside them. */
bool redhat_csaf_claims(str path);
bool redhat_csaf_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

/* redhat_hydra.c: one CVE of the security data API, hydra/rest/securitydata/cve/CVE-….json. */
bool redhat_hydra_claims(str path);
bool redhat_hydra_read(const struct feed_document *document, struct reader *body,
                       struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

#endif
