#include "base/map.h"

void map_init(struct map *m, struct arena *arena)
{
    *m = (struct map){.arena = arena};
}

static struct map_slot *find(const struct map *m, str key)
{
    size_t at = (size_t)str_hash(key) & (m->room - 1);
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
    struct map bigger = {.arena = m->arena, .room = room, .count = m->count};
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
