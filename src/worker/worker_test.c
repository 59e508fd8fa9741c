/* The test program is its own worker: worker_start executes it anew with --worker. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pack.h"
#include "check.h"
#include "worker/child.h"
#include "worker/parent.h"

enum {
    JOB_ECHO = 1,
    JOB_SEGV,
    JOB_OPEN,
    JOB_SPIN,
    JOB_EXIT,
    JOB_FAIL,
    JOB_BAD_SUM,
    JOB_HUGE_FRAME,
    JOB_READ_FD,
    JOB_EXEC_MAP,
    JOB_LONG,
};

static bool echo(struct worker_child *child, str request, struct error *e)
{
    return wire_send(&child->wire, WIRE_ANSWER, request, e);
}

static bool crash(struct worker_child *child, str request, struct error *e)
{
    (void)request;
    (void)e;
    worker_at(child, STR("var/lib/dpkg/status"));
    raise(SIGSEGV); /* kill(2) is forbidden: either way the worker is gone */
    return true;
}

static bool open_file(struct worker_child *child, str request, struct error *e)
{
    (void)child;
    (void)request;
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    return error_set(e, ERROR_IO, "open gave %d, errno %d", fd, errno);
}

static bool spin(struct worker_child *child, str request, struct error *e)
{
    (void)child;
    (void)request;
    volatile uint64_t n = 1;
    while (n != 0) {
        n += 2;
    }
    return error_set(e, ERROR_IO, "it came to an end");
}

static bool leave(struct worker_child *child, str request, struct error *e)
{
    (void)child;
    (void)request;
    (void)e;
    _exit(7);
    return false;
}

static bool fail(struct worker_child *child, str request, struct error *e)
{
    (void)child;
    error_set(e, ERROR_FORMAT, "the file '" STR_FMT "' is damaged", STR_ARG(request));
    return error_hint(e, "fetch it again");
}

static bool lie_about_sum(struct worker_child *child, str request, struct error *e)
{
    bool ok = wire_send(&child->wire, WIRE_ANSWER, request, e);
    child->wire.sent.checksum ^= 1;
    return ok;
}

static bool send_huge(struct worker_child *child, str request, struct error *e)
{
    static const uint8_t head[5] = {WIRE_ANSWER, 0xff, 0xff, 0xff, 0x7f};
    (void)request;
    return wire_flush(&child->wire, e) && fd_write_all(WORKER_FD_WIRE, head, sizeof(head), e);
}

static bool read_fd(struct worker_child *child, str request, struct error *e)
{
    char text[32];
    size_t got;
    (void)request;
    return fd_pread_full(WORKER_FD_DATA, text, sizeof(text), 0, &got, e) &&
           wire_send(&child->wire, WIRE_ANSWER, (str){.at = text, .len = got}, e);
}

static bool map_executable(struct worker_child *child, str request, struct error *e)
{
    (void)child;
    (void)request;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return error_set(e, ERROR_IO, "mmap gave %p", page);
}

/* A message of several frames, of a size that the request says. */
static bool send_long(struct worker_child *child, str request, struct error *e)
{
    uint64_t size = 0;
    if (!unpack_u64(&request, &size, e)) {
        return false;
    }
    char *text = arena_alloc(child->arena, (size_t)size, 1, 1, e);
    if (text == NULL) {
        return false;
    }
    memset(text, 'x', (size_t)size);
    return wire_send(&child->wire, WIRE_ANSWER, (str){.at = text, .len = (size_t)size}, e);
}

static const struct worker_job_kind jobs[] = {
    {JOB_ECHO, "echo", echo},
    {JOB_SEGV, "crash", crash},
    {JOB_OPEN, "open", open_file},
    {JOB_SPIN, "spin", spin},
    {JOB_EXIT, "exit", leave},
    {JOB_FAIL, "fail", fail},
    {JOB_BAD_SUM, "bad sum", lie_about_sum},
    {JOB_HUGE_FRAME, "huge frame", send_huge},
    {JOB_READ_FD, "read", read_fd},
    {JOB_EXEC_MAP, "map", map_executable},
    {JOB_LONG, "long", send_long},
};

static bool start(struct worker *w, uint32_t cpu_s, struct error *e)
{
    const struct worker_options options = {.confine = {.cpu_s = cpu_s}};
    return worker_start(&options, w, e);
}

