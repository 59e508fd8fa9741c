/* main.c of limpid-fetch: reads requests from its standard input, answers on its standard output
 * (wire.h). It opens no file but those of libcurl and the C library (certificates, resolv.conf),
 * and knows nothing of what it fetches. Not for people: it says so when asked. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "fetch/transfer.h"
#include "fetch/wire.h"

enum {
    ARENA_BYTES_MAX = 4 * 1024 * 1024,
    TIMEOUT_S = 30 * 60,
    STALL_S = 30,
    RETRIES = 3,
    RETRIES_MAX = 10,
    RETRY_WAIT_MS = 1000,
    RETRY_WAIT_MS_MAX = 60 * 1000,
    BODY_BYTES_MAX = 16 * 1024 * 1024, /* that are sent */
};
static const uint64_t body_bytes_max = (uint64_t)16 * 1024 * 1024 * 1024;

struct answer {
    struct transfer_sink base;
    struct buf frame;
};

static bool send_head(struct transfer_sink *self, unsigned status, str url, const str *headers,
                      size_t headers_count, struct error *e)
{
    struct answer *a = CONTAINER_OF(self, struct answer, base);
    a->frame.len = 0;
    bool done = wire_add_number(&a->frame, WIRE_FIELD_STATUS, status, e) &&
                wire_add(&a->frame, WIRE_FIELD_URL, url, e);
    for (size_t i = 0; done && i < headers_count; i++) {
        done = wire_add(&a->frame, WIRE_FIELD_HEADER, headers[i], e);
    }
    return done && fetch_wire_send(STDOUT_FILENO, WIRE_HEAD, buf_str(&a->frame), e);
}

static bool send_data(struct transfer_sink *self, str bytes, struct error *e)
{
    (void)self;
    while (bytes.len > 0) {
        str part = str_slice(bytes, 0, WIRE_FRAME_BYTES_MAX);
        if (!fetch_wire_send(STDOUT_FILENO, WIRE_DATA, part, e)) {
            return false;
        }
        bytes = str_slice(bytes, part.len, bytes.len);
    }
    return true;
}

static bool send_error(struct answer *a, const struct error *why, struct error *e)
{
    a->frame.len = 0;
    return wire_add_number(&a->frame, WIRE_FIELD_KIND, why->kind, e) &&
           wire_add(&a->frame, WIRE_FIELD_TEXT, str_from(why->text), e) &&
           wire_add(&a->frame, WIRE_FIELD_HINT, str_from(why->hint), e) &&
           fetch_wire_send(STDOUT_FILENO, WIRE_ERROR, buf_str(&a->frame), e);
}

static bool request_number(str value, uint64_t max, uint64_t *to, struct error *e)
{
    uint64_t number;
    if (!num_parse(value, 10, UINT64_MAX, &number)) {
        return error_set(e, ERROR_FORMAT, "the pipe has '" STR_FMT "' for a number",
                         STR_ARG(value));
    }
    *to = number < max ? number : max;
    return true;
}

static bool request_field(struct transfer_request *r, uint8_t id, str value, struct arena *arena,
                          struct error *e)
{
    uint64_t number = 0;
    switch (id) {
    case WIRE_FIELD_VERSION:
        return request_number(value, UINT64_MAX, &number, e) &&
               (number == WIRE_VERSION ||
                error_set(e, ERROR_FORMAT, "the pipe's version is %" PRIu64 ", not %d", number,
                          WIRE_VERSION));
    case WIRE_FIELD_METHOD:
        return arena_str(arena, value, &r->method, e);
    case WIRE_FIELD_URL:
        return arena_str(arena, value, &r->url, e);
    case WIRE_FIELD_HEADER:
        if (r->headers_count == TRANSFER_HEADERS_MAX || memchr(value.at, '\n', value.len) != NULL ||
            memchr(value.at, '\r', value.len) != NULL || memchr(value.at, 0, value.len) != NULL) {
            return error_set(e, ERROR_USAGE, "too many headers, or a line break in one");
        }
        return arena_str(arena, value, &r->headers[r->headers_count++], e);
    case WIRE_FIELD_ALLOW_PRIVATE:
        r->allow_private = str_eq(value, STR("1"));
        return true;
    case WIRE_FIELD_ALLOW_HTTP:
        r->allow_http = str_eq(value, STR("1"));
        return true;
    case WIRE_FIELD_INSECURE_TLS:
        r->insecure_tls = str_eq(value, STR("1"));
        return true;
    case WIRE_FIELD_BODY_BYTES_MAX:
        return request_number(value, UINT64_MAX, &r->body_bytes_max, e);
    case WIRE_FIELD_TIMEOUT_S:
        return request_number(value, 24 * 3600, &r->timeout_s, e);
    case WIRE_FIELD_STALL_S:
        return request_number(value, 3600, &r->stall_s, e);
    case WIRE_FIELD_SPEED_MIN:
        return request_number(value, 1024 * 1024, &r->speed_min, e);
    case WIRE_FIELD_RETRIES:
        if (!request_number(value, UINT64_MAX, &number, e)) {
            return false;
        }
        r->retries = number == UINT32_MAX ? 0 : number < RETRIES_MAX ? number : RETRIES_MAX;
        return true;
    case WIRE_FIELD_RETRY_WAIT_MS:
        return request_number(value, RETRY_WAIT_MS_MAX, &r->retry_wait_ms, e);
    case WIRE_FIELD_CERTIFICATE:
        return arena_str(arena, value, &r->certificate, e);
    case WIRE_FIELD_KEY:
        return arena_str(arena, value, &r->key, e);
    case WIRE_FIELD_SERVER_NAME:
        return arena_str(arena, value, &r->server_name, e);
    default:
        return true; /* of a later version */
    }
}

