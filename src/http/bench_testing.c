/* A server with a fixed answer, to be measured: http_bench PORT BYTES [SECONDS]. GET / is the
 * answer from memory, /later the same by a worker, /text one made anew. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "http/server.h"

struct bench {
    struct http_handler base;
    struct http_packed packed;
    struct buf body;
};

static void answer(struct http_handler *self, unsigned worker, const struct http_request *request,
                   struct arena *arena, struct http_response *out)
{
    struct bench *b = CONTAINER_OF(self, struct bench, base);
    struct error e;
    (void)worker;
    (void)arena;
    out->status = 200;
    out->content_type = STR("application/json;charset=utf-8");
    http_header_put(out, STR("Server"), STR("clair"));
    out->compress = true;
    if (str_eq(request->path, STR("/text"))) {
        out->status = buf_add_str(&out->text, buf_str(&b->body), &e) ? 200 : 500;
        return;
    }
    if (str_eq(request->path, STR("/later")) && request->at_once) {
        out->later = true;
        return;
    }
    out->shared = buf_str(&b->body);
    out->packed = &b->packed;
}

int main(int argc, char **argv)
{
    struct bench b = {.base = {.answer = answer}};
    struct http_server *server;
    struct error e;
    uint64_t port = 0, bytes = 0, seconds = 3600;
    if (argc < 3 || !num_parse(str_from(argv[1]), 10, 65535, &port) ||
        !num_parse(str_from(argv[2]), 10, 100000000, &bytes) ||
        (argc > 3 && !num_parse(str_from(argv[3]), 10, 86400, &seconds))) {
        return 2;
    }
    buf_init(&b.body, bytes + 100);
    for (size_t i = 0; b.body.len < bytes; i++) {
        if (!buf_printf(&b.body, &e, "{\"Name\":\"CVE-2024-%zu\"},", i)) {
            break;
        }
    }
    b.body.len = bytes;
    struct http_server_options options = {.address = "127.0.0.1",
                                          .port = (uint16_t)port,
                                          .workers = 4,
                                          .timeout_s = 60,
                                          .body_bytes_max = 1 << 20,
                                          .handler = &b.base};
    if (!http_server_start(&options, &server, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    sleep((unsigned)seconds);
    return http_server_stop(server, 1) ? 0 : 1;
}
