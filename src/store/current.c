#include "store/current.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "store/history.h"
#include "stream/hash.h"

static const char first_line[] = "limpid-advisories 1";

/* -- reading -------------------------------------------------------------------------------- */

static bool unescape(str field, struct arena *arena, str *out, struct error *e)
{
    char *to = arena_alloc(arena, field.len + 1, 1, 1, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < field.len; i++) {
        char c = field.at[i];
        if (c == '\\') {
            i++;
            char name = i < field.len ? field.at[i] : '\0';
            switch (name) {
            case '\\':
                c = '\\';
                break;
            case 't':
                c = '\t';
                break;
            case 'n':
                c = '\n';
                break;
            case 'r':
                c = '\r';
                break;
            default:
                return error_set(e, ERROR_FORMAT, "a lone backslash in '" STR_FMT "'",
                                 STR_ARG(field));
            }
        }
        to[len++] = c;
    }
    *out = (str){.at = to, .len = len};
    return true;
}

/* The next field of a line; the last one ends with it. */
static bool field_next(str *rest, struct arena *arena, str *out, struct error *e)
{
    str field;
    if (rest->at == NULL) {
        return error_set(e, ERROR_FORMAT, "a field is missing");
    }
    if (!str_cut(rest, '\t', &field)) {
        field = *rest;
        *rest = STR_NONE;
    } else if (rest->at == NULL) {
        *rest = STR("");
    }
    return unescape(field, arena, out, e);
}

static bool field_number(str *rest, struct arena *arena, uint64_t *out, struct error *e)
{
    str field;
    if (!field_next(rest, arena, &field, e)) {
        return false;
    }
    return num_parse(field, 10, INT64_MAX, out) ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no number", STR_ARG(field));
}

static bool field_time(str *rest, struct arena *arena, int64_t *out, struct error *e)
{
    uint64_t number = 0;
    if (!field_number(rest, arena, &number, e)) {
        return false;
    }
    *out = (int64_t)number; /* ≤ INT64_MAX */
    return true;
}

static bool namespaces_parse(str *rest, struct arena *arena, struct current_feed *out,
                             struct error *e)
{
    size_t count = 0;
    for (size_t i = 0; rest->at != NULL && i < rest->len; i++) {
        count += rest->at[i] == '\t';
    }
    count += rest->at != NULL;
    if (count > CURRENT_NAMESPACES_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu namespaces, over the limit of %d", count,
                         CURRENT_NAMESPACES_MAX);
    }
    str *names = ARENA_ARRAY(arena, count, str, e);
    if (names == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!field_next(rest, arena, &names[i], e)) {
            return false;
        }
    }
    out->namespaces = names;
    out->namespaces_count = count;
    return true;
}

/* A file of ours in this directory, not a path out of it. */
static bool file_name_check(str file, struct error *e)
{
    bool good = file.len < 256 && (file.len == 0 || file.at[0] != '.') &&
                str_find_char(file, '/') == file.len && str_find_char(file, '\0') == file.len;
    return good || error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no file of a feed", STR_ARG(file));
}

static bool feed_parse(str rest, struct arena *arena, struct current_feed *out, struct error *e)
{
    struct feed_state *state = &out->state;
    str hash = STR_NONE;
    if (!field_next(&rest, arena, &state->feed, e) || !store_feed_name_check(state->feed, e) ||
        !field_next(&rest, arena, &out->file, e) || !file_name_check(out->file, e) ||
        !field_next(&rest, arena, &hash, e) || !field_time(&rest, arena, &state->date_s, e) ||
        !field_time(&rest, arena, &state->fetched_s, e) ||
        !field_number(&rest, arena, &state->advisories, e) ||
        !field_number(&rest, arena, &state->rows, e) ||
        !field_number(&rest, arena, &state->size_bytes, e) ||
        !field_next(&rest, arena, &state->origin, e) ||
        !field_next(&rest, arena, &state->validator, e) ||
        !field_time(&rest, arena, &state->tried_s, e) ||
        !field_next(&rest, arena, &state->last_error, e)) {
        return false;
    }
    if ((hash.len == 0) != (out->file.len == 0)) {
        return error_set(e, ERROR_FORMAT, "a file without a hash, or a hash without a file");
    }
    return (hash.len == 0 || digest_parse(hash, &out->hash, e)) &&
           namespaces_parse(&rest, arena, out, e);
}

