#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "store/current.h"
#include "store/rows_testing.h"

/* -- generations, readers and writers ---------------------------------------------------------- */

static void generations(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 22, "a test");
    CHECK_CASE("a reader keeps the generation it opened, while a writer goes on")
    {
        test_dir_make();
        struct store *s = test_store(), *other = test_store();
        struct advisories *old = NULL, *now = NULL;
        CHECK_OK(one_row(s, "x", "A", "before"), &e);
        CHECK_OK(advisories_open(other, &old, &e), &e);
        CHECK_OK(one_row(s, "x", "A", "after"), &e);
        CHECK_OK(one_row(s, "y", "B", "after"), &e);
        CHECK(is_there("advisories/x-1.db") && is_there("advisories/x-2.db"));
        CHECK_OK(advisories_open(other, &now, &e), &e);
        CHECK_NUM(rows_of(old, "debian:12", "before"), 1);
        CHECK_NUM(rows_of(old, "debian:12", "after"), 0);
        CHECK_NUM(rows_of(now, "debian:12", "before"), 0);
        CHECK_NUM(rows_of(now, "debian:12", "after"), 2);
        CHECK(!str_eq(advisories_generation(old), advisories_generation(now)));
        s->grace_s = 0; /* now the old file goes, under the open reader */
        CHECK_OK(store_feed_unchanged(s, STR("x"), &e), &e);
        CHECK(!is_there("advisories/x-1.db") && is_there("advisories/x-2.db"));
        CHECK_NUM(rows_of(old, "debian:12", "before"), 1);
        advisories_close(old);
        advisories_close(now);
        store_close(s);
        store_close(other);
    }
    CHECK_CASE("a file that is gone or damaged is a clear error")
    {
        static const struct {
            const char *what;
            long cut;
        } ways[] = {{"bytes instead of", 1}, {"cannot open", -1}};
        for (size_t i = 0; i < ARRAY_COUNT(ways); i++) {
            test_dir_make();
            struct store *s = test_store();
            struct advisories *a = NULL;
            const struct advisory_row *rows;
            size_t count;
            CHECK_OK(one_row(s, "x", "A", "p"), &e);
            const char *file = test_path("advisories/x-1.db");
            str bytes = check_file(file);
            CHECK(ways[i].cut < 0 ? unlink(file) == 0
                                  : truncate(file, (off_t)bytes.len - ways[i].cut) == 0);
            CHECK_OK(advisories_open(s, &a, &e), &e);
            CHECK(!advisories_find(a, STR("debian:12"), SCOPE_SOURCE, STR("p"), &arena, &rows,
                                   &count, &e));
            CHECK(strstr(e.text, ways[i].what) != NULL && strstr(e.text, "of 'x'") != NULL);
            CHECK_OK(advisories_find(a, STR("debian:11"), SCOPE_SOURCE, STR("p"), &arena, &rows,
                                     &count, &e),
                     &e); /* another namespace needs no file */
            advisories_close(a);
            store_close(s);
        }
    }
    CHECK_CASE("changed bytes in a feed's file never crash a reader")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_OK(test_feed(s, "x", 3000, 1, 1, &e), &e);
        str good = check_file(test_path("advisories/x-1.db"));
        char *bad = malloc(good.len);
        uint64_t random = 9;
        size_t errors = 0;
        for (int i = 0; bad != NULL && i < 300; i++) {
            memcpy(bad, good.at, good.len);
            for (int n = 0; n < 30; n++) {
                bad[test_random(&random) % (i % 3 == 0 ? 4096 : good.len)] =
                    (char)test_random(&random);
            }
            test_file_write(test_path("advisories/x-1.db"), (str){.at = bad, .len = good.len});
            struct advisories *a = NULL;
            struct arena found;
            const struct advisory_row *rows;
            size_t count;
            arena_init(&found, 1 << 22, "rows");
            CHECK_OK(advisories_open(s, &a, &e), &e);
            for (int n = 0; n < 50; n++) {
                char package[40];
                snprintf(package, sizeof(package), "package-%d", n * 7);
                errors += !advisories_find(a, STR("debian:12"), (enum package_scope)(n % 2),
                                           str_from(package), &found, &rows, &count, &e);
            }
            for (int n = 0; n < 20; n++) {
                char id[40];
                const struct known_advisory *known;
                struct vulnerability v;
                bool is = false;
                snprintf(id, sizeof(id), "%s-%d-%d", n % 2 != 0 ? "DSA" : "CVE",
                         n % 2 != 0 ? n * 50 : 2010 + n * 50 % 15, n % 2 != 0 ? 1 : n * 50);
                errors += !advisories_by_id(a, str_from(id), &found, &known, &count, &e);
                errors += !advisories_vulnerability(a, str_from(id), &found, &v, &is, &e);
            }
            errors += !test_export(s, test_path("b"), &e);
            advisories_close(a);
            arena_done(&found);
        }
        printf("# %zu of 27300 questions were errors\n", errors);
        free(bad);
        store_close(s);
    }
    CHECK_CASE("a list of feeds that is cut or changed is an error, or still a list")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_OK(test_feed(s, "x", 30, 1, 1, &e), &e);
        CHECK_OK(store_feed_failed(s, STR("y"), STR("a\\b"), &e), &e);
        str good = check_file(test_path("advisories/current"));
        struct current c;
        CHECK_OK(current_parse(good, &arena, &c, &e), &e);
        for (size_t len = 0; len < good.len; len++) {
            CHECK(!current_parse(str_slice(good, 0, len), &arena, &c, &e));
        }
        CHECK_FAILS(current_parse(STR("limpid-advisories 2\nend\t0\n"), &arena, &c, &e), &e,
                    ERROR_FORMAT, "limpid-advisories 2");
        test_file_write(test_path("advisories/current"), STR("x\n"));
        struct advisories *a = NULL;
        CHECK_FAILS(advisories_open(s, &a, &e), &e, ERROR_FORMAT, "current");
        store_close(s);
    }
    CHECK_CASE("a writer waits for another, and then says so; leftovers are cleared away")
    {
        test_dir_make();
        struct store *s = test_store(), *other = test_store();
        struct advisories_writer *w = NULL, *second = NULL, *third = NULL;
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        CHECK_OK(advisories_write_begin(s, STR("y"), &second, &e), &e); /* of one updater: fine */
        CHECK_FAILS(advisories_write_begin(other, STR("x"), &third, &e), &e, ERROR_IO,
                    "another update is running");
        CHECK_FAILS(store_feed_failed(other, STR("x"), STR("why"), &e), &e, ERROR_IO, "another");
        test_file_write(test_path("advisories/tmp-old"), STR("left over"));
        advisories_write_abandon(w);
        advisories_write_abandon(second);
        CHECK_OK(advisories_write_begin(other, STR("x"), &third, &e), &e);
        CHECK(!is_there("advisories/tmp-old"));
        advisories_write_abandon(third);
        store_close(s);
        store_close(other);
    }
    arena_done(&arena);
}

