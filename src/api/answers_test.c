/* answers_test.c: remembered answers: found while nothing changed, never after; the limit; many
 * threads at once (run it under TSan too). */
#include <pthread.h>

#include "api/service.h"
#include "store/testing.h"

enum { THREADS = 4, ROUNDS = 2000 };

static struct service *service;
static struct error e;

static bool open_service(const char *dir, size_t bytes_max)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s/service.db", dir);
    const struct service_options options = {
        .graph = {.engine = &engine_sqlite, .path = path, .busy_ms = 5000},
        .data_dir = str_from(dir),
        .workers = THREADS,
        .answers_bytes_max = bytes_max,
    };
    return CHECK_OK(service_open(&options, &service, &e), &e);
}

static bool write_something(unsigned worker, const char *name)
{
    const struct graph_vulnerability v = {
        .api = GRAPH_API_2015, .name = str_from(name), .severity = STR("High")};
    bool changed;
    struct error unread;
    return graph_vulnerability_put(service_graph(service, worker), &v, &changed, &unread);
}

static void one_worker(void)
{
    CHECK_CASE("an answer is found again, its text unmoved, until something changes")
    {
        CHECK(service_answer_find(service, 0, STR("k")) == NULL);
        struct answer *kept = service_answer_keep(service, 0, STR("k"), STR("body"));
        CHECK(kept != NULL);
        struct answer *found = service_answer_find(service, 0, STR("k"));
        CHECK(found == kept);
        CHECK_STR(answer_body(found), STR("body"));
        CHECK(service_answer_find(service, 0, STR("other")) == NULL);
        CHECK(write_something(0, "CVE-1"));
        CHECK(service_answer_find(service, 0, STR("k")) == NULL);
        CHECK_STR(answer_body(found), STR("body")); /* pinned */
        answer_release(found);
        answer_release(kept);
    }
    CHECK_CASE("an answer that was begun before a change is not found after it")
    {
        CHECK(service_answer_find(service, 0, STR("late")) == NULL);
        CHECK(write_something(1, "CVE-2"));
        struct answer *kept = service_answer_keep(service, 0, STR("late"), STR("old"));
        answer_release(kept);
        CHECK(service_answer_find(service, 0, STR("late")) == NULL);
    }
}

static void limits(void)
{
    static char text[100000];
    memset(text, 'x', sizeof(text));
    CHECK_CASE("past the limit the answer that was used longest ago goes")
    {
        char key[20];
        for (int i = 0; i < 12; i++) {
            snprintf(key, sizeof(key), "k%d", i);
            CHECK(service_answer_find(service, 0, str_from(key)) == NULL);
            answer_release(service_answer_keep(service, 0, str_from(key),
                                               (str){.at = text, .len = sizeof(text)}));
            struct answer *first = service_answer_find(service, 0, STR("k0"));
            CHECK(first != NULL);
            answer_release(first);
        }
        CHECK(service_answer_find(service, 0, STR("k1")) == NULL);
        struct answer *last = service_answer_find(service, 0, STR("k11"));
        CHECK(last != NULL);
        answer_release(last);
    }
    CHECK_CASE("an answer above a quarter of the limit is not kept")
    {
        static char large[600000];
        CHECK(service_answer_find(service, 0, STR("large")) == NULL);
        CHECK(service_answer_keep(service, 0, STR("large"),
                                  (str){.at = large, .len = sizeof(large)}) == NULL);
    }
}

/* Each answer tells its key: whoever finds another one has found a wrong answer. */
static void *ask(void *arg)
{
    unsigned worker = *(unsigned *)arg;
    size_t wrong = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char key[20];
        snprintf(key, sizeof(key), "key %u", (i * (worker + 1)) % 50);
        struct answer *a = service_answer_find(service, worker, str_from(key));
        if (a == NULL) {
            a = service_answer_keep(service, worker, str_from(key), str_from(key));
        }
        wrong += a == NULL || !str_eq(answer_body(a), str_from(key));
        answer_release(a);
        if (worker == 0 && i % 100 == 0) {
            snprintf(key, sizeof(key), "CVE-%u", i);
            wrong += !write_something(0, key);
        }
    }
    return wrong == 0 ? NULL : arg;
}

static void many_workers(void)
{
    CHECK_CASE("four threads find their own answers while one of them changes the store")
    {
        pthread_t threads[THREADS];
        unsigned numbers[THREADS];
        for (unsigned i = 0; i < THREADS; i++) {
            numbers[i] = i;
            CHECK(pthread_create(&threads[i], NULL, ask, &numbers[i]) == 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            void *wrong = NULL;
            pthread_join(threads[i], &wrong);
            CHECK(wrong == NULL);
        }
    }
}

int main(void)
{
    if (!open_service(test_dir_make(), 1024 * 1024)) {
        return 1;
    }
    one_worker();
    limits();
    many_workers();
    service_close(service);
    return check_done();
}
