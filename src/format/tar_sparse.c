#include "format/tar_sparse.h"

#include <assert.h>
#include <string.h>

#include "base/checked.h"
#include "base/num.h"
#include "format/tar.h"
#include "format/tar_header.h"

/* Old GNU: pairs of two number fields, and a flag that a block of more pairs follows. */
enum {
    FIELD_BYTES = 12,
    PAIR_BYTES = 24,
    HEADER_PAIRS_AT = 386,
    HEADER_PAIRS = 4,
    HEADER_MORE_AT = 482,
    BLOCK_PAIRS = 21,
    BLOCK_MORE_AT = 504,
};

void tar_sparse_init(struct tar_sparse *s, struct reader *from, struct arena *arena)
{
    *s = (struct tar_sparse){.from = from, .arena = arena};
}

void tar_sparse_clear(struct tar_sparse *s)
{
    s->count = 0;
    s->map_end = 0;
    s->data_bytes = 0;
}

bool tar_sparse_add(struct tar_sparse *s, uint64_t offset, uint64_t bytes, struct error *e)
{
    uint64_t end;
    if (offset < s->map_end) {
        return error_set(e, ERROR_FORMAT, "sparse map: data at %llu starts before %llu",
                         (unsigned long long)offset, (unsigned long long)s->map_end);
    }
    if (!checked_add(offset, bytes, &end) || end > INT64_MAX) {
        return error_set(e, ERROR_FORMAT, "sparse map: %llu bytes at %llu end past any file",
                         (unsigned long long)bytes, (unsigned long long)offset);
    }
    s->map_end = end;
    if (bytes == 0) {
        return true; /* GNU tar marks the end of the file by one */
    }
    s->data_bytes += bytes; /* parts do not overlap: at most map_end */
    void *parts = s->parts;
    if (!arena_grow(s->arena, &parts, s->count, &s->room, sizeof(*s->parts), e)) {
        return false;
    }
    s->parts = parts;
    s->parts[s->count++] = (struct tar_sparse_part){.offset = offset, .bytes = bytes};
    return true;
}

static bool next_number(str *rest, uint64_t *out)
{
    str number;
    if (!str_cut(rest, ',', &number)) {
        number = *rest;
        *rest = STR_NONE;
    }
    return num_parse(number, 10, INT64_MAX, out);
}

bool tar_sparse_add_text(struct tar_sparse *s, str map, struct error *e)
{
    while (map.len > 0) {
        uint64_t offset, bytes;
        if (!next_number(&map, &offset) || !next_number(&map, &bytes)) {
            return error_set(e, ERROR_FORMAT, "sparse map: no pairs of numbers");
        }
        if (!tar_sparse_add(s, offset, bytes, e)) {
            return false;
        }
    }
    return true;
}

/* Pairs end at the first whose offset field is empty. */
static bool add_fields(struct tar_sparse *s, const uint8_t *pair, size_t pairs, struct error *e)
{
    for (size_t i = 0; i < pairs && pair[0] != '\0'; i++, pair += PAIR_BYTES) {
        int64_t offset, bytes;
        if (!tar_number(pair, FIELD_BYTES, &offset) || offset < 0 ||
            !tar_number(pair + FIELD_BYTES, FIELD_BYTES, &bytes) || bytes < 0) {
            return error_set(e, ERROR_FORMAT, "sparse map: pair %zu is no numbers", s->count);
        }
        if (!tar_sparse_add(s, (uint64_t)offset, (uint64_t)bytes, e)) {
            return false;
        }
    }
    return true;
}

static bool next_block(struct tar_sparse *s, struct error *e)
{
    enum step got = reader_need(s->from, TAR_BLOCK_BYTES, e);
    if (got == STEP_END) {
        return error_set(e, ERROR_FORMAT, "ends within a sparse map");
    }
    return got == STEP_GOT;
}

static bool map_is_too_large(struct error *e)
{
    return error_set(e, ERROR_LIMIT, "a sparse map is larger than the limit of %d bytes",
                     TAR_SPARSE_MAP_BYTES_MAX);
}

