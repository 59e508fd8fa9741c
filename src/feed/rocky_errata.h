/* rocky_errata.h: pages of Rocky Linux' errata service: {"advisories": […], "links": {"next": …}},
 * each item an OSV record (api/v3/osv) or an erratum with all its packages (api/v3/advisories).
 * Inside src/feed only. */
#ifndef LIMPID_FEED_ROCKY_ERRATA_H
#define LIMPID_FEED_ROCKY_ERRATA_H

#include "feed/osv.h"

/* Reads a page as a stream, an item at a time; `publisher` is for its OSV records. */
bool rocky_errata_read(const struct osv_publisher *publisher, const struct feed_document *document,
                       struct reader *body, struct arena *arena, struct advisory_sink *out,
                       struct error *e) MUST_USE;

#endif