static bool request_take(struct transfer_request *r, str payload, struct arena *arena,
                         struct error *e)
{
    *r = (struct transfer_request){
        .method = STR("GET"),
        .body_bytes_max = body_bytes_max,
        .timeout_s = TIMEOUT_S,
        .stall_s = STALL_S,
        .speed_min = 1,
        .retries = RETRIES,
        .retry_wait_ms = RETRY_WAIT_MS,
    };
    uint8_t id;
    str value;
    enum step step;
    while ((step = wire_next(&payload, &id, &value, e)) == STEP_GOT) {
        if (!request_field(r, id, value, arena, e)) {
            return false;
        }
    }
    if (step == STEP_END && !str_eq(r->method, STR("GET")) && !str_eq(r->method, STR("HEAD")) &&
        !str_eq(r->method, STR("POST"))) {
        return error_set(e, ERROR_USAGE, "the method '" STR_FMT "' is not known",
                         STR_ARG(r->method));
    }
    return step == STEP_END;
}

/* False where the pipe to the parent is broken. */
static bool serve_one(CURL *easy, struct answer *a, str payload, str body)
{
    struct error e;
    error_clear(&e);
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAX, "a request");
    struct transfer_request request;
    bool done = request_take(&request, payload, &arena, &e) && ((request.body = body), true) &&
                transfer_run(easy, &request, &arena, &a->base, &e);
    struct error unread;
    bool sent = done ? fetch_wire_send(STDOUT_FILENO, WIRE_END, STR_NONE, &unread)
                     : send_error(a, &e, &unread);
    arena_done(&arena);
    return sent;
}

static int serve(CURL *easy)
{
    struct answer answer = {.base = {.head = send_head, .data = send_data}};
    struct buf payload, body;
    buf_init(&payload, WIRE_FRAME_BYTES_MAX);
    buf_init(&body, BODY_BYTES_MAX);
    buf_init(&answer.frame, WIRE_FRAME_BYTES_MAX);
    struct error e;
    error_clear(&e);
    uint8_t type = 0;
    enum step step = STEP_END;
    bool going = true;
    while (going) {
        step = fetch_wire_receive(STDIN_FILENO, &type, &payload, 0, &e);
        if (step == STEP_GOT && type == WIRE_BODY) {
            going = buf_add_str(&body, buf_str(&payload), &e);
        } else if (step == STEP_GOT && type == WIRE_REQUEST) {
            going = serve_one(easy, &answer, buf_str(&payload), buf_str(&body));
            buf_done(&body);
        } else {
            going = false;
        }
    }
    buf_done(&payload);
    buf_done(&body);
    buf_done(&answer.frame);
    return step == STEP_END ? 0 : 1;
}

/* False where it died before it could be told to take this process with it. */
static bool parent_lives(void)
{
    const char *text = getenv(WIRE_PARENT_VARIABLE);
    uint64_t parent;
    return text == NULL || !num_parse(str_from(text), 10, INT32_MAX, &parent) ||
           getppid() == (pid_t)parent;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1 || isatty(STDIN_FILENO)) {
        static const char text[] = "limpid-fetch is a part of limpid, which starts it; it is "
                                   "nothing to be run by hand\n";
        struct error e;
        bool told = fd_write_all(STDERR_FILENO, text, sizeof(text) - 1, &e);
        return told ? 2 : 3;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!parent_lives()) {
        return 1;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    CURL *easy = curl_easy_init();
    int status = easy == NULL ? 1 : serve(easy);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
    return status;
}
