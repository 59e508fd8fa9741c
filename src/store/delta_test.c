#include "store/current.h"
#include "store/migrate.h"
#include "store/rows_testing.h"

static struct arena arena;

static bool commit(struct advisories_writer *w, bool shrink,
                   struct advisories_commit_counts *counts)
{
    struct advisories_commit_options options = {
        .date_s = 7, .origin = STR("test"), .allow_shrink = shrink};
    return advisories_write_commit(w, &options, counts, &e);
}

/* Ten advisories, each of one package. */
static bool ten(struct store *s)
{
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts;
    bool done = advisories_write_begin(s, STR("x"), &w, &e);
    for (int i = 0; done && i < 10; i++) {
        char id[20], package[20];
        snprintf(id, sizeof(id), "A-%d", i);
        snprintf(package, sizeof(package), "p%d", i);
        done = put(w, id, "CVE-2020-0001", row("debian:12", package, "1"));
    }
    return done && commit(w, true, &counts);
}

static size_t found(struct store *s, const char *package)
{
    struct advisories *a = NULL;
    CHECK_OK(advisories_open(s, &a, &e), &e);
    size_t count = rows_of(a, "debian:12", package);
    advisories_close(a);
    return count;
}

static void deltas(void)
{
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts = {0};
    CHECK_CASE("a delta needs something to go on from")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_FAILS(advisories_write_begin_delta(s, STR("x"), &w, &e), &e, ERROR_ABSENT, "'x'");
        CHECK_NUM(s->lock_depth, 0);
        CHECK(s->writers == NULL);
        store_close(s);
    }
    CHECK_CASE("what is written anew replaces, what is dropped goes, the rest stays")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_OK(ten(s), &e);
        CHECK_OK(advisories_write_begin_delta(s, STR("x"), &w, &e), &e);
        CHECK_OK(put(w, "A-3", NULL, row("debian:12", "q", "2")), &e);
        CHECK_OK(put(w, "A-3", NULL, row("debian:12", "r", "2")), &e); /* adds to it */
        CHECK_OK(put(w, "A-77", NULL, row("debian:12", "s", "2")), &e);
        CHECK_OK(advisories_write_drop(w, STR("A-5"), &e), &e);
        CHECK_OK(advisories_write_drop(w, STR("A-99"), &e), &e); /* is not there */
        CHECK_OK(advisories_write_drop(w, STR("A-3"), &e), &e);  /* was: what is written stays */
        CHECK_OK(commit(w, false, &counts), &e);
        CHECK_NUM(counts.advisories, 10);
        CHECK_NUM(counts.rows, 11);
        CHECK_NUM(counts.advisories_before, 10);
        static const struct {
            const char *package;
            size_t count;
        } want[] = {{"p0", 1}, {"p3", 0}, {"p5", 0}, {"p9", 1}, {"q", 1}, {"r", 1}, {"s", 1}};
        for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
            CHECK_NUM(found(s, want[i].package), want[i].count);
        }
        store_close(s);
    }
    CHECK_CASE("the same content is the same file, by a delta or at once")
    {
        struct store *s = test_store();
        str name = name_of(s, &arena);
        const char *last = test_path("advisories/x-2.db");
        str file = check_file(last);
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_OK(put(w, "A-77", NULL, row("debian:12", "s", "2")), &e);
        for (int i = 9; i >= 0; i--) {
            char id[20], package[20];
            snprintf(id, sizeof(id), "A-%d", i);
            snprintf(package, sizeof(package), "p%d", i);
            if (i != 3 && i != 5) {
                CHECK_OK(put(w, id, "CVE-2020-0001", row("debian:12", package, "1")), &e);
            }
        }
        CHECK_OK(put(w, "A-3", NULL, row("debian:12", "r", "2")), &e);
        CHECK_OK(put(w, "A-3", NULL, row("debian:12", "q", "2")), &e);
        CHECK_OK(commit(w, false, &counts), &e);
        CHECK_STR(name_of(s, &arena), name);
        CHECK(str_eq(check_file(test_path("advisories/x-2.db")), file));
        CHECK(!is_there("advisories/x-3.db"));
        CHECK_OK(advisories_write_begin_delta(s, STR("x"), &w, &e), &e);
        CHECK_OK(commit(w, false, &counts), &e); /* an empty one */
        CHECK_STR(name_of(s, &arena), name);
        store_close(s);
    }
    CHECK_CASE("a delta that drops too much is refused, and leaves what there was")
    {
        struct store *s = test_store();
        str name = name_of(s, &arena);
        for (int drop = 2; drop <= 3; drop++) {
            CHECK_OK(advisories_write_begin_delta(s, STR("x"), &w, &e), &e);
            for (int i = 0; i < drop; i++) {
                char id[20];
                snprintf(id, sizeof(id), "A-%d", i + (drop == 3 ? 6 : 0));
                CHECK_OK(advisories_write_drop(w, str_from(id), &e), &e);
            }
            if (drop == 3) {
                CHECK_FAILS(commit(w, false, &counts), &e, ERROR_FORMAT, "7 advisories instead of");
                CHECK_STR(name_of(s, &arena), name);
            } else {
                CHECK_OK(commit(w, false, &counts), &e); /* 8 of 10 */
                CHECK_OK(advisories_write_begin_delta(s, STR("x"), &w, &e), &e);
                CHECK_OK(put(w, "B-1", NULL, row("debian:12", "t", "2")), &e);
                CHECK_OK(put(w, "B-2", NULL, row("debian:12", "t", "2")), &e);
                CHECK_OK(commit(w, false, &counts), &e);
                name = name_of(s, &arena);
            }
        }
        store_close(s);
    }
}