static bool line_parse(str line, struct arena *arena, struct current *out, bool *end,
                       struct error *e)
{
    str word;
    uint64_t count = 0;
    if (!str_cut(&line, '\t', &word)) {
        return error_set(e, ERROR_FORMAT, "no field in it");
    }
    if (str_eq(word, STR("end"))) {
        *end = num_parse(line, 10, CURRENT_FEEDS_MAX, &count) && count == out->count;
        return *end || error_set(e, ERROR_FORMAT, "%zu feeds before an end of '" STR_FMT "'",
                                 out->count, STR_ARG(line));
    }
    if (!str_eq(word, STR("feed"))) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not known here", STR_ARG(word));
    }
    struct current_feed feed = {0};
    if (line.at == NULL || !feed_parse(line, arena, &feed, e)) {
        return line.at != NULL ? false : error_set(e, ERROR_FORMAT, "a feed without a name");
    }
    if (out->count > 0 && str_cmp(out->feeds[out->count - 1].state.feed, feed.state.feed) >= 0) {
        return error_set(e, ERROR_FORMAT, "feeds are not in order");
    }
    if (out->count == CURRENT_FEEDS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than %d feeds", CURRENT_FEEDS_MAX);
    }
    return current_put(out, arena, &feed, e);
}

bool current_parse(str bytes, struct arena *arena, struct current *out, struct error *e)
{
    struct current found = {0};
    str rest = bytes, line = STR_NONE;
    bool end = false;
    if (!str_cut(&rest, '\n', &line) || !str_eq(line, str_from(first_line))) {
        error_set(e, ERROR_FORMAT, "begins with '" STR_FMT "', not with '%s'", STR_ARG(line),
                  first_line);
        return error_hint(e, "it may be of a newer limpid: use that, or another --cache-dir");
    }
    for (size_t number = 2; !end; number++) {
        if (!str_cut(&rest, '\n', &line)) {
            return error_set(e, ERROR_FORMAT, "ends in line %zu", number);
        }
        if (!line_parse(line, arena, &found, &end, e)) {
            return error_wrap(e, "line %zu", number);
        }
    }
    if (rest.len > 0) {
        return error_set(e, ERROR_FORMAT, "%zu bytes behind its end", rest.len);
    }
    *out = found;
    return true;
}

bool current_read(const struct store *s, struct arena *arena, struct current *out, struct error *e)
{
    return current_read_file(s, s->reading, arena, out, e);
}

bool current_read_file(const struct store *s, str file, struct arena *arena, struct current *out,
                       struct error *e)
{
    str path;
    if (!store_advisories_path(s, arena, file, &path, e)) {
        return false;
    }
    CLEANUP(fd_close) int fd = open(path.at, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *out = (struct current){0};
        return true;
    }
    if (fd < 0 || fstat(fd, &st) != 0) {
        return error_sys(e, errno, "cannot read '%s'", path.at);
    }
    if (st.st_size > CURRENT_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "'%s' is over the limit of %d bytes", path.at,
                         CURRENT_BYTES_MAX);
    }
    size_t len = (size_t)st.st_size;
    char *bytes = arena_alloc(arena, len, 1, 1, e);
    if (bytes == NULL || !fd_read_full(fd, bytes, len, &len, e) ||
        !current_parse((str){.at = bytes, .len = len}, arena, out, e)) {
        error_hint(e, "run 'limpid update'");
        return error_wrap(e, "'%s'", path.at);
    }
    return true;
}

/* -- writing -------------------------------------------------------------------------------- */

static bool field_add(struct buf *b, str field, struct error *e)
{
    bool done = buf_add_char(b, '\t', e);
    for (size_t i = 0; done && i < field.len; i++) {
        char c = field.at[i];
        char name = c == '\\' ? '\\' : c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : '\0';
        if (name != '\0') {
            done = buf_add_char(b, '\\', e) && buf_add_char(b, name, e);
        } else {
            done = buf_add_char(b, c, e);
        }
    }
    return done;
}

static bool feed_add(struct buf *b, const struct current_feed *feed, struct error *e)
{
    const struct feed_state *state = &feed->state;
    char hash[DIGEST_TEXT_BYTES];
    digest_text(feed->hash, hash);
    bool done =
        buf_add_str(b, STR("feed"), e) && field_add(b, state->feed, e) &&
        field_add(b, feed->file, e) && field_add(b, str_from(hash), e) &&
        buf_printf(b, e, "\t%lld\t%lld\t%llu\t%llu\t%llu", (long long)state->date_s,
                   (long long)state->fetched_s, (unsigned long long)state->advisories,
                   (unsigned long long)state->rows, (unsigned long long)state->size_bytes) &&
        field_add(b, state->origin, e) && field_add(b, state->validator, e) &&
        buf_printf(b, e, "\t%lld", (long long)state->tried_s) && field_add(b, state->last_error, e);
    for (size_t i = 0; done && i < feed->namespaces_count; i++) {
        done = field_add(b, feed->namespaces[i], e);
    }
    return done && buf_add_char(b, '\n', e);
}

