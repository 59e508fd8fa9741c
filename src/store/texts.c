#include "store/texts.h"

#include <string.h>
#include <zdict.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "store/shelf.h"
#include "store/varint.h"

enum {
    SAMPLE_BYTES_MAX = 2 * 1024 * 1024,
    DICTIONARY_BYTES_MIN = 4 * 1024,
    DICTIONARY_BYTES_MAX = 64 * 1024,
    DICTIONARY_SHARE = 32, /* of the text: its size must pay */
    LEVEL = 9,
};

static bool zstd_failed(size_t code, enum error_kind kind, struct error *e)
{
    bool memory = ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation;
    return error_set(e, memory ? ERROR_MEMORY : kind, "texts: %s", ZSTD_getErrorName(code));
}

/* -- the dictionary --------------------------------------------------------------------------- */

void text_sample_init(struct text_sample *s)
{
    *s = (struct text_sample){.below = UINT64_MAX};
    buf_init(&s->bytes, SIZE_MAX / 2);
    buf_init(&s->lengths, SIZE_MAX / 2);
    buf_init(&s->hashes, SIZE_MAX / 2);
}

void text_sample_done(struct text_sample *s)
{
    buf_done(&s->bytes);
    buf_done(&s->lengths);
    buf_done(&s->hashes);
}

/* Keeps half of them. */
static void halve(struct text_sample *s)
{
    size_t *lengths = (size_t *)(void *)s->lengths.at;
    uint64_t *hashes = (uint64_t *)(void *)s->hashes.at;
    size_t count = s->lengths.len / sizeof(size_t), kept = 0, from = 0, to = 0;
    s->below /= 2;
    for (size_t i = 0; i < count; i++) {
        size_t len = lengths[i];
        if (hashes[i] < s->below) {
            memmove(s->bytes.at + to, s->bytes.at + from, len);
            lengths[kept] = len;
            hashes[kept++] = hashes[i];
            to += len;
        }
        from += len;
    }
    s->bytes.len = to;
    s->lengths.len = kept * sizeof(size_t);
    s->hashes.len = kept * sizeof(uint64_t);
}

bool text_sample_add(struct text_sample *s, str id, str text, struct error *e)
{
    uint64_t hash = str_hash(id);
    s->all_bytes += text.len;
    if (text.len == 0 || hash >= s->below) {
        return true;
    }
    if (!buf_add_str(&s->bytes, text, e) || !buf_add(&s->lengths, &text.len, sizeof(text.len), e) ||
        !buf_add(&s->hashes, &hash, sizeof(hash), e)) {
        return false;
    }
    while (s->bytes.len > SAMPLE_BYTES_MAX) {
        halve(s);
    }
    return true;
}

bool text_sample_train(const struct text_sample *s, struct buf *to, struct error *e)
{
    uint64_t pays = s->all_bytes / DICTIONARY_SHARE;
    size_t room = pays > DICTIONARY_BYTES_MAX ? DICTIONARY_BYTES_MAX : (size_t)pays;
    size_t count = s->lengths.len / sizeof(size_t);
    if (room < DICTIONARY_BYTES_MIN || count == 0) {
        return true;
    }
    if (!buf_reserve(to, room, e)) {
        return false;
    }
    size_t made = ZDICT_trainFromBuffer(to->at + to->len, room, s->bytes.at,
                                        (const size_t *)(const void *)s->lengths.at,
                                        (unsigned)count); /* ≤ SAMPLE_BYTES_MAX */
    if (ZDICT_isError(made)) { /* texts that have too little in common, or are too few */
        return ZSTD_getErrorCode(made) != ZSTD_error_memory_allocation ||
               zstd_failed(made, ERROR_MEMORY, e);
    }
    to->len += made;
    return true;
}

/* -- writing --------------------------------------------------------------------------------- */

static bool dictionary_write(struct db *db, str dictionary, struct error *e)
{
    struct statement *s;
    if (!db_prepare(db, STR("INSERT INTO dictionary (id, bytes) VALUES (0, $1)"), &s, e)) {
        return false;
    }
    bool done = db_bind_bytes(s, 1, dictionary, e) && db_run(s, e);
    db_finish(s);
    return done;
}

bool texts_writer_init(struct texts_writer *w, struct db *db, str dictionary, struct error *e)
{
    *w = (struct texts_writer){0};
    buf_init(&w->raw, SIZE_MAX / 2);
    buf_init(&w->packed, SIZE_MAX / 2);
    if (!db_prepare(db, STR("INSERT INTO description (id, block) VALUES ($1, $2)"), &w->insert,
                    e) ||
        (dictionary.len > 0 && !dictionary_write(db, dictionary, e))) {
        return false;
    }
    ZSTD_CCtx *context = ZSTD_createCCtx();
    w->context = context;
    if (context == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for zstd");
    }
    if (dictionary.len > 0) {
        w->dictionary = ZSTD_createCDict(dictionary.at, dictionary.len, LEVEL);
        if (w->dictionary == NULL) {
            return error_set(e, ERROR_MEMORY, "no memory for zstd");
        }
    }
    size_t code = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    /* what a block does not need: its size stands before the frame */
    code = ZSTD_isError(code) ? code : ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    code = ZSTD_isError(code) ? code : ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
    code = ZSTD_isError(code) ? code : ZSTD_CCtx_refCDict(context, w->dictionary);
    return !ZSTD_isError(code) || zstd_failed(code, ERROR_MEMORY, e);
}

