#include "server/updater.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/counters.h"
#include "base/clock.h"
#include "base/num.h"
#include "server/child.h"
#include "server/identity.h"
#include "server/system.h"
#include "server/thread.h"
#include "stream/hash.h"

enum {
    LOOK_MS = 500,         /* how often the child is looked at */
    BUSY_MS = 60 * 1000,   /* at most, before it looks again whether another one still updates */
    RETRY_MS = 60 * 1000,  /* after the first failure; doubled up to the interval */
    LONG_MS = 3600 * 1000, /* while nothing is to be done */
    ARENA_BYTES_MAX = 4 * 1024 * 1024,
    NAME_BYTES = 512,
};

struct updater {
    struct updater_options options;
    struct thread thread;
    char owner[IDENTITY_BYTES];
    /* Advisories lie in the data folder, so that each folder has its own lease and its own time: a
     * SQLite database has one folder, that of PostgreSQL any number of them. */
    char lease[NAME_BYTES], last[NAME_BYTES];
    uint64_t interval_ms; /* under the thread's lock */
    unsigned failures;    /* in a row */
};

/* One update under its lease. */
struct run {
    struct updater *u;
    struct graph *graph;
    struct arena *arena;
    int64_t fence;
    uint64_t renewed_ns;
    uint64_t failed_feeds;
    bool lost; /* the lease */
};

/* -- the lease ------------------------------------------------------------------------------ */

static uint64_t lease_ms(const struct updater *u)
{
    return u->options.config->updater_lease_ms;
}

static bool lease_take(struct run *r, bool *taken, struct error *e)
{
    r->renewed_ns = clock_monotonic_ns();
    return graph_lease_take(r->graph, str_from(r->u->lease), str_from(r->u->owner),
                            (unsigned)(lease_ms(r->u) / 1000), &r->fence, taken, e);
}

/* Somebody else may have it where this machine slept too long. */
static void lease_renew(struct run *r)
{
    struct error e;
    bool taken = false;
    int64_t fence = r->fence;
    if (clock_monotonic_ns() - r->renewed_ns < lease_ms(r->u) / 4 * (uint64_t)1000000U) {
        return;
    }
    if (lease_take(r, &taken, &e) && (!taken || r->fence != fence)) {
        r->lost = true;
    }
}

/* -- the child ------------------------------------------------------------------------------ */

static bool words_make(struct run *r, struct child_words *w, struct error *e)
{
    const struct config *c = r->u->options.config;
    str program, data_dir = service_options(r->u->options.service)->data_dir;
    w->count = 0;
    bool done = system_limpid(r->arena, &program, e) && child_word(w, r->arena, program, e) &&
                child_word(w, r->arena, STR("update"), e) &&
                child_word(w, r->arena, STR("--no-progress"), e) &&
                child_word(w, r->arena, STR("--cache-dir"), e) &&
                child_word(w, r->arena, data_dir, e);
    if (done && c->updater_from.len > 0) {
        done = child_word(w, r->arena, STR("--from"), e) &&
               child_word(w, r->arena, c->updater_from, e);
    }
    for (size_t i = 0; done && i < c->updater_feeds.count; i++) {
        done = child_word(w, r->arena, STR("--feed"), e) &&
               child_word(w, r->arena, c->updater_feeds.at[i], e);
    }
    return done;
}

/* "limpid: updater: 'debian' was not updated: …" is an error; "debian: 41220 advisories …" news. */
static void tell_line(struct run *r, str line)
{
    static const str own = STR_INIT("limpid: "), updater = STR_INIT("updater: ");
    bool is_error = str_starts(line, own);
    line = is_error ? str_slice(line, own.len, line.len) : line;
    line = str_starts(line, updater) ? str_slice(line, updater.len, line.len) : line;
    if (line.len == 0 || str_eq(line, STR("update finished")) || str_ends(line, STR(": updated"))) {
        return; /* the first is the service's own to say; a feed's result comes with its figures */
    }
    bool failed = is_error && str_find(line, STR(" was not updated: ")) < line.len;
    r->failed_feeds += failed;
    LOG(r->u->options.log, failed ? LOG_ERROR : LOG_INFO, "updater", "%.*s",
        (int)(line.len < CHILD_LINE_BYTES_MAX ? line.len : CHILD_LINE_BYTES_MAX), line.at);
}

/* Runs it to its end, or to the end of the service or the lease. */
static bool child_run(struct run *r, struct child *child, struct error *e)
{
    enum child_got got = CHILD_NOTHING;
    str line;
    bool stopping = false;
    while (got != CHILD_END && !stopping && !r->lost) {
        got = child_line(child, LOOK_MS, &line);
        if (got == CHILD_LINE) {
            tell_line(r, line);
        }
        lease_renew(r);
        stopping = thread_is_stopping(&r->u->thread);
    }
    int status = child_finish(child, got != CHILD_END);
    if (r->lost) {
        return error_set(e, ERROR_REMOTE, "another instance has taken over");
    }
    if (stopping) {
        return error_set(e, ERROR_IO, "the service ends");
    }
    return status == 0 || error_set(e, ERROR_REMOTE, "limpid update ended with status %d", status);
}

