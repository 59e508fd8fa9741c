/* zstd.c: zstd by libzstd (RFC 8878). Skippable frames (zstd:chunked puts its table of contents
 * into one) are passed here, without reading them where the input can skip. */
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/num.h"
#include "stream/decoder.h"

enum {
    ZSTD_WINDOW_LOG_MAX = 27, /* 128 MiB, what the zstd command takes without being asked */
    SKIPPABLE_HEADER_BYTES = 8,
};

struct zstd {
    struct decoder decoder;
    ZSTD_DCtx *context;
};

static bool is_skippable(const uint8_t *at)
{
    return (num_le32(at) & 0xfffffff0) == ZSTD_MAGIC_SKIPPABLE_START;
}

static bool zstd_matches(const uint8_t *at, size_t len)
{
    return len >= 4 && (num_le32(at) == ZSTD_MAGICNUMBER || is_skippable(at));
}

static bool zstd_is_cut(const uint8_t *at, size_t len)
{
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd}, skippable[] = {0x2a, 0x4d, 0x18};
    return len < sizeof(frame) &&
           (memcmp(at, frame, len) == 0 ||
            ((at[0] & 0xf0) == 0x50 && memcmp(at + 1, skippable, len - 1) == 0));
}

static enum part skippable_pass(struct reader *from, struct error *e)
{
    enum step step = reader_need(from, SKIPPABLE_HEADER_BYTES, e);
    if (step == STEP_GOT) {
        uint32_t bytes = num_le32(from->at + 4);
        from->at += SKIPPABLE_HEADER_BYTES;
        if (bytes == 0) {
            return PART_DONE;
        }
        /* a reader that can seek tells its end only when it reads: so read the last byte */
        step = reader_skip(from, bytes - 1, e);
        if (step == STEP_GOT) {
            step = reader_need(from, 1, e);
        }
        if (step == STEP_GOT) {
            from->at++;
            return PART_DONE;
        }
    }
    return step == STEP_END ? PART_CUT : PART_FAILED;
}

static enum part zstd_begin(struct decoder *d, struct error *e)
{
    struct zstd *z = CONTAINER_OF(d, struct zstd, decoder);
    if (is_skippable(d->from->at)) {
        return skippable_pass(d->from, e);
    }
    ZSTD_DCtx_reset(z->context, ZSTD_reset_session_only);
    return PART_GOING;
}

static enum part zstd_fail(size_t code, struct error *e)
{
    ZSTD_ErrorCode reason = ZSTD_getErrorCode(code);
    if (reason == ZSTD_error_memory_allocation) {
        error_set(e, ERROR_MEMORY, "no memory for zstd");
    } else if (reason == ZSTD_error_frameParameter_windowTooLarge) {
        error_set(e, ERROR_LIMIT, "a window of more than the limit of %d MiB",
                  1 << (ZSTD_WINDOW_LOG_MAX - 20));
    } else {
        error_set(e, ERROR_FORMAT, "%s", ZSTD_getErrorName(code));
    }
    return PART_FAILED;
}

static enum part zstd_run(struct decoder *d, struct decoder_io *io, struct error *e)
{
    struct zstd *z = CONTAINER_OF(d, struct zstd, decoder);
    ZSTD_inBuffer in = {.src = io->in, .size = (size_t)(io->in_end - io->in)};
    ZSTD_outBuffer out = {.dst = io->out, .size = (size_t)(io->out_end - io->out)};
    size_t code = ZSTD_decompressStream(z->context, &out, &in);
    io->in += in.pos;
    io->out += out.pos;
    if (ZSTD_isError(code)) {
        return zstd_fail(code, e);
    }
    return code == 0 ? PART_DONE : PART_GOING;
}

static void zstd_free(struct decoder *d)
{
    ZSTD_freeDCtx(CONTAINER_OF(d, struct zstd, decoder)->context);
}

static const struct decoder_format format = {
    .unit = "frame",
    .garbage_ignored = true,
    .matches = zstd_matches,
    .is_cut = zstd_is_cut,
    .begin = zstd_begin,
    .run = zstd_run,
    .free = zstd_free,
};

static const struct reader_ops ops = {
    .name = "zstd",
    .fill = decoder_fill,
    .close = decoder_close,
};

static bool zstd_open(struct reader *from, struct reader **out, struct error *e)
{
    struct decoder *d = decoder_new(sizeof(struct zstd), &ops, &format, from, e);
    if (d == NULL) {
        return false;
    }
    struct zstd *z = CONTAINER_OF(d, struct zstd, decoder);
    z->context = ZSTD_createDCtx();
    if (z->context == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax,
                                                                  ZSTD_WINDOW_LOG_MAX))) {
        decoder_close(&d->base);
        return error_set(e, ERROR_MEMORY, "no memory for zstd");
    }
    *out = &d->base;
    return true;
}

const struct codec codec_zstd = {
    .name = "zstd",
    .matches = zstd_matches,
    .open = zstd_open,
};
