#include <sqlite3.h>

#include "store/current.h"
#include "store/testing.h"

static struct error e;

static struct affected row(const char *namespace_, const char *package, const char *fixed)
{
    return (struct affected){.namespace_ = str_from(namespace_),
                             .package = str_from(package),
                             .scope = SCOPE_SOURCE,
                             .state = FIX_AVAILABLE,
                             .fixed = str_from(fixed)};
}

static bool put(struct advisories_writer *w, const char *id, const char *also,
                struct affected affected)
{
    str ids[] = {str_from(also)};
    struct advisory a = {.id = str_from(id),
                         .ids = ids,
                         .ids_count = also == NULL ? 0 : 1,
                         .affected = &affected,
                         .affected_count = 1,
                         .published_s = 1000};
    return advisories_write(w, &a, &e);
}

/* Feed "debian" with one row: `id` about `package`. */
static bool one_row(struct store *s, const char *feed, const char *id, const char *package)
{
    struct advisories_writer *w;
    struct advisories_commit_options options = {.origin = STR("test"), .allow_shrink = true};
    struct advisories_commit_counts counts;
    return advisories_write_begin(s, str_from(feed), &w, &e) &&
           put(w, id, NULL, row("debian:12", package, "1.0")) &&
           advisories_write_commit(w, &options, &counts, &e);
}

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
                                       .word = STR("no-dsa: Minor\tissue"),
                                       .severity = SEVERITY_LOW}};
        struct advisory full = {.id = STR("DSA-2896-1"),
                                .ids = ids,
                                .ids_count = 6,
                                .severity = SEVERITY_HIGH,
                                .severity_source = STR("debian"),
                                .cvss = STR("CVSS:3.1/AV:N"),
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

int main(void)
{
    reading_and_writing();
    (void)one_row;
    return check_done();
}
