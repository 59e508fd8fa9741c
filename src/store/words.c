#include "store/words.h"

#include <string.h>

#include "store/key.h"
#include "store/shelf.h"
#include "store/varint.h"

/* -- writing --------------------------------------------------------------------------------- */

bool words_init(struct words *w, struct db *db, struct error *e)
{
    *w = (struct words){0};
    arena_init(&w->arena, 32 * 1024 * 1024, "the words of a feed");
    map_init(&w->map, &w->arena);
    return db_prepare(db, STR("INSERT INTO word (id, name) VALUES ($1, $2)"), &w->insert, e);
}

void words_done(struct words *w)
{
    db_finish(w->insert);
    w->insert = NULL;
    arena_done(&w->arena);
}

static bool word_new(struct words *w, str text, uint32_t *number, struct error *e)
{
    uint32_t *kept = ARENA_NEW(&w->arena, uint32_t, e);
    str copy;
    if (kept == NULL || !arena_str(&w->arena, text, &copy, e) || !map_put(&w->map, copy, kept, e)) {
        return false;
    }
    *number = *kept = ++w->count;
    w->bytes += text.len;
    return db_bind_int(w->insert, 1, *number, e) && db_bind_bytes(w->insert, 2, copy, e) &&
           db_run(w->insert, e);
}

bool words_ref(struct words *w, str text, struct word_ref *out, struct error *e)
{
    *out = (struct word_ref){0};
    if (text.len == 0) {
        return true;
    }
    const uint32_t *known = map_get(&w->map, text);
    if (known != NULL) {
        out->number = *known;
        return true;
    }
    if (w->count >= WORDS_MAX || text.len > WORD_BYTES_MAX ||
        w->bytes + text.len > WORDS_BYTES_MAX) {
        *out = (struct word_ref){.number = (uint32_t)WORD_INLINE, .text = text};
        return true;
    }
    return word_new(w, text, &out->number, e);
}

bool word_key_add(struct buf *to, struct word_ref ref, struct error *e)
{
    return key_add32(to, ref.number, e) &&
           (ref.number != (uint32_t)WORD_INLINE || key_add(to, ref.text, e));
}

bool word_key_take(str *rest, struct arena *scratch, struct word_ref *out, struct error *e)
{
    out->text = STR_NONE;
    return key_take32(rest, &out->number, e) &&
           (out->number != (uint32_t)WORD_INLINE || key_take(rest, scratch, &out->text, e));
}

bool word_add(struct buf *to, struct word_ref ref, struct error *e)
{
    if (ref.number != (uint32_t)WORD_INLINE) {
        return varint_add(to, (uint64_t)ref.number << 1, e);
    }
    return varint_add(to, (uint64_t)ref.text.len << 1 | 1, e) && buf_add_str(to, ref.text, e);
}

bool word_take(str *rest, struct word_ref *out, struct error *e)
{
    uint64_t said = 0;
    if (!shelf_number(rest, (uint64_t)1 << 32, &said, e)) {
        return false;
    }
    *out = (struct word_ref){.number = (uint32_t)(said >> 1)}; /* below 2^31 */
    if ((said & 1) == 0) {
        return true;
    }
    if (said >> 1 > rest->len) {
        return error_set(e, ERROR_FORMAT, "a block ends in a text");
    }
    out->text = str_slice(*rest, 0, out->number);
    *rest = str_slice(*rest, out->number, rest->len);
    out->number = (uint32_t)WORD_INLINE;
    return true;
}

/* -- reading --------------------------------------------------------------------------------- */

void words_reader_init(struct words_reader *r)
{
    *r = (struct words_reader){0};
    arena_init(&r->arena, 64 * 1024 * 1024, "the words of a feed");
    buf_init(&r->known, (WORDS_MAX + 1) * sizeof(str));
}

void words_reader_done(struct words_reader *r)
{
    db_finish(r->select);
    r->select = NULL;
    arena_done(&r->arena);
    buf_done(&r->known);
}

static bool word_read(struct words_reader *r, struct db *db, uint32_t number, str *out,
                      struct error *e)
{
    if (r->select == NULL &&
        !db_prepare(db, STR("SELECT name FROM word WHERE id = $1"), &r->select, e)) {
        return false;
    }
    bool done = db_bind_int(r->select, 1, number, e);
    enum step got = done ? db_step(r->select, e) : STEP_FAILED;
    done = got == STEP_GOT
               ? arena_str(&r->arena, db_column_bytes(r->select, 0), out, e)
               : got == STEP_END && error_set(e, ERROR_FORMAT, "word %u is missing", number);
    db_reset(r->select);
    return done;
}

bool words_text(struct words_reader *r, struct db *db, struct word_ref ref, struct arena *arena,
                str *out, struct error *e)
{
    if (ref.number == 0) {
        *out = STR("");
        return true;
    }
    if (ref.number == (uint32_t)WORD_INLINE) {
        return arena_str(arena, ref.text, out, e);
    }
    if (ref.number > WORDS_MAX) {
        return error_set(e, ERROR_FORMAT, "word %u of %d", ref.number, WORDS_MAX);
    }
    size_t bytes = ((size_t)ref.number + 1) * sizeof(str);
    if (r->known.len < bytes) {
        if (!buf_reserve(&r->known, bytes - r->known.len, e)) {
            return false;
        }
        memset(r->known.at + r->known.len, 0, bytes - r->known.len);
        r->known.len = bytes;
    }
    str *known = (str *)(void *)r->known.at + ref.number;
    return (known->at != NULL || word_read(r, db, ref.number, known, e)) &&
           arena_str(arena, *known, out, e);
}
