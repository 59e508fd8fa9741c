/* words.h: the texts that many advisories and rows of a feed have in common (products, modules,
 * architectures, the publisher's words, CVSS vectors, the first part of URLs), kept once and named
 * by number: 0 is the empty text, the others count in the order in which they first come.
 *
 * There is room for so many only: what comes later, or is long, is written where it is used. */
#ifndef LIMPID_STORE_WORDS_H
#define LIMPID_STORE_WORDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "store/engine.h"

enum {
    WORDS_MAX = 32 * 1024,
    WORD_BYTES_MAX = 512,
    WORDS_BYTES_MAX = 2 * 1024 * 1024,
    WORD_INLINE = -1,
};

/* A text that is a word, or stands by itself. */
struct word_ref {
    uint32_t number; /* or (uint32_t)WORD_INLINE */
    str text;        /* then this */
};

/* -- writing --------------------------------------------------------------------------------- */

struct words {
    struct arena arena;
    struct map map;
    struct statement *insert;
    uint32_t count; /* the empty one aside */
    size_t bytes;
};

bool words_init(struct words *w, struct db *db, struct error *e) MUST_USE;
void words_done(struct words *w); /* twice is fine, and on a zeroed struct */

/* Written at once where it is new. A text by itself is borrowed. */
bool words_ref(struct words *w, str text, struct word_ref *out, struct error *e) MUST_USE;

/* In a record that sorts (key.h): the number, and the text behind it where it has none. */
bool word_key_add(struct buf *to, struct word_ref ref, struct error *e) MUST_USE;
bool word_key_take(str *rest, struct arena *scratch, struct word_ref *out,
                   struct error *e) MUST_USE;

/* In a block: twice the number; or twice the length and 1, and the bytes. */
bool word_add(struct buf *to, struct word_ref ref, struct error *e) MUST_USE;
bool word_take(str *rest, struct word_ref *out, struct error *e) MUST_USE;

/* -- reading --------------------------------------------------------------------------------- */

struct words_reader {
    struct arena arena;
    struct statement *select;
    struct buf known; /* str by number; at NULL: not read yet */
};

void words_reader_init(struct words_reader *r);
void words_reader_done(struct words_reader *r); /* twice is fine, and on a zeroed struct */

/* The text, in `arena`. */
bool words_text(struct words_reader *r, struct db *db, struct word_ref ref, struct arena *arena,
                str *out, struct error *e) MUST_USE;

#endif
