/* thread.h: a thread that works from time to time and can be woken and stopped. */
#ifndef LIMPID_SERVER_THREAD_H
#define LIMPID_SERVER_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct thread {
    pthread_t id;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started, stopping, woken;
};

bool thread_start(struct thread *t, void *(*run)(void *), void *arg, struct error *e) MUST_USE;

/* By the thread: waits so long, or until it is woken. True where it is to end. */
bool thread_wait(struct thread *t, unsigned ms);
bool thread_is_stopping(struct thread *t);

void thread_wake(struct thread *t);
void thread_stop(struct thread *t); /* wakes it, and waits for its end; a zeroed one is fine */

#endif
