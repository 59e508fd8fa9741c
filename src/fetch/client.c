#include "fetch/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "fetch/wire.h"

enum { TIMEOUT_S = 30 * 60, GRACE_S = 60, ENVIRONMENT_MAX = 16, SETTING_BYTES_MAX = PATH_MAX + 64 };

/* -- the child ------------------------------------------------------------------------------ */

/* What the child gets of the environment. */
static const char *const variables[] = {
    "http_proxy", "https_proxy",   "HTTPS_PROXY",  "all_proxy",   "ALL_PROXY",   "no_proxy",
    "NO_PROXY",   "SSL_CERT_FILE", "SSL_CERT_DIR", "RES_OPTIONS", "LOCALDOMAIN",
};
_Static_assert(ARRAY_COUNT(variables) + 4 < ENVIRONMENT_MAX, "room for the end of the list");

/* What the user said by an option stands for the variable. */
struct settings_text {
    char ca_file[SETTING_BYTES_MAX], https[SETTING_BYTES_MAX], http[SETTING_BYTES_MAX];
    char parent[sizeof(WIRE_PARENT_VARIABLE) + 24];
};

static bool setting_text(const char *name, str value, char to[SETTING_BYTES_MAX], struct error *e)
{
    to[0] = '\0';
    if (value.len == 0) {
        return true;
    }
    if (value.len + strlen(name) + 2 > SETTING_BYTES_MAX) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' is too long", STR_ARG(value));
    }
    snprintf(to, SETTING_BYTES_MAX, "%s=%.*s", name, (int)value.len, value.at);
    return true;
}

static bool settings_text(const struct fetch_settings *s, struct settings_text *out,
                          struct error *e)
{
    snprintf(out->parent, sizeof(out->parent), WIRE_PARENT_VARIABLE "=%ld", (long)getpid());
    return setting_text("SSL_CERT_FILE", s->ca_file, out->ca_file, e) &&
           setting_text("https_proxy", s->proxy, out->https, e) &&
           setting_text("http_proxy", s->proxy, out->http, e);
}

static void environment_pick(struct settings_text *said, char *picked[ENVIRONMENT_MAX])
{
    char *const own[] = {said->ca_file, said->https, said->http, said->parent};
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(own); i++) {
        if (own[i][0] != '\0') {
            picked[count++] = own[i];
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(variables); i++) {
        size_t len = strlen(variables[i]);
        bool overruled = false;
        for (size_t k = 0; k < ARRAY_COUNT(own); k++) {
            overruled =
                overruled || (strncmp(own[k], variables[i], len) == 0 && own[k][len] == '=');
        }
        if (overruled) {
            continue;
        }
        for (char **v = environ; v != NULL && *v != NULL; v++) {
            if (strncmp(*v, variables[i], len) == 0 && (*v)[len] == '=') {
                picked[count++] = *v;
                break;
            }
        }
    }
    picked[count] = NULL;
}

/* Beside this program, in its libexec, in the build tree, where it was installed. */
static bool program_find(char *to, size_t room, struct error *e)
{
    static const char *const places[] = {"/limpid-fetch", "/../libexec/limpid/limpid-fetch",
                                         "/../fetch/limpid-fetch"};
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    str path = {.at = own, .len = len > 0 ? (size_t)len : 0};
    size_t slash = str_find_last_char(path, '/');
    for (size_t i = 0; slash < path.len && i < ARRAY_COUNT(places); i++) {
        size_t more = strlen(places[i]);
        if (slash + more < room) {
            memcpy(to, own, slash);
            memcpy(to + slash, places[i], more + 1);
            if (access(to, X_OK) == 0) {
                return true;
            }
        }
    }
    size_t more = strlen(LIMPID_FETCH_PROGRAM);
    if (more < room) {
        memcpy(to, LIMPID_FETCH_PROGRAM, more + 1);
        if (access(to, X_OK) == 0) {
            return true;
        }
    }
    return error_set(e, ERROR_ABSENT, "the program 'limpid-fetch' is not there; it belongs in '%s'",
                     LIMPID_FETCH_PROGRAM);
}

