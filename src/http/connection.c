#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/inner.h"

/* A slow reader gets a second for each of these beside the usual time. */
enum { SENT_BYTES_A_SECOND = 4096, NS_A_MS = 1000000 };
static const uint64_t ns_a_second = 1000000000U;

/* -- begin and end -------------------------------------------------------------------------- */

static void peer_text(struct MHD_Connection *mhd, char to[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    const void *at = NULL;
    to[0] = '\0';
    if (address != NULL && address->sa_family == AF_INET) {
        at = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    } else if (address != NULL && address->sa_family == AF_INET6) {
        const struct in6_addr *six =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(six)) {
            inet_ntop(AF_INET, &six->s6_addr[12], to, INET6_ADDRSTRLEN);
            return;
        }
        at = six;
    }
    if (at != NULL && inet_ntop(address->sa_family, at, to, INET6_ADDRSTRLEN) == NULL) {
        to[0] = '\0';
    }
}

static uint64_t request_deadline(const struct http_server *s)
{
    unsigned timeout_s = s->options.timeout_s;
    return timeout_s > 0 ? clock_monotonic_ns() + 2 * (uint64_t)timeout_s * ns_a_second : 0;
}

static void deadline_set(struct connection *c, uint64_t deadline_ns)
{
    pthread_mutex_lock(&c->server->lock);
    c->deadline_ns = deadline_ns;
    pthread_mutex_unlock(&c->server->lock);
}

static struct connection *begin(struct http_server *s, struct MHD_Connection *mhd)
{
    struct connection *c = calloc(1, sizeof(*c));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (c == NULL || info == NULL) {
        free(c);
        return NULL;
    }
    c->server = s;
    c->mhd = mhd;
    c->fd = info->connect_fd;
    buf_init(&c->target, HTTP_HEAD_BYTES_MAX + 1);
    buf_init(&c->body, s->options.body_bytes_max);
    peer_text(mhd, c->peer);
    if (s->tls != NULL) {
        c->tls = tls_enter(s->tls, mhd);
    }
    c->deadline_ns = request_deadline(s);
    pthread_mutex_lock(&s->lock);
    c->after = s->connections;
    if (c->after != NULL) {
        c->after->before = c;
    }
    s->connections = c;
    pthread_cond_signal(&s->tick);
    pthread_mutex_unlock(&s->lock);
    return c;
}

static void end(struct connection *c)
{
    struct http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    if (c->before != NULL) {
        c->before->after = c->after;
    } else {
        s->connections = c->after;
    }
    if (c->after != NULL) {
        c->after->before = c->before;
    }
    pthread_mutex_unlock(&s->lock);
    if (c->tls != NULL) {
        tls_leave(s->tls, c->tls);
    }
    buf_done(&c->target);
    buf_done(&c->body);
    free(c);
}

void connection_notify(void *server, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code)
{
    switch (code) {
    case MHD_CONNECTION_NOTIFY_STARTED:
        *context = begin(server, mhd);
        break;
    case MHD_CONNECTION_NOTIFY_CLOSED:
        if (*context != NULL) {
            end(*context);
        }
        *context = NULL;
        break;
    }
}

/* -- a request ------------------------------------------------------------------------------ */

void *connection_target(void *server, const char *target, struct MHD_Connection *mhd)
{
    (void)server;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *c = info != NULL ? info->socket_context : NULL;
    if (c == NULL || (c->server->tls != NULL && c->tls == NULL)) {
        return NULL;
    }
    c->target.len = c->body.len = 0;
    c->id[0] = '\0';
    c->seen = c->body_too_large = c->out_of_time = false;
    struct error unread;
    return buf_add_str(&c->target, str_from(target), &unread) ? c : NULL;
}

static enum MHD_Result header_take(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct http_request *r = arg;
    (void)kind;
    str key = str_from(name), text = str_from(value);
    switch (key.len) { /* most headers are told apart by their length */
    case sizeof("Host") - 1:
        r->host = str_eq_nocase(key, STR("Host")) ? text : r->host;
        break;
    case sizeof("X-Request-Id") - 1:
        r->request_id = str_eq_nocase(key, STR("X-Request-Id")) ? text : r->request_id;
        break;
    case sizeof("Authorization") - 1:
        r->authorization = str_eq_nocase(key, STR("Authorization")) ? text : r->authorization;
        break;
    case sizeof("Accept-Encoding") - 1:
        r->accept_encoding = str_eq_nocase(key, STR("Accept-Encoding")) ? text : r->accept_encoding;
        break;
    default:
        break;
    }
    return MHD_YES;
}

