#include "server/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

enum { GRACE_MS = 2000, LOOK_MS = 20 };

bool child_word(struct child_words *w, struct arena *arena, str word, struct error *e)
{
    str copy;
    if (w->count == CHILD_WORDS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than %d words", CHILD_WORDS_MAX);
    }
    if (!arena_str(arena, word, &copy, e)) {
        return false;
    }
    w->at[w->count++] = (char *)(uintptr_t)copy.at; /* ours, and not changed by execve */
    w->at[w->count] = NULL;
    return true;
}

static int spawn(struct child *c, char *const *words, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0) {
        return failed;
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none); /* the service's threads block some */
    posix_spawnattr_setpgroup(&attributes, 0);      /* a ^C is the service's to pass on */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, out, 1);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, out, 2);
    failed = failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    failed = failed != 0 ? failed
                         : posix_spawn(&c->pid, words[0], &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

bool child_start(struct child *c, struct child_words *words, struct error *e)
{
    int ends[2];
    c->pid = 0;
    c->len = c->told = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_sys(e, errno, "cannot open a pipe");
    }
    int failed = spawn(c, words->at, ends[1]);
    fd_close(&ends[1]);
    c->from = ends[0];
    if (failed != 0) {
        c->pid = 0;
        fd_close(&c->from);
        return error_sys(e, failed, "cannot start '%s'", words->at[0]);
    }
    return true;
}

/* A whole line of what has come, or as much of it as there is room for. */
static bool take(struct child *c, str *line)
{
    char *end = memchr(c->line, '\n', c->len);
    if (end == NULL && c->len < sizeof(c->line)) {
        return false;
    }
    *line = (str){.at = c->line, .len = end != NULL ? (size_t)(end - c->line) : c->len};
    c->told = line->len + (end != NULL);
    return true;
}

enum child_got child_line(struct child *c, unsigned ms, str *line)
{
    memmove(c->line, c->line + c->told, c->len - c->told);
    c->len -= c->told;
    c->told = 0;
    for (;;) {
        if (take(c, line)) {
            return CHILD_LINE;
        }
        struct pollfd p = {.fd = c->from, .events = POLLIN};
        int got = poll(&p, 1, (int)ms);
        if (got == 0 || (got < 0 && errno == EINTR)) {
            return CHILD_NOTHING;
        }
        ssize_t len = read(c->from, c->line + c->len, sizeof(c->line) - c->len);
        if (len <= 0) {
            return CHILD_END;
        }
        c->len += (size_t)len;
    }
}

int child_finish(struct child *c, bool ends)
{
    int status = 0;
    pid_t got = 0;
    fd_close(&c->from);
    if (c->pid <= 0) {
        return 0;
    }
    if (ends) {
        kill(c->pid, SIGTERM);
        for (unsigned waited = 0; waited < GRACE_MS && got == 0; waited += LOOK_MS) {
            nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
            got = waitpid(c->pid, &status, WNOHANG);
        }
        if (got == 0) {
            kill(-c->pid, SIGKILL); /* with what it started */
        }
    }
    while (got == 0 && (got = waitpid(c->pid, &status, 0)) < 0 && errno == EINTR) {
        got = 0;
    }
    c->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