static bool pipes_open(int to_child[2], int from_child[2], struct error *e)
{
    if (pipe2(to_child, O_CLOEXEC) != 0) {
        return error_sys(e, errno, "cannot open a pipe");
    }
    if (pipe2(from_child, O_CLOEXEC) != 0) {
        error_sys(e, errno, "cannot open a pipe");
        fd_close(&to_child[0]);
        fd_close(&to_child[1]);
        return false;
    }
    return true;
}

static int spawn(pid_t *pid, const char *program, struct settings_text *said, int in, int out)
{
    char *environment[ENVIRONMENT_MAX];
    environment_pick(said, environment);
    char name[] = "limpid-fetch";
    char *const argv[] = {name, NULL};
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0) {
        return failed;
    }
    /* a pipe end may itself be 0 or 1 where the parent had closed those: go by way of 100 */
    failed = posix_spawn_file_actions_adddup2(&actions, in, 100);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, out, 101);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, 100, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&actions, 101, 1);
    failed = failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    failed = failed != 0 ? failed : posix_spawn(pid, program, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

bool fetch_start(struct fetch_client *c, str program, struct error *e)
{
    return fetch_start_with(c, &(struct fetch_settings){.program = program}, e);
}

bool fetch_start_with(struct fetch_client *c, const struct fetch_settings *settings,
                      struct error *e)
{
    str program = settings->program;
    struct settings_text said;
    *c = (struct fetch_client){.to = -1, .from = -1};
    buf_init(&c->frame, WIRE_FRAME_BYTES_MAX);
    buf_init(&c->window, WIRE_FRAME_BYTES_MAX + READER_NEED_MAX);
    char path[PATH_MAX];
    if (!settings_text(settings, &said, e)) {
        return false;
    }
    if (program.len >= sizeof(path)) {
        return error_set(e, ERROR_USAGE, "the path of the fetch program is too long");
    }
    if (program.len > 0) {
        memcpy(path, program.at, program.len);
        path[program.len] = '\0';
    } else if (!program_find(path, sizeof(path), e)) {
        return false;
    }
    int to_child[2], from_child[2];
    if (!pipes_open(to_child, from_child, e)) {
        return false;
    }
    pid_t pid = 0;
    int failed = spawn(&pid, path, &said, to_child[0], from_child[1]);
    fd_close(&to_child[0]);
    fd_close(&from_child[1]);
    c->to = to_child[1];
    c->from = from_child[0];
    if (failed != 0) {
        fetch_stop(c);
        return error_sys(e, failed, "cannot start '%s'", path);
    }
    c->pid = pid;
    return true;
}

void fetch_stop(struct fetch_client *c)
{
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        fd_close(&c->to);
        fd_close(&c->from);
    } else if (c->frame.bytes_max > 0) {
        fd_close(&c->to);
        fd_close(&c->from);
    }
    buf_done(&c->frame);
    buf_done(&c->window);
    *c = (struct fetch_client){.to = -1, .from = -1};
}

/* -- frames --------------------------------------------------------------------------------- */

/* The child's own error, which it has already put into words. */
static bool error_take(str payload, struct error *e)
{
    uint8_t id;
    str value, text = STR("the fetch program failed"), hint = STR_NONE;
    uint64_t kind = ERROR_REMOTE;
    enum step step;
    while ((step = wire_next(&payload, &id, &value, e)) == STEP_GOT) {
        if (id == WIRE_FIELD_TEXT) {
            text = value;
        } else if (id == WIRE_FIELD_HINT) {
            hint = value;
        } else if (id == WIRE_FIELD_KIND && !num_parse(value, 10, ERROR_DIGEST, &kind)) {
            kind = ERROR_REMOTE;
        }
    }
    if (step == STEP_FAILED) {
        return false;
    }
    error_set(e, kind == ERROR_NONE ? ERROR_REMOTE : (enum error_kind)kind, "%.*s",
              (int)(text.len < 900 ? text.len : 900), text.at);
    if (hint.len > 0) {
        error_hint(e, STR_FMT, STR_ARG(hint));
    }
    return false;
}

