#include "worker/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pack.h"
#include "worker/child.h"

static void stop_process(struct worker *w, int *status)
{
    *status = 0;
    if (w->pid > 0) {
        while (waitpid(w->pid, status, 0) < 0 && errno == EINTR) {
        }
        w->pid = 0;
    }
}

void worker_stop(struct worker *w)
{
    int status;
    if (w->pid > 0) {
        fd_close(&w->fd);
        kill(w->pid, SIGKILL);
        stop_process(w, &status);
        wire_done(&w->wire);
    }
    if (w->page != NULL) {
        munmap(w->page, WORKER_PAGE_BYTES);
        w->page = NULL;
    }
}

/* What the worker wrote into the shared page: any bytes at all. */
static void copy_page(const struct worker *w, char to[256])
{
    to[0] = '\0';
    if (w->page != NULL) {
        memcpy(to, w->page, 255);
        to[255] = '\0';
    }
}

/* The process has closed its end: reaps it and says why it ended. */
static bool tell_death(struct worker *w, struct error *e)
{
    char file[256];
    int status;
    copy_page(w, file);
    fd_close(&w->fd);
    stop_process(w, &status);
    wire_done(&w->wire);
    const char *at = file[0] == '\0' ? "" : " at '";
    const char *close = file[0] == '\0' ? "" : "'";
    if (WIFSIGNALED(status)) {
        int sig = WTERMSIG(status);
        const char *why = sig == SIGSYS    ? "it tried a forbidden system call"
                          : sig == SIGXCPU ? "it was over its limit of CPU time"
                          : sig == SIGKILL ? "it was killed; out of memory?"
                                           : "a defect of limpid or of a library";
        error_set(e, ERROR_REMOTE, "worker ended by SIG%s%s%s%s: %s", sigabbrev_np(sig), at, file,
                  close, why);
        return error_hint(e, sig == SIGKILL || sig == SIGXCPU
                                 ? "the image may be built to exhaust scanners"
                                 : "please report it with the file");
    }
    return error_set(e, ERROR_REMOTE,
                     "worker ended with status %d%s%s%s before its answer was "
                     "whole",
                     WEXITSTATUS(status), at, file, close);
}

static bool read_hello(struct worker *w, struct error *e)
{
    uint8_t type;
    str payload;
    enum step got = wire_receive(&w->wire, &type, &payload, e);
    if (got == STEP_END) {
        return tell_death(w, e);
    }
    if (got == STEP_GOT && type == WIRE_ERROR) {
        wire_read_error(payload, e);
        return false;
    }
    str magic;
    uint32_t version, abi;
    uint8_t seccomp;
    if (got == STEP_FAILED || !unpack_str(&payload, 16, &magic, e) ||
        !unpack_u32(&payload, &version, e) || !unpack_u8(&payload, &seccomp, e) ||
        !unpack_u32(&payload, &abi, e)) {
        return false;
    }
    if (type != WIRE_HELLO || !str_eq(magic, STR(WORKER_MAGIC)) || version != WIRE_VERSION) {
        return error_set(e, ERROR_REMOTE, "the worker is another version of limpid");
    }
    w->confined = (struct confine_report){.seccomp = seccomp != 0, .landlock_abi = abi};
    return true;
}

/* Sources that happen to have a target's number would be overwritten: all go out of the way. */
static bool lift(int fd, int *out, struct error *e)
{
    *out = fcntl(fd, F_DUPFD_CLOEXEC, WORKER_FD_DATA + WORKER_FDS_MAX);
    return *out >= 0 || error_sys(e, errno, "cannot prepare a descriptor for a worker");
}

/* `program`: its descriptor, or -1. */
static bool spawn(const struct worker_options *o, int program, const int *lifted, size_t count,
                  struct worker *w, struct error *e)
{
    char settings[64], path[64] = "/proc/self/exe";
    if (program >= 0) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", program);
    }
    snprintf(settings, sizeof(settings), "%d:%u:%llu:%zu", o->confine.off ? 1 : 0, o->confine.cpu_s,
             (unsigned long long)o->confine.memory_bytes, o->fds_count);
    char *argv[] = {(char[]){"limpid"}, (char[]){WORKER_OPTION}, settings, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return error_set(e, ERROR_MEMORY, "no memory to start a worker");
    }
    int failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, 0, 1);
    if (!CONFINE_SANITIZED) {
        failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, 0, 2);
    }
    for (size_t i = 0; failed == 0 && i < count; i++) {
        failed = posix_spawn_file_actions_adddup2(&actions, lifted[i], WORKER_FD_WIRE + (int)i);
    }
    if (failed == 0) {
        failed = posix_spawn(&w->pid, path, &actions, NULL, argv, environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        w->pid = 0;
        return error_sys(e, failed, "cannot start a worker process");
    }
    return true;
}

