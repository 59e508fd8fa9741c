/* bzip2.c: bzip2 by libbz2. */
#include <bzlib.h>
#include <string.h>

#include "stream/decoder.h"

struct bzip2 {
    struct decoder decoder;
    bz_stream stream;
    bool is_open;
};

enum { MAGIC_BYTES = 4, BLOCK_MAGIC_BYTES = 6 };

/* "BZh" and a digit are what text may begin with; a block or the end of the stream follows. */
static bool bzip2_matches(const uint8_t *at, size_t len)
{
    if (len < MAGIC_BYTES || memcmp(at, "BZh", 3) != 0 || at[3] < '1' || at[3] > '9') {
        return false;
    }
    len -= MAGIC_BYTES;
    at += MAGIC_BYTES;
    if (len > BLOCK_MAGIC_BYTES) {
        len = BLOCK_MAGIC_BYTES;
    }
    return memcmp(at, "\x31\x41\x59\x26\x53\x59", len) == 0 ||
           memcmp(at, "\x17\x72\x45\x38\x50\x90", len) == 0;
}

static bool bzip2_is_cut(const uint8_t *at, size_t len)
{
    return len < MAGIC_BYTES && memcmp(at, "BZh", len) == 0;
}

static enum part bzip2_fail(int code, struct error *e)
{
    if (code == BZ_MEM_ERROR) {
        error_set(e, ERROR_MEMORY, "no memory for bzip2");
    } else {
        error_set(e, ERROR_FORMAT, "invalid data");
    }
    return PART_FAILED;
}

static void stream_end(struct bzip2 *b)
{
    if (b->is_open) {
        BZ2_bzDecompressEnd(&b->stream);
        b->is_open = false;
    }
}

static enum part bzip2_begin(struct decoder *d, struct error *e)
{
    struct bzip2 *b = CONTAINER_OF(d, struct bzip2, decoder);
    stream_end(b);
    b->stream = (bz_stream){.next_in = NULL};
    int code = BZ2_bzDecompressInit(&b->stream, 0, 0);
    if (code != BZ_OK) {
        return bzip2_fail(code, e);
    }
    b->is_open = true;
    return PART_GOING;
}

static unsigned clamp(ptrdiff_t bytes)
{
    return bytes < INT32_MAX ? (unsigned)bytes : INT32_MAX;
}

static enum part bzip2_run(struct decoder *d, struct decoder_io *io, struct error *e)
{
    bz_stream *s = &CONTAINER_OF(d, struct bzip2, decoder)->stream;
    s->next_in = (char *)(uintptr_t)io->in; /* the library does not write there */
    s->avail_in = clamp(io->in_end - io->in);
    s->next_out = (char *)io->out;
    s->avail_out = clamp(io->out_end - io->out);
    int code = BZ2_bzDecompress(s);
    io->in = (const uint8_t *)s->next_in;
    io->out = (uint8_t *)s->next_out;
    if (code == BZ_OK) {
        return PART_GOING;
    }
    return code == BZ_STREAM_END ? PART_DONE : bzip2_fail(code, e);
}

static void bzip2_free(struct decoder *d)
{
    stream_end(CONTAINER_OF(d, struct bzip2, decoder));
}

static const struct decoder_format format = {
    .unit = "stream",
    .matches = bzip2_matches,
    .is_cut = bzip2_is_cut,
    .begin = bzip2_begin,
    .run = bzip2_run,
    .free = bzip2_free,
};

static const struct reader_ops ops = {
    .name = "bzip2",
    .fill = decoder_fill,
    .close = decoder_close,
};

static bool bzip2_open(struct reader *from, struct reader **out, struct error *e)
{
    struct decoder *d = decoder_new(sizeof(struct bzip2), &ops, &format, from, e);
    if (d == NULL) {
        return false;
    }
    *out = &d->base;
    return true;
}

const struct codec codec_bzip2 = {
    .name = "bzip2",
    .matches = bzip2_matches,
    .open = bzip2_open,
};
