/* partcode.h: what writing and reading of a part have in common. Each item begins with a number:
 * its kind in the lowest two bits, above them which members follow. */
#ifndef LIMPID_STORE_PARTCODE_H
#define LIMPID_STORE_PARTCODE_H

#include <stddef.h>

#include "model/advisory.h"

#define PART_MAGIC "limpid-part 3\n"

enum { PART_END, PART_HEAD, PART_ID, PART_ROW, PART_KIND_BITS = 2 };

/* Members of a head; those of the first line are as in the head before unless they follow. */
enum {
    PART_SEVERITY = 1 << 0,
    PART_SOURCE = 1 << 1,
    PART_CVSS = 1 << 2,
    PART_URL = 1 << 3,
    PART_PUBLISHED = 1 << 4,
    PART_MODIFIED = 1 << 5,
    PART_DESCRIPTION = 1 << 6,
    PART_WITHDRAWN = 1 << 7,
    PART_EPSS = 1 << 8,
    PART_KEV = 1 << 9,
    PART_RANSOMWARE = 1 << 10,
    PART_HEAD_ALL = (1 << 11) - 1,
};

/* Texts of a row, as bits 0 to 8 of what follows, then the others; each is as in the row before
 * unless it follows. */
static const size_t part_row_texts[] = {
    offsetof(struct affected, package),       offsetof(struct affected, fixed),
    offsetof(struct affected, namespace_),    offsetof(struct affected, word),
    offsetof(struct affected, arch),          offsetof(struct affected, product),
    offsetof(struct affected, introduced),    offsetof(struct affected, module),
    offsetof(struct affected, last_affected),
};

enum {
    PART_STATE = 1 << 9,
    PART_SCOPE = 1 << 10,
    PART_ROW_SEVERITY = 1 << 11,
    PART_ROW_ALL = (1 << 12) - 1,
};

/* The n-th text of a row. */
static inline str *part_row_text(struct affected *row, size_t n)
{
    return (str *)(void *)((char *)row + part_row_texts[n]);
}

static inline str part_row_text_of(const struct affected *row, size_t n)
{
    return *(const str *)(const void *)((const char *)row + part_row_texts[n]);
}

#endif
