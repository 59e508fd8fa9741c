#include "store/history.h"

#include <sys/wait.h>

#include "store/current.h"
#include "store/rows_testing.h"

static struct arena arena;

static str generation(struct store *s)
{
    str name = STR_NONE;
    CHECK_OK(store_generation(s, &arena, &name, &e), &e);
    return name;
}

/* A run of an update: a store of its own. */
static str update(const char *package, unsigned keep)
{
    struct store *s = test_store();
    s->keep_generations = keep;
    CHECK_OK(one_row(s, "x", "A", package), &e);
    CHECK_OK(one_row(s, "y", "B", package), &e);
    str name = generation(s);
    store_close(s);
    return name;
}

static size_t generations_count(void)
{
    struct store *s = test_store();
    const struct kept_generation *list;
    size_t count = 0;
    CHECK_OK(store_generations(s, &arena, &list, &count, &e), &e);
    store_close(s);
    return count;
}

static size_t rows_as_of(str when, const char *package)
{
    struct store *s = test_store();
    struct advisories *a = NULL;
    CHECK_OK(store_as_of(s, when, &e), &e);
    CHECK_OK(advisories_open(s, &a, &e), &e);
    size_t count = rows_of(a, "debian:12", package);
    advisories_close(a);
    store_close(s);
    return count;
}

static void keeping(void)
{
    CHECK_CASE("a run keeps the generation that it found, and no step between")
    {
        test_dir_make();
        str first = update("one", 5);
        CHECK_NUM(generations_count(), 1);
        str second = update("two", 5);
        CHECK_NUM(generations_count(), 2);
        CHECK_NUM(rows_as_of(first, "one"), 2);
        CHECK_NUM(rows_as_of(first, "two"), 0);
        CHECK_NUM(rows_as_of(second, "two"), 2);
        update("two", 5); /* nothing new */
        CHECK_NUM(generations_count(), 2);
    }
    CHECK_CASE("no more are kept than asked for, and their files go with them")
    {
        test_dir_make();
        str names[6];
        for (int i = 0; i < 6; i++) {
            char package[] = {(char)('a' + i), '\0'};
            names[i] = update(package, 2);
        }
        struct store *s = test_store();
        s->keep_generations = 2;
        s->grace_s = 0;
        CHECK_OK(store_feed_unchanged(s, STR("x"), &e), &e);
        store_close(s);
        CHECK_NUM(generations_count(), 3);
        CHECK_NUM(rows_as_of(names[3], "d"), 2);
        CHECK_NUM(rows_as_of(names[4], "e"), 2);
        CHECK(is_there("advisories/x-4.db") && !is_there("advisories/x-3.db"));
        s = test_store();
        CHECK_FAILS(store_as_of(s, names[2], &e), &e, ERROR_ABSENT, "there are");
        CHECK(strstr(e.text, "since") != NULL);
        s->keep_generations = 2;
        s->keep_bytes_max = 0;
        s->grace_s = 0;
        CHECK_OK(store_feed_unchanged(s, STR("x"), &e), &e);
        CHECK_NUM(generations_count(), 1);
        store_close(s);
    }
    CHECK_CASE("old ones go by their age")
    {
        test_dir_make();
        str first = update("one", 5);
        update("two", 5);
        char file[200];
        snprintf(file, sizeof(file), "advisories/generation-%.*s", (int)first.len, first.at);
        struct timespec old = {.tv_sec = 1000};
        CHECK(utimensat(AT_FDCWD, test_path(file), (struct timespec[]){old, old}, 0) == 0);
        update("three", 5);
        CHECK_NUM(generations_count(), 2);
    }
    CHECK_CASE("a file of history that is damaged is passed over")
    {
        test_dir_make();
        update("one", 5);
        update("two", 5);
        test_file_write(test_path("advisories/generation-x"), STR("limpid-advisories 1\nfeed\tx"));
        CHECK_NUM(generations_count(), 2);
        update("three", 5);
    }
}

/* As if what is current had come at that time. */
static void came_at(int64_t at_s)
{
    struct current c;
    struct store *s = test_store();
    CHECK_OK(store_lock(s, &e) && current_read(s, &arena, &c, &e), &e);
    for (size_t i = 0; i < c.count; i++) {
        c.feeds[i].state.fetched_s = at_s;
    }
    CHECK_OK(current_write(s, &c, &e), &e);
    store_unlock(s);
    store_close(s);
}

