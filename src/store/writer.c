#include "store/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "store/feedfile.h"
#include "store/part.h"
#include "stream/hash.h"

/* A writer gathers a feed's advisories in memory; commit puts them in order, writes them to a
 * temporary file, gives that its name, and then replaces `current`. Whatever kills it on the way
 * leaves the old generation, and files without a name in it, which the next writers remove.
 *
 * The lock is held from begin to the end: two updates at once would fetch everything twice. */

enum { SHRINK_PERCENT = 80, WRITER_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

bool advisories_write_begin(struct store *s, str feed, struct advisories_writer **out,
                            struct error *e)
{
    if (!store_feed_name_check(feed, e) || !store_lock(s, e)) {
        return false;
    }
    struct arena arena;
    arena_init(&arena, WRITER_ARENA_BYTES_MAX, "writing a feed");
    struct advisories_writer *w = ARENA_NEW(&arena, struct advisories_writer, e);
    if (w == NULL || !arena_str(&arena, feed, &w->feed, e)) {
        arena_done(&arena);
        store_unlock(s);
        return false;
    }
    w->store = s;
    data_init(&w->data);
    w->arena = arena;
    *out = w;
    return true;
}

bool advisories_write(struct advisories_writer *w, const struct advisory *advisory, struct error *e)
{
    return data_add(&w->data, advisory, e);
}

void advisories_write_abandon(struct advisories_writer *w)
{
    if (w == NULL) {
        return;
    }
    store_unlock(w->store);
    data_done(&w->data);
    struct arena arena = w->arena; /* it holds the struct itself */
    arena_done(&arena);
}

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
    str path;
    if (!store_advisories_path(w->store, &w->arena, STR("."), &path, e)) {
        return false;
    }
    uint64_t last = 0;
    int fd = open(path.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

static bool file_write(struct advisories_writer *w, struct current_feed *out, struct error *e)
{
    str temporary, path, name;
    struct stat st;
    if (!next_name(w, &name, e) ||
        !arena_printf(&w->arena, &temporary, e, "tmp-" STR_FMT ".db", STR_ARG(w->feed)) ||
        !store_advisories_path(w->store, &w->arena, temporary, &path, e)) {
        return false;
    }
    unlink(path.at); /* of an earlier try of this process, if any */
    if (!feedfile_write(path.at, &w->data, e) || stat(path.at, &st) != 0 ||
        !store_settle(w->store, temporary, name, e)) {
        unlink(path.at);
        return false;
    }
    out->file = name;
    out->state.size_bytes = (uint64_t)st.st_size;
    return true;
}

/* The namespaces of the rows; these are sorted by them. */
static bool namespaces_list(struct advisories_writer *w, struct current_feed *out, struct error *e)
{
    const struct data *d = &w->data;
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        str *names = NULL;
        if (pass == 1 && (names = ARENA_ARRAY(&w->arena, count, str, e)) == NULL) {
            return false;
        }
        count = 0;
        uint32_t last = UINT32_MAX;
        for (size_t i = 0; i < data_rows_count(d); i++) {
            uint32_t now = row_namespace(&data_rows(d)[i]);
            if (now == last) {
                continue;
            }
            last = now;
            if (names != NULL && !arena_str(&w->arena, data_text(d, now), &names[count], e)) {
                return false;
            }
            count++;
        }
        if (count > CURRENT_NAMESPACES_MAX) {
            return error_set(e, ERROR_LIMIT, "%zu namespaces, over the limit of %d", count,
                             CURRENT_NAMESPACES_MAX);
        }
        out->namespaces = names;
    }
    out->namespaces_count = count;
    return true;
}

static bool content_hash(const struct data *d, digest *out, struct error *e)
{
    CLEANUP(buf_done) struct buf bytes;
    buf_init(&bytes, PART_BYTES_MAX);
    if (!part_encode(d, &bytes, e)) {
        return false;
    }
    struct hash h;
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, bytes.at, bytes.len);
    *out = hash_done(&h);
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

bool writer_make(struct advisories_writer *w, const struct current *current,
                 const struct advisories_commit_options *options, struct writer_made *out,
                 struct error *e)
{
    const struct current_feed *old = current_find(current, w->feed);
    uint64_t before = old == NULL ? 0 : old->state.advisories;
    if (!data_finish(&w->data, e)) {
        return false;
    }
    struct current_feed feed = {0};
    feed.state.feed = w->feed;
    feed.state.advisories = data_advisories_count(&w->data);
    feed.state.rows = data_rows_count(&w->data);
    feed.state.date_s = options->date_s > 0 ? options->date_s : data_newest_s(&w->data);
    if (feed.state.date_s <= 0) {
        feed.state.date_s = options->documents_s;
    }
    feed.state.fetched_s = feed.state.tried_s = clock_now_s();
    if ((!options->allow_shrink && !shrink_check(feed.state.advisories, before, e)) ||
        !content_hash(&w->data, &feed.hash, e) || !namespaces_list(w, &feed, e) ||
        !arena_str(&w->arena, options->origin, &feed.state.origin, e) ||
        !arena_str(&w->arena, options->validator, &feed.state.validator, e)) {
        return false;
    }
    str path = STR_NONE;
    struct stat st;
    bool same = old != NULL && digest_eq(old->hash, feed.hash);
    if (same && !store_advisories_path(w->store, &w->arena, old->file, &path, e)) {
        return false;
    }
    if (same && stat(path.at, &st) == 0 && (uint64_t)st.st_size == old->state.size_bytes) {
        feed.file = old->file;
        feed.state.size_bytes = old->state.size_bytes;
    } else if (!file_write(w, &feed, e)) {
        return false;
    }
    *out = (struct writer_made){.feed = feed, .advisories_before = before};
    return true;
}

static bool commit(struct advisories_writer *w, const struct advisories_commit_options *options,
                   struct advisories_commit_counts *counts, struct error *e)
{
    struct current current;
    struct writer_made made;
    if (!current_read(w->store, &w->arena, &current, e)) {
        return false;
    }
    current_sweep(w->store, &current);
    if (!writer_make(w, &current, options, &made, e) ||
        !current_put(&current, &w->arena, &made.feed, e) || !current_write(w->store, &current, e)) {
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

bool advisories_write_begin_delta(struct store *s, str feed, struct advisories_writer **out,
                                  struct error *e)
{
    (void)s, (void)out;
    return error_set(e, ERROR_ABSENT, "no data of '" STR_FMT "' to go on from", STR_ARG(feed));
}

bool advisories_write_drop(struct advisories_writer *w, str id, struct error *e)
{
    (void)w, (void)id, (void)e;
    return true;
}
