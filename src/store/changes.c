#include <string.h>

#include "store/feedfile.h"
#include "store/history.h"
#include "store/key.h"
#include "store/varint.h"
#include "stream/hash.h"

/* What differs between two generations: the items of both files of a feed side by side, in the
 * order of their ids; each advisory by the hash of all that it says. */

enum { CHANGES_IDS_MAX = 5000000 };

/* -- one side ---------------------------------------------------------------------------------- */

struct side {
    struct feedfile *file; /* NULL: nothing there */
    struct feedfile_items items;
    struct buf key, id, bytes; /* of the advisory; scratch */
    digest said;
    struct buf next_key, next_id; /* of the one behind, whose head was read already */
    struct hash next;
    bool there, next_there;
};

static void side_done(struct side *x)
{
    feedfile_items_done(&x->items);
    feedfile_close(x->file);
    struct buf *bufs[] = {&x->key, &x->id, &x->bytes, &x->next_key, &x->next_id};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_done(bufs[i]);
    }
}

static bool head_add(struct buf *to, const struct advisory *a, struct error *e)
{
    const struct exploitation *x = &a->exploitation;
    return key_add(to, a->id, e) && varint_add(to, a->severity, e) &&
           key_add(to, a->severity_source, e) && key_add(to, a->cvss, e) &&
           key_add(to, a->url, e) && key_add(to, a->description, e) &&
           varint_add(to, zigzag(a->published_s), e) && varint_add(to, zigzag(a->modified_s), e) &&
           varint_add(to, zigzag(a->withdrawn_s), e) && varint_add(to, x->epss, e) &&
           varint_add(to, x->epss_percentile, e) && varint_add(to, zigzag(x->kev_added_s), e) &&
           varint_add(to, zigzag(x->kev_due_s), e) && varint_add(to, x->kev_ransomware, e);
}

static bool item_hash(struct side *x, struct hash *h, const struct item *item, struct error *e)
{
    x->bytes.len = 0;
    bool done = varint_add(&x->bytes, item->kind, e);
    switch (item->kind) {
    case ITEM_HEAD:
        done = done && head_add(&x->bytes, &item->head, e);
        break;
    case ITEM_ID:
        done = done && key_add(&x->bytes, item->id, e);
        break;
    case ITEM_ROW:
        done = done && key_add_row(&x->bytes, &item->row, e);
        break;
    case ITEM_DROP:
        break;
    }
    hash_update(h, x->bytes.at, x->bytes.len);
    return done;
}

/* A head: the next advisory. */
static bool head_take(struct side *x, const struct item *item, struct error *e)
{
    x->next_key.len = x->next_id.len = 0;
    x->next_there = true;
    hash_init(&x->next, DIGEST_SHA256);
    return buf_add_str(&x->next_key, item->key, e) && buf_add_str(&x->next_id, item->head.id, e) &&
           item_hash(x, &x->next, item, e);
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf kept = *a;
    *a = *b;
    *b = kept;
}

/* Reads the next advisory, whose head is known, up to the head behind it. */
static bool side_next(struct side *x, struct error *e)
{
    struct item item;
    enum step got = STEP_END;
    x->there = x->next_there;
    if (!x->there) {
        return true;
    }
    struct hash h = x->next;
    swap(&x->key, &x->next_key);
    swap(&x->id, &x->next_id);
    x->next_there = false;
    while ((got = items_next(&x->items.items, &item, e)) == STEP_GOT) {
        if (item.kind == ITEM_HEAD) {
            x->said = hash_done(&h);
            return head_take(x, &item, e);
        }
        if (!item_hash(x, &h, &item, e)) {
            return false;
        }
    }
    x->said = hash_done(&h);
    return got == STEP_END;
}

/* `feed` NULL, or without data: a side with nothing in it. */
static bool side_begin(struct side *x, struct store *s, const struct current_feed *feed,
                       struct part_watch *watch, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    struct item item;
    str path;
    arena_init(&arena, 64 * 1024, "a path");
    *x = (struct side){0};
    struct buf *bufs[] = {&x->key, &x->id, &x->bytes, &x->next_key, &x->next_id};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_init(bufs[i], SIZE_MAX / 2);
    }
    if (feed == NULL || feed->file.len == 0) {
        return true;
    }
    if (!store_advisories_path(s, &arena, feed->file, &path, e) ||
        !feedfile_open(path.at, feed->state.size_bytes, &x->file, e)) {
        return false;
    }
    x->file->watch = watch;
    if (!feedfile_items_init(&x->items, x->file, store_scratch_dir(), s->budget_bytes, e) ||
        !items_rewind(&x->items.items, e)) {
        return false;
    }
    enum step got = items_next(&x->items.items, &item, e);
    return got == STEP_GOT ? head_take(x, &item, e) && side_next(x, e) : got == STEP_END;
}

/* -- both -------------------------------------------------------------------------------------- */

