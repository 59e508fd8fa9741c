/* part.h: one feed's advisories as bytes: a stream that is written and read with little memory, and
 * is the same for the same advisories in whatever order they came. It is what a bundle carries
 * (docs/formats/bundle.md), and its SHA-256 is what names a feed's content. */
#ifndef LIMPID_STORE_PART_H
#define LIMPID_STORE_PART_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/items.h"
#include "stream/reader.h"

enum { PART_ROW_TEXTS = 9, PART_TEXT_BYTES_MAX = 64 * 1024 };

/* Takes the bytes in turn. */
struct part_out {
    bool (*put)(struct part_out *self, str bytes, struct error *e);
};

struct part_encoder {
    struct part_out *to; /* borrowed */
    struct buf pending;
    struct buf id, source, cvss, url;     /* of the advisory before */
    struct buf row_texts[PART_ROW_TEXTS]; /* of the row before */
    enum severity severity, row_severity; /* the same */
    enum fix_state state;
    enum package_scope scope;
    int64_t published_s;
    uint64_t bytes; /* all that `to` was given */
    uint64_t advisories, rows;
};

bool part_encoder_init(struct part_encoder *p, struct part_out *to, struct error *e) MUST_USE;
void part_encoder_done(struct part_encoder *p); /* twice is fine, and on a zeroed struct */
bool part_encoder_add(struct part_encoder *p, const struct item *item, struct error *e) MUST_USE;
bool part_encoder_end(struct part_encoder *p, struct error *e) MUST_USE;

/* All of `from`, from its start on. */
bool part_encode(struct items *from, struct part_out *to, uint64_t *bytes,
                 struct error *e) MUST_USE;

/* Gives the advisories of a part to `to`; one with many rows comes in several pieces. Text is in
 * `scratch`, and gone with the next piece. ERROR_FORMAT for anything that part_encode does not
 * write, as far as it can be told before the end; who needs certainty encodes again and compares
 * the hash. */
bool part_decode(struct reader *from, struct arena *scratch, struct advisory_sink *to,
                 struct error *e) MUST_USE;

#endif
