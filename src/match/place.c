#include "match/rules.h"
#include "model/namespace.h"

bool place_open(struct advisories *advisories, str namespace_, enum ecosystem language,
                struct arena *arena, struct place *out, struct error *e)
{
    *out = (struct place){
        .namespace_ = namespace_,
        .language = language,
        .order = {.scheme = scheme_find(namespace_scheme(namespace_))},
    };
    map_init(&out->by_source, arena);
    map_init(&out->by_name, arena);
    return out->order.scheme == NULL ||
           advisories_covering(advisories, namespace_, arena, &out->feeds, &out->feeds_count, e);
}

bool place_look_up(struct place *place, struct advisories *advisories, enum package_scope scope,
                   str name, struct arena *arena, struct known **out, struct error *e)
{
    struct map *map = scope == SCOPE_SOURCE ? &place->by_source : &place->by_name;
    struct known *k = map_get(map, name);
    if (k == NULL) {
        const struct advisory_row *rows;
        size_t count;
        k = ARENA_NEW(arena, struct known, e);
        if (k == NULL ||
            !advisories_find(advisories, place->namespace_, scope, name, arena, &rows, &count, e) ||
            !statements_of(rows, count, place->language, arena, &k->statements, e) ||
            !map_put(map, name, k, e)) {
            return false;
        }
    }
    *out = k;
    return true;
}