struct ids {
    str *at;
    size_t count, room;
};

struct comparing {
    const struct changes_options *options;
    struct arena *arena;
    struct ids added, changed, removed;
};

static bool id_add(const struct comparing *c, struct ids *to, const struct buf *id, struct error *e)
{
    void *items = to->at;
    if (!c->options->ids) {
        to->count++;
        return true;
    }
    if (to->count >= CHANGES_IDS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than %d advisories differ", CHANGES_IDS_MAX);
    }
    if (!arena_grow(c->arena, &items, to->count, &to->room, sizeof(str), e)) {
        return false;
    }
    to->at = items;
    return arena_str(c->arena, buf_str(id), &to->at[to->count++], e);
}

static bool sides_compare(struct comparing *c, struct side *old, struct side *new, struct error *e)
{
    bool done = true;
    while (done && (old->there || new->there)) {
        int order = !old->there   ? 1
                    : !new->there ? -1
                                  : str_cmp(buf_str(&old->key), buf_str(&new->key));
        if (order < 0) {
            done = id_add(c, &c->removed, &old->id, e);
        } else if (order > 0) {
            done = id_add(c, &c->added, &new->id, e);
        } else if (!digest_eq(old->said, new->said)) {
            done = id_add(c, &c->changed, &new->id, e);
        }
        done = done && (order > 0 || side_next(old, e)) && (order < 0 || side_next(new, e)) &&
               part_watch_ask(c->options->watch, e);
    }
    return done;
}

static bool feeds_compare(struct store *s, const struct changes_options *options,
                          const struct current_feed *old, const struct current_feed *new,
                          struct arena *arena, struct feed_changes *out, struct error *e)
{
    struct side before = {0}, after = {0};
    struct comparing c = {.options = options, .arena = arena};
    bool done = side_begin(&before, s, old, options->watch, e) &&
                side_begin(&after, s, new, options->watch, e) &&
                sides_compare(&c, &before, &after, e);
    side_done(&before);
    side_done(&after);
    str feed = old != NULL ? old->state.feed : new->state.feed;
    *out = (struct feed_changes){.feed = feed,
                                 .added = c.added.count,
                                 .changed = c.changed.count,
                                 .removed = c.removed.count,
                                 .added_ids = c.added.at,
                                 .changed_ids = c.changed.at,
                                 .removed_ids = c.removed.at};
    return done || error_wrap(e, "feed '" STR_FMT "'", STR_ARG(feed));
}

static bool has_data(const struct current_feed *feed)
{
    return feed != NULL && feed->file.len > 0;
}

static bool same_data(const struct current_feed *a, const struct current_feed *b)
{
    return has_data(a) == has_data(b) && (!has_data(a) || digest_eq(a->hash, b->hash));
}

/* The next feed of either, by name. */
static bool compare_all(struct store *s, const struct changes_options *options,
                        const struct current *from, const struct current *to, struct arena *arena,
                        struct changes *out, struct error *e)
{
    struct feed_changes *list = ARENA_ARRAY(arena, from->count + to->count, struct feed_changes, e);
    size_t i = 0, k = 0, count = 0;
    bool done = list != NULL;
    while (done && (i < from->count || k < to->count)) {
        int order = i == from->count ? 1
                    : k == to->count ? -1
                                     : str_cmp(from->feeds[i].state.feed, to->feeds[k].state.feed);
        const struct current_feed *old = order <= 0 ? &from->feeds[i++] : NULL;
        const struct current_feed *new = order >= 0 ? &to->feeds[k++] : NULL;
        if (!same_data(old, new)) {
            done = feeds_compare(s, options, old, new, arena, &list[count++], e);
        }
    }
    out->feeds = list;
    out->count = count;
    return done;
}

/* The one before the current one, by default. */
static bool from_find(struct store *s, str from, struct arena *arena, str *file, struct error *e)
{
    const struct kept_generation *list;
    size_t count = 0;
    if (from.len > 0) {
        return history_find(s, from, arena, file, e);
    }
    if (!store_generations(s, arena, &list, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!list[i].is_current) {
            return history_find(s, list[i].name, arena, file, e);
        }
    }
    error_set(e, ERROR_ABSENT, "there is no earlier generation to compare with");
    return error_hint(e, "an update keeps the one that it replaces");
}

bool store_changes(struct store *s, const struct changes_options *options, struct arena *arena,
                   struct changes *out, struct error *e)
{
    struct current from, to;
    str from_file, to_file = STR("current");
    return from_find(s, options->from, arena, &from_file, e) &&
           (options->to.len == 0 || history_find(s, options->to, arena, &to_file, e)) &&
           current_read_file(s, from_file, arena, &from, e) &&
           current_read_file(s, to_file, arena, &to, e) &&
           current_generation(&from, arena, &out->from, e) &&
           current_generation(&to, arena, &out->to, e) &&
           compare_all(s, options, &from, &to, arena, out, e);
}
