/* api_testing.h: what the tests of the APIs share: a service on an empty folder, layers made by
 * hand, and a table of requests with the answers that are wanted. */
#ifndef LIMPID_API_API_TESTING_H
#define LIMPID_API_API_TESTING_H

#include <mktar.h>
#include <signal.h>

#include "api/api.h"
#include "store/testing.h"
#include "worker/child.h"

struct ask {
    const char *says, *method, *path, *body;
    unsigned status;
    const char *want; /* the whole body; with '…' at the end: how it begins; NULL: any */
};

struct test_service {
    struct service *service;
    const char *dir;
};

static inline bool test_open(struct test_service *t, enum dialect dialect, bool as_recorded)
{
    struct error e;
    char path[100];
    t->dir = test_dir_make();
    snprintf(path, sizeof(path), "%s/service.db", t->dir);
    const struct service_options options = {
        .graph = {.engine = &engine_sqlite, .path = path, .busy_ms = 1000},
        .data_dir = str_from(t->dir),
        .workers = 1,
        .dialect = dialect,
        .local_paths = true,
        .has_notifier = true,
        .as_recorded = as_recorded,
    };
    return CHECK_OK(service_open(&options, &t->service, &e), &e);
}

static inline void test_close(struct test_service *t)
{
    service_close(t->service);
}

/* A layer of two files in the service's folder; an empty text: without that file. */
static inline void test_layer(struct test_service *t, const char *name, const char *os,
                              const char *status)
{
    struct mktar m = {0};
    char path[100];
    if (os[0] != '\0') {
        mktar_file(&m, "etc/os-release", os);
    }
    if (status[0] != '\0') {
        mktar_file(&m, "var/lib/dpkg/status", status);
    }
    mktar_end(&m);
    snprintf(path, sizeof(path), "%s/%s", t->dir, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, m.at, m.len) == (ssize_t)m.len);
    close(fd);
    mktar_done(&m);
}

/* "$" in a body is the folder. */
static inline str test_insert(const struct test_service *t, const char *body, struct arena *arena)
{
    struct error e;
    str text = STR_NONE, rest = str_from(body), before;
    struct buf buf;
    buf_init(&buf, 1024 * 1024);
    while (str_cut(&rest, '$', &before)) {
        CHECK(buf_add_str(&buf, before, &e) && buf_add_str(&buf, str_from(t->dir), &e));
    }
    CHECK(buf_add_str(&buf, rest, &e) && arena_str(arena, buf_str(&buf), &text, &e));
    buf_done(&buf);
    return text;
}

static inline void test_request(struct test_service *t, enum api_port port, const char *method,
                                const char *path, str body, struct arena *arena,
                                struct http_response *out)
{
    str query = str_from(path), before;
    struct http_request request = {.method = str_from(method), .path = query, .body = body};
    if (str_cut(&query, '?', &before)) {
        request.path = before;
        request.query = query;
    }
    *out = (struct http_response){.status = 0};
    buf_init(&out->text, 16 * 1024 * 1024);
    api_answer(t->service, port, 0, &request, arena, out);
}

static inline str test_body(const struct http_response *out)
{
    return out->owner != NULL ? out->shared : buf_str(&out->text);
}

static inline void test_free(struct http_response *out)
{
    if (out->release != NULL) {
        out->release(out->owner);
    }
    buf_done(&out->text);
}

static inline void test_ask(struct test_service *t, const struct ask *a)
{
    struct arena arena;
    struct http_response out;
    arena_init(&arena, 64 * 1024 * 1024, "a request");
    bool health = strncmp(a->method, "health ", 7) == 0;
    test_request(t, health ? API_PORT_HEALTH : API_PORT_MAIN, a->method + (health ? 7 : 0), a->path,
                 test_insert(t, a->body, &arena), &arena, &out);
    CHECK_NUM(out.status, a->status);
    if (a->want != NULL) {
        str got = test_body(&out), want = str_from(a->want);
        if (str_ends(want, STR("…"))) {
            want.len -= sizeof("…") - 1;
            got = str_slice(got, 0, want.len);
        }
        CHECK_STR(got, want);
    }
    test_free(&out);
    arena_done(&arena);
}

static inline void test_table(struct test_service *t, const struct ask *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_CASE("%s: %s %s", table[i].says, table[i].method, table[i].path)
        {
            test_ask(t, &table[i]);
        }
    }
}

/* For the `main` of such a test: the workers are this program too. */
static inline bool test_is_worker(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return argc > 1 && strcmp(argv[1], WORKER_OPTION) == 0;
}

#endif
