#include <string.h>

#include "base/map.h"
#include "store/feedfile.h"
#include "store/ids.h"
#include "store/key.h"
#include "store/migrate.h"
#include "store/varint.h"

/* A file is written in four steps, each with little memory:
 *
 *   1  all items go by: advisories get their numbers; rows and ids go into order by package and
 *      by vulnerability
 *   2  rows by package: packages get their numbers; (advisory, package) goes into order
 *   3  all items go by again, beside the packages of each: heads and descriptions
 *   4  vulnerabilities with their advisories */

/* A page of every table is half empty; where that matters, pages are small. */
enum { SMALL_ITEMS = 32 * 1024, SMALL_PAGE_BYTES = 1024 };

enum { LOAD_CACHE_KIB = 1024, ALIAS_BLOCK_BYTES = 490, HEAD_ARENA_BYTES_MAX = 1024 * 1024 };

struct filing {
    struct db *db;
    struct items *from;
    struct words words;
    struct rows_writer rows;
    struct heads_writer heads;
    struct texts_writer texts;
    struct shelf_writer aliases;
    struct spill by_package, by_advisory, by_alias;
    struct arena arena, head_arena;
    struct map namespaces; /* name to uint32_t */
    struct statement *namespace_insert;
    uint32_t namespaces_count;
    struct buf record, ids, packages, numbers, alias;
    uint32_t pair_advisory, pair_package; /* the next of by_advisory */
    bool pair_there;
};

static bool filing_init(struct filing *x, struct db *db, struct items *from,
                        const struct feedfile_options *o, struct error *e)
{
    *x = (struct filing){.db = db, .from = from};
    arena_init(&x->arena, 16 * 1024 * 1024, "the namespaces of a feed");
    arena_init(&x->head_arena, HEAD_ARENA_BYTES_MAX, "an advisory");
    map_init(&x->namespaces, &x->arena);
    spill_init(&x->by_package, o->scratch, o->budget_bytes / 2);
    spill_init(&x->by_advisory, o->scratch, o->budget_bytes / 4);
    spill_init(&x->by_alias, o->scratch, o->budget_bytes / 4);
    struct buf *bufs[] = {&x->record, &x->ids, &x->packages, &x->numbers, &x->alias};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_init(bufs[i], SIZE_MAX / 2);
    }
    return words_init(&x->words, db, e) && rows_writer_init(&x->rows, db, e) &&
           heads_writer_init(&x->heads, db, &x->words, e) &&
           texts_writer_init(&x->texts, db, o->dictionary, e) &&
           shelf_writer_init(&x->aliases, db, "alias", ALIAS_BLOCK_BYTES, e) &&
           db_prepare(db, STR("INSERT INTO namespace (id, name) VALUES ($1, $2)"),
                      &x->namespace_insert, e);
}

static void filing_done(struct filing *x)
{
    words_done(&x->words);
    rows_writer_done(&x->rows);
    heads_writer_done(&x->heads);
    texts_writer_done(&x->texts);
    shelf_writer_done(&x->aliases);
    spill_done(&x->by_package);
    spill_done(&x->by_advisory);
    spill_done(&x->by_alias);
    db_finish(x->namespace_insert);
    struct buf *bufs[] = {&x->record, &x->ids, &x->packages, &x->numbers, &x->alias};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_done(bufs[i]);
    }
    arena_done(&x->arena);
    arena_done(&x->head_arena);
}

/* -- 1: rows and ids into order ---------------------------------------------------------------- */

static bool namespace_number(struct filing *x, str name, uint32_t *out, struct error *e)
{
    uint32_t *known = map_get(&x->namespaces, name);
    if (known != NULL) {
        *out = *known;
        return true;
    }
    known = ARENA_NEW(&x->arena, uint32_t, e);
    str copy;
    if (known == NULL || !arena_str(&x->arena, name, &copy, e) ||
        !map_put(&x->namespaces, copy, known, e)) {
        return false;
    }
    *out = *known = ++x->namespaces_count;
    return db_bind_int(x->namespace_insert, 1, *out, e) &&
           db_bind_bytes(x->namespace_insert, 2, copy, e) && db_run(x->namespace_insert, e);
}

