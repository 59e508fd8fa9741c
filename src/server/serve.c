/* serve.c: starts the parts in an order in which each finds what it needs, waits for signals, and
 * ends them in the opposite order.
 *
 *     log, tokens, service ─► database? ─► health port ─► main port ─► READY ─► updater, notifier,
 * keeper
 *
 * A PostgreSQL that is away does not keep it from starting: it lives, is not ready, and the updater
 * and the notifier begin when the database has come (watch.h). Advisories are opened at their first
 * use, so that the ports answer at once. */
#include "server/serve.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "http/server.h"
#include "server/certificates.h"
#include "server/handler.h"
#include "server/keeper.h"
#include "server/load.h"
#include "server/notifier.h"
#include "server/settings.h"
#include "server/system.h"
#include "server/updater.h"
#include "server/watch.h"

enum {
    BODY_BYTES_MAX = 1024 * 1024,
    STOP_S = 30, /* for requests that are being answered */
    HEALTH_CONNECTIONS = 64,
    HEALTH_TIMEOUT_S = 10,
    FLUSH_MS = 200,           /* how long requests' lines may be gathered */
    DATABASE_MS = 1000,       /* how long the ports wait for the first word of the database */
    LARGE_BYTES = 256 * 1024, /* a request's memory from here on goes back to the system */
};

struct serve {
    const struct serve_options *options;
    struct arena arena; /* of the configuration that is in force */
    struct config config;
    struct log *log;
    struct tokens *tokens;
    struct service *service;
    struct handler main_handler, health_handler;
    struct http_server *main, *health;
    unsigned serving;    /* the ports' workers: 0 and on; then notifier, updater, watch, keeper */
    struct watch *watch; /* NULL: of SQLite, nothing is to be watched */
    bool complete;       /* the updater, the notifier and the keeper have been started */
    struct notifier *notifier;
    struct updater *updater;
    struct keeper *keeper;
    int limpid; /* the program that reads layers: it starts sooner than this one. 0: this one does
                 */
};

/* -- configuration --------------------------------------------------------------------------- */

static bool tell_config(const struct serve *s, const struct config *c, struct arena *arena,
                        struct error *e)
{
    struct config_list list;
    if (!load_warnings(s->options, c, arena, &list, e)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        LOG(s->log, LOG_WARNING, "main", STR_FMT, STR_ARG(list.at[i]));
    }
    return true;
}

/* -- start ---------------------------------------------------------------------------------- */

static bool tokens_load(const struct config *c, struct arena *arena, struct tokens *to,
                        struct error *e)
{
    struct config_list all;
    return settings_tokens(c, arena, &all, e) && tokens_set(to, all.at, all.count, e);
}

static void main_options(const struct serve *s, const struct certificates *files,
                         struct http_server_options *out)
{
    const struct config *c = &s->config;
    bool early = c->dialect == DIALECT_2015;
    *out = (struct http_server_options){
        .address = c->address.at,
        .port = (uint16_t)c->port, /* at most 65535 */
        .workers = (unsigned)(c->workers > 0 ? c->workers : 1),
        .connections_max = (unsigned)c->connections_max,
        .connections_per_address_max = (unsigned)c->connections_per_address_max,
        .timeout_s = settings_seconds(c->idle_timeout_ms),
        .answer_timeout_s = settings_seconds(c->timeout_ms),
        .timeout_type =
            early ? STR("application/json; charset=utf-8") : STR("application/json;charset=utf-8"),
        .timeout_body =
            early ? STR("{\"Message\":\"http: Handler timeout\"}")
                  : STR("{\"Error\":{\"Message\":\"Clair failed to respond within the configured "
                        "timeout window.\",\"Type\":\"Timeout\"}}"),
        .body_bytes_max = BODY_BYTES_MAX,
        .certificate = certificates_text(&files->certificate),
        .key = certificates_text(&files->key),
        .client_ca = certificates_text(&files->client_ca),
    };
}

static bool health_start(struct serve *s, unsigned first_worker, struct error *e)
{
    const struct config *c = &s->config;
    s->health_handler = (struct handler){.service = s->service,
                                         .log = s->log,
                                         .port = API_PORT_HEALTH,
                                         .first_worker = first_worker};
    handler_init(&s->health_handler);
    const struct http_server_options options = {
        .address = c->health_address.len > 0 ? c->health_address.at : c->address.at,
        .port = (uint16_t)c->health_port,
        .threads = 1,
        .connections_max = HEALTH_CONNECTIONS,
        .timeout_s = HEALTH_TIMEOUT_S,
        .handler = &s->health_handler.base,
    };
    if (!http_server_start(&options, &s->health, e)) {
        return false;
    }
    const struct log_field fields[] = {{"port", STR_NONE, http_server_port(s->health)}};
    LOG_EVENT(s->log, LOG_INFO, "api", "starting health API", fields,
              "starting health API on port %u.", http_server_port(s->health));
    return true;
}

