#include "store/shelf.h"

#include <stdio.h>
#include <string.h>

#include "store/varint.h"

enum { SQL_BYTES = 128, DIGITS_MAX = 9, FENCE_BYTES_MAX = 256 * 1024 * 1024 };

/* -- writing --------------------------------------------------------------------------------- */

bool shelf_writer_init(struct shelf_writer *w, struct db *db, const char *table, size_t block_bytes,
                       struct error *e)
{
    char sql[SQL_BYTES];
    *w = (struct shelf_writer){.name = table, .block_bytes = block_bytes};
    buf_init(&w->block, SIZE_MAX / 2);
    buf_init(&w->key, SHELF_KEY_BYTES_MAX);
    buf_init(&w->fence, FENCE_BYTES_MAX);
    buf_init(&w->fence_key, SHELF_KEY_BYTES_MAX);
    snprintf(sql, sizeof(sql), "INSERT INTO %s (id, block) VALUES ($1, $2)", table);
    return db_prepare(db, str_from(sql), &w->insert, e);
}

void shelf_writer_done(struct shelf_writer *w)
{
    db_finish(w->insert);
    w->insert = NULL;
    struct buf *bufs[] = {&w->block, &w->key, &w->fence, &w->fence_key};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_done(bufs[i]);
    }
}

static size_t shared(str before, str now)
{
    size_t same = 0;
    while (same < before.len && same < now.len && before.at[same] == now.at[same]) {
        same++;
    }
    return same;
}

static bool row_write(struct shelf_writer *w, str block, struct error *e)
{
    return db_bind_int(w->insert, 1, w->blocks++, e) && db_bind_bytes(w->insert, 2, block, e) &&
           db_run(w->insert, e);
}

static bool block_end(struct shelf_writer *w, struct error *e)
{
    bool done = !w->started || row_write(w, buf_str(&w->block), e);
    w->block.len = 0;
    w->key.len = 0;
    w->started = false;
    return done;
}

static bool fence_add(struct shelf_writer *w, uint64_t number, str key, struct error *e)
{
    size_t same = shared(buf_str(&w->fence_key), key);
    bool done = varint_add(&w->fence, number - w->last_first, e) &&
                varint_add(&w->fence, same, e) && varint_add(&w->fence, key.len - same, e) &&
                buf_add_str(&w->fence, str_slice(key, same, key.len), e);
    w->fence_key.len = same;
    w->last_first = number;
    return done && buf_add_str(&w->fence_key, str_slice(key, same, key.len), e);
}

bool shelf_begin(struct shelf_writer *w, uint64_t number, str key, size_t bytes, bool *anew,
                 struct error *e)
{
    if (w->started && w->block.len + bytes > w->block_bytes && !block_end(w, e)) {
        return false;
    }
    *anew = !w->started;
    w->started = true;
    return !*anew || fence_add(w, number, key, e);
}

/* Where the last digits of a key begin: at most nine of them, without a zero in front that would
 * get lost. */
static size_t digits_start(str key)
{
    size_t start = key.len;
    while (start > 0 && key.len - start < DIGITS_MAX && key.at[start - 1] >= '0' &&
           key.at[start - 1] <= '9') {
        start--;
    }
    return start;
}

static uint64_t digits_value(str digits)
{
    uint64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        value = value * 10 + (uint64_t)(digits.at[i] - '0');
    }
    return value;
}

/* How much higher the last digits are, where nothing else differs; 0: something else does. */
static uint64_t digits_more(str before, str now)
{
    size_t start = digits_start(now);
    if (before.len != now.len || start == now.len || digits_start(before) != start ||
        memcmp(before.at, now.at, start) != 0) {
        return 0;
    }
    uint64_t old = digits_value(str_slice(before, start, before.len));
    uint64_t new = digits_value(str_slice(now, start, now.len));
    return new > old ? new - old : 0;
}

bool shelf_key(struct shelf_writer *w, str key, bool flag, struct error *e)
{
    uint64_t more = digits_more(buf_str(&w->key), key);
    if (more > 0) {
        w->key.len = 0;
        return varint_add(&w->block, (more - 1) << 2 | (uint64_t)flag << 1, e) &&
               buf_add_str(&w->key, key, e);
    }
    size_t same = shared(buf_str(&w->key), key);
    str rest = str_slice(key, same, key.len);
    w->key.len = same;
    return varint_add(&w->block, (uint64_t)same << 2 | (uint64_t)flag << 1 | 1, e) &&
           varint_add(&w->block, rest.len, e) && buf_add_str(&w->block, rest, e) &&
           buf_add_str(&w->key, rest, e);
}

