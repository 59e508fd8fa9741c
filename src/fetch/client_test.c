/* Runs the fetch program against test_server.py on 127.0.0.1. Arguments: program, server. */
#include "fetch/client.h"

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
#include "check.h"

static const char *program;
static char base[64], port[8];
static pid_t server;

static bool server_start(const char *script)
{
    int out[2];
    char python[] = "python3", path[4096];
    snprintf(path, sizeof(path), "%s", script);
    char *const argv[] = {python, path, NULL};
    if (pipe2(out, O_CLOEXEC) != 0) {
        return false;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    int failed = posix_spawnp(&server, python, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    size_t len = 0; /* up to the end: the server closes its output when it listens */
    while (failed == 0 && len < sizeof(port) - 1 &&
           read(out[0], port + len, sizeof(port) - 1 - len) > 0) {
        len = strlen(port);
    }
    close(out[0]);
    port[strcspn(port, "\n")] = '\0';
    snprintf(base, sizeof(base), "http://127.0.0.1:%s", port);
    return port[0] != '\0';
}

/* A request to the test's server, which a user has named. */
static struct fetch_request to(struct arena *arena, const char *path)
{
    struct error e;
    struct fetch_request r = {.allow_private = true, .allow_http = true, .retry_wait_ms = 10};
    CHECK_OK(arena_printf(arena, &r.url, &e, "%s%s", base, path), &e);
    return r;
}

static str body_of(struct fetch_client *c, struct arena *arena, struct error *e)
{
    static char text[2000000];
    size_t got = 0;
    str out = STR_NONE;
    if (CHECK_OK(reader_read(fetch_body(c), text, sizeof(text), &got, e), e)) {
        CHECK_OK(arena_str(arena, (str){.at = text, .len = got}, &out, e), e);
    }
    return out;
}

static const struct {
    const char *says, *path;
    unsigned status;
    const char *body;
} answers[] = {
    {"a 404 is an answer, with its body", "/absent", 404, "no such thing"},
    {"a server that is busy twice is asked again", "/busy-twice", 200, "at last"},
    {"Retry-After is honoured", "/wait", 200, "waited"},
    {"a server that stays busy gets its answer through", "/busy", 503, "never"},
    {"… after four attempts", "/count", 200, "4"},
    {"nothing is decompressed", "/packed", 200, "\x1f\x8bnot really"},
};

static const struct {
    const char *says, *path;
    enum error_kind kind;
    const char *part;
} failures[] = {
    {"a sixth redirect is not followed", "/six", ERROR_REMOTE, "more than 5 redirects"},
    {"a circle of redirects ends", "/loop", ERROR_REMOTE, "more than 5 redirects"},
    {"a redirect to another private host is refused", "/to-name", ERROR_REMOTE,
     "redirected to another host: 'localhost' has an address"},
    {"a redirect to a private address is refused", "/to-private", ERROR_REMOTE, "10.1.2.3"},
    {"a redirect to a file is refused", "/to-file", ERROR_REMOTE, "not a protocol"},
    {"a redirect with a password is refused", "/to-user", ERROR_REMOTE, "user or password"},
    {"a flood of headers is refused", "/flood", ERROR_LIMIT, "more headers than the limit"},
};

static void test_answers(struct fetch_client *c, struct arena *arena)
{
    struct error e;
    struct fetch_response response;
    CHECK_CASE("a document arrives as it is, with its headers")
    {
        struct fetch_request r = to(arena, "/data");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_NUM(response.status, 200);
        CHECK_STR(fetch_header(&response, "etag"), STR("\"v1\""));
        CHECK_STR(fetch_header(&response, "last-modified"), STR("Tue, 24 Nov 2026 08:00:00 GMT"));
        str body = body_of(c, arena, &e);
        CHECK_NUM(body.len, 1000000);
        bool same = true;
        for (size_t i = 0; i < body.len; i++) {
            same = same && (unsigned char)body.at[i] == i * 7 % 251;
        }
        CHECK(same);
        CHECK_NUM(reader_offset(fetch_body(c)), 1000000);
    }
    for (size_t i = 0; i < ARRAY_COUNT(answers); i++) {
        CHECK_CASE("%s", answers[i].says)
        {
            struct fetch_request r = to(arena, answers[i].path);
            CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
            CHECK_NUM(response.status, answers[i].status);
            CHECK_STR(body_of(c, arena, &e), str_from(answers[i].body));
        }
    }
    CHECK_CASE("validators are sent, and 304 has no body")
    {
        struct fetch_request r = to(arena, "/etag");
        const str header = STR("If-None-Match: \"v1\"");
        r.headers = &header;
        r.headers_count = 1;
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_NUM(response.status, 304);
        CHECK_NUM(body_of(c, arena, &e).len, 0);
    }
    CHECK_CASE("five redirects are followed, to where the answer says")
    {
        struct fetch_request r = to(arena, "/five");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_NUM(response.status, 200);
        CHECK(str_ends(response.url, STR("/data")));
        CHECK_NUM(body_of(c, arena, &e).len, 1000000);
    }
    CHECK_CASE("a HEAD request has a head only")
    {
        struct fetch_request r = to(arena, "/data");
        r.method = STR("HEAD");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_STR(fetch_header(&response, "content-length"), STR("1000000"));
        CHECK_NUM(body_of(c, arena, &e).len, 0);
    }
    CHECK_CASE("a body nobody reads is passed before the next answer")
    {
        struct fetch_request r = to(arena, "/data");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        r = to(arena, "/absent");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_STR(body_of(c, arena, &e), STR("no such thing"));
    }
}

static void test_failures(struct fetch_client *c, struct arena *arena)
{
    struct error e;
    struct fetch_response response;
    for (size_t i = 0; i < ARRAY_COUNT(failures); i++) {
        CHECK_CASE("%s", failures[i].says)
        {
            struct fetch_request r = to(arena, failures[i].path);
            CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, failures[i].kind,
                        failures[i].part);
            CHECK(strstr(e.text, "secret") == NULL);
        }
    }
    CHECK_CASE("a loopback address is refused unless the user named it")
    {
        struct fetch_request r = to(arena, "/data");
        r.allow_private = false;
        CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, ERROR_REMOTE,
                    "not of the public internet");
        CHECK_OK(arena_printf(arena, &r.url, &e, "http://localhost:%s/data", port), &e);
        CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, ERROR_REMOTE,
                    "'localhost' has an address");
        /* a connection that was allowed before is not used for it either */
        r.allow_private = true;
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_NUM(body_of(c, arena, &e).len, 1000000);
        r.allow_private = false;
        CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, ERROR_REMOTE,
                    "'localhost' has an address");
    }
    CHECK_CASE("http is refused unless the user wrote it")
    {
        struct fetch_request r = to(arena, "/data");
        r.allow_http = false;
        CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, ERROR_USAGE, "is http");
    }
    CHECK_CASE("a port nobody listens on is told, after retries")
    {
        struct fetch_request r = to(arena, "");
        r.url = STR("http://127.0.0.1:1/");
        CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, ERROR_REMOTE, "127.0.0.1:1");
    }
    CHECK_CASE("a body that breaks off is a failure, not an end")
    {
        struct fetch_request r = to(arena, "/cut");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_FAILS(reader_drain(fetch_body(c), NULL, &e), &e, ERROR_REMOTE,
                    "breaks off after 1000 bytes");
    }
    CHECK_CASE("a body past its limit is a failure")
    {
        struct fetch_request r = to(arena, "/endless");
        r.body_bytes_max = 300000;
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_FAILS(reader_drain(fetch_body(c), NULL, &e), &e, ERROR_LIMIT, "limit of 300000");
        r = to(arena, "/data");
        r.body_bytes_max = 1000000;
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_NUM(body_of(c, arena, &e).len, 1000000);
    }
    CHECK_CASE("a server that stops sending is given up")
    {
        struct fetch_request r = to(arena, "/stall");
        r.stall_s = 1;
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_FAILS(reader_drain(fetch_body(c), NULL, &e), &e, ERROR_REMOTE, "breaks off");
    }
    CHECK_CASE("a line break in a header is refused")
    {
        struct fetch_request r = to(arena, "/headers");
        const str header = STR("X: a\r\nY: b");
        r.headers = &header;
        r.headers_count = 1;
        CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, ERROR_USAGE, "line break");
    }
}