/* -- little memory ---------------------------------------------------------------------------- */

static void budgets(void)
{
    CHECK_CASE(
        "with little memory the same file comes out, by temporary files, and the same bundle")
    {
        static const size_t budgets[] = {16 << 20, 100000, 2000};
        str file = STR_NONE, bundle = STR_NONE;
        for (size_t i = 0; i < ARRAY_COUNT(budgets); i++) {
            test_dir_make();
            struct store *s = test_store();
            s->budget_bytes = budgets[i];
            CHECK_OK(test_feed(s, "x", 3000, 4, 1, &e), &e);
            CHECK_OK(test_export(s, test_path("b"), &e), &e);
            str now = check_file(test_path("advisories/x-1.db")), out = check_file(test_path("b"));
            CHECK(i == 0 || (str_eq(now, file) && str_eq(out, bundle)));
            file = now;
            bundle = out;
            store_close(s);
        }
    }
}

/* -- other versions --------------------------------------------------------------------------- */

/* Gives a feed's file the schema number of an older limpid. */
static void schema_set_back(const char *file)
{
    struct db *db = NULL;
    struct db_options options = {.path = file, .mode = DB_LOAD, .cache_kib = 64};
    CHECK_OK(db_open(&engine_sqlite, &options, &db, &e), &e);
    CHECK_OK(db_exec(db, "PRAGMA user_version=1", &e), &e);
    db_close(db);
}

static void versions(void)
{
    CHECK_CASE("a file of an older schema says so, has no validator, and is written anew")
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        struct advisories_commit_counts counts;
        struct advisories_commit_options options = {.date_s = 1, .validator = STR("etag")};
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_OK(put(w, "A", NULL, row("debian:12", "p", "1")), &e);
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        const struct feed_state *feeds;
        size_t count = 0;
        CHECK_OK(store_feeds(s, &arena, &feeds, &count, &e), &e);
        CHECK_STR(feeds[0].validator, STR("etag"));
        schema_set_back(test_path("advisories/x-1.db"));
        CHECK_OK(store_feeds(s, &arena, &feeds, &count, &e), &e);
        CHECK_STR(feeds[0].validator, STR(""));
        struct advisories *a = NULL;
        const struct advisory_row *rows;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        CHECK_FAILS(
            advisories_find(a, STR("debian:12"), SCOPE_SOURCE, STR("p"), &arena, &rows, &count, &e),
            &e, ERROR_FORMAT, "made by an older limpid");
        CHECK(strstr(e.hint, "limpid update") != NULL);
        advisories_close(a);
        CHECK_FAILS(advisories_write_begin_delta(s, STR("x"), &w, &e), &e, ERROR_ABSENT, "'x'");
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_OK(put(w, "A", NULL, row("debian:12", "p", "1")), &e);
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        CHECK(is_there("advisories/x-2.db"));
        CHECK_NUM(found(s, "p"), 1);
        store_close(s);
    }
    CHECK_CASE("a feed that no program knows is read, listed, exported and imported")
    {
        struct bundle_import_result got = {0};
        size_t count = 0;
        test_dir_make();
        struct store *s = test_store();
        const struct feed_state *states;
        CHECK_OK(one_row(s, "feed-of-the-future", "Z-1", "p"), &e);
        CHECK_OK(test_export(s, test_path("b"), &e), &e);
        struct bundle_import_options options = {.file = str_from(test_path("b"))};
        CHECK_OK(store_bundle_import(s, &options, &got, &e), &e);
        CHECK_NUM(got.feeds, 1);
        CHECK_NUM(found(s, "p"), 1);
        CHECK_OK(store_feeds(s, &arena, &states, &count, &e), &e);
        CHECK_STR(states[0].feed, STR("feed-of-the-future"));
        store_close(s);
    }
}

/* -- limits ----------------------------------------------------------------------------------- */

static bool namespaces(struct store *s, int count)
{
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts;
    bool done = advisories_write_begin(s, STR("x"), &w, &e);
    for (int i = 0; done && i < count; i++) {
        char name[20];
        snprintf(name, sizeof(name), "n:%d", i);
        done = put(w, "A", NULL, row(name, "p", "1"));
    }
    return done && commit(w, true, &counts);
}

