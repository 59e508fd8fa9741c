#include "store/bundle_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/fd.h"
#include "stream/hash.h"

enum { BUNDLE_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

static bool bytes_read(const struct bundle_file *b, uint64_t offset, size_t len, struct buf *to,
                       struct error *e)
{
    size_t got = 0;
    if (!buf_reserve(to, len, e) || !fd_pread_full(b->fd, to->at, len, offset, &got, e)) {
        return false;
    }
    to->len = got;
    return got == len || error_set(e, ERROR_FORMAT, "ends after %zu of %zu bytes", got, len);
}

/* -- sum and signature ------------------------------------------------------------------------- */

/* The signature in the end of the file, whose last line is behind `bytes`. */
static bool trailer_read(struct bundle_file *b, uint64_t bytes, struct error *e)
{
    CLEANUP(buf_done) struct buf end;
    size_t len = bytes < BUNDLE_TRAILER_BYTES_MAX ? (size_t)bytes : BUNDLE_TRAILER_BYTES_MAX;
    size_t start = 0;
    str signature;
    buf_init(&end, BUNDLE_TRAILER_BYTES_MAX);
    if (!bytes_read(b, bytes - len, len, &end, e) ||
        !bundle_trailer_find(buf_str(&end), &start, &signature, e)) {
        return false;
    }
    b->signed_end = bytes - len + start;
    return arena_str(&b->arena, signature, &b->signature, e);
}

/* FILE.minisig, where there is one. */
static bool detached_read(struct bundle_file *b, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    str path;
    buf_init(&text, SIGN_TEXT_BYTES_MAX);
    if (!arena_printf(&b->arena, &path, e, "%s.minisig", b->path.at)) {
        return false;
    }
    CLEANUP(fd_close) int fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ||
               error_sys(e, errno, "cannot read '%s'", path.at);
    }
    size_t got = 0;
    if (!buf_reserve(&text, SIGN_TEXT_BYTES_MAX, e) ||
        !fd_read_full(fd, text.at, SIGN_TEXT_BYTES_MAX, &got, e)) {
        return error_wrap(e, "'%s'", path.at);
    }
    text.len = got;
    b->detached = got > 0;
    return arena_str(&b->arena, buf_str(&text), &b->signature, e);
}

static bool sum_check(struct bundle_file *b, uint64_t bytes, struct error *e)
{
    CLEANUP(buf_done) struct buf end;
    digest is = {0};
    buf_init(&end, BUNDLE_SUM_BYTES);
    if (!bytes_read(b, bytes, BUNDLE_SUM_BYTES, &end, e) ||
        !bundle_sum_parse(buf_str(&end), &b->sum, e) ||
        !hash_file(b->fd, 0, bytes, DIGEST_SHA256, &is, NULL, e)) {
        return false;
    }
    return digest_eq(b->sum, is) ||
           error_set(e, ERROR_DIGEST, "its bytes are not those it was made with");
}

bool bundle_file_open(struct bundle_file *b, str file, struct error *e)
{
    struct stat st;
    *b = (struct bundle_file){.fd = -1};
    arena_init(&b->arena, BUNDLE_ARENA_BYTES_MAX, "a bundle");
    if (!arena_str(&b->arena, file, &b->path, e)) {
        return false;
    }
    b->fd = open(b->path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (b->fd < 0 || fstat(b->fd, &st) != 0) {
        return error_sys(e, errno, "cannot open it");
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(e, ERROR_FORMAT, "is not a regular file");
    }
    if ((uint64_t)st.st_size > BUNDLE_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "has %lld bytes, over the limit of %llu",
                         (long long)st.st_size, (unsigned long long)BUNDLE_BYTES_MAX);
    }
    if (st.st_size <= BUNDLE_SUM_BYTES) {
        return error_set(e, ERROR_FORMAT, "is no bundle: it has %lld bytes only",
                         (long long)st.st_size);
    }
    uint64_t bytes = (uint64_t)st.st_size - BUNDLE_SUM_BYTES;
    return sum_check(b, bytes, e) && trailer_read(b, bytes, e) &&
           (b->signature.len > 0 || detached_read(b, e));
}

