#include "server/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

enum { CHUNK_BYTES = 4096 };

bool system_read_file(str path, struct buf *to, struct error *e)
{
    char name[PATH_MAX];
    if (path.len == 0 || path.len >= sizeof(name)) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' is no path", STR_ARG(path));
    }
    memcpy(name, path.at, path.len);
    name[path.len] = '\0';
    CLEANUP(fd_close) int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_sys(e, errno, "cannot open '%s'", name);
    }
    char chunk[CHUNK_BYTES];
    size_t got;
    do {
        if (!fd_read_full(fd, chunk, sizeof(chunk), &got, e) || !buf_add(to, chunk, got, e)) {
            return error_wrap(e, "'%s'", name);
        }
    } while (got == sizeof(chunk));
    return true;
}

void system_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path != NULL ? strlen(path) : 0;
    if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    memcpy(to.sun_path, path, len);
    if (path[0] == '@') {
        to.sun_path[0] = '\0'; /* the abstract namespace */
    }
    CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
        /* a service manager that does not listen waits for its own time limit */
        ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, size);
        (void)sent;
    }
}

int system_limpid_open(void)
{
    struct error unread;
    str path;
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 4 * PATH_MAX, "a path");
    int fd = system_limpid(&arena, &path, &unread) ? open(path.at, O_PATH | O_CLOEXEC) : 0;
    return fd > 0 ? fd : 0;
}

bool system_limpid(struct arena *arena, str *out, struct error *e)
{
    static const char *const places[] = {"/limpid", "/../cli/limpid", "/../../bin/limpid"};
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    str path = {.at = own, .len = len > 0 ? (size_t)len : 0};
    str folder = str_slice(path, 0, str_find_last_char(path, '/'));
    for (size_t i = 0; i < ARRAY_COUNT(places) && folder.len > 0; i++) {
        if (!arena_printf(arena, out, e, "%.*s%s", (int)folder.len, folder.at, places[i])) {
            return false;
        }
        if (access(out->at, X_OK) == 0) {
            return true;
        }
    }
    *out = STR(LIMPID_PROGRAM);
    return access(LIMPID_PROGRAM, X_OK) == 0 ||
           error_set(e, ERROR_ABSENT, "the program 'limpid' is not there; it belongs in '%s'",
                     LIMPID_PROGRAM);
}
