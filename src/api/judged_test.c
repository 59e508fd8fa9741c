/* judged_test.c: what is remembered of packages: a copy comes back, of the same generation alone;
 * the limit; many threads at once (run it under TSan too). */
#include "api/judged.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { THREADS = 4, ROUNDS = 5000, KEYS = 50 };

static struct error e;
static struct arena arena;

static const struct service_vulnerability two[] = {
    {.name = STR_INIT("CVE-2014-0160"),
     .os = STR_INIT("debian:8"),
     .link = STR_INIT("https://security-tracker.debian.org/tracker/CVE-2014-0160"),
     .description = STR_INIT("The TLS and DTLS implementations …"),
     .severity = STR_INIT("High"),
     .metadata = STR_INIT("{\"NVD\":{}}"),
     .fixed_by = STR_INIT("1.0.1g-1"),
     .of_feed = true},
    {.name = STR_INIT("CVE-2016-2107"), .severity = STR_INIT("Unknown"), .of_feed = true},
};

static struct judged *table(size_t bytes_max)
{
    struct judged *j = judged_new(&arena, bytes_max, &e);
    CHECK(j != NULL);
    return j;
}

static bool find(struct judged *j, uint64_t stamp, str key, struct service_vulnerability **out,
                 size_t *count)
{
    bool known = false;
    CHECK_OK(judged_find(j, stamp, key, &arena, out, count, &known, &e), &e);
    return known;
}

static void copies(void)
{
    struct judged *j = table(1 << 20);
    struct service_vulnerability *found = NULL;
    size_t count = 0;
    CHECK_CASE("what is kept comes back as a copy, but for the namespace that is the layer's")
    {
        CHECK(!find(j, 1, STR("a"), &found, &count));
        judged_keep(j, 1, STR("a"), two, ARRAY_COUNT(two));
        CHECK(find(j, 1, STR("a"), &found, &count));
        CHECK_NUM(count, 2);
        for (size_t i = 0; i < 2 && count == 2; i++) {
            CHECK_STR(found[i].name, two[i].name);
            CHECK_STR(found[i].link, two[i].link);
            CHECK_STR(found[i].description, two[i].description);
            CHECK_STR(found[i].severity, two[i].severity);
            CHECK_STR(found[i].metadata, two[i].metadata);
            CHECK_STR(found[i].fixed_by, two[i].fixed_by);
            CHECK(found[i].of_feed && found[i].os.len == 0);
            CHECK(found[i].name.at != two[i].name.at);
        }
    }
    CHECK_CASE("that a package has none is known too")
    {
        judged_keep(j, 1, STR("none"), NULL, 0);
        CHECK(find(j, 1, STR("none"), &found, &count));
        CHECK_NUM(count, 0);
    }
    CHECK_CASE("another generation knows nothing of it, and what it keeps stands in its place")
    {
        CHECK(!find(j, 2, STR("a"), &found, &count));
        judged_keep(j, 2, STR("a"), two, 1);
        CHECK(find(j, 2, STR("a"), &found, &count));
        CHECK_NUM(count, 1);
        CHECK(!find(j, 1, STR("a"), &found, &count));
    }
    judged_free(j);
}

static void keys(void)
{
    const struct package one = {.ecosystem = ECOSYSTEM_DEB,
                                .name = STR("libssl1.0.0"),
                                .version = STR("1.0.1e-2"),
                                .arch = STR("amd64"),
                                .source = STR("openssl"),
                                .source_version = STR("1.0.1e-2"),
                                .module = STR("m"),
                                .vendor = STR("v")};
    struct package others[8];
    str key, other, again;
    CHECK_CASE("packages that differ in anything have keys that differ")
    {
        CHECK_OK(judged_key(STR("debian:8"), &one, &arena, &key, &e), &e);
        CHECK_OK(judged_key(STR("debian:8"), &one, &arena, &again, &e), &e);
        CHECK_STR(again, key);
        for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
            others[i] = one;
        }
        others[0].ecosystem = ECOSYSTEM_RPM;
        others[1].name = STR("libssl1.0.01"); /* the same bytes in a row */
        others[1].version = STR(".0.1e-2");
        others[2].version = STR("1.0.1e-3");
        others[3].arch = STR("");
        others[4].source = STR("openssl1");
        others[5].source_version = STR("");
        others[6].module = STR("");
        others[7].vendor = STR("");
        for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
            CHECK_OK(judged_key(STR("debian:8"), &others[i], &arena, &other, &e), &e);
            CHECK(!str_eq(other, key));
        }
        CHECK_OK(judged_key(STR("debian:9"), &one, &arena, &other, &e), &e);
        CHECK(!str_eq(other, key));
    }
}

