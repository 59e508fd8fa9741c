/* pack.h: numbers and texts as bytes, for what passes between processes of one machine and into
 * the cache: integers little-endian, a text as its length (u32) and its bytes. Reading checks
 * every length; whoever reads treats the values as input. */
#ifndef LIMPID_BASE_PACK_H
#define LIMPID_BASE_PACK_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"

enum { PACK_STR_BYTES_MAX = 8 * 1024 * 1024 };

bool pack_u8(struct buf *to, uint8_t n, struct error *e) MUST_USE;
bool pack_u32(struct buf *to, uint32_t n, struct error *e) MUST_USE;
bool pack_u64(struct buf *to, uint64_t n, struct error *e) MUST_USE;
bool pack_str(struct buf *to, str s, struct error *e) MUST_USE; /* ERROR_LIMIT if too long */
bool pack_digest(struct buf *to, digest d, struct error *e) MUST_USE;

/* Each moves `from` past what it read; ERROR_FORMAT where that is not whole or not allowed. Texts
 * are borrowed from `from`. */
bool unpack_u8(str *from, uint8_t *out, struct error *e) MUST_USE;
bool unpack_u32(str *from, uint32_t *out, struct error *e) MUST_USE;
bool unpack_u64(str *from, uint64_t *out, struct error *e) MUST_USE;
bool unpack_str(str *from, size_t bytes_max, str *out, struct error *e) MUST_USE;
bool unpack_digest(str *from, digest *out, struct error *e) MUST_USE;

#endif
