/* transfer.c: a request is a chain of attempts: an attempt is one exchange with one target, and
 * ends in an answer, a redirect (the next target) or a failure that may pass (the same again).
 * Nothing is told to the sink before it is clear that an attempt's answer is the final one. */
#include "fetch/transfer.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/num.h"
#include "fetch/address.h"
#include "fetch/target.h"

enum { REFUSED_BODY_BYTES_MAX = 64 * 1024, CONNECT_S = 30 };

struct transfer {
    const struct transfer_request *request;
    struct transfer_sink *sink;
    struct arena *arena;
    struct error *e;
    CURL *easy;
    struct target named, now; /* what the user named, and where redirects led */
    uint64_t deadline_ns;
    unsigned redirects, attempts;
    bool posts; /* until a redirect makes it a GET, as browsers and Go do */

    /* of the attempt */
    bool proxied;
    bool own_error; /* `e` is set */
    bool address_refused;
    bool head_told;
    bool last_chance; /* an answer that asks to come back later is taken as it is */
    uint64_t body_bytes;
    str headers[TRANSFER_HEADERS_MAX];
    size_t headers_count, headers_bytes;
    struct arena_mark headers_mark;
};

/* -- the connect hook ----------------------------------------------------------------------- */

static bool private_allowed(const struct transfer *t)
{
    return t->request->allow_private && target_same_origin(&t->named, &t->now);
}

/* Every connection passes here, with the address that is connected to: names that resolve to
 * private addresses, redirects, and later answers of a name server all do. A proxy was named by
 * the user; what it connects to in turn is its own affair. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;
    (void)purpose;
    if (!t->proxied && !private_allowed(t) && !address_is_public(&address->addr)) {
        t->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A connection that is used again did not pass the hook, and may have been allowed to somebody
 * else: the address is looked at before each request, too. */
static int on_request(void *arg, char *address, char *own_address, int port, int own_port)
{
    struct transfer *t = arg;
    struct sockaddr_storage peer;
    (void)own_address;
    (void)port;
    (void)own_port;
    bool fine =
        t->proxied || private_allowed(t) ||
        (address_parse(str_from(address), &peer) && address_is_public((struct sockaddr *)&peer));
    t->address_refused = t->address_refused || !fine;
    return fine ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* -- what the server says ------------------------------------------------------------------- */

static size_t stop(struct transfer *t)
{
    t->own_error = true;
    return 0;
}

static size_t on_header(char *at, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t bytes = size * count;
    str line = str_trim((str){.at = at, .len = bytes});
    if (str_starts(line, STR("HTTP/"))) { /* a new head: what came before was a 1xx */
        arena_rewind(t->arena, t->headers_mark);
        t->headers_count = t->headers_bytes = 0;
        return bytes;
    }
    if (line.len == 0) {
        return bytes;
    }
    t->headers_bytes += bytes;
    if (t->headers_count == TRANSFER_HEADERS_MAX || t->headers_bytes > TRANSFER_HEADERS_BYTES_MAX) {
        error_set(t->e, ERROR_LIMIT,
                  "the server sends more headers than the limit of %d, or %d "
                  "bytes",
                  TRANSFER_HEADERS_MAX, TRANSFER_HEADERS_BYTES_MAX);
        return stop(t);
    }
    if (str_find_char(line, ':') == line.len) {
        return bytes; /* a folded line */
    }
    if (!arena_str(t->arena, line, &t->headers[t->headers_count++], t->e)) {
        return stop(t);
    }
    return bytes;
}

static unsigned status_of(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status > 0 && status < 1000 ? (unsigned)status : 0;
}

/* By the head alone: libcurl makes its REDIRECT_URL only when the exchange is over. */
static bool is_redirect(const struct transfer *t)
{
    unsigned status = status_of(t);
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
        return false;
    }
    for (size_t i = 0; i < t->headers_count; i++) {
        str value = t->headers[i], name;
        if (str_cut(&value, ':', &name) && str_eq_nocase(name, STR("Location"))) {
            return true;
        }
    }
    return false;
}

