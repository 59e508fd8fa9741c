/* measure: runs a program and says what it took: `measure FD SECONDS PROGRAM [ARGUMENT…]`.
 *
 * Writes one line to the descriptor FD: status (negative: the signal), wall clock, user and system
 * time in seconds, the most memory of one process in KiB, the number of processes that outlived
 * the program, and 1 where SECONDS passed and all of it was killed.
 *
 * Why not getrusage in the test itself: a child's peak counts the memory of the process that it
 * was forked from, and a Python interpreter is larger than what is measured. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Waits for SIGCHLD until `until`; false where that passed. */
static int wait_signal(const sigset_t *set, double until)
{
    double left = until - now_s();
    if (left <= 0) {
        return 0;
    }
    struct timespec t = {.tv_sec = (time_t)left,
                         .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
    return sigtimedwait(set, NULL, &t) >= 0 || errno == EINTR;
}

/* Orphans become children of this process (PR_SET_CHILD_SUBREAPER). */
static int reap_orphans(void)
{
    int count = 0, status;
    pid_t pid;
    struct timespec grace = {.tv_nsec = 50 * 1000 * 1000};
    while (waitpid(-1, &status, WNOHANG) > 0) {
    }
    if (waitpid(-1, &status, WNOHANG) == 0) {
        nanosleep(&grace, NULL);
    }
    while ((pid = waitpid(-1, &status, WNOHANG)) >= 0) {
        char path[64], list[4096];
        if (pid > 0) {
            continue;
        }
        snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        FILE *file = fopen(path, "re");
        if (file == NULL || fgets(list, sizeof(list), file) == NULL) {
            if (file != NULL) {
                fclose(file);
            }
            break;
        }
        fclose(file);
        char *at = list, *end;
        for (;;) {
            unsigned long orphan = strtoul(at, &end, 10);
            if (end == at) {
                break;
            }
            at = end;
            count++;
            kill((pid_t)orphan, SIGKILL);
            waitpid((pid_t)orphan, &status, 0);
        }
    }
    return count;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("measure: usage: measure FD SECONDS PROGRAM [ARGUMENT…]\n", stderr);
        return 2;
    }
    int fd = (int)strtoul(argv[1], NULL, 10);
    double started = now_s(), until = started + (double)strtoul(argv[2], NULL, 10);
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, &before);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        setpgid(0, 0);
        close(fd);
        execvp(argv[3], argv + 3);
        perror("measure");
        _exit(127);
    }
    struct rusage usage = {0};
    int status = 0, timed_out = 0;
    pid_t got;
    while ((got = wait4(child, &status, WNOHANG, &usage)) == 0) {
        if (!wait_signal(&set, until)) {
            timed_out = 1;
            kill(-child, SIGKILL);
            got = wait4(child, &status, 0, &usage);
            break;
        }
    }
    double took = now_s() - started;
    int orphans = reap_orphans();
    dprintf(fd, "%d %.6f %.6f %.6f %ld %d %d\n",
            WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), took,
            seconds_of(usage.ru_utime), seconds_of(usage.ru_stime), usage.ru_maxrss, orphans,
            timed_out);
    return got == child ? 0 : 1;
}
