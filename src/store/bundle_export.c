#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/fd.h"
#include "base/num.h"
#include "store/bundle.h"
#include "store/current.h"
#include "store/part_frame.h"
#include "stream/blake2b.h"
#include "stream/hash.h"

/* Large feeds would take minutes at the higher level, for a tenth less. */
enum {
    LEVEL = 19,
    LEVEL_LARGE = 9,
    LARGE_FILE_BYTES = 8 * 1024 * 1024,
    EXPORT_ARENA_BYTES_MAX = 64 * 1024 * 1024
};

/* One frame with `bytes` in it, behind what `to` has. */
static bool frame_add(str bytes, struct buf *to, struct error *e)
{
    ZSTD_CCtx *context = NULL;
    size_t room = ZSTD_compressBound(bytes.len);
    bool done = part_frame_context(LEVEL, &context, e) && buf_reserve(to, room, e);
    if (done) {
        size_t code = ZSTD_compress2(context, to->at + to->len, room, bytes.at, bytes.len);
        done = !ZSTD_isError(code) ||
               error_set(e, ERROR_MEMORY, "cannot compress: %s", ZSTD_getErrorName(code));
        to->len += done ? code : 0;
    }
    ZSTD_freeCCtx(context);
    return done;
}

static bool part_add(struct store *s, const struct current_feed *feed, struct arena *arena,
                     int frames, struct bundle_part *out, struct error *e)
{
    bool large = feed->state.size_bytes > LARGE_FILE_BYTES;
    const struct part_frame_options options = {
        .fd = frames, .level = large ? LEVEL_LARGE : LEVEL, .scratch = store_scratch_dir()};
    struct part_frame frame;
    if (!part_frame_write(s, feed, &options, arena, &frame, e)) {
        return false;
    }
    *out = (struct bundle_part){
        .feed = feed->state.feed,
        .stored_bytes = frame.stored_bytes,
        .stored = frame.stored,
        .bytes = frame.bytes,
        .content = feed->hash,
        .date_s = feed->state.date_s,
        .advisories = feed->state.advisories,
        .rows = feed->state.rows,
    };
    return true;
}

static bool is_in(str name, const str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(names[i], name)) {
            return true;
        }
    }
    return false;
}

/* The same state gives the same bytes: so not the clock, but the newest data, dates it. */
static int64_t created(const struct bundle_manifest *m)
{
    uint64_t said = 0;
    int64_t newest_s = 0;
    if (num_parse(str_from(getenv("SOURCE_DATE_EPOCH")), 10, INT64_MAX / 2, &said)) {
        return (int64_t)said;
    }
    for (size_t i = 0; i < m->count; i++) {
        newest_s = m->parts[i].date_s > newest_s ? m->parts[i].date_s : newest_s;
    }
    return newest_s;
}

/* What a bundle is made of, on its way into a file: the sum counts all of it, the signature what
 * comes before the end. */
struct whole {
    const struct bundle_export_options *options;
    str manifest, generation;
    int frames;
    struct arena *arena;
    struct hash sum;
    struct blake2b all;  /* where it is signed */
    struct buf detached; /* FILE.minisig */
};

static bool whole_put(struct whole *w, int fd, str bytes, struct error *e)
{
    hash_update(&w->sum, bytes.at, bytes.len);
    if (w->options->sign != NULL) {
        blake2b_update(&w->all, bytes.at, bytes.len);
    }
    return fd_write_all(fd, bytes.at, bytes.len, e);
}

/* All that was written into the file of frames. */
static bool frames_copy(struct whole *w, int fd, struct error *e)
{
    char bytes[64 * 1024];
    size_t got = sizeof(bytes);
    for (uint64_t at = 0; got == sizeof(bytes); at += got) {
        if (!fd_pread_full(w->frames, bytes, sizeof(bytes), at, &got, e) ||
            !whole_put(w, fd, (str){.at = bytes, .len = got}, e)) {
            return false;
        }
    }
    return true;
}

/* Not the clock, but what is in it, so that the same state gives the same bytes. */
static bool signature_make(struct whole *w, const struct blake2b *hashed, struct buf *to,
                           struct error *e)
{
    struct blake2b copy = *hashed;
    uint8_t hash[SIGN_HASH_BYTES];
    str comment;
    blake2b_done(&copy, hash);
    return arena_printf(w->arena, &comment, e, "limpid bundle " STR_FMT, STR_ARG(w->generation)) &&
           sign_make(w->options->sign, hash, comment, to, e);
}

static bool whole_write(struct whole *w, int fd, struct error *e)
{
    CLEANUP(buf_done) struct buf trailer, sum, signature;
    bool is_signed = w->options->sign != NULL;
    buf_init(&trailer, BUNDLE_TRAILER_BYTES_MAX);
    buf_init(&sum, BUNDLE_SUM_BYTES + 1);
    buf_init(&signature, SIGN_TEXT_BYTES_MAX);
    hash_init(&w->sum, DIGEST_SHA256);
    blake2b_init(&w->all, SIGN_HASH_BYTES);
    if (!whole_put(w, fd, w->manifest, e) || !frames_copy(w, fd, e) ||
        (is_signed && !signature_make(w, &w->all, &signature, e)) ||
        !bundle_trailer_write(buf_str(&signature), &trailer, e) ||
        !whole_put(w, fd, buf_str(&trailer), e)) {
        return false;
    }
    struct hash copy = w->sum;
    return bundle_sum_write(hash_done(&copy), &sum, e) && whole_put(w, fd, buf_str(&sum), e) &&
           (!is_signed || signature_make(w, &w->all, &w->detached, e));
}