static bool row_file(struct filing *x, const struct affected *row, uint32_t advisory,
                     struct error *e)
{
    struct row_group g = {.state = row->state,
                          .severity = row->severity,
                          .fixed = row->fixed,
                          .introduced = row->introduced,
                          .last_affected = row->last_affected};
    uint32_t namespace_ = 0;
    if (!namespace_number(x, row->namespace_, &namespace_, e) ||
        !words_ref(&x->words, row->product, &g.product, e) ||
        !words_ref(&x->words, row->module, &g.module, e) ||
        !words_ref(&x->words, row->arch, &g.arch, e) ||
        !words_ref(&x->words, row->word, &g.word, e)) {
        return false;
    }
    g.place = namespace_ << 1 | (row->scope == SCOPE_BINARY);
    x->record.len = 0;
    return row_record_add(&x->record, row->package, &g, advisory, e) &&
           spill_add(&x->by_package, buf_str(&x->record), e);
}

static bool id_file(struct filing *x, str id, uint32_t advisory, struct error *e)
{
    x->record.len = x->alias.len = 0;
    return key_add_folded(&x->alias, id, e) && key_add(&x->record, buf_str(&x->alias), e) &&
           key_add32(&x->record, advisory, e) && spill_add(&x->by_alias, buf_str(&x->record), e);
}

static bool items_file(struct filing *x, struct error *e)
{
    struct item item;
    enum step got = STEP_FAILED;
    uint64_t count = 0;
    bool done = items_rewind(x->from, e);
    while (done && (got = items_next(x->from, &item, e)) == STEP_GOT) {
        if (item.kind == ITEM_HEAD) {
            done = ++count < UINT32_MAX || error_set(e, ERROR_LIMIT, "too many advisories");
        } else if (item.kind == ITEM_ID) {
            done = id_file(x, item.id, (uint32_t)(count - 1), e);
        } else {
            done = row_file(x, &item.row, (uint32_t)(count - 1), e);
        }
    }
    return done && got == STEP_END && spill_sort(&x->by_package, e) && spill_sort(&x->by_alias, e);
}

/* -- 2: rows by package ------------------------------------------------------------------------ */

static bool rows_file(struct filing *x, struct error *e)
{
    enum step got;
    str record;
    while ((got = spill_next(&x->by_package, &record, e)) == STEP_GOT) {
        uint32_t package = 0, advisory = 0;
        if (!rows_add(&x->rows, record, &package, &advisory, e)) {
            return false;
        }
        x->record.len = 0;
        if (!key_add32(&x->record, advisory, e) || !key_add32(&x->record, package, e) ||
            !spill_add(&x->by_advisory, buf_str(&x->record), e)) {
            return false;
        }
    }
    spill_done(&x->by_package); /* its memory is wanted */
    return got == STEP_END && rows_end(&x->rows, x->db, e) && spill_sort(&x->by_advisory, e);
}

/* -- 3: heads ---------------------------------------------------------------------------------- */

static bool pair_next(struct filing *x, struct error *e)
{
    str record;
    enum step got = spill_next(&x->by_advisory, &record, e);
    x->pair_there = got == STEP_GOT;
    return got == STEP_END || (got == STEP_GOT && key_take32(&record, &x->pair_advisory, e) &&
                               key_take32(&record, &x->pair_package, e));
}

static bool head_file(struct filing *x, const struct advisory *head, uint32_t number,
                      struct error *e)
{
    uint32_t before = 0;
    x->packages.len = 0;
    while (x->pair_there && x->pair_advisory == number) {
        if (!varint_add(&x->packages, x->pair_package - before, e)) {
            return false;
        }
        before = x->pair_package;
        if (!pair_next(x, e)) {
            return false;
        }
    }
    struct head_said said = {.number = number,
                             .advisory = head,
                             .ids = buf_str(&x->ids),
                             .packages = buf_str(&x->packages)};
    return heads_add(&x->heads, &said, e) &&
           (head->description.len == 0 || texts_add(&x->texts, number, head->description, e));
}

