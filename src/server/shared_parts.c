#include "server/shared_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/part_reader.h"
#include "store/part_share.h"

/* A publication may come between reading the index and reading a part. */
enum { TRIES = 5 };

/* -- the database as a place of parts ------------------------------------------------------- */

struct place {
    struct parts_place base;
    const struct shared_parts_options *options;
    const struct graph_part *parts; /* that are there */
    size_t count;
    digest index; /* DIGEST_NONE: none */
    int64_t change;
    struct graph_part_reader reader;
};

static struct place *place_of(struct parts_place *self)
{
    return CONTAINER_OF(self, struct place, base);
}

static bool place_go_on(struct part_watch *self, struct error *e)
{
    const struct place *p = CONTAINER_OF(self, struct place, base.watch);
    return part_watch_ask(p->options->watch, e);
}

static bool place_read(struct parts_place *self, str feed, digest content, struct reader **out,
                       struct error *e)
{
    struct place *p = place_of(self);
    *out = &p->reader.base;
    return graph_part_reader_open(&p->reader, p->options->graph, feed, content, &self->watch, e);
}

static bool is_damaged(const struct shared_parts_memory *m, str feed)
{
    for (size_t i = 0; m != NULL && i < m->damaged_count; i++) {
        if (str_eq(str_from(m->damaged[i]), feed)) {
            return true;
        }
    }
    return false;
}

static bool place_has(struct parts_place *self, str feed, digest content)
{
    const struct place *p = place_of(self);
    for (size_t i = 0; i < p->count; i++) {
        if (str_eq(p->parts[i].feed, feed)) {
            return digest_eq(p->parts[i].content, content) && !is_damaged(p->options->memory, feed);
        }
    }
    return false;
}

static bool place_put(struct parts_place *self, const struct placed_part *part, struct error *e)
{
    const struct place *p = place_of(self);
    const struct graph_part row = {
        .feed = part->feed, .content = part->content, .date_s = part->date_s};
    return graph_change_part_file(p->options->graph, p->change, &row, part->fd, part->stored_bytes,
                                  e);
}

static bool place_open(struct place *p, const struct shared_parts_options *options, struct error *e)
{
    *p = (struct place){
        .base = {.watch.go_on = place_go_on,
                 .open = place_read,
                 .has = place_has,
                 .put = place_put},
        .options = options,
    };
    if (!graph_parts(options->graph, options->arena, &p->parts, &p->count, e)) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (str_eq(p->parts[i].feed, STR(PART_INDEX_NAME))) {
            p->index = p->parts[i].content;
        }
    }
    return true;
}

/* -- the folder ----------------------------------------------------------------------------- */

/* Of the folder's list, which is replaced as a whole: another one after each change. */
static uint64_t folder_stamp(const struct shared_parts_options *o)
{
    struct stat st;
    str path;
    if (!arena_printf(o->arena, &path, NULL, "%.*s/advisories/current", (int)o->data_dir.len,
                      o->data_dir.at) ||
        stat(path.at, &st) != 0) {
        return 0;
    }
    return ((uint64_t)st.st_ino * 31 + (uint64_t)st.st_mtim.tv_sec) * 1000000007 +
           (uint64_t)st.st_mtim.tv_nsec;
}

static bool folder_make(const char *path, struct error *e)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST ||
           error_sys(e, errno, "cannot make the directory '%s'", path);
}

bool shared_parts_hold(str data_dir, struct arena *arena, int *lock, bool *held, struct error *e)
{
    str path;
    if (!arena_printf(arena, &path, e, "%.*s/advisories", (int)data_dir.len, data_dir.at) ||
        !folder_make(path.at, e) ||
        !arena_printf(arena, &path, e, "%.*s/advisories/updating", (int)data_dir.len,
                      data_dir.at)) {
        return false;
    }
    CLEANUP(fd_close) int fd = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot open '%s'", path.at);
    }
    *held = flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (!*held && errno != EWOULDBLOCK) {
        return error_sys(e, errno, "cannot lock '%s'", path.at);
    }
    *lock = *held ? fd_take(&fd) : -1;
    return true;
}

/* What takes this much memory is rare: it goes back to the system, as that of an update does. */
static void memory_return(size_t feeds)
{
    if (feeds > 0) {
        malloc_trim(0);
    }
}

/* -- pulling -------------------------------------------------------------------------------- */

bool shared_parts_damage(const struct error *e)
{
    return e->kind == ERROR_FORMAT || e->kind == ERROR_DIGEST || e->kind == ERROR_LIMIT ||
           e->kind == ERROR_ABSENT;
}

