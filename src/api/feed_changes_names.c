/* feed_changes_names.c: which vulnerabilities may be told of in another way, by what differs
 * between two generations. An advisory tells of the names that findings have by it; only its
 * severity, rows and names count here, and rows only of systems that layers have. */
#include "api/feed_changes_inner.h"
#include "base/sort.h"
#include "match/match.h"

enum {
    ROUND = 256,                             /* advisories between two calls of go_on */
    COMPARED_BYTES_MAX = 1024 * 1024 * 1024, /* 5,000,000 advisories at once */
    ADVISORY_BYTES_MAX = 256 * 1024 * 1024,
};

/* They tell what the APIs do not show: hundreds of thousands of probabilities a day. */
static const str silent[] = {STR_INIT("epss"), STR_INIT("kev")};

struct finding_names {
    struct compared *c;
    const struct feed_changes_options *o;
    struct touch *touch;
    struct arena scratch; /* of one advisory */
    uint64_t count;
};

/* -- opening -------------------------------------------------------------------------------- */

static void sides_close(struct compared *c)
{
    advisories_close(c->old);
    advisories_close(c->after);
    store_close(c->old_store);
    store_close(c->new_store);
    c->old = c->after = NULL;
    c->old_store = c->new_store = NULL;
}

void compared_close(struct compared *c)
{
    sides_close(c);
    arena_done(&c->arena);
}

static bool watch(struct part_watch *self, struct error *e)
{
    const struct feed_changes_options *o = CONTAINER_OF(self, struct compared, watch)->options;
    return o->go_on(o->arg, e);
}

/* The current generation is kept first: what is told of it may be compared with it later, even if
 * an update is under way whose run has kept another one. */
static bool sides_open(struct compared *c, const struct feed_changes_options *o, bool *gone,
                       struct error *e)
{
    str dir = service_options(o->service)->data_dir;
    struct changes_options options = {.from = o->from, .ids = true, .watch = &c->watch};
    if (!store_open(dir, &c->old_store, e) || !store_open(dir, &c->new_store, e) ||
        !store_keep_current(c->new_store, &c->arena, &options.to, e)) {
        return false;
    }
    if (!store_as_of(c->old_store, o->from, e)) {
        *gone = e->kind == ERROR_ABSENT;
        return false;
    }
    if (!store_as_of(c->new_store, options.to, e)) {
        return false;
    }
    if (!advisories_open(c->old_store, &c->old, e)) {
        c->old = NULL;
        return false;
    }
    if (!advisories_open(c->new_store, &c->after, e)) {
        c->after = NULL;
        return false;
    }
    return store_changes(c->new_store, &options, &c->arena, &c->changes, e);
}

/* -- one advisory --------------------------------------------------------------------------- */

static bool same_names(const struct advisory *a, const struct advisory *b)
{
    bool same = a->ids_count == b->ids_count;
    for (size_t i = 0; same && i < a->ids_count; i++) {
        same = str_eq(a->ids[i], b->ids[i]);
    }
    return same;
}

static bool same_row(const struct affected *a, const struct affected *b)
{
    return a->state == b->state && a->severity == b->severity && str_eq(a->fixed, b->fixed) &&
           str_eq(a->package, b->package) && str_eq(a->namespace_, b->namespace_);
}

static bool same_told(const struct advisory *a, const struct advisory *b)
{
    bool same = a->severity == b->severity && (a->withdrawn_s == 0) == (b->withdrawn_s == 0) &&
                a->affected_count == b->affected_count && same_names(a, b);
    for (size_t i = 0; same && i < a->affected_count; i++) {
        same = same_row(&a->affected[i], &b->affected[i]);
    }
    return same;
}

/* Rows about a system of some layer. */
static bool has_place(struct finding_names *f, const struct advisory *a, bool *has, struct error *e)
{
    for (size_t i = 0; i < a->affected_count && !*has; i++) {
        if (!touch_place(f->touch, a->affected[i].namespace_, has, e)) {
            return false;
        }
    }
    return true;
}