static bool may_pass(unsigned status)
{
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

static bool is_final(const struct transfer *t)
{
    return !is_redirect(t) && (t->last_chance || !may_pass(status_of(t)));
}

static bool tell_head(struct transfer *t)
{
    if (t->head_told) {
        return true;
    }
    t->head_told = true;
    return t->sink->head(t->sink, status_of(t), t->now.url, t->headers, t->headers_count, t->e);
}

static size_t on_body(char *at, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t bytes = size * count;
    t->body_bytes += bytes;
    if (!is_final(t)) {
        /* the rest of an answer nobody reads is not worth the connection */
        return t->body_bytes > REFUSED_BODY_BYTES_MAX ? 0 : bytes;
    }
    if (t->body_bytes > t->request->body_bytes_max) {
        error_set(t->e, ERROR_LIMIT, "the answer has more than the limit of %" PRIu64 " bytes",
                  t->request->body_bytes_max);
        return stop(t);
    }
    if (!tell_head(t) || !t->sink->data(t->sink, (str){.at = at, .len = bytes}, t->e)) {
        return stop(t);
    }
    return bytes;
}

/* -- one attempt ---------------------------------------------------------------------------- */

static const char *variable(const char *name)
{
    return getenv(name);
}

/* The headers of the request; a credential goes to the origin it was given for. */
static bool headers_set(struct transfer *t, struct curl_slist **list)
{
    bool same = target_same_origin(&t->named, &t->now);
    const struct transfer_request *r = t->request;
    for (size_t i = 0; i < r->headers_count; i++) {
        str rest = r->headers[i], name;
        if (!t->posts && str_cut(&rest, ':', &name) && str_eq_nocase(name, STR("Content-Type"))) {
            continue; /* of a body that is not sent */
        }
        rest = r->headers[i];
        if (!same && str_cut(&rest, ':', &name) &&
            (str_eq_nocase(name, STR("Authorization")) || str_eq_nocase(name, STR("Cookie")))) {
            continue;
        }
        struct curl_slist *longer = curl_slist_append(*list, r->headers[i].at);
        if (longer == NULL) {
            return error_set(t->e, ERROR_MEMORY, "no memory for headers");
        }
        *list = longer;
    }
    return true;
}

/* A server that is to be known by another name: libcurl asks for that name, connects to the URL's
 * host, and the Host header stays the URL's. */
struct renamed {
    str url, connect_to, host;
};

static bool rename_set(struct transfer *t, struct curl_slist **headers, struct curl_slist **connect,
                       str *url)
{
    const struct transfer_request *r = t->request;
    const struct target *now = &t->now;
    struct renamed to;
    *url = now->url;
    if (r->server_name.len == 0 || !target_same_origin(&t->named, now)) {
        return true;
    }
    str rest = str_slice(now->url, now->scheme.len + 3, now->url.len);
    size_t path = 0;
    while (path < rest.len && strchr("/?#", rest.at[path]) == NULL) {
        path++;
    }
    str authority = str_slice(rest, 0, path);
    rest = str_slice(rest, path, rest.len);
    if (!arena_printf(t->arena, &to.url, t->e, "%s://%s:%s%.*s", now->scheme.at, r->server_name.at,
                      now->port.at, (int)rest.len, rest.at) ||
        !arena_printf(t->arena, &to.connect_to, t->e, "%s:%s:%s:%s", r->server_name.at,
                      now->port.at, now->host.at, now->port.at) ||
        !arena_printf(t->arena, &to.host, t->e, "Host: %.*s", (int)authority.len, authority.at)) {
        return false;
    }
    struct curl_slist *more = curl_slist_append(*headers, to.host.at);
    *headers = more != NULL ? more : *headers;
    *connect = curl_slist_append(NULL, to.connect_to.at);
    *url = to.url;
    return (more != NULL && *connect != NULL) ||
           error_set(t->e, ERROR_MEMORY, "no memory for headers");
}

/* What only a request of ours, to the host that was named, has. */
static CURLcode own_options_set(struct transfer *t, struct curl_slist *connect)
{
    const struct transfer_request *r = t->request;
    bool same = target_same_origin(&t->named, &t->now);
    CURLcode code = CURLE_OK;
    if (t->posts) {
        code = curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        code = code != CURLE_OK ? code
                                : curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                                   (curl_off_t)r->body.len); /* at most 16 MiB */
        code = code != CURLE_OK ? code
                                : curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS,
                                                   r->body.len > 0 ? r->body.at : "");
    }
    if (code == CURLE_OK && same && r->certificate.len > 0) {
        code = curl_easy_setopt(t->easy, CURLOPT_SSLCERT, r->certificate.at);
        code = code != CURLE_OK ? code : curl_easy_setopt(t->easy, CURLOPT_SSLKEY, r->key.at);
    }
    if (code == CURLE_OK && connect != NULL) {
        code = curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, connect);
    }
    return code;
}

