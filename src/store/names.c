/* Names are looked for in two lists of each feed that covers the namespaces: of advisories by their
 * ids, and of what they are about. `reach` says which advisories count.
 *
 *     names_list ─ reach_of ─ gather (each list from `after` on) ─ merge ─ name_fill (all feeds) */
#include "store/names.h"

#include <stdlib.h>
#include <string.h>

#include "store/generation.h"
#include "store/key.h"

enum {
    REACH_BYTES_MAX = 16 * 1024 * 1024, /* advisories of one feed */
    ROWS_BYTES_MAX = 64 * 1024 * 1024,  /* of one package */
    NAMES_BYTES_MAX = 16 * 1024 * 1024, /* of the keys of one question */
    SCOPES = 2,
};

/* -- which advisories have rows there ------------------------------------------------------- */

/* Of each advisory of a feed, by number: 0, or the highest severity of its rows and 1. */
struct names_reach {
    str asked;         /* the namespaces, in `arena`; at NULL: nothing yet */
    struct buf *feeds; /* beside current.feeds */
    struct arena arena;
};

struct reach_sink {
    struct row_sink base;
    struct buf *to;
};

static bool reach_put(struct row_sink *self, const struct row_group *group,
                      const uint32_t *advisories, size_t count, struct error *e)
{
    struct buf *to = CONTAINER_OF(self, struct reach_sink, base)->to;
    if (group->state == FIX_NOT_AFFECTED || group->state == FIX_UNDETERMINED || count == 0) {
        return true;
    }
    size_t end = (size_t)advisories[count - 1] + 1; /* they ascend */
    if (end > to->len) {
        if (!buf_reserve(to, end - to->len, e)) {
            return false;
        }
        memset(to->at + to->len, 0, end - to->len);
        to->len = end;
    }
    for (size_t i = 0; i < count; i++) {
        char *at = &to->at[advisories[i]];
        char severity = (char)(group->severity + 1); /* below SEVERITY_COUNT */
        *at = *at < severity ? severity : *at;
    }
    return true;
}

static bool reach_feed(struct advisories *a, size_t i, const struct names_question *q,
                       struct buf *to, struct error *e)
{
    struct feedfile *f;
    uint32_t places[NAMES_PLACES_MAX * SCOPES], number;
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, ROWS_BYTES_MAX, "the rows of a package");
    struct reach_sink sink = {.base = {.put = reach_put, .places = places}, .to = to};
    if (!generation_file(a, i, &f, e) || !feedfile_load_rows(f, e)) {
        return false;
    }
    for (size_t k = 0; k < q->namespaces_count; k++) {
        if (!feedfile_namespace(f, q->namespaces[k], &number, e)) {
            return false;
        }
        for (uint32_t scope = 0; number != 0 && scope < SCOPES; scope++) {
            places[sink.base.places_count++] = number << 1 | scope;
        }
    }
    return rows_walk(&f->rows, &scratch, &sink.base, e);
}

static bool covers(const struct current_feed *feed, const struct names_question *q)
{
    for (size_t k = 0; k < q->namespaces_count; k++) {
        if (generation_covers(feed, q->namespaces[k])) {
            return true;
        }
    }
    return false;
}

void names_forget(struct names_reach *reach, size_t feeds)
{
    for (size_t i = 0; reach != NULL && reach->feeds != NULL && i < feeds; i++) {
        buf_done(&reach->feeds[i]);
    }
    if (reach != NULL) {
        arena_done(&reach->arena);
        *reach = (struct names_reach){.asked = STR_NONE};
    }
}

static bool reach_fill(struct advisories *a, const struct names_question *q, str asked,
                       struct names_reach *reach, struct error *e)
{
    str kept;
    arena_init(&reach->arena, NAMES_BYTES_MAX, "a list of names");
    reach->feeds = ARENA_ARRAY(&reach->arena, a->current.count, struct buf, e);
    if (reach->feeds == NULL || !arena_str(&reach->arena, asked, &kept, e)) {
        return false;
    }
    for (size_t i = 0; i < a->current.count; i++) {
        buf_init(&reach->feeds[i], REACH_BYTES_MAX);
        if (covers(&a->current.feeds[i], q) && !reach_feed(a, i, q, &reach->feeds[i], e)) {
            return generation_wrap(a, i, e);
        }
    }
    reach->asked = kept;
    return true;
}

