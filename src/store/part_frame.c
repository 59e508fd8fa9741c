#include "store/part_frame.h"

#include "base/fd.h"
#include "store/feedfile.h"
#include "store/part.h"
#include "stream/hash.h"

static bool zstd_failed(size_t code, struct error *e)
{
    return error_set(e, ERROR_MEMORY, "cannot compress: %s", ZSTD_getErrorName(code));
}

bool part_frame_context(int level, ZSTD_CCtx **out, struct error *e)
{
    const struct {
        ZSTD_cParameter name;
        int value;
    } wanted[] = {{ZSTD_c_compressionLevel, level},
                  {ZSTD_c_windowLog, PART_FRAME_WINDOW_LOG},
                  {ZSTD_c_chainLog, 21},
                  {ZSTD_c_hashLog, 20},
                  {ZSTD_c_checksumFlag, 1}};
    ZSTD_CCtx *context = ZSTD_createCCtx();
    *out = context;
    if (context == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for zstd");
    }
    for (size_t i = 0; i < ARRAY_COUNT(wanted); i++) {
        size_t code = ZSTD_CCtx_setParameter(context, wanted[i].name, wanted[i].value);
        if (ZSTD_isError(code)) {
            return zstd_failed(code, e);
        }
    }
    return true;
}

/* The part goes through the compressor into the file; both sides are hashed. */
struct frame_out {
    struct part_out base;
    const struct part_frame_options *options;
    ZSTD_CCtx *context;
    struct hash plain, stored;
    uint64_t stored_bytes;
};

static bool frame_run(struct frame_out *out, str bytes, ZSTD_EndDirective how, struct error *e)
{
    char room[32 * 1024];
    ZSTD_inBuffer in = {.src = bytes.at, .size = bytes.len};
    for (size_t left = 1; left != 0;) {
        ZSTD_outBuffer to = {.dst = room, .size = sizeof(room)};
        left = ZSTD_compressStream2(out->context, &to, &in, how);
        if (ZSTD_isError(left)) {
            return zstd_failed(left, e);
        }
        hash_update(&out->stored, room, to.pos);
        out->stored_bytes += to.pos;
        if (!fd_write_all(out->options->fd, room, to.pos, e)) {
            return false;
        }
        if (how == ZSTD_e_continue) {
            left = in.size - in.pos;
        }
    }
    return true;
}

static bool frame_put(struct part_out *self, str bytes, struct error *e)
{
    struct frame_out *out = CONTAINER_OF(self, struct frame_out, base);
    hash_update(&out->plain, bytes.at, bytes.len);
    return frame_run(out, bytes, ZSTD_e_continue, e) && part_watch_ask(out->options->watch, e);
}

static bool part_make(struct store *s, const struct current_feed *feed, struct arena *arena,
                      struct frame_out *out, uint64_t *bytes, struct error *e)
{
    struct feedfile_items items = {0};
    struct feedfile *file = NULL;
    str path;
    if (!store_advisories_path(s, arena, feed->file, &path, e) ||
        !feedfile_open(path.at, feed->state.size_bytes, &file, e)) {
        return false;
    }
    file->watch = out->options->watch;
    bool done = feedfile_items_init(&items, file, out->options->scratch, s->budget_bytes, e) &&
                part_encode(&items.items, &out->base, bytes, e) &&
                frame_run(out, STR_NONE, ZSTD_e_end, e);
    feedfile_items_done(&items);
    feedfile_close(file);
    if (done && !digest_eq(hash_done(&out->plain), feed->hash)) {
        error_set(e, ERROR_FORMAT, "'%s' does not have the content it was written with", path.at);
        done = error_hint(e, "run 'limpid update'");
    }
    return done;
}

bool part_frame_write(struct store *s, const struct current_feed *feed,
                      const struct part_frame_options *options, struct arena *arena,
                      struct part_frame *out, struct error *e)
{
    struct frame_out frame = {.base.put = frame_put, .options = options};
    uint64_t bytes = 0;
    hash_init(&frame.plain, DIGEST_SHA256);
    hash_init(&frame.stored, DIGEST_SHA256);
    bool done = part_frame_context(options->level, &frame.context, e) &&
                part_make(s, feed, arena, &frame, &bytes, e);
    ZSTD_freeCCtx(frame.context);
    if (!done) {
        return error_wrap(e, "feed '" STR_FMT "'", STR_ARG(feed->state.feed));
    }
    *out = (struct part_frame){
        .bytes = bytes, .stored_bytes = frame.stored_bytes, .stored = hash_done(&frame.stored)};
    return true;
}

bool part_frame_bytes(str bytes, int level, int fd, uint64_t *stored_bytes, struct error *e)
{
    const struct part_frame_options options = {.fd = fd, .level = level};
    struct frame_out frame = {.options = &options};
    hash_init(&frame.stored, DIGEST_SHA256);
    bool done =
        part_frame_context(level, &frame.context, e) && frame_run(&frame, bytes, ZSTD_e_end, e);
    ZSTD_freeCCtx(frame.context);
    if (done) {
        *stored_bytes = frame.stored_bytes;
    }
    return done;
}
