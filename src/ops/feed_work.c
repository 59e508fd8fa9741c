#include "ops/feed_work.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/fd.h"
#include "worker/parent.h"

enum { FEED_CPU_S_MAX = 1800, FEED_ANSWER_FRAMES_MAX = 200 * 1000 * 1000 };
#define FEED_ANSWER_BYTES_MAX (UINT64_C(16) * 1024 * 1024 * 1024)
#define FEED_MEMORY_BYTES_MAX (UINT64_C(1024) * 1024 * 1024)

struct running {
    const struct feed_work *work;
    int out_fd; /* the sender's end of the pipe */
    bool sent;
    struct error send_failed;
};

static void *send_documents(void *arg)
{
    struct running *r = arg;
    r->sent = r->work->send(r->work->arg, r->out_fd, &r->send_failed);
    close(r->out_fd);
    return NULL;
}

static bool take_answers(const struct feed_work *work, struct worker *worker, struct error *e)
{
    uint8_t type;
    str payload;
    enum step got = STEP_FAILED;
    bool ok = worker_job(worker, (uint8_t)work->job, work->request, e);
    while (ok && (got = worker_answer(worker, &type, &payload, e)) == STEP_GOT) {
        ok = work->take(work->arg, type, payload, e);
    }
    return ok && got == STEP_END;
}

static bool run_with(struct running *r, struct worker *worker, struct error *e)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, send_documents, r) != 0) {
        close(r->out_fd);
        worker_stop(worker);
        return error_set(e, ERROR_MEMORY, "no thread could be started");
    }
    bool ok = take_answers(r->work, worker, e);
    worker_stop(worker);
    pthread_join(thread, NULL);
    if (!r->sent) {
        *e = r->send_failed;
        return false;
    }
    return ok;
}

bool feed_work_run(const struct feed_work *work, struct error *e)
{
    int ends[2];
    struct worker worker;
    struct running r = {.work = work};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_sys(e, errno, "cannot make a pipe");
    }
    CLEANUP(fd_close) int from = ends[0];
    r.out_fd = ends[1];
    const struct worker_options options = {
        .fds = &from,
        .fds_count = 1,
        .confine = {.off = work->context->sandbox == SANDBOX_OFF,
                    .cpu_s = FEED_CPU_S_MAX,
                    .memory_bytes = FEED_MEMORY_BYTES_MAX},
        .required = work->context->sandbox == SANDBOX_REQUIRED,
    };
    if (!worker_start(&options, &worker, e)) {
        close(r.out_fd);
        return false;
    }
    fd_close(&from);
    worker.wire.frames_max = FEED_ANSWER_FRAMES_MAX; /* an image's facts are far fewer */
    worker.wire.bytes_max = FEED_ANSWER_BYTES_MAX;
    return run_with(&r, &worker, e);
}
