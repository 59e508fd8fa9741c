#include <string.h>

#include "store/ids.h"
#include "store/part.h"
#include "store/partcode.h"
#include "store/varint.h"

enum { PIECE_ROWS = 256, PIECE_IDS = 256 };

struct decoder {
    struct reader *from;
    struct arena *scratch; /* texts of the piece that is being gathered */
    struct arena_mark start;
    struct advisory_sink *to;
    struct buf id, source, cvss, url, description, key;
    struct buf row_texts[PART_ROW_TEXTS];
    struct advisory head; /* numbers of the head before, or of this one */
    struct affected row;  /* the row before: numbers, and texts where they lie in `scratch` */
    uint64_t advisories, rows;
    size_t ids_count, rows_count; /* of the piece */
    str ids[PIECE_IDS];
    struct affected affected[PIECE_ROWS];
};

/* -- numbers and texts ------------------------------------------------------------------------ */

static bool number_take(struct decoder *d, uint64_t bound, uint64_t *out, struct error *e)
{
    if (reader_ready(d->from) < VARINT_BYTES_MAX) {
        if (reader_need(d->from, VARINT_BYTES_MAX, e) == STEP_FAILED) {
            return false;
        }
    }
    str rest = {.at = (const char *)d->from->at, .len = reader_ready(d->from)};
    size_t ready = rest.len;
    if (!varint_take(&rest, out)) {
        return error_set(e, ERROR_FORMAT, "ends in a number");
    }
    d->from->at += ready - rest.len;
    return *out < bound || error_set(e, ERROR_FORMAT, "a number is %llu, below %llu was expected",
                                     (unsigned long long)*out, (unsigned long long)bound);
}

static bool bytes_take(struct decoder *d, size_t len, struct buf *to, struct error *e)
{
    size_t got = 0;
    if (!buf_reserve(to, len + 1, e) || !reader_read(d->from, to->at + to->len, len, &got, e)) {
        return false;
    }
    to->len += got;
    return got == len || error_set(e, ERROR_FORMAT, "ends in a text");
}

/* A text by what it shares with the one before. */
static bool text_take(struct decoder *d, struct buf *text, struct error *e)
{
    uint64_t same = 0, more = 0;
    if (!number_take(d, text->len + 1, &same, e) ||
        !number_take(d, PART_TEXT_BYTES_MAX + 1, &more, e)) {
        return false;
    }
    if (same + more > PART_TEXT_BYTES_MAX) {
        return error_set(e, ERROR_FORMAT, "a text of %llu bytes",
                         (unsigned long long)(same + more));
    }
    if (same < text->len && more > 0) {
        char next = text->at[same];
        text->len = (size_t)same;
        return bytes_take(d, (size_t)more, text, e) &&
               (text->at[same] != next ||
                error_set(e, ERROR_FORMAT, "a text shares more than it says"));
    }
    text->len = (size_t)same;
    return bytes_take(d, (size_t)more, text, e);
}

static bool date_take(struct decoder *d, int64_t near_s, int64_t *out, struct error *e)
{
    uint64_t coded = 0;
    if (!number_take(d, (uint64_t)1 << 63, &coded, e)) {
        return false;
    }
    /* near_s is below 2^62, and so is half of `coded` */
    *out = near_s + unzigzag(coded);
    return (*out >= 0 && *out < (int64_t)1 << 62) || error_set(e, ERROR_FORMAT, "no such time");
}

static bool time_take(struct decoder *d, int64_t *out, struct error *e)
{
    uint64_t said = 0;
    if (!number_take(d, (uint64_t)1 << 62, &said, e)) {
        return false;
    }
    *out = (int64_t)said; /* below 2^62 */
    return true;
}

/* -- pieces ----------------------------------------------------------------------------------- */

/* Hands on what has been gathered of the advisory; the texts of the row before stay at hand. */
static bool piece_put(struct decoder *d, struct error *e)
{
    d->head.ids = d->ids;
    d->head.ids_count = d->ids_count;
    d->head.affected = d->affected;
    d->head.affected_count = d->rows_count;
    bool done = d->to->put(d->to, &d->head, e);
    d->ids_count = d->rows_count = 0;
    return done;
}