bool tar_sparse_read_old(struct tar_sparse *s, const uint8_t *header, struct error *e)
{
    if (!add_fields(s, header + HEADER_PAIRS_AT, HEADER_PAIRS, e)) {
        return false;
    }
    bool more = header[HEADER_MORE_AT] != 0;
    for (size_t bytes = 0; more; bytes += TAR_BLOCK_BYTES) {
        if (bytes + TAR_BLOCK_BYTES > TAR_SPARSE_MAP_BYTES_MAX) {
            return map_is_too_large(e);
        }
        if (!next_block(s, e) || !add_fields(s, s->from->at, BLOCK_PAIRS, e)) {
            return false;
        }
        more = s->from->at[BLOCK_MORE_AT] != 0;
        s->from->at += TAR_BLOCK_BYTES;
    }
    return true;
}

/* The text of pax 1.0, a block at a time: how many pairs, then the pairs, a number a line. */
struct map_text {
    uint64_t number; /* of the line so far */
    size_t digits;
    bool counted; /* the first line is behind us */
    uint64_t numbers_left;
    bool has_offset;
    uint64_t offset;
};

static bool take_number(struct tar_sparse *s, struct map_text *m, struct error *e)
{
    if (m->digits == 0) {
        return error_set(e, ERROR_FORMAT, "sparse map: an empty line");
    }
    uint64_t n = m->number;
    m->number = 0;
    m->digits = 0;
    if (!m->counted) {
        m->counted = true;
        if (n > TAR_SPARSE_MAP_BYTES_MAX) {
            return map_is_too_large(e);
        }
        m->numbers_left = 2 * n;
        return true;
    }
    m->numbers_left--;
    m->has_offset = !m->has_offset;
    if (m->has_offset) {
        m->offset = n;
        return true;
    }
    return tar_sparse_add(s, m->offset, n, e);
}

static bool take_block(struct tar_sparse *s, struct map_text *m, struct error *e)
{
    const uint8_t *block = s->from->at;
    for (size_t i = 0; i < TAR_BLOCK_BYTES && (!m->counted || m->numbers_left > 0); i++) {
        if (block[i] == '\n') {
            if (!take_number(s, m, e)) {
                return false;
            }
            continue;
        }
        if (block[i] < '0' || block[i] > '9' || ++m->digits > 19) {
            return error_set(e, ERROR_FORMAT, "sparse map: a line is no number");
        }
        m->number = m->number * 10 + (uint64_t)(block[i] - '0'); /* 19 digits fit 64 bits */
    }
    return true;
}

bool tar_sparse_read_ahead(struct tar_sparse *s, uint64_t stored_bytes, uint64_t *map_bytes,
                           struct error *e)
{
    struct map_text m = {0};
    uint64_t bytes = 0;
    while (!m.counted || m.numbers_left > 0) {
        if (bytes + TAR_BLOCK_BYTES > TAR_SPARSE_MAP_BYTES_MAX) {
            return map_is_too_large(e);
        }
        if (bytes + TAR_BLOCK_BYTES > stored_bytes) {
            return error_set(e, ERROR_FORMAT, "sparse map: longer than its entry's %llu bytes",
                             (unsigned long long)stored_bytes);
        }
        if (!next_block(s, e) || !take_block(s, &m, e)) {
            return false;
        }
        s->from->at += TAR_BLOCK_BYTES;
        bytes += TAR_BLOCK_BYTES;
    }
    *map_bytes = bytes;
    return true;
}

/* The part at or behind `offset`; past the last one, an empty part at the content's end. */
static struct tar_sparse_part part_at(struct tar_sparse *s, uint64_t offset)
{
    while (s->next < s->count && s->parts[s->next].offset + s->parts[s->next].bytes <= offset) {
        s->next++;
    }
    if (s->next < s->count) {
        return s->parts[s->next];
    }
    return (struct tar_sparse_part){.offset = s->size_bytes};
}

static bool data_is_cut(const struct tar_sparse *s, struct error *e)
{
    return error_set(e, ERROR_FORMAT, "ends after %llu of %llu bytes",
                     (unsigned long long)s->base.end_offset, (unsigned long long)s->size_bytes);
}

