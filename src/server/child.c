#include "server/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
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

/* -- the start ------------------------------------------------------------------------------ */

/* By way of a number that is none of the standard ones, should `fd` be one itself. */
static bool put(int fd, int as)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return high >= 0 && dup2(high, as) == as;
}

/* In the new process, where the service's other threads are not: only calls that are safe after a
 * fork. It dies with the thread that started it, so that no update goes on that nobody holds a
 * lease for. Returns errno. */
static int become(char *const *words, int out, pid_t service)
{
    sigset_t none;
    sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        return errno;
    }
    if (getppid() != service) {
        _exit(1); /* it died before the call */
    }
    setpgid(0, 0);                         /* a ^C is the service's to pass on */
    sigprocmask(SIG_SETMASK, &none, NULL); /* the service's threads block some */
    if (!put(out, STDOUT_FILENO) || !put(out, STDERR_FILENO) ||
        !put(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO)) {
        return errno;
    }
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC); /* an old kernel: they are already */
    execve(words[0], words, environ);
    return errno;
}

/* The status of its start: 0, or errno. */
static int begin(struct child *c, char *const *words, int out)
{
    int failed = 0, ends[2];
    pid_t service = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    pid_t pid = fork();
    if (pid == 0) {
        failed = become(words, out, service);
        ssize_t told = write(ends[1], &failed, sizeof(failed));
        _exit(told == (ssize_t)sizeof(failed) ? 127 : 126);
    }
    if (pid < 0) {
        failed = errno;
    }
    fd_close(&ends[1]);
    ssize_t got = 0;
    /* the program that took its place has closed the pipe */
    while (pid > 0 && (got = read(ends[0], &failed, sizeof(failed))) < 0 && errno == EINTR) {
    }
    fd_close(&ends[0]);
    if (pid > 0 && got > 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
        return failed;
    }
    c->pid = pid > 0 ? pid : 0;
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
    int failed = begin(c, words->at, ends[1]);
    fd_close(&ends[1]);
    c->from = ends[0];
    if (failed != 0) {
        fd_close(&c->from);
        return error_sys(e, failed, "cannot start '%s'", words->at[0]);
    }
    return true;
}

/* -- its lines -------------------------------------------------------------------------------- */

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
