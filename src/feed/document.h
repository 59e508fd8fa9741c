/* document.h: what the readers of several feeds share: a whole document as text, dates as
 * publishers write them, and counts of what was left out. Inside src/feed only. */
#ifndef LIMPID_FEED_DOCUMENT_H
#define LIMPID_FEED_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "model/advisory.h"
#include "stream/reader.h"

/* Reads `body` to its end behind what is in `to`; more than the buffer's maximum is ERROR_LIMIT. */
bool document_text(struct reader *body, struct buf *to, struct error *e) MUST_USE;

/* "12 Feb 2025" (UTC, midnight). */
bool document_date(str text, int64_t *seconds) MUST_USE;

/* True where `path` is `end`, or ends with '/' and `end`. */
bool document_path_ends(str path, str end);

/* A note made by printf; at most 400 bytes. */
bool document_note(struct advisory_sink *out, str document, struct error *e, const char *fmt, ...)
    PRINTF(4, 5) MUST_USE;

/* How often something was left out, by the publisher's word for it. Words past the table's end
 * are counted together; long ones are cut. */
enum { TALLY_ROWS_MAX = 24, TALLY_WORD_BYTES_MAX = 80 };

struct tally {
    struct {
        char word[TALLY_WORD_BYTES_MAX];
        size_t len;
        uint64_t count;
    } rows[TALLY_ROWS_MAX];
    size_t used;
    uint64_t others;
};

void tally_add(struct tally *t, str word);

/* One note: "left out: WHAT: 'WORD' (12), 'WORD' (3)"; none where nothing was counted. */
bool tally_note(const struct tally *t, struct advisory_sink *out, str document, const char *what,
                struct error *e) MUST_USE;

#endif