/* Of the last few questions one is kept each; the oldest goes first. */
static bool reach_of(struct advisories *a, const struct names_question *q, struct arena *arena,
                     const struct names_reach **out, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, NAMES_BYTES_MAX);
    for (size_t k = 0; k < q->namespaces_count; k++) {
        if (!key_add(&text, q->namespaces[k], e)) {
            return false;
        }
    }
    str asked = STR_NONE;
    if (!arena_str(arena, buf_str(&text), &asked, e)) {
        return false;
    }
    for (size_t i = 0; i < NAMES_KEPT; i++) {
        if (a->reach[i] != NULL && a->reach[i]->asked.at != NULL &&
            str_eq(a->reach[i]->asked, asked)) {
            *out = a->reach[i];
            return true;
        }
    }
    struct names_reach **slot = &a->reach[a->reach_next];
    if (*slot == NULL && (*slot = ARENA_NEW(&a->arena, struct names_reach, e)) == NULL) {
        return false;
    }
    names_forget(*slot, a->current.count);
    if (!reach_fill(a, q, asked, *slot, e)) {
        names_forget(*slot, a->current.count);
        return false;
    }
    a->reach_next = (a->reach_next + 1) % NAMES_KEPT;
    *out = *slot;
    return true;
}

static bool is_reached(const struct buf *reach, uint64_t number, enum severity *severity)
{
    if (number >= reach->len || reach->at[number] == 0) {
        return false;
    }
    *severity = (enum severity)(reach->at[number] - 1);
    return true;
}

/* -- the names that follow ------------------------------------------------------------------ */

struct gathering {
    struct arena *arena;
    str after;    /* folded */
    size_t limit; /* of one list */
    str *keys;    /* folded; of one list after the other, each in order */
    size_t count, room;
    size_t from; /* where the list at hand begins */
};

static bool key_keep(struct gathering *g, str key, struct error *e)
{
    if (g->count > g->from && str_eq(g->keys[g->count - 1], key)) {
        return true;
    }
    void *items = g->keys;
    if (!arena_grow(g->arena, &items, g->count, &g->room, sizeof(*g->keys), e)) {
        return false;
    }
    g->keys = items;
    return arena_str(g->arena, key, &g->keys[g->count++], e);
}

static bool is_full(const struct gathering *g)
{
    return g->count - g->from > g->limit; /* one more tells that there are more */
}

/* The block that the first key behind `after` may be in. */
static size_t first_block(const struct shelf *s, const struct gathering *g)
{
    size_t block = 0;
    return shelf_find_key(s, g->after, &block) ? block : 0;
}

static bool gather_own(struct gathering *g, struct feedfile *f, const struct buf *reach,
                       struct error *e)
{
    CLEANUP(buf_done) struct buf key;
    enum severity severity;
    buf_init(&key, SHELF_KEY_BYTES_MAX);
    g->from = g->count;
    if (!shelf_load(&f->heads, f->db, "advisory", e)) {
        return false;
    }
    feedfile_heads_moved(f);
    for (size_t block = first_block(&f->heads, g); block < f->heads.blocks && !is_full(g);
         block++) {
        struct heads_walk walk;
        uint64_t number = f->heads.fence[block].number;
        str bytes;
        enum step got;
        if (!shelf_read(&f->heads, block, &bytes, e)) {
            return false;
        }
        heads_walk_init(&walk, bytes, &key);
        for (; !is_full(g) && (got = heads_walk_next(&walk, e)) != STEP_END; number++) {
            if (got == STEP_FAILED) {
                return false;
            }
            if (is_reached(reach, number, &severity) && str_cmp(buf_str(&key), g->after) > 0 &&
                !key_keep(g, buf_str(&key), e)) {
                return false;
            }
        }
    }
    return true;
}