/* A head waits here for its ids. */
static bool head_keep(struct filing *x, const struct advisory *from, struct advisory *to,
                      struct error *e)
{
    arena_done(&x->head_arena);
    *to = *from;
    x->ids.len = 0;
    return arena_str(&x->head_arena, from->id, &to->id, e) &&
           arena_str(&x->head_arena, from->severity_source, &to->severity_source, e) &&
           arena_str(&x->head_arena, from->cvss, &to->cvss, e) &&
           arena_str(&x->head_arena, from->url, &to->url, e) &&
           arena_str(&x->head_arena, from->description, &to->description, e);
}

static bool heads_file(struct filing *x, struct error *e)
{
    struct item item;
    struct advisory head = {0};
    enum step got = STEP_FAILED;
    uint32_t count = 0;
    bool done = items_rewind(x->from, e) && pair_next(x, e);
    while (done && (got = items_next(x->from, &item, e)) == STEP_GOT) {
        if (item.kind == ITEM_HEAD) {
            done = (count == 0 || head_file(x, &head, count - 1, e)) &&
                   head_keep(x, &item.head, &head, e);
            count++;
        } else if (item.kind == ITEM_ID) {
            done = ids_add(&x->ids, item.id, e);
        }
    }
    return done && got == STEP_END && (count == 0 || head_file(x, &head, count - 1, e)) &&
           heads_end(&x->heads, x->db, e) && texts_end(&x->texts, e);
}

/* -- 4: vulnerabilities ------------------------------------------------------------------------ */

/* One id with its advisories: the first near the first of the id before. */
static bool alias_write(struct filing *x, uint64_t number, uint32_t *before, struct error *e)
{
    const uint32_t *numbers = (const uint32_t *)(const void *)x->numbers.at;
    size_t count = x->numbers.len / sizeof(uint32_t);
    bool anew = false;
    if (!shelf_begin(&x->aliases, number, buf_str(&x->alias), x->alias.len + 4 + 3 * count, &anew,
                     e)) {
        return false;
    }
    int64_t near = anew ? 0 : *before;
    bool done = shelf_key(&x->aliases, buf_str(&x->alias), count == 1, e) &&
                (count == 1 || varint_add(&x->aliases.block, count, e));
    for (size_t i = 0; done && i < count; i++) {
        done = varint_add(&x->aliases.block,
                          i == 0 ? zigzag((int64_t)numbers[0] - near)
                                 : (uint64_t)(numbers[i] - numbers[i - 1]),
                          e);
    }
    *before = numbers[0];
    return done;
}

static bool aliases_file(struct filing *x, struct error *e)
{
    enum step got;
    str record, alias;
    uint64_t count = 0;
    uint32_t number = 0, before = 0;
    bool done = true;
    x->alias.len = x->numbers.len = 0;
    while (done && (got = spill_next(&x->by_alias, &record, e)) == STEP_GOT) {
        arena_done(&x->head_arena);
        done = key_take(&record, &x->head_arena, &alias, e) && key_take32(&record, &number, e);
        if (done && x->numbers.len > 0 && !str_eq(alias, buf_str(&x->alias))) {
            done = alias_write(x, count++, &before, e);
            x->numbers.len = 0;
        }
        x->alias.len = 0;
        done = done && buf_add_str(&x->alias, alias, e) &&
               buf_add(&x->numbers, &number, sizeof(number), e);
    }
    return done && got == STEP_END && (x->numbers.len == 0 || alias_write(x, count, &before, e)) &&
           shelf_end(&x->aliases, x->db, e);
}

bool feedfile_write(const struct feedfile_options *o, struct items *from, struct error *e)
{
    struct db_options options = {.path = o->path,
                                 .mode = DB_LOAD,
                                 .cache_kib = LOAD_CACHE_KIB,
                                 .page_bytes = o->items < SMALL_ITEMS ? SMALL_PAGE_BYTES : 0};
    struct db *db;
    struct filing x = {0};
    if (!db_open(&engine_sqlite, &options, &db, e)) {
        return false;
    }
    bool done = schema_migrate(db, &schema_advisories, e) && db_begin(db, e);
    done = done && filing_init(&x, db, from, o, e) && items_file(&x, e) && rows_file(&x, e) &&
           heads_file(&x, e) && aliases_file(&x, e);
    filing_done(&x);
    done = done && db_commit(db, e);
    db_close(db);
    return done || error_wrap(e, "cannot write '%s'", o->path);
}
