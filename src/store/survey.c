#include "store/survey.h"

#include <stdlib.h>

#include "base/map.h"
#include "store/part.h"
#include "store/texts.h"
#include "stream/hash.h"

enum { DICTIONARY_ROOM = 256 * 1024 };

struct surveying {
    struct part_out out; /* the part goes into the hash */
    struct hash hash;
    struct part_encoder encoder;
    struct text_sample sample;
    struct survey *to;
    struct arena *arena;
    struct map known; /* namespaces */
    str *namespaces;
    size_t room, max;
    bool rows_since_head;
};

void survey_init(struct survey *s)
{
    *s = (struct survey){0};
    buf_init(&s->dictionary, DICTIONARY_ROOM);
}

void survey_done(struct survey *s)
{
    buf_done(&s->dictionary);
}

static bool hash_put(struct part_out *self, str bytes, struct error *e)
{
    (void)e;
    hash_update(&CONTAINER_OF(self, struct surveying, out)->hash, bytes.at, bytes.len);
    return true;
}

static bool namespace_see(struct surveying *x, str name, struct error *e)
{
    if (x->to->namespaces_count > 0 &&
        str_eq(x->namespaces[x->to->namespaces_count - 1], name)) { /* most often */
        return true;
    }
    if (map_get(&x->known, name) != NULL) {
        return true;
    }
    if (x->to->namespaces_count == x->max) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %zu namespaces", x->max);
    }
    void *items = x->namespaces;
    str copy;
    if (!arena_grow(x->arena, &items, x->to->namespaces_count, &x->room, sizeof(str), e) ||
        !arena_str(x->arena, name, &copy, e) || !map_put(&x->known, copy, x, e)) {
        return false;
    }
    x->namespaces = items;
    x->namespaces[x->to->namespaces_count++] = copy;
    return true;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Behind the last row of an advisory. */
static bool advisory_end(struct surveying *x, struct error *e)
{
    bool without = x->encoder.advisories > 0 && !x->rows_since_head;
    x->rows_since_head = false;
    return !without || namespace_see(x, STR(""), e);
}

static bool item_see(struct surveying *x, const struct item *item, struct error *e)
{
    if (item->kind == ITEM_HEAD) {
        x->to->newest_s = larger(x->to->newest_s, item->head.published_s);
        x->to->newest_s = larger(x->to->newest_s, item->head.modified_s);
        if (!advisory_end(x, e) ||
            !text_sample_add(&x->sample, item->head.id, item->head.description, e)) {
            return false;
        }
    } else if (item->kind == ITEM_ROW) {
        x->rows_since_head = true;
        if (!namespace_see(x, item->row.namespace_, e)) {
            return false;
        }
    }
    return part_encoder_add(&x->encoder, item, e);
}

static int name_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static bool all_see(struct surveying *x, struct items *from, struct error *e)
{
    struct item item;
    enum step got = STEP_FAILED;
    bool done = items_rewind(from, e);
    while (done && (got = items_next(from, &item, e)) == STEP_GOT) {
        done = item_see(x, &item, e);
    }
    return done && got == STEP_END && advisory_end(x, e) && part_encoder_end(&x->encoder, e) &&
           text_sample_train(&x->sample, &x->to->dictionary, e);
}

bool survey_make(struct survey *s, struct items *from, size_t namespaces_max, struct arena *arena,
                 struct error *e)
{
    struct surveying x = {.out.put = hash_put, .to = s, .arena = arena, .max = namespaces_max};
    hash_init(&x.hash, DIGEST_SHA256);
    text_sample_init(&x.sample);
    map_init(&x.known, arena);
    bool done = part_encoder_init(&x.encoder, &x.out, e) && all_see(&x, from, e);
    if (done) {
        s->hash = hash_done(&x.hash);
        s->part_bytes = x.encoder.bytes;
        s->advisories = x.encoder.advisories;
        s->rows = x.encoder.rows;
        if (s->namespaces_count > 1) {
            qsort(x.namespaces, s->namespaces_count, sizeof(str), name_order);
        }
        s->namespaces = x.namespaces;
    }
    part_encoder_done(&x.encoder);
    text_sample_done(&x.sample);
    return done;
}
