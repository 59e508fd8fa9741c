#include <stdlib.h>

#include "base/map.h"
#include "match/rules.h"

struct tally {
    struct upgrade upgrade;
    const struct found_package *last; /* the last one counted: findings come package by package */
};

static str source_of(const struct package *p)
{
    return p->source.len > 0 ? p->source : p->name;
}

static int by_use(const void *left, const void *right)
{
    const struct upgrade *a = left, *b = right;
    if (a->removes != b->removes) {
        return a->removes > b->removes ? -1 : 1;
    }
    if (a->worst != b->worst) {
        return a->worst > b->worst ? -1 : 1;
    }
    return str_cmp(a->package, b->package);
}

static void count_in(const struct scheme *scheme, struct tally *tally, const struct finding *f)
{
    struct upgrade *u = &tally->upgrade;
    if (u->to.len == 0 || scheme->compare(f->fixed, u->to) > 0) {
        u->to = f->fixed;
    }
    u->removes++;
    u->worst = f->severity > u->worst ? f->severity : u->worst;
    u->packages += tally->last == f->package ? 0 : 1;
    tally->last = f->package;
}

bool upgrades_of(const struct scheme *scheme, const struct finding *findings, size_t count,
                 struct arena *arena, const struct upgrade **out, size_t *out_count,
                 struct error *e)
{
    struct map tallies;
    map_init(&tallies, arena);
    for (size_t i = 0; i < count; i++) {
        const struct finding *f = &findings[i];
        if (f->fixed.len == 0) {
            continue;
        }
        str source = source_of(&f->package->package);
        struct tally *tally = map_get(&tallies, source);
        if (tally == NULL) {
            tally = ARENA_NEW(arena, struct tally, e);
            if (tally == NULL || !map_put(&tallies, source, tally, e)) {
                return false;
            }
            tally->upgrade.package = source;
        }
        count_in(scheme, tally, f);
    }
    struct upgrade *list = ARENA_ARRAY(arena, tallies.count, struct upgrade, e);
    if (list == NULL) {
        return false;
    }
    size_t at = 0, filled = 0;
    str source;
    void *value;
    while (map_each(&tallies, &at, &source, &value)) {
        const struct tally *tally = value;
        list[filled++] = tally->upgrade;
    }
    if (filled > 1) {
        qsort(list, filled, sizeof(*list), by_use);
    }
    *out = list;
    *out_count = filled;
    return true;
}
