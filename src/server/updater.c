#include "server/updater.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/counters.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "server/update.h"

enum {
    BUSY_MS = 30 * 1000,  /* at most, before it looks again whether another one still updates */
    RETRY_MS = 60 * 1000, /* after the first failure; doubled up to the interval */
    LOOK_MS = 60 * 1000,  /* how often it looks whether somebody else has updated the folder */
    PULL_MS = 2 * 1000,   /* the same, for the database's advisories, and for its lease */
    ARENA_BYTES_MAX = 64 * 1024 * 1024,
};

/* As Clair called them. */
static const str lease_name = STR_INIT("updater"), last_name = STR_INIT("updater/last");

struct updater {
    struct updater_options options;
    struct thread thread;
    char owner[IDENTITY_BYTES], process[IDENTITY_PROCESS_BYTES];
    bool is_shared;
    struct shared_parts_memory memory;
    uint64_t interval_ms; /* under the thread's lock */
    unsigned failures;    /* in a row */
    uint64_t next_ns;     /* not to be tried before, after a failure */
    bool pull_failed;     /* and that was said */
};

/* -- one update ----------------------------------------------------------------------------- */

static bool note_time(struct update *r, struct error *e)
{
    str text;
    return arena_printf(r->arena, &text, e, "%lld", (long long)clock_now_s()) &&
           graph_value_put(r->graph, last_name, text, lease_name, r->lease.fence, e);
}

static bool update(struct update *r, struct error *e)
{
    const struct updater_options *o = r->options;
    uint64_t begun_ns = clock_monotonic_ns();
    LOG(o->log, LOG_INFO, "updater", "updating vulnerabilities");
    bool done = update_changes_begin(r, e) && update_child(r, e) && update_changes_publish(r, e) &&
                note_time(r, e);
    counters_add(service_counters(o->service), COUNTER_UPDATES, 1);
    counters_add(service_counters(o->service), COUNTER_UPDATES_FAILED, !done);
    counters_set(service_counters(o->service), COUNTER_UPDATE_SECONDS,
                 (clock_monotonic_ns() - begun_ns) / 1000000000U);
    counters_set(service_counters(o->service), COUNTER_UPDATE_NOTES, r->failed_feeds);
    if (!done) {
        LOG(o->log, LOG_ERROR, "updater", "an error occured when updating: %s", e->text);
    }
    LOG(o->log, LOG_INFO, "updater", "update finished");
    return done;
}

/* Only what an earlier one has left. */
static bool make_up(struct update *r, struct error *e)
{
    bool done = update_changes_begin(r, e) && update_changes_publish(r, e);
    if (!done) {
        LOG(r->options->log, LOG_ERROR, "updater", "notifications of what has changed: %s",
            e->text);
    }
    return done;
}

static struct update update_of(struct updater *u, struct graph *g, struct arena *arena)
{
    return (struct update){
        .options = &u->options,
        .thread = &u->thread,
        .graph = g,
        .arena = arena,
        .lease = {.name = lease_name,
                  .owner = str_from(u->process),
                  .seconds = (unsigned)(u->options.config->updater_lease_ms / 1000),
                  .graph = g},
        .is_shared = u->is_shared,
        .memory = &u->memory};
}

/* Under the lease, or not at all where another one has it. */
static bool update_if_ours(struct updater *u, struct update *r,
                           bool (*work)(struct update *r, struct error *e), bool *ours,
                           struct error *e)
{
    CLEANUP(fd_close) int lock = -1;
    struct error unread;
    if (!update_lease_take(&r->lease, r->arena, ours, e) || !*ours) {
        return false;
    }
    /* another instance may have the same folder */
    bool held = true;
    bool done = !u->is_shared || shared_parts_hold(service_options(u->options.service)->data_dir,
                                                   r->arena, &lock, &held, e);
    *ours = held;
    done = done && held && work(r, e);
    if (!update_lease_release(&r->lease, &unread)) {
        LOG(u->options.log, LOG_WARNING, "updater", "the lease is not given back: %s", unread.text);
    }
    return done;
}

/* -- when ----------------------------------------------------------------------------------- */

static uint64_t interval(struct updater *u)
{
    pthread_mutex_lock(&u->thread.lock);
    uint64_t ms = u->interval_ms;
    pthread_mutex_unlock(&u->thread.lock);
    return ms;
}

/* Milliseconds to the next update, by the time of the last one; 0: now. */
static bool time_left(struct graph *g, uint64_t interval_ms, struct arena *arena, uint64_t *left_ms,
                      struct error *e)
{
    str text;
    uint64_t last_s = 0;
    *left_ms = 0;
    if (!graph_value_get(g, last_name, arena, &text, e)) {
        return false;
    }
    if (!num_parse(text, 10, INT64_MAX, &last_s)) {
        return true; /* never */
    }
    int64_t now_s = clock_now_s();
    uint64_t passed_ms = now_s > (int64_t)last_s ? (uint64_t)(now_s - (int64_t)last_s) * 1000 : 0;
    *left_ms = passed_ms < interval_ms ? interval_ms - passed_ms : 0;
    return true;
}

