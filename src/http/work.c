#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "http/inner.h"

/* -- one piece of work ---------------------------------------------------------------------- */

static bool copy_all(struct arena *arena, const struct http_request *from, struct http_request *to)
{
    struct error unread;
    *to = *from;
    str *const texts[] = {&to->method, &to->path,          &to->query,           &to->body,
                          &to->host,   &to->authorization, &to->accept_encoding, &to->request_id,
                          &to->peer};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (texts[i]->len > 0 && !arena_str(arena, *texts[i], texts[i], &unread)) {
            return false;
        }
    }
    to->at_once = false;
    return true;
}

void work_free(struct work *w)
{
    response_done(&w->response);
    arena_done(&w->arena);
    free(w);
}

bool work_put(struct connection *c, const struct http_request *request)
{
    struct http_server *s = c->server;
    struct work *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return false;
    }
    arena_init(&w->arena, HTTP_ARENA_BYTES_MAX, "a request");
    response_init(&w->response);
    if (!copy_all(&w->arena, request, &w->request)) {
        work_free(w);
        return false;
    }
    w->connection = c;
    w->begun_ns = c->whole_ns;
    w->deadline_ns = s->options.answer_timeout_s > 0
                         ? c->whole_ns + s->options.answer_timeout_s * (uint64_t)1000000000U
                         : 0;
    MHD_suspend_connection(c->mhd);
    pthread_mutex_lock(&s->lock);
    c->deadline_ns = 0; /* what is put off has a deadline of its own */
    if (s->last != NULL) {
        s->last->next = w;
    } else {
        s->first = w;
    }
    s->last = w;
    if (s->waiting != NULL) {
        struct helper *h = s->waiting;
        s->waiting = h->below;
        h->waits = false;
        pthread_cond_signal(&h->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return true;
}

/* -- workers -------------------------------------------------------------------------------- */

/* One that was woken finds nothing where a worker that had just finished was quicker. */
static struct work *next_work(struct http_server *s, struct helper *self)
{
    while (s->first == NULL && !s->ending) {
        if (!self->waits) {
            self->waits = true;
            self->below = s->waiting;
            s->waiting = self;
        }
        pthread_cond_wait(&self->wake, &s->lock);
    }
    if (self->waits) { /* nobody called it */
        struct helper **at = &s->waiting;
        while (*at != self) {
            at = &(*at)->below;
        }
        *at = self->below;
        self->waits = false;
    }
    struct work *w = s->first;
    if (w != NULL) {
        s->first = w->next;
        s->last = s->first != NULL ? s->last : NULL;
        w->next = s->running;
        s->running = w;
        w->state = WORK_RUNNING;
        s->busy++;
    }
    return w;
}

static void unlink_running(struct http_server *s, const struct work *w)
{
    struct work **at = &s->running;
    while (*at != w) {
        at = &(*at)->next;
    }
    *at = w->next;
}

void *work_run(void *helper)
{
    struct helper *self = helper;
    struct http_server *s = self->server;
    unsigned number = s->threads + self->number;
    struct work *w;
    pthread_mutex_lock(&s->lock);
    while ((w = next_work(s, self)) != NULL) {
        pthread_mutex_unlock(&s->lock);
        struct http_handler *h = s->options.handler;
        h->answer(h, number, &w->request, &w->arena, &w->response);
        pthread_mutex_lock(&s->lock);
        unlink_running(s, w);
        s->busy--;
        if (w->state == WORK_ABANDONED) {
            work_free(w);
            continue;
        }
        w->state = WORK_DONE;
        w->connection->work = w;
        MHD_resume_connection(w->connection->mhd);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* -- the watch ------------------------------------------------------------------------------ */

/* The connection gets its 503; who works goes on for nobody. Under the lock. */
static void abandon(struct work *w)
{
    struct connection *c = w->connection;
    w->state = WORK_ABANDONED;
    w->connection = NULL;
    c->out_of_time = true;
    MHD_resume_connection(c->mhd);
}

static void abandon_late(struct http_server *s, uint64_t now_ns)
{
    for (struct work *w = s->running; w != NULL; w = w->next) {
        if (w->state == WORK_RUNNING && w->deadline_ns != 0 && w->deadline_ns <= now_ns) {
            abandon(w);
        }
    }
    while (s->first != NULL && s->first->deadline_ns != 0 && s->first->deadline_ns <= now_ns) {
        struct work *w = s->first; /* the queue is in the order of its deadlines */
        s->first = w->next;
        s->last = s->first != NULL ? s->last : NULL;
        abandon(w);
        work_free(w);
    }
}

/* libmicrohttpd sees the end of the connection and closes it. */
static void cut_late(struct http_server *s, uint64_t now_ns)
{
    for (struct connection *c = s->connections; c != NULL; c = c->after) {
        if (c->deadline_ns != 0 && c->deadline_ns <= now_ns && !c->cut) {
            c->cut = true;
            shutdown(c->fd, SHUT_RDWR);
        }
    }
}

void work_abandon_all(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    for (struct work *w = s->running; w != NULL; w = w->next) {
        if (w->state == WORK_RUNNING) {
            abandon(w);
        }
    }
    while (s->first != NULL) {
        struct work *w = s->first;
        s->first = w->next;
        abandon(w);
        work_free(w);
    }
    s->last = NULL;
    pthread_mutex_unlock(&s->lock);
}

void *work_watch(void *helper)
{
    struct http_server *s = ((struct helper *)helper)->server;
    pthread_mutex_lock(&s->lock);
    while (!s->ending) {
        if (s->connections == NULL) {
            pthread_cond_wait(&s->tick, &s->lock);
            continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&s->tick, &s->lock, &until);
        uint64_t now_ns = clock_monotonic_ns();
        abandon_late(s, now_ns);
        cut_late(s, now_ns);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
