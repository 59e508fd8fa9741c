/* api_tool.c: the APIs without a server: requests as JSON lines on standard input, answers as JSON
 * lines on standard output. For tests.
 *
 *     {"port":"api","method":"GET","path":"/v1/versions","body":"…"}
 *     {"status":200,"type":"application/json;
 * charset=utf-8","headers":{"Server":"clair"},"body":"…"}
 *
 * "notify" as method: the webhooks of all notifications that are due, as the 2015 API's and the
 * 2016 API's notifier would send them. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/body.h"
#include "api/say.h"
#include "store/engine.h"
#include "worker/child.h"

enum { LINE_BYTES_MAX = 4 * 1024 * 1024, ARENA_BYTES_MAX = 256 * 1024 * 1024 };

static void put_out(struct buf *line)
{
    fwrite(line->at, 1, line->len, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

static void say_answer(const struct http_response *out)
{
    struct error e;
    struct buf line;
    struct say s;
    buf_init(&line, LINE_BYTES_MAX * 8);
    say_init(&s, &line, &e);
    say_object(&s, NULL);
    say_int(&s, "status", out->status);
    say_str(&s, "type", out->content_type);
    say_object(&s, "headers");
    for (size_t i = 0; i < out->headers_count; i++) {
        say_name(&s, out->headers[i].name);
        say_str(&s, NULL, out->headers[i].value);
    }
    say_close(&s);
    say_str(&s, "body", out->owner != NULL ? out->shared : buf_str(&out->text));
    say_bool(&s, "shared", out->owner != NULL);
    say_close(&s);
    if (say_done(&s)) {
        put_out(&line);
    }
    buf_done(&line);
}

static void notify(struct service *service, struct arena *arena)
{
    struct graph *graph = service_graph(service, 0);
    struct graph_notification n;
    struct error e;
    int64_t fence;
    bool found = true;
    struct say s;
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX * 8);
    say_init(&s, &line, &e);
    say_object(&s, NULL);
    say_array(&s, "webhooks");
    while (graph_notification_take(graph, STR("tool"), 0, 60, arena, &n, &fence, &found, &e) &&
           found) {
        struct buf bodies[API_WEBHOOKS_MAX + 1];
        size_t count = 0;
        for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
            buf_init(&bodies[i], LINE_BYTES_MAX);
        }
        if (!api_webhooks_2015(service, 0, &n, arena, bodies, &count, &e) ||
            !api_webhook_2016(&n, &bodies[count++], &e) ||
            !graph_notification_done(graph, n.name, fence, true, 0, &e)) {
            fprintf(stderr, "%s\n", e.text);
            break;
        }
        for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
            if (bodies[i].len > 0) {
                say_json(&s, NULL, buf_str(&bodies[i]));
            }
            buf_done(&bodies[i]);
        }
    }
    say_close(&s);
    say_close(&s);
    if (say_done(&s)) {
        put_out(&line);
    }
    buf_done(&line);
}

static void answer_line(struct service *service, str line)
{
    const struct json_node *node;
    struct error e;
    struct arena arena;
    struct http_response out = {.status = 0};
    arena_init(&arena, ARENA_BYTES_MAX, "a request");
    buf_init(&out.text, LINE_BYTES_MAX * 4);
    if (json_tree(line, &arena, &node, &e)) {
        str path = json_member_str(node, "path"), before;
        struct http_request request = {.method = json_member_str(node, "method"),
                                       .path = path,
                                       .body = json_member_str(node, "body")};
        if (str_cut(&path, '?', &before)) {
            request.path = before;
            request.query = path;
        }
        bool health = str_eq(json_member_str(node, "port"), STR("health"));
        if (str_eq(request.method, STR("notify"))) {
            notify(service, &arena);
        } else {
            api_answer(service, health ? API_PORT_HEALTH : API_PORT_MAIN, 0, &request, &arena,
                       &out);
            api_count(service, out.route, out.status, 1000000);
            say_answer(&out);
        }
    } else {
        fprintf(stderr, "%s\n", e.text);
    }
    if (out.release != NULL) {
        out.release(out.owner);
    }
    buf_done(&out.text);
    arena_done(&arena);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], WORKER_OPTION) == 0) {
        return worker_main(argc, argv);
    }
    signal(SIGPIPE, SIG_IGN);
    if (argc < 4) {
        fprintf(stderr, "usage: api_tool 2015|2016 DATABASE DATA_DIR [as-recorded]\n");
        return 2;
    }
    struct service_options options = {
        .graph = {.engine = &engine_sqlite, .path = argv[2], .busy_ms = 1000},
        .data_dir = str_from(argv[3]),
        .workers = 1,
        .dialect = strcmp(argv[1], "2015") == 0 ? DIALECT_2015 : DIALECT_2016,
        .local_paths = true,
        .private_addresses = true,
        .has_notifier = true,
        .as_recorded = argc > 4,
    };
    struct service *service;
    struct error e;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    if (!service_open(&options, &service, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    while ((len = getline(&line, &room, stdin)) > 0) {
        answer_line(service, str_trim((str){.at = line, .len = (size_t)len}));
    }
    free(line);
    service_close(service);
    return 0;
}
