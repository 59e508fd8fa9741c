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

/* An empty directory of this test, gone at its end. */
static inline const char *test_dir_make(void)
{
    if (test_dir[0] != '\0') {
        test_dir_remove(test_dir);
    } else {
        atexit(test_dir_clean);
    }
    snprintf(test_dir, sizeof(test_dir), "/tmp/limpid-store-XXXXXX");
    if (mkdtemp(test_dir) == NULL) {
        abort();
    }
    chmod(test_dir, 0755);
    return test_dir;
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
    return s;
}

/* A small generator: the same numbers for the same seed, everywhere. */
static inline uint32_t test_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

#endif
