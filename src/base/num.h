/* num.h: numbers from text and from bytes. Nothing here allocates. */
#ifndef LIMPID_BASE_NUM_H
#define LIMPID_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/* The whole of `s` as an unsigned number in `base` (2 to 16), at most `max`; no sign, no blanks,
 * at least one digit. False, and `*out` untouched, for anything else. */
bool num_parse(str s, unsigned base, uint64_t max, uint64_t *out) MUST_USE;

/* Integers in a byte order, from memory without alignment. */
uint16_t num_le16(const void *at);
uint32_t num_le32(const void *at);
uint64_t num_le64(const void *at);
uint16_t num_be16(const void *at);
uint32_t num_be32(const void *at);

#endif