bool shelf_end(struct shelf_writer *w, struct db *db, struct error *e)
{
    struct statement *s;
    if (!block_end(w, e) ||
        !db_prepare(db, STR("INSERT INTO fence (shelf, blocks, fence) VALUES ($1, $2, $3)"), &s,
                    e)) {
        return false;
    }
    bool done = db_bind_text(s, 1, str_from(w->name), e) && db_bind_int(s, 2, w->blocks, e) &&
                db_bind_bytes(s, 3, buf_str(&w->fence), e) && db_run(s, e);
    db_finish(s);
    return done;
}

/* -- reading --------------------------------------------------------------------------------- */

void shelf_init(struct shelf *s)
{
    *s = (struct shelf){0};
    arena_init(&s->arena, FENCE_BYTES_MAX, "a list of blocks");
    for (size_t i = 0; i < SHELF_CACHE; i++) {
        buf_init(&s->cache[i].bytes, SIZE_MAX / 2);
    }
}

void shelf_done(struct shelf *s)
{
    db_finish(s->select);
    s->select = NULL;
    arena_done(&s->arena);
    for (size_t i = 0; i < SHELF_CACHE; i++) {
        buf_done(&s->cache[i].bytes);
        s->cache[i].number = 0;
    }
    s->loaded = false;
}

bool shelf_number(str *rest, uint64_t bound, uint64_t *out, struct error *e)
{
    if (!varint_take(rest, out)) {
        return error_set(e, ERROR_FORMAT, "a block ends in a number");
    }
    return *out < bound || error_set(e, ERROR_FORMAT, "a number of a block is %llu of %llu",
                                     (unsigned long long)*out, (unsigned long long)bound);
}

bool shelf_number32(str *rest, uint32_t *out, struct error *e)
{
    uint64_t number = 0;
    if (!shelf_number(rest, UINT32_MAX, &number, e)) {
        return false;
    }
    *out = (uint32_t)number; /* below the bound */
    return true;
}

bool shelf_text(str *rest, str *out, struct error *e)
{
    uint64_t len = 0;
    if (!shelf_number(rest, rest->len + 1, &len, e) || len > rest->len) {
        return error_set(e, ERROR_FORMAT, "a block ends in a text");
    }
    *out = (str){.at = rest->at, .len = (size_t)len}; /* ≤ its length */
    *rest = (str){.at = rest->at + len, .len = rest->len - (size_t)len};
    return true;
}

/* A key by what it shares with `before`; a text in the arena, or nothing copied where it is empty.
 */
static bool fence_key_take(str *rest, str before, struct arena *arena, str *out, struct error *e)
{
    uint64_t same = 0;
    str more = STR_NONE;
    if (!shelf_number(rest, before.len + 1, &same, e) || !shelf_text(rest, &more, e)) {
        return false;
    }
    if (same + more.len > SHELF_KEY_BYTES_MAX) {
        return error_set(e, ERROR_FORMAT, "a key of %llu bytes",
                         (unsigned long long)same + more.len);
    }
    if (same + more.len == 0) {
        *out = STR_NONE;
        return true;
    }
    char *at = arena_alloc(arena, (size_t)same + more.len, 1, 1, e);
    if (at == NULL) {
        return false;
    }
    if (same > 0) {
        memcpy(at, before.at, (size_t)same);
    }
    if (more.len > 0) {
        memcpy(at + same, more.at, more.len);
    }
    *out = (str){.at = at, .len = (size_t)same + more.len};
    return true;
}

static bool fence_parse(struct shelf *s, str bytes, int64_t blocks, struct error *e)
{
    if (blocks < 0 || blocks > SHELF_BLOCKS_MAX || (uint64_t)blocks > bytes.len) {
        return error_set(e, ERROR_FORMAT, "a list of %lld blocks", (long long)blocks);
    }
    struct shelf_fence *fence = ARENA_ARRAY(&s->arena, (size_t)blocks, struct shelf_fence, e);
    if (fence == NULL) {
        return false;
    }
    uint64_t number = 0;
    str before = STR_NONE;
    for (size_t i = 0; i < (size_t)blocks; i++) {
        uint64_t more = 0;
        if (!shelf_number(&bytes, (uint64_t)1 << 40, &more, e) ||
            !fence_key_take(&bytes, before, &s->arena, &fence[i].key, e)) {
            return false;
        }
        number += more; /* fewer than 2^26 of less than 2^40 */
        fence[i].number = number;
        before = fence[i].key;
    }
    s->fence = fence;
    s->blocks = (size_t)blocks;
    s->loaded = true;
    return true;
}