/* Two states of one feed: their counts, the bytes of their files, and bundles of them. */
static const size_t state_rows[] = {300, 330};
static str state_file[2];

static const char *state_bundle(int state)
{
    return test_path(state == 0 ? "bundle-0" : "bundle-1");
}

static bool state_write(struct store *s, int state)
{
    return test_feed(s, "x", state_rows[state], 1, 1 + state, &e);
}

/* Writes one of the two states, again and again, until it is killed; with little memory, so that
 * there are temporary files. */
static void write_forever(void)
{
    struct store *s = test_store();
    s->grace_s = 0;
    s->budget_bytes = 20000;
    for (int i = 0;; i++) {
        if (!state_write(s, i % 2)) {
            _exit(1);
        }
    }
}

static void import_forever(void)
{
    struct store *s = test_store();
    s->grace_s = 0;
    s->budget_bytes = 20000;
    for (int i = 0;; i++) {
        struct bundle_import_result got;
        struct bundle_import_options options = {.file = str_from(state_bundle(i % 2)),
                                                .allow_older = true};
        if (!store_bundle_import(s, &options, &got, &e)) {
            _exit(1);
        }
    }
}

static size_t files_named(const char *prefix)
{
    size_t files = 0;
    DIR *list = opendir(test_path("advisories"));
    struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        files += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    }
    if (list != NULL) {
        closedir(list);
    }
    return files;
}

