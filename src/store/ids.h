/* ids.h: the vulnerabilities of an advisory in one column: each begins with a varint. Even: twice
 * the length of a text that follows. Odd: a CVE id, as its number · 128 + (year - 1990) · 2 + 1;
 * most ids are, and take four bytes instead of fourteen. */
#ifndef LIMPID_STORE_IDS_H
#define LIMPID_STORE_IDS_H

#include "base/arena.h"
#include "base/buf.h"

/* Adds one id to a packed list. */
bool ids_add(struct buf *packed, str id, struct error *e) MUST_USE;

/* Takes one id off the front of a packed list. */
bool ids_take(str *packed, struct arena *arena, str *out, struct error *e) MUST_USE;

/* All ids of a packed list, in `arena`. */
bool ids_unpack(str packed, struct arena *arena, const str **out, size_t *count,
                struct error *e) MUST_USE;

#endif
