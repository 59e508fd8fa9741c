#include "base/map.h"

#include <string.h>
#include <sys/random.h>

void map_init(struct map *m, struct arena *arena)
{
    *m = (struct map){.arena = arena};
}

/* -- SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) --------------- */

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

uint64_t map_hash(const uint64_t secret[2], str key)
{
    uint64_t v[4] = {
        secret[0] ^ 0x736f6d6570736575u,
        secret[1] ^ 0x646f72616e646f6du,
        secret[0] ^ 0x6c7967656e657261u,
        secret[1] ^ 0x7465646279746573u,
    };
    size_t at = 0;
    uint64_t word;
    for (; key.len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, key.at + at, sizeof(word)); /* byte order does not matter: never stored */
        sip_word(v, word);
    }
    word = (uint64_t)key.len << 56;
    for (unsigned shift = 0; at < key.len; at++, shift += 8) {
        word |= (uint64_t)(uint8_t)key.at[at] << shift;
    }
    sip_word(v, word);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_secret(uint64_t secret[2], const void *where)
{
    /* without a source of random numbers, where the memory lies is what nobody outside knows */
    secret[0] = (uint64_t)(uintptr_t)where;
    secret[1] = ~(uint64_t)(uintptr_t)secret;
    (void)!getrandom(secret, 2 * sizeof(*secret), GRND_NONBLOCK);
}

/* -- the map -------------------------------------------------------------------------------- */

static struct map_slot *find(const struct map *m, str key)
{
    size_t at = (size_t)map_hash(m->secret, key) & (m->room - 1);
    while (m->slots[at].used && !str_eq(m->slots[at].key, key)) {
        at = (at + 1) & (m->room - 1);
    }
    return &m->slots[at];
}

void *map_get(const struct map *m, str key)
{
    return m->room == 0 ? NULL : find(m, key)->value;
}

static bool grow(struct map *m, struct error *e)
{
    size_t room = m->room == 0 ? 16 : m->room * 2;
    if (m->room == 0) {
        map_secret(m->secret, m->arena);
    }
    struct map bigger = {
        .arena = m->arena, .room = room, .count = m->count, .secret = {m->secret[0], m->secret[1]}};
    bigger.slots = ARENA_ARRAY(m->arena, room, struct map_slot, e);
    if (bigger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < m->room; i++) {
        if (m->slots[i].used) {
            *find(&bigger, m->slots[i].key) = m->slots[i];
        }
    }
    *m = bigger;
    return true;
}

bool map_put(struct map *m, str key, void *value, struct error *e)
{
    if (m->count + 1 > m->room / 4 * 3 && !grow(m, e)) {
        return false;
    }
    struct map_slot *slot = find(m, key);
    if (!slot->used) {
        *slot = (struct map_slot){.key = key, .used = true};
        m->count++;
    }
    slot->value = value;
    return true;
}

bool map_each(const struct map *m, size_t *at, str *key, void **value)
{
    while (*at < m->room) {
        const struct map_slot *slot = &m->slots[(*at)++];
        if (slot->used) {
            *key = slot->key;
            *value = slot->value;
            return true;
        }
    }
    return false;
}
