/* blake2b.h: BLAKE2b without a key (RFC 7693), of 1 to 64 bytes: what minisign hashes with.
 * libcrypto 3.0 knows the size of 64 bytes alone, and the sum in a key's file has 32. */
#ifndef LIMPID_STREAM_BLAKE2B_H
#define LIMPID_STREAM_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

enum { BLAKE2B_BYTES_MAX = 64, BLAKE2B_BLOCK_BYTES = 128 };

struct blake2b {
    uint64_t h[8];
    uint64_t total_bytes; /* compressed so far; 2^64 are enough for a file */
    size_t size, pending; /* of the digest; bytes in `block` */
    uint8_t block[BLAKE2B_BLOCK_BYTES];
};

void blake2b_init(struct blake2b *b, size_t size_bytes);
void blake2b_update(struct blake2b *b, const void *at, size_t len);
void blake2b_done(struct blake2b *b, uint8_t *to); /* once; writes size_bytes */

#endif
