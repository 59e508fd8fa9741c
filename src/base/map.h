/* map.h: from text to a pointer, in an arena. Keys are borrowed: they must live as long as the
 * map. Open addressing; nothing is removed (put NULL instead). One thread at a time.
 *
 * Keys come from images. So each map hashes with a secret of its own (SipHash-1-3), and nobody can
 * choose a hundred thousand names that all fall into one slot. */
#ifndef LIMPID_BASE_MAP_H
#define LIMPID_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

struct map_slot {
    str key;
    void *value;
    bool used;
};

struct map {
    struct arena *arena; /* borrowed */
    struct map_slot *slots;
    size_t count, room; /* room is 0 or a power of two */
    uint64_t secret[2]; /* drawn with the first slots */
};

/* An empty map; takes no memory yet. */
void map_init(struct map *m, struct arena *arena);

/* The value of `key`, or NULL where there is none. */
void *map_get(const struct map *m, str key);

/* Sets or replaces. */
bool map_put(struct map *m, str key, void *value, struct error *e) MUST_USE;

/* The hash of a map, for other tables whose keys come from outside: a secret, drawn once a table
 * (`where` is any address of it), and the hash of a key with it. */
void map_secret(uint64_t secret[2], const void *where);
uint64_t map_hash(const uint64_t secret[2], str key);

/* Walks all slots: start with *at = 0; false at the end. The order is not defined. */
bool map_each(const struct map *m, size_t *at, str *key, void **value);

#endif
