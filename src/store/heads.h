/* heads.h: what an advisory says beside its rows, as an entry of a shelf: its id as the key, then
 * the members that it has. Packed so that what it shares with its neighbour costs nothing. */
#ifndef LIMPID_STORE_HEADS_H
#define LIMPID_STORE_HEADS_H

#include "model/advisory.h"
#include "store/shelf.h"
#include "store/words.h"

/* Eight of these fill a page of 4096 bytes, two one of 1024. */
enum { HEADS_BLOCK_BYTES = 490 };

/* -- writing --------------------------------------------------------------------------------- */

struct heads_writer {
    struct shelf_writer shelf;
    struct words *words;      /* borrowed */
    struct buf folded, entry; /* of one head */
    unsigned shape;           /* of the head before, in this block */
    int64_t day;              /* of its publication */
    int64_t modified_s;
};

bool heads_writer_init(struct heads_writer *w, struct db *db, struct words *words,
                       struct error *e) MUST_USE;
void heads_writer_done(struct heads_writer *w); /* twice is fine, and on a zeroed struct */

/* Heads come in their order, numbered from 0. `ids`: what it is about, packed (ids.h). `packages`:
 * numbers of the packages that it has rows of, each as the difference to the one before. */
struct head_said {
    uint64_t number;
    const struct advisory *advisory;
    str ids, packages;
};
bool heads_add(struct heads_writer *w, const struct head_said *said, struct error *e) MUST_USE;
bool heads_end(struct heads_writer *w, struct db *db, struct error *e) MUST_USE;

/* -- reading --------------------------------------------------------------------------------- */

struct raw_head { /* borrowed from the block */
    unsigned shape;
    str cases, ids, packages, url_rest;
    uint32_t severity;
    struct word_ref source, cvss, url;
    int64_t published_s, modified_s, withdrawn_s;
    struct exploitation exploitation;
};

/* Walks a block of heads. */
struct heads_walk {
    struct shelf_walk walk;
    unsigned shape;
    int64_t day, modified_s;
    struct raw_head head; /* the one that was read last */
};

void heads_walk_init(struct heads_walk *w, str block, struct buf *key);
enum step heads_walk_next(struct heads_walk *w, struct error *e) MUST_USE;

/* A head that was read, without rows and description, in `arena`. */
bool head_unpack(const struct heads_walk *w, struct words_reader *words, struct db *db,
                 struct arena *arena, struct advisory *out, struct error *e) MUST_USE;

bool head_has_rows(const struct raw_head *h);
bool head_is_described(const struct raw_head *h);

#endif
