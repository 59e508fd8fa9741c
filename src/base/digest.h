/* digest.h: the name of content: an algorithm and its bytes (OCI image-spec, descriptor.md,
 * "Digests"). A small value, passed by copy. Computing one is stream/hash.h. */
#ifndef LIMPID_BASE_DIGEST_H
#define LIMPID_BASE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

enum digest_algorithm { DIGEST_NONE, DIGEST_SHA256, DIGEST_SHA512 };

enum { DIGEST_BYTES_MAX = 64, DIGEST_TEXT_BYTES = 7 + 128 + 1 };

typedef struct digest {
    enum digest_algorithm algorithm;
    uint8_t bytes[DIGEST_BYTES_MAX]; /* those past the algorithm's size are 0 */
} digest;

/* 0, 32 or 64. */
size_t digest_size(enum digest_algorithm algorithm);

/* "sha256:" or "sha512:" and lower-case hex, nothing else: ERROR_FORMAT otherwise. */
bool digest_parse(str text, digest *out, struct error *e) MUST_USE;

/* Writes "sha256:HEX" and a NUL into `to`, and returns `to`. DIGEST_NONE gives "". */
const char *digest_text(digest d, char to[DIGEST_TEXT_BYTES]);

bool digest_eq(digest a, digest b);

#endif
