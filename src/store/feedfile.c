#include "store/feedfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/key.h"
#include "store/migrate.h"
#include "store/varint.h"

enum { READ_CACHE_KIB = 512, FILE_ARENA_BYTES_MAX = 1024 * 1024 };

/* -- opening --------------------------------------------------------------------------------- */

static bool db_open_checked(const char *path, uint64_t size_bytes, struct db **out, struct error *e)
{
    struct db_options options = {.path = path, .mode = DB_IMMUTABLE, .cache_kib = READ_CACHE_KIB};
    struct stat st;
    struct db *db = NULL;
    if (stat(path, &st) != 0) {
        return error_sys(e, errno, "cannot open '%s'", path);
    }
    if ((uint64_t)st.st_size != size_bytes) {
        error_set(e, ERROR_FORMAT, "'%s' has %lld bytes instead of %llu", path,
                  (long long)st.st_size, (unsigned long long)size_bytes);
        return error_hint(e, "run 'limpid update'");
    }
    if (!db_open(&engine_sqlite, &options, &db, e) || !schema_require(db, &schema_advisories, e)) {
        db_close(db);
        error_hint(e, "run 'limpid update'");
        return error_wrap(e, "'%s'", path);
    }
    *out = db;
    return true;
}

bool feedfile_is_current(const char *path, uint64_t size_bytes)
{
    struct db *db = NULL;
    bool is = db_open_checked(path, size_bytes, &db, NULL);
    db_close(db);
    return is;
}

bool feedfile_open(const char *path, uint64_t size_bytes, struct feedfile **out, struct error *e)
{
    struct arena arena;
    struct db *db = NULL;
    if (!db_open_checked(path, size_bytes, &db, e)) {
        return false;
    }
    arena_init(&arena, FILE_ARENA_BYTES_MAX, "a feed's file");
    struct feedfile *f = ARENA_NEW(&arena, struct feedfile, e);
    if (f == NULL) {
        arena_done(&arena);
        db_close(db);
        return false;
    }
    f->arena = arena;
    f->db = db;
    shelf_init(&f->heads);
    shelf_init(&f->aliases);
    shelf_init(&f->names);
    shelf_init(&f->rows);
    texts_reader_init(&f->texts);
    words_reader_init(&f->words);
    buf_init(&f->key, SHELF_KEY_BYTES_MAX);
    buf_init(&f->head_key, SHELF_KEY_BYTES_MAX);
    buf_init(&f->matched_key, SHELF_KEY_BYTES_MAX);
    buf_init(&f->passed_key, SHELF_KEY_BYTES_MAX);
    buf_init(&f->namespace_asked, SHELF_KEY_BYTES_MAX);
    *out = f;
    return true;
}

void feedfile_close(struct feedfile *f)
{
    if (f == NULL) {
        return;
    }
    db_finish(f->namespace_);
    db_finish(f->namespace_name);
    shelf_done(&f->heads);
    shelf_done(&f->aliases);
    shelf_done(&f->names);
    shelf_done(&f->rows);
    texts_reader_done(&f->texts);
    words_reader_done(&f->words);
    buf_done(&f->key);
    buf_done(&f->head_key);
    buf_done(&f->matched_key);
    buf_done(&f->passed_key);
    buf_done(&f->namespace_asked);
    db_close(f->db);
    struct arena arena = f->arena; /* it holds the struct itself */
    arena_done(&arena);
}

/* -- advisories ------------------------------------------------------------------------------- */

void feedfile_heads_moved(struct feedfile *f)
{
    f->head_block = f->passed_block = 0;
    f->matched_there = false;
}

/* Begins to walk a block of heads, unless it is the one being walked and the wanted one is ahead.
 */