void texts_writer_done(struct texts_writer *w)
{
    db_finish(w->insert);
    w->insert = NULL;
    buf_done(&w->raw);
    buf_done(&w->packed);
    ZSTD_freeCCtx(w->context);
    ZSTD_freeCDict(w->dictionary);
    w->context = w->dictionary = NULL;
}

static bool block_end(struct texts_writer *w, struct error *e)
{
    size_t room = ZSTD_compressBound(w->raw.len);
    w->packed.len = 0;
    if (!varint_add(&w->packed, w->raw.len, e) || !buf_reserve(&w->packed, room, e)) {
        return false;
    }
    size_t code =
        ZSTD_compress2(w->context, w->packed.at + w->packed.len, room, w->raw.at, w->raw.len);
    if (ZSTD_isError(code)) {
        return zstd_failed(code, ERROR_MEMORY, e);
    }
    w->packed.len += code;
    w->raw.len = 0;
    return db_bind_int(w->insert, 1, (int64_t)w->block, e) && /* below 2^32 */
           db_bind_bytes(w->insert, 2, buf_str(&w->packed), e) && db_run(w->insert, e);
}

bool texts_add(struct texts_writer *w, uint64_t number, str text, struct error *e)
{
    uint64_t block = number / TEXTS_GROUP;
    if (w->raw.len > 0 && w->block != block && !block_end(w, e)) {
        return false;
    }
    w->block = block;
    return varint_add(&w->raw, number % TEXTS_GROUP, e) && varint_add(&w->raw, text.len, e) &&
           buf_add_str(&w->raw, text, e);
}

bool texts_end(struct texts_writer *w, struct error *e)
{
    return w->raw.len == 0 || block_end(w, e);
}

/* -- reading --------------------------------------------------------------------------------- */

void texts_reader_init(struct texts_reader *r)
{
    *r = (struct texts_reader){0};
    buf_init(&r->raw, TEXTS_UNPACKED_BYTES_MAX + 1);
}

void texts_reader_done(struct texts_reader *r)
{
    db_finish(r->select);
    r->select = NULL;
    buf_done(&r->raw);
    ZSTD_freeDCtx(r->context);
    ZSTD_freeDDict(r->dictionary);
    r->context = r->dictionary = NULL;
    r->block = 0;
}

static bool dictionary_read(struct texts_reader *r, struct db *db, struct error *e)
{
    struct statement *s;
    if (!db_prepare(db, STR("SELECT bytes FROM dictionary WHERE id = 0"), &s, e)) {
        return false;
    }
    enum step got = db_step(s, e);
    bool done = got != STEP_FAILED;
    if (got == STEP_GOT) {
        str bytes = db_column_bytes(s, 0);
        r->dictionary = ZSTD_createDDict(bytes.at, bytes.len);
        done = r->dictionary != NULL || error_set(e, ERROR_MEMORY, "no memory for a dictionary");
    }
    db_finish(s);
    return done;
}

static bool reader_open(struct texts_reader *r, struct db *db, struct error *e)
{
    if (r->select != NULL) {
        return true;
    }
    if (r->context == NULL && (r->context = ZSTD_createDCtx()) == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for zstd");
    }
    return (r->dictionary != NULL || dictionary_read(r, db, e)) &&
           db_prepare(db, STR("SELECT block FROM description WHERE id = $1"), &r->select, e);
}

static bool block_unpack(struct texts_reader *r, str bytes, struct error *e)
{
    uint64_t len = 0;
    if (!shelf_number(&bytes, TEXTS_UNPACKED_BYTES_MAX, &len, e) ||
        !buf_reserve(&r->raw, (size_t)len + 1, e)) { /* ≤ TEXTS_UNPACKED_BYTES_MAX */
        return false;
    }
    size_t code = ZSTD_decompress_usingDDict(r->context, r->raw.at, (size_t)len, bytes.at,
                                             bytes.len, r->dictionary);
    if (ZSTD_isError(code)) {
        return zstd_failed(code, ERROR_FORMAT, e);
    }
    r->raw.len = code;
    return code == len || error_set(e, ERROR_FORMAT, "texts of %zu bytes instead of %llu", code,
                                    (unsigned long long)len);
}

/* Makes `raw` the block; empty where there is none. */
static bool block_read(struct texts_reader *r, uint64_t block, struct error *e)
{
    if (r->block == block + 1) {
        return true;
    }
    r->block = 0;
    r->raw.len = 0;
    bool done = db_bind_int(r->select, 1, (int64_t)block, e); /* below 2^32 */
    enum step got = done ? db_step(r->select, e) : STEP_FAILED;
    done = got == STEP_GOT ? block_unpack(r, db_column_bytes(r->select, 0), e) : got == STEP_END;
    db_reset(r->select);
    r->block = done ? block + 1 : 0;
    return done;
}

bool texts_read(struct texts_reader *r, struct db *db, uint64_t number, struct arena *arena,
                str *out, struct error *e)
{
    uint64_t place = 0;
    *out = STR("");
    if (!reader_open(r, db, e) || !block_read(r, number / TEXTS_GROUP, e)) {
        return false;
    }
    for (str rest = buf_str(&r->raw), text = STR_NONE; rest.len > 0;) {
        if (!shelf_number(&rest, TEXTS_GROUP, &place, e) || !shelf_text(&rest, &text, e)) {
            return false;
        }
        if (place == number % TEXTS_GROUP) {
            return arena_str(arena, text, out, e);
        }
    }
    return true;
}