static bool names_add(struct finding_names *f, const struct advisory *a, struct error *e)
{
    struct compared *c = f->c;
    const str *names;
    size_t count;
    if (!match_shown_names(a, &f->scratch, &names, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        void *items = c->names;
        str name;
        if (map_get(&c->known, names[i]) != NULL) {
            continue;
        }
        if (!arena_str(&c->arena, names[i], &name, e) || !map_put(&c->known, name, c, e) ||
            !arena_grow(&c->arena, &items, c->names_count, &c->names_room, sizeof(name), e)) {
            return false;
        }
        c->names = items;
        c->names[c->names_count++] = name;
    }
    return true;
}

static bool advisory_names(struct finding_names *f, str feed, str id, struct error *e)
{
    const struct known_advisory *old, *after;
    size_t old_count, new_count;
    if (!advisories_of_feed(f->c->old, feed, id, &f->scratch, &old, &old_count, e) ||
        !advisories_of_feed(f->c->after, feed, id, &f->scratch, &after, &new_count, e)) {
        return false;
    }
    bool both = old_count == 1 && new_count == 1;
    if (both && same_told(&old->advisory, &after->advisory)) {
        return true;
    }
    /* its severity may stand in for one that a system's own advisory has not */
    bool counts = !both || old->advisory.severity != after->advisory.severity;
    for (size_t i = 0; i < old_count && !counts; i++) {
        if (!has_place(f, &old[i].advisory, &counts, e)) {
            return false;
        }
    }
    for (size_t i = 0; i < new_count && !counts; i++) {
        if (!has_place(f, &after[i].advisory, &counts, e)) {
            return false;
        }
    }
    bool done = true;
    for (size_t i = 0; done && counts && i < old_count; i++) {
        done = names_add(f, &old[i].advisory, e);
    }
    for (size_t i = 0; done && counts && i < new_count; i++) {
        done = names_add(f, &after[i].advisory, e);
    }
    return done;
}

static bool list_names(struct finding_names *f, str feed, const str *ids, uint64_t count,
                       struct error *e)
{
    struct arena_mark mark = arena_mark(&f->scratch);
    for (uint64_t i = 0; i < count; i++) {
        if ((f->count++ % ROUND == 0 && !f->o->go_on(f->o->arg, e)) ||
            !advisory_names(f, feed, ids[i], e)) {
            return false;
        }
        arena_rewind(&f->scratch, mark);
    }
    return true;
}

/* -- all ------------------------------------------------------------------------------------ */

static bool in_both(const struct compared *c, str feed)
{
    return advisories_has_feed(c->old, feed) && advisories_has_feed(c->after, feed);
}

static bool is_silent(str feed)
{
    for (size_t i = 0; i < ARRAY_COUNT(silent); i++) {
        if (str_eq(feed, silent[i])) {
            return true;
        }
    }
    return false;
}

static bool names_find(struct finding_names *f, struct error *e)
{
    const struct changes *changes = &f->c->changes;
    for (size_t i = 0; i < changes->count; i++) {
        const struct feed_changes *x = &changes->feeds[i];
        if (in_both(f->c, x->feed) && !is_silent(x->feed) &&
            !(list_names(f, x->feed, x->added_ids, x->added, e) &&
              list_names(f, x->feed, x->changed_ids, x->changed, e) &&
              list_names(f, x->feed, x->removed_ids, x->removed, e))) {
            return error_wrap(e, "what changed in '" STR_FMT "'", STR_ARG(x->feed));
        }
    }
    return true;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

bool compared_open(struct compared *c, const struct feed_changes_options *o, struct touch *t,
                   bool *gone, struct error *e)
{
    *gone = false;
    *c = (struct compared){.options = o, .watch = {.go_on = watch}};
    arena_init(&c->arena, COMPARED_BYTES_MAX, "what changed");
    map_init(&c->known, &c->arena);
    if (!sides_open(c, o, gone, e)) {
        return false;
    }
    for (size_t i = 0; i < c->changes.count; i++) {
        str feed = c->changes.feeds[i].feed;
        if (!in_both(c, feed)) {
            advisories_leave_out(c->old, feed);
            advisories_leave_out(c->after, feed);
        }
    }
    struct finding_names f = {.c = c, .o = o, .touch = t};
    arena_init(&f.scratch, ADVISORY_BYTES_MAX, "an advisory");
    bool done = names_find(&f, e);
    arena_done(&f.scratch);
    sort_items(c->names, c->names_count, sizeof(*c->names), by_text);
    return done;
}