static bool heads_walk_to(struct feedfile *f, size_t block, uint64_t number, struct error *e)
{
    str bytes;
    if (f->head_block == block + 1 && f->head_number < number) {
        return true;
    }
    feedfile_heads_moved(f);
    if (!shelf_read(&f->heads, block, &bytes, e)) {
        return false;
    }
    heads_walk_init(&f->head, bytes, &f->head_key);
    f->head_block = block + 1;
    f->head_number = f->heads.fence[block].number - 1; /* before the first */
    return true;
}

static enum step head_next(struct feedfile *f, struct error *e)
{
    enum step got = heads_walk_next(&f->head, e);
    f->passed_block = 0;
    f->head_number++;
    if (got != STEP_GOT) {
        f->head_block = 0;
    }
    return got;
}

bool feedfile_head(struct feedfile *f, uint64_t number, struct arena *arena, struct advisory *out,
                   const struct raw_head **raw, struct error *e)
{
    size_t block = 0;
    enum step got = STEP_END;
    if (f->matched_there && f->matched_number == number) {
        *raw = &f->matched.head;
        return head_unpack(&f->matched, &f->words, f->db, arena, out, e);
    }
    if (!shelf_load(&f->heads, f->db, "advisory", e)) {
        return false;
    }
    bool there = shelf_find_number(&f->heads, number, &block);
    bool again = there && f->head_block == block + 1 && f->head_number == number;
    if (there && !again) {
        if (!heads_walk_to(f, block, number, e)) {
            return false;
        }
        do {
            got = head_next(f, e);
        } while (got == STEP_GOT && f->head_number < number);
    }
    if (got == STEP_FAILED) {
        return false;
    }
    if (got == STEP_END && !again) {
        return error_set(e, ERROR_FORMAT, "there is no advisory %llu", (unsigned long long)number);
    }
    *raw = &f->head.head;
    return head_unpack(&f->head, &f->words, f->db, arena, out, e);
}

bool feedfile_description(struct feedfile *f, uint64_t number, struct arena *arena, str *out,
                          struct error *e)
{
    return texts_read(&f->texts, f->db, number, arena, out, e);
}

bool feedfile_describes(struct feedfile *f, bool *describes, struct error *e)
{
    struct statement *s;
    if (f->describes == FEEDFILE_UNASKED) {
        if (!db_prepare(f->db, STR("SELECT 1 FROM description LIMIT 1"), &s, e)) {
            return false;
        }
        enum step got = db_step(s, e);
        db_finish(s);
        if (got == STEP_FAILED) {
            return false;
        }
        f->describes = got == STEP_GOT ? FEEDFILE_DESCRIBES : FEEDFILE_SILENT;
    }
    *describes = f->describes == FEEDFILE_DESCRIBES;
    return true;
}

/* Keeps where the walk is: the head is asked for next. */
static bool match_keep(struct feedfile *f, struct error *e)
{
    f->matched = f->head;
    f->matched.walk.key = &f->matched_key;
    f->matched_key.len = 0;
    f->matched_number = f->head_number;
    f->matched_there = buf_add_str(&f->matched_key, buf_str(f->head.walk.key), e);
    return f->matched_there;
}

/* Keeps how far a look by id went: all heads of the block before the one at hand, or all of them
 * where it came to its end, are not above `folded`. Until the walk is moved. */
static bool passed_keep(struct feedfile *f, size_t block, bool end, str folded, struct error *e)
{
    f->passed_key.len = 0;
    f->passed_block = 0;
    if (!buf_add_str(&f->passed_key, folded, e)) {
        return false;
    }
    f->passed_block = block + 1;
    f->passed_end = end;
    return true;
}

/* Whether the walk can go on from where it is: what is looked for comes behind what was last. */
static bool is_ahead(const struct feedfile *f, size_t block, str folded)
{
    return f->passed_block == block + 1 && str_cmp(buf_str(&f->passed_key), folded) < 0 &&
           str_cmp(f->heads.fence[block].key, folded) < 0;
}

