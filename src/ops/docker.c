#include "ops/docker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

enum { WORDS_MAX = 6, NOT_STARTED = 127 };

bool docker_is_there(void)
{
    str rest = str_from(getenv("PATH")), folder;
    char path[PATH_MAX];
    bool more = rest.len > 0;
    while (more) {
        more = str_cut(&rest, ':', &folder);
        if (!more) {
            folder = rest;
        }
        int made = snprintf(path, sizeof(path), "%.*s/docker", (int)folder.len, folder.at);
        if (folder.len > 0 && folder.len < PATH_MAX && made > 0 && made < PATH_MAX &&
            access(path, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

/* Starts docker with its standard output at `out`; it does not outlive this process. */
static bool start(const char *const words[WORDS_MAX], int out, pid_t *pid, struct error *e)
{
    char *argv[WORDS_MAX];
    for (size_t i = 0; i < WORDS_MAX; i++) {
        argv[i] = (char *)(uintptr_t)words[i]; /* the program does not change it */
    }
    *pid = fork();
    if (*pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (dup2(out, STDOUT_FILENO) >= 0) {
            execvp("docker", argv);
        }
        _exit(NOT_STARTED);
    }
    return *pid > 0 || error_sys(e, errno, "cannot start 'docker'");
}

static bool finish(pid_t pid, const char *what, struct error *e)
{
    int state = 0;
    while (waitpid(pid, &state, 0) < 0) {
        if (errno != EINTR) {
            return error_sys(e, errno, "cannot wait for 'docker %s'", what);
        }
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) {
        return true;
    }
    return WIFEXITED(state) ? error_set(e, ERROR_REMOTE, "'docker %s' ended with status %d", what,
                                        WEXITSTATUS(state))
                            : error_set(e, ERROR_REMOTE, "'docker %s' was ended by a signal", what);
}

bool docker_save(const char *image, const char *path, struct error *e)
{
    const char *const words[WORDS_MAX] = {"docker", "save", image};
    pid_t pid;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make '%s'", path);
    }
    bool ok = start(words, fd, &pid, e);
    if (close(fd) != 0 && ok) {
        struct error unused;
        (void)!finish(pid, "save", &unused);
        return error_sys(e, errno, "cannot write '%s'", path);
    }
    return ok && finish(pid, "save", e);
}

static bool take_ids(str text, struct arena *arena, str **ids, size_t *count, struct error *e)
{
    str *list = ARENA_ARRAY(arena, DOCKER_IDS_MAX, str, e);
    str line;
    size_t n = 0;
    while (list != NULL && str_line(&text, &line)) {
        line = str_trim(line);
        if (line.len > 0 && n == DOCKER_IDS_MAX) {
            return error_set(e, ERROR_LIMIT, "more than %d layers", DOCKER_IDS_MAX);
        }
        if (line.len > 0) {
            list[n++] = line;
        }
    }
    for (size_t i = 0; list != NULL && i < n / 2; i++) {
        str swap = list[i];
        list[i] = list[n - 1 - i];
        list[n - 1 - i] = swap;
    }
    *ids = list;
    *count = n;
    return list != NULL;
}

bool docker_history(const char *image, struct arena *arena, str **ids, size_t *count,
                    struct error *e)
{
    const char *const words[WORDS_MAX] = {"docker", "history", "-q", "--no-trunc", image};
    pid_t pid;
    int ends[2];
    size_t got = 0;
    char *text = ARENA_ARRAY(arena, DOCKER_HISTORY_BYTES_MAX + 1, char, e);
    if (text == NULL) {
        return false;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_sys(e, errno, "cannot make a pipe");
    }
    bool ok = start(words, ends[1], &pid, e);
    close(ends[1]);
    bool read = ok && fd_read_full(ends[0], text, DOCKER_HISTORY_BYTES_MAX + 1, &got, e);
    close(ends[0]);
    struct error failed = {0};
    bool done = ok && finish(pid, "history", read ? e : &failed);
    if (read && got > DOCKER_HISTORY_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "more than %d bytes", DOCKER_HISTORY_BYTES_MAX);
    }
    return read && done && take_ids((str){.at = text, .len = got}, arena, ids, count, e);
}
