#include <time.h>

#include "store/current.h"
#include "store/gather.h"
#include "store/rows_testing.h"

static void reading_and_writing(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20, "a test");
    CHECK_CASE("a store without advisories says so")
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories *a = NULL;
        CHECK_FAILS(advisories_open(s, &a, &e), &e, ERROR_ABSENT, "no advisories");
        str generation;
        CHECK_OK(store_generation(s, &arena, &generation, &e), &e);
        CHECK_STR(generation, STR(""));
        store_close(s);
    }
    CHECK_CASE("what was written is found, by namespace, scope and package")
    {
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        str ids[] = {STR("GHSA-1"),     STR("CVE-2014-0160"), STR("CVE-2014-0159"),
                     STR("DSA-2896-1"), STR("GHSA-1"),        STR("")};
        struct affected affected[] = {row("debian:12", "openssl", "1.0.1g-1"),
                                      row("debian:11", "openssl", "1.0.1e-2"),
                                      row("debian:12", "openssl", "1.0.1g-1"),
                                      {.namespace_ = STR("debian:12"),
                                       .package = STR("openssl"),
                                       .scope = SCOPE_BINARY,
                                       .state = FIX_DEFERRED,
                                       .introduced = STR("1.0"),
                                       .last_affected = STR("1.1"),
                                       .arch = STR("amd64"),
                                       .module = STR("m:1"),
                                       .product = STR("cpe:/o:x"),
                                       .word = STR("no-dsa: Minor\tissue"),
                                       .severity = SEVERITY_LOW}};
        struct advisory full = {.id = STR("DSA-2896-1"),
                                .ids = ids,
                                .ids_count = 6,
                                .severity = SEVERITY_HIGH,
                                .severity_source = STR("debian"),
                                .cvss = STR("CVSS:3.1/AV:N"),
                                .description = STR("Heartbleed"),
                                .url = STR("https://example.org/DSA-2896-1"),
                                .published_s = 100,
                                .modified_s = 200,
                                .affected = affected,
                                .affected_count = 4};
        struct advisory gone = full;
        gone.id = STR("DSA-1");
        gone.withdrawn_s = 5;
        CHECK_OK(advisories_write_begin(s, STR("debian"), &w, &e), &e);
        CHECK_OK(advisories_write(w, &full, &e), &e);
        CHECK_OK(advisories_write(w, &gone, &e), &e);
        struct advisories_commit_options options = {.origin = STR("here\tand\nthere"),
                                                    .validator = STR("\"etag\\\"")};
        struct advisories_commit_counts counts = {0};
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        CHECK_NUM(counts.advisories, 2);
        CHECK_NUM(counts.rows, 6);
        CHECK_NUM(counts.advisories_before, 0);

        struct advisories *a = NULL;
        const struct advisory_row *rows;
        size_t count = 9;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        CHECK_OK(advisories_find(a, STR("debian:12"), SCOPE_SOURCE, STR("openssl"), &arena, &rows,
                                 &count, &e),
                 &e);
        CHECK_NUM(count, 1);
        CHECK_STR(rows[0].id, STR("DSA-2896-1"));
        CHECK_STR(rows[0].feed, STR("debian"));
        CHECK_NUM(rows[0].ids_count, 3);
        CHECK_STR(rows[0].ids[0], STR("CVE-2014-0159"));
        CHECK_STR(rows[0].ids[1], STR("CVE-2014-0160"));
        CHECK_STR(rows[0].ids[2], STR("GHSA-1"));
        CHECK_STR(rows[0].affected.fixed, STR("1.0.1g-1"));
        CHECK_NUM(rows[0].severity, SEVERITY_HIGH);
        CHECK_STR(rows[0].cvss, STR("CVSS:3.1/AV:N"));
        CHECK_NUM(rows[0].modified_s, 200);
        CHECK_OK(advisories_find(a, STR("debian:12"), SCOPE_BINARY, STR("openssl"), &arena, &rows,
                                 &count, &e),
                 &e);
        CHECK_NUM(count, 1);
        CHECK_NUM(rows[0].severity, SEVERITY_LOW);
        CHECK_NUM(rows[0].affected.state, FIX_DEFERRED);
        CHECK_STR(rows[0].affected.introduced, STR("1.0"));
        CHECK_STR(rows[0].affected.last_affected, STR("1.1"));
        CHECK_STR(rows[0].affected.arch, STR("amd64"));
        CHECK_STR(rows[0].affected.module, STR("m:1"));
        CHECK_STR(rows[0].affected.product, STR("cpe:/o:x"));
        CHECK_STR(rows[0].url, STR("https://example.org/DSA-2896-1"));
        CHECK_STR(rows[0].affected.word, STR("no-dsa: Minor\tissue"));
        CHECK_OK(advisories_find(a, STR("debian:10"), SCOPE_BINARY, STR("openssl"), &arena, &rows,
                                 &count, &e),
                 &e);
        CHECK_NUM(count, 0);
        CHECK_OK(advisories_find(a, STR("debian:12"), SCOPE_SOURCE, STR("nginx"), &arena, &rows,
                                 &count, &e),
                 &e);
        CHECK_NUM(count, 0);

        const struct feed_stamp *stamps;
        CHECK_OK(advisories_covering(a, STR("debian:11"), &arena, &stamps, &count, &e), &e);
        CHECK_NUM(count, 1);
        CHECK_NUM(stamps[0].date_s, 200);
        CHECK_OK(advisories_covering(a, STR("alpine:v3.18"), &arena, &stamps, &count, &e), &e);
        CHECK_NUM(count, 0);
        CHECK(str_starts(advisories_generation(a), STR("19700101T000320Z-")));
        advisories_close(a);
        store_close(s);
    }
    CHECK_CASE("states of feeds come back as they were, also of feeds that only failed")
    {
        struct store *s = test_store();
        const struct feed_state *feeds;
        size_t count = 0;
        CHECK_OK(store_feed_failed(s, STR("alpine"), STR("no\troute\nto host"), &e), &e);
        CHECK_OK(store_feed_failed(s, STR("debian"), STR("404"), &e), &e);
        CHECK_OK(store_feeds(s, &arena, &feeds, &count, &e), &e);
        CHECK_NUM(count, 2);
        CHECK_STR(feeds[0].feed, STR("alpine"));
        CHECK_STR(feeds[0].last_error, STR("no\troute\nto host"));
        CHECK_NUM(feeds[0].fetched_s, 0);
        CHECK_STR(feeds[1].origin, STR("here\tand\nthere"));
        CHECK_STR(feeds[1].validator, STR("\"etag\\\""));
        CHECK_STR(feeds[1].last_error, STR("404"));
        CHECK_NUM(feeds[1].rows, 6);
        CHECK(feeds[1].size_bytes > 0 && feeds[1].tried_s > 0);
        CHECK_OK(store_feed_unchanged(s, STR("debian"), &e), &e);
        CHECK_OK(store_feeds(s, &arena, &feeds, &count, &e), &e);
        CHECK_STR(feeds[1].last_error, STR(""));
        CHECK_FAILS(store_feed_failed(s, STR("../x"), STR("x"), &e), &e, ERROR_FORMAT, "name");
        store_close(s);
    }
    arena_done(&arena);
}

