/* json.c: the event stream. yajl tokenizes; here are the path, the limits, the check of UTF-8 and
 * the memory.
 *
 * yajl 2.1 does not look at what its allocation functions return: a refused allocation is a write
 * through NULL. So it never allocates by itself: `struct pool` holds all it can ask for, and is
 * filled before each chunk, where a refusal is an ordinary error. What it can ask for, from its
 * source (yajl_buf.c, yajl_lex.c, yajl_bytestack.c):
 *   - a few small structs and a stack that grows by 128 bytes for 128 levels: SMALL_BYTES;
 *   - two buffers, one for a token that crosses chunks, one for an unescaped string. Each starts
 *     with 2 KiB and doubles until it is larger than what it holds plus what comes, so that after
 *     a chunk of n bytes it is at most twice (what was there + n). */
#include "format/json.h"

#include <assert.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/buf.h"

enum {
    SMALL_BYTES = 4096,
    SMALL_ONE_BYTES_MAX = 1024,
    BLOCKS = 4,               /* two in use, and one each to move to */
    YAJL_BUFFER_BYTES = 2048, /* yajl_buf.c: YAJL_BUF_INIT_SIZE */
    CHUNK_BYTES = 256 * 1024, /* a token that crosses chunks is read again from its start */
    TOKEN_BYTES_MAX = 4 * JSON_STRING_BYTES_MAX, /* as escaped, and doubled */
};

struct block {
    struct buf memory; /* only `at` and `room` are used */
    size_t asked;
    bool used;
};

struct pool {
    _Alignas(16) uint8_t small[SMALL_BYTES];
    size_t small_used;
    struct block blocks[BLOCKS];
};

struct level {
    bool is_array;
    size_t next_index;
    size_t key_at, key_len; /* in `keys` */
};

struct parser {
    struct pool pool;
    yajl_handle yajl;
    struct json_handler *handler;
    struct error *e;
    size_t depth_max;
    size_t depth; /* containers that are open */
    uint64_t fed_bytes;
    bool own_error;  /* `e` is set: yajl only passes on that we stopped it */
    struct buf keys; /* the names of the path, one behind the other */
    struct json_place path[JSON_DEPTH_MAX];
    struct level levels[JSON_DEPTH_MAX];
};

/* -- memory --------------------------------------------------------------------------------- */

static void *small_alloc(struct pool *p, size_t bytes)
{
    size_t at = (p->small_used + 15) & ~(size_t)15;
    assert(bytes <= SMALL_ONE_BYTES_MAX && at + 16 + bytes <= SMALL_BYTES);
    memcpy(p->small + at, &bytes, sizeof(bytes));
    p->small_used = at + 16 + bytes;
    return p->small + at + 16;
}

static void *big_alloc(struct pool *p, size_t bytes)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        struct block *b = &p->blocks[i];
        if (!b->used && b->memory.room >= bytes) {
            b->used = true;
            b->asked = bytes;
            return b->memory.at;
        }
    }
    assert(false && "pool_reserve saw to a block that is large enough");
    return NULL;
}

static void *pool_malloc(void *ctx, size_t bytes)
{
    return bytes <= SMALL_ONE_BYTES_MAX ? small_alloc(ctx, bytes) : big_alloc(ctx, bytes);
}

static struct block *block_of(struct pool *p, const void *at)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        if (p->blocks[i].used && p->blocks[i].memory.at == at) {
            return &p->blocks[i];
        }
    }
    return NULL;
}

static void pool_free(void *ctx, void *at)
{
    struct block *b = at == NULL ? NULL : block_of(ctx, at);
    if (b != NULL) {
        b->used = false;
        b->asked = 0;
    }
}

