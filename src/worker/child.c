#include "worker/child.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/num.h"
#include "base/pack.h"
#include "worker/confine.h"

enum { JOB_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

void worker_at(struct worker_child *child, str path)
{
    size_t len = path.len < WORKER_PAGE_BYTES - 1 ? path.len : WORKER_PAGE_BYTES - 1;
    if (child->page != NULL) {
        if (len > 0) {
            memcpy(child->page, path.at, len);
        }
        child->page[len] = '\0';
    }
}

/* "off:cpu_s:memory_bytes:fds", from the parent: trusted, and still checked. */
static bool read_settings(const char *text, struct confine_options *out, size_t *fds)
{
    str rest = str_from(text), part;
    uint64_t off, cpu_s, memory, count;
    if (!str_cut(&rest, ':', &part) || !num_parse(part, 10, 1, &off) ||
        !str_cut(&rest, ':', &part) || !num_parse(part, 10, UINT32_MAX, &cpu_s) ||
        !str_cut(&rest, ':', &part) || !num_parse(part, 10, UINT64_MAX, &memory) ||
        !num_parse(rest, 10, 10000, &count)) {
        return false;
    }
    *out =
        (struct confine_options){.off = off != 0, .cpu_s = (uint32_t)cpu_s, .memory_bytes = memory};
    *fds = (size_t)count;
    return true;
}

static bool say_hello(struct worker_child *child, const struct confine_report *report,
                      struct error *e)
{
    struct buf payload;
    buf_init(&payload, 256);
    bool ok =
        pack_str(&payload, STR(WORKER_MAGIC), e) && pack_u32(&payload, WIRE_VERSION, e) &&
        pack_u8(&payload, report->seccomp, e) && pack_u32(&payload, report->landlock_abi, e) &&
        wire_send(&child->wire, WIRE_HELLO, buf_str(&payload), e) && wire_flush(&child->wire, e);
    buf_done(&payload);
    return ok;
}

static bool prepare(struct worker_child *child, const struct confine_options *options,
                    struct error *e)
{
    struct confine_report report;
    struct error no_thread;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (close_range((unsigned)(WORKER_FD_DATA + (int)child->fds_count), ~0u, 0) != 0 ||
        chdir("/") != 0) {
        /* an old kernel: all descriptors were close-on-exec to begin with */
        report = (struct confine_report){0};
    }
    void *page =
        mmap(NULL, WORKER_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_FD_PAGE, 0);
    child->page = page == MAP_FAILED ? NULL : page;
    close(WORKER_FD_PAGE);
    if (!confine_begin(options, &report, e)) {
        return false;
    }
    child->hasher = hash_thread_start(&no_thread);
    return confine_finish(options, &report, e) && say_hello(child, &report, e);
}

static bool run_job(struct worker_child *child, str payload, const struct worker_job_kind *jobs,
                    size_t jobs_count, struct error *e)
{
    uint8_t kind;
    if (!unpack_u8(&payload, &kind, e)) {
        return false;
    }
    for (size_t i = 0; i < jobs_count; i++) {
        if (jobs[i].kind == kind) {
            return jobs[i].run(child, payload, e);
        }
    }
    return error_set(e, ERROR_REMOTE, "a job of kind %u", kind);
}

/* True where the socket has closed in order. */
static bool serve(struct worker_child *child, const struct worker_job_kind *jobs, size_t jobs_count,
                  struct error *e)
{
    for (;;) {
        uint8_t type;
        str payload, request;
        enum step got = wire_receive(&child->wire, &type, &payload, e);
        if (got != STEP_GOT) {
            return got == STEP_END;
        }
        struct arena_mark mark = arena_mark(child->arena);
        struct error failed = {0};
        /* the request must outlive further messages of the job */
        bool ok = type == WIRE_JOB && arena_str(child->arena, payload, &request, &failed);
        wire_reset(&child->wire);
        ok = ok && run_job(child, request, jobs, jobs_count, &failed);
        worker_at(child, STR_NONE);
        arena_rewind(child->arena, mark);
        if (ok ? !wire_send_done(&child->wire, e) : !wire_send_error(&child->wire, &failed, e)) {
            return false;
        }
    }
}

int worker_serve(int argc, char **argv, const struct worker_job_kind *jobs, size_t jobs_count)
{
    struct worker_child child = {0};
    struct confine_options options;
    struct error e = {0}, unsent;
    if (argc != 3 || !read_settings(argv[2], &options, &child.fds_count)) {
        return 2;
    }
    struct arena arena;
    arena_init(&arena, JOB_ARENA_BYTES_MAX, "a worker's job");
    child.arena = &arena;
    wire_init(&child.wire, WORKER_FD_WIRE);
    bool ok = prepare(&child, &options, &e);
    if (!ok) {
        bool told = wire_send_error(&child.wire, &e, &unsent);
        (void)told;
    } else {
        ok = serve(&child, jobs, jobs_count, &e);
    }
    /* no clean-up: the process ends, and what could go wrong in it need not run */
    _exit(ok ? 0 : 3);
}
