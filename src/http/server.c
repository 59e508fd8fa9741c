#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "http/inner.h"

enum {
    BACKLOG = 1024,
    THREADS_MAX = 64,
    STACK_BYTES = 512 * 1024,
    OPTIONS_MAX = 24,
    CONNECTIONS = 1024
};

/* TLS 1.2 at least, whatever the system's defaults are */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* -- listening ------------------------------------------------------------------------------ */

static bool address_of(const char *text, uint16_t port, struct sockaddr_storage *out,
                       socklen_t *len, struct error *e)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        *len = sizeof(*four);
        return true;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        *len = sizeof(*six);
        return true;
    }
    return error_set(e, ERROR_USAGE, "'%s' is no IP address to listen on", text);
}

static bool listen_on(const struct http_server_options *o, int *out, uint16_t *port,
                      struct error *e)
{
    struct sockaddr_storage address;
    socklen_t len = 0;
    if (!address_of(o->address, o->port, &address, &len, e)) {
        return false;
    }
    CLEANUP(fd_close)
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, off = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (address.ss_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
        bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0) {
        return error_sys(e, errno, "cannot listen on port %u of %s", o->port, o->address);
    }
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        return error_sys(e, errno, "cannot tell the port");
    }
    *port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                : ((struct sockaddr_in *)&address)->sin_port);
    *out = fd_take(&fd);
    return true;
}

/* -- start ---------------------------------------------------------------------------------- */

static unsigned serving_threads(const struct http_server_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = o->threads > 0 ? o->threads : cores > 0 ? (unsigned)cores : 1;
    return wanted < THREADS_MAX ? wanted : THREADS_MAX;
}

unsigned http_threads_of(const struct http_server_options *options)
{
    return serving_threads(options) + options->workers;
}

static size_t unescape_nothing(void *arg, struct MHD_Connection *mhd, char *text)
{
    (void)arg;
    (void)mhd;
    return strlen(text);
}

static bool daemon_start(struct http_server *s, int fd, const struct http_credentials *texts,
                         struct error *e)
{
    const struct http_server_options *o = &s->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME;
    unsigned connections = o->connections_max > 0 ? o->connections_max : CONNECTIONS;
    struct MHD_OptionItem items[OPTIONS_MAX];
    size_t count = 0;
    items[count++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, fd, NULL};
    items[count++] = (struct MHD_OptionItem){
        MHD_OPTION_CONNECTION_LIMIT,
        (intptr_t)(connections < s->threads ? s->threads : connections), NULL};
    items[count++] = (struct MHD_OptionItem){MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                                             (intptr_t)o->connections_per_address_max, NULL};
    items[count++] =
        (struct MHD_OptionItem){MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)o->timeout_s, NULL};
    items[count++] =
        (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_HEAD_BYTES_MAX, NULL};
    items[count++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, NULL};
    items[count++] = (struct MHD_OptionItem){MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL};
    items[count++] = (struct MHD_OptionItem){MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL};
    if (s->threads > 1) {
        items[count++] =
            (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->threads, NULL};
    }
    if (s->tls != NULL) {
        flags |= MHD_USE_TLS;
        items[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
                                                 (void *)(uintptr_t)texts->certificate};
        items[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)texts->key};
        items[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES};
    }
    items[count++] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, connection_request, s, MHD_OPTION_ARRAY, items,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notify, s, MHD_OPTION_NOTIFY_COMPLETED,
        connection_completed, s, MHD_OPTION_URI_LOG_CALLBACK, connection_target, s,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, NULL, MHD_OPTION_END);
    return s->daemon != NULL || error_sys(e, errno, "the HTTP server does not start");
}

static bool helpers_start(struct http_server *s, struct error *e)
{
    pthread_attr_t attributes;
    unsigned count = s->options.workers + 1;
    int failed = pthread_attr_init(&attributes);
    if (failed == 0) {
        /* workers run what the handler does: match, talk to databases */
        pthread_attr_setstacksize(&attributes, 4 * (size_t)STACK_BYTES);
        for (unsigned i = 0; failed == 0 && i < count; i++) {
            struct helper *h = &s->helpers[i];
            *h = (struct helper){.server = s, .number = i};
            pthread_cond_init(&h->wake, NULL);
            failed =
                pthread_create(&h->thread, &attributes, i + 1 < count ? work_run : work_watch, h);
            s->helpers_count += failed == 0;
        }
        pthread_attr_destroy(&attributes);
    }
    return failed == 0 || error_sys(e, failed, "cannot start a thread");
}