/* The client's own id where it is fit to be repeated, else the next of ours. */
static void id_choose(struct connection *c, struct http_request *r)
{
    bool fit = r->request_id.len > 0 && r->request_id.len < sizeof(c->id);
    for (size_t i = 0; fit && i < r->request_id.len; i++) {
        char b = r->request_id.at[i];
        fit = (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
              b == '-' || b == '_' || b == '.';
    }
    if (fit) {
        memcpy(c->id, r->request_id.at, r->request_id.len);
        c->id[r->request_id.len] = '\0';
    } else if (c->id[0] == '\0') {
        snprintf(c->id, sizeof(c->id), "%08x-%llx", c->server->id_start,
                 (unsigned long long)atomic_fetch_add(&c->server->id_next, 1));
    }
    r->request_id = str_from(c->id);
}

/* "/path?query", and "http://host/path?query" as a proxy's client sends it. */
static void target_cut(str target, struct http_request *r)
{
    size_t scheme = str_find(target, STR("://"));
    if (target.len > 0 && target.at[0] != '/' && scheme < target.len) {
        str rest = str_slice(target, scheme + 3, target.len);
        target = str_slice(rest, str_find_char(rest, '/'), rest.len);
    }
    size_t mark = str_find_char(target, '?');
    r->path = str_slice(target, 0, mark);
    r->query = str_slice(target, mark + 1, target.len);
    if (r->path.len == 0) {
        r->path = STR("/");
    }
}

static void request_fill(struct connection *c, const char *method, struct http_request *r)
{
    *r = (struct http_request){.method = str_from(method), .peer = str_from(c->peer)};
    target_cut(buf_str(&c->target), r);
    r->body_too_large = c->body_too_large;
    r->body = c->body_too_large ? STR_NONE : buf_str(&c->body);
    MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, header_take, r);
    id_choose(c, r);
}

/* Which of libmicrohttpd's threads this is; they turn up by and by. A connection keeps its own. */
static unsigned serving_number(struct connection *c)
{
    struct http_server *s = c->server;
    pthread_t self = pthread_self();
    unsigned i = 0;
    if (c->serving > 0) {
        return c->serving - 1;
    }
    pthread_mutex_lock(&s->lock);
    while (i < s->serving_count && !pthread_equal(s->serving[i], self)) {
        i++;
    }
    if (i == s->serving_count) {
        s->serving[s->serving_count++] = self;
    }
    pthread_mutex_unlock(&s->lock);
    c->serving = i + 1;
    return i;
}

static void tell(struct http_server *s, const struct http_request *request,
                 const struct http_response *response, uint64_t whole_ns, uint64_t bytes, bool late)
{
    struct http_handler *h = s->options.handler;
    if (h->done != NULL) {
        const struct http_outcome outcome = {.request = request,
                                             .response = response,
                                             .took_ns = clock_monotonic_ns() - whole_ns,
                                             .bytes = bytes,
                                             .out_of_time = late};
        h->done(h, &outcome);
    }
}

/* Sends, and gives the client the time that so many bytes may take. */
static enum MHD_Result send_answer(struct connection *c, const struct http_request *request,
                                   struct http_response *response, bool late)
{
    struct http_server *s = c->server;
    uint64_t bytes = 0;
    http_header_put(response, STR("X-Request-Id"), request->request_id);
    bool gzip = response->compress && http_accepts_gzip(request->accept_encoding);
    enum MHD_Result result = response_send(c->mhd, response, gzip, &bytes);
    tell(s, request, response, c->whole_ns, bytes, late);
    if (s->options.timeout_s > 0) {
        uint64_t seconds = s->options.timeout_s + bytes / SENT_BYTES_A_SECOND;
        deadline_set(c, clock_monotonic_ns() + seconds * ns_a_second);
    }
    return result;
}

static enum MHD_Result answer_timeout(struct connection *c, const char *method)
{
    struct http_request request;
    struct http_response response;
    request_fill(c, method, &request);
    response_init(&response);
    response.status = 503;
    response.shared = c->server->options.timeout_body;
    response.content_type = c->server->options.timeout_type;
    return send_answer(c, &request, &response, true);
}

