/* The server on a port of the loopback interface, and clients that misbehave. */
#include "http/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "check.h"

enum { BODY_MAX = 1000, LARGE = 500000, ANSWER_MAX = 2000000 };

struct tester {
    struct http_handler base;
    atomic_uint done, late, released;
    atomic_bool hold;       /* workers wait while it is set */
    atomic_uint worker_max; /* the highest number seen */
    struct http_packed packed;
};

static const char text_large[LARGE];

static void release(void *owner)
{
    struct tester *t = owner;
    atomic_fetch_add(&t->released, 1);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* /echo tells the request; /large is a shared body; /later is put off; /hold waits. */
static void answer(struct http_handler *self, unsigned worker, const struct http_request *r,
                   struct arena *arena, struct http_response *out)
{
    struct tester *t = CONTAINER_OF(self, struct tester, base);
    struct error e;
    (void)arena;
    if (worker > atomic_load(&t->worker_max)) {
        atomic_store(&t->worker_max, worker);
    }
    out->status = 200;
    out->content_type = STR("text/plain");
    if (str_eq(r->path, STR("/large"))) {
        out->shared = (str){.at = text_large, .len = LARGE};
        out->release = release;
        out->owner = t;
        out->compress = true;
        out->packed = &t->packed;
        return;
    }
    if (str_eq(r->path, STR("/later")) || str_eq(r->path, STR("/hold"))) {
        out->later = r->at_once;
        while (!r->at_once && str_eq(r->path, STR("/hold")) && atomic_load(&t->hold)) {
            pause_ms(2);
        }
    }
    if (str_eq(r->path, STR("/none"))) {
        out->status = 204;
        return;
    }
    bool fine = buf_printf(
        &out->text, &e, "%.*s|%.*s|%.*s|%zu%s|%.*s|%.*s|%.*s", (int)r->method.len, r->method.at,
        (int)r->path.len, r->path.at, (int)r->query.len, r->query.at != NULL ? r->query.at : "",
        r->body.len, r->body_too_large ? "+" : "", (int)r->host.len,
        r->host.at != NULL ? r->host.at : "", (int)r->authorization.len,
        r->authorization.at != NULL ? r->authorization.at : "", (int)r->peer.len, r->peer.at);
    out->status = fine ? 200 : 500;
}

static void done(struct http_handler *self, const struct http_outcome *o)
{
    struct tester *t = CONTAINER_OF(self, struct tester, base);
    atomic_fetch_add(&t->done, 1);
    atomic_fetch_add(&t->late, o->out_of_time);
}

static struct http_server *start(struct tester *t, unsigned timeout_s, unsigned connections)
{
    struct http_server *s = NULL;
    struct error e;
    *t = (struct tester){.base = {.answer = answer, .done = done}};
    const struct http_server_options options = {.address = "127.0.0.1",
                                                .threads = 2,
                                                .workers = 2,
                                                .timeout_s = timeout_s,
                                                .answer_timeout_s = 1,
                                                .timeout_body = STR("too late"),
                                                .connections_max = connections,
                                                .body_bytes_max = BODY_MAX,
                                                .handler = &t->base};
    CHECK_OK(http_server_start(&options, &s, &e), &e);
    return s;
}

static int client(const struct http_server *s)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_server_port(s))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_NUM(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    struct error e;
    CHECK_OK(fd_write_all(fd, text, strlen(text), &e), &e);
}

/* What comes until the end of the connection, or until nothing comes for so long. */
static str receive(int fd, int ms)
{
    static char text[ANSWER_MAX];
    size_t len = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, ms) > 0) {
        ssize_t got = read(fd, text + len, sizeof(text) - len);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
    }
    return (str){.at = text, .len = len};
}

/* Sends, and expects that an answer begins and ends so. Whoever closes half of a connection is not
 * answered where that was put off: libmicrohttpd reads the end first. */
static void expect(const struct http_server *s, const char *request, const char *begins,
                   const char *ends)
{
    int fd = client(s);
    send_text(fd, request);
    if (strstr(request, "/later") == NULL) {
        shutdown(fd, SHUT_WR);
    }
    str got = receive(fd, strstr(request, "/later") != NULL ? 500 : 3000);
    bool fine = str_starts(got, str_from(begins)) && str_ends(got, str_from(ends));
    if (!CHECK(fine)) {
        printf("# %.*s\n", (int)(got.len < 300 ? got.len : 300), got.at);
    }
    close(fd);
}

