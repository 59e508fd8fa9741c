#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

#include "store/key.h"
#include "store/rowcode.h"
#include "store/varint.h"

/* An entry is ended when it would fill a block, so that the next one begins behind it. */
enum { ENTRY_BYTES = 3600, ARENA_BYTES_MAX = 8 * 1024 * 1024 };

struct gathered_group {
    struct row_group group;
    size_t first, count; /* of its advisories */
};

/* -- records ---------------------------------------------------------------------------------- */

bool row_record_add(struct buf *to, str package, const struct row_group *g, uint32_t advisory,
                    struct error *e)
{
    return key_add(to, package, e) && key_add32(to, g->place, e) &&
           word_key_add(to, g->product, e) && word_key_add(to, g->module, e) &&
           word_key_add(to, g->arch, e) && buf_add_char(to, (char)g->state, e) &&
           word_key_add(to, g->word, e) && key_add(to, g->fixed, e) &&
           key_add(to, g->introduced, e) && key_add(to, g->last_affected, e) &&
           buf_add_char(to, (char)g->severity, e) && key_add32(to, advisory, e);
}

/* What is between the package and the advisory, with texts that live in `arena`. */
static bool middle_take(str rest, struct arena *arena, struct row_group *out, struct error *e)
{
    unsigned state = 0, severity = 0;
    if (!arena_str(arena, rest, &rest, e) || !key_take32(&rest, &out->place, e) ||
        !word_key_take(&rest, arena, &out->product, e) ||
        !word_key_take(&rest, arena, &out->module, e) ||
        !word_key_take(&rest, arena, &out->arch, e) ||
        !key_take8(&rest, FIX_STATE_COUNT, &state, e) ||
        !word_key_take(&rest, arena, &out->word, e) || !key_take(&rest, arena, &out->fixed, e) ||
        !key_take(&rest, arena, &out->introduced, e) ||
        !key_take(&rest, arena, &out->last_affected, e) ||
        !key_take8(&rest, SEVERITY_COUNT, &severity, e)) {
        return false;
    }
    out->state = (enum fix_state)state; /* both below their counts */
    out->severity = (enum severity)severity;
    return true;
}

/* -- writing --------------------------------------------------------------------------------- */

bool rows_writer_init(struct rows_writer *w, struct db *db, struct error *e)
{
    *w = (struct rows_writer){0};
    arena_init(&w->arena, ARENA_BYTES_MAX, "rows of a package");
    struct buf *bufs[] = {&w->package, &w->middle, &w->groups,  &w->advisories,
                          &w->texts,   &w->entry,  &w->section, &w->body};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_init(bufs[i], SIZE_MAX / 2);
    }
    return shelf_writer_init(&w->names, db, "package", NAMES_BLOCK_BYTES, e) &&
           shelf_writer_init(&w->rows, db, "affected", ROWS_BLOCK_BYTES, e);
}

void rows_writer_done(struct rows_writer *w)
{
    shelf_writer_done(&w->names);
    shelf_writer_done(&w->rows);
    arena_done(&w->arena);
    struct buf *bufs[] = {&w->package, &w->middle, &w->groups,  &w->advisories,
                          &w->texts,   &w->entry,  &w->section, &w->body};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_done(bufs[i]);
    }
}

static struct gathered_group *groups_of(const struct rows_writer *w)
{
    return (struct gathered_group *)(void *)w->groups.at;
}

static size_t groups_count(const struct rows_writer *w)
{
    return w->groups.len / sizeof(struct gathered_group);
}

static int text_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* The texts of all groups, sorted, each once. */
static bool texts_gather(struct rows_writer *w, struct error *e)
{
    w->texts.len = 0;
    for (size_t i = 0; i < groups_count(w); i++) {
        const struct row_group *g = &groups_of(w)[i].group;
        const str texts[] = {g->fixed, g->introduced, g->last_affected};
        for (size_t n = 0; n < ARRAY_COUNT(texts); n++) {
            if (texts[n].len > 0 && !buf_add(&w->texts, &texts[n], sizeof(str), e)) {
                return false;
            }
        }
    }
    str *texts = (str *)(void *)w->texts.at;
    size_t count = w->texts.len / sizeof(str), kept = 0;
    if (count > 1) {
        qsort(texts, count, sizeof(str), text_order);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !str_eq(texts[kept - 1], texts[i])) {
            texts[kept++] = texts[i];
        }
    }
    w->texts.len = kept * sizeof(str);
    return true;
}