/* -- files ------------------------------------------------------------------------------------- */

static bool whole_put_file(const char *temporary, bool direct, struct whole *w, struct error *e)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC | (direct ? 0 : O_TRUNC), 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make '%s'", temporary);
    }
    bool done = whole_write(w, fd, e);
    if (done && !direct && fsync(fd) != 0) {
        done = error_sys(e, errno, "cannot write '%s'", temporary);
    }
    if (close(fd) != 0 && done) {
        done = error_sys(e, errno, "cannot write '%s'", temporary);
    }
    return done;
}

static bool detached_write(struct whole *w, const char *file, struct error *e)
{
    str path, temporary;
    if (!arena_printf(w->arena, &path, e, "%s.minisig", file) ||
        !arena_printf(w->arena, &temporary, e, "%s.tmp", path.at)) {
        return false;
    }
    int fd = open(temporary.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make '%s'", temporary.at);
    }
    bool done = fd_write_all(fd, w->detached.at, w->detached.len, e);
    if (close(fd) != 0 && done) {
        done = error_sys(e, errno, "cannot write '%s'", temporary.at);
    }
    if (done && rename(temporary.at, path.at) != 0) {
        done = error_sys(e, errno, "cannot make '%s'", path.at);
    }
    if (!done) {
        unlink(temporary.at);
    }
    return done;
}

/* A regular file appears whole or not at all; into anything else the bytes just go. */
static bool file_write(struct whole *w, const char *file, struct error *e)
{
    struct stat st;
    str temporary;
    bool direct = stat(file, &st) == 0 && !S_ISREG(st.st_mode);
    if (!arena_printf(w->arena, &temporary, e, "%s%s", file, direct ? "" : ".tmp")) {
        return false;
    }
    bool done = whole_put_file(temporary.at, direct, w, e);
    if (done && !direct && rename(temporary.at, file) != 0) {
        done = error_sys(e, errno, "cannot make '%s'", file);
    }
    if (!done && !direct) {
        unlink(temporary.at);
    }
    return done && (direct || w->options->sign == NULL || detached_write(w, file, e));
}

struct exporting {
    struct arena arena;
    struct buf manifest, manifest_frame;
    int frames;              /* a file without a name */
    struct current exported; /* the feeds that went in: they name the bundle's generation */
    struct bundle_manifest m;
};

static void exporting_done(struct exporting *x)
{
    fd_close(&x->frames);
    buf_done(&x->manifest);
    buf_done(&x->manifest_frame);
    arena_done(&x->arena);
}

static bool parts_add(struct exporting *x, struct store *s, const struct current *current,
                      const str *leave_out, size_t leave_out_count, size_t *left, struct error *e)
{
    x->m.parts = ARENA_ARRAY(&x->arena, current->count, struct bundle_part, e);
    if (x->m.parts == NULL) {
        return false;
    }
    *left = 0;
    for (size_t i = 0; i < current->count; i++) {
        const struct current_feed *feed = &current->feeds[i];
        if (feed->file.len == 0) {
            continue;
        }
        if (is_in(feed->state.feed, leave_out, leave_out_count)) {
            (*left)++;
            continue;
        }
        if (!part_add(s, feed, &x->arena, x->frames, &x->m.parts[x->m.count], e) ||
            !current_put(&x->exported, &x->arena, feed, e)) {
            return false;
        }
        x->m.count++;
    }
    if (x->m.count == 0) {
        error_set(e, ERROR_ABSENT, "there are no advisories to put into it");
        return error_hint(e, "run 'limpid update'");
    }
    return true;
}

bool store_bundle_export(struct store *s, const struct bundle_export_options *options, size_t *left,
                         struct error *e)
{
    CLEANUP(exporting_done) struct exporting x = {.frames = -1};
    struct current current;
    str path;
    size_t out = 0;
    arena_init(&x.arena, EXPORT_ARENA_BYTES_MAX, "a bundle");
    buf_init(&x.manifest, BUNDLE_MANIFEST_BYTES_MAX);
    buf_init(&x.manifest_frame, 2 * BUNDLE_MANIFEST_BYTES_MAX);
    if (!arena_str(&x.arena, options->file, &path, e) || !current_read(s, &x.arena, &current, e) ||
        !store_scratch_open(store_scratch_dir(), &x.frames, e) ||
        !parts_add(&x, s, &current, options->leave_out, options->leave_out_count, &out, e) ||
        !current_generation(&x.exported, &x.arena, &x.m.generation, e)) {
        return false;
    }
    x.m.created_s = created(&x.m);
    struct whole whole = {
        .options = options, .generation = x.m.generation, .frames = x.frames, .arena = &x.arena};
    buf_init(&whole.detached, SIGN_TEXT_BYTES_MAX);
    bool done = bundle_manifest_write(&x.m, &x.manifest, e) &&
                frame_add(buf_str(&x.manifest), &x.manifest_frame, e);
    whole.manifest = buf_str(&x.manifest_frame);
    done = done && file_write(&whole, path.at, e);
    buf_done(&whole.detached);
    if (done) {
        *left = out;
    }
    return done;
}