static void *pool_realloc(void *ctx, void *at, size_t bytes)
{
    struct pool *p = ctx;
    if (at == NULL) {
        return pool_malloc(p, bytes);
    }
    struct block *b = block_of(p, at);
    if (b != NULL && bytes <= b->memory.room) {
        b->asked = bytes;
        return at;
    }
    size_t had = 0;
    if (b != NULL) {
        had = b->asked;
    } else {
        memcpy(&had, (uint8_t *)at - 16, sizeof(had));
    }
    void *moved = pool_malloc(p, bytes);
    memcpy(moved, at, had < bytes ? had : bytes);
    pool_free(p, at);
    return moved;
}

/* Makes sure that yajl can read `chunk` further bytes. */
static bool pool_reserve(struct pool *p, size_t chunk, struct error *e)
{
    size_t largest = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        largest = p->blocks[i].asked > largest ? p->blocks[i].asked : largest;
    }
    if (largest > TOKEN_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a string of more than the limit of %d bytes",
                         JSON_STRING_BYTES_MAX);
    }
    size_t need = 2 * (largest + chunk + YAJL_BUFFER_BYTES);
    size_t ready = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        ready += p->blocks[i].memory.room >= need;
    }
    for (size_t i = 0; i < BLOCKS && ready < 2; i++) {
        struct block *b = &p->blocks[i];
        if (b->used || b->memory.room >= need) {
            continue;
        }
        buf_done(&b->memory);
        buf_init(&b->memory, SIZE_MAX / 2);
        if (!buf_reserve(&b->memory, need, e)) {
            return false;
        }
        ready++;
    }
    return true;
}

/* -- events --------------------------------------------------------------------------------- */

static bool has_high_bit(str s)
{
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;
        memcpy(&word, s.at + i, 8);
        seen |= word;
    }
    for (; i < s.len; i++) {
        seen |= (uint64_t)(s.at[i] & 0x80);
    }
    return (seen & 0x8080808080808080U) != 0;
}

/* The byte of the input where the token being reported ends, as near as yajl tells. */
static unsigned long long place(const struct parser *p)
{
    return (unsigned long long)(p->fed_bytes + yajl_get_bytes_consumed(p->yajl));
}

static int stopped(struct parser *p)
{
    p->own_error = true;
    return 0;
}

static bool text_ok(struct parser *p, str s)
{
    if (s.len > JSON_STRING_BYTES_MAX) {
        return error_set(p->e, ERROR_LIMIT,
                         "a string of %zu bytes, more than the limit of %d, before byte %llu",
                         s.len, JSON_STRING_BYTES_MAX, place(p));
    }
    if (has_high_bit(s) && !str_is_utf8(s)) {
        return error_set(p->e, ERROR_FORMAT, "is not JSON: a string before byte %llu is not UTF-8",
                         place(p));
    }
    return true;
}

/* The place of the value that comes next, in the innermost container. */
static void place_next(struct parser *p)
{
    if (p->depth == 0) {
        return;
    }
    struct level *level = &p->levels[p->depth - 1];
    struct json_place *own = &p->path[p->depth - 1];
    if (level->is_array) {
        own->index = level->next_index++;
        own->key = STR_NONE;
    }
}

static int report(struct parser *p, enum json_kind kind, str text)
{
    struct json_event event = {.kind = kind, .depth = p->depth, .path = p->path, .text = text};
    return p->handler->event(p->handler, &event, p->e) ? 1 : stopped(p);
}

static int on_value(struct parser *p, enum json_kind kind, str text)
{
    place_next(p);
    return report(p, kind, text);
}

static int on_null(void *ctx)
{
    return on_value(ctx, JSON_NULL, STR("null"));
}

static int on_boolean(void *ctx, int value)
{
    return on_value(ctx, JSON_BOOL, value != 0 ? STR("true") : STR("false"));
}

static int on_number(void *ctx, const char *at, size_t len)
{
    struct parser *p = ctx;
    str text = {.at = at, .len = len};
    return text_ok(p, text) ? on_value(p, JSON_NUMBER, text) : stopped(p);
}

