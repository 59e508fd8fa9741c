/* rpmdb_test.h: for tests: package headers, and Berkeley DB and ndb files that hold them, made
 * from nothing, so that each byte of them can be spoiled. What is made lives to the end. */
#ifndef LIMPID_FORMAT_RPMDB_TEST_H
#define LIMPID_FORMAT_RPMDB_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "check.h"
#include "format/blobs.h"
#include "format/random.h"

enum { MADE_BYTES_MAX = 1 << 30 };

static inline void made_hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Keeps what the heap holds reachable, so that the leak check shows what the tested code lost. */
static inline str made_keep(str made)
{
    static struct kept {
        const char *at;
        struct kept *before;
    } * last;
    struct kept *kept = malloc(sizeof(*kept));
    made_hold(kept != NULL);
    *kept = (struct kept){.at = made.at, .before = last};
    last = kept;
    return made;
}

static inline void put_be32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static inline void put_le32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static inline void add_be32(struct buf *b, uint32_t value)
{
    uint8_t bytes[4];
    put_be32(bytes, value);
    made_hold(buf_add(b, bytes, 4, NULL));
}

static inline void add_le32(struct buf *b, uint32_t value)
{
    uint8_t bytes[4];
    put_le32(bytes, value);
    made_hold(buf_add(b, bytes, 4, NULL));
}

static inline void add_zeros(struct buf *b, size_t count)
{
    made_hold(buf_reserve(b, count, NULL));
    memset(b->at + b->len, 0, count);
    b->len += count;
}

/* A header while it is made: its index entries, and its data. */
struct made {
    struct buf index, data;
};

static inline void made_init(struct made *m)
{
    buf_init(&m->index, MADE_BYTES_MAX);
    buf_init(&m->data, MADE_BYTES_MAX);
}

static inline void made_entry(struct made *m, uint32_t tag, uint32_t type, uint32_t offset,
                              uint32_t count)
{
    add_be32(&m->index, tag);
    add_be32(&m->index, type);
    add_be32(&m->index, offset);
    add_be32(&m->index, count);
}

static inline void made_text(struct made *m, uint32_t tag, str text)
{
    made_entry(m, tag, 6, (uint32_t)m->data.len, 1);
    made_hold(buf_add_str(&m->data, text, NULL) && buf_add_char(&m->data, '\0', NULL));
}

static inline void made_int(struct made *m, uint32_t tag, uint32_t value)
{
    add_zeros(&m->data, (4 - m->data.len % 4) % 4);
    made_entry(m, tag, 4, (uint32_t)m->data.len, 1);
    add_be32(&m->data, value);
}

static inline void made_bytes(struct made *m, uint32_t tag, size_t count)
{
    made_entry(m, tag, 7, (uint32_t)m->data.len, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        made_hold(buf_add_char(&m->data, (char)(i * 7 + 1), NULL));
    }
}

static inline str made_header(struct made *m)
{
    struct buf whole;
    buf_init(&whole, MADE_BYTES_MAX);
    add_be32(&whole, (uint32_t)(m->index.len / 16));
    add_be32(&whole, (uint32_t)m->data.len);
    made_hold(buf_add_str(&whole, buf_str(&m->index), NULL) &&
              buf_add_str(&whole, buf_str(&m->data), NULL));
    buf_done(&m->index);
    buf_done(&m->data);
    return made_keep(buf_str(&whole));
}

/* name-1.NUMBER-2.el9, from name-src, with `bytes` of something in it. */
static inline str header_numbered(const char *name, unsigned number, size_t bytes)
{
    struct made m;
    char text[64];
    made_init(&m);
    made_text(&m, 1000, str_from(name));
    snprintf(text, sizeof(text), "1.%u", number);
    made_text(&m, 1001, str_from(text));
    made_text(&m, 1002, STR("2.el9"));
    made_text(&m, 1022, STR("x86_64"));
    made_bytes(&m, 1035, bytes);
    snprintf(text, sizeof(text), "%s-src-1.%u-2.el9.src.rpm", name, number);
    made_text(&m, 1044, str_from(text));
    return made_header(&m);
}

