#include "format/random.h"

#include <assert.h>
#include <inttypes.h>

#include "base/checked.h"

enum { LOAD_BYTES_MIN = 64 * 1024 };

static MUST_USE bool load(struct random *r, uint64_t size_bytes, struct error *e)
{
    /* Sizes in archives lie: room is made as bytes arrive, and one byte more shows the end. */
    for (;;) {
        size_t left = r->bytes.bytes_max - r->bytes.len;
        size_t want = r->bytes.len < LOAD_BYTES_MIN ? LOAD_BYTES_MIN : r->bytes.len;
        want = want < left ? want : left;
        if (r->bytes.len <= size_bytes && want > size_bytes - r->bytes.len + 1) {
            want = (size_t)(size_bytes - r->bytes.len + 1);
        }
        size_t got;
        if (want == 0) {
            return true; /* one byte past the limit: that is the caller's to tell */
        }
        if (!buf_reserve(&r->bytes, want, e)) {
            return false;
        }
        if (!reader_read(r->from, r->bytes.at + r->bytes.len, want, &got, e)) {
            r->failed = true;
            return false;
        }
        r->bytes.len += got;
        if (got < want) {
            return true;
        }
    }
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
    buf_init(&r->bytes, (size_t)bytes_max + 1);
    if (!load(r, size_bytes, e)) {
        random_close(r);
        return false;
    }
    if (r->bytes.len > bytes_max) {
        random_close(r);
        return error_set(e, ERROR_LIMIT, "more than the limit of %" PRIu64 " bytes", bytes_max);
    }
    r->from = NULL;
    r->size_bytes = r->bytes.len;
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

bool random_part(struct random *r, uint64_t offset, size_t len, const uint8_t **at, struct error *e)
{
    if (!range_fits(offset, len, r->size_bytes)) {
        return error_set(e, ERROR_FORMAT, "bytes %" PRIu64 " to %" PRIu64 " of %" PRIu64 " bytes",
                         offset, offset + len, r->size_bytes);
    }
    assert(len <= RANDOM_PART_BYTES_MAX && len > 0);
    bool ready = offset >= r->start && range_fits(offset - r->start, len, r->bytes.len);
    if (!ready && !window_fill(r, offset, len, e)) {
        return false;
    }
    *at = (const uint8_t *)r->bytes.at + (offset - r->start);
    return true;
}

void random_close(struct random *r)
{
    buf_done(&r->bytes);
    r->size_bytes = 0;
}
