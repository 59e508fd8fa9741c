/* layers.c: the layers of an image, several at once: one thread and one worker process a core,
 * while the calling thread hashes stored bytes, which no process that parses may do for the cache.
 *
 * Every work passes: waiting → being read (a thread took it) → read or failed; and, apart from
 * that: to be hashed → hashed. All fields of a work that both sides touch are under the lock. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pack.h"
#include "ops/reading.h"
#include "stream/hash.h"

enum { THREADS_MAX = 16, THREAD_STACK_BYTES = 256 * 1024, PROGRESS_MS = 100 };

struct crew {
    struct reading *reading;
    const int *fds;
    size_t fds_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t next;         /* work that the next free thread takes */
    size_t running;      /* threads that have not ended */
    bool failed;         /* no new work is taken */
    uint64_t read_bytes; /* of works that are done */
    uint64_t total_bytes;
};

struct reader_thread {
    struct layer_listener base;
    struct crew *crew;
    struct layer_work *work;
    struct worker worker;
    uint64_t at_bytes; /* of the work being read */
    pthread_t thread;
};

bool layer_check(const struct reading *r, const struct layer_work *work, struct error *e)
{
    char is[DIGEST_TEXT_BYTES], says[DIGEST_TEXT_BYTES];
    if (work->hashed && work->claimed.algorithm != DIGEST_NONE &&
        !digest_eq(work->blob, work->claimed)) {
        error_set(e, ERROR_DIGEST, "it is %s, the image says %s", digest_text(work->blob, is),
                  digest_text(work->claimed, says));
        return error_hint(e, "fetch the image again");
    }
    digest diff = work->diff_id;
    if (work->hashed && work->done && !work->cached && !work->compressed &&
        work->blob.algorithm == work->diff_claimed.algorithm) {
        diff = work->blob;
    }
    if (r->options->verify != VERIFY_NEVER && diff.algorithm != DIGEST_NONE &&
        work->diff_claimed.algorithm == diff.algorithm && !digest_eq(diff, work->diff_claimed)) {
        error_set(e, ERROR_DIGEST, "its diff ID is %s, the config says %s", digest_text(diff, is),
                  digest_text(work->diff_claimed, says));
        return error_hint(e, "fetch the image again");
    }
    return true;
}

bool layer_answers(struct worker *worker, struct layer_work *work, struct layer_listener *listener,
                   struct error *e)
{
    uint8_t type;
    str payload;
    enum step got;
    bool whole = false;
    while ((got = worker_answer(worker, &type, &payload, e)) == STEP_GOT) {
        struct layer_answer answer = {0};
        uint64_t bytes = 0;
        if (type == ANSWER_FACTS) {
            if (!buf_add_str(&work->facts, payload, e)) {
                return false;
            }
        } else if (type == ANSWER_CODEC && payload.len == 1) {
            listener->codec(listener, payload.at[0] != 0);
        } else if (type == ANSWER_PROGRESS && unpack_u64(&payload, &bytes, e)) {
            listener->progress(listener, bytes);
        } else if (type == ANSWER_LAYER && layer_answer_unpack(payload, &answer, e)) {
            work->compressed = answer.compressed;
            work->diff_id = answer.diff_id;
            whole = true;
        } else {
            return error_set(e, ERROR_REMOTE, "the worker sent a message of type %u", type);
        }
    }
    if (got == STEP_END && !whole) {
        return error_set(e, ERROR_REMOTE, "the worker's answer has no end");
    }
    return got == STEP_END;
}

/* -- a thread that reads -------------------------------------------------------------------- */

static void on_codec(struct layer_listener *base, bool compressed)
{
    struct reader_thread *t = CONTAINER_OF(base, struct reader_thread, base);
    enum verify_mode verify = t->crew->reading->options->verify;
    pthread_mutex_lock(&t->crew->lock);
    struct layer_work *w = t->work;
    /* compressed bytes are read anyway; an uncompressed layer is hopped over, and hashing it would
     * be the whole cost: only if it is small, or if it was asked for */
    bool small = w->size_bytes <= VERIFY_AUTO_BYTES_MAX;
    w->want_hash = verify == VERIFY_ALWAYS || (verify == VERIFY_AUTO && (compressed || small));
    pthread_cond_broadcast(&t->crew->changed);
    pthread_mutex_unlock(&t->crew->lock);
}

static void on_progress(struct layer_listener *base, uint64_t bytes)
{
    struct reader_thread *t = CONTAINER_OF(base, struct reader_thread, base);
    pthread_mutex_lock(&t->crew->lock);
    t->crew->read_bytes += bytes > t->at_bytes ? bytes - t->at_bytes : 0;
    t->at_bytes = bytes > t->at_bytes ? bytes : t->at_bytes;
    pthread_mutex_unlock(&t->crew->lock);
}

