/* texts.h: descriptions, the largest text of a feed: those of two advisories in one block, which
 * is compressed by itself (zstd) with a dictionary that is made from some of them: so that reading
 * one unpacks less than 1 KiB. A block's number is half of the advisory's.
 *
 * A block: a varint, its bytes unpacked; a zstd frame. In it, for each advisory that has one: its
 * place in the block, the text's length, its bytes. */
#ifndef LIMPID_STORE_TEXTS_H
#define LIMPID_STORE_TEXTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/engine.h"

enum { TEXTS_GROUP = 2, TEXTS_UNPACKED_BYTES_MAX = TEXTS_GROUP * (64 * 1024 + 16) };

/* -- the dictionary --------------------------------------------------------------------------- */

/* Some of many texts: those whose id has a low hash, the lower the more there are. Which, depends
 * on the texts alone. */
struct text_sample {
    struct buf bytes, lengths, hashes; /* size_t and uint64_t */
    uint64_t below;                    /* hashes that are kept */
    uint64_t all_bytes;                /* of all texts, also those not kept */
};

void text_sample_init(struct text_sample *s);
void text_sample_done(struct text_sample *s); /* twice is fine, and on a zeroed struct */
bool text_sample_add(struct text_sample *s, str id, str text, struct error *e) MUST_USE;

/* Adds the dictionary to `to`; nothing where there is too little text for one. */
bool text_sample_train(const struct text_sample *s, struct buf *to, struct error *e) MUST_USE;

/* -- writing --------------------------------------------------------------------------------- */

struct texts_writer {
    struct statement *insert;
    struct buf raw, packed;
    void *context, *dictionary; /* of zstd */
    uint64_t block;             /* that `raw` is of */
};

bool texts_writer_init(struct texts_writer *w, struct db *db, str dictionary,
                       struct error *e) MUST_USE;
void texts_writer_done(struct texts_writer *w); /* twice is fine, and on a zeroed struct */

/* Numbers come in their order. */
bool texts_add(struct texts_writer *w, uint64_t number, str text, struct error *e) MUST_USE;
bool texts_end(struct texts_writer *w, struct error *e) MUST_USE;

/* -- reading --------------------------------------------------------------------------------- */

struct texts_reader {
    struct statement *select;
    struct buf raw;
    uint64_t block; /* that `raw` holds, + 1; 0: none */
    void *context, *dictionary;
};

void texts_reader_init(struct texts_reader *r);
void texts_reader_done(struct texts_reader *r); /* twice is fine, and on a zeroed struct */

/* The text of advisory `number`, in `arena`; empty where it has none. */
bool texts_read(struct texts_reader *r, struct db *db, uint64_t number, struct arena *arena,
                str *out, struct error *e) MUST_USE;

#endif