static bool is_any_reached(const struct buf *reach, const struct buf *numbers)
{
    const uint32_t *at = (const uint32_t *)(const void *)numbers->at;
    enum severity severity;
    bool any = false;
    for (size_t i = 0; !any && i < numbers->len / sizeof(uint32_t); i++) {
        any = is_reached(reach, at[i], &severity);
    }
    return any;
}

static bool gather_about(struct gathering *g, struct feedfile *f, const struct buf *reach,
                         struct buf *numbers, struct error *e)
{
    CLEANUP(buf_done) struct buf key;
    buf_init(&key, SHELF_KEY_BYTES_MAX);
    g->from = g->count;
    if (!shelf_load(&f->aliases, f->db, "alias", e)) {
        return false;
    }
    for (size_t block = first_block(&f->aliases, g); block < f->aliases.blocks && !is_full(g);
         block++) {
        struct shelf_walk walk = {.key = &key};
        uint32_t before = 0;
        enum step got;
        key.len = 0;
        if (!shelf_read(&f->aliases, block, &walk.rest, e)) {
            return false;
        }
        while (!is_full(g) && (got = shelf_walk_next(&walk, e)) != STEP_END) {
            numbers->len = 0;
            if (got == STEP_FAILED ||
                !feedfile_alias_take(&walk.rest, walk.flag, &before, numbers, e)) {
                return false;
            }
            if (str_cmp(buf_str(&key), g->after) > 0 && is_any_reached(reach, numbers) &&
                !key_keep(g, buf_str(&key), e)) {
                return false;
            }
        }
    }
    return true;
}

static int key_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* The first of all, each once. */
static size_t merge(struct gathering *g, bool *more)
{
    size_t kept = 0;
    if (g->count > 1) {
        qsort(g->keys, g->count, sizeof(*g->keys), key_order);
    }
    for (size_t i = 0; i < g->count; i++) {
        if (kept == 0 || !str_eq(g->keys[kept - 1], g->keys[i])) {
            g->keys[kept++] = g->keys[i];
        }
    }
    *more = kept > g->limit;
    return *more ? g->limit : kept;
}

/* -- what is said of a name ----------------------------------------------------------------- */

struct filling {
    struct arena *arena;
    const struct names_reach *reach;
    str key;
    struct named *out;
    struct named_advisory *at;
    size_t room;
};

static bool is_spelled(struct advisories *a, str id, str key, bool *is, struct error *e)
{
    a->folded.len = 0;
    if (!key_add_folded(&a->folded, id, e)) {
        return false;
    }
    *is = str_eq(buf_str(&a->folded), key);
    return true;
}

/* The name as somebody spells it: keys do not tell upper from lower case. */
static bool spell(struct advisories *a, struct filling *x, const struct advisory *said,
                  struct error *e)
{
    bool is = x->out->name.len > 0;
    for (size_t i = 0; !is && i <= said->ids_count; i++) {
        str id = i == 0 ? said->id : said->ids[i - 1];
        if (!is_spelled(a, id, x->key, &is, e)) {
            return false;
        }
        x->out->name = is ? id : STR_NONE;
    }
    return true;
}

static bool advisory_fill(struct advisories *a, struct filling *x, size_t feed, uint32_t number,
                          struct error *e)
{
    struct feedfile *f = a->files[feed];
    const struct raw_head *raw;
    void *items = x->at;
    if (!arena_grow(x->arena, &items, x->out->count, &x->room, sizeof(*x->at), e)) {
        return false;
    }
    x->at = items;
    struct named_advisory *to = &x->at[x->out->count++];
    *to = (struct named_advisory){.severity = SEVERITY_UNKNOWN};
    to->here = is_reached(&x->reach->feeds[feed], number, &to->severity);
    if (!arena_str(x->arena, a->current.feeds[feed].state.feed, &to->feed, e) ||
        !feedfile_head(f, number, x->arena, &to->said, &raw, e)) {
        return false;
    }
    to->here = to->here && to->said.withdrawn_s == 0;
    return (!to->here || !head_is_described(raw) ||
            feedfile_description(f, number, x->arena, &to->said.description, e)) &&
           spell(a, x, &to->said, e);
}

