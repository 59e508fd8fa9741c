#include "api/clair_2015.h"
#include "api/feed_changes_inner.h"
#include "api/fix_set.h"

enum {
    BATCH = 100,                    /* notifications staged in one transaction */
    BATCH_BYTES = 16 * 1024 * 1024, /* … or fewer, if they are large */
    WORK_BYTES_MAX = 512 * 1024 * 1024,
    ROUND = 64, /* names between two calls of go_on */
};

struct telling {
    const struct feed_changes_options *o;
    struct seat *seat;
    struct touch touch;
    struct compared compared;
    struct arena work; /* of the batch, and of the name at hand */
    struct graph_notification batch[BATCH];
    size_t batched;
    uint64_t staged;
};

static bool flush(struct telling *t, struct error *e)
{
    if (t->batched > 0 &&
        !graph_change_notifications(t->seat->graph, t->o->change, t->batch, t->batched, e)) {
        return false;
    }
    t->staged += t->batched;
    t->batched = 0;
    return true;
}

/* -- one vulnerability ---------------------------------------------------------------------- */

struct state {
    struct service_vulnerability v;
    bool there;
};

static bool same_fixes(const struct service_vulnerability *a, const struct service_vulnerability *b,
                       struct arena *arena, bool *same, struct error *e)
{
    struct fix_set known;
    *same = a->fixes_count == b->fixes_count; /* in each of them every fix is there once */
    if (!*same) {
        return true;
    }
    fix_set_init(&known, true, arena);
    if (!fix_set_add_all(&known, a->fixes, a->fixes_count, e)) {
        return false;
    }
    for (size_t i = 0; i < b->fixes_count && *same; i++) {
        if (!fix_set_has(&known, &b->fixes[i], same, e)) {
            return false;
        }
    }
    return true;
}

/* Is it another thing for those who get notifications? */
static bool differs(struct telling *t, const struct state *old, const struct state *after, bool *is,
                    struct error *e)
{
    bool only_2015 = service_options(t->o->service)->dialect == DIALECT_2015, same = true;
    unsigned was = 0, is_now = 0;
    *is = false;
    if (!old->there || !after->there) {
        *is = after->there || (old->there && !only_2015);
        return true;
    }
    if (!str_eq(old->v.severity, after->v.severity)) {
        *is = !only_2015 || (priority_rank(old->v.severity, &was) &&
                             priority_rank(after->v.severity, &is_now) && is_now > was);
    }
    if (*is) {
        return true;
    }
    bool done = same_fixes(&old->v, &after->v, &t->work, &same, e);
    *is = !same;
    return done;
}

static bool touches(struct telling *t, const struct state *old, const struct state *after, bool *is,
                    struct error *e)
{
    *is = false;
    return (!old->there || touch_any(&t->touch, &old->v, &t->work, is, e)) &&
           (*is || !after->there || touch_any(&t->touch, &after->v, &t->work, is, e));
}

static struct graph_vulnerability stored(const struct service_vulnerability *v)
{
    return (struct graph_vulnerability){.name = v->name,
                                        .os = v->os,
                                        .link = v->link,
                                        .description = v->description,
                                        .severity = v->severity,
                                        .metadata = v->metadata,
                                        .fixes = v->fixes,
                                        .fixes_count = v->fixes_count};
}

/* A client's own vulnerability of that name is what the APIs show, whatever the feeds say. */
static bool overruled(struct telling *t, enum graph_api api, str os, str name, bool *is,
                      struct error *e)
{
    struct graph_vulnerability written;
    return graph_vulnerability_find(t->seat->graph, api, os, name, &t->work, &written, is, e);
}

