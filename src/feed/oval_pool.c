#include "feed/oval_pool.h"

#include <string.h>

#include "base/map.h"

enum { ROOM_FIRST = 256 };

void oval_list_init(struct oval_list *l, struct arena *arena, size_t item_bytes)
{
    *l = (struct oval_list){.arena = arena, .item_bytes = item_bytes};
}

void *oval_list_add(struct oval_list *l, struct error *e)
{
    if (l->count == OVAL_LIST_MAX) {
        error_set(e, ERROR_LIMIT, "more than %d of a kind", OVAL_LIST_MAX);
        return NULL;
    }
    if (l->count == l->blocks_count * OVAL_LIST_BLOCK) {
        void *blocks = l->blocks;
        if (!arena_grow(l->arena, &blocks, l->blocks_count, &l->blocks_room, sizeof(*l->blocks),
                        e)) {
            return NULL;
        }
        l->blocks = blocks;
        char *block = arena_alloc(l->arena, OVAL_LIST_BLOCK, l->item_bytes, 16, e);
        if (block == NULL) {
            return NULL;
        }
        l->blocks[l->blocks_count++] = block;
    }
    return oval_list_at(l, l->count++);
}

/* -- texts ---------------------------------------------------------------------------------- */

bool oval_pool_init(struct oval_pool *p, struct arena *arena, struct error *e)
{
    *p = (struct oval_pool){.room = 0};
    oval_list_init(&p->texts, arena, sizeof(str));
    map_secret(p->secret, arena);
    return oval_list_add(&p->texts, e) != NULL;
}

static size_t text_slot(const struct oval_pool *p, str text)
{
    size_t at = (size_t)map_hash(p->secret, text) & (p->room - 1);
    while (p->slots[at] != 0 && !str_eq(oval_pool_get(p, p->slots[at]), text)) {
        at = (at + 1) & (p->room - 1);
    }
    return at;
}

/* At most three quarters are full, so that a free slot always ends a search. */
static bool is_full(size_t count, size_t room)
{
    return count >= room / 4 * 3;
}

static bool pool_grow(struct oval_pool *p, struct error *e)
{
    size_t room = p->room == 0 ? ROOM_FIRST : p->room * 2;
    uint32_t *slots = ARENA_ARRAY(p->texts.arena, room, uint32_t, e);
    if (slots == NULL) {
        return false;
    }
    p->slots = slots;
    p->room = room;
    for (size_t i = 1; i < p->texts.count; i++) {
        p->slots[text_slot(p, oval_pool_get(p, (uint32_t)i))] = (uint32_t)i;
    }
    return true;
}

bool oval_pool_add(struct oval_pool *p, str text, uint32_t *number, struct error *e)
{
    if (text.len == 0) {
        *number = 0;
        return true;
    }
    if (is_full(p->texts.count, p->room) && !pool_grow(p, e)) {
        return false;
    }
    size_t at = text_slot(p, text);
    if (p->slots[at] == 0) {
        char *copy = ARENA_ARRAY(p->texts.arena, text.len, char, e);
        str *kept = copy == NULL ? NULL : oval_list_add(&p->texts, e);
        if (kept == NULL) {
            return false;
        }
        memcpy(copy, text.at, text.len);
        *kept = (str){.at = copy, .len = text.len};
        p->slots[at] = (uint32_t)(p->texts.count - 1);
    }
    *number = p->slots[at];
    return true;
}

/* -- tables --------------------------------------------------------------------------------- */

void oval_table_init(struct oval_table *t, struct arena *arena, size_t item_bytes)
{
    *t = (struct oval_table){.room = 0};
    oval_list_init(&t->items, arena, item_bytes);
    map_secret(t->secret, arena);
}

static uint64_t key_at(const struct oval_table *t, size_t position)
{
    uint64_t key;
    memcpy(&key, oval_list_at(&t->items, position), sizeof(key));
    return key;
}

static size_t key_slot(const struct oval_table *t, uint64_t key)
{
    str bytes = {.at = (const char *)&key, .len = sizeof(key)};
    size_t at = (size_t)map_hash(t->secret, bytes) & (t->room - 1);
    while (t->slots[at] != 0 && key_at(t, t->slots[at] - 1) != key) {
        at = (at + 1) & (t->room - 1);
    }
    return at;
}

static bool table_grow(struct oval_table *t, struct error *e)
{
    size_t room = t->room == 0 ? ROOM_FIRST : t->room * 2;
    uint32_t *slots = ARENA_ARRAY(t->items.arena, room, uint32_t, e);
    if (slots == NULL) {
        return false;
    }
    t->slots = slots;
    t->room = room;
    for (size_t i = 0; i < t->items.count; i++) {
        t->slots[key_slot(t, key_at(t, i))] = (uint32_t)(i + 1);
    }
    return true;
}

void *oval_table_find(const struct oval_table *t, uint64_t key)
{
    if (t->room == 0) {
        return NULL;
    }
    uint32_t found = t->slots[key_slot(t, key)];
    return found == 0 ? NULL : oval_list_at(&t->items, found - 1);
}

void *oval_table_add(struct oval_table *t, uint64_t key, uint32_t *position, struct error *e)
{
    if (is_full(t->items.count, t->room) && !table_grow(t, e)) {
        return NULL;
    }
    size_t at = key_slot(t, key);
    if (t->slots[at] == 0) {
        void *item = oval_list_add(&t->items, e);
        if (item == NULL) {
            return NULL;
        }
        memcpy(item, &key, sizeof(key));
        t->slots[at] = (uint32_t)t->items.count;
    }
    *position = t->slots[at] - 1;
    return oval_list_at(&t->items, *position);
}