/* The head's texts and those of the row before, for a new piece. */
static bool piece_begin(struct decoder *d, struct error *e)
{
    arena_rewind(d->scratch, d->start);
    if (!arena_str(d->scratch, buf_str(&d->id), &d->head.id, e) ||
        !arena_str(d->scratch, buf_str(&d->source), &d->head.severity_source, e) ||
        !arena_str(d->scratch, buf_str(&d->cvss), &d->head.cvss, e) ||
        !arena_str(d->scratch, buf_str(&d->url), &d->head.url, e) ||
        !arena_str(d->scratch, buf_str(&d->description), &d->head.description, e)) {
        return false;
    }
    for (size_t i = 0; i < PART_ROW_TEXTS; i++) {
        if (!arena_str(d->scratch, buf_str(&d->row_texts[i]), part_row_text(&d->row, i), e)) {
            return false;
        }
    }
    return true;
}

/* -- items ------------------------------------------------------------------------------------ */

static bool exploitation_take(struct decoder *d, unsigned members, struct error *e)
{
    struct exploitation *x = &d->head.exploitation;
    uint64_t epss = 0, percentile = 0;
    *x = (struct exploitation){.kev_ransomware = (members & PART_RANSOMWARE) != 0};
    if ((members & PART_EPSS) != 0 && (!number_take(d, EPSS_WHOLE + 1, &epss, e) ||
                                       !number_take(d, EPSS_WHOLE + 1, &percentile, e))) {
        return false;
    }
    x->epss = (uint32_t)epss; /* the two are ≤ EPSS_WHOLE */
    x->epss_percentile = (uint32_t)percentile;
    return (members & PART_KEV) == 0 ||
           (time_take(d, &x->kev_added_s, e) && time_take(d, &x->kev_due_s, e));
}

static bool description_take(struct decoder *d, struct error *e)
{
    uint64_t len = 0;
    return number_take(d, PART_TEXT_BYTES_MAX + 1, &len, e) &&
           bytes_take(d, (size_t)len, &d->description, e); /* ≤ PART_TEXT_BYTES_MAX */
}

static bool head_take(struct decoder *d, unsigned members, struct error *e)
{
    struct advisory *a = &d->head;
    uint64_t severity = a->severity;
    if (d->advisories > 0 && !piece_put(d, e)) {
        return false;
    }
    d->description.len = 0;
    a->modified_s = a->withdrawn_s = 0;
    if (!text_take(d, &d->id, e) ||
        ((members & PART_SEVERITY) != 0 && !number_take(d, SEVERITY_COUNT, &severity, e)) ||
        ((members & PART_SOURCE) != 0 && !text_take(d, &d->source, e)) ||
        ((members & PART_CVSS) != 0 && !text_take(d, &d->cvss, e)) ||
        ((members & PART_URL) != 0 && !text_take(d, &d->url, e)) ||
        ((members & PART_PUBLISHED) != 0 && !date_take(d, a->published_s, &a->published_s, e)) ||
        ((members & PART_MODIFIED) != 0 && !date_take(d, a->published_s, &a->modified_s, e)) ||
        ((members & PART_DESCRIPTION) != 0 && !description_take(d, e)) ||
        ((members & PART_WITHDRAWN) != 0 && !time_take(d, &a->withdrawn_s, e)) ||
        !exploitation_take(d, members, e)) {
        return false;
    }
    if (d->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "an advisory without an id");
    }
    a->severity = (enum severity)severity; /* below the count */
    d->advisories++;
    return piece_begin(d, e);
}

static bool id_take(struct decoder *d, struct error *e)
{
    uint64_t code = 0;
    if (d->ids_count == PIECE_IDS && (!piece_put(d, e) || !piece_begin(d, e))) {
        return false;
    }
    d->key.len = 0;
    if (!number_take(d, UINT64_MAX, &code, e) || !varint_add(&d->key, code, e)) {
        return false;
    }
    if ((code & 1) == 0 &&
        ((code >> 1) > PART_TEXT_BYTES_MAX || !bytes_take(d, (size_t)(code >> 1), &d->key, e))) {
        return error_set(e, ERROR_FORMAT, "an id of %llu bytes", (unsigned long long)(code >> 1));
    }
    str packed = buf_str(&d->key);
    return ids_take(&packed, d->scratch, &d->ids[d->ids_count++], e);
}