/* Adds the next piece of a hole or of data to the buffer, which has `room` left. */
static bool add_piece(struct tar_sparse *s, size_t room, struct error *e)
{
    uint8_t *to = s->buffer + (s->base.end - s->base.at);
    uint64_t offset = s->base.end_offset;
    struct tar_sparse_part part = part_at(s, offset);
    uint64_t bytes;
    if (offset < part.offset) {
        bytes = part.offset - offset;
        bytes = bytes < room ? bytes : room;
        memset(to, 0, (size_t)bytes);
    } else {
        bytes = part.offset + part.bytes - offset;
        bytes = bytes < room ? bytes : room;
        enum step got = reader_need(s->from, 1, e);
        if (got == STEP_END) {
            return data_is_cut(s, e);
        }
        if (got == STEP_FAILED) {
            return false;
        }
        size_t ready = reader_ready(s->from);
        bytes = bytes < ready ? bytes : ready;
        memcpy(to, s->from->at, (size_t)bytes);
        s->from->at += bytes;
    }
    s->base.end += bytes;
    s->base.end_offset += bytes;
    return true;
}

static enum step sparse_fill(struct reader *self, size_t want, struct error *e)
{
    struct tar_sparse *s = CONTAINER_OF(self, struct tar_sparse, base);
    if (self->end_offset >= s->size_bytes) {
        return STEP_END;
    }
    if (s->buffer == NULL) {
        s->buffer = ARENA_ARRAY(s->arena, READER_NEED_MAX, uint8_t, e);
        if (s->buffer == NULL) {
            return STEP_FAILED;
        }
    }
    size_t ready = reader_ready(self);
    assert(ready < READER_NEED_MAX);
    if (ready > 0) {
        memmove(s->buffer, self->at, ready);
    }
    self->at = s->buffer;
    self->end = s->buffer + ready;
    want = want < READER_NEED_MAX ? want : READER_NEED_MAX;
    do {
        ready = reader_ready(self);
        if (!add_piece(s, READER_NEED_MAX - ready, e)) {
            return STEP_FAILED;
        }
        ready = reader_ready(self);
    } while (ready < want && self->end_offset < s->size_bytes);
    return STEP_GOT;
}

static bool sparse_skip(struct reader *self, uint64_t bytes, struct error *e)
{
    struct tar_sparse *s = CONTAINER_OF(self, struct tar_sparse, base);
    uint64_t target;
    if (!checked_add(self->end_offset, bytes, &target)) {
        target = UINT64_MAX;
    }
    while (self->end_offset < target && self->end_offset < s->size_bytes) {
        struct tar_sparse_part part = part_at(s, self->end_offset);
        uint64_t end = part.offset; /* of a hole */
        if (self->end_offset >= part.offset) {
            end = part.offset + part.bytes;
            end = end < target ? end : target;
            enum step got = reader_skip(s->from, end - self->end_offset, e);
            if (got != STEP_GOT) {
                return got == STEP_END ? data_is_cut(s, e) : false;
            }
        }
        self->end_offset = end < target ? end : target;
    }
    self->end_offset = target;
    return true;
}

static void sparse_close(struct reader *self)
{
    (void)self; /* all is in the arena */
}

static const struct reader_ops sparse_ops = {
    .name = "sparse file",
    .fill = sparse_fill,
    .skip = sparse_skip,
    .close = sparse_close,
};

bool tar_sparse_start(struct tar_sparse *s, uint64_t size_bytes, uint64_t stored_bytes,
                      struct error *e)
{
    if (s->map_end > size_bytes) {
        return error_set(e, ERROR_FORMAT, "sparse map: ends at %llu of %llu bytes",
                         (unsigned long long)s->map_end, (unsigned long long)size_bytes);
    }
    if (s->data_bytes > stored_bytes) {
        return error_set(e, ERROR_FORMAT, "sparse map: has %llu bytes of data, the entry %llu",
                         (unsigned long long)s->data_bytes, (unsigned long long)stored_bytes);
    }
    s->base = (struct reader){.ops = &sparse_ops};
    s->size_bytes = size_bytes;
    s->next = 0;
    return true;
}
