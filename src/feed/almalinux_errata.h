/* almalinux_errata.h: errata.full.json of AlmaLinux. Inside src/feed only. */
#ifndef LIMPID_FEED_ALMALINUX_ERRATA_H
#define LIMPID_FEED_ALMALINUX_ERRATA_H

#include "feed/feed.h"

/* Reads the whole document as a stream; an erratum at a time is in `arena`. */
bool almalinux_errata_read(const struct feed_document *document, struct reader *body,
                           struct arena *arena, struct advisory_sink *out,
                           struct error *e) MUST_USE;

#endif
