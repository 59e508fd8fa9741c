#include "http/metrics.h"

#include <pthread.h>
#include <stdio.h>

#include "check.h"

static void *count(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        metrics_answered(arg, "/v1/layers/{}", 200, 20000000);
        metrics_add(arg, METRIC_UPDATES, 1);
    }
    return NULL;
}

static bool has(const struct buf *b, const char *line)
{
    str text = buf_str(b);
    return str_find(text, str_from(line)) < text.len;
}

int main(void)
{
    struct error e;
    struct metrics *m = NULL;
    struct buf to;
    buf_init(&to, 1 << 20);
    CHECK_CASE("answers are counted by route and status, from several threads")
    {
        pthread_t threads[4];
        CHECK_OK(metrics_new(&m, &e), &e);
        for (size_t i = 0; i < ARRAY_COUNT(threads); i++) {
            CHECK_NUM(pthread_create(&threads[i], NULL, count, m), 0);
        }
        for (size_t i = 0; i < ARRAY_COUNT(threads); i++) {
            pthread_join(threads[i], NULL);
        }
        metrics_answered(m, "/v1/layers/{}", 404, 1000);
        metrics_answered(m, NULL, 404, 10000000000);
        metrics_set(m, METRIC_UPDATE_SECONDS, 12);
        CHECK_OK(metrics_print(m, &to, &e), &e);
        static const char name[] = "clair_api_response_duration_milliseconds";
        char line[200];
        snprintf(line, sizeof(line), "\n%s_count{code=\"200\",route=\"/v1/layers/{}\"} 40000\n",
                 name);
        CHECK(has(&to, line));
        snprintf(line, sizeof(line),
                 "\n%s_bucket{code=\"200\",route=\"/v1/layers/{}\",le=\"18.75\"} 0\n", name);
        CHECK(has(&to, line));
        snprintf(line, sizeof(line),
                 "\n%s_bucket{code=\"200\",route=\"/v1/layers/{}\",le=\"37.5\"} 40000\n", name);
        CHECK(has(&to, line));
        snprintf(line, sizeof(line), "\n%s_sum{code=\"200\",route=\"/v1/layers/{}\"} 800000.000\n",
                 name);
        CHECK(has(&to, line));
        snprintf(line, sizeof(line), "\n%s_bucket{code=\"404\",route=\"none\",le=\"4800\"} 0\n",
                 name);
        CHECK(has(&to, line));
        CHECK(has(&to, "\nlimpid_updates_total 40000\n"));
        CHECK(has(&to, "\nclair_updater_duration_seconds 12\n"));
    }
    CHECK_CASE("more pairs than there is room for are counted together")
    {
        static char routes[300][16];
        for (int i = 0; i < 300; i++) {
            snprintf(routes[i], sizeof(routes[i]), "/r%d", i);
            metrics_answered(m, routes[i], 200, 0);
        }
        to.len = 0;
        CHECK_OK(metrics_print(m, &to, &e), &e);
        CHECK(has(&to, "route=\"other\""));
        CHECK(has(&to, "route=\"/r0\""));
    }
    CHECK_CASE("a buffer without room is an error")
    {
        struct buf small;
        buf_init(&small, 1000);
        CHECK_FAILS(metrics_print(m, &small, &e), &e, ERROR_LIMIT, "limit of 1000 bytes");
        buf_done(&small);
    }
    metrics_free(m);
    metrics_free(NULL);
    buf_done(&to);
    return check_done();
}
