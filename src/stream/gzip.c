/* gzip.c: gzip by ISA-L, more than twice as fast as zlib. It inflates from the window below into
 * the decoder's own window; its 64 KiB of history are inside its state. */
#include <isa-l/igzip_lib.h>

#include "stream/decoder.h"

struct gzip {
    struct decoder decoder;
    struct inflate_state state;
};

static enum part gzip_begin(struct decoder *d, struct error *e)
{
    struct gzip *g = CONTAINER_OF(d, struct gzip, decoder);
    enum part part = gzip_header_pass(d->from, e);
    if (part == PART_GOING) {
        isal_inflate_reset(&g->state);
        /* the header was read: inflate, then verify the checksum and the length behind */
        g->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    }
    return part;
}

static const char *reason(int code)
{
    switch (code) {
    case ISAL_INVALID_BLOCK:
        return "an invalid deflate block";
    case ISAL_INVALID_SYMBOL:
        return "an invalid deflate symbol";
    case ISAL_INVALID_LOOKBACK:
        return "a distance to before the first byte";
    case ISAL_INCORRECT_CHECKSUM:
        return "the checksum or the length at its end does not match";
    default:
        return "invalid deflate data";
    }
}

static uint32_t clamp(ptrdiff_t bytes)
{
    return bytes < INT32_MAX ? (uint32_t)bytes : INT32_MAX;
}

static enum part gzip_run(struct decoder *d, struct decoder_io *io, struct error *e)
{
    struct gzip *g = CONTAINER_OF(d, struct gzip, decoder);
    struct inflate_state *s = &g->state;
    s->next_in = (uint8_t *)(uintptr_t)io->in; /* the library does not write there */
    s->avail_in = clamp(io->in_end - io->in);
    s->next_out = io->out;
    s->avail_out = clamp(io->out_end - io->out);
    int code = isal_inflate(s);
    const uint8_t *start = io->in;
    io->in = s->next_in;
    io->out = s->next_out;
    if (code < 0) {
        error_set(e, ERROR_FORMAT, "%s", reason(code));
        return PART_FAILED;
    }
    if (s->block_state != ISAL_BLOCK_FINISH) {
        return PART_GOING;
    }
    /* whole bytes that it read ahead, past the trailer, belong to the next member */
    ptrdiff_t early = s->read_in_length / 8;
    io->in -= early < io->in - start ? early : io->in - start;
    return PART_DONE;
}

static void gzip_free(struct decoder *d)
{
    (void)d; /* the state is all there is */
}

static const struct decoder_format format = {
    .unit = "member",
    .garbage_ignored = true,
    .matches = gzip_matches,
    .is_cut = gzip_is_cut,
    .begin = gzip_begin,
    .run = gzip_run,
    .free = gzip_free,
};

static const struct reader_ops ops = {
    .name = "gzip",
    .fill = decoder_fill,
    .close = decoder_close,
};

static bool gzip_open(struct reader *from, struct reader **out, struct error *e)
{
    struct decoder *d = decoder_new(sizeof(struct gzip), &ops, &format, from, e);
    if (d == NULL) {
        return false;
    }
    isal_inflate_init(&CONTAINER_OF(d, struct gzip, decoder)->state);
    *out = &d->base;
    return true;
}

const struct codec codec_gzip_isal = {
    .name = "gzip",
    .matches = gzip_matches,
    .open = gzip_open,
};
