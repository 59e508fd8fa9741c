/* ubuntu_oval.h: Ubuntu's OVAL: com.ubuntu.CODENAME.cve.oval.xml (a definition a CVE, also those
 * without a fix), …usn… (a notice), …pkg… (a source package, with a criterion a CVE), and the same
 * with "oci." in front, whose tests read a container's manifest. Inside src/feed only. */
#ifndef LIMPID_FEED_UBUNTU_OVAL_H
#define LIMPID_FEED_UBUNTU_OVAL_H

#include "feed/feed.h"

bool ubuntu_oval_claims(str path);

/* Rows are about binary packages, which a variable of the document lists; where the document does
 * not have it, about the source package that the comment names. `product` is "pro:fips-updates" by
 * the platform, and "pro" where the fix is an ESM build. */
bool ubuntu_oval_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

#endif