/* -- one update ----------------------------------------------------------------------------- */

/* What changed between two generations becomes notifications. */
static void updater_changes(struct run *r)
{
    /* the store cannot yet tell what changed; feeds cause no notifications until then */
    (void)r;
}

static bool note_time(struct run *r, struct error *e)
{
    str text;
    return arena_printf(r->arena, &text, e, "%lld", (long long)clock_now_s()) &&
           graph_value_put(r->graph, str_from(r->u->last), text, str_from(r->u->lease), r->fence,
                           e);
}

static bool update(struct run *r, struct error *e)
{
    const struct updater_options *o = &r->u->options;
    struct child_words words;
    struct child child;
    uint64_t begun_ns = clock_monotonic_ns();
    LOG(o->log, LOG_INFO, "updater", "updating vulnerabilities");
    bool done =
        words_make(r, &words, e) && child_start(&child, &words, e) && child_run(r, &child, e);
    counters_add(service_counters(o->service), COUNTER_UPDATES, 1);
    counters_add(service_counters(o->service), COUNTER_UPDATES_FAILED, !done);
    counters_set(service_counters(o->service), COUNTER_UPDATE_SECONDS,
                 (clock_monotonic_ns() - begun_ns) / 1000000000U);
    counters_set(service_counters(o->service), COUNTER_UPDATE_NOTES, r->failed_feeds);
    if (done) {
        updater_changes(r);
        done = note_time(r, e);
    }
    if (!done) {
        LOG(o->log, LOG_ERROR, "updater", "an error occured when updating: %s", e->text);
    }
    LOG(o->log, LOG_INFO, "updater", "update finished");
    return done;
}

/* Under the lease, or not at all where another one has it. */
static bool update_if_ours(struct updater *u, struct graph *g, struct arena *arena, bool *ours,
                           struct error *e)
{
    struct run r = {.u = u, .graph = g, .arena = arena};
    struct error unread;
    if (!lease_take(&r, ours, e) || !*ours) {
        return *ours;
    }
    bool done = update(&r, e);
    if (!r.lost && !graph_lease_release(g, str_from(u->lease), r.fence, &unread)) {
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
static bool time_left(const struct updater *u, struct graph *g, uint64_t interval_ms,
                      struct arena *arena, uint64_t *left_ms, struct error *e)
{
    str text;
    uint64_t last_s = 0;
    *left_ms = 0;
    if (!graph_value_get(g, str_from(u->last), arena, &text, e)) {
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

static unsigned wait_after_failure(struct updater *u, uint64_t interval_ms)
{
    uint64_t wait_ms = (uint64_t)RETRY_MS << (u->failures < 10 ? u->failures : 10);
    u->failures++;
    wait_ms = wait_ms < interval_ms ? wait_ms : interval_ms;
    return (unsigned)(wait_ms < LONG_MS ? wait_ms : LONG_MS);
}

/* One turn; how long to wait for the next. */
static unsigned turn(struct updater *u, struct arena *arena)
{
    uint64_t interval_ms = interval(u), left_ms = 0;
    struct graph *g = service_graph(u->options.service, u->options.worker);
    struct error e;
    bool ours = false;
    error_clear(&e);
    if (interval_ms == 0) {
        return LONG_MS;
    }
    if (g == NULL) {
        LOG(u->options.log, LOG_ERROR, "updater", "the database cannot be opened");
        return wait_after_failure(u, interval_ms);
    }
    if (!time_left(u, g, interval_ms, arena, &left_ms, &e)) {
        LOG(u->options.log, LOG_ERROR, "updater", "%s", e.text);
        return wait_after_failure(u, interval_ms);
    }
    if (left_ms > 0) {
        return (unsigned)(left_ms < LONG_MS ? left_ms : LONG_MS);
    }
    if (update_if_ours(u, g, arena, &ours, &e)) {
        u->failures = 0;
        return 0;
    }
    if (!ours && e.kind == ERROR_NONE) {
        return lease_ms(u) / 2 < BUSY_MS ? (unsigned)(lease_ms(u) / 2) : BUSY_MS;
    }
    return wait_after_failure(u, interval_ms);
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

/* "updater" and "updater/last", as Clair had them; with a folder of this machine behind. */
static void names_make(struct updater *u)
{
    const struct service_options *o = service_options(u->options.service);
    char host[256] = "", folder[NAME_BYTES / 2] = "";
    if (u->options.config->database == DATABASE_POSTGRES) {
        digest sum;
        struct hash h;
        char text[DIGEST_TEXT_BYTES];
        if (gethostname(host, sizeof(host) - 1) != 0) {
            host[0] = '\0';
        }
        hash_init(&h, DIGEST_SHA256);
        hash_update(&h, host, strlen(host) + 1);
        hash_update(&h, o->data_dir.at, o->data_dir.len);
        sum = hash_done(&h);
        snprintf(folder, sizeof(folder), "/%s", digest_text(sum, text));
    }
    snprintf(u->lease, sizeof(u->lease), "updater%s", folder);
    snprintf(u->last, sizeof(u->last), "updater/last%s", folder);
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
        wait_ms = turn(u, &arena);
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
    identity_make(u->owner);
    names_make(u);
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
