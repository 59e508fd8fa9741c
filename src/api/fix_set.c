#include "api/fix_set.h"

void fix_set_init(struct fix_set *s, bool by_version, struct arena *arena)
{
    map_init(&s->map, arena);
    s->by_version = by_version;
}

bool fix_set_add(struct fix_set *s, const struct graph_fix *fix, bool *fresh, struct error *e)
{
    static const char there = 1;
    struct arena_mark mark = arena_mark(s->map.arena);
    const str parts[] = {fix->os, fix->name, s->by_version ? fix->version : STR_NONE};
    str key;
    if (!arena_key(s->map.arena, parts, ARRAY_COUNT(parts), &key, e)) {
        return false;
    }
    bool known = map_get(&s->map, key) != NULL;
    if (fresh != NULL) {
        *fresh = !known;
    }
    if (known) {
        arena_rewind(s->map.arena, mark);
        return true;
    }
    return map_put(&s->map, key, (void *)(uintptr_t)&there, e);
}

bool fix_set_add_all(struct fix_set *s, const struct graph_fix *fixes, size_t count,
                     struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!fix_set_add(s, &fixes[i], NULL, e)) {
            return false;
        }
    }
    return true;
}

bool fix_set_has(struct fix_set *s, const struct graph_fix *fix, bool *has, struct error *e)
{
    struct arena_mark mark = arena_mark(s->map.arena);
    const str parts[] = {fix->os, fix->name, s->by_version ? fix->version : STR_NONE};
    str key;
    if (!arena_key(s->map.arena, parts, ARRAY_COUNT(parts), &key, e)) {
        return false;
    }
    *has = map_get(&s->map, key) != NULL;
    arena_rewind(s->map.arena, mark);
    return true;
}