static bool start_with(const struct worker_options *o, int theirs, int page_fd, struct worker *w,
                       struct error *e)
{
    int lifted[WORKER_FDS_MAX + 2];
    size_t count = 0;
    CLEANUP(fd_close) int program = -1;
    bool ok = (o->program == 0 || lift(o->program, &program, e)) &&
              lift(theirs, &lifted[count], e) && ++count && lift(page_fd, &lifted[count], e) &&
              ++count;
    for (size_t i = 0; ok && i < o->fds_count; i++) {
        ok = lift(o->fds[i], &lifted[count], e) && ++count;
    }
    ok = ok && spawn(o, program, lifted, count, w, e);
    for (size_t i = 0; i < count; i++) {
        fd_close(&lifted[i]);
    }
    return ok;
}

bool worker_start(const struct worker_options *options, struct worker *out, struct error *e)
{
    struct worker w = {.fd = -1};
    int pair[2];
    if (options->fds_count > WORKER_FDS_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu files for one worker, over the limit of %d",
                         options->fds_count, WORKER_FDS_MAX);
    }
    CLEANUP(fd_close) int page_fd = memfd_create("limpid-worker", MFD_CLOEXEC);
    if (page_fd < 0 || ftruncate(page_fd, WORKER_PAGE_BYTES) != 0) {
        return error_sys(e, errno, "cannot make a page to share with a worker");
    }
    void *page = mmap(NULL, WORKER_PAGE_BYTES, PROT_READ, MAP_SHARED, page_fd, 0);
    if (page == MAP_FAILED) {
        return error_sys(e, errno, "cannot map a page to share with a worker");
    }
    w.page = page;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        error_sys(e, errno, "cannot make a socket pair for a worker");
        worker_stop(&w);
        return false;
    }
    CLEANUP(fd_close) int theirs = pair[1];
    w.fd = pair[0];
    wire_init(&w.wire, w.fd);
    if (!start_with(options, theirs, page_fd, &w, e)) {
        fd_close(&w.fd);
        worker_stop(&w);
        return false;
    }
    fd_close(&theirs);
    if (!read_hello(&w, e)) {
        worker_stop(&w);
        return error_wrap(e, "cannot start a worker");
    }
    if (options->required && (!w.confined.seccomp || w.confined.landlock_abi == 0)) {
        const char *lacks = w.confined.seccomp ? "Landlock" : "seccomp";
        worker_stop(&w);
        return error_set(e, ERROR_ABSENT, "--sandbox=required, and this kernel has no %s", lacks);
    }
    *out = w;
    return true;
}

bool worker_job(struct worker *w, uint8_t kind, str request, struct error *e)
{
    struct buf payload;
    if (w->pid <= 0) {
        return error_set(e, ERROR_REMOTE, "the worker has ended");
    }
    buf_init(&payload, 16 * 1024 * 1024);
    bool ok = pack_u8(&payload, kind, e) && buf_add_str(&payload, request, e) &&
              wire_send(&w->wire, WIRE_JOB, buf_str(&payload), e) && wire_flush(&w->wire, e);
    buf_done(&payload);
    wire_reset(&w->wire);
    if (!ok && e->sys == EPIPE) {
        return tell_death(w, e);
    }
    return ok;
}

enum step worker_answer(struct worker *w, uint8_t *type, str *payload, struct error *e)
{
    if (w->pid <= 0) {
        error_set(e, ERROR_REMOTE, "the worker has ended");
        return STEP_FAILED;
    }
    enum step got = wire_receive(&w->wire, type, payload, e);
    if (got == STEP_END) {
        tell_death(w, e);
        return STEP_FAILED;
    }
    if (got == STEP_GOT && *type == WIRE_DONE) {
        if (wire_check_done(&w->wire, *payload, e)) {
            return STEP_END;
        }
        got = STEP_FAILED;
    }
    if (got == STEP_GOT && *type == WIRE_ERROR) {
        wire_read_error(*payload, e);
        return STEP_FAILED;
    }
    if (got == STEP_FAILED) {
        worker_stop(w);
        error_wrap(e, "worker failed");
    }
    return got;
}