static bool options_set(struct transfer *t, str url, struct curl_slist *headers,
                        struct curl_slist *connect)
{
    CURL *c = t->easy;
    const struct transfer_request *r = t->request;
    str proxy = target_proxy(&t->now, variable);
    t->proxied = proxy.len > 0;
    uint64_t now = clock_monotonic_ns();
    uint64_t left_ms = now < t->deadline_ns ? (t->deadline_ns - now) / 1000000 + 1 : 1;
    const char *bundle = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");
    curl_easy_reset(c); /* keeps connections and name look-ups */
    CURLcode code = CURLE_OK;
    const char *refused_option = "";
#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (code == CURLE_OK) {                                                                    \
            code = curl_easy_setopt(c, option, value);                                             \
            refused_option = #option;                                                              \
        }                                                                                          \
    } while (0)
    SET(CURLOPT_URL, url.at);
    SET(CURLOPT_PROTOCOLS_STR, r->allow_http ? "http,https" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, t->proxied ? proxy.at : "");
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_USERAGENT, "limpid/" LIMPID_VERSION);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_NOBODY, str_eq(r->method, STR("HEAD")) ? 1L : 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_NOPROGRESS, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(CURLOPT_TIMEOUT_MS, (long)left_ms);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)r->speed_min);
    SET(CURLOPT_LOW_SPEED_TIME, (long)r->stall_s);
    SET(CURLOPT_SSL_VERIFYPEER, r->insecure_tls ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, r->insecure_tls ? 0L : 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (bundle != NULL && bundle[0] != '\0') {
        SET(CURLOPT_CAINFO, bundle);
    }
    if (folder != NULL && folder[0] != '\0') {
        SET(CURLOPT_CAPATH, folder);
    }
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_PREREQFUNCTION, on_request);
    SET(CURLOPT_PREREQDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
#undef SET
    if (code == CURLE_OK) {
        code = own_options_set(t, connect);
        refused_option = "an option of the request";
    }
    /* a wish: refused on a handle whose last transfer failed early */
    (void)curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256L * 1024);
    return code == CURLE_OK || error_set(t->e, ERROR_REMOTE, "libcurl refuses %s: %s",
                                         refused_option, curl_easy_strerror(code));
}

enum outcome { OUTCOME_FAILED, OUTCOME_ANSWER, OUTCOME_REDIRECT, OUTCOME_AGAIN };

static enum outcome refused(struct transfer *t)
{
    error_set(t->e, ERROR_REMOTE, "'" STR_FMT "' has an address that is not of the public internet",
              STR_ARG(t->now.host));
    if (!target_same_origin(&t->named, &t->now)) {
        error_wrap(t->e, "redirected to another host");
    } else {
        error_hint(t->e, "name that host yourself, in --from or as the registry");
    }
    return OUTCOME_FAILED;
}