/* -- content ---------------------------------------------------------------------------------- */

/* Two statements about one id, in either order, among others. */
static void same_content(struct store *s, bool turned)
{
    struct advisories_writer *w = NULL;
    struct affected first = row("debian:12", "a", "1"), second = row("debian:11", "b", "2");
    struct advisory statements[] = {
        {.id = STR("X-1"),
         .severity = SEVERITY_LOW,
         .severity_source = STR("zz"),
         .cvss = STR("CVSS:3.1/A"),
         .published_s = 500,
         .modified_s = 600,
         .withdrawn_s = 700,
         .affected = &first,
         .affected_count = 1},
        {.id = STR("X-1"),
         .severity = SEVERITY_HIGH,
         .severity_source = STR("aa"),
         .published_s = 400,
         .affected = &second,
         .affected_count = 1},
        {.id = STR("X-0"), .affected = &second, .affected_count = 1, .published_s = 1},
        {.id = STR("X-1"),
         .severity = SEVERITY_HIGH,
         .severity_source = STR("ab"),
         .cvss = STR("CVSS:3.1/B"),
         .affected = &first,
         .affected_count = 1},
    };
    struct advisories_commit_options options = {.date_s = 1000, .allow_shrink = true};
    struct advisories_commit_counts counts;
    CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
    for (size_t i = 0; i < ARRAY_COUNT(statements); i++) {
        size_t at = turned ? ARRAY_COUNT(statements) - 1 - i : i;
        CHECK_OK(advisories_write(w, &statements[at], &e), &e);
    }
    CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
    CHECK_NUM(counts.advisories, 2);
    CHECK_NUM(counts.rows, 3);
}

