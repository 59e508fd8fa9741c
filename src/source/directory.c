#include "source/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/map.h"
#include "base/path.h"
#include "format/tar.h"

enum { COPY_BYTES = 64 * 1024, FOLDER_FILES_MAX = 1000000 };

struct walk {
    int root_fd, out_fd;
    struct arena *arena;
    struct diag *notes;
    struct map sent; /* paths whose entry was written */
    char *copy;      /* COPY_BYTES */
};

/* -- writing tar ---------------------------------------------------------------------------- */

static void put_octal(char *field, size_t size, uint64_t n)
{
    for (size_t i = size - 1; i-- > 0;) {
        field[i] = (char)('0' + (n & 7));
        n >>= 3;
    }
}

static bool write_header(struct walk *w, str name, str link, char type, uint64_t size,
                         struct error *e)
{
    char block[TAR_BLOCK_BYTES] = {0};
    memcpy(block, name.at, name.len > 100 ? 100 : name.len);
    put_octal(block + 100, 8, 0644);
    put_octal(block + 108, 8, 0);
    put_octal(block + 116, 8, 0);
    put_octal(block + 124, 12, size);
    put_octal(block + 136, 12, 0);
    block[156] = type;
    if (link.len > 0) {
        memcpy(block + 157, link.at, link.len > 100 ? 100 : link.len);
    }
    memcpy(block + 257, "ustar\00000", 8);
    memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(block); i++) {
        sum += (unsigned char)block[i];
    }
    put_octal(block + 148, 7, sum);
    block[154] = '\0';
    return fd_write_all(w->out_fd, block, sizeof(block), e);
}

static bool write_padded(struct walk *w, str content, struct error *e)
{
    static const char zeros[TAR_BLOCK_BYTES];
    size_t over = content.len % TAR_BLOCK_BYTES;
    return fd_write_all(w->out_fd, content.at, content.len, e) &&
           (over == 0 || fd_write_all(w->out_fd, zeros, TAR_BLOCK_BYTES - over, e));
}

/* One pax record, "LENGTH key=value\n", where LENGTH counts itself. */
static bool pax_record(struct walk *w, const char *key, str value, str *out, struct error *e)
{
    size_t rest = strlen(key) + value.len + 3, len = rest + 1;
    for (size_t digits = 1; digits < 8; digits++) {
        char number[24];
        len = rest + digits;
        if ((size_t)snprintf(number, sizeof(number), "%zu", len) == digits) {
            break;
        }
    }
    return arena_printf(w->arena, out, e, "%zu %s=%.*s\n", len, key, (int)value.len, value.at);
}

static bool write_entry_header(struct walk *w, str name, str link, char type, uint64_t size,
                               struct error *e)
{
    str path_record = STR_NONE, link_record = STR_NONE, both;
    if (name.len > 100 && !pax_record(w, "path", name, &path_record, e)) {
        return false;
    }
    if (link.len > 100 && !pax_record(w, "linkpath", link, &link_record, e)) {
        return false;
    }
    if (path_record.len + link_record.len > 0) {
        if (!arena_printf(w->arena, &both, e, "%.*s%.*s", (int)path_record.len,
                          path_record.len > 0 ? path_record.at : "", (int)link_record.len,
                          link_record.len > 0 ? link_record.at : "") ||
            !write_header(w, STR("pax"), STR_NONE, 'x', both.len, e) || !write_padded(w, both, e)) {
            return false;
        }
    }
    return write_header(w, name, link, type, size, e);
}

/* -- what is sent --------------------------------------------------------------------------- */

static bool note(struct walk *w, str path, const char *text, int sys, struct error *e)
{
    char words[300];
    if (sys != 0) {
        char reason[128];
        snprintf(words, sizeof(words), "%s: %s", text, strerror_r(sys, reason, sizeof(reason)));
        text = words;
    }
    return diag_add(w->notes, DIAG_INCOMPLETE, path, str_from(text), e);
}

static bool first_time(struct walk *w, str path, bool *first, struct error *e)
{
    str kept;
    *first = map_get(&w->sent, path) == NULL;
    return !*first || (arena_str(w->arena, path, &kept, e) && map_put(&w->sent, kept, w, e));
}

static bool send_link(struct walk *w, int dir, const char *name, str path, struct error *e)
{
    char target[PATH_BYTES_MAX + 1];
    ssize_t len = readlinkat(dir, name, target, sizeof(target));
    if (len < 0 || len == (ssize_t)sizeof(target)) {
        return note(w, path, "not read: its link cannot be read", len < 0 ? errno : 0, e);
    }
    return write_entry_header(w, path, (str){.at = target, .len = (size_t)len}, '2', 0, e);
}

/* Exactly `size` bytes: what the file lacks is zeros, what it grew is left out. */
static bool send_content(struct walk *w, int fd, str path, uint64_t size, struct error *e)
{
    uint64_t left = size;
    bool changed = false;
    while (left > 0) {
        size_t want = left < COPY_BYTES ? (size_t)left : COPY_BYTES, got = 0;
        struct error failed;
        if (!changed && !fd_read_full(fd, w->copy, want, &got, &failed)) {
            got = 0;
        }
        if (got < want) {
            changed = true;
            memset(w->copy + got, 0, want - got);
        }
        if (!fd_write_all(w->out_fd, w->copy, want, e)) {
            return false;
        }
        left -= want;
    }
    static const char zeros[TAR_BLOCK_BYTES];
    size_t over = (size_t)(size % TAR_BLOCK_BYTES);
    if (over > 0 && !fd_write_all(w->out_fd, zeros, TAR_BLOCK_BYTES - over, e)) {
        return false;
    }
    return !changed || note(w, path, "became shorter while it was read", 0, e);
}

