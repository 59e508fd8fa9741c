#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "store/migrate.h"
#include "store/testing.h"

static struct error e;
static struct arena arena;

static digest digest_number(uint32_t n)
{
    digest d = {.algorithm = DIGEST_SHA256};
    memcpy(d.bytes, &n, sizeof(n));
    return d;
}

static bool finds(struct store *s, uint32_t n, uint32_t revision, str *facts)
{
    digest diff;
    bool found = false;
    return store_facts_find(s, digest_number(n), revision, &arena, facts, &diff, &found, &e) &&
           found;
}

static bool keeps(struct store *s, uint32_t n, str facts)
{
    return store_facts_keep(s, digest_number(n), 7, facts, digest_number(n + 1), &e);
}

static void keeping(void)
{
    str facts;
    CHECK_CASE("facts come back by digest and revision")
    {
        test_dir_make();
        struct store *s = test_store();
        bool found = true;
        digest diff = {0};
        CHECK_OK(store_facts_find(s, digest_number(1), 7, &arena, &facts, &diff, &found, &e), &e);
        CHECK(!found);
        CHECK(access(test_path("layers.db"), F_OK) != 0); /* a look-up makes nothing */
        CHECK_OK(store_facts_keep(s, digest_number(1), 7, STR("facts"), digest_number(2), &e), &e);
        CHECK_OK(store_facts_find(s, digest_number(1), 7, &arena, &facts, &diff, &found, &e), &e);
        CHECK(found && digest_eq(diff, digest_number(2)));
        CHECK_STR(facts, STR("facts"));
        CHECK(!finds(s, 1, 8, &facts));
        CHECK(!finds(s, 2, 7, &facts));
        CHECK_OK(keeps(s, 1, STR("")), &e);
        CHECK(finds(s, 1, 7, &facts) && facts.len == 0);
        store_close(s);
        s = test_store();
        CHECK(finds(s, 1, 7, &facts) && facts.len == 0);
        digest long_one = {.algorithm = DIGEST_SHA512};
        CHECK_OK(store_facts_keep(s, long_one, 7, STR("512"), long_one, &e), &e);
        CHECK_OK(store_facts_find(s, long_one, 7, &arena, &facts, &diff, &found, &e), &e);
        CHECK(found && digest_eq(diff, long_one));
        digest none = {0};
        CHECK(!store_facts_keep(s, none, 7, STR("none"), none, &e));
        store_close(s);
    }
    CHECK_CASE("the cache stays within its bounds, and drops what was not used the longest")
    {
        test_dir_make();
        struct store *s = test_store();
        s->facts_layers_max = 64;
        s->facts_bytes_max = 64 * 1000;
        static char body[1000];
        memset(body, 'x', sizeof(body));
        for (uint32_t n = 0; n < 200; n++) {
            CHECK_OK(keeps(s, n, (str){.at = body, .len = n % 2 != 0 ? 1000 : 10}), &e);
        }
        size_t left = 0;
        for (uint32_t n = 0; n < 200; n++) {
            left += finds(s, n, 7, &facts);
        }
        CHECK(left >= 56 && left <= 64);
        CHECK(finds(s, 199, 7, &facts) && !finds(s, 0, 7, &facts));
        s->facts_bytes_max = 20 * 1000; /* now the bytes are what there is too much of */
        CHECK_OK(keeps(s, 1000, STR("x")), &e);
        left = 0;
        for (uint32_t n = 0; n < 200; n++) {
            left += finds(s, n, 7, &facts) && facts.len == 1000;
        }
        CHECK(left >= 16 && left <= 20);
        CHECK(!keeps(s, 2000, (str){.at = body, .len = 1000} /* an eighth is the most */) ||
              s->facts_bytes_max / 8 >= 1000);
        s->facts_bytes_max = 7999;
        CHECK_FAILS(keeps(s, 2000, (str){.at = body, .len = 1000}), &e, ERROR_LIMIT, "1000");
        store_close(s);
    }
}

/* -- files ------------------------------------------------------------------------------------ */

static struct stat old_file(void)
{
    struct stat st = {.st_dev = 1, .st_ino = UINT64_MAX, .st_size = 100};
    st.st_mtim = st.st_ctim = (struct timespec){.tv_sec = 1000000, .tv_nsec = 5};
    return st;
}