static void test_child(struct arena *arena)
{
    struct error e;
    struct fetch_response response;
    struct fetch_client c = {.pid = 0};
    CHECK_CASE("a client that was never started, and one stopped twice, are fine")
    {
        fetch_stop(&c);
        CHECK_OK(fetch_start(&c, str_from(program), &e), &e);
        fetch_stop(&c);
        fetch_stop(&c);
    }
    CHECK_CASE("a program that is not there is told")
    {
        CHECK_FAILS(fetch_start(&c, STR("/nowhere/limpid-fetch"), &e), &e, ERROR_IO, "nowhere");
        fetch_stop(&c);
    }
    CHECK_CASE("a child that dies is a failure, at any point")
    {
        CHECK_OK(fetch_start(&c, str_from(program), &e), &e);
        struct fetch_request r = to(arena, "/endless");
        CHECK_OK(fetch_get(&c, &r, arena, &response, &e), &e);
        kill(c.pid, SIGKILL);
        CHECK_FAILS(reader_drain(fetch_body(&c), NULL, &e), &e, ERROR_REMOTE, "");
        CHECK_FAILS(fetch_get(&c, &r, arena, &response, &e), &e, ERROR_REMOTE, "");
        fetch_stop(&c);
    }
    CHECK_CASE("a child is stopped in the middle of a body without waiting for its end")
    {
        CHECK_OK(fetch_start(&c, str_from(program), &e), &e);
        struct fetch_request r = to(arena, "/stall");
        CHECK_OK(fetch_get(&c, &r, arena, &response, &e), &e);
        uint64_t before = clock_monotonic_ns();
        fetch_stop(&c);
        CHECK(clock_monotonic_ns() - before < 5000000000U);
    }
}