static bool send_file(struct walk *w, int dir, const char *name, str path, uint64_t bytes_max,
                      struct error *e)
{
    struct stat st;
    /* between the stat before and this, the file may have become anything */
    CLEANUP(fd_close)
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        return note(w, path, "not read", errno, e);
    }
    if (!S_ISREG(st.st_mode)) {
        return note(w, path, "not read: it is not a file any more", 0, e);
    }
    uint64_t size = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
    if (size > bytes_max) {
        char text[200];
        snprintf(text, sizeof(text), "not read: %llu bytes are over the limit of %llu",
                 (unsigned long long)size, (unsigned long long)bytes_max);
        return note(w, path, text, 0, e);
    }
    return write_entry_header(w, path, STR_NONE, '0', size, e) &&
           send_content(w, fd, path, size, e);
}

/* One entry of a folder, whatever it is. */
static bool send_any(struct walk *w, int dir, const char *name, str path, uint64_t bytes_max,
                     struct error *e)
{
    struct stat st;
    bool first;
    if (!first_time(w, path, &first, e)) {
        return false;
    }
    if (!first) {
        return true;
    }
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT || note(w, path, "not read", errno, e);
    }
    switch (st.st_mode & S_IFMT) {
    case S_IFREG:
        return send_file(w, dir, name, path, bytes_max, e);
    case S_IFLNK:
        return send_link(w, dir, name, path, e);
    case S_IFDIR:
        return write_entry_header(w, path, STR_NONE, '5', 0, e);
    default:
        return write_entry_header(w, path, STR_NONE, '6', 0, e);
    }
}

static bool send_folder(struct walk *w, int dir, str folder, uint64_t bytes_max, struct error *e)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (list == NULL) {
        int sys = errno;
        fd_close(&copy);
        return note(w, folder, "not read", sys, e);
    }
    bool ok = true;
    size_t count = 0;
    struct dirent *entry;
    while (ok && (entry = readdir(list)) != NULL) {
        str path, name = str_from(entry->d_name);
        if (str_eq(name, STR(".")) || str_eq(name, STR(".."))) {
            continue;
        }
        if (++count > FOLDER_FILES_MAX) {
            ok = note(w, folder, "has more than 1000000 files: the rest was not read", 0, e);
            break;
        }
        ok = arena_printf(w->arena, &path, e, "%.*s/%.*s", (int)folder.len, folder.at,
                          (int)name.len, name.at) &&
             send_any(w, dirfd(list), entry->d_name, path, bytes_max, e);
    }
    closedir(list);
    return ok;
}

/* Goes down to the folder of `path` without following links; a link on the way is sent, and ends
 * the way: the fold tells where it leads, inside the root. */
static bool send_path(struct walk *w, const struct directory_path *want, struct error *e)
{
    CLEANUP(fd_close) int dir = openat(w->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return error_sys(e, errno, "cannot open the folder");
    }
    size_t at = 0;
    while (at < want->path.len) {
        size_t end = at + str_find_char(str_slice(want->path, at, want->path.len), '/');
        str part = str_slice(want->path, at, end), here = str_slice(want->path, 0, end);
        char name[PATH_COMPONENT_BYTES_MAX + 1];
        if (part.len == 0 || part.len > PATH_COMPONENT_BYTES_MAX) {
            return true;
        }
        memcpy(name, part.at, part.len);
        name[part.len] = '\0';
        if (end == want->path.len) {
            return send_any(w, dir, name, here, want->bytes_max, e);
        }
        int next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) {
            int sys = errno;
            if (sys == ELOOP || sys == ENOTDIR) {
                return send_any(w, dir, name, here, 0, e);
            }
            return sys == ENOENT || note(w, here, "not read", sys, e);
        }
        close(dir);
        dir = next;
        at = end + 1;
        if (at == want->path.len) {
            return send_folder(w, dir, here, want->bytes_max, e);
        }
    }
    return true;
}

bool directory_stream(int root_fd, const struct directory_path *paths, size_t paths_count,
                      int out_fd, struct arena *arena, struct diag *notes, struct error *e)
{
    static const char end[2 * TAR_BLOCK_BYTES];
    struct walk w = {.root_fd = root_fd, .out_fd = out_fd, .arena = arena, .notes = notes};
    map_init(&w.sent, arena);
    w.copy = ARENA_ARRAY(arena, COPY_BYTES, char, e);
    bool ok = w.copy != NULL;
    for (size_t i = 0; ok && i < paths_count; i++) {
        ok = send_path(&w, &paths[i], e);
    }
    ok = ok && fd_write_all(out_fd, end, sizeof(end), e);
    if (!ok && e->sys == EPIPE) {
        error_clear(e);
        return true;
    }
    return ok;
}
