#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "store/inner.h"

enum {
    STORE_ARENA_BYTES_MAX = 64 * 1024,
    BUDGET_BYTES = 16 * 1024 * 1024,
    LOCK_WAIT_MS = 10 * 1000,
    LOCK_POLL_MS = 20,
    GRACE_S = 10 * 60,
    KEEP_GENERATIONS = 5,
    KEEP_S = 7 * 24 * 60 * 60,
};
#define KEEP_BYTES_MAX ((uint64_t)2 * 1024 * 1024 * 1024)

/* Names of files that a killed writer may leave; only the holder of the lock makes them. */
static const char temporary_prefix[] = "tmp-";

static bool is_absolute(const char *path)
{
    return path != NULL && path[0] == '/';
}

bool store_default_dir(str chosen, struct arena *arena, str *out, struct error *e)
{
    const char *own = getenv("LIMPID_CACHE_DIR");
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (chosen.len > 0) {
        return arena_str(arena, chosen, out, e);
    }
    if (own != NULL && own[0] != '\0') {
        return arena_str(arena, str_from(own), out, e);
    }
    if (is_absolute(xdg)) { /* the specification: a relative one is ignored */
        return arena_printf(arena, out, e, "%s/limpid", xdg);
    }
    if (is_absolute(home)) {
        return arena_printf(arena, out, e, "%s/.cache/limpid", home);
    }
    return arena_str(arena, STR("/var/cache/limpid"), out, e);
}

bool store_make_dir(const char *path, struct error *e)
{
    char part[4096];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part)) {
        return error_set(e, ERROR_LIMIT, "the directory's name has %zu bytes, 1 to %zu may be", len,
                         sizeof(part) - 1);
    }
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        char kept = part[i];
        part[i] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST) {
            int sys = errno;
            struct stat st;
            /* on a read-only system mkdir says EROFS even where the directory is there */
            if (stat(part, &st) != 0 || !S_ISDIR(st.st_mode)) {
                return error_sys(e, sys, "cannot make the directory '%s'", part);
            }
        }
        part[i] = kept;
    }
    return true;
}

bool store_open(str dir, struct store **out, struct error *e)
{
    struct arena arena;
    arena_init(&arena, STORE_ARENA_BYTES_MAX, "the store");
    struct store *s = ARENA_NEW(&arena, struct store, e);
    if (s == NULL || !arena_str(&arena, dir, &s->dir, e) ||
        !arena_printf(&arena, &s->advisories, e, "%s/advisories", s->dir.at)) {
        arena_done(&arena);
        return false;
    }
    struct error made = {0};
    struct stat st;
    bool there = stat(s->dir.at, &st) == 0;
    if (there && !S_ISDIR(st.st_mode)) {
        error_sys(e, ENOTDIR, "cannot use '%s' for advisories and the cache", s->dir.at);
        arena_done(&arena);
        return false;
    }
    if (!there && !store_make_dir(s->dir.at, &made) && made.sys != EACCES && made.sys != EROFS &&
        made.sys != EPERM) {
        /* where it may not be made there is nothing to read, which readers say by themselves */
        if (e != NULL) {
            *e = made;
        }
        arena_done(&arena);
        return false;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->change, NULL);
    s->budget_bytes = BUDGET_BYTES;
    s->lock_fd = -1;
    s->lock_wait_ms = LOCK_WAIT_MS;
    s->grace_s = GRACE_S;
    s->reading = STR("current");
    s->keep_generations = KEEP_GENERATIONS;
    s->keep_s = KEEP_S;
    s->keep_bytes_max = KEEP_BYTES_MAX;
    s->facts_bytes_max = 512u * 1024 * 1024;
    s->facts_layers_max = 20000;
    s->files_max = 50000;
    s->arena = arena;
    *out = s;
    return true;
}

void store_close(struct store *s)
{
    if (s == NULL) {
        return;
    }
    layers_close(s);
    store_temporary_remove(s);
    fd_close(&s->lock_fd);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->change);
    struct arena arena = s->arena; /* it holds the struct itself */
    arena_done(&arena);
}

bool store_path(const struct store *s, struct arena *arena, const char *name, str *out,
                struct error *e)
{
    return arena_printf(arena, out, e, "%s/%s", s->dir.at, name);
}

bool store_advisories_path(const struct store *s, struct arena *arena, str name, str *out,
                           struct error *e)
{
    return arena_printf(arena, out, e, "%s/%.*s", s->advisories.at, (int)name.len,
                        name.len > 0 ? name.at : "");
}

const char *store_scratch_dir(void)
{
    const char *chosen = getenv("TMPDIR");
    if (chosen != NULL && chosen[0] == '/') {
        return chosen;
    }
    return access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp"; /* on a disk before in memory */
}