/* One job to its end: the last message in `answer` (at most 63 bytes). */
static enum step run(struct worker *w, uint8_t kind, str request, char answer[64], struct error *e)
{
    uint8_t type;
    str payload;
    enum step got = STEP_FAILED;
    answer[0] = '\0';
    if (!worker_job(w, kind, request, e)) {
        return STEP_FAILED;
    }
    while ((got = worker_answer(w, &type, &payload, e)) == STEP_GOT) {
        size_t len = payload.len < 63 ? payload.len : 63;
        memcpy(answer, payload.at, len);
        answer[len] = '\0';
    }
    return got;
}

static void test_jobs(void)
{
    struct error e = {0};
    struct worker w = {0};
    char answer[64];
    CHECK_CASE("a worker answers one job after the other")
    {
        CHECK_OK(start(&w, 0, &e), &e);
        for (int i = 0; i < 3; i++) {
            CHECK_NUM(run(&w, JOB_ECHO, STR("hello"), answer, &e), STEP_END);
            CHECK_STR(str_from(answer), STR("hello"));
        }
        worker_stop(&w);
        worker_stop(&w);
    }
    CHECK_CASE("an error of a job comes with kind, text and hint, and the worker goes on")
    {
        CHECK_OK(start(&w, 0, &e), &e);
        CHECK_NUM(run(&w, JOB_FAIL, STR("x"), answer, &e), STEP_FAILED);
        CHECK_NUM(e.kind, ERROR_FORMAT);
        CHECK_STR(str_from(e.text), STR("the file 'x' is damaged"));
        CHECK_STR(str_from(e.hint), STR("fetch it again"));
        CHECK_NUM(run(&w, JOB_ECHO, STR("still"), answer, &e), STEP_END);
        worker_stop(&w);
    }
    CHECK_CASE("a message longer than a frame arrives whole")
    {
        struct buf request;
        uint8_t type;
        str payload;
        buf_init(&request, 64);
        CHECK_OK(start(&w, 0, &e), &e);
        CHECK_OK(pack_u64(&request, 3 * WIRE_FRAME_BYTES_MAX + 5, &e), &e);
        CHECK_OK(worker_job(&w, JOB_LONG, buf_str(&request), &e), &e);
        CHECK_NUM(worker_answer(&w, &type, &payload, &e), STEP_GOT);
        CHECK_NUM(payload.len, 3 * WIRE_FRAME_BYTES_MAX + 5);
        CHECK_NUM(worker_answer(&w, &type, &payload, &e), STEP_END);
        worker_stop(&w);
        buf_done(&request);
    }
    CHECK_CASE("a job of an unknown kind is an error")
    {
        CHECK_OK(start(&w, 0, &e), &e);
        CHECK_NUM(run(&w, 99, STR_NONE, answer, &e), STEP_FAILED);
        worker_stop(&w);
    }
    CHECK_CASE("a worker reads the descriptors that it was given")
    {
        CLEANUP(fd_close) int fd = memfd_create("test", MFD_CLOEXEC);
        CHECK(write(fd, "content", 7) == 7);
        const struct worker_options options = {.fds = &fd, .fds_count = 1};
        CHECK_OK(worker_start(&options, &w, &e), &e);
        CHECK_NUM(run(&w, JOB_READ_FD, STR_NONE, answer, &e), STEP_END);
        CHECK_STR(str_from(answer), STR("content"));
        worker_stop(&w);
    }
}

static void test_deaths(void)
{
    static const struct {
        const char *says;
        uint8_t kind;
        uint32_t cpu_s;
        const char *text;
        bool needs_sandbox;
    } cases[] = {
        {"a crash names the file that was read", JOB_SEGV, 0, "'var/lib/dpkg/status'", false},
        {"opening a file kills the worker", JOB_OPEN, 0, "forbidden system call", true},
        {"mapping executable memory kills the worker", JOB_EXEC_MAP, 0, "forbidden system call",
         true},
        {"too much CPU time kills the worker", JOB_SPIN, 1, "CPU time", false},
        {"an exit without an answer is told", JOB_EXIT, 0, "status 7", false},
        {"a wrong checksum is refused", JOB_BAD_SUM, 0, "not whole", false},
        {"a frame over the limit is refused", JOB_HUGE_FRAME, 0, "message of", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct error e = {0};
            struct worker w = {0};
            char answer[64];
            if (cases[i].needs_sandbox && CONFINE_SANITIZED) {
                check_skip("sanitizers need more system calls");
                continue;
            }
            CHECK_OK(start(&w, cases[i].cpu_s, &e), &e);
            CHECK_NUM(run(&w, cases[i].kind, STR("x"), answer, &e), STEP_FAILED);
            CHECK_NUM(e.kind, ERROR_REMOTE);
            CHECK(strstr(e.text, cases[i].text) != NULL);
            if (strstr(e.text, cases[i].text) == NULL) {
                CHECK_STR(str_from(e.text), str_from(cases[i].text));
            }
            CHECK(!worker_job(&w, JOB_ECHO, STR_NONE, &e));
            worker_stop(&w);
        }
    }
}

