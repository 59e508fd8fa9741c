#include "store/chunks.h"

#include "stream/hash.h"

/* A "gear" hash: shifted and added to, so that it depends on the last 64 bytes alone. The numbers
 * are those of splitmix64 from 0. */
static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static bool cut(struct chunker *c, struct error *e)
{
    struct hash h;
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, c->pending.at, c->pending.len);
    bool done = c->to->put(c->to, hash_done(&h), buf_str(&c->pending), e);
    c->pending.len = 0;
    c->hash = 0;
    return done;
}

static bool put(struct part_out *self, str bytes, struct error *e)
{
    struct chunker *c = CONTAINER_OF(self, struct chunker, base);
    const uint64_t mask = ((UINT64_C(1) << CHUNK_MASK_BITS) - 1) << (64 - CHUNK_MASK_BITS);
    size_t start = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        size_t len = c->pending.len + i - start + 1;
        c->hash = (c->hash << 1) + c->gear[(uint8_t)bytes.at[i]];
        if ((len >= CHUNK_BYTES_MIN && (c->hash & mask) == 0) || len == CHUNK_BYTES_MAX) {
            if (!buf_add_str(&c->pending, str_slice(bytes, start, i + 1), e) || !cut(c, e)) {
                return false;
            }
            start = i + 1;
        }
    }
    return buf_add_str(&c->pending, str_slice(bytes, start, bytes.len), e);
}

void chunker_init(struct chunker *c, struct chunk_sink *to)
{
    uint64_t state = 0;
    *c = (struct chunker){.base.put = put, .to = to};
    buf_init(&c->pending, CHUNK_BYTES_MAX);
    for (size_t i = 0; i < ARRAY_COUNT(c->gear); i++) {
        c->gear[i] = splitmix(&state);
    }
}

void chunker_done(struct chunker *c)
{
    buf_done(&c->pending);
}

bool chunker_end(struct chunker *c, struct error *e)
{
    return c->pending.len == 0 || cut(c, e);
}