static inline uint32_t adler32_of(const uint8_t *at, size_t len)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < len; i++) {
        a = (a + at[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/* An ndb file with one page of slots; the packages are numbered from 1. */
static inline str ndb_made(const str *values, size_t count)
{
    struct buf b;
    buf_init(&b, MADE_BYTES_MAX);
    made_hold(buf_add(&b, "RpmP", 4, NULL));
    add_le32(&b, 0);
    add_le32(&b, 7);
    add_le32(&b, 1);
    add_le32(&b, (uint32_t)count + 1);
    add_zeros(&b, 12);
    size_t block = 256;
    for (size_t i = 0; i < 254; i++) {
        size_t blocks = i < count ? (16 + values[i].len + 12 + 15) / 16 : 0;
        made_hold(buf_add(&b, "Slot", 4, NULL));
        add_le32(&b, i < count ? (uint32_t)i + 1 : 0);
        add_le32(&b, i < count ? (uint32_t)block : 0);
        add_le32(&b, (uint32_t)blocks);
        block += blocks;
    }
    for (size_t i = 0; i < count; i++) {
        size_t start = b.len;
        made_hold(buf_add(&b, "BlbS", 4, NULL));
        add_le32(&b, (uint32_t)i + 1);
        add_le32(&b, 0);
        add_le32(&b, (uint32_t)values[i].len);
        made_hold(buf_add_str(&b, values[i], NULL));
        add_zeros(&b, (32 - (values[i].len + 12) % 16) % 16);
        add_le32(&b, adler32_of((const uint8_t *)b.at + start, b.len - start));
        add_le32(&b, (uint32_t)values[i].len);
        made_hold(buf_add(&b, "BlbE", 4, NULL));
    }
    return made_keep(buf_str(&b));
}

/* Writes 16 and 32 bits as one of the two kinds of machine does. */
static inline void put32(bool big, uint8_t *at, uint32_t value)
{
    if (big) {
        put_be32(at, value);
    } else {
        put_le32(at, value);
    }
}

static inline void put16(bool big, uint8_t *at, size_t value)
{
    at[big ? 0 : 1] = (uint8_t)(value >> 8);
    at[big ? 1 : 0] = (uint8_t)value;
}

struct bdb_form {
    uint32_t page_bytes;
    bool big_endian;
};

static inline uint8_t *bdb_page(struct buf *b, const struct bdb_form *form, uint32_t number,
                                uint32_t next, uint8_t type)
{
    made_hold(b->len == (size_t)number * form->page_bytes);
    add_zeros(b, form->page_bytes);
    uint8_t *at = (uint8_t *)b->at + b->len - form->page_bytes;
    put32(form->big_endian, at + 8, number);
    put32(form->big_endian, at + 16, next);
    at[25] = type;
    return at;
}

/* A Berkeley DB hash file: the metadata, one hash page with rpm's counter and the values numbered
 * from 1, then their overflow pages in order. Values that fit into a quarter of a page lie in it.
 */
static inline str bdb_made(const str *values, size_t count, struct bdb_form form)
{
    bool big = form.big_endian;
    struct buf b;
    buf_init(&b, MADE_BYTES_MAX);
    bdb_page(&b, &form, 0, 0, 8);
    uint8_t *hash = bdb_page(&b, &form, 1, 0, 13);
    size_t items = 0, end = form.page_bytes;
    uint32_t page = 2;
    for (size_t i = 0; i <= count; i++) {
        bool inside = i == 0 || values[i - 1].len < form.page_bytes / 4;
        str value = i == 0 ? STR("\4\0\0\0") : values[i - 1];
        hash = (uint8_t *)b.at + form.page_bytes;
        end -= 5;
        hash[end] = 1;
        put32(big, hash + end + 1, (uint32_t)i);
        put16(big, hash + 26 + 2 * items++, end);
        end -= inside ? value.len + 1 : 12;
        hash[end] = inside ? 1 : 3;
        put16(big, hash + 26 + 2 * items++, end);
        made_hold(end > 26 + 2 * items && end < form.page_bytes);
        if (inside) {
            memcpy(hash + end + 1, value.at, value.len);
            continue;
        }
        put32(big, hash + end + 4, page);
        put32(big, hash + end + 8, (uint32_t)value.len);
        while (value.len > 0) {
            size_t room = form.page_bytes - 26, len = value.len < room ? value.len : room;
            uint8_t *at = bdb_page(&b, &form, page, len < value.len ? page + 1 : 0, 7);
            put16(big, at + 22, len);
            memcpy(at + 26, value.at, len);
            value = str_slice(value, len, value.len);
            page++;
        }
    }
    uint8_t *meta = (uint8_t *)b.at;
    hash = meta + form.page_bytes;
    put16(big, hash + 20, items);
    put16(big, hash + 22, end);
    put32(big, meta + 12, 0x061561);
    put32(big, meta + 16, 9);
    put32(big, meta + 20, form.page_bytes);
    put32(big, meta + 32, page - 1);
    put32(big, meta + 88, (uint32_t)count + 1);
    put32(big, meta + 96, 1); /* bucket 0 is page 1 */
    return made_keep(buf_str(&b));
}

/* A file in a block of its own size, so that a sanitizer sees a read past its end; or a part. */
static inline str made_copy(str from, size_t len)
{
    char *copy = malloc(len == 0 ? 1 : len);
    made_hold(copy != NULL && len <= from.len);
    memcpy(copy, from.at, len);
    return (str){.at = copy, .len = len};
}

static inline void made_free(str copy)
{
    free((void *)(uintptr_t)copy.at);
}

/* What walking a database gave. */
struct walked {
    size_t values, failed;
    uint64_t bytes;
    uint64_t hash;      /* of all the content, in order */
    struct error first; /* the first failure */
    bool gave_up;       /* next() failed past all belief */
};

static inline struct walked walk_blobs(struct blobs *blobs, size_t calls_max)
{
    struct walked w = {.hash = 5381};
    struct error e = {.kind = ERROR_NONE};
    for (size_t calls = 0; calls < calls_max; calls++) {
        enum step got = blobs->ops->next(blobs, &e);
        if (got == STEP_END) {
            return w;
        }
        uint64_t bytes = 0;
        str piece;
        while (got == STEP_GOT && (got = blobs->ops->piece(blobs, &piece, &e)) == STEP_GOT) {
            made_hold(piece.len > 0);
            for (size_t i = 0; i < piece.len; i++) {
                w.hash = w.hash * 33 + (uint8_t)piece.at[i];
            }
            bytes += piece.len;
        }
        w.bytes += bytes;
        if (got == STEP_FAILED) {
            w.failed++;
            if (w.first.kind == ERROR_NONE) {
                w.first = e;
            }
            continue;
        }
        made_hold(bytes == blobs->blob.size_bytes);
        w.values++;
    }
    w.gave_up = true;
    return w;
}

static inline uint64_t hash_of(const str *values, size_t count)
{
    uint64_t hash = 5381;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < values[i].len; k++) {
            hash = hash * 33 + (uint8_t)values[i].at[k];
        }
    }
    return hash;
}

#endif
