/* secdb.h: Alpine's format of advisories, which other distributions of apk use too. Inside src/feed
 * only. */
#ifndef LIMPID_FEED_SECDB_H
#define LIMPID_FEED_SECDB_H

#include "base/arena.h"
#include "feed/feed.h"

struct secdb_publisher {
    str distribution; /* the namespace, or its part before the branch: "alpine", "wolfi" */
    /* Of a distribution with branches, else NULL. The document's own "distroversion" counts. */
    bool (*is_branch)(str branch);
    str branch;      /* that the document's path tells; empty: none */
    const char *url; /* an identifier behind it is where a person reads on; NULL: nowhere */
};

bool secdb_read(const struct secdb_publisher *publisher, str document, struct reader *body,
                struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

#endif