static int number_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool feed_fill(struct advisories *a, struct filling *x, size_t feed, struct error *e)
{
    struct feedfile *f;
    a->numbers.len = 0;
    if (!generation_file(a, feed, &f, e) || !feedfile_numbers(f, x->key, true, &a->numbers, e)) {
        return false;
    }
    uint32_t *numbers = (uint32_t *)(void *)a->numbers.at;
    size_t count = a->numbers.len / sizeof(uint32_t);
    if (count > 1) {
        qsort(numbers, count, sizeof(uint32_t), number_order);
    }
    for (size_t n = 0; n < count; n++) {
        if ((n == 0 || numbers[n] != numbers[n - 1]) && !advisory_fill(a, x, feed, numbers[n], e)) {
            return false;
        }
    }
    return true;
}

static bool name_fill(struct advisories *a, struct filling *x, struct error *e)
{
    for (size_t i = 0; i < a->current.count; i++) {
        if (a->current.feeds[i].file.len > 0 && !feed_fill(a, x, i, e)) {
            return generation_wrap(a, i, e);
        }
    }
    x->out->advisories = x->at;
    return x->out->name.len > 0 || error_set(e, ERROR_FORMAT, "an id without its advisory");
}

static bool gather(struct advisories *a, const struct names_question *q,
                   const struct names_reach *reach, struct gathering *g, struct error *e)
{
    for (size_t i = 0; i < a->current.count; i++) {
        struct feedfile *f;
        if (!covers(&a->current.feeds[i], q)) {
            continue;
        }
        if (!generation_file(a, i, &f, e) || !gather_own(g, f, &reach->feeds[i], e) ||
            !gather_about(g, f, &reach->feeds[i], &a->numbers, e)) {
            return generation_wrap(a, i, e);
        }
    }
    return true;
}

bool names_list(struct advisories *a, const struct names_question *q, struct arena *arena,
                const struct named **out, size_t *count, bool *more, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, NAMES_BYTES_MAX, "a list of names");
    struct gathering g = {.arena = &scratch, .limit = q->limit};
    const struct names_reach *reach;
    a->folded.len = 0;
    if (!reach_of(a, q, &scratch, &reach, e) || !key_add_folded(&a->folded, q->after, e) ||
        !arena_str(&scratch, buf_str(&a->folded), &g.after, e) || !gather(a, q, reach, &g, e)) {
        return false;
    }
    size_t kept = merge(&g, more);
    struct named *list = ARENA_ARRAY(arena, kept, struct named, e);
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < kept; i++) {
        struct filling x = {.arena = arena, .reach = reach, .key = g.keys[i], .out = &list[i]};
        if (!name_fill(a, &x, e)) {
            return false;
        }
    }
    *out = list;
    *count = kept;
    return true;
}

bool names_namespaces(struct advisories *a, struct arena *arena, const str **out, size_t *count,
                      struct error *e)
{
    str *list = NULL;
    size_t n = 0, room = 0, kept = 0;
    for (size_t i = 0; i < a->current.count; i++) {
        const struct current_feed *feed = &a->current.feeds[i];
        for (size_t k = 0; feed->file.len > 0 && k < feed->namespaces_count; k++) {
            void *items = list;
            if (!arena_grow(arena, &items, n, &room, sizeof(*list), e)) {
                return false;
            }
            list = items;
            if (!arena_str(arena, feed->namespaces[k], &list[n++], e)) {
                return false;
            }
        }
    }
    if (n > 1) {
        qsort(list, n, sizeof(*list), key_order);
    }
    for (size_t i = 0; i < n; i++) {
        if (list[i].len > 0 && (kept == 0 || !str_eq(list[kept - 1], list[i]))) {
            list[kept++] = list[i];
        }
    }
    *out = list;
    *count = kept;
    return true;
}
