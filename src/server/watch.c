/* watch.c: one thread, one look every few seconds:
 *
 *     UNKNOWN ─► FOUND ◄─► LOST        each look that fails is told, with the time to the next one
 *        └──────► LOST
 */
#include "server/watch.h"

#include <stdlib.h>
#include <time.h>

#include "server/thread.h"

enum { LOOK_S = 5, WAIT_S_MAX = 15, STOP_MS = 500, TICK_MS = 2 };

struct watch {
    struct watch_options options;
    struct thread thread;
    unsigned failures; /* in a row; the thread's own */

    /* under the thread's lock */
    bool looking;
    bool looked;       /* the first look is over */
    bool found;        /* it has been there */
    struct error last; /* why it is not; ERROR_NONE: it is */
};

unsigned watch_wait_s(unsigned failures)
{
    unsigned wait_s = failures == 0 ? LOOK_S : failures < 5 ? 1U << (failures - 1) : WAIT_S_MAX;
    return wait_s;
}

static void tell(const struct watch *w, const struct error *why, bool was_lost)
{
    struct log *log = w->options.log;
    if (why->kind == ERROR_NONE) {
        if (was_lost) {
            LOG(log, LOG_NOTICE, "database", "the database is there");
        }
        return;
    }
    const struct log_field fields[] = {
        {"error", str_from(why->text), 0},
        {"next attempt seconds", STR_NONE, watch_wait_s(w->failures)}};
    LOG_EVENT(log, LOG_ERROR, "database", "the database cannot be used", fields,
              "the database cannot be used: %s; trying again in %u s", why->text,
              watch_wait_s(w->failures));
}

static void look(struct watch *w)
{
    struct error e;
    error_clear(&e);
    pthread_mutex_lock(&w->thread.lock);
    w->looking = true;
    pthread_mutex_unlock(&w->thread.lock);
    bool there = service_database_look(w->options.service, w->options.worker, &e);
    if (there) {
        error_clear(&e);
    }
    bool was_lost = w->failures > 0;
    w->failures = there ? 0 : w->failures + 1;
    tell(w, &e, was_lost);
    pthread_mutex_lock(&w->thread.lock);
    w->last = e;
    w->found = w->found || there;
    w->looked = true;
    w->looking = false;
    pthread_mutex_unlock(&w->thread.lock);
}

static void *run(void *arg)
{
    struct watch *w = arg;
    do {
        look(w);
    } while (!thread_wait(&w->thread, watch_wait_s(w->failures) * 1000));
    return NULL;
}

/* Waits until the look under way is over, or the first one where there was none yet. */
static bool wait_looked(struct watch *w, unsigned ms)
{
    for (unsigned waited = 0;; waited += TICK_MS) {
        pthread_mutex_lock(&w->thread.lock);
        bool over = w->looked && !w->looking;
        pthread_mutex_unlock(&w->thread.lock);
        if (over || waited >= ms) {
            return over;
        }
        nanosleep(&(struct timespec){.tv_nsec = TICK_MS * 1000000L}, NULL);
    }
}

bool watch_start(const struct watch_options *options, struct watch **out, struct error *e)
{
    struct watch *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for the watch over the database");
    }
    w->options = *options;
    if (!thread_start(&w->thread, run, w, e)) {
        free(w);
        return false;
    }
    *out = w; /* from here on watch_stop ends it */
    if (!wait_looked(w, options->first_ms)) {
        return true;
    }
    pthread_mutex_lock(&w->thread.lock);
    struct error why = w->last;
    pthread_mutex_unlock(&w->thread.lock);
    if (why.kind == ERROR_USAGE || why.kind == ERROR_FORMAT) {
        *e = why;
        return false;
    }
    return true;
}

bool watch_found(struct watch *w)
{
    if (w == NULL) {
        return true;
    }
    pthread_mutex_lock(&w->thread.lock);
    bool found = w->found;
    pthread_mutex_unlock(&w->thread.lock);
    return found;
}

bool watch_stop(struct watch *w)
{
    if (w == NULL) {
        return true;
    }
    if (!wait_looked(w, STOP_MS)) {
        return false; /* the library cannot be interrupted; the process ends soon */
    }
    thread_stop(&w->thread);
    free(w);
    return true;
}