static bool frame_next(struct fetch_client *c, uint8_t *type, struct error *e)
{
    enum step step = fetch_wire_receive(c->from, type, &c->frame, c->deadline_ns, e);
    if (step == STEP_END) {
        error_set(e, ERROR_REMOTE, "the fetch program ended unexpectedly");
    }
    if (step != STEP_GOT) {
        c->broken = true;
        return false;
    }
    if (*type == WIRE_ERROR) {
        c->busy = false;
        return error_take(buf_str(&c->frame), e);
    }
    return true;
}

static bool unexpected(struct fetch_client *c, uint8_t type, struct error *e)
{
    c->broken = true;
    return error_set(e, ERROR_REMOTE, "the fetch program sent a frame of type %u out of turn",
                     type);
}

static enum step body_fill(struct reader *self, size_t want, struct error *e)
{
    struct fetch_client *c = CONTAINER_OF(self, struct fetch_client, body);
    (void)want;
    if (!c->busy) {
        return STEP_END;
    }
    uint8_t type;
    do {
        if (!frame_next(c, &type, e)) {
            return STEP_FAILED;
        }
    } while (type == WIRE_DATA && c->frame.len == 0);
    if (type == WIRE_END) {
        c->busy = false;
        return STEP_END;
    }
    if (type != WIRE_DATA) {
        unexpected(c, type, e);
        return STEP_FAILED;
    }
    size_t ready = reader_ready(self);
    if (ready > READER_NEED_MAX) {
        error_set(e, ERROR_LIMIT, "more than %d bytes stay unread in a window", READER_NEED_MAX);
        return STEP_FAILED;
    }
    if (ready > 0) {
        memmove(c->window.at, self->at, ready);
    }
    c->window.len = ready;
    if (!buf_add_str(&c->window, buf_str(&c->frame), e)) {
        return STEP_FAILED;
    }
    self->at = (const uint8_t *)c->window.at;
    self->end = self->at + c->window.len;
    self->end_offset += c->frame.len;
    return STEP_GOT;
}

static const struct reader_ops body_ops = {.name = "http", .fill = body_fill};

/* -- a request ------------------------------------------------------------------------------ */

static bool number_add(struct buf *b, enum wire_field id, uint64_t value, struct error *e)
{
    return value == 0 || wire_add_number(b, id, value, e);
}

static bool text_add(struct buf *b, enum wire_field id, str value, struct error *e)
{
    return value.len == 0 || wire_add(b, id, value, e);
}

static bool body_send(struct fetch_client *c, str body, struct error *e)
{
    if (body.len > FETCH_POST_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu bytes to send, more than the limit of %d", body.len,
                         FETCH_POST_BYTES_MAX);
    }
    while (body.len > 0) {
        str part = str_slice(body, 0, WIRE_FRAME_BYTES_MAX);
        if (!fetch_wire_send(c->to, WIRE_BODY, part, e)) {
            c->broken = true;
            return false;
        }
        body = str_slice(body, part.len, body.len);
    }
    return true;
}

