/* xz.c: xz by liblzma (the .xz file format 1.1.0), one thread: a decoder with several would hold
 * several windows and blocks. */
#include <lzma.h>
#include <string.h>

#include "stream/decoder.h"

/* `xz -9` takes 65 MiB to decode. */
#define XZ_MEMORY_BYTES_MAX (UINT64_C(128) << 20)

struct xz {
    struct decoder decoder;
    lzma_stream stream;
};

static const char magic[] = "\xfd"
                            "7zXZ"; /* and the NUL behind it */
enum { MAGIC_BYTES = sizeof(magic) };

static bool xz_matches(const uint8_t *at, size_t len)
{
    return len >= MAGIC_BYTES && memcmp(at, magic, MAGIC_BYTES) == 0;
}

static bool xz_is_cut(const uint8_t *at, size_t len)
{
    return len < MAGIC_BYTES && memcmp(at, magic, len) == 0;
}

static enum part xz_fail(lzma_ret code, struct error *e)
{
    switch ((int)code) { /* the library may add codes */
    case LZMA_MEM_ERROR:
        error_set(e, ERROR_MEMORY, "no memory for xz");
        break;
    case LZMA_MEMLIMIT_ERROR:
        error_set(e, ERROR_LIMIT, "needs more memory than the limit of %d MiB",
                  (int)(XZ_MEMORY_BYTES_MAX >> 20));
        break;
    case LZMA_OPTIONS_ERROR:
        error_set(e, ERROR_FORMAT, "a filter or an option that liblzma does not know");
        break;
    default:
        error_set(e, ERROR_FORMAT, "invalid data");
        break;
    }
    return PART_FAILED;
}

static enum part xz_begin(struct decoder *d, struct error *e)
{
    struct xz *x = CONTAINER_OF(d, struct xz, decoder);
    lzma_ret code = lzma_stream_decoder(&x->stream, XZ_MEMORY_BYTES_MAX, 0);
    return code == LZMA_OK ? PART_GOING : xz_fail(code, e);
}

static enum part xz_run(struct decoder *d, struct decoder_io *io, struct error *e)
{
    lzma_stream *s = &CONTAINER_OF(d, struct xz, decoder)->stream;
    s->next_in = io->in;
    s->avail_in = (size_t)(io->in_end - io->in);
    s->next_out = io->out;
    s->avail_out = (size_t)(io->out_end - io->out);
    lzma_ret code = lzma_code(s, LZMA_RUN);
    io->in = s->next_in;
    io->out = s->next_out;
    if (code == LZMA_OK || code == LZMA_BUF_ERROR) {
        return PART_GOING; /* no progress: the decoder finds out why */
    }
    return code == LZMA_STREAM_END ? PART_DONE : xz_fail(code, e);
}

static void xz_free(struct decoder *d)
{
    lzma_end(&CONTAINER_OF(d, struct xz, decoder)->stream);
}

static const struct decoder_format format = {
    .unit = "stream",
    .matches = xz_matches,
    .is_cut = xz_is_cut,
    .begin = xz_begin,
    .run = xz_run,
    .free = xz_free,
};

static const struct reader_ops ops = {
    .name = "xz",
    .fill = decoder_fill,
    .close = decoder_close,
};

static bool xz_open(struct reader *from, struct reader **out, struct error *e)
{
    struct decoder *d = decoder_new(sizeof(struct xz), &ops, &format, from, e);
    if (d == NULL) {
        return false;
    }
    CONTAINER_OF(d, struct xz, decoder)->stream = (lzma_stream)LZMA_STREAM_INIT;
    *out = &d->base;
    return true;
}

const struct codec codec_xz = {
    .name = "xz",
    .matches = xz_matches,
    .open = xz_open,
};
