#include "stream/codec.h"

#include <string.h>

#include "stream/decoder.h"

static bool lz4_matches(const uint8_t *at, size_t len)
{
    /* the frame format, and the older one of Linux kernels */
    return len >= 4 &&
           (memcmp(at, "\x04\x22\x4d\x18", 4) == 0 || memcmp(at, "\x02\x21\x4c\x18", 4) == 0);
}

static bool lzip_matches(const uint8_t *at, size_t len)
{
    return len >= 5 && memcmp(at, "LZIP", 4) == 0 && at[4] <= 1;
}

static bool compress_matches(const uint8_t *at, size_t len)
{
    return len >= 3 && at[0] == 0x1f && at[1] == 0x9d;
}

/* Recognised so that the message can name them; no registry or builder makes such layers. */
static const struct codec codec_lz4 = {.name = "lz4", .matches = lz4_matches};
static const struct codec codec_lzip = {.name = "lzip", .matches = lzip_matches};
static const struct codec codec_compress = {.name = "compress", .matches = compress_matches};

static const struct codec *const codecs[] = {
#ifdef LIMPID_ISAL
    &codec_gzip_isal,
#else
    &codec_gzip_zlib,
#endif
    &codec_zstd,      &codec_xz, &codec_bzip2, &codec_lz4, &codec_lzip, &codec_compress,
};

bool codec_sniff(struct reader *from, const struct codec **out, struct error *e)
{
    if (reader_need(from, DECODER_MAGIC_BYTES_MAX, e) == STEP_FAILED) {
        return false;
    }
    const struct codec *found = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(codecs) && found == NULL; i++) {
        if (codecs[i]->matches(from->at, reader_ready(from))) {
            found = codecs[i];
        }
    }
    *out = found;
    return true;
}

bool codec_open(struct reader *from, struct reader **out, const struct codec **codec,
                struct error *e)
{
    const struct codec *found;
    if (!codec_sniff(from, &found, e)) {
        return false;
    }
    if (found != NULL && found->open == NULL) {
        return error_set(e, ERROR_FORMAT, "is compressed with %s, which is not read", found->name);
    }
    struct reader *opened = from;
    if (found != NULL && !found->open(from, &opened, e)) {
        return false;
    }
    *out = opened;
    if (codec != NULL) {
        *codec = found;
    }
    return true;
}

uint64_t codec_trailing(const struct reader *r)
{
    if (r->ops->fill != decoder_fill) {
        return 0;
    }
    const struct decoder *d =
        (const struct decoder *)(const void *)r; /* base is its first member */
    return d->trailing;
}

void codec_close(struct reader *opened, const struct reader *from)
{
    if (opened != from) {
        reader_close(opened);
    }
}
