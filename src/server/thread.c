#include "server/thread.h"

#include <errno.h>
#include <time.h>

bool thread_start(struct thread *t, void *(*run)(void *), void *arg, struct error *e)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed = pthread_create(&t->id, NULL, run, arg);
    t->started = failed == 0;
    return failed == 0 || error_sys(e, failed, "cannot start a thread");
}

bool thread_wait(struct thread *t, unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&t->lock);
    int got = 0;
    while (!t->stopping && !t->woken && got != ETIMEDOUT) {
        got = pthread_cond_timedwait(&t->changed, &t->lock, &until);
    }
    t->woken = false;
    bool stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
    return stopping;
}

bool thread_is_stopping(struct thread *t)
{
    pthread_mutex_lock(&t->lock);
    bool stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
    return stopping;
}

void thread_wake(struct thread *t)
{
    pthread_mutex_lock(&t->lock);
    t->woken = true;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

void thread_stop(struct thread *t)
{
    if (t->started) {
        pthread_mutex_lock(&t->lock);
        t->stopping = true;
        pthread_cond_signal(&t->changed);
        pthread_mutex_unlock(&t->lock);
        pthread_join(t->id, NULL);
        pthread_cond_destroy(&t->changed);
        pthread_mutex_destroy(&t->lock);
        t->started = false;
    }
}
