/* debian_oval.h: Debian's OVAL, oval-definitions-CODENAME.xml, a document a release, made from the
 * tracker: a definition a CVE and source package, or a notice (DSA). Inside src/feed only. */
#ifndef LIMPID_FEED_DEBIAN_OVAL_H
#define LIMPID_FEED_DEBIAN_OVAL_H

#include "feed/feed.h"

bool debian_oval_claims(str path);

/* "earlier than 0" stands for "not affected" and for "not fixed yet" alike: such rows are
 * FIX_UNDETERMINED, which says nothing. */
bool debian_oval_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

#endif