static void test_posts(struct fetch_client *c, struct arena *arena)
{
    struct error e;
    struct fetch_response response;
    char want[200];
    static char large[1000000];
    memset(large, 'x', sizeof(large));
    const str type = STR("Content-Type: application/json");
    static const char *const paths[] = {"/post", "/post-again"};
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        CHECK_CASE("a body is posted to %s, once with each of two sizes", paths[i])
        {
            struct fetch_request r = to(arena, paths[i]);
            r.method = STR("POST");
            r.headers = &type;
            r.headers_count = 1;
            r.body = STR("{\"Name\":1}");
            CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
            CHECK_NUM(response.status, 201);
            CHECK(str_starts(body_of(c, arena, &e), STR("10 application/json 127.0.0.1:")));
            r.body = (str){.at = large, .len = sizeof(large)};
            CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
            snprintf(want, sizeof(want), "1000000 application/json 127.0.0.1:%s xxxxx", port);
            CHECK_STR(body_of(c, arena, &e), str_from(want));
        }
    }
    CHECK_CASE("a redirect to see another place is a GET without a body")
    {
        struct fetch_request r = to(arena, "/post-seen");
        r.method = STR("POST");
        r.headers = &type;
        r.headers_count = 1;
        r.body = STR("{}");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK_NUM(response.status, 200);
        str told = body_of(c, arena, &e);
        CHECK_NUM(str_find(told, STR("Content-Type")), told.len);
        CHECK_NUM(str_find(told, STR("Content-Length")), told.len);
    }
    CHECK_CASE("an empty body is posted")
    {
        struct fetch_request r = to(arena, "/post");
        r.method = STR("POST");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK(str_starts(body_of(c, arena, &e), STR("0 ")));
    }
    CHECK_CASE("a body past the limit is refused, and the next request is fine")
    {
        struct fetch_request r = to(arena, "/post");
        r.method = STR("POST");
        r.body = (str){.at = large, .len = FETCH_POST_BYTES_MAX + 1};
        CHECK_FAILS(fetch_get(c, &r, arena, &response, &e), &e, ERROR_LIMIT, "limit of 16777216");
        r.body = STR("12345");
        CHECK_OK(fetch_get(c, &r, arena, &response, &e), &e);
        CHECK(str_starts(body_of(c, arena, &e), STR("5 ")));
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 || !server_start(argv[2])) {
        printf("1..0 # SKIP no program, or no python3\n");
        return 0;
    }
    program = argv[1];
    signal(SIGPIPE, SIG_IGN);
    static const char *const variables[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_COUNT(variables); i++) {
        unsetenv(variables[i]);
    }
    struct error e;
    struct arena arena;
    arena_init(&arena, 64 << 20, "the test");
    struct fetch_client c;
    CHECK_CASE("the program starts")
    {
        CHECK_OK(fetch_start(&c, str_from(program), &e), &e);
    }
    test_answers(&c, &arena);
    test_failures(&c, &arena);
    test_posts(&c, &arena);
    fetch_stop(&c);
    test_child(&arena);
    arena_done(&arena);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return check_done();
}