static bool request_send(struct fetch_client *c, const struct fetch_request *r, struct error *e)
{
    struct buf *b = &c->frame;
    b->len = 0;
    bool done = wire_add_number(b, WIRE_FIELD_VERSION, WIRE_VERSION, e) &&
                wire_add(b, WIRE_FIELD_METHOD, r->method.len > 0 ? r->method : STR("GET"), e) &&
                wire_add(b, WIRE_FIELD_URL, r->url, e) &&
                number_add(b, WIRE_FIELD_ALLOW_PRIVATE, r->allow_private, e) &&
                number_add(b, WIRE_FIELD_ALLOW_HTTP, r->allow_http, e) &&
                number_add(b, WIRE_FIELD_INSECURE_TLS, r->insecure_tls, e) &&
                number_add(b, WIRE_FIELD_BODY_BYTES_MAX, r->body_bytes_max, e) &&
                number_add(b, WIRE_FIELD_TIMEOUT_S, r->timeout_s, e) &&
                number_add(b, WIRE_FIELD_STALL_S, r->stall_s, e) &&
                number_add(b, WIRE_FIELD_SPEED_MIN, r->speed_min, e) &&
                number_add(b, WIRE_FIELD_RETRIES, r->retries, e) &&
                number_add(b, WIRE_FIELD_RETRY_WAIT_MS, r->retry_wait_ms, e) &&
                text_add(b, WIRE_FIELD_CERTIFICATE, r->certificate, e) &&
                text_add(b, WIRE_FIELD_KEY, r->key, e) &&
                text_add(b, WIRE_FIELD_SERVER_NAME, r->server_name, e);
    for (size_t i = 0; done && i < r->headers_count; i++) {
        done = wire_add(b, WIRE_FIELD_HEADER, r->headers[i], e);
    }
    if (!done || !body_send(c, r->body, e)) {
        return false;
    }
    if (!fetch_wire_send(c->to, WIRE_REQUEST, buf_str(b), e)) {
        c->broken = true;
        return false;
    }
    unsigned timeout_s = r->timeout_s > 0 ? r->timeout_s : TIMEOUT_S;
    c->deadline_ns = clock_monotonic_ns() + ((uint64_t)timeout_s + GRACE_S) * 1000000000U;
    c->busy = true;
    return true;
}

static bool head_take(str payload, struct arena *arena, struct fetch_response *out, struct error *e)
{
    *out = (struct fetch_response){.status = 0};
    str *headers = ARENA_ARRAY(arena, FETCH_HEADERS_MAX, str, e);
    uint8_t id;
    str value;
    enum step step = headers == NULL ? STEP_FAILED : STEP_GOT;
    while (step == STEP_GOT && (step = wire_next(&payload, &id, &value, e)) == STEP_GOT) {
        uint64_t status;
        if (id == WIRE_FIELD_STATUS && num_parse(value, 10, 999, &status)) {
            out->status = (unsigned)status; /* at most 999 */
        } else if ((id == WIRE_FIELD_URL && !arena_str(arena, value, &out->url, e)) ||
                   (id == WIRE_FIELD_HEADER && out->headers_count < FETCH_HEADERS_MAX &&
                    !arena_str(arena, value, &headers[out->headers_count++], e))) {
            step = STEP_FAILED;
        }
    }
    out->headers = headers;
    return step == STEP_END;
}

bool fetch_get(struct fetch_client *c, const struct fetch_request *request, struct arena *arena,
               struct fetch_response *out, struct error *e)
{
    if (c->pid <= 0 || c->broken) {
        return error_set(e, ERROR_REMOTE, "the fetch program does not run");
    }
    if (c->busy && !reader_drain(&c->body, NULL, e)) {
        return error_wrap(e, "the answer before");
    }
    c->body = (struct reader){.ops = &body_ops};
    uint8_t type;
    if (!request_send(c, request, e) || !frame_next(c, &type, e)) {
        return false;
    }
    if (type != WIRE_HEAD) {
        return unexpected(c, type, e);
    }
    return head_take(buf_str(&c->frame), arena, out, e);
}

struct reader *fetch_body(struct fetch_client *c)
{
    return &c->body;
}

str fetch_header(const struct fetch_response *response, const char *name)
{
    str want = str_from(name);
    for (size_t i = 0; i < response->headers_count; i++) {
        str value = response->headers[i], key;
        if (str_cut(&value, ':', &key) && str_eq_nocase(key, want)) {
            return str_trim(value);
        }
    }
    return STR_NONE;
}
