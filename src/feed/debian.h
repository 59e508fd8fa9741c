/* debian.h: the two forms of Debian's data, behind debian.c. Inside src/feed only. */
#ifndef LIMPID_FEED_DEBIAN_H
#define LIMPID_FEED_DEBIAN_H

#include "base/arena.h"
#include "feed/feed.h"

/* tracker/data/json: source package × vulnerability × release. One advisory a source package and
 * vulnerability. */
struct debian_tracker {
    str product; /* of every row; empty for Debian's own */
    str severity_source;
    const char *url; /* an identifier behind it is where a person reads on */
};

bool debian_tracker_read(const struct debian_tracker *of, str document, struct reader *body,
                         struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

/* data/DSA/list and data/DLA/list: one advisory a notice. */
bool debian_list_read(str document, struct reader *body, struct arena *arena,
                      struct advisory_sink *out, struct error *e) MUST_USE;

#endif