static bool row_take(struct decoder *d, unsigned members, struct error *e)
{
    uint64_t state = d->row.state, severity = d->row.severity;
    if (d->rows_count == PIECE_ROWS && (!piece_put(d, e) || !piece_begin(d, e))) {
        return false;
    }
    for (size_t i = 0; i < PART_ROW_TEXTS; i++) {
        if ((members & 1u << i) != 0 &&
            (!text_take(d, &d->row_texts[i], e) ||
             !arena_str(d->scratch, buf_str(&d->row_texts[i]), part_row_text(&d->row, i), e))) {
            return false;
        }
    }
    if (((members & PART_STATE) != 0 && !number_take(d, FIX_STATE_COUNT, &state, e)) ||
        ((members & PART_ROW_SEVERITY) != 0 && !number_take(d, SEVERITY_COUNT, &severity, e))) {
        return false;
    }
    if ((members & PART_SCOPE) != 0) {
        d->row.scope = d->row.scope == SCOPE_SOURCE ? SCOPE_BINARY : SCOPE_SOURCE;
    }
    d->row.state = (enum fix_state)state; /* both below their counts */
    d->row.severity = (enum severity)severity;
    d->affected[d->rows_count++] = d->row;
    d->rows++;
    return true;
}

/* What is behind the last item. */
static bool end_take(struct decoder *d, struct error *e)
{
    uint64_t advisories = 0, rows = 0;
    if ((d->advisories > 0 && !piece_put(d, e)) || !number_take(d, UINT64_MAX, &advisories, e) ||
        !number_take(d, UINT64_MAX, &rows, e)) {
        return false;
    }
    if (advisories != d->advisories || rows != d->rows) {
        return error_set(e, ERROR_FORMAT,
                         "%llu advisories and %llu rows, its end says %llu and %llu",
                         (unsigned long long)d->advisories, (unsigned long long)d->rows,
                         (unsigned long long)advisories, (unsigned long long)rows);
    }
    enum step got = reader_need(d->from, 1, e);
    return got == STEP_END ||
           (got == STEP_GOT && error_set(e, ERROR_FORMAT, "there are bytes behind its end"));
}

static bool item_take(struct decoder *d, bool *end, struct error *e)
{
    uint64_t said = 0;
    if (!number_take(d, (uint64_t)(PART_ROW_ALL + 1) << PART_KIND_BITS, &said, e)) {
        return false;
    }
    unsigned members = (unsigned)said >> PART_KIND_BITS; /* below 2^14 */
    unsigned kind = (unsigned)said & ((1 << PART_KIND_BITS) - 1);
    if (((kind == PART_END || kind == PART_ID) && members != 0) ||
        (kind == PART_HEAD && members > PART_HEAD_ALL) ||
        (d->advisories == 0 && (kind == PART_ID || kind == PART_ROW))) {
        return error_set(e, ERROR_FORMAT, "an item of kind %llu", (unsigned long long)said);
    }
    *end = kind == PART_END;
    return kind == PART_HEAD  ? head_take(d, members, e)
           : kind == PART_ID  ? id_take(d, e)
           : kind == PART_ROW ? row_take(d, members, e)
                              : end_take(d, e);
}

static void decoder_done(struct decoder *d)
{
    struct buf *bufs[] = {&d->id, &d->source, &d->cvss, &d->url, &d->description, &d->key};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_done(bufs[i]);
    }
    for (size_t i = 0; i < PART_ROW_TEXTS; i++) {
        buf_done(&d->row_texts[i]);
    }
}

static void decoder_init(struct decoder *d)
{
    struct buf *bufs[] = {&d->id, &d->source, &d->cvss, &d->url, &d->description, &d->key};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_init(bufs[i], PART_TEXT_BYTES_MAX + (size_t)64);
    }
    for (size_t i = 0; i < PART_ROW_TEXTS; i++) {
        buf_init(&d->row_texts[i], PART_TEXT_BYTES_MAX + (size_t)64);
    }
}

bool part_decode(struct reader *from, struct arena *scratch, struct advisory_sink *to,
                 struct error *e)
{
    struct decoder *d = ARENA_NEW(scratch, struct decoder, e);
    size_t got = 0;
    char magic[sizeof(PART_MAGIC) - 1];
    if (d == NULL || !reader_read(from, magic, sizeof(magic), &got, e)) {
        return false;
    }
    if (got != sizeof(magic) || memcmp(magic, PART_MAGIC, sizeof(magic)) != 0) {
        error_set(e, ERROR_FORMAT, "does not begin as a part of a bundle of this version");
        return error_hint(e, "make the bundle anew with this limpid, or use the one that made it");
    }
    d->from = from;
    d->to = to;
    d->scratch = scratch;
    d->start = arena_mark(scratch);
    decoder_init(d);
    bool end = false, done = true;
    while (done && !end) {
        done = item_take(d, &end, e);
    }
    decoder_done(d);
    return done || error_wrap(e, "advisory %llu", (unsigned long long)d->advisories);
}
