#include <pthread.h>

#include "store/current.h"
#include "store/rows_testing.h"

/* Several feeds written at once by threads of one process, over one store; meant to run under the
 * thread sanitizer too. */

enum { WRITERS = 6, ROUNDS = 8 };

struct job {
    struct store *store;
    char feed[20];
    int number;
    bool ok;
    struct error e;
};

static void *write_feed(void *arg)
{
    struct job *job = arg;
    job->ok = true;
    for (int i = 0; job->ok && i < ROUNDS; i++) {
        if (i % 4 == 3) {
            job->ok = store_feed_failed(job->store, str_from(job->feed), STR("why"), &job->e);
        } else {
            job->ok = test_feed(job->store, job->feed, 90 + (size_t)i * 30,
                                (uint64_t)(job->number * 100 + i), 1 + i, &job->e);
        }
    }
    return NULL;
}

static void *read_all(void *arg)
{
    struct job *job = arg;
    job->ok = true;
    for (int i = 0; job->ok && i < 40; i++) {
        struct advisories *a = NULL;
        struct arena arena;
        const struct advisory_row *rows;
        size_t count;
        arena_init(&arena, 1 << 22, "a test");
        /* none yet is fine */
        if (advisories_open(job->store, &a, &job->e)) {
            job->ok = advisories_find(a, STR("debian:12"), SCOPE_SOURCE, STR("package-0"), &arena,
                                      &rows, &count, &job->e);
        } else {
            job->ok = job->e.kind == ERROR_ABSENT;
        }
        advisories_close(a);
        arena_done(&arena);
    }
    return NULL;
}

static void feeds_check(struct store *s)
{
    struct arena arena;
    const struct feed_state *feeds;
    size_t count = 0;
    arena_init(&arena, 1 << 20, "a test");
    CHECK_OK(store_feeds(s, &arena, &feeds, &count, &e), &e);
    CHECK_NUM(count, WRITERS);
    for (size_t i = 0; i < count; i++) {
        CHECK_NUM(feeds[i].rows, 90 + 6 * 30);
        CHECK_STR(feeds[i].last_error, STR("why"));
    }
    arena_done(&arena);
}

int main(void)
{
    CHECK_CASE("%d threads write %d feeds at once, and one reads; nothing gets lost", WRITERS,
               WRITERS)
    {
        static struct job jobs[WRITERS + 1];
        pthread_t threads[WRITERS + 1];
        test_dir_make();
        struct store *s = test_store();
        s->budget_bytes = 4000;
        s->grace_s = 0;
        for (int i = 0; i <= WRITERS; i++) {
            jobs[i] = (struct job){.store = s, .number = i};
            snprintf(jobs[i].feed, sizeof(jobs[i].feed), "feed-%d", i);
        }
        s->grace_s = 600; /* the reader opens files late */
        for (int i = 0; i <= WRITERS; i++) {
            CHECK(pthread_create(&threads[i], NULL, i < WRITERS ? write_feed : read_all,
                                 &jobs[i]) == 0);
        }
        for (int i = 0; i <= WRITERS; i++) {
            pthread_join(threads[i], NULL);
            CHECK_OK(jobs[i].ok, &jobs[i].e);
        }
        CHECK_NUM(s->lock_depth, 0);
        CHECK(s->writers == NULL);
        feeds_check(s);
        s->grace_s = 0; /* what is not named goes */
        CHECK_OK(store_feed_failed(s, STR("feed-0"), STR("why"), &e), &e);
        size_t files = 0;
        DIR *list = opendir(test_path("advisories"));
        while (list != NULL && readdir(list) != NULL) {
            files++;
        }
        closedir(list);
        CHECK_NUM(files, 4 + WRITERS); /* ".", "..", current, lock and the files */
        store_close(s);
    }
    CHECK_CASE("files are swept away while threads write, but never one that waits to be named")
    {
        static struct job jobs[WRITERS];
        pthread_t threads[WRITERS];
        test_dir_make();
        struct store *s = test_store();
        s->grace_s = 0;
        for (int i = 0; i < WRITERS; i++) {
            jobs[i] = (struct job){.store = s, .number = i};
            snprintf(jobs[i].feed, sizeof(jobs[i].feed), "feed-%d", i);
            CHECK(pthread_create(&threads[i], NULL, write_feed, &jobs[i]) == 0);
        }
        for (int i = 0; i < WRITERS; i++) {
            pthread_join(threads[i], NULL);
            CHECK_OK(jobs[i].ok, &jobs[i].e);
        }
        feeds_check(s);
        struct advisories *a = NULL;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        rows_of(a, "debian:12", "package-0");
        advisories_close(a);
        store_close(s);
    }
    CHECK_CASE("a feed has one writer at a time")
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL, *second = NULL;
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_FAILS(advisories_write_begin(s, STR("x"), &second, &e), &e, ERROR_USAGE, "already");
        CHECK_NUM(s->lock_depth, 1);
        advisories_write_abandon(w);
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        advisories_write_abandon(w);
        store_close(s);
    }
    return check_done();
}
