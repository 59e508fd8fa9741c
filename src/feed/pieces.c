#include "feed/pieces.h"

/* Lengths and numbers beside the texts. */
enum { ROW_BYTES = 48 };

bool piece_id_fits(str id)
{
    return id.len > 0 && id.len <= PIECE_ID_BYTES_MAX;
}

/* The bytes of a row; 0 where a text of it is too long. */
static size_t row_bytes(const struct affected *r)
{
    const str texts[] = {r->namespace_, r->product,       r->package, r->arch, r->module,
                         r->introduced, r->last_affected, r->fixed,   r->word};
    size_t bytes = ROW_BYTES;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (texts[i].len > PIECE_TEXT_BYTES_MAX) {
            return 0;
        }
        bytes += texts[i].len;
    }
    return bytes;
}

/* How many of the rows make one piece: those up to the limits, or to one that is too long. */
static size_t piece_rows(const struct affected *rows, size_t count)
{
    size_t taken = 0, bytes = 0;
    while (taken < count && taken < ADVISORY_AFFECTED_MAX) {
        size_t more = row_bytes(&rows[taken]);
        bytes += more;
        if (more == 0 || bytes > PIECE_BYTES_MAX) {
            break;
        }
        taken++;
    }
    return taken;
}

static str fitting(str text, struct tally *left_out, str what)
{
    if (text.len <= PIECE_TEXT_BYTES_MAX) {
        return text;
    }
    tally_add(left_out, what);
    return STR_NONE;
}

bool pieces_put(struct advisory_sink *out, const struct advisory *advisory,
                const struct affected *rows, size_t count, struct tally *left_out, struct error *e)
{
    struct advisory piece = *advisory;
    if (!piece_id_fits(piece.id)) {
        tally_add(left_out, STR("an advisory with an id too long"));
        return true;
    }
    piece.cvss = fitting(piece.cvss, left_out, STR("a vector too long"));
    piece.url = fitting(piece.url, left_out, STR("a link too long"));
    for (size_t from = 0; from < count; from += piece.affected_count) {
        piece.affected = rows + from;
        piece.affected_count = piece_rows(piece.affected, count - from);
        if (piece.affected_count == 0) {
            tally_add(left_out, STR("a package or version too long"));
            from++;
        } else if (!out->put(out, &piece, e)) {
            return false;
        }
    }
    return true;
}
