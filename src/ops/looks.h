/* looks.h: what content that is no image looks like, in words for a message. */
#ifndef LIMPID_OPS_LOOKS_H
#define LIMPID_OPS_LOOKS_H

#include <stddef.h>
#include <stdint.h>

/* From the first bytes: "text", "an ELF program", "zeros", "nothing known" … A literal. */
const char *looks_like(const uint8_t *at, size_t len);

#endif