/* 0: empty; else its place among the texts, from 1. */
static uint64_t text_number(const struct rows_writer *w, str text)
{
    const str *texts = (const str *)(const void *)w->texts.at;
    if (text.len == 0) {
        return 0;
    }
    const str *found = bsearch(&text, texts, w->texts.len / sizeof(str), sizeof(str), text_order);
    return (uint64_t)(found - texts) + 1; /* it was gathered from there */
}

static bool texts_add(struct rows_writer *w, struct error *e)
{
    const str *texts = (const str *)(const void *)w->texts.at;
    str before = STR_NONE;
    size_t count = w->texts.len / sizeof(str);
    w->section.len = 0;
    bool done = varint_add(&w->section, count, e);
    for (size_t i = 0; done && i < count; i++) {
        size_t same = 0;
        while (same < before.len && same < texts[i].len && before.at[same] == texts[i].at[same]) {
            same++;
        }
        done = varint_add(&w->section, same, e) &&
               varint_add(&w->section, texts[i].len - same, e) &&
               buf_add_str(&w->section, str_slice(texts[i], same, texts[i].len), e);
        before = texts[i];
    }
    return done && varint_add(&w->body, w->section.len, e) &&
           buf_add_str(&w->body, buf_str(&w->section), e);
}

static bool ref_same(struct word_ref a, struct word_ref b)
{
    return a.number == b.number && str_eq(a.text, b.text);
}

static bool advisories_add(struct rows_writer *w, const struct gathered_group *g, uint32_t *last,
                           struct error *e)
{
    const uint32_t *numbers = (const uint32_t *)(const void *)w->advisories.at + g->first;
    bool done = g->count == 1 || varint_add(&w->section, g->count, e);
    for (size_t i = 0; done && i < g->count; i++) {
        done = varint_add(&w->section,
                          i == 0 ? zigzag((int64_t)numbers[0] - (int64_t)*last)
                                 : (uint64_t)(numbers[i] - numbers[i - 1] - 1),
                          e);
    }
    *last = numbers[g->count - 1];
    return done;
}

static bool group_add(struct rows_writer *w, const struct gathered_group *gathered,
                      const struct row_group *before, uint32_t *last, struct error *e)
{
    const struct row_group *g = &gathered->group;
    struct buf *to = &w->section;
    unsigned members =
        (!ref_same(g->product, before->product) ? GROUP_PRODUCT : 0u) |
        (!ref_same(g->arch, before->arch) ? GROUP_ARCH : 0u) |
        (!ref_same(g->module, before->module) ? GROUP_MODULE : 0u) |
        (!ref_same(g->word, before->word) ? GROUP_WORD : 0u) |
        (g->state != before->state || g->severity != before->severity ? GROUP_STATE : 0u) |
        (!str_eq(g->fixed, before->fixed) ? GROUP_FIXED : 0u) |
        (!str_eq(g->introduced, before->introduced) ||
                 !str_eq(g->last_affected, before->last_affected)
             ? GROUP_BOUNDS
             : 0u) |
        (gathered->count > 1 ? GROUP_MANY : 0u);
    return buf_add_char(to, (char)members, e) &&
           ((members & GROUP_PRODUCT) == 0 || word_add(to, g->product, e)) &&
           ((members & GROUP_ARCH) == 0 || word_add(to, g->arch, e)) &&
           ((members & GROUP_MODULE) == 0 || word_add(to, g->module, e)) &&
           ((members & GROUP_WORD) == 0 || word_add(to, g->word, e)) &&
           ((members & GROUP_STATE) == 0 ||
            varint_add(to, (uint64_t)g->severity * FIX_STATE_COUNT + g->state, e)) &&
           ((members & GROUP_FIXED) == 0 || varint_add(to, text_number(w, g->fixed), e)) &&
           ((members & GROUP_BOUNDS) == 0 ||
            (varint_add(to, text_number(w, g->introduced), e) &&
             varint_add(to, text_number(w, g->last_affected), e))) &&
           advisories_add(w, gathered, last, e);
}

