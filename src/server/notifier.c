#include "server/notifier.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "api/counters.h"
#include "base/clock.h"
#include "fetch/client.h"
#include "server/identity.h"
#include "server/thread.h"

enum {
    WAIT_S_MAX = 15 * 60,
    ROUND_S = 5 * 60,   /* between rounds */
    TIMEOUT_S = 5,      /* of one POST, at most */
    LOOK_MS = 1000,     /* how often it looks for work */
    TROUBLE_MS = 10000, /* the same while the database does not answer */
    NOTE_MS = 500,      /* between attempts to note an outcome */
    ARENA_BYTES_MAX = 64 * 1024 * 1024,
    BODY_BYTES_MAX = FETCH_POST_BYTES_MAX,
    ANSWER_BYTES_MAX = 64 * 1024,
};

struct notifier {
    struct notifier_options options;
    struct thread thread;
    char owner[IDENTITY_BYTES];
    struct fetch_client client;
    bool has_client;
};

uint64_t notifier_wait_s(uint64_t attempts, uint64_t most, bool *given_up)
{
    uint64_t at = most > 0 && attempts > 0 ? (attempts - 1) % most : attempts;
    *given_up = most > 0 && attempts > 0 && attempts % most == 0;
    if (*given_up) {
        return ROUND_S;
    }
    return at < 10 && (1U << at) < WAIT_S_MAX ? 1U << at : WAIT_S_MAX;
}

/* All POSTs of one notification are over before the lease is. */
static unsigned timeout_s(const struct notifier *n)
{
    uint64_t part_s = n->options.config->notifier_lease_ms / 1000 / (API_WEBHOOKS_MAX + 1);
    return part_s < 1 ? 1 : part_s < TIMEOUT_S ? (unsigned)part_s : TIMEOUT_S;
}

/* -- one POST ------------------------------------------------------------------------------- */

/* "X-Limpid-Signature: sha256=HEX" over the body, by the secret that both sides know. */
static bool signature(str secret, str body, struct arena *arena, str *out, struct error *e)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned len = 0;
    if (secret.len > INT_MAX || HMAC(EVP_sha256(), secret.at, (int)secret.len,
                                     (const unsigned char *)body.at, body.len, sum, &len) == NULL) {
        return error_set(e, ERROR_MEMORY, "cannot sign the notification");
    }
    for (unsigned i = 0; i < len; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[2 * len] = '\0';
    return arena_printf(arena, out, e, "X-Limpid-Signature: sha256=%s", hex);
}

static bool client_start(struct notifier *n, struct error *e)
{
    const struct config *c = n->options.config;
    const struct fetch_settings settings = {.ca_file = c->notifier_ca_file, .proxy = c->proxy};
    if (n->has_client && !n->client.broken) {
        return true;
    }
    if (n->has_client) {
        fetch_stop(&n->client);
    }
    n->has_client = fetch_start_with(&n->client, &settings, e);
    return n->has_client;
}

static bool post(struct notifier *n, str body, struct arena *arena, struct error *e)
{
    const struct config *c = n->options.config;
    str headers[2] = {STR("Content-Type: application/json")};
    struct fetch_request request = {
        .url = c->endpoint,
        .method = STR("POST"),
        .body = body,
        .headers = headers,
        .headers_count = 1,
        .certificate = c->notifier_cert_file,
        .key = c->notifier_key_file,
        .server_name = c->server_name,
        .allow_private = true, /* the operator named it */
        .allow_http = true,
        .body_bytes_max = ANSWER_BYTES_MAX,
        .timeout_s = timeout_s(n),
        .retries = UINT_MAX, /* the queue's affair */
    };
    struct fetch_response response;
    if (c->hmac.len > 0 && !signature(c->hmac, body, arena, &headers[request.headers_count++], e)) {
        return false;
    }
    if (!client_start(n, e) || !fetch_get(&n->client, &request, arena, &response, e)) {
        return false;
    }
    struct error unread;
    if (!reader_drain(fetch_body(&n->client), NULL, &unread)) {
        n->client.broken = true; /* its answer does not matter, but the next one would */
    }
    return response.status == 200 || response.status == 201 ||
           error_set(e, ERROR_REMOTE, "the endpoint says %u", response.status);
}

/* All that is to be told of one notification; nothing is fine. */
static bool send_all(struct notifier *n, const struct graph_notification *notification,
                     struct arena *arena, struct error *e)
{
    const struct notifier_options *o = &n->options;
    struct buf bodies[API_WEBHOOKS_MAX];
    size_t count = 1;
    for (size_t i = 0; i < API_WEBHOOKS_MAX; i++) {
        buf_init(&bodies[i], BODY_BYTES_MAX);
    }
    bool done =
        o->config->dialect == DIALECT_2015
            ? api_webhooks_2015(o->service, o->worker, notification, arena, bodies, &count, e)
            : api_webhook_2016(notification, &bodies[0], e);
    for (size_t i = 0; done && i < count; i++) {
        done = post(n, buf_str(&bodies[i]), arena, e);
    }
    for (size_t i = 0; i < API_WEBHOOKS_MAX; i++) {
        buf_done(&bodies[i]);
    }
    return done;
}

/* -- the queue ------------------------------------------------------------------------------ */