static bool file_found(struct store *s, const struct stat *st, uint64_t start, uint64_t length)
{
    bool found = false;
    digest d = {0};
    CHECK_OK(store_file_digest_find(s, st, start, length, &d, &found, &e), &e);
    return found && digest_eq(d, digest_number(5));
}

static void files(void)
{
    CHECK_CASE("a file's digest is known by all of its identity, and by nothing less")
    {
        test_dir_make();
        struct store *s = test_store();
        struct stat st = old_file();
        CHECK(!file_found(s, &st, 0, UINT64_MAX));
        CHECK_OK(store_file_digest_keep(s, &st, 0, UINT64_MAX, digest_number(5), &e), &e);
        CHECK_OK(store_file_digest_keep(s, &st, 512, 20, digest_number(5), &e), &e);
        CHECK(file_found(s, &st, 0, UINT64_MAX) && file_found(s, &st, 512, 20));
        CHECK(!file_found(s, &st, 0, 20) && !file_found(s, &st, 512, UINT64_MAX));
        for (int i = 0; i < 6; i++) {
            struct stat other = st;
            other.st_dev += i == 0;
            other.st_ino -= i == 1;
            other.st_size += i == 2;
            other.st_mtim.tv_nsec += i == 3;
            other.st_ctim.tv_nsec += i == 4;
            other.st_ctim.tv_sec += i == 5;
            CHECK(!file_found(s, &other, 0, UINT64_MAX));
        }
        st.st_size = 200; /* the file changed: its row is replaced */
        CHECK_OK(store_file_digest_keep(s, &st, 0, UINT64_MAX, digest_number(5), &e), &e);
        CHECK(file_found(s, &st, 0, UINT64_MAX));
        st.st_size = 100;
        CHECK(!file_found(s, &st, 0, UINT64_MAX) && file_found(s, &st, 512, 20));
        store_close(s);
    }
    CHECK_CASE("a file that was changed just now is not believed")
    {
        struct store *s = test_store();
        struct stat st = old_file();
        clock_gettime(CLOCK_REALTIME, &st.st_ctim);
        CHECK(!store_file_digest_keep(s, &st, 0, 1, digest_number(5), &e));
        st.st_ctim.tv_sec -= 2;
        st.st_ctim.tv_nsec = 1;
        CHECK(store_file_digest_keep(s, &st, 0, 1, digest_number(5), &e));
        st.st_ctim.tv_nsec = 0; /* perhaps a clock that ticks in seconds */
        CHECK(!store_file_digest_keep(s, &st, 0, 1, digest_number(5), &e));
        store_close(s);
    }
    CHECK_CASE("digests of files stay within their bound")
    {
        struct store *s = test_store();
        struct stat st = old_file();
        s->files_max = 80;
        size_t known = 0;
        for (uint64_t i = 0; i < 500; i++) {
            CHECK_OK(store_file_digest_keep(s, &st, i, 7, digest_number(5), &e), &e);
        }
        for (uint64_t i = 0; i < 500; i++) {
            known += file_found(s, &st, i, 7);
        }
        CHECK(known >= 60 && known <= 80);
        store_close(s);
    }
}

/* -- damage ----------------------------------------------------------------------------------- */

/* A layers.db with some facts, whole in its one file. */
static str whole_database(void)
{
    test_dir_make();
    struct store *s = test_store();
    static char body[30000];
    memset(body, 'f', sizeof(body));
    for (uint32_t n = 0; n < 20; n++) {
        CHECK_OK(keeps(s, n, (str){.at = body, .len = 1000 + n * 1000}), &e);
    }
    CHECK_OK(db_exec(s->layers.db, "PRAGMA wal_checkpoint(TRUNCATE)", &e), &e);
    store_close(s);
    return check_file(test_path("layers.db"));
}

/* Whatever lies there: find gives the right facts or none, keep works or says no, and afterwards
 * the cache works again. */
