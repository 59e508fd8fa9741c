/* pieces.h: advisories of any number of rows, with texts of any length, into a sink. Inside
 * src/feed only. */
#ifndef LIMPID_FEED_PIECES_H
#define LIMPID_FEED_PIECES_H

#include <stddef.h>

#include "base/attr.h"
#include "base/error.h"
#include "feed/document.h"
#include "model/advisory.h"

enum {
    /* the text of a piece's rows: with its other texts it has to fit the frame in which a worker
     * answers, of 1 MiB */
    PIECE_BYTES_MAX = 384 * 1024,
    PIECE_TEXT_BYTES_MAX = 4096, /* a name, a version, an address */
    PIECE_ID_BYTES_MAX = 128,    /* of an advisory or a vulnerability */
};

/* Puts the advisory with the `count` rows at `rows`, in as many pieces of the same id as it
 * takes; nothing where there are none. What is longer than the limits is left out and counted:
 * rows, a vector, a link; the advisory where its own id is.
 */
bool pieces_put(struct advisory_sink *out, const struct advisory *advisory,
                const struct affected *rows, size_t count, struct tally *left_out,
                struct error *e) MUST_USE;

/* True where the text can be a vulnerability's id. */
bool piece_id_fits(str id);

#endif