static enum MHD_Result answer(struct connection *c, const char *method)
{
    struct http_server *s = c->server;
    unsigned number = serving_number(c);
    struct arena *arena = &s->arenas[number];
    struct arena_mark mark = arena_mark(arena);
    struct http_request request;
    struct http_response response;
    c->whole_ns = clock_monotonic_ns();
    request_fill(c, method, &request);
    request.at_once = s->options.workers > 0;
    response_init(&response);
    s->options.handler->answer(s->options.handler, number, &request, arena, &response);
    enum MHD_Result result;
    if (request.at_once && response.later) {
        response_done(&response);
        result = work_put(c, &request) ? MHD_YES : MHD_NO;
    } else {
        result = send_answer(c, &request, &response, false);
    }
    arena_rewind(arena, mark);
    return result;
}

static enum MHD_Result answer_work(struct connection *c, struct work *w)
{
    enum MHD_Result result = send_answer(c, &w->request, &w->response, false);
    work_free(w);
    return result;
}

/* What would let a proxy and this server disagree on where a request ends (RFC 9112, 6.1 to 6.3).
 */
struct framing {
    unsigned lengths, encodings, strange;
};

static enum MHD_Result framing_take(void *arg, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct framing *f = arg;
    (void)kind;
    str key = str_from(name);
    if (str_eq_nocase(key, STR("Content-Length"))) {
        f->lengths++;
    } else if (str_eq_nocase(key, STR("Transfer-Encoding"))) {
        f->encodings++;
        f->strange += !str_eq_nocase(str_from(value), STR("chunked"));
    }
    f->strange += key.len == 0 || key.at[key.len - 1] == ' ' || key.at[key.len - 1] == '\t';
    return MHD_YES;
}

static enum MHD_Result refuse_framing(struct connection *c)
{
    static const char text[] = "400 Bad Request\n";
    struct MHD_Response *made = MHD_create_response_from_buffer(
        sizeof(text) - 1, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_NO;
    if (made != NULL) {
        result = MHD_queue_response(c->mhd, 400, made); /* before the body: the connection ends */
        MHD_destroy_response(made);
    }
    return result;
}

/* The head is there; the body comes. */
static enum MHD_Result on_head(struct connection *c)
{
    struct framing f = {.lengths = 0};
    c->seen = true;
    MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, framing_take, &f);
    bool fine = f.lengths + f.encodings <= 1 && f.strange == 0;
    return fine ? MHD_YES : refuse_framing(c);
}

/* Under the lock. */
static void active_count(struct connection *c, bool more)
{
    if (c->counted != more) {
        c->counted = more;
        c->server->active += more ? 1U : -1U;
    }
}

enum MHD_Result connection_request(void *server, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_bytes, void **context)
{
    (void)server;
    (void)mhd;
    (void)url;
    (void)version;
    struct connection *c = *context;
    if (c == NULL) {
        return MHD_NO;
    }
    if (!c->seen) {
        return on_head(c);
    }
    if (*upload_bytes > 0) {
        struct error unread;
        if (!c->body_too_large && (*upload_bytes > c->server->options.body_bytes_max ||
                                   !buf_add(&c->body, upload, *upload_bytes, &unread))) {
            c->body_too_large = true;
            buf_done(&c->body);
            buf_init(&c->body, c->server->options.body_bytes_max);
        }
        *upload_bytes = 0;
        return MHD_YES;
    }
    pthread_mutex_lock(&c->server->lock);
    struct work *done = c->work;
    bool late = c->out_of_time;
    c->work = NULL;
    active_count(c, true);
    pthread_mutex_unlock(&c->server->lock);
    if (late) {
        return answer_timeout(c, method);
    }
    if (done != NULL) {
        return answer_work(c, done);
    }
    return answer(c, method);
}

void connection_completed(void *server, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code)
{
    (void)server;
    (void)mhd;
    (void)code;
    struct connection *c = *context;
    if (c == NULL) {
        return;
    }
    if (c->body.room > 0) { /* a body's memory does not wait for the next request */
        buf_done(&c->body);
        buf_init(&c->body, c->server->options.body_bytes_max);
    }
    uint64_t deadline_ns = request_deadline(c->server);
    pthread_mutex_lock(&c->server->lock);
    active_count(c, false);
    c->deadline_ns = deadline_ns;
    pthread_mutex_unlock(&c->server->lock);
    *context = NULL;
}