static void survives(str bytes, size_t *found_all, size_t *kept)
{
    str facts;
    unlink(test_path("layers.db-wal"));
    unlink(test_path("layers.db-shm"));
    test_file_write(test_path("layers.db"), bytes);
    struct store *s = test_store();
    for (uint32_t n = 0; n < 20; n++) {
        if (finds(s, n, 7, &facts)) {
            CHECK_NUM(facts.len, 1000 + n * 1000);
            CHECK(facts.at[0] == 'f' && facts.at[facts.len - 1] == 'f');
            (*found_all)++;
        }
    }
    bool first = keeps(s, 500, STR("new"));
    bool again = first || keeps(s, 500, STR("new")); /* after damage that only now was seen */
    *kept += again;
    CHECK(!again || finds(s, 500, 7, &facts));
    store_close(s);
    if (arena.taken_bytes > 8u << 20) {
        arena_done(&arena);
    }
}

static void damage(void)
{
    str good = whole_database();
    size_t found = 0, kept = 0;
    CHECK_CASE("a database cut anywhere is no error, and is replaced")
    {
        size_t cuts = 0;
        for (size_t len = 0; len < good.len; len += len < 200 ? 13 : 4001, cuts++) {
            survives(str_slice(good, 0, len), &found, &kept);
        }
        CHECK(kept == cuts);
        CHECK(access(test_path("layers.db.damaged"), F_OK) == 0);
    }
    CHECK_CASE("changed bytes give the right facts or none")
    {
        char *bad = malloc(good.len);
        uint64_t random = 3;
        found = kept = 0;
        for (int i = 0; bad != NULL && i < 200; i++) {
            memcpy(bad, good.at, good.len);
            for (int n = 0; n < 20; n++) {
                size_t at = test_random(&random) % (i % 2 != 0 ? good.len : 16384);
                bad[at] = (char)test_random(&random);
            }
            survives((str){.at = bad, .len = good.len}, &found, &kept);
        }
        free(bad);
        printf("# of 200: %zu facts found, %zu kept\n", found, kept);
        CHECK(kept > 100 && found > 500);
    }
    CHECK_CASE("somebody else's database is put aside; one of a newer limpid is left alone")
    {
        str facts;
        test_dir_make();
        struct db *db = NULL;
        struct db_options options = {.path = test_path("layers.db"), .mode = DB_CREATE};
        CHECK_OK(db_open(&engine_sqlite, &options, &db, &e), &e);
        CHECK_OK(db_exec(db, "CREATE TABLE precious (x INTEGER)", &e), &e);
        db_close(db);
        struct store *s = test_store();
        CHECK(!finds(s, 1, 7, &facts));
        CHECK_OK(keeps(s, 1, STR("x")), &e);
        CHECK(access(test_path("layers.db.damaged"), F_OK) == 0);
        const struct schema_mark newer = {SCHEMA_APPLICATION_LAYERS, 1000, 1000};
        CHECK_OK(s->layers.db->engine->schema_set(s->layers.db, &newer, &e), &e);
        store_close(s);
        unlink(test_path("layers.db.damaged"));
        s = test_store();
        CHECK(!finds(s, 1, 7, &facts));
        CHECK(!keeps(s, 2, STR("x")));
        CHECK(access(test_path("layers.db.damaged"), F_OK) != 0);
        store_close(s);
    }
    CHECK_CASE("a directory in place of the database is no error")
    {
        str facts;
        test_dir_make();
        mkdir(test_path("layers.db"), 0755);
        struct store *s = test_store();
        CHECK(!finds(s, 1, 7, &facts));
        CHECK(!keeps(s, 1, STR("x")));
        store_close(s);
    }
}

/* -- many processes --------------------------------------------------------------------------- */

static int child_of(int number, int *kept)
{
    static char body[20000];
    str facts;
    struct store *s = test_store();
    uint64_t random = (uint64_t)number;
    *kept = 0;
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t n = test_random(&random) % 60;
        memset(body, 'a' + (int)(n % 26), sizeof(body));
        if (finds(s, n, 7, &facts)) {
            if (facts.len != 1000 + n * 100 || memcmp(facts.at, body, facts.len) != 0) {
                return 1;
            }
        } else {
            *kept += keeps(s, n, (str){.at = body, .len = 1000 + n * 100});
        }
        arena_done(&arena);
    }
    store_close(s);
    return 0;
}