static const struct {
    const char *says, *request, *begins, *ends;
} exchanges[] = {
    {"a path with a query, as sent", "GET /e%2Fcho?a=%20&b HTTP/1.1\r\nHost: h:1\r\n\r\n",
     "HTTP/1.1 200 OK\r\n", "GET|/e%2Fcho|a=%20&b|0|h:1||127.0.0.1"},
    {"a target with a host", "GET http://other/p?q HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200",
     "GET|/p|q|0|h||127.0.0.1"},
    {"a target with a host alone", "GET http://other HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200",
     "GET|/||0|h||127.0.0.1"},
    {"a body", "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200",
     "PUT|/x||3|h||127.0.0.1"},
    {"a body in chunks",
     "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0"
     "\r\n\r\n",
     "HTTP/1.1 200", "POST|/x||5|h||127.0.0.1"},
    {"a credential", "GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n",
     "HTTP/1.1 200", "|h|Bearer t|127.0.0.1"},
    {"HTTP/1.0 without a host", "GET /x HTTP/1.0\r\n\r\n", "HTTP/1.", "GET|/x||0|||127.0.0.1"},
    {"what is put off", "GET /later HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200",
     "GET|/later||0|h||127.0.0.1"},
    {"a body that is put off", "POST /later?x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
     "HTTP/1.1 200", "POST|/later|x|3|h||127.0.0.1"},
    {"an answer without a body", "DELETE /none HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 204",
     "\r\n\r\n"},
    {"two requests at once",
     "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
     "HTTP/1.1 200", "GET|/b||0|h||127.0.0.1"},
    {"HEAD has no body", "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200", "\r\n\r\n"},
    {"no host in HTTP/1.1", "GET /x HTTP/1.1\r\n\r\n", "HTTP/1.1 400", ""},
    {"a length that is none", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
     "HTTP/1.1 400", ""},
    {"a length past every number",
     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", "HTTP/1.1 4",
     ""},
    {"a length beside chunks",
     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n0\r\n\r\n",
     "HTTP/1.1 400", ""},
    {"two lengths",
     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
     "HTTP/1.1 400", ""},
    {"an encoding that is not known",
     "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.1 400", ""},
    {"a blank before a colon", "GET /x HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\nabc",
     "HTTP/1.1 400", ""},
    {"a chunk that is none",
     "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
     "HTTP/1.1 400", ""},
};

