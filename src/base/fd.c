#include "base/fd.h"

#include <errno.h>
#include <unistd.h>

void fd_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

int fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

bool fd_write_all(int fd, const void *at, size_t len, struct error *e)
{
    const char *from = at;
    while (len > 0) {
        ssize_t n = write(fd, from, len);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return error_sys(e, errno, "cannot write");
        }
        from += n;
        len -= (size_t)n;
    }
    return true;
}

bool fd_read_full(int fd, void *to, size_t len, size_t *got, struct error *e)
{
    char *into = to;
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, into + done, len - done);
        if (n == 0) {
            break;
        }
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return error_sys(e, errno, "cannot read");
        }
        done += (size_t)n;
    }
    *got = done;
    return true;
}

bool fd_pread_full(int fd, void *to, size_t len, uint64_t offset, size_t *got, struct error *e)
{
    char *into = to;
    size_t done = 0;
    if (offset > (uint64_t)INT64_MAX - len) {
        return error_set(e, ERROR_LIMIT, "offset %llu is beyond any file",
                         (unsigned long long)offset);
    }
    while (done < len) {
        ssize_t n = pread(fd, into + done, len - done, (off_t)(offset + done));
        if (n == 0) {
            break;
        }
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return error_sys(e, errno, "cannot read at byte %llu",
                             (unsigned long long)(offset + done));
        }
        done += (size_t)n;
    }
    *got = done;
    return true;
}