static void content(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 22, "a test");
    CHECK_CASE("the order in which advisories come changes neither generation nor file")
    {
        test_dir_make();
        struct store *s = test_store();
        same_content(s, false);
        str name = name_of(s, &arena), file = check_file(test_path("advisories/x-1.db"));
        store_close(s);
        test_dir_make();
        s = test_store();
        same_content(s, true);
        CHECK_STR(name_of(s, &arena), name);
        CHECK(str_eq(check_file(test_path("advisories/x-1.db")), file));
        struct advisories *a = NULL;
        const struct advisory_row *rows;
        size_t count = 0;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        CHECK_OK(
            advisories_find(a, STR("debian:11"), SCOPE_SOURCE, STR("b"), &arena, &rows, &count, &e),
            &e);
        CHECK_NUM(count, 2);
        CHECK_STR(rows[0].id, STR("X-0"));
        CHECK_NUM(rows[0].severity, SEVERITY_UNKNOWN);
        CHECK_NUM(rows[1].severity, SEVERITY_HIGH);
        CHECK_STR(rows[1].severity_source, STR("ab"));
        CHECK_STR(rows[1].cvss, STR("CVSS:3.1/B"));
        CHECK_NUM(rows[1].published_s, 400);
        CHECK_NUM(rows[1].modified_s, 600);
        advisories_close(a);
        store_close(s);
    }
    CHECK_CASE("data that did not change keeps its file and its generation")
    {
        struct store *s = test_store();
        str name = name_of(s, &arena);
        same_content(s, false);
        CHECK_STR(name_of(s, &arena), name);
        CHECK(!is_there("advisories/x-2.db"));
        store_close(s);
    }
    CHECK_CASE("ids come back whatever they look like, CVE ids first")
    {
        static const char *const names[] = {"CVE-1990-0001",
                                            "CVE-2014-0160",
                                            "CVE-2021-44228",
                                            "CVE-2053-9999999",
                                            "CVE-1989-1234",
                                            "CVE-2054-1234",
                                            "CVE-2014-01600",
                                            "CVE-2014-160",
                                            "CVE-2014-",
                                            "CVE-99999999999-1",
                                            "CVE-2014-99999999999",
                                            "CVE-",
                                            "GHSA-aaaa",
                                            "a\nb",
                                            "CVE-2014-0160-1"};
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        str ids[ARRAY_COUNT(names)];
        for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
            ids[i] = str_from(names[i]);
        }
        struct affected affected = row("n", "p", "1");
        struct advisory one = {.id = STR("A"),
                               .ids = ids,
                               .ids_count = ARRAY_COUNT(names),
                               .affected = &affected,
                               .affected_count = 1};
        struct advisories_commit_options options = {.date_s = 1};
        struct advisories_commit_counts counts;
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_OK(advisories_write(w, &one, &e), &e);
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        struct advisories *a = NULL;
        const struct advisory_row *rows;
        size_t count = 0, same = 0;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        CHECK_OK(advisories_find(a, STR("n"), SCOPE_SOURCE, STR("p"), &arena, &rows, &count, &e),
                 &e);
        CHECK_NUM(rows[0].ids_count, ARRAY_COUNT(names));
        for (size_t i = 0; i < rows[0].ids_count; i++) {
            for (size_t n = 0; n < ARRAY_COUNT(names); n++) {
                same += str_eq(rows[0].ids[i], ids[n]);
            }
        }
        CHECK_NUM(same, ARRAY_COUNT(names));
        CHECK(str_starts(rows[0].ids[11], STR("CVE-")) && str_starts(rows[0].ids[14], STR("GHSA")));
        advisories_close(a);
        store_close(s);
    }
    CHECK_CASE("far fewer advisories than before are refused, unless that is allowed")
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_commit_options options = {.date_s = 1};
        struct advisories_commit_counts counts;
        static const struct {
            size_t rows;
            bool fine;
        } sizes[] = {{300, true}, {240, true}, {189, false}, {0, false}, {900, true}};
        for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
            struct advisories_writer *w = NULL;
            CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
            CHECK_OK(test_fill(w, sizes[i].rows, 1, &e), &e);
            CHECK(advisories_write_commit(w, &options, &counts, &e) == sizes[i].fine);
        }
        CHECK_NUM(counts.advisories_before, 80);
        options.allow_shrink = true;
        struct advisories_writer *w = NULL;
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_OK(test_fill(w, 3, 1, &e), &e);
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        CHECK_NUM(counts.advisories, 1);
        store_close(s);
    }
    CHECK_CASE("limits: at them, and one past")
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        char *text = calloc(1, GATHER_TEXT_BYTES_MAX + 2);
        memset(text, 'x', GATHER_TEXT_BYTES_MAX + 1);
        struct affected affected = row("n", "p", "1");
        struct advisory one = {.id = STR("A"), .affected = &affected, .affected_count = 1};
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        affected.word = (str){.at = text, .len = GATHER_TEXT_BYTES_MAX};
        CHECK_OK(advisories_write(w, &one, &e), &e);
        affected.word.len++;
        CHECK_FAILS(advisories_write(w, &one, &e), &e, ERROR_LIMIT, "65537");
        one.id = STR_NONE;
        CHECK_FAILS(advisories_write(w, &one, &e), &e, ERROR_FORMAT, "without an id");
        advisories_write_abandon(w);
        advisories_write_abandon(NULL);
        CHECK_FAILS(advisories_write_begin(s, STR("a/b"), &w, &e), &e, ERROR_FORMAT, "name");
        free(text);
        store_close(s);
    }
    arena_done(&arena);
}