static int on_string(void *ctx, const unsigned char *at, size_t len)
{
    struct parser *p = ctx;
    str text = {.at = (const char *)at, .len = len};
    return text_ok(p, text) ? on_value(p, JSON_STRING, text) : stopped(p);
}

static int on_key(void *ctx, const unsigned char *at, size_t len)
{
    struct parser *p = ctx;
    str key = {.at = (const char *)at, .len = len};
    struct level *level = &p->levels[p->depth - 1];
    const char *before = p->keys.at;
    p->keys.len = level->key_at;
    if (!text_ok(p, key)) {
        return stopped(p);
    }
    if (!buf_add_str(&p->keys, key, p->e)) {
        error_wrap(p->e, "the names around byte %llu", place(p));
        return stopped(p);
    }
    level->key_len = len;
    struct json_place *own = &p->path[p->depth - 1];
    own->index = level->next_index++;
    own->key = (str){.at = len == 0 ? NULL : p->keys.at + level->key_at, .len = len};
    if (p->keys.at != before) { /* the buffer moved, and the names in it */
        for (size_t i = 0; i < p->depth; i++) {
            if (p->path[i].key.len > 0) {
                p->path[i].key.at = p->keys.at + p->levels[i].key_at;
            }
        }
    }
    return 1;
}

static int on_begin(struct parser *p, enum json_kind kind)
{
    if (on_value(p, kind, STR_NONE) == 0) {
        return 0;
    }
    if (p->depth == p->depth_max) {
        error_set(p->e, ERROR_LIMIT, "nested deeper than the limit of %zu at byte %llu",
                  p->depth_max, place(p));
        return stopped(p);
    }
    p->levels[p->depth] = (struct level){.is_array = kind == JSON_ARRAY, .key_at = p->keys.len};
    p->path[p->depth] = (struct json_place){.key = STR_NONE};
    p->depth++;
    return 1;
}

static int on_begin_object(void *ctx)
{
    return on_begin(ctx, JSON_OBJECT);
}

static int on_begin_array(void *ctx)
{
    return on_begin(ctx, JSON_ARRAY);
}

static int on_end(void *ctx)
{
    struct parser *p = ctx;
    p->depth--;
    p->keys.len = p->levels[p->depth].key_at;
    return report(p, JSON_END, STR_NONE);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_begin_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_begin_array,
    .yajl_end_array = on_end,
};

/* -- feeding -------------------------------------------------------------------------------- */

static bool parser_open(struct parser *p, size_t depth_max, struct json_handler *handler,
                        struct error *e)
{
    memset(p, 0, sizeof(*p));
    p->handler = handler;
    p->e = e;
    p->depth_max = depth_max < JSON_DEPTH_MAX ? depth_max : JSON_DEPTH_MAX;
    buf_init(&p->keys, JSON_STRING_BYTES_MAX);
    for (size_t i = 0; i < BLOCKS; i++) {
        buf_init(&p->pool.blocks[i].memory, SIZE_MAX / 2);
    }
    yajl_alloc_funcs functions = {
        .malloc = pool_malloc, .realloc = pool_realloc, .free = pool_free, .ctx = &p->pool};
    p->yajl = yajl_alloc(&callbacks, &functions, p);
    assert(p->yajl != NULL);
    yajl_config(p->yajl, yajl_dont_validate_strings, 1); /* its check takes overlong forms */
    return true;
}

static void parser_close(struct parser *p)
{
    /* what yajl holds is all in the pool */
    for (size_t i = 0; i < BLOCKS; i++) {
        buf_done(&p->pool.blocks[i].memory);
    }
    buf_done(&p->keys);
}

static bool judge(struct parser *p, yajl_status status, const uint8_t *at, size_t len)
{
    if (status == yajl_status_ok) {
        return true;
    }
    if (p->own_error) {
        return false;
    }
    unsigned char *why = yajl_get_error(p->yajl, 0, at, len);
    str text = str_trim(str_from((const char *)why));
    return error_set(p->e, ERROR_FORMAT, "is not JSON at byte %llu: " STR_FMT, place(p),
                     STR_ARG(text));
}