/* The interval may be none. */
static uint64_t wait_after_failure(struct updater *u, uint64_t interval_ms)
{
    uint64_t wait_ms = (uint64_t)RETRY_MS << (u->failures < 10 ? u->failures : 10);
    u->failures++;
    if (interval_ms > 0 && wait_ms > interval_ms) {
        wait_ms = interval_ms;
    }
    u->next_ns = clock_monotonic_ns() + wait_ms * 1000000U;
    return wait_ms;
}

enum due { DUE_NOTHING, DUE_UPDATE, DUE_CHANGES };

/* What there is to do under the lease; nothing: for `*wait_ms`. */
static bool what_is_due(struct updater *u, struct update *r, uint64_t interval_ms, enum due *due,
                        uint64_t *wait_ms, struct error *e)
{
    uint64_t left_ms = LOOK_MS, now_ns = clock_monotonic_ns();
    bool left = false;
    *due = DUE_NOTHING;
    if (now_ns < u->next_ns) {
        *wait_ms = (u->next_ns - now_ns) / 1000000U + 1;
        return true;
    }
    if ((interval_ms > 0 && !time_left(r->graph, interval_ms, r->arena, &left_ms, e)) ||
        (!u->is_shared && !update_changes_left(r, &left, e))) {
        return false;
    }
    *due = left_ms == 0 ? DUE_UPDATE : left ? DUE_CHANGES : DUE_NOTHING;
    *wait_ms = left_ms < LOOK_MS ? left_ms : LOOK_MS;
    return true;
}

/* Said once, until it works again. */
static void pull_now(struct updater *u, struct update *r)
{
    struct error e;
    bool done = update_pull(r, &e);
    if (!done && !u->pull_failed) {
        LOG(u->options.log, LOG_ERROR, "updater", "%s", e.text);
    }
    u->pull_failed = !done;
}

/* One turn; how long to wait for the next. */
static uint64_t turn(struct updater *u, struct arena *arena)
{
    uint64_t interval_ms = interval(u), wait_ms = 0;
    struct graph *g = service_graph(u->options.service, u->options.worker);
    struct update r = update_of(u, g, arena);
    struct error e;
    enum due due = DUE_NOTHING;
    bool ours = false;
    error_clear(&e);
    if (g == NULL) {
        LOG(u->options.log, LOG_ERROR, "updater", "the database cannot be opened");
        return BUSY_MS;
    }
    if (!what_is_due(u, &r, interval_ms, &due, &wait_ms, &e)) {
        LOG(u->options.log, LOG_ERROR, "updater", "%s", e.text);
        return wait_after_failure(u, interval_ms);
    }
    if (due != DUE_NOTHING) {
        if (update_if_ours(u, &r, due == DUE_UPDATE ? update : make_up, &ours, &e)) {
            u->failures = 0;
            return 0;
        }
        if (!ours && e.kind != ERROR_NONE) {
            LOG(u->options.log, LOG_ERROR, "updater", "%s", e.text);
        }
        if (ours || e.kind != ERROR_NONE) {
            return wait_after_failure(u, interval_ms);
        }
        uint64_t half_ms = u->options.config->updater_lease_ms / 2;
        wait_ms = half_ms < BUSY_MS ? half_ms : BUSY_MS;
    }
    if (u->is_shared) {
        pull_now(u, &r);
    }
    return wait_ms;
}

static void tell_state(struct updater *u)
{
    const struct log_field fields[] = {{"lock identifier", str_from(u->owner), 0}};
    if (interval(u) == 0) {
        LOG(u->options.log, LOG_INFO, "updater", "updater service is disabled.");
    } else {
        LOG_EVENT(u->options.log, LOG_INFO, "updater", "updater service started", fields,
                  "updater service started. lock identifier: %s", u->owner);
    }
}

static void *run(void *arg)
{
    struct updater *u = arg;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAX, "an update");
    unsigned wait_ms = 0;
    tell_state(u);
    while (!thread_wait(&u->thread, wait_ms)) {
        struct arena_mark mark = arena_mark(&arena);
        uint64_t ms = turn(u, &arena), most_ms = u->is_shared ? PULL_MS : LOOK_MS;
        wait_ms = (unsigned)(ms < most_ms ? ms : most_ms);
        arena_rewind(&arena, mark);
    }
    arena_done(&arena);
    return NULL;
}

bool updater_start(const struct updater_options *options, struct updater **out, struct error *e)
{
    struct updater *u = calloc(1, sizeof(*u));
    if (u == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for the updater");
    }
    u->options = *options;
    u->interval_ms = options->config->updater ? options->config->updater_interval_ms : 0;
    u->is_shared = options->config->database == DATABASE_POSTGRES;
    identity_make(u->owner);
    identity_of_process(u->owner, u->process);
    if (!thread_start(&u->thread, run, u, e)) {
        free(u);
        return false;
    }
    *out = u;
    return true;
}

void updater_interval(struct updater *u, uint64_t interval_ms)
{
    pthread_mutex_lock(&u->thread.lock);
    bool other = u->interval_ms != interval_ms;
    u->interval_ms = interval_ms;
    pthread_mutex_unlock(&u->thread.lock);
    if (other) {
        tell_state(u);
        thread_wake(&u->thread);
    }
}

void updater_stop(struct updater *u)
{
    if (u != NULL) {
        thread_stop(&u->thread);
        free(u);
    }
}
