#include "ops/open_blob.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "source/image.h"
#include "stream/hash.h"

static int open_beneath(int dir, const char *path)
{
    struct open_how how = {
        .flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
    if (fd < 0 && errno == ENOSYS) {
        return openat(dir, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    }
    return (int)fd;
}

static bool open_file(int layout, const char *path, int *out, struct stat *st, struct error *e)
{
    CLEANUP(fd_close) int fd = open_beneath(layout, path);
    if (fd < 0) {
        int sys = errno;
        error_sys(e, sys, "cannot open '%s'", path);
        if (sys == EXDEV || sys == ELOOP) {
            return error_set(e, ERROR_FORMAT, "'%s' is a link that leads out of the layout", path);
        }
        if (sys == ENXIO) {
            return error_set(e, ERROR_FORMAT, "'%s' is not a file", path);
        }
        e->kind = sys == ENOENT ? ERROR_ABSENT : ERROR_IO;
        return false;
    }
    if (fstat(fd, st) != 0) {
        return error_sys(e, errno, "cannot stat '%s'", path);
    }
    if (!S_ISREG(st->st_mode)) {
        return error_set(e, ERROR_FORMAT, "'%s' is not a file", path);
    }
    *out = fd_take(&fd);
    return true;
}

static void blob_path(digest name, char to[DIGEST_TEXT_BYTES + 8])
{
    char text[DIGEST_TEXT_BYTES];
    (void)digest_text(name, text);
    memcpy(to, "blobs/", 6);
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        to[6 + i] = text[i] == ':' ? '/' : text[i];
    }
    to[6 + i] = '\0';
}

bool blob_open(int layout, digest name, uint64_t size_bytes, int *out, struct stat *st,
               struct error *e)
{
    char path[DIGEST_TEXT_BYTES + 8];
    blob_path(name, path);
    CLEANUP(fd_close) int fd = -1;
    if (!open_file(layout, path, &fd, st, e)) {
        return false;
    }
    if ((uint64_t)st->st_size != size_bytes) {
        return error_set(e, ERROR_FORMAT, "'%s' has %lld bytes, its descriptor says %llu", path,
                         (long long)st->st_size, (unsigned long long)size_bytes);
    }
    *out = fd_take(&fd);
    return true;
}

static bool read_whole(int fd, const struct stat *st, struct arena *arena, str *out,
                       struct error *e)
{
    if (st->st_size < 0 || st->st_size > IMAGE_JSON_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%lld bytes are over the limit of %d",
                         (long long)st->st_size, IMAGE_JSON_BYTES_MAX);
    }
    size_t size = (size_t)st->st_size, got = 0;
    char *content = arena_alloc(arena, size + 1, 1, 1, e);
    if (content == NULL || !fd_pread_full(fd, content, size, 0, &got, e)) {
        return false;
    }
    *out = (str){.at = content, .len = got};
    return true;
}

bool blob_read_small(int layout, digest name, uint64_t size_bytes, struct arena *arena, str *out,
                     struct error *e)
{
    struct stat st;
    struct hash hash;
    char is[DIGEST_TEXT_BYTES], says[DIGEST_TEXT_BYTES];
    CLEANUP(fd_close) int fd = -1;
    if (!blob_open(layout, name, size_bytes, &fd, &st, e) || !read_whole(fd, &st, arena, out, e)) {
        return false;
    }
    hash_init(&hash, name.algorithm);
    hash_update(&hash, out->at, out->len);
    digest found = hash_done(&hash);
    return digest_eq(found, name) || error_set(e, ERROR_DIGEST, "it is %s, its name says %s",
                                               digest_text(found, is), digest_text(name, says));
}

bool file_read_small(int layout, const char *name, struct arena *arena, str *out, struct error *e)
{
    struct stat st;
    CLEANUP(fd_close) int fd = -1;
    if (!open_file(layout, name, &fd, &st, e)) {
        return false;
    }
    return read_whole(fd, &st, arena, out, e) || error_wrap(e, "'%s'", name);
}
