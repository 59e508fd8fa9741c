/* part.c: part_reader and limit_reader, the two stages that end before the one below does. */
#include <assert.h>
#include <inttypes.h>

#include "base/checked.h"
#include "stream/reader.h"
#include "stream/window.h"

static size_t size_min(size_t a, uint64_t b)
{
    return b < a ? (size_t)b : a;
}

/* Takes from `left` what the window of `base` will show more of `from`, and shows it. */
static void show_more(struct reader *base, struct reader *from, uint64_t *left)
{
    size_t more = size_min(reader_ready(from) - reader_ready(base), *left);
    *left -= more;
    window_show(base, from, reader_ready(base) + more);
}

/* ---- a part of a stream ---- */

static bool part_cut(const struct part_reader *p, struct error *e)
{
    return error_set(e, ERROR_FORMAT, "ends after %" PRIu64 " of %" PRIu64 " bytes",
                     p->whole_bytes - p->left_bytes, p->whole_bytes);
}

static enum step part_fill(struct reader *self, size_t want, struct error *e)
{
    struct part_reader *p = CONTAINER_OF(self, struct part_reader, base);
    if (p->left_bytes == 0) {
        return STEP_END;
    }
    enum step step = window_pull(self, p->from, want, e);
    if (step == STEP_GOT) {
        show_more(self, p->from, &p->left_bytes);
    } else if (step == STEP_END) {
        part_cut(p, e);
        return STEP_FAILED;
    }
    return step;
}

static bool part_skip(struct reader *self, uint64_t bytes, struct error *e)
{
    struct part_reader *p = CONTAINER_OF(self, struct part_reader, base);
    uint64_t hop = bytes < p->left_bytes ? bytes : p->left_bytes;
    uint64_t before = reader_offset(p->from);
    enum step step = reader_skip(p->from, hop, e);
    self->at = self->end = p->from->at;
    if (step == STEP_GOT) {
        p->left_bytes -= hop;
        self->end_offset += hop;
        return true;
    }
    if (step == STEP_END) {
        p->left_bytes -= reader_offset(p->from) - before;
        part_cut(p, e);
    }
    return false;
}

static bool part_read_at(struct reader *self, uint64_t offset, void *to, size_t len,
                         struct error *e)
{
    const struct part_reader *p = CONTAINER_OF(self, struct part_reader, base);
    uint64_t below;
    if (!range_fits(offset, len, p->whole_bytes) || !checked_add(p->start_offset, offset, &below)) {
        return error_set(e, ERROR_FORMAT,
                         "ends at byte %" PRIu64 ", before %zu bytes at offset %" PRIu64,
                         p->whole_bytes, len, offset);
    }
    return p->from->ops->read_at(p->from, below, to, len, e);
}

static const struct reader_ops part_ops = {
    .name = "part",
    .fill = part_fill,
    .skip = part_skip,
};

static const struct reader_ops part_seekable_ops = {
    .name = "part",
    .fill = part_fill,
    .skip = part_skip,
    .read_at = part_read_at,
};

void part_reader_init(struct part_reader *p, struct reader *from, uint64_t bytes)
{
    *p = (struct part_reader){
        .base = {.ops = from->ops->read_at != NULL ? &part_seekable_ops : &part_ops,
                 .at = from->at,
                 .end = from->at},
        .from = from,
        .left_bytes = bytes,
        .whole_bytes = bytes,
        .start_offset = reader_offset(from),
    };
    show_more(&p->base, from, &p->left_bytes);
}

/* ---- a limit on a stream ---- */

static bool limit_passed(const struct limit_reader *l, struct error *e)
{
    return error_set(e, ERROR_LIMIT, "more than the limit of %" PRIu64 " bytes", l->bytes_max);
}

static enum step limit_fill(struct reader *self, size_t want, struct error *e)
{
    struct limit_reader *l = CONTAINER_OF(self, struct limit_reader, base);
    enum step step = window_pull(self, l->from, want, e);
    if (step != STEP_GOT) {
        return step;
    }
    if (l->left_bytes == 0) {
        limit_passed(l, e);
        return STEP_FAILED;
    }
    show_more(self, l->from, &l->left_bytes);
    return STEP_GOT;
}

static bool limit_skip(struct reader *self, uint64_t bytes, struct error *e)
{
    struct limit_reader *l = CONTAINER_OF(self, struct limit_reader, base);
    uint64_t hop = bytes < l->left_bytes ? bytes : l->left_bytes;
    uint64_t before = reader_offset(l->from);
    enum step step = reader_skip(l->from, hop, e);
    self->at = self->end = l->from->at;
    if (step == STEP_FAILED) {
        return false;
    }
    uint64_t moved = reader_offset(l->from) - before;
    l->left_bytes -= moved;
    self->end_offset += moved;
    if (step == STEP_END || hop == bytes) {
        return true;
    }
    step = reader_need(l->from, 1, e); /* whether there is a byte past the limit */
    if (step == STEP_GOT) {
        return limit_passed(l, e);
    }
    self->at = self->end = l->from->at;
    return step == STEP_END;
}

static bool limit_read_at(struct reader *self, uint64_t offset, void *to, size_t len,
                          struct error *e)
{
    struct limit_reader *l = CONTAINER_OF(self, struct limit_reader, base);
    if (!range_fits(offset, len, l->bytes_max)) {
        return limit_passed(l, e);
    }
    /* offset 0 here is where `from` stood when the limit was put on it */
    uint64_t start = reader_offset(l->from) - self->end_offset;
    return l->from->ops->read_at(l->from, start + offset, to, len, e);
}

static const struct reader_ops limit_ops = {
    .name = "limit",
    .fill = limit_fill,
    .skip = limit_skip,
};

static const struct reader_ops limit_seekable_ops = {
    .name = "limit",
    .fill = limit_fill,
    .skip = limit_skip,
    .read_at = limit_read_at,
};

void limit_reader_init(struct limit_reader *l, struct reader *from, uint64_t bytes_max)
{
    *l = (struct limit_reader){
        .base = {.ops = from->ops->read_at != NULL ? &limit_seekable_ops : &limit_ops,
                 .at = from->at,
                 .end = from->at},
        .from = from,
        .left_bytes = bytes_max,
        .bytes_max = bytes_max,
    };
    show_more(&l->base, from, &l->left_bytes);
}
