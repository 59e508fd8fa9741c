/* gzip_zlib.c: gzip by zlib, where there is no ISA-L. It does the same as gzip.c, and the tests
 * run both. zlib inflates raw deflate data only; header and trailer are read here. */
#include <string.h>
#include <zlib.h>

#include "base/num.h"
#include "stream/decoder.h"

enum { GZIP_TRAILER_BYTES = 8 };

struct gzip {
    struct decoder decoder;
    z_stream stream;
    bool in_trailer;
    uint32_t crc, bytes;
    uint8_t trailer[GZIP_TRAILER_BYTES];
    size_t trailer_bytes;
};

static enum part gzip_begin(struct decoder *d, struct error *e)
{
    struct gzip *g = CONTAINER_OF(d, struct gzip, decoder);
    enum part part = gzip_header_pass(d->from, e);
    if (part == PART_GOING) {
        inflateReset(&g->stream);
        g->in_trailer = false;
        g->crc = 0;
        g->bytes = 0;
        g->trailer_bytes = 0;
    }
    return part;
}

static enum part trailer_run(struct gzip *g, struct decoder_io *io, struct error *e)
{
    size_t missing = sizeof(g->trailer) - g->trailer_bytes;
    size_t ready = (size_t)(io->in_end - io->in);
    size_t part = ready < missing ? ready : missing;
    memcpy(g->trailer + g->trailer_bytes, io->in, part);
    g->trailer_bytes += part;
    io->in += part;
    if (g->trailer_bytes < sizeof(g->trailer)) {
        return PART_GOING;
    }
    if (num_le32(g->trailer) != g->crc || num_le32(g->trailer + 4) != g->bytes) {
        error_set(e, ERROR_FORMAT, "the checksum or the length at its end does not match");
        return PART_FAILED;
    }
    return PART_DONE;
}

static uInt clamp(ptrdiff_t bytes)
{
    return bytes < INT32_MAX ? (uInt)bytes : INT32_MAX;
}

static enum part gzip_run(struct decoder *d, struct decoder_io *io, struct error *e)
{
    struct gzip *g = CONTAINER_OF(d, struct gzip, decoder);
    if (g->in_trailer) {
        return trailer_run(g, io, e);
    }
    z_stream *s = &g->stream;
    s->next_in = (Bytef *)(uintptr_t)io->in; /* the library does not write there */
    s->avail_in = clamp(io->in_end - io->in);
    s->next_out = io->out;
    s->avail_out = clamp(io->out_end - io->out);
    int code = inflate(s, Z_NO_FLUSH);
    uInt written = (uInt)(s->next_out - io->out);
    g->crc = (uint32_t)crc32(g->crc, io->out, written);
    g->bytes += written; /* modulo 2^32, as in the trailer */
    io->in = s->next_in;
    io->out = s->next_out;
    switch (code) {
    case Z_OK:
    case Z_BUF_ERROR: /* no progress: the decoder finds out why */
        return PART_GOING;
    case Z_STREAM_END:
        g->in_trailer = true;
        return trailer_run(g, io, e);
    case Z_MEM_ERROR:
        error_set(e, ERROR_MEMORY, "no memory for zlib");
        return PART_FAILED;
    default:
        error_set(e, ERROR_FORMAT, "%s", s->msg != NULL ? s->msg : "invalid deflate data");
        return PART_FAILED;
    }
}

static void gzip_free(struct decoder *d)
{
    inflateEnd(&CONTAINER_OF(d, struct gzip, decoder)->stream);
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
    if (inflateInit2(&CONTAINER_OF(d, struct gzip, decoder)->stream, -MAX_WBITS) != Z_OK) {
        decoder_close(&d->base);
        return error_set(e, ERROR_MEMORY, "no memory for zlib");
    }
    *out = &d->base;
    return true;
}

const struct codec codec_gzip_zlib = {
    .name = "gzip",
    .matches = gzip_matches,
    .open = gzip_open,
};
