#include "ops/documents.h"

#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/pack.h"

enum { WINDOW_BYTES = 2 * READER_NEED_MAX };

str document_name(str path)
{
    static const str suffixes[] = {STR_INIT(".zst"), STR_INIT(".xz"), STR_INIT(".gz"),
                                   STR_INIT(".bz2")};
    for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
        if (str_ends(path, suffixes[i])) {
            return str_slice(path, 0, path.len - suffixes[i].len);
        }
    }
    return path;
}

/* -- writing -------------------------------------------------------------------------------- */

static bool write_mark(int fd, char mark, struct error *e)
{
    return fd_write_all(fd, &mark, 1, e);
}

bool document_begin(int fd, const struct document_head *head, struct error *e)
{
    struct buf b;
    str content = {.at = (const char *)head->content.bytes,
                   .len = digest_size(head->content.algorithm)};
    buf_init(&b, 64 * 1024);
    bool ok = pack_u8(&b, 'D', e) && pack_str(&b, head->path, e) &&
              pack_u64(&b, (uint64_t)head->date_s, e) && pack_str(&b, content, e) &&
              fd_write_all(fd, b.at, b.len, e);
    buf_done(&b);
    return ok;
}

bool document_bytes(int fd, str bytes, struct error *e)
{
    while (bytes.len > 0) {
        size_t len = bytes.len < DOCUMENT_CHUNK_BYTES_MAX ? bytes.len : DOCUMENT_CHUNK_BYTES_MAX;
        uint8_t head[5] = {'B', (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), 0};
        if (!fd_write_all(fd, head, sizeof(head), e) || !fd_write_all(fd, bytes.at, len, e)) {
            return false;
        }
        bytes = str_slice(bytes, len, bytes.len);
    }
    return true;
}

bool document_end(int fd, bool whole, struct error *e)
{
    return write_mark(fd, whole ? 'E' : 'X', e);
}

bool documents_end(int fd, struct error *e)
{
    return write_mark(fd, 'Z', e);
}

bool document_file(int fd, const struct document_head *head, int from, struct error *e)
{
    struct buf copy;
    uint64_t at = 0;
    size_t got = 0;
    buf_init(&copy, DOCUMENT_CHUNK_BYTES_MAX);
    bool ok = buf_reserve(&copy, DOCUMENT_CHUNK_BYTES_MAX, e) && document_begin(fd, head, e);
    do {
        ok = ok && fd_pread_full(from, copy.at, DOCUMENT_CHUNK_BYTES_MAX, at, &got, e) &&
             document_bytes(fd, (str){.at = copy.at, .len = got}, e);
        at += got;
    } while (ok && got == DOCUMENT_CHUNK_BYTES_MAX);
    buf_done(&copy);
    return ok && document_end(fd, true, e);
}

/* -- reading -------------------------------------------------------------------------------- */

static bool take(struct documents *d, void *to, size_t len, struct error *e)
{
    size_t got = 0;
    if (!reader_read(d->from, to, len, &got, e)) {
        return false;
    }
    return got == len || error_set(e, ERROR_REMOTE, "the stream of documents is cut");
}

/* Goes on to the next chunk of the document; STEP_END at its end. */
static enum step next_chunk(struct documents *d, struct error *e)
{
    uint8_t mark, length[4];
    if (d->ended) {
        return STEP_END;
    }
    if (!take(d, &mark, 1, e)) {
        return STEP_FAILED;
    }
    if (mark == 'E') {
        d->ended = true;
        return STEP_END;
    }
    if (mark == 'X') {
        error_set(e, ERROR_REMOTE, "the document did not come whole");
        return STEP_FAILED;
    }
    if (mark != 'B' || !take(d, length, sizeof(length), e)) {
        error_set(e, ERROR_REMOTE, "the stream of documents has a mark of %u", mark);
        return STEP_FAILED;
    }
    d->chunk_left = num_le32(length);
    return STEP_GOT;
}

static enum step body_fill(struct reader *self, size_t want, struct error *e)
{
    struct documents *d = CONTAINER_OF(self, struct documents, base);
    size_t ready = reader_ready(self);
    (void)want;
    if (ready > 0) {
        memmove(d->window, self->at, ready);
    }
    self->at = d->window;
    self->end = d->window + ready;
    while (d->chunk_left == 0) {
        enum step got = next_chunk(d, e);
        if (got != STEP_GOT) {
            return got;
        }
    }
    size_t room = WINDOW_BYTES - ready;
    size_t len = d->chunk_left < room ? d->chunk_left : room;
    if (!take(d, d->window + ready, len, e)) {
        return STEP_FAILED;
    }
    d->chunk_left -= len;
    self->end += len;
    self->end_offset += len;
    return STEP_GOT;
}

static void body_close(struct reader *self)
{
    self->at = self->end = NULL;
}

static const struct reader_ops body_ops = {"document", body_fill, NULL, NULL, body_close};

bool documents_open(struct documents *d, struct reader *from, struct arena *arena, struct error *e)
{
    memset(d, 0, sizeof(*d));
    d->base.ops = &body_ops;
    d->from = from;
    d->ended = true;
    d->window = ARENA_ARRAY(arena, WINDOW_BYTES, uint8_t, e);
    return d->window != NULL;
}

enum step documents_next(struct documents *d, struct error *e)
{
    uint8_t mark, length[4], date[8], digest_length[4];
    if (!d->ended && !reader_drain(&d->base, NULL, e)) {
        return STEP_FAILED;
    }
    if (!take(d, &mark, 1, e)) {
        return STEP_FAILED;
    }
    if (mark == 'Z') {
        return STEP_END;
    }
    if (mark != 'D' || !take(d, length, sizeof(length), e)) {
        error_set(e, ERROR_REMOTE, "the stream of documents has a mark of %u", mark);
        return STEP_FAILED;
    }
    size_t len = num_le32(length);
    if (len > sizeof(d->path_room)) {
        error_set(e, ERROR_REMOTE, "a document's path of %zu bytes", len);
        return STEP_FAILED;
    }
    d->head = (struct document_head){.path = {.at = d->path_room, .len = len}};
    if (!take(d, d->path_room, len, e) || !take(d, date, sizeof(date), e) ||
        !take(d, digest_length, sizeof(digest_length), e)) {
        return STEP_FAILED;
    }
    d->head.date_s = (int64_t)num_le64(date);
    size_t digest_len = num_le32(digest_length);
    if (digest_len != 0 && digest_len != digest_size(DIGEST_SHA256)) {
        error_set(e, ERROR_REMOTE, "a document's digest of %zu bytes", digest_len);
        return STEP_FAILED;
    }
    d->head.content.algorithm = digest_len > 0 ? DIGEST_SHA256 : DIGEST_NONE;
    if (!take(d, d->head.content.bytes, digest_len, e)) {
        return STEP_FAILED;
    }
    d->chunk_left = 0;
    d->ended = false;
    d->base.at = d->base.end = d->window;
    d->base.end_offset = 0;
    return STEP_GOT;
}
