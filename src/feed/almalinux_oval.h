/* almalinux_oval.h: AlmaLinux' errata as OVAL, org.almalinux.alsa-N.xml, with the module streams
 * that its OSV records lack. Inside src/feed only. */
#ifndef LIMPID_FEED_ALMALINUX_OVAL_H
#define LIMPID_FEED_ALMALINUX_OVAL_H

#include "feed/feed.h"

bool almalinux_oval_claims(str path);
bool almalinux_oval_read(const struct feed_document *document, struct reader *body,
                         struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

#endif