void bundle_file_close(struct bundle_file *b)
{
    fd_close(&b->fd);
    arena_done(&b->arena);
}

bool bundle_file_trust(struct bundle_file *b, const struct sign_keys *keys, struct sign_public *by,
                       struct error *e)
{
    uint8_t hash[SIGN_HASH_BYTES];
    if (b->signature.len == 0) {
        error_set(e, ERROR_DIGEST, "is not signed, and only signed bundles are trusted here");
        return error_hint(e, "'limpid bundle export --sign' signs one");
    }
    return sign_hash_file(b->fd, b->detached ? UINT64_MAX : b->signed_end, hash, e) &&
           sign_keys_check(keys, b->signature, hash, by, e);
}

/* -- the manifest ------------------------------------------------------------------------------ */

static bool inflate(str frame, size_t bytes, struct buf *to, struct error *e)
{
    if (!buf_reserve(to, bytes + 1, e)) {
        return false;
    }
    size_t code = ZSTD_decompress(to->at, bytes, frame.at, frame.len);
    if (ZSTD_isError(code)) {
        bool memory = ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation;
        return error_set(e, memory ? ERROR_MEMORY : ERROR_FORMAT, "%s", ZSTD_getErrorName(code));
    }
    to->len = code;
    return code == bytes || error_set(e, ERROR_FORMAT, "%zu bytes instead of %zu", code, bytes);
}

static bool sizes_check(const struct bundle_file *b, struct error *e)
{
    uint64_t end = b->parts_start; /* each term is below 2^31, and there are few */
    for (size_t i = 0; i < b->m.count; i++) {
        end += b->m.parts[i].stored_bytes;
    }
    return end == b->signed_end ||
           error_set(e, ERROR_FORMAT, "its parts end at byte %llu of %llu", (unsigned long long)end,
                     (unsigned long long)b->signed_end);
}

bool bundle_file_manifest(struct bundle_file *b, struct error *e)
{
    CLEANUP(buf_done) struct buf head, text;
    buf_init(&head, BUNDLE_MANIFEST_BYTES_MAX);
    buf_init(&text, BUNDLE_MANIFEST_BYTES_MAX);
    size_t room = b->signed_end < BUNDLE_MANIFEST_BYTES_MAX ? (size_t)b->signed_end
                                                            : BUNDLE_MANIFEST_BYTES_MAX;
    if (!bytes_read(b, 0, room, &head, e)) {
        return false;
    }
    size_t frame = ZSTD_findFrameCompressedSize(head.at, head.len);
    unsigned long long bytes = ZSTD_getFrameContentSize(head.at, head.len);
    if (ZSTD_isError(frame) || bytes >= BUNDLE_MANIFEST_BYTES_MAX) {
        return error_set(e, ERROR_FORMAT, "does not begin as a bundle");
    }
    b->parts_start = frame;
    return inflate(str_slice(buf_str(&head), 0, frame), (size_t)bytes, &text, e) &&
           bundle_manifest_parse(buf_str(&text), &b->arena, &b->m, e) && sizes_check(b, e);
}

/* -- frames ------------------------------------------------------------------------------------ */

bool bundle_frame_open(struct bundle_frame *f, const struct bundle_file *b, size_t i,
                       struct error *e)
{
    const struct bundle_part *part = &b->m.parts[i];
    uint64_t offset = b->parts_start;
    digest is = {0};
    *f = (struct bundle_frame){0};
    for (size_t n = 0; n < i; n++) {
        offset += b->m.parts[n].stored_bytes;
    }
    if (!hash_file(b->fd, offset, part->stored_bytes, DIGEST_SHA256, &is, NULL, e)) {
        return false;
    }
    if (!digest_eq(is, part->stored)) {
        return error_set(e, ERROR_DIGEST, "its frame does not have its digest");
    }
    return file_reader_open(&f->file, b->fd, offset, part->stored_bytes, e) &&
           codec_open(&f->file.base, &f->part, NULL, e);
}

void bundle_frame_close(struct bundle_frame *f)
{
    codec_close(f->part, &f->file.base);
    f->part = NULL;
    reader_close(&f->file.base);
}