static void test_exchanges(void)
{
    struct tester t;
    struct http_server *s = start(&t, 10, 0);
    for (size_t i = 0; i < ARRAY_COUNT(exchanges); i++) {
        CHECK_CASE("%s", exchanges[i].says)
        {
            expect(s, exchanges[i].request, exchanges[i].begins, exchanges[i].ends);
        }
    }
    CHECK_CASE("what is no HTTP is refused or cut, and the next client is served")
    {
        static const char *const noise[] = {"\r\n\r\n\r\n", "\x16\x03\x01\x02\x00\x01",
                                            "GET\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "\0\0\0\0"};
        for (size_t i = 0; i < ARRAY_COUNT(noise); i++) {
            int fd = client(s);
            send_text(fd, noise[i]);
            shutdown(fd, SHUT_WR);
            str got = receive(fd, 2000);
            CHECK(got.len == 0 || str_starts(got, STR("HTTP/1.1 4")) ||
                  str_starts(got, STR("HTTP/1.0 4")));
            close(fd);
        }
        expect(s, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200", "GET|/x||0|h||127.0.0.1");
    }
    CHECK_CASE("a client's own request id comes back, one that is unfit does not")
    {
        int fd = client(s);
        send_text(fd, "GET /x HTTP/1.1\r\nHost: h\r\nX-Request-Id: abc-1.2_Z\r\n\r\n");
        str got = receive(fd, 300);
        CHECK(str_find(got, STR("X-Request-Id: abc-1.2_Z\r\n")) < got.len);
        send_text(fd, "GET /x HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\"b\r\n\r\n");
        got = receive(fd, 300);
        CHECK(str_find(got, STR("X-Request-Id: ")) < got.len);
        CHECK(str_find(got, STR("a\"b")) == got.len);
        close(fd);
    }
    CHECK_CASE("each thread and worker has a number below the promised one")
    {
        CHECK_NUM(http_server_threads(s), 4);
        CHECK(atomic_load(&t.worker_max) < 4);
    }
    CHECK(http_server_stop(s, 1));
    http_packed_done(&t.packed);
}

static void test_limits(void)
{
    struct tester t;
    struct http_server *s = start(&t, 10, 0);
    static char request[HTTP_HEAD_BYTES_MAX * 2], body[BODY_MAX + 2];
    memset(body, 'b', BODY_MAX + 1);
    for (int more = 0; more < 2; more++) {
        CHECK_CASE("a body %s", more ? "one byte past its limit is thrown away" : "at its limit")
        {
            body[BODY_MAX + more] = '\0';
            snprintf(request, sizeof(request),
                     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", BODY_MAX + more,
                     body);
            expect(s, request, "HTTP/1.1 200",
                   more ? "POST|/x||0+|h||127.0.0.1" : "POST|/x||1000|h||127.0.0.1");
            body[BODY_MAX + more] = 'b';
        }
    }
    CHECK_CASE("a head of 20 KiB is read")
    {
        int len =
            snprintf(request, sizeof(request), "GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: ");
        memset(request + len, 'a', 20 * 1024);
        snprintf(request + len + 20 * 1024, 16, "\r\n\r\n");
        expect(s, request, "HTTP/1.1 200", "a|127.0.0.1");
    }
    CHECK_CASE("a head past the limit is refused")
    {
        int len = snprintf(request, sizeof(request), "GET /x HTTP/1.1\r\nHost: h\r\nX: ");
        memset(request + len, 'a', HTTP_HEAD_BYTES_MAX);
        snprintf(request + len + HTTP_HEAD_BYTES_MAX, 16, "\r\n\r\n");
        expect(s, request, "HTTP/1.1 431", "");
    }
    CHECK_CASE("a line past the limit is refused")
    {
        int len = snprintf(request, sizeof(request), "GET /");
        memset(request + len, 'a', HTTP_HEAD_BYTES_MAX);
        snprintf(request + len + HTTP_HEAD_BYTES_MAX, 32, " HTTP/1.1\r\nHost: h\r\n\r\n");
        expect(s, request, "HTTP/1.1 4", "");
    }
    CHECK_CASE("a large body is shared, released once, and packed for whoever takes gzip")
    {
        int fd = client(s);
        send_text(fd, "GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        str got = receive(fd, 3000);
        CHECK(got.len > LARGE && got.len < LARGE + 500);
        close(fd);
        fd = client(s);
        send_text(fd, "GET /large HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n"
                      "Connection: close\r\n\r\n");
        got = receive(fd, 3000);
        CHECK(got.len < LARGE / 10);
        CHECK(str_find(got, STR("Content-Encoding: gzip\r\n")) < got.len);
        close(fd);
        for (int i = 0; i < 500 && atomic_load(&t.released) < 2; i++) {
            pause_ms(2);
        }
        CHECK_NUM(atomic_load(&t.released), 2);
    }
    CHECK(http_server_stop(s, 1));
    http_packed_done(&t.packed);
}

static void test_slow(void)
{
    struct tester t;
    struct http_server *s = start(&t, 1, 0);
    CHECK_CASE("who sends a byte now and then is cut after twice the time of an idle client")
    {
        int fd = client(s);
        uint64_t before = clock_monotonic_ns();
        bool cut = false;
        static const char head[] = "GET /abcdefghijklmnopqrstuvwxyz HTTP/1.1\r\nHost: ";
        for (size_t i = 0; i < sizeof(head) - 1 && !cut; i++) {
            cut = send(fd, &head[i], 1, MSG_NOSIGNAL) != 1 || receive(fd, 0).len > 0;
            struct pollfd p = {.fd = fd, .events = POLLIN};
            cut = cut || poll(&p, 1, 200) > 0;
        }
        uint64_t took_ms = (clock_monotonic_ns() - before) / 1000000;
        CHECK(cut);
        CHECK(took_ms >= 1900 && took_ms < 6000);
        close(fd);
    }
    CHECK_CASE("an answer that is put off is not cut by that, but has its own time")
    {
        atomic_store(&t.hold, true);
        int fd = client(s);
        send_text(fd, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
        str got = receive(fd, 4000);
        CHECK(str_starts(got, STR("HTTP/1.1 503")));
        CHECK(str_ends(got, STR("too late")));
        CHECK_NUM(atomic_load(&t.late), 1);
        atomic_store(&t.hold, false);
        close(fd);
    }
    CHECK_CASE("workers that are busy do not hold up what is answered at once")
    {
        atomic_store(&t.hold, true);
        int held[4];
        for (size_t i = 0; i < ARRAY_COUNT(held); i++) {
            held[i] = client(s);
            send_text(held[i], "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        uint64_t before = clock_monotonic_ns();
        expect(s, "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "1");
        CHECK((clock_monotonic_ns() - before) / 1000000 < 500);
        atomic_store(&t.hold, false);
        for (size_t i = 0; i < ARRAY_COUNT(held); i++) {
            CHECK(str_starts(receive(held[i], 900), STR("HTTP/1.1 ")));
            close(held[i]);
        }
    }
    CHECK(http_server_stop(s, 1));
}

static void test_connections(void)
{
    struct tester t;
    struct http_server *s = start(&t, 10, 4);
    CHECK_CASE("more connections than the limit wait, and are served when others have gone")
    {
        int fds[8];
        for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
            fds[i] = client(s);
            send_text(fds[i], "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        size_t served = 0, later = 0;
        for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
            struct pollfd p = {.fd = fds[i], .events = POLLIN};
            if (poll(&p, 1, 200) > 0) {
                served += receive(fds[i], 50).len > 0;
                close(fds[i]);
                fds[i] = -1;
            }
        }
        for (size_t i = 0; i < ARRAY_COUNT(fds); i++) {
            if (fds[i] >= 0) {
                later += receive(fds[i], 2000).len > 0;
                close(fds[i]);
            }
        }
        CHECK(served >= 4);
        CHECK_NUM(served + later, 8);
    }
    CHECK(http_server_stop(s, 1));
}

static void *stop_soon(void *server)
{
    return http_server_stop(server, 5) ? server : NULL;
}

struct comers {
    uint16_t port;
    atomic_bool over;
};

static void *come_and_go(void *what)
{
    struct comers *c = what;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(c->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (!atomic_load(&c->over)) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
            (void)!write(fd, "GET / HTTP/1.1\r\n", 16);
        }
        close(fd);
    }
    return NULL;
}

static void test_stop_in_a_crowd(void)
{
    CHECK_CASE("a stop while clients come and go ends in order, each time")
    {
        for (int round = 0; round < 40; round++) {
            static struct tester t;
            struct http_server *s = start(&t, 10, 0);
            struct comers comers = {.port = http_server_port(s)};
            pthread_t threads[3];
            for (size_t i = 0; i < 3; i++) {
                CHECK_NUM(pthread_create(&threads[i], NULL, come_and_go, &comers), 0);
            }
            pause_ms(5);
            CHECK(http_server_stop(s, 5));
            atomic_store(&comers.over, true);
            for (size_t i = 0; i < 3; i++) {
                pthread_join(threads[i], NULL);
            }
        }
    }
}

static void test_stop(void)
{
    struct tester t;
    struct http_server *s = start(&t, 10, 0);
    CHECK_CASE("a stop waits for the answer under way, and takes nobody new")
    {
        pthread_t thread;
        void *result = NULL;
        atomic_store(&t.hold, true);
        int fd = client(s);
        uint16_t port = http_server_port(s);
        send_text(fd, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
        pause_ms(100);
        CHECK_NUM(pthread_create(&thread, NULL, stop_soon, s), 0);
        pause_ms(200);
        int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        CHECK(connect(late, (struct sockaddr *)&to, sizeof(to)) != 0);
        close(late);
        atomic_store(&t.hold, false);
        str got = receive(fd, 2000);
        CHECK(str_starts(got, STR("HTTP/1.1 200")));
        pthread_join(thread, &result);
        CHECK(result != NULL);
        close(fd);
    }
    CHECK_CASE("a worker that does not end is told")
    {
        static struct tester stuck; /* the worker still uses it when the test is over */
        s = start(&stuck, 10, 0);
        atomic_store(&stuck.hold, true);
        int fd = client(s);
        send_text(fd, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
        pause_ms(100);
        CHECK(!http_server_stop(s, 0));
        str got = receive(fd, 2000);
        CHECK(str_starts(got, STR("HTTP/1.1 503")));
        atomic_store(&stuck.hold, false);
        close(fd);
        pause_ms(50);
    }
    CHECK_CASE("no server at all is stopped")
    {
        CHECK(http_server_stop(NULL, 1));
    }
}

static void test_refusals(void)
{
    struct error e;
    struct tester t = {.base = {.answer = answer}};
    struct http_server *s = NULL, *second = NULL;
    struct http_server_options options = {
        .address = "127.0.0.1", .threads = 1, .timeout_s = 1, .handler = &t.base};
    CHECK_CASE("a port that is taken is told")
    {
        CHECK_OK(http_server_start(&options, &s, &e), &e);
        options.port = http_server_port(s);
        CHECK_FAILS(http_server_start(&options, &second, &e), &e, ERROR_IO,
                    "cannot listen on port");
        CHECK(http_server_stop(s, 1));
    }
    CHECK_CASE("an address that is none is told")
    {
        options.address = "localhost";
        CHECK_FAILS(http_server_start(&options, &second, &e), &e, ERROR_USAGE, "'localhost'");
    }
    CHECK_CASE("certificates that are none are told")
    {
        options.address = "127.0.0.1";
        options.certificate = options.key = "nonsense";
        CHECK_FAILS(http_server_start(&options, &second, &e), &e, ERROR_USAGE, "certificate");
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    test_exchanges();
    test_limits();
    test_slow();
    test_connections();
    test_stop();
    test_stop_in_a_crowd();
    test_refusals();
    return check_done();
}
