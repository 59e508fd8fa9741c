#include "ops/private_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int ends_work[] = {SIGINT, SIGTERM, SIGHUP};

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What stands right in the folder; folders are told to `inner`. Links are never followed. */
static void empty_folder(int fd, void (*inner)(int parent, const char *name))
{
    DIR *d = fdopendir(fd);
    const struct dirent *entry;
    if (d == NULL) {
        close(fd);
        return;
    }
    while ((entry = readdir(d)) != NULL) {
        if (!is_dots(entry->d_name) && unlinkat(fd, entry->d_name, 0) != 0 && inner != NULL) {
            inner(fd, entry->d_name);
        }
    }
    closedir(d);
}

static void remove_inner(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        empty_folder(fd, NULL);
        unlinkat(parent, name, AT_REMOVEDIR);
    }
}

static void remove_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        empty_folder(fd, remove_inner);
    }
    rmdir(folder);
}

/* Waits for the process; a signal to this one is passed on. The signal that came, or 0. */
static int wait_for(pid_t pid, const sigset_t *set, int *state)
{
    int came = 0;
    for (;;) {
        pid_t done = waitpid(pid, state, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR)) {
            return came;
        }
        int number = sigwaitinfo(set, NULL);
        if (number > 0 && number != SIGCHLD) {
            /* a second one is in a hurry */
            kill(pid, came == 0 ? number : SIGKILL);
            came = number;
        }
    }
}

static bool make_folder(char to[PATH_MAX], struct error *e)
{
    const char *base = getenv("TMPDIR");
    int made = snprintf(to, PATH_MAX, "%s/analyze-local-images-XXXXXX",
                        base != NULL && base[0] == '/' ? base : "/tmp");
    if (made < 0 || made >= PATH_MAX) {
        return error_set(e, ERROR_USAGE, "TMPDIR: longer than %d bytes", PATH_MAX);
    }
    return mkdtemp(to) != NULL || error_sys(e, errno, "cannot make the folder '%s'", to);
}

bool private_folder_run(int (*work)(void *arg, const char *folder), void *arg, int *status,
                        struct error *e)
{
    char folder[PATH_MAX];
    sigset_t set, before;
    int state = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof(ends_work) / sizeof(ends_work[0]); i++) {
        sigaddset(&set, ends_work[i]);
    }
    /* blocked from here on, so that none comes between the folder and who removes it */
    sigprocmask(SIG_BLOCK, &set, &before);
    if (!make_folder(folder, e)) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        sigprocmask(SIG_SETMASK, &before, NULL);
        _exit(work(arg, folder));
    }
    int came = pid < 0 ? 0 : wait_for(pid, &set, &state);
    int failed = errno;
    remove_folder(folder);
    if (came != 0) {
        signal(came, SIG_DFL);
        raise(came);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        return error_sys(e, failed, "cannot start a process");
    }
    if (!WIFEXITED(state)) {
        return error_set(e, ERROR_REMOTE, "the process that did the work was ended by signal %d",
                         WIFSIGNALED(state) ? WTERMSIG(state) : 0);
    }
    *status = WEXITSTATUS(state);
    return true;
}
