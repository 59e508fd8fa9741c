#include "store/feedfile.h"
#include "store/ids.h"
#include "store/key.h"

/* All of a file, as the items that it was made from. Heads lie in their order; rows lie by package,
 * and go through a spill into the order of advisories. */

enum { ITEM_ARENA_BYTES_MAX = 4 * 1024 * 1024 };

struct filing_sink {
    struct row_sink base;
    struct feedfile_items *items;
    struct arena *arena;
    struct buf *record;
    str package;
};

static bool group_put(struct row_sink *self, const struct row_group *group,
                      const uint32_t *advisories, size_t count, struct error *e)
{
    struct filing_sink *sink = CONTAINER_OF(self, struct filing_sink, base);
    struct affected row;
    if (!feedfile_affected(sink->items->file, group, sink->arena, &row, e)) {
        return false;
    }
    row.package = sink->package;
    for (size_t i = 0; i < count; i++) {
        sink->record->len = 0;
        if (!key_add32(sink->record, advisories[i], e) || !key_add_row(sink->record, &row, e) ||
            !spill_add(&sink->items->rows, buf_str(sink->record), e)) {
            return false;
        }
    }
    return true;
}

/* The packages of one block of names, with their rows. */
static bool names_block(struct feedfile_items *x, size_t block, struct buf *key,
                        struct filing_sink *sink, struct error *e)
{
    struct feedfile *f = x->file;
    str bytes;
    if (!shelf_read(&f->names, block, &bytes, e)) {
        return false;
    }
    struct shelf_walk walk = {.rest = bytes, .key = key};
    uint64_t number = f->names.fence[block].number;
    enum step got;
    key->len = 0;
    for (; (got = shelf_walk_next(&walk, e)) == STEP_GOT; number++) {
        arena_done(sink->arena);
        sink->package = buf_str(key);
        if (!rows_read(&f->rows, number, sink->arena, &sink->base, e)) {
            return false;
        }
    }
    return got == STEP_END;
}

static bool rows_sort(struct feedfile_items *x, struct error *e)
{
    CLEANUP(buf_done) struct buf key, record;
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 64 * 1024 * 1024, "the rows of a package");
    buf_init(&key, SHELF_KEY_BYTES_MAX);
    buf_init(&record, SPILL_RECORD_BYTES_MAX);
    struct filing_sink sink = {.base = {.put = group_put, .place = (uint32_t)ROW_PLACE_ANY},
                               .items = x,
                               .arena = &arena,
                               .record = &record};
    if (!feedfile_load_rows(x->file, e)) {
        return false;
    }
    for (size_t i = 0; i < x->file->names.blocks; i++) {
        if (!part_watch_ask(x->file->watch, e) || !names_block(x, i, &key, &sink, e)) {
            return false;
        }
    }
    return spill_sort(&x->rows, e);
}

/* -- the stream ------------------------------------------------------------------------------- */

/* The next head: in the block, or in the next one. */
static enum step head_next(struct feedfile_items *x, struct error *e)
{
    struct feedfile *f = x->file;
    for (;;) {
        enum step got = x->block == 0 ? STEP_END : heads_walk_next(&x->walk, e);
        if (got != STEP_END) {
            return got;
        }
        str bytes;
        if (x->block == f->heads.blocks) {
            return STEP_END;
        }
        if (!shelf_read(&f->heads, x->block++, &bytes, e)) {
            return STEP_FAILED;
        }
        heads_walk_init(&x->walk, bytes, &x->walk_key);
    }
}

static bool head_give(struct feedfile_items *x, struct item *out, struct error *e)
{
    struct feedfile *f = x->file;
    out->kind = ITEM_HEAD;
    x->ids = x->walk.head.ids;
    x->advisory_key.len = 0;
    if (!head_unpack(&x->walk, &f->words, f->db, &x->arena, &out->head, e) ||
        !key_add_id(&x->advisory_key, out->head.id, e)) {
        return false;
    }
    out->head.ids = NULL;
    out->head.ids_count = 0;
    return !head_is_described(&x->walk.head) ||
           feedfile_description(f, x->next, &x->arena, &out->head.description, e);
}

/* A row of the advisory that was given last, if there is another one. */
static enum step row_give(struct feedfile_items *x, struct item *out, struct error *e)
{
    uint32_t advisory = 0;
    if (x->row.at == NULL) {
        enum step got = spill_next(&x->rows, &x->row, e);
        if (got != STEP_GOT) {
            return got;
        }
    }
    str rest = x->row;
    if (!key_take32(&rest, &advisory, e)) {
        return STEP_FAILED;
    }
    if ((uint64_t)advisory + 1 != x->next) {
        return STEP_END;
    }
    x->row = STR_NONE;
    out->kind = ITEM_ROW;
    return key_take_row(&rest, &x->arena, &out->row, e) ? STEP_GOT : STEP_FAILED;
}

static enum step file_next(struct items *self, struct item *out, struct error *e)
{
    struct feedfile_items *x = CONTAINER_OF(self, struct feedfile_items, items);
    *out = (struct item){.key = buf_str(&x->advisory_key)};
    arena_done(&x->arena);
    if (x->ids.len > 0) {
        out->kind = ITEM_ID;
        return ids_take(&x->ids, &x->arena, &out->id, e) ? STEP_GOT : STEP_FAILED;
    }
    enum step got = x->next > 0 ? row_give(x, out, e) : STEP_END;
    if (got != STEP_END) {
        return got;
    }
    got = head_next(x, e);
    if (got == STEP_GOT) {
        got = head_give(x, out, e) ? STEP_GOT : STEP_FAILED;
        out->key = buf_str(&x->advisory_key);
        x->next++;
    } else if (got == STEP_END && x->row.at != NULL) {
        error_set(e, ERROR_FORMAT, "a row without its advisory");
        return STEP_FAILED;
    }
    return got;
}

static bool file_rewind(struct items *self, struct error *e)
{
    struct feedfile_items *x = CONTAINER_OF(self, struct feedfile_items, items);
    x->block = 0;
    x->next = 0;
    x->ids = x->row = STR_NONE;
    x->advisory_key.len = 0;
    return spill_rewind(&x->rows, e);
}

bool feedfile_items_init(struct feedfile_items *x, struct feedfile *file, const char *scratch,
                         size_t budget_bytes, struct error *e)
{
    *x = (struct feedfile_items){.items = {.next = file_next, .rewind = file_rewind}, .file = file};
    spill_init(&x->rows, scratch, budget_bytes);
    arena_init(&x->arena, ITEM_ARENA_BYTES_MAX, "an advisory");
    buf_init(&x->walk_key, SHELF_KEY_BYTES_MAX);
    buf_init(&x->advisory_key, SPILL_RECORD_BYTES_MAX);
    return shelf_load(&file->heads, file->db, "advisory", e) && rows_sort(x, e) &&
           file_rewind(&x->items, e);
}

void feedfile_items_done(struct feedfile_items *x)
{
    spill_done(&x->rows);
    arena_done(&x->arena);
    buf_done(&x->walk_key);
    buf_done(&x->advisory_key);
}
