#include <string.h>

#include "api/feed_changes_inner.h"
#include "api/os_name.h"

enum {
    SYSTEMS_BYTES_MAX = 64 * 1024 * 1024, /* clients may name any system */
    KNOWN_BYTES_MAX = 256 * 1024 * 1024,
    KNOWN_BYTES = 64 * 1024 * 1024, /* what is known is forgotten above that */
};

static void forget(struct touch *t)
{
    arena_done(&t->arena);
    arena_init(&t->arena, KNOWN_BYTES_MAX, "versions of packages");
    map_init(&t->installed, &t->arena);
}

bool touch_init(struct touch *t, struct graph *graph, struct error *e)
{
    *t = (struct touch){.graph = graph};
    arena_init(&t->systems_arena, SYSTEMS_BYTES_MAX, "the systems of layers");
    map_init(&t->places, &t->systems_arena);
    forget(t);
    return graph_systems(graph, &t->systems_arena, &t->systems, &t->systems_count, e);
}

void touch_done(struct touch *t)
{
    arena_done(&t->systems_arena);
    arena_done(&t->arena);
}

/* STR_NONE for the namespace: any. */
static bool has_system(const struct touch *t, str os, str namespace_)
{
    for (size_t i = 0; i < t->systems_count; i++) {
        if (str_eq(t->systems[i].os, os) &&
            (namespace_.at == NULL || str_eq(t->systems[i].namespace_, namespace_))) {
            return true;
        }
    }
    return false;
}

bool touch_place(struct touch *t, str namespace_, bool *is, struct error *e)
{
    static char yes, no; /* their addresses alone */
    void *known = map_get(&t->places, namespace_);
    str key, os;
    if (known == NULL) {
        if (!arena_str(&t->systems_arena, namespace_, &key, e) ||
            !os_of_namespace(key, &t->systems_arena, &os, e)) {
            return false;
        }
        known = has_system(t, os, STR_NONE) ? &yes : &no;
        if (!map_put(&t->places, key, known, e)) {
            return false;
        }
    }
    *is = known == &yes;
    return true;
}

/* -- versions ------------------------------------------------------------------------------- */

struct versions {
    const struct package *at;
    size_t count;
};

static bool key_make(const struct graph_question *q, str os, struct arena *arena, str *out,
                     struct error *e)
{
    const str parts[] = {q->namespace_, os, q->name};
    size_t len = 1, at = 1;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        len += sizeof(size_t) + parts[i].len;
    }
    char *bytes = ARENA_ARRAY(arena, len, char, e);
    if (bytes == NULL) {
        return false;
    }
    bytes[0] = q->source ? 's' : 'n';
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        memcpy(bytes + at, &parts[i].len, sizeof(size_t));
        at += sizeof(size_t);
        if (parts[i].len > 0) {
            memcpy(bytes + at, parts[i].at, parts[i].len);
        }
        at += parts[i].len;
    }
    *out = (str){.at = bytes, .len = len};
    return true;
}

static bool versions_of(struct touch *t, const struct graph_question *q, str os,
                        struct arena *scratch, const struct versions **out, struct error *e)
{
    str key;
    if (!key_make(q, os, scratch, &key, e)) {
        return false;
    }
    *out = map_get(&t->installed, key);
    if (*out != NULL) {
        return true;
    }
    if (t->arena.taken_bytes > KNOWN_BYTES) {
        forget(t);
    }
    struct versions *v = ARENA_NEW(&t->arena, struct versions, e);
    if (v == NULL || !arena_str(&t->arena, key, &key, e) ||
        !graph_installed(t->graph, q, os, &t->arena, &v->at, &v->count, e)) {
        return false;
    }
    *out = v;
    return map_put(&t->installed, key, v, e);
}

static bool touch_fix(struct touch *t, const struct graph_fix *fix, bool of_feed,
                      struct arena *scratch, bool *is, struct error *e)
{
    struct graph_question questions[NAMED_QUESTIONS_MAX];
    size_t count;
    if (!named_questions(fix, of_feed, scratch, questions, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count && !*is; i++) {
        const struct versions *v;
        if (!has_system(t, fix->os, questions[i].namespace_)) {
            continue;
        }
        if (!versions_of(t, &questions[i], fix->os, scratch, &v, e)) {
            return false;
        }
        for (size_t k = 0; k < v->count && !*is; k++) {
            *is = named_affects(fix, &questions[i], &v->at[k]);
        }
    }
    return true;
}

bool touch_any(struct touch *t, const struct service_vulnerability *v, struct arena *scratch,
               bool *is, struct error *e)
{
    *is = false;
    for (size_t i = 0; i < v->fixes_count && !*is; i++) {
        if (!touch_fix(t, &v->fixes[i], v->of_feed, scratch, is, e)) {
            return false;
        }
    }
    return true;
}