static void asking(void)
{
    CHECK_CASE("a time is answered by what was current then; a day by its end")
    {
        test_dir_make();
        str first = update("one", 5);
        came_at(1700000000);
        update("two", 5);
        came_at(1700200000);
        CHECK_NUM(rows_as_of(STR("2023-11-14T22:13:20Z"), "one"), 2); /* 1700000000 */
        CHECK_NUM(rows_as_of(STR("2023-11-15"), "one"), 2);
        CHECK_NUM(rows_as_of(STR("2023-11-17T05:46:40Z"), "one"), 0);
        CHECK_NUM(rows_as_of(STR("2030-01-01"), "two"), 2);
        struct store *s = test_store();
        CHECK_FAILS(store_as_of(s, STR("2023-11-14T22:13:19Z"), &e), &e, ERROR_ABSENT, "there are");
        CHECK_OK(store_as_of(s, first, &e), &e);
        CHECK_FAILS(store_feed_unchanged(s, STR("x"), &e), &e, ERROR_USAGE, "only be read");
        store_close(s);
    }
}

static struct changes compare(struct store *s, bool ids)
{
    struct changes out = {0};
    const struct changes_options options = {.ids = ids};
    CHECK_OK(store_changes(s, &options, &arena, &out, &e), &e);
    return out;
}

static void write_ids(struct store *s, const char *feed, const char *ids, const char *package)
{
    struct advisories_writer *w;
    struct advisories_commit_options options = {.date_s = 1, .allow_shrink = true};
    struct advisories_commit_counts counts;
    CHECK_OK(advisories_write_begin(s, str_from(feed), &w, &e), &e);
    for (; *ids != '\0'; ids++) {
        char id[] = {'C', 'V', 'E', '-', '1', '-', *ids, '\0'};
        bool changed = *ids >= 'A' && *ids <= 'Z';
        id[6] = changed ? (char)(*ids + 32) : *ids;
        struct affected row = {.namespace_ = STR("debian:12"),
                               .package = str_from(package),
                               .state = changed ? FIX_NONE_YET : FIX_AVAILABLE,
                               .fixed = changed ? STR_NONE : STR("1")};
        struct advisory a = {.id = str_from(id), .affected = &row, .affected_count = 1};
        CHECK_OK(advisories_write(w, &a, &e), &e);
    }
    CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
}

static void changing(void)
{
    CHECK_CASE("what is new, changed and gone is told, by id")
    {
        test_dir_make();
        struct store *s = test_store();
        struct changes_options options = {0};
        struct changes none;
        write_ids(s, "same", "abc", "p");
        write_ids(s, "x", "abcdef", "p");
        write_ids(s, "gone", "ab", "p");
        CHECK_FAILS(store_changes(s, &options, &arena, &none, &e), &e, ERROR_ABSENT,
                    "no earlier generation");
        store_close(s);
        s = test_store();
        s->keep_generations = 5;
        write_ids(s, "x", "bCdeFgh", "p"); /* upper case: another row */
        write_ids(s, "anew", "z", "p");
        struct changes c = compare(s, true);
        CHECK_NUM(c.count, 2);
        CHECK_STR(c.feeds[0].feed, STR("anew"));
        CHECK_NUM(c.feeds[0].added, 1);
        CHECK_NUM(c.feeds[1].added, 2);
        CHECK_NUM(c.feeds[1].changed, 2);
        CHECK_NUM(c.feeds[1].removed, 1);
        CHECK_STR(c.feeds[1].removed_ids[0], STR("CVE-1-a"));
        CHECK_STR(c.feeds[1].changed_ids[1], STR("CVE-1-f"));
        CHECK_STR(c.feeds[1].added_ids[1], STR("CVE-1-h"));
        c = compare(s, false);
        CHECK(c.feeds[1].added == 2 && c.feeds[1].added_ids == NULL);
        store_close(s);
    }
    CHECK_CASE("each refused allocation of a comparison is a clean error")
    {
        struct store *s = test_store();
        for (int n = 0;; n++) {
            struct changes out;
            const struct changes_options options = {.ids = true};
            error_clear(&e);
            fail_alloc_at(n);
            bool done = store_changes(s, &options, &arena, &out, &e);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK(done || e.kind == ERROR_MEMORY);
        }
        store_close(s);
    }
}

/* -- a bundle without an import ------------------------------------------------------------------
 */

static size_t rows_of_bundle(const char *dir, const struct sign_keys *keys)
{
    struct store *s = NULL;
    struct advisories *a = NULL;
    struct bundle_import_result got;
    const struct bundle_import_options options = {.file = str_from(test_path("b")), .keys = keys};
    size_t count = 0;
    if (CHECK_OK(store_open(str_from(dir), &s, &e), &e) &&
        CHECK_OK(store_use_bundle(s, &options, &got, &e), &e) &&
        CHECK_OK(advisories_open(s, &a, &e), &e)) {
        count = rows_of(a, "debian:12", "p");
    }
    advisories_close(a);
    store_close(s);
    return count;
}

