#include "stream/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/fd.h"
#include "stream/window.h"

/* The first read, and the first one behind a long skip: a tar header and, for the many small
 * files of an image, the next ones too. Each read in order doubles it, up to the buffer. */
enum { FILE_AHEAD_MIN = 8 * 1024 };

/* One read of up to `len` bytes behind the window. */
static ssize_t read_once(const struct file_reader *f, uint8_t *to, size_t len, uint64_t offset)
{
    for (;;) {
        ssize_t n = f->is_pipe ? read(f->fd, to, len) : pread(f->fd, to, len, (off_t)offset);
        if (n >= 0 || errno != EINTR) {
            return n;
        }
    }
}

/* How many of `len` bytes behind the window belong to the part; `*offset` is theirs in the file. */
static size_t bytes_left(const struct file_reader *f, size_t len, uint64_t *offset)
{
    uint64_t at = f->base.end_offset;
    if (at >= f->length || !checked_add(f->start, at, offset) || *offset > INT64_MAX) {
        return 0;
    }
    uint64_t left = f->length - at;
    return left < len ? (size_t)left : len;
}

static enum step file_fill(struct reader *self, size_t want, struct error *e)
{
    struct file_reader *f = CONTAINER_OF(self, struct file_reader, base);
    window_compact(self, f->buffer);
    size_t ready = reader_ready(self);
    size_t room = FILE_BUFFER_BYTES - ready;
    size_t len = want > ready && want - ready > f->ahead ? want - ready : f->ahead;
    uint64_t offset = 0;
    len = bytes_left(f, len < room ? len : room, &offset);
    if (len == 0) {
        return STEP_END;
    }
    ssize_t n = read_once(f, f->buffer + ready, len, offset);
    if (n < 0) {
        error_sys(e, errno, "cannot read at byte %" PRIu64, self->end_offset);
        return STEP_FAILED;
    }
    if (n == 0) {
        return STEP_END;
    }
    self->end += n;
    self->end_offset += (uint64_t)n;
    f->ahead = f->ahead < FILE_BUFFER_BYTES / 2 ? f->ahead * 2 : FILE_BUFFER_BYTES;
    return STEP_GOT;
}

static bool file_skip(struct reader *self, uint64_t bytes, struct error *e)
{
    struct file_reader *f = CONTAINER_OF(self, struct file_reader, base);
    (void)e;
    if (!checked_add(self->end_offset, bytes, &self->end_offset)) {
        self->end_offset = UINT64_MAX;
    }
    if (bytes >= f->ahead) {
        f->ahead = FILE_AHEAD_MIN; /* what was read ahead would not have been used */
    }
    return true;
}

static bool file_read_at(struct reader *self, uint64_t offset, void *to, size_t len,
                         struct error *e)
{
    const struct file_reader *f = CONTAINER_OF(self, struct file_reader, base);
    uint64_t below, end;
    size_t got = 0;
    if (range_fits(offset, len, f->length) && checked_add(f->start, offset, &below) &&
        checked_add(below, len, &end) && end <= INT64_MAX) {
        if (!fd_pread_full(f->fd, to, len, below, &got, e)) {
            return false;
        }
    }
    if (got < len) {
        return error_set(e, ERROR_FORMAT, "ends before %zu bytes at offset %" PRIu64, len, offset);
    }
    return true;
}

static void file_close(struct reader *self)
{
    struct file_reader *f = CONTAINER_OF(self, struct file_reader, base);
    free(f->buffer);
    f->buffer = NULL;
    self->at = self->end = NULL;
}

static const struct reader_ops file_ops = {
    .name = "file",
    .fill = file_fill,
    .skip = file_skip,
    .read_at = file_read_at,
    .close = file_close,
};

static const struct reader_ops pipe_ops = {
    .name = "pipe",
    .fill = file_fill,
    .close = file_close,
};

static bool open_common(struct file_reader *f, const struct file_reader *as, struct error *e)
{
    *f = *as;
    f->buffer = malloc(FILE_BUFFER_BYTES);
    if (f->buffer == NULL) {
        *f = (struct file_reader){.fd = -1};
        return error_set(e, ERROR_MEMORY, "no memory for %d bytes", FILE_BUFFER_BYTES);
    }
    f->base.at = f->base.end = f->buffer;
    return true;
}

bool file_reader_open(struct file_reader *f, int fd, uint64_t start, uint64_t length,
                      struct error *e)
{
    const struct file_reader as = {
        .base = {.ops = &file_ops},
        .fd = fd,
        .start = start,
        .length = length,
        .ahead = FILE_AHEAD_MIN,
    };
    return open_common(f, &as, e);
}

bool pipe_reader_open(struct file_reader *f, int fd, struct error *e)
{
    /* a pipe gives what it has: asking for more never reads in vain */
    const struct file_reader as = {
        .base = {.ops = &pipe_ops},
        .fd = fd,
        .is_pipe = true,
        .length = UINT64_MAX,
        .ahead = FILE_BUFFER_BYTES,
    };
    return open_common(f, &as, e);
}
