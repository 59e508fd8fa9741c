#include "stream/reader.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

enum step reader_need(struct reader *r, size_t n, struct error *e)
{
    assert(n <= READER_NEED_MAX);
    while (reader_ready(r) < n) {
        enum step step = r->ops->fill(r, n, e);
        if (step != STEP_GOT) {
            return step;
        }
    }
    return STEP_GOT;
}

bool reader_read(struct reader *r, void *to, size_t n, size_t *got, struct error *e)
{
    uint8_t *into = to;
    size_t done = 0;
    while (done < n) {
        size_t ready = reader_ready(r);
        if (ready == 0) {
            size_t want = n - done < READER_NEED_MAX ? n - done : READER_NEED_MAX;
            enum step step = r->ops->fill(r, want, e);
            if (step == STEP_FAILED) {
                return false;
            }
            if (step == STEP_END) {
                break;
            }
            continue;
        }
        size_t part = ready < n - done ? ready : n - done;
        memcpy(into + done, r->at, part);
        r->at += part;
        done += part;
    }
    *got = done;
    return true;
}

enum step reader_skip(struct reader *r, uint64_t n, struct error *e)
{
    for (;;) {
        size_t ready = reader_ready(r);
        if (n <= ready) {
            r->at += n;
            return STEP_GOT;
        }
        r->at = r->end;
        n -= ready;
        if (r->ops->skip != NULL) {
            return r->ops->skip(r, n, e) ? STEP_GOT : STEP_FAILED;
        }
        enum step step = r->ops->fill(r, 1, e);
        if (step != STEP_GOT) {
            return step;
        }
    }
}

bool reader_drain(struct reader *r, uint64_t *bytes, struct error *e)
{
    uint64_t from = reader_offset(r);
    enum step step;
    do {
        r->at = r->end;
        step = r->ops->fill(r, 1, e);
    } while (step == STEP_GOT);
    if (step == STEP_FAILED) {
        return false;
    }
    if (bytes != NULL) {
        *bytes = reader_offset(r) - from;
    }
    return true;
}

void reader_close(struct reader *r)
{
    if (r != NULL && r->ops != NULL && r->ops->close != NULL) {
        r->ops->close(r);
    }
}

/* ---- memory ---- */

static enum step memory_fill(struct reader *self, size_t want, struct error *e)
{
    (void)self;
    (void)want;
    (void)e;
    return STEP_END; /* all there is was in the window from the start */
}

static bool memory_read_at(struct reader *self, uint64_t offset, void *to, size_t len,
                           struct error *e)
{
    const struct memory_reader *m = CONTAINER_OF(self, struct memory_reader, base);
    if (!range_fits(offset, len, m->bytes.len)) {
        return error_set(e, ERROR_FORMAT, "ends at byte %zu, before %zu bytes at offset %" PRIu64,
                         m->bytes.len, len, offset);
    }
    if (len > 0) {
        memcpy(to, m->bytes.at + offset, len);
    }
    return true;
}

static const struct reader_ops memory_ops = {
    .name = "memory",
    .fill = memory_fill,
    .read_at = memory_read_at,
};

void memory_reader_init(struct memory_reader *m, str bytes)
{
    /* a window needs two pointers even where there are no bytes */
    const uint8_t *at = (const uint8_t *)(bytes.len == 0 ? "" : bytes.at);
    *m = (struct memory_reader){
        .base = {.ops = &memory_ops, .at = at, .end = at + bytes.len, .end_offset = bytes.len},
        .bytes = bytes,
    };
}