static void tell_failure(struct notifier *n, const struct graph_notification *what,
                         const struct error *why, bool given_up)
{
    struct log *log = n->options.log;
    const struct log_field fields[] = {
        {"notification name", what->name, 0},
        {"error", str_from(why->text), 0},
        {"attempts", STR_NONE, what->attempts},
    };
    if (given_up) {
        LOG_EVENT(log, LOG_INFO, "notifier",
                  "giving up on sending notification : max attempts exceeded", fields,
                  "giving up on sending notification '" STR_FMT "': max attempts exceeded (%llu)",
                  STR_ARG(what->name), (unsigned long long)n->options.config->notifier_attempts);
    } else {
        LOG_EVENT(log, LOG_ERROR, "notifier", "could not send notification via notifier", fields,
                  "could not send notification '" STR_FMT "': %s", STR_ARG(what->name), why->text);
    }
}

/* Notes the outcome. While the database cannot be asked it is tried again: a notification whose
 * receipt is not noted is sent a second time. */
static bool note(struct notifier *n, struct graph *g, str name, int64_t fence, bool sent,
                 int64_t retry_s, struct error *e)
{
    bool told = false;
    while (!graph_notification_done(g, name, fence, sent, retry_s, e)) {
        if (e->kind != ERROR_IO) {
            return false;
        }
        if (!told) {
            LOG(n->options.log, LOG_ERROR, "notifier",
                "the outcome of notification '" STR_FMT "' cannot be noted, trying again: %s",
                STR_ARG(name), e->text);
            told = true;
        }
        if (thread_wait(&n->thread, NOTE_MS)) {
            return false;
        }
        error_clear(e);
    }
    return true;
}

static bool report(struct notifier *n, struct graph *g, const struct graph_notification *what,
                   int64_t fence, const struct error *failed, struct error *e)
{
    const struct notifier_options *o = &n->options;
    const struct log_field fields[] = {{"notification name", what->name, 0}};
    int64_t retry_s = 0;
    if (failed == NULL) {
        counters_add(service_counters(o->service), COUNTER_NOTIFICATIONS, 1);
        LOG_EVENT(o->log, LOG_INFO, "notifier", "successfully sent notification", fields,
                  "successfully sent notification '" STR_FMT "'", STR_ARG(what->name));
    } else {
        bool given_up;
        uint64_t wait_s = notifier_wait_s(what->attempts, o->config->notifier_attempts, &given_up);
        counters_add(service_counters(o->service), COUNTER_NOTIFICATION_ERRORS, 1);
        tell_failure(n, what, failed, given_up);
        retry_s = clock_now_s() + (int64_t)wait_s;
    }
    if (note(n, g, what->name, fence, failed == NULL, retry_s, e)) {
        return true;
    }
    if (e->kind == ERROR_ABSENT) {
        LOG_EVENT(o->log, LOG_WARNING, "notifier", "the notification is held no longer", fields,
                  "notification '" STR_FMT "' is held here no longer: another instance has taken "
                  "it, and what became of it here is not noted",
                  STR_ARG(what->name));
        return true;
    }
    return false;
}

/* Takes and sends one. `*found` is false where none is due. */
static bool send_one(struct notifier *n, struct arena *arena, bool *found, struct error *e)
{
    const struct notifier_options *o = &n->options;
    /* Clair of 2015 sent each once */
    int64_t again_s = o->config->dialect == DIALECT_2016 && o->config->renotify_ms > 0
                          ? clock_now_s() - (int64_t)(o->config->renotify_ms / 1000)
                          : 0;
    struct graph *g = service_graph(o->service, o->worker);
    struct graph_notification what;
    int64_t fence = 0;
    *found = false;
    if (g == NULL) {
        return error_set(e, ERROR_IO, "the database cannot be opened");
    }
    if (!graph_notification_take(g, str_from(n->owner), again_s,
                                 (unsigned)(o->config->notifier_lease_ms / 1000), arena, &what,
                                 &fence, found, e)) {
        return false;
    }
    if (!*found) {
        return true;
    }
    const struct log_field fields[] = {{"notification name", what.name, 0}};
    LOG_EVENT(o->log, LOG_INFO, "notifier", "found and locked a notification", fields,
              "found and locked a notification: " STR_FMT, STR_ARG(what.name));
    struct error failed;
    error_clear(&failed);
    bool sent = send_all(n, &what, arena, &failed);
    return report(n, g, &what, fence, sent ? NULL : &failed, e);
}

static void *run(void *arg)
{
    struct notifier *n = arg;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAX, "a notification");
    unsigned wait_ms = 0;
    while (!thread_wait(&n->thread, wait_ms)) {
        struct error e;
        error_clear(&e);
        bool found = false;
        struct arena_mark mark = arena_mark(&arena);
        bool done = send_one(n, &arena, &found, &e);
        arena_rewind(&arena, mark);
        if (!done) {
            LOG(n->options.log, LOG_ERROR, "notifier", "%s", e.text);
        }
        wait_ms = !done ? TROUBLE_MS : found ? 0 : LOOK_MS;
    }
    arena_done(&arena);
    return NULL;
}

bool notifier_start(const struct notifier_options *options, struct notifier **out, struct error *e)
{
    *out = NULL;
    if (!options->config->notifier || options->config->endpoint.len == 0) {
        LOG(options->log, LOG_INFO, "notifier", "notifier service is disabled");
        return true;
    }
    struct notifier *n = calloc(1, sizeof(*n));
    if (n == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for the notifier");
    }
    n->options = *options;
    identity_make(n->owner);
    const struct log_field fields[] = {{"notifier name", STR("webhook"), 0}};
    LOG_EVENT(options->log, LOG_INFO, "notifier", "notifier configured", fields,
              "notifier 'webhook' configured");
    if (!thread_start(&n->thread, run, n, e)) {
        free(n);
        return false;
    }
    *out = n;
    return true;
}

void notifier_stop(struct notifier *n)
{
    if (n != NULL) {
        thread_stop(&n->thread);
        if (n->has_client) {
            fetch_stop(&n->client);
        }
        free(n);
    }
}
