/* plan_help.h: what plans share. Inside src/feed only. */
#ifndef LIMPID_FEED_PLAN_HELP_H
#define LIMPID_FEED_PLAN_HELP_H

#include "feed/plan.h"

/* The URL of `name` in the folder of the document `url`: "a/b.csv", "c" → "a/c". */
bool plan_beside(str url, str name, struct arena *arena, str *out, struct error *e) MUST_USE;

/* The whole of a short text document, in the arena; longer is ERROR_LIMIT. */
bool plan_short_text(struct reader *body, size_t bytes_max, struct arena *arena, str *out,
                     struct error *e) MUST_USE;

/* A digest of 64 hexadecimal digits in any case; false for anything else. */
bool plan_sha256(str hex, digest *out);

/* Calls `each` with the target of every link of a page that lists a folder: href="NAME", without
 * those that lead elsewhere (a '/' anywhere but at the end, '?', "..", a scheme). A page without an
 * end tag is ERROR_FORMAT: it was cut. */
bool plan_links(struct reader *body, struct arena *arena,
                bool (*each)(void *arg, str name, struct error *e), void *arg,
                struct error *e) MUST_USE;

#endif