/* Groups of one place, from `*at` on. */
static bool section_add(struct rows_writer *w, size_t *at, struct error *e)
{
    const struct row_group none = {0}, *before = &none;
    uint32_t place = groups_of(w)[*at].group.place, last = 0;
    w->section.len = 0;
    for (; *at < groups_count(w) && groups_of(w)[*at].group.place == place; (*at)++) {
        if (!group_add(w, &groups_of(w)[*at], before, &last, e)) {
            return false;
        }
        before = &groups_of(w)[*at].group;
    }
    return varint_add(&w->body, place, e) && varint_add(&w->body, w->section.len, e) &&
           buf_add_str(&w->body, buf_str(&w->section), e);
}

/* What was gathered becomes an entry. */
static bool entry_end(struct rows_writer *w, struct error *e)
{
    bool anew = false;
    w->body.len = 0;
    if (!texts_gather(w, e) || !texts_add(w, e)) {
        return false;
    }
    for (size_t at = 0; at < groups_count(w);) {
        if (!section_add(w, &at, e)) {
            return false;
        }
    }
    if (!shelf_begin(&w->rows, w->number << 1 | w->continued, STR_NONE,
                     w->body.len + 2 * (size_t)VARINT_BYTES_MAX, &anew, e)) {
        return false;
    }
    w->entry_before = anew ? w->number : w->entry_before;
    bool done = varint_add(&w->rows.block, w->number - w->entry_before, e) &&
                varint_add(&w->rows.block, w->body.len, e) &&
                buf_add_str(&w->rows.block, buf_str(&w->body), e);
    w->entry_before = w->number;
    w->continued = true;
    w->groups.len = w->advisories.len = 0;
    w->middle.len = 0;
    w->estimate = 0;
    arena_done(&w->arena);
    return done;
}

static bool package_begin(struct rows_writer *w, str package, struct error *e)
{
    bool anew = false;
    if (w->began && !entry_end(w, e)) {
        return false;
    }
    w->number += w->began;
    w->began = true;
    w->continued = false;
    w->package.len = 0;
    return buf_add_str(&w->package, package, e) &&
           shelf_begin(&w->names, w->number, package, package.len + 4, &anew, e) &&
           shelf_key(&w->names, package, false, e);
}

static bool group_begin(struct rows_writer *w, str middle, struct error *e)
{
    struct gathered_group g = {.first = w->advisories.len / sizeof(uint32_t)};
    if (w->estimate > ENTRY_BYTES && !entry_end(w, e)) {
        return false;
    }
    g.first = w->advisories.len / sizeof(uint32_t);
    w->middle.len = 0;
    w->estimate += 4 + middle.len / 4;
    return middle_take(middle, &w->arena, &g.group, e) && buf_add_str(&w->middle, middle, e) &&
           buf_add(&w->groups, &g, sizeof(g), e);
}

bool rows_add(struct rows_writer *w, str record, uint32_t *number, uint32_t *advisory,
              struct error *e)
{
    str rest = record, package;
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, ARENA_BYTES_MAX, "a package's name");
    if (!key_take(&rest, &scratch, &package, e) || rest.len < 4) {
        return false;
    }
    str middle = str_slice(rest, 0, rest.len - 4);
    rest = str_slice(rest, middle.len, rest.len);
    if (!key_take32(&rest, advisory, e) ||
        ((!w->began || !str_eq(package, buf_str(&w->package))) && !package_begin(w, package, e))) {
        return false;
    }
    bool same = w->groups.len > 0 && str_eq(middle, buf_str(&w->middle));
    if ((!same || w->estimate > 2 * ENTRY_BYTES) && !group_begin(w, middle, e)) {
        return false;
    }
    groups_of(w)[groups_count(w) - 1].count++;
    w->estimate += 2;
    *number = (uint32_t)w->number; /* fewer than rows, which are fewer than 2^32 */
    return buf_add(&w->advisories, advisory, sizeof(*advisory), e);
}

bool rows_end(struct rows_writer *w, struct db *db, struct error *e)
{
    return (!w->began || entry_end(w, e)) && shelf_end(&w->names, db, e) &&
           shelf_end(&w->rows, db, e);
}