bool current_text(const struct current *c, struct buf *to, struct error *e)
{
    bool done = buf_printf(to, e, "%s\n", first_line);
    for (size_t i = 0; done && i < c->count; i++) {
        done = feed_add(to, &c->feeds[i], e);
    }
    return done && buf_printf(to, e, "end\t%zu\n", c->count);
}

bool current_write(struct store *s, const struct current *c, struct error *e)
{
    CLEANUP(buf_done) struct buf b;
    buf_init(&b, CURRENT_BYTES_MAX);
    return current_text(c, &b, e) && history_keep(s, c, e) &&
           store_replace(s, "current", buf_str(&b), e);
}

struct current_feed *current_find(const struct current *c, str feed)
{
    for (size_t i = 0; i < c->count; i++) {
        if (str_eq(c->feeds[i].state.feed, feed)) {
            return &c->feeds[i];
        }
    }
    return NULL;
}

bool current_put(struct current *c, struct arena *arena, const struct current_feed *feed,
                 struct error *e)
{
    struct current_feed *old = current_find(c, feed->state.feed);
    if (old != NULL) {
        *old = *feed;
        return true;
    }
    void *items = c->feeds;
    if (!arena_grow(arena, &items, c->count, &c->room, sizeof(*c->feeds), e)) {
        return false;
    }
    c->feeds = items;
    size_t at = c->count;
    for (; at > 0 && str_cmp(c->feeds[at - 1].state.feed, feed->state.feed) > 0; at--) {
        c->feeds[at] = c->feeds[at - 1];
    }
    c->feeds[at] = *feed;
    c->count++;
    return true;
}

/* -- what follows from it ------------------------------------------------------------------- */

int64_t current_date(const struct current_feed *feed)
{
    return feed->state.date_s > 0 ? feed->state.date_s : feed->state.fetched_s;
}

bool current_generation(const struct current *c, struct arena *arena, str *out, struct error *e)
{
    struct hash h;
    hash_init(&h, DIGEST_SHA256);
    int64_t newest_s = 0;
    size_t with_data = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct current_feed *feed = &c->feeds[i];
        if (feed->file.len == 0) {
            continue;
        }
        with_data++;
        newest_s = feed->state.date_s > newest_s ? feed->state.date_s : newest_s;
        hash_update(&h, feed->state.feed.at, feed->state.feed.len);
        hash_update(&h, "", 1); /* the NUL: where the name ends */
        hash_update(&h, feed->hash.bytes, digest_size(feed->hash.algorithm));
    }
    digest d = hash_done(&h);
    if (with_data == 0) {
        *out = STR_NONE;
        return true;
    }
    char date[CLOCK_TEXT_BYTES], plain[CLOCK_TEXT_BYTES];
    clock_text(newest_s, date);
    size_t len = 0;
    for (size_t i = 0; date[i] != '\0'; i++) {
        if (date[i] != '-' && date[i] != ':') {
            plain[len++] = date[i];
        }
    }
    return arena_printf(arena, out, e, "%.*s-%02x%02x%02x%02x", (int)len, plain, d.bytes[0],
                        d.bytes[1], d.bytes[2], d.bytes[3]);
}

static bool is_named(const struct current *c, str file)
{
    for (size_t i = 0; i < c->count; i++) {
        if (str_eq(c->feeds[i].file, file)) {
            return true;
        }
    }
    return false;
}

static bool is_kept(const struct history *h, str file)
{
    for (size_t i = 0; i < h->count; i++) {
        if (is_named(&h->items[i].current, file)) {
            return true;
        }
    }
    return false;
}

static void unnamed_remove(struct store *s, const struct current *c, const struct history *kept)
{
    struct stat st;
    CLEANUP(fd_close) int dir = open(s->advisories.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fstatat(dir, "current", &st, 0) != 0 ||
        clock_now_s() - (int64_t)st.st_mtime < (int64_t)s->grace_s) {
        return;
    }
    int listed = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = listed < 0 ? NULL : fdopendir(listed);
    if (list == NULL) {
        fd_close(&listed);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(list)) != NULL) {
        str name = str_from(entry->d_name);
        if (str_ends(name, STR(".db")) && !is_named(c, name) && !is_kept(kept, name)) {
            unlinkat(dir, entry->d_name, 0);
        }
    }
    closedir(list);
}

void current_sweep(struct store *s, const struct current *c)
{
    CLEANUP(arena_done) struct arena arena;
    struct history kept;
    arena_init(&arena, HISTORY_BYTES_MAX, "kept generations");
    /* where it cannot be told what they name, nothing is removed */
    if (store_alone_begin(s) && history_trim(s, c, &arena, &kept, NULL)) {
        unnamed_remove(s, c, &kept);
    }
    store_alone_end(s);
}
