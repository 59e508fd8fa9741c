/* serve.c: starts the parts in an order in which each finds what it needs, waits for signals, and
 * ends them in the opposite order.
 *
 *     log, tokens, service ─► health port ─► main port ─► READY ─► updater, notifier
 *
 * Databases and advisories are opened at their first use, so that the ports answer at once. */
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
#include "server/notifier.h"
#include "server/settings.h"
#include "server/system.h"
#include "server/updater.h"

enum {
    BODY_BYTES_MAX = 1024 * 1024,
    STOP_S = 30, /* for requests that are being answered */
    HEALTH_CONNECTIONS = 64,
    HEALTH_TIMEOUT_S = 10,
    FLUSH_MS = 200,           /* how long requests' lines may be gathered */
    LARGE_BYTES = 256 * 1024, /* a request's memory from here on goes back to the system */
    CONFIG_ARENA_BYTES_MAX = 16 * 1024 * 1024,
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
    unsigned serving; /* the ports' workers: 0 and on; then come the notifier and the updater */
    struct notifier *notifier;
    struct updater *updater;
    int limpid; /* the program that reads layers: it starts sooner than this one. 0: this one does
                 */
};

/* -- configuration --------------------------------------------------------------------------- */

static bool config_load(const struct serve_options *options, struct arena *arena,
                        struct config *out, struct error *e)
{
    static const char *const places[] = {"/etc/limpid/config.yaml", "/etc/clair/config.yaml"};
    const char *path = options->config;
    for (size_t i = 0; path == NULL && i < ARRAY_COUNT(places); i++) {
        path = access(places[i], R_OK) == 0 ? places[i] : NULL;
    }
    config_defaults(out);
    if (path != NULL && !config_read(str_from(path), arena, out, e)) {
        return false;
    }
    if (options->address != NULL) {
        out->address = str_from(options->address);
    }
    if (options->has_level) {
        out->log_level = options->level;
    }
    return true;
}

static void tell_config(const struct serve *s)
{
    const struct config *c = &s->config;
    for (size_t i = 0; i < c->warnings.count; i++) {
        LOG(s->log, LOG_WARNING, "main", STR_FMT, STR_ARG(c->warnings.at[i]));
    }
    if (c->ca_file.len > 0 && c->cert_file.len == 0) {
        LOG(s->log, LOG_WARNING, "main",
            "api.cafile has no effect without api.certfile and api.keyfile");
    }
    if (s->options->insecure_tls) {
        LOG(s->log, LOG_WARNING, "main",
            "layers are downloaded without a look at certificates (-insecure-tls)");
    }
    if (!config_is_loopback(c->address) && c->tokens.count + c->tokens_file.len == 0 &&
        c->ca_file.len == 0) {
        LOG(s->log, LOG_WARNING, "main",
            "api.address is not a loopback address, and neither auth.tokens nor api.cafile is "
            "set: everybody who reaches the port may use it");
    }
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
    return notifier_start(&notifier, &s->notifier, e) && updater_start(&updater, &s->updater, e);
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
           ((service.workers = s->serving + 2), (service.insecure_tls = s->options->insecure_tls),
            (service.worker_program = s->limpid = system_limpid_open()),
            service_open(&service, &s->service, e)) &&
           ports_start(s, &options, e);
}

static bool start(struct serve *s, struct error *e)
{
    struct certificates files;
    memset(&files, 0, sizeof(files));
    if (!config_load(s->options, &s->arena, &s->config, e) ||
        !log_open(STDOUT_FILENO, s->config.log_format, s->config.log_level, &s->log, e)) {
        return false;
    }
    tell_config(s);
    bool done = certificates_read(&s->config, &files, e) && parts_start(s, &files, e);
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
    arena_init(&arena, CONFIG_ARENA_BYTES_MAX, "the configuration");
    bool done = config_load(s->options, &arena, &fresh, e) && certificates_read(&fresh, &files, e);
    if (done && s->main != NULL && files.certificate.len > 0) {
        done = http_server_certificates(s->main, certificates_text(&files.certificate),
                                        certificates_text(&files.key),
                                        certificates_text(&files.client_ca), e);
    }
    done = done && tokens_load(&fresh, &arena, s->tokens, e);
    if (done) {
        log_level_set(s->log, fresh.log_level);
        updater_interval(s->updater, fresh.updater ? fresh.updater_interval_ms : 0);
    }
    certificates_done(&files);
    arena_done(&arena);
    return done;
}

static void on_hangup(struct serve *s)
{
    struct error e;
    error_clear(&e);
    system_notify("RELOADING=1");
    if (reload(s, &e)) {
        LOG(s->log, LOG_INFO, "main", "configuration reloaded");
    } else {
        LOG(s->log, LOG_ERROR, "main", "the configuration is not reloaded, the old one stays: %s",
            e.text);
    }
    system_notify("READY=1");
}

static void wait_for_the_end(struct serve *s, const sigset_t *signals)
{
    for (;;) {
        const struct timespec moment = {.tv_nsec = FLUSH_MS * 1000000L};
        int got = sigtimedwait(signals, NULL, &moment);
        if (got == SIGHUP) {
            on_hangup(s);
        } else if (got == SIGTERM || got == SIGINT) {
            return;
        } else {
            log_flush(s->log);
        }
    }
}

/* -- the whole ------------------------------------------------------------------------------ */

/* A second signal while this waits ends the process at once. */
static bool stop(struct serve *s)
{
    updater_stop(s->updater);
    notifier_stop(s->notifier);
    bool ended = http_server_stop(s->main, STOP_S);
    ended = http_server_stop(s->health, 1) && ended;
    if (ended) {
        service_close(s->service);
        tokens_free(s->tokens);
        if (s->limpid > 0) {
            fd_close(&s->limpid);
        }
    }
    return ended;
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
    arena_init(&s.arena, CONFIG_ARENA_BYTES_MAX, "the configuration");
    /* a few threads that rarely allocate: two heaps are enough, and memory goes back sooner */
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES); /* or it grows, and with it what stays behind */
    mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
    pthread_sigmask(SIG_BLOCK, &signals, &before); /* for all threads; this one waits for them */
    bool started = start(&s, e);
    if (started) {
        system_notify("READY=1");
        started = services_start(&s, e);
    }
    if (started) {
        wait_for_the_end(&s, &signals);
        system_notify("STOPPING=1");
        LOG(s.log, LOG_INFO, "main", "Received interruption, gracefully stopping ...");
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    } else if (s.log != NULL) {
        LOG(s.log, LOG_CRITICAL, "main", "%s", e->text);
    }
    if (stop(&s)) {
        arena_done(&s.arena);
    }
    log_close(s.log);
    return started;
}