static void many(void)
{
    CHECK_CASE("32 processes on one store: nobody fails, nobody waits long, most is kept")
    {
        enum { PROCESSES = 32 };
        pid_t children[PROCESSES];
        int wrong = 0, pipes[2];
        test_dir_make();
        if (pipe(pipes) != 0) {
            abort();
        }
        uint64_t start_ns = clock_monotonic_ns();
        for (int i = 0; i < PROCESSES; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                int kept = 0, bad = child_of(i + 1, &kept);
                if (write(pipes[1], &kept, sizeof(kept)) != sizeof(kept)) {
                    bad = 1;
                }
                _exit(bad);
            }
        }
        int kept = 0;
        for (int i = 0; i < PROCESSES; i++) {
            int status, one = 0;
            wrong += waitpid(children[i], &status, 0) != children[i] || status != 0;
            if (read(pipes[0], &one, sizeof(one)) == sizeof(one)) {
                kept += one;
            }
        }
        uint64_t ms = (clock_monotonic_ns() - start_ns) / 1000000;
        close(pipes[0]);
        close(pipes[1]);
        CHECK_NUM(wrong, 0);
        struct store *s = test_store();
        str facts;
        size_t found = 0;
        for (uint32_t n = 0; n < 60; n++) {
            found += finds(s, n, 7, &facts);
        }
        store_close(s);
        printf("# 32 processes, 640 look-ups, %d kept, %zu of 60 there, %llu ms\n", kept, found,
               (unsigned long long)ms);
        CHECK(found >= 50);
    }
}

/* Runs `body` as nobody, who may not write here. */
static int as_nobody(int (*body)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0) {
            _exit(2);
        }
        _exit(body());
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int reads_only(void)
{
    str facts;
    struct store *s = test_store();
    bool right = finds(s, 3, 7, &facts) && facts.len == 4000 && !keeps(s, 77, STR("x")) &&
                 finds(s, 4, 7, &facts);
    store_close(s);
    return right ? 0 : 1;
}

static void read_only(void)
{
    CHECK_CASE("a directory that may not be written is read, with and without the files of a log")
    {
        if (geteuid() != 0) {
            check_skip("needs root, to become nobody");
        } else {
            whole_database();
            CHECK_NUM(as_nobody(reads_only), 0);
            unlink(test_path("layers.db-wal"));
            unlink(test_path("layers.db-shm"));
            CHECK_NUM(as_nobody(reads_only), 0);
            CHECK(access(test_path("layers.db-wal"), F_OK) != 0);
        }
    }
}

static void refused_memory(void)
{
    CHECK_CASE("a refused allocation is no facts, or a clean error, never worse")
    {
        test_dir_make();
        for (int n = 0;; n++) {
            struct store *s = NULL;
            arena_done(&arena);
            error_clear(&e);
            fail_alloc_at(n);
            bool opened = store_open(str_from(test_dir), &s, &e);
            bool kept = opened && keeps(s, 1, STR("facts"));
            str facts;
            digest diff;
            bool found = false;
            bool asked = opened && store_facts_find(s, digest_number(1), 7, &arena, &facts, &diff,
                                                    &found, &e);
            fail_alloc_at(-1);
            store_close(s);
            if (!fail_alloc_hit()) {
                CHECK(kept && asked && found);
                printf("# %d allocations\n", n);
                break;
            }
            CHECK(kept || e.kind != ERROR_NONE);
            CHECK(!found || kept || n > 0);
        }
    }
}

static void speed(void)
{
    CHECK_CASE("opening the cache and asking it once takes about a millisecond")
    {
        whole_database();
        uint64_t best_ns = UINT64_MAX, again_ns = UINT64_MAX;
        str facts;
        for (int i = 0; i < 20; i++) {
            uint64_t start_ns = clock_monotonic_ns();
            struct store *s = test_store();
            CHECK(finds(s, 3, 7, &facts));
            uint64_t first_ns = clock_monotonic_ns();
            CHECK(finds(s, 4, 7, &facts));
            uint64_t second_ns = clock_monotonic_ns();
            store_close(s);
            best_ns = first_ns - start_ns < best_ns ? first_ns - start_ns : best_ns;
            again_ns = second_ns - first_ns < again_ns ? second_ns - first_ns : again_ns;
        }
        printf("# open and first look-up %llu us, the next %llu us\n",
               (unsigned long long)best_ns / 1000, (unsigned long long)again_ns / 1000);
        CHECK(best_ns < 20000000);
    }
}

int main(void)
{
    arena_init(&arena, 1 << 26, "a test");
    keeping();
    files();
    damage();
    many();
    read_only();
    refused_memory();
    speed();
    arena_done(&arena);
    return check_done();
}
