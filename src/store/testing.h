/* testing.h: what the tests of this folder share: a scratch directory, and advisories in numbers.
 */
#ifndef LIMPID_STORE_TESTING_H
#define LIMPID_STORE_TESTING_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "store/advisories.h"
#include "store/inner.h"

static char test_dir[64];

static inline void test_dir_remove(const char *path)
{
    DIR *list = opendir(path);
    struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        char below[600];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >= (int)sizeof(below)) {
            continue;
        }
        if (unlink(below) != 0) {
            test_dir_remove(below);
        }
    }
    if (list != NULL) {
        closedir(list);
    }
    rmdir(path);
}

static inline void test_dir_clean(void)
{
    test_dir_remove(test_dir);
}

/* An empty directory of this test, gone at its end; below `parent`. */
static inline const char *test_dir_make_in(const char *parent)
{
    if (test_dir[0] != '\0') {
        test_dir_remove(test_dir);
    } else {
        atexit(test_dir_clean);
    }
    snprintf(test_dir, sizeof(test_dir), "%s/limpid-store-XXXXXX", parent);
    if (mkdtemp(test_dir) == NULL) {
        abort();
    }
    chmod(test_dir, 0755);
    return test_dir;
}

static inline const char *test_dir_make(void)
{
    return test_dir_make_in("/tmp");
}

/* In memory where that is possible, for tests that would otherwise wait for a disk. */
static inline const char *test_dir_make_fast(void)
{
    return test_dir_make_in(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

/* A path below it; eight calls deep. */
static inline const char *test_path(const char *below)
{
    static char paths[8][300];
    static unsigned at;
    char *path = paths[at++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", test_dir, below);
    return path;
}

static inline void test_file_write(const char *path, str bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || (bytes.len > 0 && write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len)) {
        abort();
    }
    close(fd);
}

static inline struct store *test_store(void)
{
    struct error e = {0};
    struct store *s = NULL;
    if (!store_open(str_from(test_dir), &s, &e)) {
        printf("# %s\n", e.text);
        abort();
    }
    s->lock_wait_ms = 200;
    s->keep_generations = 0;
    return s;
}

/* A small generator: the same numbers for the same seed, everywhere. */
static inline uint32_t test_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* `rows` rows in the shape of a distribution's: an advisory has three, packages have many, fixed
 * versions come again. */
static inline bool test_fill(struct advisories_writer *w, size_t rows, uint64_t seed,
                             struct error *e)
{
    static const char *const releases[] = {"debian:10", "debian:11", "debian:12", "debian:13"};
    uint64_t random = seed;
    for (size_t i = 0; i < rows / 3; i++) {
        char id[40], alias[40], package[40], fixed[3][40], description[120];
        uint32_t p = test_random(&random) % 1000 * (test_random(&random) % 20) / 3;
        snprintf(id, sizeof(id), "DSA-%zu-1", i);
        snprintf(alias, sizeof(alias), "CVE-%u-%u", 2010 + (unsigned)(i % 15), (unsigned)i);
        snprintf(package, sizeof(package), "package-%u", p);
        snprintf(description, sizeof(description), "A flaw number %zu lets others read %s", i,
                 package);
        struct affected affected[3];
        for (size_t r = 0; r < 3; r++) {
            snprintf(fixed[r], sizeof(fixed[r]), "1.%u.%u-%zu+deb%zuu1", p % 7,
                     test_random(&random) % 40, r + 1, r + 10);
            affected[r] = (struct affected){.namespace_ = str_from(releases[(i + r) % 4]),
                                            .package = str_from(package),
                                            .scope = (enum package_scope)(p % 2),
                                            .state = p % 11 == 0 ? FIX_NONE_YET : FIX_AVAILABLE,
                                            .fixed = str_from(p % 11 == 0 ? "" : fixed[r])};
        }
        str ids[] = {str_from(alias)};
        struct advisory a = {.id = str_from(id),
                             .ids = ids,
                             .ids_count = 1,
                             .severity = (enum severity)(i % 6),
                             .severity_source = STR("test"),
                             .description = str_from(i % 4 != 0 ? "" : description),
                             .url = STR("https://example.org/advisories"),
                             .published_s = 1500000000 + (int64_t)i * 5000,
                             .modified_s = 1600000000 + (int64_t)i,
                             .affected = affected,
                             .affected_count = 3};
        if (!advisories_write(w, &a, e)) {
            return false;
        }
    }
    return true;
}

/* A feed of such rows, as the current data. */
static inline bool test_feed(struct store *s, const char *feed, size_t rows, uint64_t seed,
                             int64_t date_s, struct error *e)
{
    struct advisories_writer *w;
    struct advisories_commit_options options = {
        .date_s = date_s, .origin = STR("test"), .allow_shrink = true};
    struct advisories_commit_counts counts;
    if (!advisories_write_begin(s, str_from(feed), &w, e)) {
        return false;
    }
    if (!test_fill(w, rows, seed, e)) {
        advisories_write_abandon(w);
        return false;
    }
    return advisories_write_commit(w, &options, &counts, e);
}

/* All feeds, not signed. */
static inline bool test_export(struct store *s, const char *file, struct error *e)
{
    const struct bundle_export_options options = {.file = str_from(file)};
    size_t left = 0;
    return store_bundle_export(s, &options, &left, e);
}

#endif