/* Which of the two states the store is in; -1: in neither, or not whole. */
static int state_of(struct store *s)
{
    struct arena arena;
    struct current c;
    int state = -1;
    arena_init(&arena, 1 << 20, "a test");
    if (CHECK_OK(current_read(s, &arena, &c, &e), &e) && CHECK_NUM(c.count, 1)) {
        char below[100];
        snprintf(below, sizeof(below), "advisories/%s", c.feeds[0].file.at);
        str file = check_file(test_path(below));
        for (int i = 0; i < 2; i++) {
            state =
                c.feeds[0].state.rows == state_rows[i] && str_eq(file, state_file[i]) ? i : state;
        }
    }
    arena_done(&arena);
    return state;
}

static bool states_make(struct store *s)
{
    bool done = true;
    for (int i = 0; done && i < 2; i++) {
        char below[40];
        snprintf(below, sizeof(below), "advisories/x-%d.db", i + 1);
        done = state_write(s, i) && test_export(s, state_bundle(i), &e);
        state_file[i] = check_file(test_path(below));
    }
    return done;
}

static void killed(void (*work)(void), const char *says)
{
    CHECK_CASE("%s killed at any of 200 moments leaves one whole generation", says)
    {
        test_dir_make_fast();
        struct store *s = test_store();
        uint64_t random = 5;
        size_t seen[2] = {0}, changed = 0;
        CHECK_OK(states_make(s), &e);
        s->grace_s = 0;
        for (int i = 0; i < 200; i++) {
            fflush(stdout);
            pid_t child = fork();
            if (child == 0) {
                work();
            }
            struct timespec pause = {.tv_nsec = 1000 + (long)(test_random(&random) % 20000000)};
            nanosleep(&pause, NULL); /* the moment is the point: any is right */
            kill(child, SIGKILL);
            int status;
            waitpid(child, &status, 0);
            CHECK(WIFSIGNALED(status));
            int state = state_of(s);
            if (CHECK(state >= 0)) {
                seen[state]++;
                changed += i > 0 && state != (i - 1) % 2;
            }
            CHECK_OK(state_write(s, i % 2), &e); /* the next update */
            CHECK_NUM(state_of(s), i % 2);
            CHECK_NUM(files_named("tmp-"), 0);
        }
        CHECK_OK(store_feed_unchanged(s, STR("x"), &e), &e);
        CHECK_NUM(files_named(""), 5); /* ".", "..", current, lock and the one file */
        printf("# one or the other: %zu and %zu; %zu not as before\n", seen[0], seen[1], changed);
        store_close(s);
    }
}

static void replaced(void)
{
    CHECK_CASE("readers go on while another process replaces everything all the time")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_OK(test_feed(s, "x", 300, 1, 2, &e), &e);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            write_forever();
        }
        size_t reads = 0, replaced = 0;
        uint64_t until_ns = clock_monotonic_ns() + 1000000000;
        while (clock_monotonic_ns() < until_ns) {
            struct advisories *a = NULL;
            struct arena arena;
            arena_init(&arena, 1 << 20, "a test");
            const struct advisory_row *rows;
            size_t count;
            CHECK_OK(advisories_open(s, &a, &e), &e);
            bool found = a != NULL && advisories_find(a, STR("debian:12"), SCOPE_SOURCE,
                                                      STR("package-0"), &arena, &rows, &count, &e);
            /* without a grace, a file may go between the two steps: told, not guessed */
            replaced += !found;
            CHECK(found || e.sys == ENOENT);
            reads++;
            advisories_close(a);
            arena_done(&arena);
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        printf("# %zu reads, %zu came too late\n", reads, replaced);
        CHECK(reads > 100 && replaced < reads / 5);
        store_close(s);
    }
}