static void damage_note(struct shared_parts_memory *m, const str *feeds, size_t count)
{
    if (m == NULL) {
        return;
    }
    m->damaged_count = 0;
    for (size_t i = 0; i < count && i < SHARED_PARTS_DAMAGED_MAX; i++) {
        if (feeds[i].len < SHARED_PARTS_NAME_BYTES) {
            snprintf(m->damaged[m->damaged_count++], SHARED_PARTS_NAME_BYTES, "%.*s",
                     (int)feeds[i].len, feeds[i].at);
        }
    }
}

struct pulling {
    const struct shared_parts_options *options;
    struct store *store;
    struct place place;
    struct parts_taken taken;
    bool busy; /* another one is changing the folder */
};

/* What the index says that there is. */
static bool take(struct pulling *x, struct error *e)
{
    const struct shared_parts_options *o = x->options;
    struct place *p = &x->place;
    CLEANUP(fd_close) int lock = -1;
    bool same = false, held = o->held;
    struct error why = {0};
    if (!store_parts_same(x->store, p->index, &p->base, &same, e) || same) {
        return same;
    }
    if (!held && !shared_parts_hold(o->data_dir, o->arena, &lock, &held, e)) {
        return false;
    }
    x->busy = !held;
    if (!held || store_parts_take(x->store, p->index, &p->base, o->arena, &x->taken, &why)) {
        return true;
    }
    x->busy = why.sys == EBUSY; /* a `limpid update` of somebody else */
    *e = why;
    return x->busy;
}

static void remember(const struct pulling *x)
{
    struct shared_parts_memory *m = x->options->memory;
    if (m != NULL) {
        m->index = x->place.index;
        m->stamp = folder_stamp(x->options);
        damage_note(m, x->taken.damaged, x->taken.damaged_count);
    }
}

/* One try. `*again`: what was asked for has been replaced meanwhile. */
static bool pull_once(struct pulling *x, bool *again, struct error *e)
{
    const struct shared_parts_memory *m = x->options->memory;
    struct error why = {0};
    struct place later;
    *again = false;
    x->taken = (struct parts_taken){0};
    if (!place_open(&x->place, x->options, e)) {
        return false;
    }
    if (x->place.index.algorithm == DIGEST_NONE ||
        (m != NULL && digest_eq(m->index, x->place.index) &&
         m->stamp == folder_stamp(x->options))) {
        return true;
    }
    if (take(x, &why)) {
        why = x->taken.why;
    }
    bool damage = why.kind != ERROR_NONE && shared_parts_damage(&why);
    if (damage && place_open(&later, x->options, NULL)) {
        *again = !digest_eq(later.index, x->place.index);
    }
    if (!x->busy && (why.kind == ERROR_NONE || damage)) {
        remember(x);
    }
    if (why.kind != ERROR_NONE) {
        *e = why;
    }
    return why.kind == ERROR_NONE;
}

static bool pull(struct pulling *x, size_t *feeds, struct error *e)
{
    bool again = true, done = false;
    *feeds = 0;
    for (unsigned i = 0; again && i < TRIES; i++) {
        error_clear(e);
        done = pull_once(x, &again, e);
        *feeds += x->taken.feeds;
    }
    if (!done && shared_parts_damage(e)) {
        error_hint(e, "the next update writes it anew");
    }
    return done;
}

bool shared_parts_pull(const struct shared_parts_options *options, size_t *feeds, struct error *e)
{
    struct pulling x = {.options = options};
    struct arena_mark mark = arena_mark(options->arena);
    if (!store_open(options->data_dir, &x.store, e)) {
        return false;
    }
    bool done = pull(&x, feeds, e);
    store_close(x.store);
    arena_rewind(options->arena, mark);
    memory_return(*feeds);
    return done || error_wrap(e, "advisories of the database");
}

/* -- staging -------------------------------------------------------------------------------- */

bool shared_parts_stage(const struct shared_parts_options *options, int64_t change, size_t *feeds,
                        struct error *e)
{
    struct place place;
    struct store *store = NULL;
    bool changed = false;
    struct arena_mark mark = arena_mark(options->arena);
    bool done = store_open(options->data_dir, &store, e) && place_open(&place, options, e);
    if (done) {
        place.change = change;
        done = store_parts_give(store, place.index, &place.base, feeds, &changed, e);
    }
    store_close(store);
    arena_rewind(options->arena, mark);
    memory_return(changed);
    return done || error_wrap(e, "advisories for the database");
}