/* `os` empty: of all systems. */
static bool tell_of(struct telling *t, struct named_query *from, struct named_query *to,
                    enum graph_api api, str os, struct error *e)
{
    struct state before, after;
    bool is = false, own = false;
    if (!named_tell(from, os, &t->work, &before.v, &before.there, e) ||
        !named_tell(to, os, &t->work, &after.v, &after.there, e) ||
        !differs(t, &before, &after, &is, e) || (is && !touches(t, &before, &after, &is, e)) ||
        (is && !overruled(t, api, os, to->name, &own, e))) {
        return false;
    }
    if (!is || own) {
        return true;
    }
    struct graph_notification *n = &t->batch[t->batched++];
    *n = (struct graph_notification){.has_old = before.there, .has_new = after.there};
    if (n->has_old) {
        n->old = stored(&before.v);
    }
    if (n->has_new) {
        n->after = stored(&after.v);
    }
    return t->batched < BATCH || flush(t, e);
}

static bool tell_name(struct telling *t, str name, struct error *e)
{
    const struct compared *c = &t->compared;
    struct named_query old, after;
    if (!named_look(c->old, name, &t->work, &old, e) ||
        !named_look(c->after, name, &t->work, &after, e)) {
        return false;
    }
    if (service_options(t->o->service)->dialect == DIALECT_2015) {
        return tell_of(t, &old, &after, GRAPH_API_2015, STR_NONE, e);
    }
    for (size_t i = 0; i < t->touch.systems_count; i++) {
        str os = t->touch.systems[i].os;
        /* sorted by it; one without a name is none */
        bool again = i > 0 && str_eq(os, t->touch.systems[i - 1].os);
        if (os.len > 0 && !again && !tell_of(t, &old, &after, GRAPH_API_2016, os, e)) {
            return false;
        }
    }
    return true;
}

/* -- all of them ---------------------------------------------------------------------------- */

static bool tell_all(struct telling *t, struct error *e)
{
    struct arena_mark empty = arena_mark(&t->work);
    for (size_t i = 0; i < t->compared.names_count; i++) {
        struct arena_mark mark = arena_mark(&t->work);
        uint64_t told = t->staged + t->batched;
        if ((i % ROUND == 0 && !t->o->go_on(t->o->arg, e)) ||
            !tell_name(t, t->compared.names[i], e)) {
            return false;
        }
        if (t->work.taken_bytes > BATCH_BYTES && !flush(t, e)) {
            return false;
        }
        if (t->batched == 0) {
            arena_rewind(&t->work, empty);
        } else if (t->staged + t->batched == told) {
            arena_rewind(&t->work, mark);
        }
    }
    return flush(t, e);
}

static bool stage(struct telling *t, struct arena *arena, struct feed_changes_result *out,
                  bool *gone, struct error *e)
{
    if (!touch_init(&t->touch, t->seat->graph, e) ||
        !compared_open(&t->compared, t->o, &t->touch, gone, e) || !tell_all(t, e)) {
        return false;
    }
    out->looked_at = t->compared.names_count;
    out->notifications = t->staged;
    return arena_str(arena, t->compared.changes.to, &out->to, e);
}

bool feed_changes_stage(const struct feed_changes_options *options, struct arena *arena,
                        struct feed_changes_result *out, bool *gone, struct error *e)
{
    struct arena own;
    arena_init(&own, sizeof(struct telling) + 4096, "a comparison");
    struct telling *t = ARENA_NEW(&own, struct telling, e);
    *gone = false;
    *out = (struct feed_changes_result){.looked_at = 0};
    if (t == NULL) {
        return false;
    }
    t->o = options;
    arena_init(&t->work, WORK_BYTES_MAX, "notifications");
    bool done = service_seat(options->service, options->worker, &t->seat, e) &&
                stage(t, arena, out, gone, e);
    compared_close(&t->compared);
    touch_done(&t->touch);
    arena_done(&t->work);
    arena_done(&own);
    return done;
}

bool feed_changes_generation(struct service *s, unsigned worker, struct arena *arena, str *out,
                             struct error *e)
{
    struct seat *seat;
    return service_seat(s, worker, &seat, e) && store_generation(seat->store, arena, out, e);
}