static bool main_start(struct serve *s, struct http_server_options *options, struct error *e)
{
    s->main_handler = (struct handler){
        .service = s->service, .log = s->log, .tokens = s->tokens, .port = API_PORT_MAIN};
    handler_init(&s->main_handler);
    options->handler = &s->main_handler.base;
    if (!http_server_start(options, &s->main, e)) {
        return false;
    }
    const struct log_field fields[] = {{"port", STR_NONE, http_server_port(s->main)}};
    LOG_EVENT(s->log, LOG_INFO, "api", "starting main API", fields, "starting main API on port %u.",
              http_server_port(s->main));
    if (options->client_ca != NULL) {
        LOG(s->log, LOG_INFO, "api", "main API configured with client certificate authentication");
    }
    if (options->certificate != NULL) {
        LOG(s->log, LOG_INFO, "api", "API: TLS Enabled");
    }
    return true;
}

/* After the ports: these may take longer than the first client wants to wait. */
static bool services_start(struct serve *s, struct error *e)
{
    const struct notifier_options notifier = {
        .service = s->service, .worker = s->serving, .config = &s->config, .log = s->log};
    const struct updater_options updater = {
        .service = s->service, .worker = s->serving + 1, .config = &s->config, .log = s->log};
    const struct keeper_options keeper = {
        .service = s->service, .worker = s->serving + 3, .log = s->log};
    s->complete = true;
    return notifier_start(&notifier, &s->notifier, e) && updater_start(&updater, &s->updater, e) &&
           keeper_start(&keeper, &s->keeper, e);
}

/* After the service, whose last worker it is. */
static bool database_find(struct serve *s, struct error *e)
{
    const struct watch_options options = {
        .service = s->service, .worker = s->serving + 2, .log = s->log, .first_ms = DATABASE_MS};
    return s->config.database != DATABASE_POSTGRES || watch_start(&options, &s->watch, e);
}

static bool ports_start(struct serve *s, struct http_server_options *options, struct error *e)
{
    if (!s->config.api) {
        LOG(s->log, LOG_INFO, "api", "main API is disabled.");
        return true;
    }
    return health_start(s, http_threads_of(options), e) && main_start(s, options, e);
}

static bool parts_start(struct serve *s, const struct certificates *files, struct error *e)
{
    struct http_server_options options;
    main_options(s, files, &options);
    struct service_options service;
    s->serving = http_threads_of(&options) + 1;
    return tokens_new(&s->tokens, e) && tokens_load(&s->config, &s->arena, s->tokens, e) &&
           settings_service(&s->config, s->options->cache_dir, &s->arena, &service, e) &&
           ((service.workers = s->serving + 4), (service.insecure_tls = s->options->insecure_tls),
            (service.worker_program = s->limpid = system_limpid_open()),
            service_open(&service, &s->service, e)) &&
           database_find(s, e) && ports_start(s, &options, e);
}

static bool start(struct serve *s, struct error *e)
{
    struct certificates files;
    memset(&files, 0, sizeof(files));
    if (!load_config(s->options, &s->arena, &s->config, e) ||
        !log_open(s->config.log_file, s->config.log_format, s->config.log_level, &s->log, e)) {
        return false;
    }
    bool done = tell_config(s, &s->config, &s->arena, e) &&
                certificates_read(&s->config, &files, e) && parts_start(s, &files, e);
    certificates_done(&files);
    return done;
}

/* -- signals -------------------------------------------------------------------------------- */

/* Reads the file again, and takes over what can change without a restart. */
static bool reload(struct serve *s, struct error *e)
{
    struct arena arena;
    struct config fresh;
    struct certificates files;
    memset(&files, 0, sizeof(files));
    arena_init(&arena, LOAD_ARENA_BYTES_MAX, "the configuration");
    bool done = load_config(s->options, &arena, &fresh, e) && certificates_read(&fresh, &files, e);
    if (done && s->main != NULL && files.certificate.len > 0) {
        done = http_server_certificates(s->main, certificates_text(&files.certificate),
                                        certificates_text(&files.key),
                                        certificates_text(&files.client_ca), e);
    }
    done = done && tokens_load(&fresh, &arena, s->tokens, e) && tell_config(s, &fresh, &arena, e);
    if (done) {
        log_level_set(s->log, fresh.log_level);
        s->config.updater = fresh.updater;
        s->config.updater_interval_ms = fresh.updater_interval_ms;
        if (s->updater != NULL) {
            updater_interval(s->updater, fresh.updater ? fresh.updater_interval_ms : 0);
        }
    }
    certificates_done(&files);
    arena_done(&arena);
    return done;
}