/* Takes those of a block from the head at hand on; *past: there is nothing behind them. */
static bool block_numbers(struct feedfile *f, enum step got, str folded, struct buf *numbers,
                          bool *past, struct error *e)
{
    for (; got == STEP_GOT; got = head_next(f, e)) {
        int order = str_cmp(buf_str(f->head.walk.key), folded);
        uint32_t number = (uint32_t)f->head_number; /* of an advisory */
        *past = order > 0;
        if (*past) {
            return true;
        }
        if (order == 0 && (!match_keep(f, e) || !buf_add(numbers, &number, sizeof(number), e))) {
            return false;
        }
    }
    return got == STEP_END;
}

/* Those whose own id it is: neighbours. */
static bool own_numbers(struct feedfile *f, str folded, struct buf *numbers, struct error *e)
{
    size_t block = 0;
    bool past = false;
    if (!shelf_load(&f->heads, f->db, "advisory", e)) {
        return false;
    }
    if (!shelf_find_key(&f->heads, folded, &block)) {
        return true;
    }
    bool ahead = is_ahead(f, block, folded);
    if (ahead && f->passed_end) {
        return true;
    }
    while (block > 0 && str_eq(f->heads.fence[block].key, folded)) {
        block--; /* the one before may end with it */
    }
    for (; !past && block < f->heads.blocks && str_cmp(f->heads.fence[block].key, folded) <= 0;
         block++) {
        enum step got = STEP_GOT;
        if (!ahead) {
            if (!heads_walk_to(f, block, 0, e)) {
                return false;
            }
            got = head_next(f, e);
        }
        ahead = false;
        if (!block_numbers(f, got, folded, numbers, &past, e)) {
            return false;
        }
    }
    return passed_keep(f, block - 1, !past, folded, e); /* there was one */
}

bool feedfile_alias_take(str *rest, bool single, uint32_t *before, struct buf *numbers,
                         struct error *e)
{
    uint64_t count = 1, said = 0;
    int64_t at = *before;
    if (!single && !shelf_number(rest, rest->len + 1, &count, e)) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!shelf_number(rest, (uint64_t)1 << 33, &said, e)) {
            return false;
        }
        at += i == 0 ? unzigzag(said) : (int64_t)said; /* each below 2^33 */
        if (at < 0 || at >= UINT32_MAX) {
            return error_set(e, ERROR_FORMAT, "an id without its advisory");
        }
        uint32_t number = (uint32_t)at;
        *before = i == 0 ? number : *before;
        if (numbers != NULL && !buf_add(numbers, &number, sizeof(number), e)) {
            return false;
        }
    }
    return true;
}

static bool alias_numbers(struct feedfile *f, str folded, struct buf *numbers, struct error *e)
{
    size_t block = 0;
    str bytes;
    if (!shelf_load(&f->aliases, f->db, "alias", e)) {
        return false;
    }
    if (!shelf_find_key(&f->aliases, folded, &block)) {
        return true;
    }
    if (!shelf_read(&f->aliases, block, &bytes, e)) {
        return false;
    }
    struct shelf_walk walk = {.rest = bytes, .key = &f->key};
    f->key.len = 0;
    uint32_t before = 0;
    enum step got;
    while ((got = shelf_walk_next(&walk, e)) == STEP_GOT) {
        int order = str_cmp(buf_str(&f->key), folded);
        if (order > 0) {
            return true;
        }
        if (!feedfile_alias_take(&walk.rest, walk.flag, &before, order == 0 ? numbers : NULL, e)) {
            return false;
        }
    }
    return got == STEP_END;
}

bool feedfile_numbers(struct feedfile *f, str folded, bool about, struct buf *numbers,
                      struct error *e)
{
    return own_numbers(f, folded, numbers, e) && (!about || alias_numbers(f, folded, numbers, e));
}

/* -- rows ------------------------------------------------------------------------------------- */