static size_t entries(const char *dir)
{
    size_t count = 0;
    DIR *list = opendir(dir);
    while (list != NULL && readdir(list) != NULL) {
        count++;
    }
    if (list != NULL) {
        closedir(list);
    }
    return count;
}

static void bundles(void)
{
    struct sign_secret key, other;
    const struct sign_keys keys = {.at = &key.public_key, .count = 1};
    const struct sign_keys others = {.at = &other.public_key, .count = 1};
    size_t left;
    CHECK_CASE("a bundle answers by itself, and the store's own advisories stay what they are")
    {
        test_dir_make();
        struct store *s = test_store();
        const struct bundle_export_options options = {.file = str_from(test_path("b")),
                                                      .sign = &key};
        CHECK_OK(sign_generate(&key, &e) && sign_generate(&other, &e), &e);
        CHECK_OK(one_row(s, "x", "A", "p"), &e);
        CHECK_OK(store_bundle_export(s, &options, &left, &e), &e);
        CHECK_OK(one_row(s, "x", "A", "q"), &e);
        store_close(s);
        CHECK_NUM(rows_of_bundle(test_dir, NULL), 1);
        CHECK_NUM(rows_of_bundle(test_dir, NULL), 1); /* from the folder that it made */
        CHECK_NUM(entries(test_path("bundles")), 3);
        s = test_store();
        struct advisories *a = NULL;
        CHECK_OK(advisories_open(s, &a, &e), &e);
        CHECK_NUM(rows_of(a, "debian:12", "p"), 0);
        advisories_close(a);
        store_close(s);
    }
    CHECK_CASE("a key is asked for whether or not the folder is there")
    {
        struct store *s = test_store();
        struct bundle_import_result got;
        const struct bundle_import_options options = {.file = str_from(test_path("b")),
                                                      .keys = &others};
        CHECK_FAILS(store_use_bundle(s, &options, &got, &e), &e, ERROR_DIGEST, "not trusted here");
        store_close(s);
        CHECK_NUM(rows_of_bundle(test_dir, &keys), 1);
        CHECK_NUM(rows_of_bundle(test_dir, &keys), 1);
        s = test_store();
        CHECK_FAILS(store_use_bundle(s, &options, &got, &e), &e, ERROR_DIGEST, "not trusted here");
        store_close(s);
    }
    CHECK_CASE("a changed bundle is another one, and a damaged one is refused")
    {
        str good = check_file(test_path("b"));
        char *bad = malloc(good.len);
        struct bundle_import_result got;
        const struct bundle_import_options options = {.file = str_from(test_path("b"))};
        memcpy(bad, good.at, good.len);
        bad[good.len / 2] = (char)(bad[good.len / 2] ^ 1);
        test_file_write(test_path("b"), (str){.at = bad, .len = good.len});
        struct store *s = test_store();
        CHECK_FAILS(store_use_bundle(s, &options, &got, &e), &e, ERROR_DIGEST, "made with");
        store_close(s);
        test_file_write(test_path("b"), good);
        free(bad);
    }
    CHECK_CASE("a folder that is damaged is made again")
    {
        DIR *list = opendir(test_path("bundles"));
        struct dirent *entry;
        while (list != NULL && (entry = readdir(list)) != NULL) {
            char name[200];
            snprintf(name, sizeof(name), "bundles/%.120s/advisories/current", entry->d_name);
            if (entry->d_name[0] != '.') {
                test_file_write(test_path(name), STR("x\n"));
            }
        }
        closedir(list);
        CHECK_NUM(rows_of_bundle(test_dir, NULL), 1);
        CHECK_NUM(rows_of_bundle(test_dir, NULL), 1);
    }
    CHECK_CASE("where nothing may be written but TMPDIR, it goes as it came")
    {
        if (geteuid() != 0) {
            check_skip("needs root, to become nobody");
        } else {
            CHECK(mkdir(test_path("tmp"), 0777) == 0 && chmod(test_path("tmp"), 0777) == 0 &&
                  mkdir(test_path("locked"), 0755) == 0);
            fflush(stdout);
            pid_t child = fork();
            if (child == 0) {
                bool nobody = setgid(65534) == 0 && setuid(65534) == 0 &&
                              setenv("TMPDIR", test_path("tmp"), 1) == 0;
                size_t rows = nobody ? rows_of_bundle(test_path("locked"), NULL) : 0;
                _exit(rows == 1 ? 0 : 1);
            }
            int status = -1;
            waitpid(child, &status, 0);
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            CHECK_NUM(entries(test_path("tmp")), 2);
            CHECK_NUM(entries(test_path("locked")), 2);
        }
    }
}

int main(void)
{
    arena_init(&arena, 1 << 26, "a test");
    keeping();
    asking();
    changing();
    bundles();
    arena_done(&arena);
    return check_done();
}