static bool read_one(struct reader_thread *t, struct error *e)
{
    struct crew *crew = t->crew;
    struct layer_request request = {
        .fd = (uint32_t)t->work->worker_fd,
        .offset = t->work->offset,
        .size_bytes = t->work->size_bytes,
        .wanted = crew->reading->wanted,
        .wanted_count = crew->reading->wanted_count,
    };
    struct buf payload;
    if (t->worker.pid <= 0 &&
        !reading_start_worker(crew->reading, crew->fds, crew->fds_count, &t->worker, e)) {
        return false;
    }
    buf_init(&payload, 4 * 1024 * 1024);
    bool ok = layer_request_pack(&request, &payload, e) &&
              worker_job(&t->worker, JOB_LAYER, buf_str(&payload), e);
    buf_done(&payload);
    return ok && layer_answers(&t->worker, t->work, &t->base, e);
}

static struct layer_work *take_work(struct crew *crew)
{
    struct layer_work *taken = NULL;
    while (!crew->failed && crew->next < crew->reading->works_count && taken == NULL) {
        struct layer_work *w = &crew->reading->works[crew->next++];
        taken = w->done || w->hash_decides ? NULL : w;
    }
    return taken;
}

static void *read_works(void *arg)
{
    struct reader_thread *t = arg;
    struct crew *crew = t->crew;
    pthread_mutex_lock(&crew->lock);
    while ((t->work = take_work(crew)) != NULL) {
        t->at_bytes = 0;
        pthread_mutex_unlock(&crew->lock);
        struct error failed = {0};
        bool ok = read_one(t, &failed);
        pthread_mutex_lock(&crew->lock);
        crew->read_bytes +=
            t->work->size_bytes > t->at_bytes ? t->work->size_bytes - t->at_bytes : 0;
        t->work->done = ok;
        if (!ok) {
            t->work->failed = failed;
            t->work->has_failed = true;
            crew->failed = true;
        }
        pthread_cond_broadcast(&crew->changed);
    }
    crew->running--;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* -- the calling thread: hashing and progress ----------------------------------------------- */

static bool keeps_identity(const struct layer_work *w)
{
    return S_ISREG(w->st.st_mode);
}

static bool hash_one(struct crew *crew, struct layer_work *w, struct error *e)
{
    enum digest_algorithm algorithm = w->hash_decides                       ? w->expected.algorithm
                                      : w->claimed.algorithm != DIGEST_NONE ? w->claimed.algorithm
                                                                            : DIGEST_SHA256;
    struct store *store = crew->reading->store;
    struct error unkept;
    bool ok = hash_file(w->fd, w->offset, w->size_bytes, algorithm, &w->blob, NULL, e);
    if (ok && store != NULL && keeps_identity(w)) {
        (void)store_file_digest_keep(store, &w->st, w->offset, w->size_bytes, w->blob, &unkept);
    }
    return ok;
}

static struct layer_work *next_hash(struct crew *crew)
{
    for (size_t i = 0; i < crew->reading->works_count; i++) {
        struct layer_work *w = &crew->reading->works[i];
        if (w->want_hash && !w->hashed && !w->has_failed) {
            return w;
        }
    }
    return NULL;
}

static void tell_progress(struct crew *crew)
{
    struct progress *p = crew->reading->context->progress;
    if (p != NULL) {
        uint64_t done = crew->read_bytes, total = crew->total_bytes;
        pthread_mutex_unlock(&crew->lock);
        p->update(p, STR("reading layers"), done, total);
        pthread_mutex_lock(&crew->lock);
    }
}

static void wait_a_little(struct crew *crew)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PROGRESS_MS * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&crew->changed, &crew->lock, &until);
}

static void hash_works(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    for (;;) {
        struct layer_work *w = crew->failed ? NULL : next_hash(crew);
        if (w == NULL && crew->running == 0) {
            break;
        }
        if (w == NULL) {
            wait_a_little(crew);
            tell_progress(crew);
            continue;
        }
        pthread_mutex_unlock(&crew->lock);
        struct error failed = {0};
        bool ok = hash_one(crew, w, &failed);
        pthread_mutex_lock(&crew->lock);
        w->hashed = ok;
        if (!ok) {
            w->failed = failed;
            w->has_failed = true;
            crew->failed = true;
        }
    }
    pthread_mutex_unlock(&crew->lock);
}

