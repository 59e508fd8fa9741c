#include <stdlib.h>

#include "base/map.h"
#include "match/rules.h"

/* Of a name; real ones have fewer than 100. */
enum { SOURCE_BYTES_MAX = 4096 };

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
    int order = str_cmp(a->package, b->package);
    return order != 0 ? order : (int)a->ecosystem - (int)b->ecosystem;
}

static void count_in(const struct order *order, struct tally *tally, const struct finding *f)
{
    struct upgrade *u = &tally->upgrade;
    if (u->to.len == 0 || order_compare(order, f->fixed, u->to) > 0) {
        u->to = f->fixed;
    }
    u->removes++;
    u->worst = f->severity > u->worst ? f->severity : u->worst;
    u->packages += tally->last == f->package ? 0 : 1;
    tally->last = f->package;
}

/* Two ecosystems may have packages of one name. */
static MUST_USE bool key_of(const struct package *p, struct arena *arena, str *out, struct error *e)
{
    str source = source_of(p);
    return arena_printf(arena, out, e, "%d %.*s", (int)p->ecosystem,
                        (int)str_slice(source, 0, SOURCE_BYTES_MAX).len, source.at);
}

static struct tally *tally_of(struct map *tallies, const struct package *p, struct arena *arena,
                              struct error *e)
{
    str key;
    struct arena_mark mark = arena_mark(arena);
    if (!key_of(p, arena, &key, e)) {
        return NULL;
    }
    struct tally *tally = map_get(tallies, key);
    if (tally != NULL) {
        arena_rewind(arena, mark);
        return tally;
    }
    tally = ARENA_NEW(arena, struct tally, e);
    if (tally == NULL || !map_put(tallies, key, tally, e)) {
        return NULL;
    }
    tally->upgrade.package = source_of(p);
    tally->upgrade.ecosystem = p->ecosystem;
    return tally;
}

bool upgrades_of(const struct finding *findings, size_t count, bool rebuilt, struct arena *arena,
                 const struct upgrade **out, size_t *out_count, struct error *e)
{
    struct map tallies;
    map_init(&tallies, arena);
    for (size_t i = 0; i < count; i++) {
        const struct finding *f = &findings[i];
        if (f->fixed.len == 0) {
            continue;
        }
        const struct package *p = &f->package->package;
        const struct order order = {.scheme = order_scheme(p->ecosystem),
                                    .rebuilt = rebuilt && p->ecosystem == ECOSYSTEM_RPM};
        struct tally *tally = tally_of(&tallies, p, arena, e);
        if (tally == NULL) {
            return false;
        }
        count_in(&order, tally, f);
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
