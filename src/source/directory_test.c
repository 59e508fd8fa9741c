#include "source/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/path.h"
#include "check.h"
#include "format/tar.h"
#include "stream/file.h"

/* A folder of its own for each case, made below TMPDIR. */
static int make_root(char root[64])
{
    snprintf(root, 64, "/tmp/limpid-directory-XXXXXX");
    return mkdtemp(root) == NULL ? -1 : open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put_file(int root, const char *path, const char *text)
{
    int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void make_folders(int root, const char *path)
{
    char part[256];
    for (size_t i = 0; path[i] != '\0'; i++) {
        if (path[i] == '/') {
            snprintf(part, sizeof(part), "%.*s", (int)i, path);
            (void)!mkdirat(root, part, 0755);
        }
    }
}

struct sender {
    int root, out;
    const struct directory_path *paths;
    size_t count;
    struct arena arena;
    struct diag notes;
    struct error e;
    bool ok;
};

static void *send_all(void *arg)
{
    struct sender *s = arg;
    s->ok = directory_stream(s->root, s->paths, s->count, s->out, &s->arena, &s->notes, &s->e);
    close(s->out);
    return NULL;
}

/* "type path[ -> link][=content]", a line an entry. */
static void read_entries(int fd, struct buf *lines)
{
    struct error e = {0};
    struct arena arena;
    struct file_reader pipe;
    struct tar tar;
    struct tar_entry entry;
    arena_init(&arena, 16 * 1024 * 1024, "test");
    CHECK_OK(pipe_reader_open(&pipe, fd, &e), &e);
    CHECK_OK(tar_open(&tar, &pipe.base, &arena, &e), &e);
    enum step got;
    while ((got = tar_next(&tar, &entry, &e)) == STEP_GOT) {
        char content[64] = "";
        size_t len = 0;
        if (entry.type == TAR_FILE) {
            CHECK_OK(reader_read(tar_body(&tar), content, sizeof(content) - 1, &len, &e), &e);
        }
        CHECK_OK(buf_printf(lines, &e, "%d %.*s>%.*s=%s\n", (int)entry.type, (int)entry.path.len,
                            entry.path.at, (int)entry.link.len,
                            entry.link.len > 0 ? entry.link.at : "", content),
                 &e);
    }
    CHECK_OK(got == STEP_END, &e);
    reader_close(&pipe.base);
    arena_done(&arena);
}

static void stream(struct sender *s, struct buf *lines)
{
    int ends[2];
    pthread_t thread;
    arena_init(&s->arena, 64 * 1024 * 1024, "test");
    diag_init(&s->notes, &s->arena);
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    s->out = ends[1];
    CHECK(pthread_create(&thread, NULL, send_all, s) == 0);
    read_entries(ends[0], lines);
    pthread_join(thread, NULL);
    close(ends[0]);
    CHECK_OK(s->ok, &s->e);
}

static void remove_root(const char *root)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", "--", root, (char *)NULL);
        _exit(1);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static bool has_line(const struct buf *lines, const char *line)
{
    str all = buf_str(lines);
    return str_find(all, str_from(line)) < all.len;
}

static void test_walk(void)
{
    CHECK_CASE("files, links and folders on the way become entries, each once")
    {
        char root[64];
        struct buf lines;
        CLEANUP(fd_close) int fd = make_root(root);
        buf_init(&lines, 65536);
        make_folders(fd, "var/lib/dpkg/status.d/");
        make_folders(fd, "usr/lib/");
        put_file(fd, "var/lib/dpkg/status", "one");
        put_file(fd, "var/lib/dpkg/status.d/a", "two");
        put_file(fd, "usr/lib/os-release", "three");
        CHECK(symlinkat("usr/lib", fd, "lib") == 0);
        CHECK(symlinkat("/etc/passwd", fd, "var/lib/dpkg/status.d/out") == 0);
        static const struct directory_path paths[] = {
            {STR_INIT("var/lib/dpkg/status"), 100},  {STR_INIT("var/lib/dpkg/status.d/"), 100},
            {STR_INIT("lib/apk/db/installed"), 100}, {STR_INIT("lib/other"), 100},
            {STR_INIT("usr/lib/os-release"), 100},   {STR_INIT("not/there"), 100},
        };
        struct sender s = {.root = fd, .paths = paths, .count = ARRAY_COUNT(paths)};
        stream(&s, &lines);
        CHECK(has_line(&lines, "0 var/lib/dpkg/status>=one\n"));
        CHECK(has_line(&lines, "0 var/lib/dpkg/status.d/a>=two\n"));
        CHECK(has_line(&lines, "0 usr/lib/os-release>=three\n"));
        CHECK(has_line(&lines, "2 lib>usr/lib=\n"));
        CHECK(has_line(&lines, "2 var/lib/dpkg/status.d/out>/etc/passwd=\n"));
        size_t count = 0;
        for (size_t i = 0; i < lines.len; i++) {
            count += lines.at[i] == '\n';
        }
        CHECK_NUM(count, 5);
        CHECK_NUM(s.notes.count, 0);
        arena_done(&s.arena);
        buf_done(&lines);
        remove_root(root);
    }
    CHECK_CASE("pipes and too large files are not read, and nobody waits")
    {
        char root[64];
        struct buf lines;
        CLEANUP(fd_close) int fd = make_root(root);
        buf_init(&lines, 65536);
        make_folders(fd, "etc/");
        CHECK(mkfifoat(fd, "etc/os-release", 0644) == 0);
        put_file(fd, "etc/debian_version", "12.1 and more");
        static const struct directory_path paths[] = {{STR_INIT("etc/os-release"), 100},
                                                      {STR_INIT("etc/debian_version"), 5}};
        struct sender s = {.root = fd, .paths = paths, .count = ARRAY_COUNT(paths)};
        stream(&s, &lines);
        CHECK(has_line(&lines, "6 etc/os-release>=\n"));
        CHECK(!has_line(&lines, "debian_version"));
        CHECK_NUM(s.notes.count, 1);
        CHECK(s.notes.incomplete);
        arena_done(&s.arena);
        buf_done(&lines);
        remove_root(root);
    }
    CHECK_CASE("names and links over 100 bytes pass through pax headers")
    {
        char root[64], name[160], target[200];
        struct buf lines;
        CLEANUP(fd_close) int fd = make_root(root);
        buf_init(&lines, 65536);
        memset(name, 'n', 150);
        name[150] = '\0';
        memset(target, 't', 180);
        target[180] = '\0';
        put_file(fd, name, "long");
        CHECK(symlinkat(target, fd, "link") == 0);
        const struct directory_path paths[] = {{str_from(name), 100}, {STR("link"), 100}};
        struct sender s = {.root = fd, .paths = paths, .count = ARRAY_COUNT(paths)};
        stream(&s, &lines);
        CHECK(has_line(&lines, name) && has_line(&lines, "=long\n") && has_line(&lines, target));
        arena_done(&s.arena);
        buf_done(&lines);
        remove_root(root);
    }
    CHECK_CASE("a reader that goes away is no error of the walk")
    {
        char root[64];
        int ends[2];
        CLEANUP(fd_close) int fd = make_root(root);
        put_file(fd, "a", "x");
        static const struct directory_path paths[] = {{STR_INIT("a"), 100}};
        struct sender s = {.root = fd, .paths = paths, .count = 1};
        arena_init(&s.arena, 1024 * 1024, "test");
        diag_init(&s.notes, &s.arena);
        CHECK(pipe2(ends, O_CLOEXEC) == 0);
        close(ends[0]);
        s.out = ends[1];
        (void)send_all(&s);
        CHECK(s.ok);
        arena_done(&s.arena);
        remove_root(root);
    }
}

int main(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    test_walk();
    return check_done();
}