/* -- all together --------------------------------------------------------------------------- */

static size_t threads_wanted(const struct reading *r)
{
    size_t waiting = 0;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = r->options->parallel > 0 ? r->options->parallel : cores > 0 ? (size_t)cores : 1;
    for (size_t i = 0; i < r->works_count; i++) {
        waiting += !r->works[i].done && !r->works[i].hash_decides;
    }
    most = most > THREADS_MAX ? THREADS_MAX : most;
    return waiting < most ? waiting : most;
}

static bool run_threads(struct crew *crew, struct reader_thread *threads, size_t count,
                        struct error *e)
{
    pthread_attr_t attr;
    size_t started = 0;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
    crew->running = count;
    for (; started < count; started++) {
        if (pthread_create(&threads[started].thread, &attr, read_works, &threads[started]) != 0) {
            break;
        }
    }
    pthread_attr_destroy(&attr);
    pthread_mutex_lock(&crew->lock);
    crew->running -= count - started;
    pthread_mutex_unlock(&crew->lock);
    if (started == 0 && count > 0) {
        return error_set(e, ERROR_MEMORY, "no thread could be started");
    }
    hash_works(crew);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i].thread, NULL);
    }
    return true;
}

/* The facts that the cache has, now that the hash is known. */
static bool use_cached(struct reading *r, struct layer_work *w, struct error *e)
{
    str facts;
    bool found = false;
    if (!w->hash_decides || !digest_eq(w->blob, w->expected)) {
        return true;
    }
    if (!store_facts_find(r->store, w->blob, facts_revision(), r->arena, &facts, &w->diff_id,
                          &found, e)) {
        return false;
    }
    if (found) {
        w->done = w->cached = true;
        w->facts.len = 0;
        return buf_add_str(&w->facts, facts, e);
    }
    return true;
}

/* Parent and worker read the same file at different moments: what changed in between was perhaps
 * not what was hashed. */
static bool check_unchanged(const struct layer_work *w, struct error *e)
{
    struct stat now;
    if (w->cached || !S_ISREG(w->st.st_mode)) {
        return true;
    }
    if (fstat(w->fd, &now) != 0) {
        return error_sys(e, errno, "cannot stat its file");
    }
    const struct stat *then = &w->st;
    return (now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
            now.st_mtim.tv_nsec == then->st_mtim.tv_nsec &&
            now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
            now.st_ctim.tv_nsec == then->st_ctim.tv_nsec) ||
           error_set(e, ERROR_DIGEST, "its file was changed while it was read");
}

static bool settle(struct reading *r, struct error *e)
{
    for (size_t i = 0; i < r->works_count; i++) {
        struct layer_work *w = &r->works[i];
        if (w->has_failed) {
            *e = w->failed;
        }
        if (w->has_failed || !use_cached(r, w, e) || !layer_check(r, w, e) ||
            !check_unchanged(w, e)) {
            return error_wrap(e, "layer %zu of %zu", w->index + 1, r->image.layers_count);
        }
        w->verified = w->verified || w->hashed;
        struct error unkept;
        if (w->done && !w->cached && w->hashed && r->store != NULL && r->wanted_count == 0) {
            digest diff = w->compressed ? w->diff_id : w->blob;
            (void)store_facts_keep(r->store, w->blob, facts_revision(), buf_str(&w->facts), diff,
                                   &unkept);
        }
    }
    return true;
}

bool layers_read(struct reading *r, const int *fds, size_t fds_count, struct error *e)
{
    struct crew crew = {.reading = r, .fds = fds, .fds_count = fds_count};
    struct reader_thread threads[THREADS_MAX];
    size_t count = threads_wanted(r);
    memset(threads, 0, sizeof(threads));
    pthread_mutex_init(&crew.lock, NULL);
    pthread_cond_init(&crew.changed, NULL);
    for (size_t i = 0; i < r->works_count; i++) {
        crew.total_bytes += r->works[i].done ? 0 : r->works[i].size_bytes;
    }
    for (size_t i = 0; i < count; i++) {
        threads[i].base = (struct layer_listener){.codec = on_codec, .progress = on_progress};
        threads[i].crew = &crew;
    }
    if (count > 0 && r->worker.pid > 0) {
        threads[0].worker = r->worker;
        memset(&r->worker, 0, sizeof(r->worker));
    }
    bool ok = run_threads(&crew, threads, count, e);
    for (size_t i = 0; i < count; i++) {
        worker_stop(&threads[i].worker);
    }
    pthread_cond_destroy(&crew.changed);
    pthread_mutex_destroy(&crew.lock);
    return ok && settle(r, e);
}