/* The number of the namespace in this file; asked once for all packages of an image. */
static bool namespace_number(struct feedfile *f, str namespace_, struct error *e)
{
    if (f->namespace_known && str_eq(buf_str(&f->namespace_asked), namespace_)) {
        return true;
    }
    f->namespace_known = false;
    f->namespace_asked.len = 0;
    if (f->namespace_ == NULL &&
        !db_prepare(f->db, STR("SELECT id FROM namespace WHERE name = $1"), &f->namespace_, e)) {
        return false;
    }
    if (!db_bind_bytes(f->namespace_, 1, namespace_, e)) {
        return false;
    }
    enum step got = db_step(f->namespace_, e);
    int64_t number = got == STEP_GOT ? db_column_int(f->namespace_, 0) : 0;
    db_reset(f->namespace_);
    if (got == STEP_FAILED || !buf_add_str(&f->namespace_asked, namespace_, e)) {
        return false;
    }
    if (number < 0 || number > INT32_MAX / 2) {
        return error_set(e, ERROR_FORMAT, "no such namespace");
    }
    f->namespace_number = (uint32_t)number; /* checked above */
    f->namespace_known = true;
    return true;
}

bool feedfile_namespace(struct feedfile *f, str namespace_, uint32_t *number, struct error *e)
{
    bool done = namespace_number(f, namespace_, e);
    *number = done ? f->namespace_number : 0;
    return done;
}

bool feedfile_load_rows(struct feedfile *f, struct error *e)
{
    return shelf_load(&f->names, f->db, "package", e) && shelf_load(&f->rows, f->db, "affected", e);
}

bool feedfile_rows(struct feedfile *f, str namespace_, enum package_scope scope, str package,
                   struct arena *arena, struct row_sink *to, struct error *e)
{
    uint64_t number = 0;
    bool found = false;
    if (!namespace_number(f, namespace_, e) || !feedfile_load_rows(f, e)) {
        return false;
    }
    if (f->namespace_number == 0) {
        return true;
    }
    if (!rows_package(&f->names, &f->key, package, &number, &found, e)) {
        return false;
    }
    to->place = f->namespace_number << 1 | (scope == SCOPE_BINARY);
    return !found || rows_read(&f->rows, number, arena, to, e);
}

static bool namespace_name(struct feedfile *f, uint32_t number, struct arena *arena, str *out,
                           struct error *e)
{
    if (f->namespace_name == NULL &&
        !db_prepare(f->db, STR("SELECT name FROM namespace WHERE id = $1"), &f->namespace_name,
                    e)) {
        return false;
    }
    bool done = db_bind_int(f->namespace_name, 1, number, e);
    enum step got = done ? db_step(f->namespace_name, e) : STEP_FAILED;
    done = got == STEP_GOT ? arena_str(arena, db_column_bytes(f->namespace_name, 0), out, e)
                           : got == STEP_END && error_set(e, ERROR_FORMAT, "no such namespace");
    db_reset(f->namespace_name);
    return done;
}

bool feedfile_affected(struct feedfile *f, const struct row_group *g, struct arena *arena,
                       struct affected *out, struct error *e)
{
    *out = (struct affected){.scope = (g->place & 1) != 0 ? SCOPE_BINARY : SCOPE_SOURCE,
                             .state = g->state,
                             .severity = g->severity,
                             .fixed = g->fixed,
                             .introduced = g->introduced,
                             .last_affected = g->last_affected};
    bool asked = f->namespace_known && f->namespace_number == g->place >> 1;
    return (asked ? arena_str(arena, buf_str(&f->namespace_asked), &out->namespace_, e)
                  : namespace_name(f, g->place >> 1, arena, &out->namespace_, e)) &&
           words_text(&f->words, f->db, g->product, arena, &out->product, e) &&
           words_text(&f->words, f->db, g->module, arena, &out->module, e) &&
           words_text(&f->words, f->db, g->arch, arena, &out->arch, e) &&
           words_text(&f->words, f->db, g->word, arena, &out->word, e);
}
