#include "store/install.h"

#include <unistd.h>

#include "base/clock.h"
#include "store/feedfile.h"
#include "store/part.h"
#include "store/writer.h"
#include "stream/hash.h"

enum { INSTALL_ARENA_BYTES_MAX = 64 * 1024 * 1024, DECODE_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

bool install_begin(struct install *in, struct store *s, str origin, str validator, struct error *e)
{
    *in = (struct install){.store = s};
    arena_init(&in->arena, INSTALL_ARENA_BYTES_MAX, "what is to be installed");
    if (!arena_str(&in->arena, origin, &in->origin, e) ||
        !arena_str(&in->arena, validator, &in->validator, e) || !store_lock(s, e)) {
        return false;
    }
    in->locked = true;
    store_change_begin(s); /* what other threads commit comes before or behind it */
    if (!current_read(s, &in->arena, &in->before, e) ||
        !current_read(s, &in->arena, &in->after, e)) {
        return false;
    }
    current_sweep(s, &in->before);
    return true;
}

bool install_is_newer(const struct install *in, str feed, int64_t date_s, int64_t *installed_s)
{
    const struct current_feed *old = current_find(&in->before, feed);
    *installed_s = old == NULL ? 0 : old->state.date_s;
    return old != NULL && old->file.len > 0 && date_s < old->state.date_s;
}

bool install_has(struct install *in, const struct install_part *part)
{
    const struct current_feed *old = current_find(&in->before, part->feed);
    str path;
    return old != NULL && old->file.len > 0 && digest_eq(old->hash, part->content) &&
           old->state.advisories == part->advisories && old->state.rows == part->rows &&
           store_advisories_path(in->store, &in->arena, old->file, &path, NULL) &&
           feedfile_is_current(path.at, old->state.size_bytes);
}

bool install_keep(struct install *in, const struct install_part *part, struct error *e)
{
    struct current_feed feed = *current_find(&in->before, part->feed);
    feed.state.date_s = part->date_s;
    feed.state.fetched_s = feed.state.tried_s = clock_now_s();
    feed.state.last_error = STR_NONE;
    feed.state.origin = in->origin;
    feed.state.validator = in->validator;
    return current_put(&in->after, &in->arena, &feed, e);
}

/* -- a part ------------------------------------------------------------------------------------ */

struct writer_sink {
    struct advisory_sink base;
    struct advisories_writer *writer;
};

static bool writer_put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct writer_sink *sink = CONTAINER_OF(self, struct writer_sink, base);
    return advisories_write(sink->writer, a, e);
}

/* Into `after`, with texts that outlive the writer. */
static bool entry_put(struct install *in, const struct writer_made *made, struct error *e)
{
    struct current_feed feed = made->feed;
    str *names = ARENA_ARRAY(&in->arena, feed.namespaces_count, str, e);
    if (names == NULL || !arena_str(&in->arena, feed.file, &feed.file, e) ||
        !arena_str(&in->arena, feed.state.feed, &feed.state.feed, e)) {
        return false;
    }
    for (size_t i = 0; i < feed.namespaces_count; i++) {
        if (!arena_str(&in->arena, feed.namespaces[i], &names[i], e)) {
            return false;
        }
    }
    feed.namespaces = names;
    feed.state.origin = in->origin;
    feed.state.validator = in->validator;
    return current_put(&in->after, &in->arena, &feed, e);
}

static bool part_write(struct install *in, struct advisories_writer *w,
                       const struct install_part *p, struct reader *bytes, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, DECODE_ARENA_BYTES_MAX, "a feed's part");
    struct limit_reader limited = {0};
    struct hash_reader hashed = {0};
    struct writer_sink sink = {.base.put = writer_put, .writer = w};
    struct advisories_commit_options options = {.date_s = p->date_s, .allow_shrink = true};
    struct writer_made made;
    digest is = {0};
    limit_reader_init(&limited, bytes, p->bytes);
    hash_reader_init(&hashed, &limited.base, DIGEST_SHA256, NULL);
    bool done =
        part_decode(&hashed.base, &scratch, &sink.base, e) && hash_reader_digest(&hashed, &is, e);
    uint64_t got = reader_offset(&hashed.base);
    reader_close(&hashed.base);
    if (!done) {
        return false;
    }
    if (got != p->bytes) {
        return error_set(e, ERROR_FORMAT, "%llu bytes instead of %llu", (unsigned long long)got,
                         (unsigned long long)p->bytes);
    }
    if (!digest_eq(is, p->content)) {
        return error_set(e, ERROR_DIGEST, "its content does not have its digest");
    }
    if (!writer_make(w, current_find(&in->before, w->feed), &options, &made, e)) {
        return false;
    }
    if (made.feed.state.advisories != p->advisories || made.feed.state.rows != p->rows) {
        return error_set(e, ERROR_FORMAT, "%llu advisories and %llu rows instead of %llu and %llu",
                         (unsigned long long)made.feed.state.advisories,
                         (unsigned long long)made.feed.state.rows,
                         (unsigned long long)p->advisories, (unsigned long long)p->rows);
    }
    if (!digest_eq(made.feed.hash, p->content)) {
        return error_set(e, ERROR_FORMAT, "is not in the order that limpid writes");
    }
    return entry_put(in, &made, e); /* at last: who goes on without this part has nothing of it */
}

bool install_put(struct install *in, const struct install_part *part, struct reader *bytes,
                 struct error *e)
{
    struct advisories_writer *w;
    if (!advisories_write_begin(in->store, part->feed, &w, e)) {
        return false;
    }
    w->watch = in->watch;
    bool done = part_write(in, w, part, bytes, e);
    advisories_write_abandon(w);
    return done;
}

/* -- the end ----------------------------------------------------------------------------------- */

static void made_remove(struct install *in)
{
    for (size_t i = 0; i < in->after.count; i++) {
        const struct current_feed *feed = &in->after.feeds[i];
        const struct current_feed *old = current_find(&in->before, feed->state.feed);
        str path;
        if (feed->file.len > 0 && (old == NULL || !str_eq(old->file, feed->file)) &&
            store_advisories_path(in->store, &in->arena, feed->file, &path, NULL)) {
            unlink(path.at);
        }
    }
}

bool install_end(struct install *in, bool commit, struct error *e)
{
    bool done = true;
    if (in->locked) {
        /* a failure to write may come after the switch: then what was made is in use */
        if (commit) {
            done = current_write(in->store, &in->after, e);
        } else {
            made_remove(in);
        }
        store_change_end(in->store);
        store_unlock(in->store);
        in->locked = false;
    }
    arena_done(&in->arena);
    return done;
}