static bool parser_feed(struct parser *p, const uint8_t *at, size_t len)
{
    while (len > 0) {
        size_t chunk = len < CHUNK_BYTES ? len : CHUNK_BYTES;
        if (!pool_reserve(&p->pool, chunk, p->e)) {
            return error_wrap(p->e, "JSON at byte %llu", (unsigned long long)p->fed_bytes);
        }
        if (!judge(p, yajl_parse(p->yajl, at, chunk), at, chunk)) {
            return false;
        }
        p->fed_bytes += chunk;
        at += chunk;
        len -= chunk;
    }
    return true;
}

static bool parser_finish(struct parser *p)
{
    if (p->fed_bytes == 0) {
        return error_set(p->e, ERROR_FORMAT, "is empty, not JSON");
    }
    /* yajl_complete_parse feeds one blank */
    if (!pool_reserve(&p->pool, 1, p->e)) {
        return error_wrap(p->e, "JSON at byte %llu", (unsigned long long)p->fed_bytes);
    }
    yajl_status status = yajl_complete_parse(p->yajl);
    if (status == yajl_status_error && p->depth > 0) {
        return error_set(p->e, ERROR_FORMAT, "ends at byte %llu, %zu levels deep in its JSON",
                         (unsigned long long)p->fed_bytes, p->depth);
    }
    return judge(p, status, (const uint8_t *)" ", 1);
}

static bool looks_like_markup(const uint8_t *at, size_t len)
{
    str text = str_trim((str){.at = (const char *)at, .len = len < 200 ? len : 200});
    return text.len > 0 && text.at[0] == '<';
}

/* The first bytes tell a page of HTML, which is what servers answer in place of JSON, and a byte
 * order mark, which RFC 8259 section 8.1 lets a parser ignore. */
static bool first_bytes(struct parser *p, const uint8_t **at, size_t *len)
{
    if (looks_like_markup(*at, *len)) {
        return error_set(p->e, ERROR_FORMAT, "is not JSON: begins with '<', as HTML or XML does");
    }
    if (*len >= 3 && memcmp(*at, "\xef\xbb\xbf", 3) == 0) {
        p->fed_bytes += 3;
        *at += 3;
        *len -= 3;
    }
    return true;
}

static bool read_all(struct parser *p, struct reader *from)
{
    bool first = true;
    for (;;) {
        while (reader_ready(from) < (first ? 3 : 1)) {
            enum step got = from->ops->fill(from, READER_NEED_MAX, p->e);
            if (got == STEP_FAILED) {
                return false;
            }
            if (got == STEP_END) {
                if (reader_ready(from) == 0) {
                    return parser_finish(p);
                }
                break;
            }
        }
        const uint8_t *at = from->at;
        size_t len = reader_ready(from);
        if (first && !first_bytes(p, &at, &len)) {
            return false;
        }
        first = false;
        if (!parser_feed(p, at, len)) {
            return false;
        }
        from->at = from->end;
    }
}

bool json_read(struct reader *from, size_t depth_max, struct json_handler *handler, struct error *e)
{
    struct error unread;
    struct parser parser;
    if (!parser_open(&parser, depth_max, handler, e != NULL ? e : &unread)) {
        return false;
    }
    bool done = read_all(&parser, from);
    parser_close(&parser);
    return done;
}

bool json_read_text(str text, size_t depth_max, struct json_handler *handler, struct error *e)
{
    struct error unread;
    struct parser parser;
    if (!parser_open(&parser, depth_max, handler, e != NULL ? e : &unread)) {
        return false;
    }
    const uint8_t *at = (const uint8_t *)text.at;
    size_t len = text.len;
    bool done =
        first_bytes(&parser, &at, &len) && parser_feed(&parser, at, len) && parser_finish(&parser);
    parser_close(&parser);
    return done;
}
