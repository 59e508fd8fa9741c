#include "store/current.h"
#include "store/install.h"
#include "store/part_share.h"
#include "stream/codec.h"

/* A place's data into a folder: each part through a writer, which must arrive at the same digest;
 * then `current` names all of them at once, with the states that the index tells. */

enum { TAKE_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

struct taking {
    struct arena arena;
    struct store *store;
    struct parts_place *from;
    struct current index;
    struct install install;
    str *damaged;
    size_t damaged_room;
    struct arena *result; /* the caller's */
    struct parts_taken taken;
};

/* -- what differs --------------------------------------------------------------------------- */

static bool state_is(const struct feed_state *a, const struct feed_state *b)
{
    return a->fetched_s == b->fetched_s && a->date_s == b->date_s &&
           a->advisories == b->advisories && a->rows == b->rows && a->tried_s == b->tried_s &&
           str_eq(a->origin, b->origin) && str_eq(a->validator, b->validator) &&
           str_eq(a->last_error, b->last_error);
}

/* Of a feed without data the index only counts where there is none here either. */
static bool is_wanted(const struct current_feed *shared, const struct current_feed *here)
{
    return shared->file.len > 0 || here == NULL || here->file.len == 0;
}

static bool is_same(const struct current_feed *shared, const struct current_feed *here)
{
    return here != NULL && (shared->file.len == 0) == (here->file.len == 0) &&
           digest_eq(shared->hash, here->hash) && state_is(&shared->state, &here->state);
}

static bool is_there(struct taking *t, bool *there, struct error *e)
{
    struct current here;
    *there = true;
    if (!current_read(t->store, &t->arena, &here, e)) {
        return false;
    }
    for (size_t i = 0; *there && i < t->index.count; i++) {
        const struct current_feed *shared = &t->index.feeds[i];
        const struct current_feed *own = current_find(&here, shared->state.feed);
        *there = !is_wanted(shared, own) || is_same(shared, own);
    }
    return true;
}

/* -- a feed --------------------------------------------------------------------------------- */

static bool part_put(struct taking *t, const struct install_part *part, struct error *e)
{
    struct reader *frame = NULL, *bytes = NULL;
    if (!t->from->open(t->from, part->feed, part->content, &frame, e)) {
        return false;
    }
    bool done = codec_open(frame, &bytes, NULL, e) && install_put(&t->install, part, bytes, e);
    codec_close(bytes, frame);
    reader_close(frame);
    return done;
}

/* What concerns one feed alone. */
static bool is_damage(const struct error *e)
{
    return e->kind == ERROR_FORMAT || e->kind == ERROR_DIGEST || e->kind == ERROR_ABSENT ||
           e->kind == ERROR_LIMIT;
}

static bool damaged_note(struct taking *t, str feed, struct error *why, struct error *e)
{
    void *items = t->damaged;
    size_t count = t->taken.damaged_count;
    (void)!error_wrap(why, "feed '" STR_FMT "'", STR_ARG(feed));
    if (count == 0) {
        t->taken.why = *why;
    }
    if (!arena_grow(t->result, &items, count, &t->damaged_room, sizeof(str), e)) {
        return false;
    }
    t->damaged = items;
    t->taken.damaged = t->damaged;
    t->taken.damaged_count++;
    return arena_str(t->result, feed, &t->damaged[count], e);
}

/* The feed's state as the index tells it, with the file that is here. */
static void state_take(struct taking *t, const struct current_feed *shared)
{
    struct current_feed *now = current_find(&t->install.after, shared->state.feed);
    uint64_t size_bytes = now->state.size_bytes;
    now->state = shared->state;
    now->state.size_bytes = size_bytes;
}

static bool data_take(struct taking *t, const struct current_feed *shared, bool *taken,
                      struct error *e)
{
    struct error why = {0};
    const struct install_part part = {.feed = shared->state.feed,
                                      .content = shared->hash,
                                      .bytes = shared->state.size_bytes,
                                      .date_s = shared->state.date_s,
                                      .advisories = shared->state.advisories,
                                      .rows = shared->state.rows};
    *taken = true;
    if (install_has(&t->install, &part)) {
        return install_keep(&t->install, &part, e);
    }
    if (part_put(t, &part, &why)) {
        t->taken.feeds++;
        return true;
    }
    *taken = false;
    if (!is_damage(&why)) {
        if (e != NULL) {
            *e = why;
        }
        return error_wrap(e, "feed '" STR_FMT "'", STR_ARG(shared->state.feed));
    }
    return damaged_note(t, shared->state.feed, &why, e);
}

static bool feed_take(struct taking *t, const struct current_feed *shared, struct error *e)
{
    const struct current_feed *here = current_find(&t->install.before, shared->state.feed);
    bool taken = true;
    if (!part_watch_ask(&t->from->watch, e)) {
        return false;
    }
    if (!is_wanted(shared, here) || is_same(shared, here)) {
        return true;
    }
    if (shared->file.len == 0 ? !current_put(&t->install.after, &t->arena, shared, e)
                              : !data_take(t, shared, &taken, e)) {
        return false;
    }
    if (taken) {
        state_take(t, shared);
        t->taken.changed = true;
    }
    return true;
}

/* -- all of it ------------------------------------------------------------------------------ */

static bool take(struct taking *t, digest index, struct error *e)
{
    bool there = false;
    if (!part_index_read(t->from, index, &t->arena, &t->index, e) || !is_there(t, &there, e)) {
        return false;
    }
    if (there) {
        return true;
    }
    bool done = install_begin(&t->install, t->store, STR_NONE, STR_NONE, e);
    t->install.watch = &t->from->watch;
    for (size_t i = 0; done && i < t->index.count; i++) {
        done = feed_take(t, &t->index.feeds[i], e);
    }
    return install_end(&t->install, done && t->taken.changed, e) && done;
}

bool store_parts_take(struct store *s, digest index, struct parts_place *from, struct arena *arena,
                      struct parts_taken *out, struct error *e)
{
    struct taking t = {.store = s, .from = from, .result = arena};
    arena_init(&t.arena, TAKE_ARENA_BYTES_MAX, "the parts of feeds");
    bool done = take(&t, index, e);
    arena_done(&t.arena);
    if (done) {
        *out = t.taken;
    }
    return done;
}

bool store_parts_same(struct store *s, digest index, struct parts_place *from, bool *same,
                      struct error *e)
{
    struct taking t = {.store = s, .from = from};
    arena_init(&t.arena, TAKE_ARENA_BYTES_MAX, "the parts of feeds");
    bool done = part_index_read(from, index, &t.arena, &t.index, e) && is_there(&t, same, e);
    arena_done(&t.arena);
    return done;
}