bool shelf_load(struct shelf *s, struct db *db, const char *table, struct error *e)
{
    char sql[SQL_BYTES];
    struct statement *fence;
    if (s->loaded) {
        return true;
    }
    snprintf(sql, sizeof(sql), "SELECT block FROM %s WHERE id = $1", table);
    if ((s->select == NULL && !db_prepare(db, str_from(sql), &s->select, e)) ||
        !db_prepare(db, STR("SELECT blocks, fence FROM fence WHERE shelf = $1"), &fence, e)) {
        return false;
    }
    bool done = db_bind_text(fence, 1, str_from(table), e);
    enum step got = done ? db_step(fence, e) : STEP_FAILED;
    done = got == STEP_GOT
               ? fence_parse(s, db_column_bytes(fence, 1), db_column_int(fence, 0), e)
               : got == STEP_END && error_set(e, ERROR_FORMAT, "no list of '%s'", table);
    db_finish(fence);
    return done;
}

bool shelf_find_number(const struct shelf *s, uint64_t number, size_t *block)
{
    size_t low = 0, high = s->blocks; /* the first that begins behind it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->fence[middle].number <= number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *block = low - 1;
    return low > 0;
}

bool shelf_find_key(const struct shelf *s, str key, size_t *block)
{
    size_t low = 0, high = s->blocks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(s->fence[middle].key, key) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *block = low - 1;
    return low > 0;
}

bool shelf_read(struct shelf *s, size_t block, str *bytes, struct error *e)
{
    size_t slot = block % SHELF_CACHE;
    struct buf *kept = &s->cache[slot].bytes;
    if (s->cache[slot].number == block + 1) {
        *bytes = buf_str(kept);
        return true;
    }
    s->cache[slot].number = 0;
    kept->len = 0;
    bool done = db_bind_int(s->select, 1, (int64_t)block, e); /* < SHELF_BLOCKS_MAX */
    enum step got = done ? db_step(s->select, e) : STEP_FAILED;
    done = got == STEP_GOT
               ? buf_add_str(kept, db_column_bytes(s->select, 0), e)
               : got == STEP_END && error_set(e, ERROR_FORMAT, "block %zu is missing", block);
    db_reset(s->select);
    if (done) {
        s->cache[slot].number = block + 1;
        *bytes = buf_str(kept);
    }
    return done;
}

/* Adds to the digits at the end of a key; false where they do not suffice. */
static bool digits_add(struct buf *key, uint64_t more)
{
    char *last = key->len > 0 ? &key->at[key->len - 1] : NULL;
    if (last != NULL && *last >= '0' && more <= 9 && *last + (int)more <= '9') { /* nine in ten */
        *last = (char)(*last + (char)more);
        return true;
    }
    size_t start = digits_start(buf_str(key));
    uint64_t value = digits_value(str_slice(buf_str(key), start, key->len));
    uint64_t sum = value + more;
    for (size_t i = key->len; i > start; i--) {
        key->at[i - 1] = (char)('0' + sum % 10);
        sum /= 10;
    }
    return sum == 0;
}

enum step shelf_walk_next(struct shelf_walk *w, struct error *e)
{
    uint64_t said = 0;
    if (w->rest.len == 0) {
        return STEP_END;
    }
    if (!shelf_number(&w->rest, (uint64_t)1 << 40, &said, e)) {
        return STEP_FAILED;
    }
    w->flag = (said & 2) != 0;
    if ((said & 1) == 0) {
        if (!digits_add(w->key, (said >> 2) + 1)) {
            error_set(e, ERROR_FORMAT, "a key has too few digits");
            return STEP_FAILED;
        }
        return STEP_GOT;
    }
    str more = STR_NONE;
    if (said >> 2 > w->key->len || !shelf_text(&w->rest, &more, e) ||
        (said >> 2) + more.len > SHELF_KEY_BYTES_MAX) {
        error_set(e, ERROR_FORMAT, "a key shares more than there is");
        return STEP_FAILED;
    }
    w->key->len = (size_t)(said >> 2); /* ≤ its length */
    if (more.len > w->key->room - w->key->len && !buf_reserve(w->key, more.len, e)) {
        return STEP_FAILED;
    }
    memcpy(w->key->at + w->key->len, more.at, more.len);
    w->key->len += more.len;
    return STEP_GOT;
}
