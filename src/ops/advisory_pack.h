/* advisory_pack.h: advisories on their way from the worker that reads a feed to the parent. */
#ifndef LIMPID_OPS_ADVISORY_PACK_H
#define LIMPID_OPS_ADVISORY_PACK_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/advisory.h"

bool advisory_pack(const struct advisory *a, struct buf *to, struct error *e) MUST_USE;

/* The next advisory of `from`, which moves past it; text is borrowed from `from`, the lists are in
 * `arena`. Counts, enumerations and lengths are checked. */
bool advisory_unpack(str *from, struct arena *arena, struct advisory *out,
                     struct error *e) MUST_USE;

#endif
