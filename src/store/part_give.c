#include "base/fd.h"
#include "store/current.h"
#include "store/part_share.h"
#include "stream/hash.h"

/* A folder's data into a place that others take it from. */

/* Fast: of each update's parts every instance's seconds count, and a network between them and the
 * database is a near one. */
enum { LEVEL = 3, GIVE_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

struct giving {
    struct arena arena;
    struct store *store;
    struct parts_place *to;
    struct current before, after;
    size_t feeds;
    bool changed;
};

static bool frame_put(struct giving *g, const struct current_feed *feed, uint64_t *bytes,
                      struct error *e)
{
    CLEANUP(fd_close) int fd = -1;
    struct part_frame frame;
    const char *scratch = g->store->advisories.at;
    if (!store_scratch_open(scratch, &fd, e)) {
        return false;
    }
    const struct part_frame_options options = {
        .fd = fd, .level = LEVEL, .scratch = scratch, .watch = &g->to->watch};
    if (!part_frame_write(g->store, feed, &options, &g->arena, &frame, e)) {
        return false;
    }
    const struct placed_part part = {.feed = feed->state.feed,
                                     .content = feed->hash,
                                     .date_s = feed->state.date_s,
                                     .fd = fd,
                                     .stored_bytes = frame.stored_bytes};
    *bytes = frame.bytes;
    g->feeds++;
    return g->to->put(g->to, &part, e) ||
           error_wrap(e, "feed '" STR_FMT "'", STR_ARG(feed->state.feed));
}

/* The feed's line of the index. */
static bool feed_give(struct giving *g, const struct current_feed *feed, struct error *e)
{
    const struct current_feed *old = current_find(&g->before, feed->state.feed);
    struct current_feed now = *feed;
    if (!part_watch_ask(&g->to->watch, e)) {
        return false;
    }
    if (feed->file.len == 0 && old != NULL && old->file.len > 0) {
        return true; /* others have data of it */
    }
    if (feed->file.len > 0) {
        bool there = old != NULL && digest_eq(old->hash, feed->hash) &&
                     g->to->has(g->to, feed->state.feed, feed->hash);
        now.state.size_bytes = there ? old->state.size_bytes : 0;
        if ((!there && !frame_put(g, feed, &now.state.size_bytes, e)) ||
            !arena_printf(&g->arena, &now.file, e, STR_FMT ".part", STR_ARG(feed->state.feed))) {
            return false;
        }
    }
    return current_put(&g->after, &g->arena, &now, e);
}

/* What is there; nothing where that cannot be read: then all is put anew. */
static bool before_read(struct giving *g, digest index, struct error *e)
{
    struct error why = {0};
    if (index.algorithm == DIGEST_NONE ||
        part_index_read(g->to, index, &g->arena, &g->before, &why)) {
        return true;
    }
    g->before = (struct current){0};
    if (why.kind == ERROR_FORMAT || why.kind == ERROR_DIGEST || why.kind == ERROR_LIMIT ||
        why.kind == ERROR_ABSENT) {
        return true;
    }
    if (e != NULL) {
        *e = why;
    }
    return false;
}

static bool index_put(struct giving *g, digest before, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    CLEANUP(fd_close) int fd = -1;
    struct hash h;
    struct placed_part part = {.feed = STR(PART_INDEX_NAME)};
    buf_init(&text, PART_INDEX_BYTES_MAX);
    if (!current_text(&g->after, &text, e)) {
        return false;
    }
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, text.at, text.len);
    part.content = hash_done(&h);
    g->changed = g->feeds > 0 || !digest_eq(part.content, before) ||
                 !g->to->has(g->to, part.feed, part.content);
    if (!g->changed) {
        return true;
    }
    if (!store_scratch_open(g->store->advisories.at, &fd, e) ||
        !part_frame_bytes(buf_str(&text), LEVEL, fd, &part.stored_bytes, e)) {
        return false;
    }
    part.fd = fd;
    return g->to->put(g->to, &part, e) || error_wrap(e, "the index of parts");
}

static bool give(struct giving *g, digest index, struct error *e)
{
    struct current here;
    if (!current_read(g->store, &g->arena, &here, e) || !before_read(g, index, e)) {
        return false;
    }
    for (size_t i = 0; i < g->before.count; i++) {
        if (!current_put(&g->after, &g->arena, &g->before.feeds[i], e)) {
            return false;
        }
    }
    for (size_t i = 0; i < here.count; i++) {
        if (!feed_give(g, &here.feeds[i], e)) {
            return false;
        }
    }
    return g->after.count == 0 || index_put(g, index, e);
}

bool store_parts_give(struct store *s, digest index, struct parts_place *to, size_t *feeds,
                      bool *changed, struct error *e)
{
    struct giving g = {.store = s, .to = to};
    arena_init(&g.arena, GIVE_ARENA_BYTES_MAX, "the parts of feeds");
    bool done = give(&g, index, e);
    arena_done(&g.arena);
    if (done) {
        *feeds = g.feeds;
        *changed = g.changed;
    }
    return done;
}
