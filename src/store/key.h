/* key.h: texts and numbers as bytes that sort as they do, one behind the other in one record, and
 * back. A text: 00 ends it; 00 and 01 within it are 01 01 and 01 02. */
#ifndef LIMPID_STORE_KEY_H
#define LIMPID_STORE_KEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/advisory.h"

bool key_add(struct buf *to, str text, struct error *e) MUST_USE;
bool key_add32(struct buf *to, uint32_t number, struct error *e) MUST_USE; /* highest byte first */

/* Takes one off the front of `rest`. A text is borrowed, or in `scratch` where bytes of it had to
 * be changed. ERROR_FORMAT where there is none. */
bool key_take(str *rest, struct arena *scratch, str *out, struct error *e) MUST_USE;
bool key_take32(str *rest, uint32_t *out, struct error *e) MUST_USE;
bool key_take8(str *rest, unsigned below, unsigned *out, struct error *e) MUST_USE;

/* An id so that its letters sort alike in either case and its numbers by value: "CVE-2014-999"
 * before "cve-2014-1000". A run of digits has its length in front ('0' for one, '9' for ten; a
 * longer run is several), letters are upper case. */
bool key_add_folded(struct buf *to, str id, struct error *e) MUST_USE;

/* Which letters of an id are lower case: seven a byte, 0x80 added, without zeros at the end. Most
 * ids have none. */
bool key_add_case(struct buf *to, str id, struct error *e) MUST_USE;

/* The id again, in `arena`. */
bool key_unfold(str folded, str cases, struct arena *arena, str *out, struct error *e) MUST_USE;

/* Both, as keys: what the records of an id begin with. */
bool key_add_id(struct buf *to, str id, struct error *e) MUST_USE;
bool key_take_id(str *rest, struct arena *arena, str *out, struct error *e) MUST_USE;

/* A row, all of it. */
bool key_add_row(struct buf *to, const struct affected *row, struct error *e) MUST_USE;
bool key_take_row(str *rest, struct arena *scratch, struct affected *out, struct error *e) MUST_USE;

#endif
