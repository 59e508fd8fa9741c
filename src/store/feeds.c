#include "base/clock.h"
#include "store/current.h"
#include "store/feedfile.h"

/* What became of each feed's last attempt, beside its data. */

enum { CURRENT_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

bool store_feeds(struct store *s, struct arena *arena, const struct feed_state **out, size_t *count,
                 struct error *e)
{
    struct current current;
    if (!current_read(s, arena, &current, e)) {
        return false;
    }
    struct feed_state *states = ARENA_ARRAY(arena, current.count, struct feed_state, e);
    if (states == NULL) {
        return false;
    }
    for (size_t i = 0; i < current.count; i++) {
        str path;
        states[i] = current.feeds[i].state;
        if (current.feeds[i].file.len == 0) {
            continue;
        }
        if (!store_advisories_path(s, arena, current.feeds[i].file, &path, e)) {
            return false;
        }
        if (!feedfile_is_current(path.at, states[i].size_bytes)) {
            states[i].validator = STR_NONE; /* "nothing new" would leave a file nobody can read */
        }
    }
    *out = states;
    *count = current.count;
    return true;
}

bool store_generation(struct store *s, struct arena *arena, str *out, struct error *e)
{
    struct current current;
    return current_read(s, arena, &current, e) && current_generation(&current, arena, out, e);
}

/* Changes one feed's line; `why` is empty where the attempt went well. */
static bool attempt_record(struct store *s, str feed, str why, struct arena *arena, struct error *e)
{
    struct current current;
    struct current_feed fresh = {.state.feed = feed};
    if (!current_read(s, arena, &current, e)) {
        return false;
    }
    current_sweep(s, &current);
    struct current_feed *known = current_find(&current, feed);
    struct current_feed now = known != NULL ? *known : fresh;
    now.state.tried_s = clock_now_s();
    now.state.last_error = why;
    return current_put(&current, arena, &now, e) && current_write(s, &current, e);
}

static bool attempt(struct store *s, str feed, str why, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, CURRENT_ARENA_BYTES_MAX, "the list of feeds");
    if (!store_feed_name_check(feed, e) || !store_lock(s, e)) {
        return false;
    }
    store_change_begin(s);
    bool done = attempt_record(s, feed, why, &arena, e);
    store_change_end(s);
    store_unlock(s);
    return done;
}

bool store_feed_failed(struct store *s, str feed, str why, struct error *e)
{
    return attempt(s, feed, why.len > 0 ? str_slice(why, 0, 2000) : STR("unknown"), e);
}

bool store_feed_unchanged(struct store *s, str feed, struct error *e)
{
    return attempt(s, feed, STR_NONE, e);
}