/* Failures that another attempt may cure. */
static bool code_may_pass(CURLcode code)
{
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

static enum outcome judge(struct transfer *t, CURLcode code)
{
    if (t->own_error) {
        return OUTCOME_FAILED;
    }
    if (t->address_refused && code != CURLE_OK) {
        return refused(t);
    }
    bool whole = code == CURLE_OK || (code == CURLE_WRITE_ERROR && !is_final(t));
    if (whole && is_redirect(t)) {
        return OUTCOME_REDIRECT;
    }
    if (whole && is_final(t)) {
        return tell_head(t) ? OUTCOME_ANSWER : OUTCOME_FAILED;
    }
    if (whole) {
        return OUTCOME_AGAIN;
    }
    if (code == CURLE_PARTIAL_FILE || t->body_bytes > 0) {
        error_set(t->e, ERROR_REMOTE, "the answer breaks off after %" PRIu64 " bytes: %s",
                  t->body_bytes, curl_easy_strerror(code));
    } else {
        error_set(t->e, code == CURLE_OUT_OF_MEMORY ? ERROR_MEMORY : ERROR_REMOTE, "%s",
                  curl_easy_strerror(code));
    }
    bool again = code_may_pass(code) && !t->head_told && !t->last_chance;
    return again ? OUTCOME_AGAIN : OUTCOME_FAILED;
}

static enum outcome attempt(struct transfer *t)
{
    t->own_error = t->address_refused = t->head_told = false;
    t->body_bytes = 0;
    t->headers_count = t->headers_bytes = 0;
    t->headers_mark = arena_mark(t->arena);
    t->last_chance = t->attempts >= t->request->retries;
    struct sockaddr_storage literal;
    if (address_parse(t->now.host, &literal) && !private_allowed(t) &&
        !address_is_public((struct sockaddr *)&literal)) {
        return refused(t); /* through a proxy, too */
    }
    if (!private_allowed(t) && !address_parse(t->now.host, &literal) &&
        address_is_own_name(t->now.host) && target_proxy(&t->now, variable).len > 0) {
        return refused(t);
    }
    struct curl_slist *headers = NULL, *connect = NULL;
    enum outcome outcome = OUTCOME_FAILED;
    str url;
    if (headers_set(t, &headers) && rename_set(t, &headers, &connect, &url) &&
        options_set(t, url, headers, connect)) {
        outcome = judge(t, curl_easy_perform(t->easy));
    }
    curl_slist_free_all(headers);
    curl_slist_free_all(connect);
    return outcome;
}

/* -- the chain ------------------------------------------------------------------------------ */

static bool allowed_scheme(const struct transfer *t, const struct target *target)
{
    if (str_eq(target->scheme, STR("https"))) {
        return true;
    }
    return t->request->allow_http && str_eq(t->now.scheme, STR("http"));
}

static bool redirect(struct transfer *t)
{
    const char *to = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
    if (++t->redirects > TRANSFER_REDIRECTS_MAX) {
        return error_set(t->e, ERROR_REMOTE, "more than %d redirects", TRANSFER_REDIRECTS_MAX);
    }
    struct target next;
    if (!target_parse(str_from(to), t->arena, &next, t->e)) {
        t->e->kind = ERROR_REMOTE; /* the server's fault, not the user's */
        return error_wrap(t->e, "redirected");
    }
    if (!allowed_scheme(t, &next)) {
        return error_set(t->e, ERROR_REMOTE,
                         "redirected from " STR_FMT " to " STR_FMT ", which is not followed",
                         STR_ARG(t->now.scheme), STR_ARG(next.scheme));
    }
    unsigned status = status_of(t);
    t->posts = t->posts && (status == 307 || status == 308);
    t->now = next;
    t->attempts = 0;
    return true;
}

/* Doubling waits and up to a half more, so that not all who were turned away come back at once. */
static uint64_t own_wait_ms(const struct transfer *t)
{
    uint64_t most_ms = TRANSFER_WAIT_S_MAX * 1000U;
    uint64_t wait_ms = t->request->retry_wait_ms << t->attempts; /* main.c: 10 times at most */
    uint32_t chance = 0;
    wait_ms = wait_ms < most_ms ? wait_ms : most_ms;
    if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance)) {
        chance = 0;
    }
    return wait_ms + wait_ms / 2 * (chance & 0xffff) / 0xffff;
}

/* The wait before the next attempt: what the server asks for, or our own. */
static bool wait_again(struct transfer *t)
{
    curl_off_t asked_s = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &asked_s);
    bool asked = asked_s > 0;
    uint64_t wait_ms =
        asked ? (uint64_t)(asked_s < 86400 ? asked_s : 86400) * 1000 : own_wait_ms(t);
    t->attempts++;
    uint64_t now_ns = clock_monotonic_ns();
    if (now_ns + wait_ms * 1000000 < t->deadline_ns) {
        poll(NULL, 0, (int)wait_ms); /* at most a day */
        return true;
    }
    if (asked) {
        return error_set(t->e, ERROR_REMOTE,
                         "the server says %u and asks to wait for %" PRIu64
                         " s, more than is left of %" PRIu64 " s",
                         status_of(t), wait_ms / 1000, t->request->timeout_s);
    }
    return error_set(t->e, ERROR_REMOTE, "no answer within %" PRIu64 " s", t->request->timeout_s);
}

static bool run(struct transfer *t)
{
    for (;;) {
        switch (attempt(t)) {
        case OUTCOME_ANSWER:
            return true;
        case OUTCOME_FAILED:
            return false;
        case OUTCOME_REDIRECT:
            if (!redirect(t)) {
                return false;
            }
            break;
        case OUTCOME_AGAIN:
            if (!wait_again(t)) {
                return false;
            }
            break;
        }
    }
}

bool transfer_run(CURL *easy, const struct transfer_request *request, struct arena *arena,
                  struct transfer_sink *sink, struct error *e)
{
    struct transfer t = {.request = request, .sink = sink, .arena = arena, .e = e, .easy = easy};
    str shown = target_shown(request->url, arena);
    t.posts = str_eq(request->method, STR("POST"));
    t.deadline_ns = clock_monotonic_ns() + request->timeout_s * 1000000000U;
    if (!target_parse(request->url, arena, &t.named, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(shown));
    }
    t.now = t.named;
    if (str_eq(t.named.scheme, STR("http")) && !request->allow_http) {
        return error_set(e, ERROR_USAGE,
                         "'" STR_FMT "' is http, which is not used unless the user "
                         "names it",
                         STR_ARG(shown));
    }
    return run(&t) || error_wrap(e, "'" STR_FMT "'", STR_ARG(shown));
}