static bool parts_make(struct http_server *s, struct error *e)
{
    s->serving = ARENA_ARRAY(&s->arena, s->threads, pthread_t, e);
    s->arenas = ARENA_ARRAY(&s->arena, s->threads, struct arena, e);
    s->helpers = ARENA_ARRAY(&s->arena, s->options.workers + 1, struct helper, e);
    if (s->serving == NULL || s->arenas == NULL || s->helpers == NULL) {
        return false;
    }
    for (unsigned i = 0; i < s->threads; i++) {
        arena_init(&s->arenas[i], HTTP_ARENA_BYTES_MAX, "a request");
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->tick, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return true;
}

static void helpers_stop(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    for (unsigned i = 0; i < s->helpers_count; i++) {
        pthread_cond_signal(&s->helpers[i].wake);
    }
    pthread_cond_broadcast(&s->tick);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < s->helpers_count; i++) {
        pthread_join(s->helpers[i].thread, NULL);
        pthread_cond_destroy(&s->helpers[i].wake);
    }
}

static void parts_free(struct http_server *s)
{
    for (unsigned i = 0; s->arenas != NULL && i < s->threads; i++) {
        arena_done(&s->arenas[i]);
    }
    tls_free(s->tls);
    arena_done(&s->arena);
    free(s);
}

bool http_server_start(const struct http_server_options *options, struct http_server **out,
                       struct error *e)
{
    struct http_server *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a server");
    }
    s->options = *options;
    s->threads = serving_threads(options);
    if (getrandom(&s->id_start, sizeof(s->id_start), GRND_NONBLOCK) != sizeof(s->id_start)) {
        s->id_start = (unsigned)clock_now_s(); /* ids are for people, and no secret */
    }
    arena_init(&s->arena, 1024 * 1024, "the HTTP server");
    const struct http_credentials texts = {options->certificate, options->key, options->client_ca};
    int fd = -1;
    bool ready = (texts.certificate == NULL || tls_new(&texts, &s->tls, e)) && parts_make(s, e) &&
                 listen_on(options, &fd, &s->port, e);
    bool running = ready && helpers_start(s, e);
    if (running && daemon_start(s, fd, &texts, e)) {
        s->options.certificate = s->options.key = s->options.client_ca = NULL;
        *out = s;
        return true;
    }
    fd_close(&fd);
    if (ready) {
        helpers_stop(s);
    }
    parts_free(s);
    return false;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

unsigned http_server_threads(const struct http_server *s)
{
    return s->threads + s->options.workers;
}

bool http_certificates_check(const char *certificate, const char *key, const char *client_ca,
                             struct error *e)
{
    const struct http_credentials texts = {certificate, key, client_ca};
    struct tls *made = NULL;
    bool fine = tls_new(&texts, &made, e);
    tls_free(made);
    return fine;
}

bool http_server_certificates(struct http_server *s, const char *certificate, const char *key,
                              const char *client_ca, struct error *e)
{
    const struct http_credentials texts = {certificate, key, client_ca};
    if (s->tls == NULL) {
        return error_set(e, ERROR_USAGE, "the server was started without TLS");
    }
    return tls_change(s->tls, &texts, e);
}

/* -- stop ----------------------------------------------------------------------------------- */

static bool is_idle(struct http_server *s, bool workers)
{
    pthread_mutex_lock(&s->lock);
    bool idle = workers ? s->busy == 0 : s->active == 0;
    pthread_mutex_unlock(&s->lock);
    return idle;
}

/* Nothing tells when; it is looked at every few milliseconds, at the end of a process. */
static bool wait_idle(struct http_server *s, bool workers, uint64_t until_ns)
{
    while (!is_idle(s, workers)) {
        if (clock_monotonic_ns() >= until_ns) {
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return true;
}

/* Nobody is taken any more: something that nobody connects to takes the place of the listening
 * socket, which ends with that, and leaves every epoll by itself. MHD_quiesce_daemon (0.9.75) takes
 * it out of them while its threads may do the same, and whoever comes second aborts the process.
 * What is returned stays open until no thread looks at the descriptor. */
static int refuse_new(struct http_server *s)
{
    int ends[2];
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_LISTEN_FD, NULL);
    if (info == NULL ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1; /* out of descriptors: they are taken until the end */
    }
    (void)dup3(ends[0], info->listen_fd, O_CLOEXEC);
    close(ends[0]);
    return ends[1];
}

bool http_server_stop(struct http_server *s, unsigned seconds)
{
    if (s == NULL) {
        return true;
    }
    int kept = refuse_new(s);
    const uint64_t second_ns = 1000000000U;
    if (!wait_idle(s, false, clock_monotonic_ns() + seconds * second_ns)) {
        work_abandon_all(s);
        (void)wait_idle(s, false, clock_monotonic_ns() + second_ns); /* for their 503 */
    }
    MHD_stop_daemon(s->daemon);
    fd_close(&kept);
    if (!wait_idle(s, true, clock_monotonic_ns() + second_ns / 10)) {
        return false;
    }
    helpers_stop(s);
    parts_free(s);
    return true;
}
