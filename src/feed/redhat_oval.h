/* redhat_oval.h: Red Hat's OVAL v2, RHEL9/rhel-9-including-unpatched.oval.xml and its like. It is
 * retired: what there is are copies. Inside src/feed only. */
#ifndef LIMPID_FEED_REDHAT_OVAL_H
#define LIMPID_FEED_REDHAT_OVAL_H

#include "feed/feed.h"

bool redhat_oval_claims(str path);

/* A row a package and CPE; of CPEs that continue another of the same definition, the shorter one
 * alone ("cpe:/o:redhat:enterprise_linux:9" for "…:9::baseos"). */
bool redhat_oval_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

#endif
