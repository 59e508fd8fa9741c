#include "stream/blake2b.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { ROUNDS = 12 };

static const uint64_t start[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* RFC 7693, 2.7; the last two rounds are the first two again. */
static const uint8_t order[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static const uint8_t lanes[8][4] = {
    {0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14}, {3, 7, 11, 15},
    {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13},  {3, 4, 9, 14},
};

static uint64_t turned(uint64_t x, unsigned by)
{
    return x >> by | x << (64 - by);
}

static void mix(uint64_t v[16], const uint8_t at[4], uint64_t x, uint64_t y)
{
    uint64_t *a = &v[at[0]], *b = &v[at[1]], *c = &v[at[2]], *d = &v[at[3]];
    *a += *b + x;
    *d = turned(*d ^ *a, 32);
    *c += *d;
    *b = turned(*b ^ *c, 24);
    *a += *b + y;
    *d = turned(*d ^ *a, 16);
    *c += *d;
    *b = turned(*b ^ *c, 63);
}

static void compress(struct blake2b *b, const uint8_t *block, bool last)
{
    uint64_t v[16], m[16];
    for (unsigned i = 0; i < 16; i++) {
        m[i] = 0;
        for (unsigned n = 0; n < 8; n++) {
            m[i] |= (uint64_t)block[8 * i + n] << (8 * n);
        }
    }
    memcpy(v, b->h, sizeof(b->h));
    memcpy(&v[8], start, sizeof(start));
    v[12] ^= b->total_bytes;
    v[14] ^= last ? UINT64_MAX : 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint8_t *s = order[round % 10];
        for (unsigned i = 0; i < 8; i++) {
            mix(v, lanes[i], m[s[2 * i]], m[s[2 * i + 1]]);
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        b->h[i] ^= v[i] ^ v[i + 8];
    }
}

void blake2b_init(struct blake2b *b, size_t size_bytes)
{
    assert(size_bytes > 0 && size_bytes <= BLAKE2B_BYTES_MAX);
    *b = (struct blake2b){.size = size_bytes};
    memcpy(b->h, start, sizeof(start));
    b->h[0] ^= 0x01010000 ^ size_bytes;
}

void blake2b_update(struct blake2b *b, const void *at, size_t len)
{
    const uint8_t *from = at;
    while (len > 0) {
        if (b->pending == BLAKE2B_BLOCK_BYTES) { /* more comes: it is not the last block */
            b->total_bytes += BLAKE2B_BLOCK_BYTES;
            compress(b, b->block, false);
            b->pending = 0;
        }
        size_t room = BLAKE2B_BLOCK_BYTES - b->pending;
        size_t take = len < room ? len : room;
        memcpy(b->block + b->pending, from, take);
        b->pending += take;
        from += take;
        len -= take;
    }
}

void blake2b_done(struct blake2b *b, uint8_t *to)
{
    b->total_bytes += b->pending;
    memset(b->block + b->pending, 0, BLAKE2B_BLOCK_BYTES - b->pending);
    compress(b, b->block, true);
    for (size_t i = 0; i < b->size; i++) {
        to[i] = (uint8_t)(b->h[i / 8] >> (8 * (i % 8)));
    }
}