static void on_hangup(struct serve *s)
{
    struct error e;
    error_clear(&e);
    system_notify_reloading();
    if (!log_reopen(s->log, &e)) {
        LOG(s->log, LOG_ERROR, "main", "log.file is not opened anew: %s", e.text);
    }
    if (reload(s, &e)) {
        LOG(s->log, LOG_INFO, "main", "configuration reloaded");
    } else {
        LOG(s->log, LOG_ERROR, "main", "the configuration is not reloaded, the old one stays: %s",
            e.text);
    }
    system_notify("READY=1");
}

/* False: what was to start with the database does not. */
static bool wait_for_the_end(struct serve *s, const sigset_t *signals, struct error *e)
{
    for (;;) {
        if (!s->complete && watch_found(s->watch) && !services_start(s, e)) {
            return false;
        }
        const struct timespec moment = {.tv_nsec = FLUSH_MS * 1000000L};
        int got = sigtimedwait(signals, NULL, &moment);
        if (got == SIGHUP) {
            on_hangup(s);
        } else if (got == SIGTERM || got == SIGINT) {
            return true;
        } else {
            log_flush(s->log);
        }
    }
}

/* -- the whole ------------------------------------------------------------------------------ */

/* A second signal while this waits ends the process at once. */
static bool stop(struct serve *s)
{
    keeper_stop(s->keeper);
    updater_stop(s->updater);
    notifier_stop(s->notifier);
    bool ended = http_server_stop(s->main, STOP_S);
    ended = http_server_stop(s->health, 1) && ended;
    ended = watch_stop(s->watch) && ended;
    if (ended) {
        service_close(s->service);
        tokens_free(s->tokens);
        if (s->limpid > 0) {
            fd_close(&s->limpid);
        }
    }
    return ended;
}

/* Balancers look at the health port, and need a moment to notice: meanwhile all goes on. */
static void leave(struct serve *s, const sigset_t *signals)
{
    uint64_t left_ms = s->config.drain_ms;
    if (s->main == NULL || left_ms == 0) {
        return;
    }
    atomic_store(&s->health_handler.leaving, true);
    LOG(s->log, LOG_INFO, "main", "unhealthy from now on, and ending in %llu s",
        (unsigned long long)settings_seconds(left_ms));
    while (left_ms > 0) {
        uint64_t wait_ms = left_ms < FLUSH_MS ? left_ms : FLUSH_MS;
        const struct timespec moment = {.tv_nsec = (long)wait_ms * 1000000L};
        int got = sigtimedwait(signals, NULL, &moment);
        if (got == SIGTERM || got == SIGINT) {
            return; /* whoever says it twice means now */
        }
        log_flush(s->log);
        left_ms -= wait_ms;
    }
}

static void signals_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

bool serve_run(const struct serve_options *options, struct error *e)
{
    struct serve s = {.options = options};
    sigset_t signals, before;
    signals_set(&signals);
    arena_init(&s.arena, LOAD_ARENA_BYTES_MAX, "the configuration");
    /* a few threads that rarely allocate: two heaps are enough, and memory goes back sooner */
    mallopt(M_ARENA_MAX, 2);
    /* or they grow once something large was freed, as a feed from the database is, and with them
     * what stays behind */
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, 4 * LARGE_BYTES);
    pthread_sigmask(SIG_BLOCK, &signals, &before); /* for all threads; this one waits for them */
    bool started = start(&s, e);
    if (started) {
        system_notify("READY=1");
        started = wait_for_the_end(&s, &signals, e);
    }
    if (started) {
        system_notify("STOPPING=1");
        leave(&s, &signals);
        LOG(s.log, LOG_INFO, "main", "Received interruption, gracefully stopping ...");
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    } else if (s.log != NULL) {
        LOG(s.log, LOG_CRITICAL, "main", "%s", e->text);
    }
    if (!stop(&s)) {
        /* a thread still waits for a database or for its answer, and uses all this: the process
         * ends under it, without the handlers of libraries that it is in */
        if (s.log != NULL) {
            log_flush(s.log);
        }
        if (started) {
            _exit(0);
        }
        return false;
    }
    arena_done(&s.arena);
    log_close(s.log);
    return started;
}