static bool is_allowed(long number)
{
    static const long allowed[] = {
        SYS_read,      SYS_readv,         SYS_pread64,     SYS_write,        SYS_writev,
        SYS_close,     SYS_fstat,         SYS_lseek,       SYS_mmap,         SYS_mprotect,
        SYS_munmap,    SYS_mremap,        SYS_madvise,     SYS_brk,          SYS_futex,
        SYS_getrandom, SYS_clock_gettime, SYS_sched_yield, SYS_rt_sigreturn, SYS_rt_sigprocmask,
        SYS_exit,      SYS_exit_group,
    };
    for (size_t i = 0; i < ARRAY_COUNT(allowed); i++) {
        if (allowed[i] == number) {
            return true;
        }
    }
    return false;
}

/* In a process of its own: confines it, then makes the call with arguments that do nothing. */
static int try_call(long number, bool *confined)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        const struct confine_options options = {0};
        struct confine_report report;
        struct error e;
        if (!confine_begin(&options, &report, &e) || !confine_finish(&options, &report, &e) ||
            !report.seccomp) {
            _exit(99);
        }
        syscall(number, -1L, 0L, 0L, 0L, 0L, 0L);
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    *confined = !(WIFEXITED(status) && WEXITSTATUS(status) == 99);
    return status;
}

static void test_calls(void)
{
    CHECK_CASE("of all system calls only those of the list do not kill")
    {
        if (CONFINE_SANITIZED) {
            check_skip("sanitizers need more system calls");
            continue;
        }
        int tried = 0;
        for (long number = 0; number < 470; number++) {
            bool confined = false;
            /* rt_sigreturn without a signal frame is a crash of its own; 335 to 423 are no calls
             * for programs (uretprobe passes seccomp by design) */
            if (number == SYS_rt_sigreturn || (number >= 335 && number < 424)) {
                continue;
            }
            int status = try_call(number, &confined);
            CHECK(confined);
            bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
            if (killed == is_allowed(number)) {
                CHECK_NUM(number, -1);
            }
            tried++;
        }
        CHECK(tried > 350);
    }
    CHECK_CASE("the list in confine.h is the one that was tried")
    {
        size_t count = 0;
        while (confine_allowed[count] != NULL) {
            count++;
        }
        CHECK_NUM(count, 22);
    }
}

static void test_landlock(void)
{
    CHECK_CASE("without seccomp, Landlock alone keeps files closed")
    {
        struct confine_report probe;
        confine_probe(&probe);
        if (probe.landlock_abi == 0) {
            check_skip("this kernel has no Landlock");
            continue;
        }
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            const struct confine_options options = {0};
            struct confine_report report;
            struct error e;
            if (!confine_begin(&options, &report, &e) || report.landlock_abi == 0) {
                _exit(2);
            }
            /* the limit of 0 open files would refuse too, with another error */
            _exit(open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 &&
                          (errno == EACCES || errno == EMFILE)
                      ? 0
                      : 1);
        }
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void test_wire(void)
{
    CHECK_CASE("a message cut anywhere is an end or an error, never a crash")
    {
        struct error e = {0};
        struct buf all;
        struct wire w;
        buf_init(&all, 4096);
        CHECK_OK(pack_u8(&all, WIRE_ANSWER, &e) && pack_str(&all, STR("payload"), &e), &e);
        for (size_t cut = 0; cut <= all.len; cut++) {
            int pair[2];
            uint8_t type;
            str payload;
            CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
            CHECK(write(pair[1], all.at, cut) == (ssize_t)cut);
            close(pair[1]);
            wire_init(&w, pair[0]);
            CHECK_NUM(wire_receive(&w, &type, &payload, &e), cut == all.len ? STEP_GOT : STEP_END);
            wire_done(&w);
            close(pair[0]);
        }
        buf_done(&all);
    }
    CHECK_CASE("an error report that is cut is an error about the report")
    {
        struct error e = {0};
        wire_read_error(STR("\x01\x00"), &e);
        CHECK(e.kind == ERROR_FORMAT);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], WORKER_OPTION) == 0) {
        return worker_serve(argc, argv, jobs, ARRAY_COUNT(jobs));
    }
    signal(SIGPIPE, SIG_IGN);
    test_jobs();
    test_deaths();
    test_calls();
    test_landlock();
    test_wire();
    return check_done();
}