static int reads_as_nobody(void)
{
    struct store *s = test_store();
    struct advisories *a = NULL;
    struct arena arena;
    const struct advisory_row *rows;
    const struct feed_state *feeds;
    size_t count = 0, feeds_count = 0;
    arena_init(&arena, 1 << 20, "a test");
    bool right =
        advisories_open(s, &a, &e) &&
        advisories_find(a, STR("debian:12"), SCOPE_SOURCE, STR("p"), &arena, &rows, &count, &e) &&
        count == 1 && store_feeds(s, &arena, &feeds, &feeds_count, &e) && feeds_count == 1 &&
        !store_feed_failed(s, STR("x"), STR("why"), &e) && e.kind == ERROR_IO;
    advisories_close(a);
    store_close(s);
    s = NULL;
    right = right && store_open(str_from(test_path("cannot/be/made")), &s, &e) &&
            !advisories_open(s, &a, &e) && e.kind == ERROR_ABSENT && !one_row(s, "x", "A", "p") &&
            e.kind == ERROR_IO;
    store_close(s);
    arena_done(&arena);
    return right ? 0 : 1;
}

static void directories(void)
{
    CHECK_CASE("a directory that may not be written, or made, is fine for readers")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_OK(one_row(s, "x", "A", "p"), &e);
        store_close(s);
        if (geteuid() != 0) {
            check_skip("needs root, to become nobody");
        } else {
            fflush(stdout);
            pid_t child = fork();
            if (child == 0) {
                bool nobody = setgid(65534) == 0 && setuid(65534) == 0;
                _exit(nobody ? reads_as_nobody() : 2);
            }
            int status = -1;
            waitpid(child, &status, 0);
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
    }
    CHECK_CASE("the directory is the one that was named, or the user's, or the system's")
    {
        static const struct {
            const char *chosen, *own, *xdg, *home, *want;
        } cases[] = {
            {"/a", "/b", "/c", "/d", "/a"},
            {"", "/b", "/c", "/d", "/b"},
            {"", "", "/c", "/d", "/c/limpid"},
            {"", NULL, "relative", "/d", "/d/.cache/limpid"},
            {"", NULL, NULL, "/d", "/d/.cache/limpid"},
            {"", NULL, NULL, NULL, "/var/cache/limpid"},
            {"", NULL, NULL, "", "/var/cache/limpid"},
        };
        struct arena arena;
        arena_init(&arena, 1 << 16, "a test");
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            const char *const names[] = {"LIMPID_CACHE_DIR", "XDG_CACHE_HOME", "HOME"};
            const char *const values[] = {cases[i].own, cases[i].xdg, cases[i].home};
            for (size_t n = 0; n < ARRAY_COUNT(names); n++) {
                CHECK((values[n] == NULL ? unsetenv(names[n]) : setenv(names[n], values[n], 1)) ==
                      0);
            }
            str dir = STR_NONE;
            CHECK_OK(store_default_dir(str_from(cases[i].chosen), &arena, &dir, &e), &e);
            CHECK_STR(dir, str_from(cases[i].want));
        }
        struct store *s = NULL;
        test_dir_make();
        test_file_write(test_path("file"), STR("x"));
        CHECK_FAILS(store_open(str_from(test_path("file")), &s, &e), &e, ERROR_IO, "file");
        CHECK_FAILS(store_open(str_from(test_path("file/below")), &s, &e), &e, ERROR_IO, "file");
        CHECK_OK(store_open(str_from(test_path("a/b/c/")), &s, &e), &e);
        CHECK(is_there("a/b/c"));
        store_close(s);
        arena_done(&arena);
    }
}

int main(void)
{
    generations();
    killed(write_forever, "a writer");
    killed(import_forever, "an import");
    replaced();
    directories();
    return check_done();
}