static void limits(void)
{
    CHECK_CASE("as many namespaces as the limit, and one more")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_OK(namespaces(s, CURRENT_NAMESPACES_MAX), &e);
        struct advisories *a = NULL;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        CHECK_NUM(rows_of(a, "n:9999", "p"), 1);
        advisories_close(a);
        CHECK_FAILS(namespaces(s, CURRENT_NAMESPACES_MAX + 1), &e, ERROR_LIMIT, "10000 namespaces");
        store_close(s);
    }
    CHECK_CASE("as many ids and rows in one statement as the limits, and one more")
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        struct advisories_commit_counts counts;
        static str ids[ADVISORY_IDS_MAX + 1];
        static struct affected rows[ADVISORY_AFFECTED_MAX + 1];
        static char names[ADVISORY_IDS_MAX + 1][20], packages[ADVISORY_AFFECTED_MAX + 1][20];
        for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
            snprintf(names[i], sizeof(names[i]), "CVE-2020-%zu", i + 1000);
            ids[i] = str_from(names[i]);
        }
        for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
            snprintf(packages[i], sizeof(packages[i]), "p%zu", i);
            rows[i] = row("n", packages[i], "1");
        }
        struct advisory all = {.id = STR("A"),
                               .ids = ids,
                               .ids_count = ADVISORY_IDS_MAX,
                               .affected = rows,
                               .affected_count = ADVISORY_AFFECTED_MAX};
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_OK(advisories_write(w, &all, &e), &e);
        all.ids_count++;
        CHECK_FAILS(advisories_write(w, &all, &e), &e, ERROR_LIMIT, "4097 ids");
        all.ids_count--;
        all.affected_count++;
        CHECK_FAILS(advisories_write(w, &all, &e), &e, ERROR_LIMIT, "65536 rows");
        CHECK_OK(commit(w, true, &counts), &e);
        CHECK_NUM(counts.rows, ADVISORY_AFFECTED_MAX);
        struct advisories *a = NULL;
        const struct known_advisory *known;
        size_t count = 0;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        CHECK_OK(advisories_by_id(a, STR("CVE-2020-5095"), &arena, &known, &count, &e), &e);
        CHECK_NUM(count, 1);
        CHECK_NUM(known[0].advisory.affected_count, ADVISORY_AFFECTED_MAX);
        CHECK_NUM(known[0].advisory.ids_count, ADVISORY_IDS_MAX);
        advisories_close(a);
        store_close(s);
    }
}

/* One state of the advisory W-1: about `package`, as it was changed at `modified_s`. */
static bool put_state(struct advisories_writer *w, int64_t modified_s, const char *package,
                      const char *also, const char *text)
{
    str ids[] = {str_from(also)};
    struct affected affected = row("debian:12", package, "1");
    struct advisory a = {.id = STR("W-1"),
                         .ids = ids,
                         .ids_count = 1,
                         .description = str_from(text),
                         .modified_s = modified_s,
                         .whole = true,
                         .affected = &affected,
                         .affected_count = 1};
    return advisories_write(w, &a, &e);
}

/* What comes of three states in any order, the newest in two pieces. */
static void states(const unsigned order[4])
{
    static const struct {
        int64_t modified_s;
        const char *package, *also, *text;
    } all[] = {{1000, "old", "CVE-2020-1", "a long description of what it was"},
               {3000, "new", "CVE-2020-3", "short"},
               {2000, "between", "CVE-2020-2", "a description of what it was then"},
               {3000, "newer", "CVE-2020-3", "short"}};
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts = {0};
    struct advisories *a = NULL;
    test_dir_make();
    struct store *s = test_store();
    CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
    for (size_t i = 0; i < 4; i++) {
        CHECK_OK(put_state(w, all[order[i]].modified_s, all[order[i]].package, all[order[i]].also,
                           all[order[i]].text),
                 &e);
    }
    CHECK_OK(commit(w, true, &counts), &e);
    CHECK_NUM(counts.advisories, 1);
    CHECK_NUM(counts.rows, 2);
    CHECK(found(s, "old") == 0 && found(s, "between") == 0);
    CHECK(found(s, "new") == 1 && found(s, "newer") == 1);
    const struct known_advisory *known = NULL;
    size_t count = 0;
    CHECK_OK(advisories_open(s, &a, &e), &e);
    CHECK_OK(advisories_by_id(a, STR("CVE-2020-1"), &arena, &known, &count, &e), &e);
    CHECK_NUM(count, 0);
    CHECK_OK(advisories_by_id(a, STR("W-1"), &arena, &known, &count, &e), &e);
    if (CHECK(count == 1)) {
        CHECK_STR(known[0].advisory.description, STR("short"));
        CHECK_NUM(known[0].advisory.ids_count, 1);
    }
    advisories_close(a);
    store_close(s);
}

static void wholes(void)
{
    CHECK_CASE("of a whole advisory the state with the latest change stands, whatever the order")
    {
        states((const unsigned[]){0, 1, 2, 3});
        states((const unsigned[]){3, 2, 1, 0});
        states((const unsigned[]){1, 0, 3, 2});
    }
}

int main(void)
{
    arena_init(&arena, 1 << 28, "a test");
    deltas();
    wholes();
    budgets();
    versions();
    limits();
    arena_done(&arena);
    return check_done();
}