static void limit(void)
{
    enum { MOST = 64 * 1024 };
    struct judged *j = table(MOST);
    struct service_vulnerability *found = NULL;
    size_t count = 0, kept = 0;
    char key[20];
    CHECK_CASE("the ones that were not asked for go, within the limit")
    {
        for (int i = 0; i < 1000; i++) {
            snprintf(key, sizeof(key), "key %d", i);
            judged_keep(j, 1, str_from(key), two, ARRAY_COUNT(two));
            CHECK(find(j, 1, STR("key 0"), &found, &count));
        }
        for (int i = 0; i < 1000; i++) {
            snprintf(key, sizeof(key), "key %d", i);
            kept += find(j, 1, str_from(key), &found, &count);
        }
        CHECK(kept > 50 && kept * (sizeof(two) + 100) < MOST);
        CHECK(find(j, 1, STR("key 999"), &found, &count));
    }
    CHECK_CASE("what is too large is not kept")
    {
        static struct service_vulnerability many[MOST / sizeof(two[0])];
        judged_keep(j, 1, STR("many"), many, ARRAY_COUNT(many));
        CHECK(!find(j, 1, STR("many"), &found, &count));
        CHECK(find(j, 1, STR("key 999"), &found, &count));
    }
    judged_free(j);
}

static void memory(void)
{
    CHECK_CASE("without memory nothing is kept, or the question fails")
    {
        for (int n = 0;; n++) {
            struct judged *j = table(1 << 20);
            struct service_vulnerability *found = NULL;
            struct arena fresh;
            size_t count = 0;
            bool known = false;
            arena_init(&fresh, 1 << 20, "a request");
            fail_alloc_at(n);
            judged_keep(j, 1, STR("a"), two, ARRAY_COUNT(two));
            bool ok = judged_find(j, 1, STR("a"), &fresh, &found, &count, &known, &e);
            fail_alloc_at(-1);
            CHECK(ok ? known == (count == 2) : e.kind == ERROR_MEMORY);
            arena_done(&fresh);
            judged_free(j);
            if (!fail_alloc_hit()) {
                CHECK(ok && known);
                break;
            }
        }
    }
}

static void *run(void *table)
{
    size_t wrong = 0;
    struct arena own;
    struct error unread;
    arena_init(&own, 1 << 20, "a thread");
    for (unsigned i = 0; i < ROUNDS; i++) {
        char key[20];
        struct service_vulnerability *found = NULL;
        size_t count = 0;
        bool known = false;
        struct arena_mark mark = arena_mark(&own);
        snprintf(key, sizeof(key), "%u", i * 7 % KEYS);
        if (!judged_find(table, 1 + i / 1000, str_from(key), &own, &found, &count, &known,
                         &unread)) {
            wrong++;
        } else if (!known) {
            judged_keep(table, 1 + i / 1000, str_from(key), two, ARRAY_COUNT(two));
        } else if (count != 2 || !str_eq(found[0].link, two[0].link)) {
            wrong++;
        }
        arena_rewind(&own, mark);
    }
    arena_done(&own);
    return wrong > 0 ? table : NULL;
}

static void threads(void)
{
    CHECK_CASE("many threads keep, find and drop at the same time")
    {
        struct judged *j = table(12 * 1024);
        pthread_t crew[THREADS];
        for (size_t i = 0; i < THREADS; i++) {
            CHECK_NUM(pthread_create(&crew[i], NULL, run, j), 0);
        }
        for (size_t i = 0; i < THREADS; i++) {
            void *failed = j;
            pthread_join(crew[i], &failed);
            CHECK(failed == NULL);
        }
        judged_free(j);
    }
}

int main(void)
{
    arena_init(&arena, 1 << 28, "a test");
    copies();
    keys();
    limit();
    memory();
    threads();
    arena_done(&arena);
    return check_done();
}