static void refused_memory(void)
{
    CHECK_CASE("each refused allocation of a writer is a clean error, and changes nothing")
    {
        test_dir_make();
        struct store *s = test_store();
        struct arena arena;
        arena_init(&arena, 1 << 20, "a test");
        CHECK_OK(test_feed(s, "x", 30, 1, 1, &e), &e);
        str before = name_of(s, &arena);
        for (int n = 0;; n += 1 + n / 200) {
            error_clear(&e);
            fail_alloc_at(n);
            bool done = test_feed(s, "x", 60, 2, 3, &e);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                printf("# about %d allocations\n", n);
                break;
            }
            CHECK(done || e.kind == ERROR_MEMORY);
            struct arena_mark mark = arena_mark(&arena);
            CHECK(done || str_eq(name_of(s, &arena), before));
            arena_rewind(&arena, mark);
            if (done) { /* SQLite can do without some of its memory */
                CHECK_OK(test_feed(s, "x", 30, 1, 1, &e), &e);
            }
            CHECK_NUM(s->lock_depth, 0);
        }
        for (int n = 0;; n++) {
            struct advisories *a = NULL;
            struct arena found;
            const struct advisory_row *rows;
            const struct known_advisory *known;
            struct vulnerability v;
            size_t count, known_count;
            bool is = false;
            arena_init(&found, 1 << 20, "a test");
            error_clear(&e);
            fail_alloc_at(n);
            bool done = advisories_open(s, &a, &e) &&
                        advisories_find(a, STR("debian:12"), SCOPE_SOURCE, STR("package-0"), &found,
                                        &rows, &count, &e) &&
                        advisories_by_id(a, STR("DSA-4-1"), &found, &known, &known_count, &e) &&
                        advisories_vulnerability(a, STR("DSA-8-1"), &found, &v, &is, &e);
            fail_alloc_at(-1);
            advisories_close(a);
            arena_done(&found);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK(done || e.kind == ERROR_MEMORY);
        }
        arena_done(&arena);
        store_close(s);
    }
}

/* -- figures ---------------------------------------------------------------------------------- */

/* Processor time: the machine may be busy. */
static uint64_t processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static double seconds_since(uint64_t start_ns)
{
    return (double)(processor_ns() - start_ns) / 1e9;
}

static void figures(size_t rows)
{
    CHECK_CASE("%zu rows: how fast they go in and are found", rows)
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        struct advisories_commit_options options = {.date_s = 1};
        struct advisories_commit_counts counts = {0};
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        uint64_t start_ns = processor_ns();
        CHECK_OK(test_fill(w, rows, 1, &e), &e);
        double filled = seconds_since(start_ns);
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        double all = seconds_since(start_ns);
        struct stat st = {0};
        CHECK(stat(test_path("advisories/x-1.db"), &st) == 0);
        printf(
            "# %llu rows: gathered in %.3f s, with commit %.3f s: %.0f rows/s; %.1f MB a million\n",
            (unsigned long long)counts.rows, filled, all, (double)counts.rows / all,
            (double)st.st_size / (double)counts.rows);
        struct advisories *a = NULL;
        struct arena arena;
        arena_init(&arena, 1 << 26, "a test");
        double best = 1;
        for (int i = 0; i < 10; i++) {
            advisories_close(a);
            start_ns = processor_ns();
            CHECK_OK(advisories_open(s, &a, &e), &e);
            rows_of(a, "debian:12", "package-7");
            best = seconds_since(start_ns) < best ? seconds_since(start_ns) : best;
        }
        printf("# open and first look-up %.0f us\n", best * 1e6);
        size_t found = 0, asked = 20000, some = 0;
        start_ns = processor_ns();
        for (size_t i = 0; i < asked; i++) {
            char package[40];
            const struct advisory_row *answer;
            size_t count;
            snprintf(package, sizeof(package), "package-%zu", i % 10000);
            CHECK_OK(advisories_find(a, STR("debian:12"), (enum package_scope)(i % 2),
                                     str_from(package), &arena, &answer, &count, &e),
                     &e);
            found += count;
            some += count > 0;
            if (i % 100 == 0) {
                arena_done(&arena);
            }
        }
        double took = seconds_since(start_ns);
        printf("# %zu look-ups (%zu with rows, %zu rows): %.0f look-ups/s, %.0f rows/s\n", asked,
               some, found, (double)asked / took, (double)found / took);
        advisories_close(a);
        arena_done(&arena);
        store_close(s);
    }
}

int main(int argc, char **argv)
{
    reading_and_writing();
    content();
    refused_memory();
    figures(argc > 1 ? (size_t)atoll(argv[1]) : 100000);
    return check_done();
}
