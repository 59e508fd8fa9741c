/* suse_csaf.h: SUSE's CSAF: csaf.tar.bz2 (updates), csaf-vex.tar.bz2 (a document a CVE), and single
 * documents of them. The feed `suse` calls these. Inside src/feed only. */
#ifndef LIMPID_FEED_SUSE_CSAF_H
#define LIMPID_FEED_SUSE_CSAF_H

#include "feed/feed.h"

bool suse_csaf_claims(str path);
bool suse_csaf_read(const struct feed_document *document, struct reader *body, struct arena *arena,
                    struct advisory_sink *out, struct error *e) MUST_USE;

/* The namespace of a product, from its CPE, or the empty str:
 *   cpe:/o:suse:sles:15:sp3, sle-module-basesystem:15:sp3, sles-ltss:15:sp3   sles:15.3
 *   cpe:/o:suse:sle-micro:5.3, suse-microos:5.2                               sle-micro:5.3
 *   cpe:/o:suse:sl-micro:6.0                                                  sl-micro:6.0
 *   cpe:/o:opensuse:leap:15.5, opensuse:13.2                                  opensuse-leap:15.5
 *   cpe:/o:opensuse:tumbleweed                                                opensuse-tumbleweed
 */
bool suse_cpe_namespace(str cpe, struct arena *arena, str *out, struct error *e) MUST_USE;

#endif
