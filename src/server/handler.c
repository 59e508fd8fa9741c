#include "server/handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/counters.h"
#include "api/warning.h"
#include "server/duration.h"

/* -- tokens --------------------------------------------------------------------------------- */

enum { TOKENS_BYTES_MAX = 1024 * 1024 };

struct tokens {
    pthread_rwlock_t lock;
    struct buf text; /* each with a NUL behind it */
    size_t count;
};

bool tokens_new(struct tokens **out, struct error *e)
{
    struct tokens *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for tokens");
    }
    buf_init(&t->text, TOKENS_BYTES_MAX);
    pthread_rwlock_init(&t->lock, NULL);
    *out = t;
    return true;
}

void tokens_free(struct tokens *t)
{
    if (t != NULL) {
        pthread_rwlock_destroy(&t->lock);
        buf_done(&t->text);
        free(t);
    }
}

bool tokens_set(struct tokens *t, const str *list, size_t count, struct error *e)
{
    struct buf text;
    buf_init(&text, TOKENS_BYTES_MAX);
    size_t kept = 0;
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        if (list[i].len > 0) {
            done = buf_add_str(&text, list[i], e) && buf_add_char(&text, '\0', e);
            kept++;
        }
    }
    if (!done) {
        buf_done(&text);
        return false;
    }
    pthread_rwlock_wrlock(&t->lock);
    struct buf before = t->text;
    t->text = text;
    t->count = kept;
    pthread_rwlock_unlock(&t->lock);
    buf_done(&before);
    return true;
}

/* Takes the same time whatever differs, so that the time does not tell a token byte by byte. */
static bool same(str a, str b)
{
    unsigned char differ = a.len != b.len;
    for (size_t i = 0; i < a.len; i++) {
        differ |= (unsigned char)(a.at[i] ^ b.at[b.len > 0 ? i % b.len : 0]);
    }
    return differ == 0;
}

bool tokens_accept(struct tokens *t, str authorization)
{
    str rest = str_trim(authorization), scheme, given = STR_NONE;
    if (str_word(&rest, &scheme) && str_eq_nocase(scheme, STR("Bearer"))) {
        given = str_trim(rest);
    }
    pthread_rwlock_rdlock(&t->lock);
    bool fine = t->count == 0;
    str list = buf_str(&t->text), token;
    while (given.len > 0 && str_cut(&list, '\0', &token)) {
        fine = same(given, token) || fine;
    }
    pthread_rwlock_unlock(&t->lock);
    return fine;
}

/* -- requests ------------------------------------------------------------------------------- */

static void refuse(struct handler *h, struct http_response *out)
{
    counters_add(service_counters(h->service), COUNTER_UNAUTHORIZED, 1);
    out->status = 401;
    out->content_type = STR("application/json; charset=utf-8");
    out->shared = service_options(h->service)->dialect == DIALECT_2015
                      ? STR("{\"Message\":\"a token is needed\"}")
                      : STR("{\"Error\":{\"Message\":\"a token is needed\"}}\n");
    http_header_put(out, STR("WWW-Authenticate"), STR("Bearer"));
}

static void answer(struct http_handler *self, unsigned worker, const struct http_request *request,
                   struct arena *arena, struct http_response *out)
{
    struct handler *h = CONTAINER_OF(self, struct handler, base);
    if (h->tokens != NULL && !tokens_accept(h->tokens, request->authorization)) {
        refuse(h, out);
        return;
    }
    if (request->at_once && !str_eq(request->method, STR("GET"))) {
        out->later = true; /* what changes something writes to a disk */
        return;
    }
    api_answer(h->service, h->port, h->first_worker + worker, request, arena, out);
}

/* A layer of which something cannot be judged, once for each post of it. */
static void tell_warning(struct handler *h, const struct http_outcome *o)
{
    str warning = warning_of(o->response);
    if (warning.len > 0) {
        const struct log_field fields[] = {{"request id", o->request->request_id, 0},
                                           {"warning", warning, 0}};
        LOG_EVENT(h->log, LOG_WARNING, "api", "a layer cannot be judged", fields,
                  "a layer cannot be judged: " STR_FMT " " STR_FMT, STR_ARG(warning),
                  STR_ARG(o->request->request_id));
    }
}

static void done(struct http_handler *self, const struct http_outcome *o)
{
    struct handler *h = CONTAINER_OF(self, struct handler, base);
    const struct http_request *r = o->request;
    api_count(h->service, o->response->route, o->response->status, o->took_ns);
    tell_warning(h, o);
    enum log_level level = h->port == API_PORT_MAIN ? LOG_INFO : LOG_DEBUG;
    if (!log_wants(h->log, level)) {
        return;
    }
    char took[DURATION_TEXT_BYTES], status[8], uri[1024];
    duration_text(o->took_ns, took);
    snprintf(status, sizeof(status), "%u", o->response->status);
    snprintf(uri, sizeof(uri), "%.*s%s%.*s", (int)(r->path.len < 900 ? r->path.len : 900),
             r->path.at, r->query.len > 0 ? "?" : "", r->query.len > 0 ? str_fmt_len(r->query) : 0,
             r->query.len > 0 ? r->query.at : "");
    const struct log_field fields[] = {
        {"elapsed time", str_from(took), 0}, {"method", r->method, 0},
        {"remote addr", r->peer, 0},         {"request id", r->request_id, 0},
        {"request uri", str_from(uri), 0},   {"status", str_from(status), 0},
    };
    const struct log_event event = {.level = level,
                                    .package = "api",
                                    .event = "Handled HTTP request",
                                    .fields = fields,
                                    .fields_count = ARRAY_COUNT(fields),
                                    .gathered = true,
                                    .file = __FILE__,
                                    .line = __LINE__};
    log_write(h->log, &event, "%s " STR_FMT " %s (%s) " STR_FMT, status, STR_ARG(r->method), uri,
              took, STR_ARG(r->request_id));
}

void handler_init(struct handler *h)
{
    h->base.answer = answer;
    h->base.done = done;
}
