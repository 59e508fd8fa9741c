#include "store/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"

static const char prefix[] = "generation-";

enum { DAY_S = 24 * 60 * 60 };

/* When the last of its feeds was put in place. */
static int64_t since(const struct current *c)
{
    int64_t newest_s = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct current_feed *feed = &c->feeds[i];
        if (feed->file.len > 0 && feed->state.fetched_s > newest_s) {
            newest_s = feed->state.fetched_s;
        }
    }
    return newest_s;
}

static int newer_first(const void *a, const void *b)
{
    const struct history_item *x = a, *y = b;
    int order = (x->until_s < y->until_s) - (x->until_s > y->until_s);
    order = order != 0 ? order : (x->until_ns < y->until_ns) - (x->until_ns > y->until_ns);
    return order != 0 ? order : str_cmp(y->name, x->name);
}

/* -- reading ----------------------------------------------------------------------------------- */

static bool item_add(const struct store *s, const char *file, struct arena *arena,
                     struct history *out, struct error *e)
{
    struct history_item item = {0};
    struct stat st;
    str path;
    void *items = out->items;
    if (!arena_str(arena, str_from(file), &item.file, e) ||
        !store_advisories_path(s, arena, item.file, &path, e)) {
        return false;
    }
    item.name = str_slice(item.file, sizeof(prefix) - 1, item.file.len);
    struct error unread = {0};
    if (stat(path.at, &st) != 0 ||
        !current_read_file(s, item.file, arena, &item.current, &unread)) {
        return unread.kind != ERROR_MEMORY || error_set(e, ERROR_MEMORY, "%s", unread.text);
    }
    item.until_s = st.st_mtim.tv_sec;
    item.until_ns = st.st_mtim.tv_nsec;
    if (out->count == HISTORY_MAX) {
        return true;
    }
    if (!arena_grow(arena, &items, out->count, &out->room, sizeof(item), e)) {
        return false;
    }
    out->items = items;
    out->items[out->count++] = item;
    return true;
}

bool history_read(const struct store *s, struct arena *arena, struct history *out, struct error *e)
{
    struct history found = {0};
    DIR *list = opendir(s->advisories.at);
    struct dirent *entry;
    if (list == NULL) {
        *out = found;
        return errno == ENOENT || errno == ENOTDIR ||
               error_sys(e, errno, "cannot read '%s'", s->advisories.at);
    }
    bool done = true;
    while (done && (entry = readdir(list)) != NULL) {
        if (str_starts(str_from(entry->d_name), str_from(prefix))) {
            done = item_add(s, entry->d_name, arena, &found, e);
        }
    }
    closedir(list);
    if (done && found.count > 1) {
        qsort(found.items, found.count, sizeof(*found.items), newer_first);
    }
    *out = found;
    return done;
}

/* -- keeping ----------------------------------------------------------------------------------- */

/* The bytes of `current`, as they are. */
static bool current_copy(struct store *s, str name, struct arena *arena, struct error *e)
{
    str path, file;
    size_t got = 0;
    if (!store_advisories_path(s, arena, STR("current"), &path, e) ||
        !arena_printf(arena, &file, e, "%s%.*s", prefix, (int)name.len, name.at)) {
        return false;
    }
    CLEANUP(fd_close) int fd = open(path.at, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_sys(e, errno, "cannot read '%s'", path.at);
    }
    CLEANUP(buf_done) struct buf bytes;
    buf_init(&bytes, CURRENT_BYTES_MAX);
    if (!buf_reserve(&bytes, CURRENT_BYTES_MAX, e) ||
        !fd_read_full(fd, bytes.at, CURRENT_BYTES_MAX, &got, e)) {
        return false;
    }
    bytes.len = got;
    return store_replace(s, file.at, buf_str(&bytes), e);
}

bool history_keep(struct store *s, const struct current *next, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    struct current now;
    str name, next_name;
    arena_init(&arena, HISTORY_BYTES_MAX, "a generation");
    if (s->kept || s->keep_generations == 0) {
        return true;
    }
    if (!current_read_file(s, STR("current"), &arena, &now, e) ||
        !current_generation(&now, &arena, &name, e) ||
        !current_generation(next, &arena, &next_name, e)) {
        return false;
    }
    if (name.len == 0 || str_eq(name, next_name)) {
        s->kept = name.len == 0; /* a run that began with nothing has nothing to keep */
        return true;
    }
    s->kept = current_copy(s, name, &arena, e);
    return s->kept;
}

bool store_keep_current(struct store *s, struct arena *arena, str *name, struct error *e)
{
    struct current now;
    if (!store_lock(s, e)) {
        return false;
    }
    store_change_begin(s);
    bool done = current_read_file(s, STR("current"), arena, &now, e) &&
                current_generation(&now, arena, name, e) &&
                (name->len == 0 || current_copy(s, *name, arena, e));
    store_change_end(s);
    store_unlock(s);
    return done;
}

static bool is_in(const struct history *h, size_t count, str file)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < h->items[i].current.count; k++) {
            if (str_eq(h->items[i].current.feeds[k].file, file)) {
                return true;
            }
        }
    }
    return false;
}