bool store_scratch_open(const char *dir, int *out, struct error *e)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/tmp-limpid-XXXXXX", dir);
    int fd = len < 0 || (size_t)len >= sizeof(path) ? -1 : mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        error_sys(e, errno, "cannot make a temporary file in '%s'", dir);
        return error_hint(e, "TMPDIR names another directory");
    }
    unlink(path);
    *out = fd;
    return true;
}

bool store_feed_name_check(str feed, struct error *e)
{
    bool good = feed.len > 0 && feed.len <= 64 && feed.at[0] != '-';
    for (size_t i = 0; good && i < feed.len; i++) {
        char c = feed.at[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    return good ||
           error_set(e, ERROR_FORMAT,
                     "'" STR_FMT "' is no feed's name: 1 to 64 of a-z, 0-9 and '-'", STR_ARG(feed));
}

static int advisories_dir_open(const struct store *s, struct error *e)
{
    if (!store_make_dir(s->advisories.at, e)) {
        return -1;
    }
    int fd = open(s->advisories.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        error_sys(e, errno, "cannot open '%s'", s->advisories.at);
    }
    return fd;
}

/* Whoever has the lock is the only one to make temporary files: all there are, are left over. */
static void temporaries_remove(int dir)
{
    int listed = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = listed < 0 ? NULL : fdopendir(listed);
    if (list == NULL) {
        fd_close(&listed);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(list)) != NULL) {
        if (strncmp(entry->d_name, temporary_prefix, sizeof(temporary_prefix) - 1) == 0) {
            unlinkat(dir, entry->d_name, 0);
        }
    }
    closedir(list);
}

static bool lock_wait(int fd, unsigned wait_ms, struct error *e)
{
    uint64_t until_ns = clock_monotonic_ns() + (uint64_t)wait_ms * 1000000;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return error_sys(e, errno, "cannot lock the advisories");
        }
        if (clock_monotonic_ns() >= until_ns) {
            error_set(e, ERROR_IO, "another update is running");
            if (e != NULL) {
                e->sys = EBUSY;
            }
            return error_hint(e, "try again when it is done");
        }
        struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
    return true;
}

/* Threads of this process wait for each other here, then share what one of them got. */
static bool lock_take(struct store *s, struct error *e)
{
    if (s->shut != NULL) {
        return error_set(e, ERROR_USAGE, "%s can only be read", s->shut);
    }
    if (s->lock_depth > 0) {
        s->lock_depth++;
        return true;
    }
    CLEANUP(fd_close) int dir = advisories_dir_open(s, e);
    if (dir < 0) {
        return false;
    }
    CLEANUP(fd_close) int fd = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot open '%s/lock'", s->advisories.at);
    }
    if (!lock_wait(fd, s->lock_wait_ms, e)) {
        return false;
    }
    temporaries_remove(dir);
    s->lock_fd = fd_take(&fd);
    s->lock_depth = 1;
    return true;
}

bool store_lock(struct store *s, struct error *e)
{
    pthread_mutex_lock(&s->lock);
    bool done = lock_take(s, e);
    pthread_mutex_unlock(&s->lock);
    return done;
}

void store_unlock(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->lock_depth > 0 && --s->lock_depth == 0) {
        fd_close(&s->lock_fd);
    }
    pthread_mutex_unlock(&s->lock);
}

bool store_alone_begin(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    return s->lock_depth == 1;
}

void store_alone_end(struct store *s)
{
    pthread_mutex_unlock(&s->lock);
}

void store_change_begin(struct store *s)
{
    pthread_mutex_lock(&s->change);
}

void store_change_end(struct store *s)
{
    pthread_mutex_unlock(&s->change);
}

static bool file_sync(int dir, const char *name, struct error *e)
{
    CLEANUP(fd_close) int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fsync(fd) != 0) {
        return error_sys(e, errno, "cannot write '%s'", name);
    }
    return true;
}

static bool rename_durably(int dir, const char *from, const char *to, struct error *e)
{
    if (renameat(dir, from, dir, to) != 0 || fsync(dir) != 0) {
        return error_sys(e, errno, "cannot put '%s' in place", to);
    }
    return true;
}

bool store_replace(struct store *s, const char *name, str bytes, struct error *e)
{
    CLEANUP(fd_close) int dir = advisories_dir_open(s, e);
    char temporary[128];
    snprintf(temporary, sizeof(temporary), "%s%s", temporary_prefix, name);
    if (dir < 0) {
        return false;
    }
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make '%s/%s'", s->advisories.at, temporary);
    }
    bool written = fd_write_all(fd, bytes.at, bytes.len, e);
    if (close(fd) != 0 && written) {
        written = error_sys(e, errno, "cannot write '%s'", temporary);
    }
    return written && file_sync(dir, temporary, e) && rename_durably(dir, temporary, name, e);
}

bool store_settle(struct store *s, str temporary, str name, struct error *e)
{
    CLEANUP(fd_close) int dir = advisories_dir_open(s, e);
    return dir >= 0 && file_sync(dir, temporary.at, e) &&
           rename_durably(dir, temporary.at, name.at, e);
}
