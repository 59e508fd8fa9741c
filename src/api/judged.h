/* judged.h: what the feeds say of a package, remembered for all layers that have the very same one:
 * layers of one registry share most of theirs, and a new layer's first answer is made of it. Valid
 * for one generation of advisories, whatever clients write meanwhile. Safe from many threads. */
#ifndef LIMPID_API_JUDGED_H
#define LIMPID_API_JUDGED_H

#include "api/service.h"

struct judged;

/* In `arena`; remembers up to `bytes_max`, those that were asked for last. */
struct judged *judged_new(struct arena *arena, size_t bytes_max, struct error *e) MUST_USE;
void judged_free(struct judged *j); /* NULL is fine */

/* All that a package's vulnerabilities depend on, as bytes in `arena`. */
bool judged_key(str namespace_, const struct package *p, struct arena *arena, str *out,
                struct error *e) MUST_USE;

/* A copy in `arena` of what is known under `key` in the generation `stamp`. */
bool judged_find(struct judged *j, uint64_t stamp, str key, struct arena *arena,
                 struct service_vulnerability **out, size_t *count, bool *known,
                 struct error *e) MUST_USE;

/* Keeps a copy, without `os` and `fixes`; nothing where there is no memory for it. */
void judged_keep(struct judged *j, uint64_t stamp, str key, const struct service_vulnerability *v,
                 size_t count);

#endif
