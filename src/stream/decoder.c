#include "stream/decoder.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stream/window.h"

struct decoder *decoder_new(size_t state_bytes, const struct reader_ops *ops,
                            const struct decoder_format *format, struct reader *from,
                            struct error *e)
{
    struct decoder *d = malloc(state_bytes + DECODER_BUFFER_BYTES);
    if (d == NULL) {
        error_set(e, ERROR_MEMORY, "no memory for %zu bytes", state_bytes + DECODER_BUFFER_BYTES);
        return NULL;
    }
    memset(d, 0, state_bytes);
    d->base.ops = ops;
    d->from = from;
    d->format = format;
    d->buffer = (uint8_t *)d + state_bytes;
    d->base.at = d->base.end = d->buffer;
    return d;
}

void decoder_close(struct reader *self)
{
    struct decoder *d = CONTAINER_OF(self, struct decoder, base);
    d->format->free(d);
    free(d);
}

static enum step cut(struct decoder *d)
{
    error_set(&d->error, ERROR_FORMAT, "ends in the middle of a %s %s after %" PRIu64 " bytes",
              d->base.ops->name, d->format->unit, reader_offset(d->from));
    return STEP_FAILED;
}

static enum step member_failed(struct decoder *d)
{
    error_wrap(&d->error, "%s %s %" PRIu64, d->base.ops->name, d->format->unit, d->members + 1);
    return STEP_FAILED;
}

static void zeros_pass(struct decoder *d)
{
    struct reader *from = d->from;
    const uint8_t *at = from->at;
    while (at < from->end && *at == 0) {
        at++;
    }
    d->trailing += (uint64_t)(at - from->at);
    from->at = at;
}

/* What is neither a member nor zeros follows the last member. */
static enum step garbage_pass(struct decoder *d)
{
    if (!d->format->garbage_ignored || d->members == 0) {
        error_set(&d->error, ERROR_FORMAT, "byte %" PRIu64 " begins no %s %s",
                  reader_offset(d->from), d->base.ops->name, d->format->unit);
        return STEP_FAILED;
    }
    uint64_t bytes;
    if (!reader_drain(d->from, &bytes, &d->error)) {
        return STEP_FAILED;
    }
    d->trailing += bytes;
    return STEP_END;
}

/* Finds the next member and begins it. */
static enum step member_next(struct decoder *d)
{
    for (;;) {
        enum step step = reader_need(d->from, DECODER_MAGIC_BYTES_MAX, &d->error);
        if (step == STEP_FAILED) {
            return STEP_FAILED;
        }
        size_t ready = reader_ready(d->from);
        if (ready == 0) {
            return STEP_END;
        }
        if (d->members > 0 && *d->from->at == 0) {
            zeros_pass(d);
            continue;
        }
        if (!d->format->matches(d->from->at, ready)) {
            return d->format->is_cut(d->from->at, ready) ? cut(d) : garbage_pass(d);
        }
        d->trailing = 0; /* zeros between two members */
        switch (d->format->begin(d, &d->error)) {
        case PART_FAILED:
            return member_failed(d);
        case PART_CUT:
            return cut(d);
        case PART_DONE:
            d->members++;
            continue;
        case PART_GOING:
            d->inside = true;
            d->out_full = false;
            return STEP_GOT;
        }
    }
}

/* One call of the library, with what is ready below, straight into the window. */
static enum step member_run(struct decoder *d, uint8_t **out, uint8_t *out_end)
{
    struct reader *from = d->from;
    bool input_ended = false;
    if (reader_ready(from) == 0 && !d->out_full) {
        enum step step = reader_need(from, 1, &d->error);
        if (step == STEP_FAILED) {
            return STEP_FAILED;
        }
        input_ended = step == STEP_END;
    }
    struct decoder_io io = {.in = from->at, .in_end = from->end, .out = *out, .out_end = out_end};
    enum part part = d->format->run(d, &io, &d->error);
    bool moved = io.out != *out || io.in != from->at;
    from->at = io.in;
    *out = io.out;
    d->out_full = io.out == out_end;
    switch (part) {
    case PART_DONE:
        d->inside = false;
        d->members++;
        return STEP_GOT;
    case PART_GOING:
        if (moved) {
            return STEP_GOT;
        }
        if (input_ended) {
            return cut(d);
        }
        if (reader_ready(from) == 0) {
            return STEP_GOT; /* it wants input, which the next call fetches */
        }
        error_set(&d->error, ERROR_FORMAT, "makes no progress");
        return member_failed(d);
    case PART_CUT:
        return cut(d);
    case PART_FAILED:
        return member_failed(d);
    }
    return STEP_FAILED;
}

static enum step failed(const struct decoder *d, struct error *e)
{
    if (e != NULL) {
        *e = d->error;
    }
    return STEP_FAILED;
}

enum step decoder_fill(struct reader *self, size_t want, struct error *e)
{
    struct decoder *d = CONTAINER_OF(self, struct decoder, base);
    (void)want; /* half of the room is more than anybody may want */
    if (d->failed) {
        return failed(d, e);
    }
    if (d->ended) {
        return STEP_END;
    }
    assert(reader_ready(self) < READER_NEED_MAX);
    window_compact(self, d->buffer);
    uint8_t *start = d->buffer + reader_ready(self), *out = start;
    enum step step = STEP_GOT;
    while (step == STEP_GOT && out - start < DECODER_ENOUGH_BYTES) {
        step = d->inside ? STEP_GOT : member_next(d);
        if (step == STEP_GOT) {
            step = member_run(d, &out, start + DECODER_OUT_BYTES);
        }
    }
    d->failed = step == STEP_FAILED;
    d->ended = step == STEP_END;
    self->end = out;
    self->end_offset += (uint64_t)(out - start);
    if (out > start) {
        return STEP_GOT; /* what was decoded before a failure is read before it is told */
    }
    return d->failed ? failed(d, e) : step;
}