/* Bytes of files that the i-th has and neither the current one nor a newer one. */
static uint64_t own_bytes(const struct history *h, size_t i, const struct current *now)
{
    uint64_t bytes = 0;
    const struct current *c = &h->items[i].current;
    for (size_t k = 0; k < c->count; k++) {
        const struct current_feed *feed = &c->feeds[k];
        const struct current_feed *same = current_find(now, feed->state.feed);
        if (feed->file.len > 0 && (same == NULL || !str_eq(same->file, feed->file)) &&
            !is_in(h, i, feed->file)) {
            bytes += feed->state.size_bytes;
        }
    }
    return bytes;
}

bool history_trim(struct store *s, const struct current *now, struct arena *arena,
                  struct history *out, struct error *e)
{
    int64_t now_s = clock_now_s();
    uint64_t bytes = 0;
    str name;
    size_t keep = 0;
    if (!history_read(s, arena, out, e) || !current_generation(now, arena, &name, e)) {
        return false;
    }
    for (size_t i = 0; i < out->count; i++) {
        struct history_item *item = &out->items[i];
        str path;
        bytes += own_bytes(out, i, now);
        bool good = keep < s->keep_generations && !str_eq(item->name, name) &&
                    now_s - item->until_s <= (int64_t)s->keep_s && bytes <= s->keep_bytes_max;
        if (good) {
            out->items[keep++] = *item;
        } else if (store_advisories_path(s, arena, item->file, &path, e)) {
            unlink(path.at);
        } else {
            return false;
        }
    }
    out->count = keep;
    return true;
}

void store_keep_generations(struct store *s, unsigned count)
{
    s->keep_generations = count;
}

/* -- asking ------------------------------------------------------------------------------------ */

static bool entry_add(struct kept_generation *to, const struct current *c, str name,
                      bool is_current)
{
    *to = (struct kept_generation){.name = name, .since_s = since(c), .is_current = is_current};
    for (size_t i = 0; i < c->count; i++) {
        to->feeds += c->feeds[i].file.len > 0;
        to->advisories += c->feeds[i].file.len > 0 ? c->feeds[i].state.advisories : 0;
    }
    return to->feeds > 0;
}

bool store_generations(struct store *s, struct arena *arena, const struct kept_generation **out,
                       size_t *count, struct error *e)
{
    struct history h;
    struct current now;
    str name;
    if (!current_read_file(s, STR("current"), arena, &now, e) ||
        !current_generation(&now, arena, &name, e) || !history_read(s, arena, &h, e)) {
        return false;
    }
    struct kept_generation *list = ARENA_ARRAY(arena, h.count + 1, struct kept_generation, e);
    if (list == NULL) {
        return false;
    }
    size_t got = entry_add(&list[0], &now, name, true) ? 1 : 0;
    for (size_t i = 0; i < h.count; i++) {
        if (!str_eq(h.items[i].name, name)) {
            got += entry_add(&list[got], &h.items[i].current, h.items[i].name, false) ? 1 : 0;
        }
    }
    *out = list;
    *count = got;
    return true;
}

static bool absent(str when, const struct kept_generation *list, size_t count, struct error *e)
{
    CLEANUP(buf_done) struct buf names;
    buf_init(&names, 4096);
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        char text[CLOCK_TEXT_BYTES];
        done = buf_printf(&names, NULL, "%s" STR_FMT " (since %s)", i == 0 ? "" : ", ",
                          STR_ARG(list[i].name), clock_text(list[i].since_s, text));
    }
    return error_set(e, ERROR_ABSENT, "no generation '" STR_FMT "'; there %s %.*s", STR_ARG(when),
                     count == 0   ? "is none"
                     : count == 1 ? "is"
                                  : "are",
                     (int)names.len, names.len > 0 ? names.at : "");
}

bool history_find(struct store *s, str when, struct arena *arena, str *file, struct error *e)
{
    const struct kept_generation *list;
    size_t count = 0, found;
    int64_t at_s = 0;
    if (!store_generations(s, arena, &list, &count, e)) {
        return false;
    }
    bool is_time = clock_parse(when, &at_s);
    if (is_time && str_find_char(when, 'T') == when.len && str_find_char(when, ' ') == when.len) {
        at_s += DAY_S - 1; /* a day: its end */
    }
    for (found = 0; found < count; found++) {
        if (is_time ? list[found].since_s <= at_s : str_eq(list[found].name, when)) {
            break;
        }
    }
    if (found == count) {
        return absent(when, list, count, e);
    }
    if (list[found].is_current) {
        *file = STR("current");
        return true;
    }
    return arena_printf(arena, file, e, "%s%.*s", prefix, (int)list[found].name.len,
                        list[found].name.at);
}

bool store_as_of(struct store *s, str when, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    str file;
    arena_init(&arena, HISTORY_BYTES_MAX, "kept generations");
    if (!history_find(s, when, &arena, &file, e) || !arena_str(&s->arena, file, &s->reading, e)) {
        return false;
    }
    s->shut = "an earlier generation";
    return true;
}
