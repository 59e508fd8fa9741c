#include "store/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "store/survey.h"

/* A writer gathers a feed's advisories, in memory and then in temporary files; commit reads them in
 * order, writes them to a file of their own, gives that its name, and then replaces `current`.
 * Whatever kills it on the way leaves the old generation, and files without a name in it, which
 * the next writers remove.
 *
 * The lock is held from begin to the end: two updates at once would fetch everything twice. Writers
 * of one store share it, each in a thread of its own, one a feed; they take turns only to change
 * `current`. */

enum { SHRINK_PERCENT = 80, WRITER_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

/* -- beginning and ending ---------------------------------------------------------------------- */

/* One writer a feed. */
static bool writer_enter(struct store *s, struct advisories_writer *w, struct error *e)
{
    bool there = false;
    pthread_mutex_lock(&s->lock);
    for (struct advisories_writer *other = s->writers; other != NULL; other = other->next) {
        there = there || str_eq(other->feed, w->feed);
    }
    if (!there) {
        w->next = s->writers;
        s->writers = w;
    }
    pthread_mutex_unlock(&s->lock);
    return !there ||
           error_set(e, ERROR_USAGE, "'" STR_FMT "' is being written already", STR_ARG(w->feed));
}

static void writer_leave(struct store *s, struct advisories_writer *w)
{
    pthread_mutex_lock(&s->lock);
    for (struct advisories_writer **at = &s->writers; *at != NULL; at = &(*at)->next) {
        if (*at == w) {
            *at = w->next;
            break;
        }
    }
    pthread_mutex_unlock(&s->lock);
}

static bool writer_open(struct store *s, str feed, struct advisories_writer **out, struct error *e)
{
    struct arena arena;
    str scratch;
    arena_init(&arena, WRITER_ARENA_BYTES_MAX, "writing a feed");
    struct advisories_writer *w = ARENA_NEW(&arena, struct advisories_writer, e);
    if (w == NULL || !arena_str(&arena, feed, &w->feed, e) ||
        !store_advisories_path(s, &arena, STR("."), &scratch, e) || !writer_enter(s, w, e)) {
        arena_done(&arena);
        return false;
    }
    w->store = s;
    w->scratch = scratch;
    gather_init(&w->gather, scratch.at, s->budget_bytes);
    w->arena = arena;
    *out = w;
    return true;
}

bool advisories_write_begin(struct store *s, str feed, struct advisories_writer **out,
                            struct error *e)
{
    if (!store_feed_name_check(feed, e) || !store_lock(s, e)) {
        return false;
    }
    if (!writer_open(s, feed, out, e)) {
        store_unlock(s);
        return false;
    }
    return true;
}

static bool older_open(struct advisories_writer *w, struct error *e)
{
    struct current current;
    str path;
    if (!current_read(w->store, &w->arena, &current, e)) {
        return false;
    }
    const struct current_feed *feed = current_find(&current, w->feed);
    if (feed != NULL && feed->file.len > 0) {
        if (!store_advisories_path(w->store, &w->arena, feed->file, &path, e)) {
            return false;
        }
        if (feedfile_is_current(path.at, feed->state.size_bytes)) {
            return feedfile_open(path.at, feed->state.size_bytes, &w->older, e);
        }
    }
    return error_set(e, ERROR_ABSENT, "no data of '" STR_FMT "' to go on from", STR_ARG(w->feed));
}

bool advisories_write_begin_delta(struct store *s, str feed, struct advisories_writer **out,
                                  struct error *e)
{
    struct advisories_writer *w;
    if (!advisories_write_begin(s, feed, &w, e)) {
        return false;
    }
    if (!older_open(w, e)) {
        advisories_write_abandon(w);
        return false;
    }
    *out = w;
    return true;
}

bool advisories_write(struct advisories_writer *w, const struct advisory *advisory, struct error *e)
{
    return gather_add(&w->gather, advisory, e);
}

bool advisories_write_drop(struct advisories_writer *w, str id, struct error *e)
{
    return w->older == NULL || gather_drop(&w->gather, id, e);
}

void advisories_write_abandon(struct advisories_writer *w)
{
    if (w == NULL) {
        return;
    }
    writer_leave(w->store, w);
    gather_done(&w->gather);
    feedfile_close(w->older);
    store_unlock(w->store);
    struct arena arena = w->arena; /* it holds the struct itself */
    arena_done(&arena);
}

/* -- the file --------------------------------------------------------------------------------- */

/* "debian-12.db" → 12; 0 for anything else. */
static uint64_t number_in(str file, str feed)
{
    uint64_t number = 0;
    if (!str_starts(file, feed) || !str_ends(file, STR(".db")) || file.len <= feed.len + 1 + 3 ||
        file.at[feed.len] != '-' ||
        !num_parse(str_slice(file, feed.len + 1, file.len - 3), 10, UINT32_MAX, &number)) {
        return 0;
    }
    return number;
}

/* One more than the numbers that are there, named or not. */
static bool next_name(struct advisories_writer *w, str *out, struct error *e)
{
    uint64_t last = 0;
    int fd = open(w->scratch.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        uint64_t number = number_in(str_from(entry->d_name), w->feed);
        last = number > last ? number : last;
    }
    if (list != NULL) {
        closedir(list);
    } else {
        fd_close(&fd);
    }
    return arena_printf(&w->arena, out, e, STR_FMT "-%llu.db", STR_ARG(w->feed),
                        (unsigned long long)last + 1);
}

static bool file_write(struct advisories_writer *w, struct items *from, const struct survey *survey,
                       struct current_feed *out, struct error *e)
{
    str temporary, path, name;
    struct stat st;
    if (!next_name(w, &name, e) ||
        !arena_printf(&w->arena, &temporary, e, "tmp-" STR_FMT ".db", STR_ARG(w->feed)) ||
        !store_advisories_path(w->store, &w->arena, temporary, &path, e)) {
        return false;
    }
    unlink(path.at); /* of an earlier try of this process, if any */
    struct feedfile_options options = {.path = path.at,
                                       .scratch = w->scratch.at,
                                       .budget_bytes = w->store->budget_bytes,
                                       .dictionary = buf_str(&survey->dictionary),
                                       .items = survey->advisories + survey->rows};
    if (!feedfile_write(&options, from, e) || stat(path.at, &st) != 0 ||
        !store_settle(w->store, temporary, name, e)) {
        unlink(path.at);
        return false;
    }
    out->file = name;
    out->state.size_bytes = (uint64_t)st.st_size;
    return true;
}

static bool shrink_check(uint64_t now, uint64_t before, struct error *e)
{
    if (now == 0) {
        error_set(e, ERROR_FORMAT, "there are no advisories in it");
        return error_hint(e, "the last good state is kept");
    }
    if (now < before && now * 100 < before * SHRINK_PERCENT) {
        error_set(e, ERROR_FORMAT, "%llu advisories instead of %llu: less than %d percent",
                  (unsigned long long)now, (unsigned long long)before, SHRINK_PERCENT);
        return error_hint(e, "the last good state is kept; if this is right: --allow-shrink");
    }
    return true;
}

/* The feed's line in `current`, but for the file. */
static bool state_make(struct advisories_writer *w, const struct survey *survey,
                       const struct advisories_commit_options *options, struct current_feed *out,
                       struct error *e)
{
    out->state.feed = w->feed;
    out->state.advisories = survey->advisories;
    out->state.rows = survey->rows;
    out->state.date_s = options->date_s > 0 ? options->date_s : survey->newest_s;
    if (out->state.date_s <= 0) {
        out->state.date_s = options->documents_s;
    }
    out->state.fetched_s = out->state.tried_s = clock_now_s();
    out->hash = survey->hash;
    out->namespaces = survey->namespaces;
    out->namespaces_count = survey->namespaces_count;
    return arena_str(&w->arena, options->origin, &out->state.origin, e) &&
           arena_str(&w->arena, options->validator, &out->state.validator, e);
}

static bool data_make(struct advisories_writer *w, struct items *from,
                      const struct current_feed *old,
                      const struct advisories_commit_options *options, struct survey *survey,
                      struct writer_made *out, struct error *e)
{
    uint64_t before = old == NULL ? 0 : old->state.advisories;
    struct current_feed feed = {0};
    str path = STR_NONE;
    if (!survey_make(survey, from, CURRENT_NAMESPACES_MAX, &w->arena, e) ||
        (!options->allow_shrink && !shrink_check(survey->advisories, before, e)) ||
        !state_make(w, survey, options, &feed, e)) {
        return false;
    }
    bool same = old != NULL && digest_eq(old->hash, feed.hash);
    if (same && !store_advisories_path(w->store, &w->arena, old->file, &path, e)) {
        return false;
    }
    if (same && feedfile_is_current(path.at, old->state.size_bytes)) {
        feed.file = old->file;
        feed.state.size_bytes = old->state.size_bytes;
    } else if (!file_write(w, from, survey, &feed, e)) {
        return false;
    }
    *out = (struct writer_made){.feed = feed, .advisories_before = before};
    return true;
}

bool writer_make(struct advisories_writer *w, const struct current_feed *old,
                 const struct advisories_commit_options *options, struct writer_made *out,
                 struct error *e)
{
    CLEANUP(survey_done) struct survey survey;
    struct feedfile_items older = {0};
    struct overlay overlay = {0};
    struct watched_items watched;
    struct items *from = &w->gather.items;
    survey_init(&survey);
    bool done = gather_sort(&w->gather, e);
    if (done && w->older != NULL) {
        done = feedfile_items_init(&older, w->older, w->scratch.at, w->store->budget_bytes, e);
        overlay_init(&overlay, &older.items, from);
        from = &overlay.items;
    }
    watched_items_init(&watched, from, w->watch);
    done = done && data_make(w, &watched.items, old, options, &survey, out, e);
    overlay_done(&overlay);
    feedfile_items_done(&older);
    return done;
}

/* -- commit ----------------------------------------------------------------------------------- */

/* The long part; other threads may commit meanwhile. */
static bool make(struct advisories_writer *w, const struct advisories_commit_options *options,
                 struct writer_made *made, struct error *e)
{
    struct current before;
    store_change_begin(w->store);
    bool done = current_read(w->store, &w->arena, &before, e);
    if (done) {
        current_sweep(w->store, &before);
    }
    store_change_end(w->store);
    return done && writer_make(w, current_find(&before, w->feed), options, made, e);
}

static bool commit(struct advisories_writer *w, const struct advisories_commit_options *options,
                   struct advisories_commit_counts *counts, struct error *e)
{
    struct current current;
    struct writer_made made;
    if (!make(w, options, &made, e)) {
        return false;
    }
    store_change_begin(w->store);
    bool done = current_read(w->store, &w->arena, &current, e) &&
                current_put(&current, &w->arena, &made.feed, e) &&
                current_write(w->store, &current, e);
    store_change_end(w->store);
    if (!done) {
        return false;
    }
    *counts = (struct advisories_commit_counts){.advisories = made.feed.state.advisories,
                                                .rows = made.feed.state.rows,
                                                .advisories_before = made.advisories_before};
    return true;
}

bool advisories_write_commit(struct advisories_writer *w,
                             const struct advisories_commit_options *options,
                             struct advisories_commit_counts *counts, struct error *e)
{
    bool done = commit(w, options, counts, e);
    advisories_write_abandon(w);
    return done;
}
