#include "format/random.h"

#include <assert.h>
#include <inttypes.h>

#include "base/checked.h"

enum { LOAD_BYTES_MIN = 64 * 1024, PACK_READ_BYTES = 4 * PACK_CHUNK_BYTES };

/* The next bytes of the stream, at the end of `r->bytes`. */
static MUST_USE bool read_more(struct random *r, size_t want, size_t *got, struct error *e)
{
    if (!buf_reserve(&r->bytes, want, e)) {
        return false;
    }
    if (!reader_read(r->from, r->bytes.at + r->bytes.len, want, got, e)) {
        r->failed = true;
        return false;
    }
    r->bytes.len += *got;
    return true;
}

/* Sizes in archives lie: room is made as bytes arrive. */
static MUST_USE bool load_plain(struct random *r, struct error *e)
{
    buf_init(&r->bytes, (size_t)r->size_bytes);
    size_t want, got;
    do {
        size_t left = (size_t)r->size_bytes - r->bytes.len;
        want = r->bytes.len < LOAD_BYTES_MIN ? LOAD_BYTES_MIN : r->bytes.len;
        want = want < left ? want : left;
        if (!read_more(r, want, &got, e)) {
            return false;
        }
    } while (got == want && want > 0);
    r->size_bytes = r->bytes.len;
    return true;
}

static MUST_USE bool load_packed(struct random *r, struct error *e)
{
    uint64_t loaded = 0;
    size_t want, got;
    if (!pack_open(&r->pack, r->size_bytes, e)) {
        return false;
    }
    buf_init(&r->bytes, RANDOM_PART_BYTES_MAX + 2 * PACK_CHUNK_BYTES);
    do {
        uint64_t left = r->size_bytes - loaded;
        want = left < PACK_READ_BYTES ? (size_t)left : PACK_READ_BYTES;
        r->bytes.len = 0;
        if (!read_more(r, want, &got, e)) {
            return false;
        }
        for (size_t at = 0; at < got; at += PACK_CHUNK_BYTES) {
            size_t len = got - at < PACK_CHUNK_BYTES ? got - at : PACK_CHUNK_BYTES;
            if (!pack_add(&r->pack, (const uint8_t *)r->bytes.at + at, len, e)) {
                return false;
            }
        }
        loaded += got;
    } while (got == want && want > 0);
    r->bytes.len = 0;
    r->size_bytes = loaded;
    r->is_packed = true;
    return pack_seal(&r->pack, e);
}

bool random_open(struct random *r, struct reader *from, uint64_t size_bytes, uint64_t bytes_max,
                 struct error *e)
{
    *r = (struct random){.from = from, .size_bytes = size_bytes};
    if (size_bytes > bytes_max) {
        return error_set(e, ERROR_LIMIT, "%" PRIu64 " bytes, more than the limit of %" PRIu64,
                         size_bytes, bytes_max);
    }
    if (from->ops->read_at != NULL) {
        buf_init(&r->bytes, RANDOM_PART_BYTES_MAX);
        return true;
    }
    if (size_bytes == 0) {
        return true;
    }
    if (!(size_bytes <= RANDOM_PLAIN_BYTES_MAX ? load_plain(r, e) : load_packed(r, e))) {
        random_close(r);
        return false;
    }
    r->from = NULL;
    return true;
}

/* Fills the window from `offset` on with `len` bytes, or more where reading goes on in order. */
static MUST_USE bool window_fill(struct random *r, uint64_t offset, size_t len, struct error *e)
{
    bool in_order = offset >= r->start && offset - r->start <= r->bytes.len && r->bytes.len > 0;
    r->ahead = in_order ? r->ahead * 2 : len;
    if (r->ahead > RANDOM_PART_BYTES_MAX) {
        r->ahead = RANDOM_PART_BYTES_MAX;
    }
    size_t want = r->ahead > len ? r->ahead : len;
    if (want > r->size_bytes - offset) {
        want = (size_t)(r->size_bytes - offset); /* fits: less than a size_t */
    }
    r->bytes.len = 0;
    if (!buf_reserve(&r->bytes, RANDOM_PART_BYTES_MAX, e)) {
        return false;
    }
    if (!r->from->ops->read_at(r->from, offset, r->bytes.at, want, e)) {
        r->failed = true;
        return false;
    }
    r->start = offset;
    r->bytes.len = want;
    return true;
}

/* Fills the window with the chunks in which the part lies. */
static MUST_USE bool window_unpack(struct random *r, uint64_t offset, size_t len, struct error *e)
{
    size_t first = (size_t)(offset / PACK_CHUNK_BYTES);
    size_t last = (size_t)((offset + len - 1) / PACK_CHUNK_BYTES);
    r->bytes.len = 0;
    if (!buf_reserve(&r->bytes, (last - first + 1) * PACK_CHUNK_BYTES, e)) {
        return false;
    }
    for (size_t i = first; i <= last; i++) {
        if (!pack_get(&r->pack, i, (uint8_t *)r->bytes.at + r->bytes.len, e)) {
            r->bytes.len = 0;
            return false;
        }
        r->bytes.len += r->pack.chunks[i].bytes;
    }
    r->start = (uint64_t)first * PACK_CHUNK_BYTES;
    return true;
}

bool random_part(struct random *r, uint64_t offset, size_t len, const uint8_t **at, struct error *e)
{
    if (!range_fits(offset, len, r->size_bytes)) {
        return error_set(e, ERROR_FORMAT, "bytes %" PRIu64 " to %" PRIu64 " of %" PRIu64 " bytes",
                         offset, offset + len, r->size_bytes);
    }
    assert(len <= RANDOM_PART_BYTES_MAX && len > 0);
    bool ready = offset >= r->start && range_fits(offset - r->start, len, r->bytes.len);
    if (!ready &&
        !(r->is_packed ? window_unpack(r, offset, len, e) : window_fill(r, offset, len, e))) {
        return false;
    }
    *at = (const uint8_t *)r->bytes.at + (offset - r->start);
    return true;
}

void random_close(struct random *r)
{
    pack_close(&r->pack);
    buf_done(&r->bytes);
    r->size_bytes = 0;
    r->start = 0;
}
