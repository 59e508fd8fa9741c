#include "stream/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "check.h"

enum { FILE_BYTES = 3 * 1000 * 1000 };

static char plain[FILE_BYTES];

static int file_make(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof(plain); i++) {
        x = x * 1664525 + 1013904223;
        plain[i] = (char)(x >> 24);
    }
    struct error e;
    int fd = memfd_create("file", MFD_CLOEXEC);
    return fd >= 0 && fd_write_all(fd, plain, sizeof(plain), &e) ? fd : -1;
}

/* What this process has read by now, from /proc/self/io: calls and bytes. */
static void io_count(unsigned long long *calls, unsigned long long *bytes)
{
    *calls = *bytes = 0;
    FILE *f = fopen("/proc/self/io", "re");
    char line[200];
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        unsigned long long n = 0;
        const char *colon = strchr(line, ':');
        for (const char *c = colon == NULL ? "" : colon + 2; *c >= '0' && *c <= '9'; c++) {
            n = n * 10 + (unsigned long long)(*c - '0');
        }
        if (strncmp(line, "rchar", 5) == 0) {
            *bytes = n;
        }
        if (strncmp(line, "syscr", 5) == 0) {
            *calls = n;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
}

static void test_parts(int fd)
{
    static const struct {
        const char *says;
        uint64_t start, length, want;
    } parts[] = {
        {"the whole file", 0, UINT64_MAX, FILE_BYTES},
        {"a part in the middle", 12345, 1000001, 1000001},
        {"a part of nothing", 12345, 0, 0},
        {"a part that is longer than the file", FILE_BYTES - 10, 1000, 10},
        {"a part behind the end", FILE_BYTES + 5, UINT64_MAX, 0},
        {"a part at the end of the numbers", UINT64_MAX, UINT64_MAX, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        CHECK_CASE("%s", parts[i].says)
        {
            struct file_reader f;
            struct error e;
            if (!CHECK_OK(file_reader_open(&f, fd, parts[i].start, parts[i].length, &e), &e)) {
                continue;
            }
            uint64_t at = 0;
            enum step step;
            while ((step = reader_need(&f.base, 1, &e)) == STEP_GOT) {
                size_t ready = reader_ready(&f.base);
                CHECK(memcmp(f.base.at, plain + parts[i].start + at, ready) == 0);
                size_t some = ready > 5000 ? ready - 4999 : ready; /* some stays */
                f.base.at += some;
                at += some;
            }
            CHECK_OK(step == STEP_END, &e);
            CHECK_NUM(at, parts[i].want);
            reader_close(&f.base);
            reader_close(&f.base);
        }
    }
}

static void test_seeking(int fd)
{
    CHECK_CASE("skip and read_at go anywhere, and past the end is an end")
    {
        struct file_reader f;
        struct error e;
        char to[100];
        CHECK_OK(file_reader_open(&f, fd, 1000, 2000000, &e), &e);
        CHECK(reader_need(&f.base, 1, &e) == STEP_GOT);
        CHECK(reader_skip(&f.base, 1500000, &e) == STEP_GOT);
        CHECK(reader_need(&f.base, 50000, &e) == STEP_GOT);
        CHECK(memcmp(f.base.at, plain + 1501000, 50000) == 0);
        CHECK_OK(f.base.ops->read_at(&f.base, 5, to, sizeof(to), &e), &e);
        CHECK(memcmp(to, plain + 1005, sizeof(to)) == 0);
        CHECK(memcmp(f.base.at, plain + 1501000, 50000) == 0);
        CHECK_OK(f.base.ops->read_at(&f.base, 2000000 - 100, to, sizeof(to), &e), &e);
        CHECK_FAILS(f.base.ops->read_at(&f.base, 2000000 - 99, to, sizeof(to), &e), &e,
                    ERROR_FORMAT, "ends before 100 bytes at offset 1999901");
        CHECK_FAILS(f.base.ops->read_at(&f.base, UINT64_MAX, to, 1, &e), &e, ERROR_FORMAT, "ends");
        CHECK(reader_skip(&f.base, UINT64_MAX, &e) == STEP_GOT);
        CHECK(reader_need(&f.base, 1, &e) == STEP_END);
        reader_close(&f.base);
    }
}

static void test_ahead(void)
{
    enum { HOPS = 1000 };
    CHECK_CASE("hopping from header to header reads little; reading on reads much at a time")
    {
        int fd = memfd_create("sparse", MFD_CLOEXEC);
        CHECK_NUM(ftruncate(fd, (off_t)HOPS * 1024 * 1024), 0);
        struct file_reader f;
        struct error e;
        unsigned long long calls, bytes, calls_then, bytes_then;
        CHECK_OK(file_reader_open(&f, fd, 0, UINT64_MAX, &e), &e);
        io_count(&calls, &bytes);
        for (int i = 0; i < HOPS; i++) {
            CHECK(reader_need(&f.base, 512, &e) == STEP_GOT);
            f.base.at += 512;
            CHECK(reader_skip(&f.base, 1024 * 1024 - 512, &e) == STEP_GOT);
        }
        CHECK(reader_need(&f.base, 1, &e) == STEP_END);
        io_count(&calls_then, &bytes_then);
        if (bytes == 0) {
            check_skip("no /proc/self/io");
        } else {
            CHECK(bytes_then - bytes < (HOPS + 1) * 16 * 1024);
            CHECK(calls_then - calls < HOPS + 20);
        }
        reader_close(&f.base);

        CHECK_OK(file_reader_open(&f, fd, 0, 100 * 1024 * 1024, &e), &e);
        io_count(&calls, &bytes);
        CHECK_OK(reader_drain(&f.base, NULL, &e), &e);
        io_count(&calls_then, &bytes_then);
        if (bytes > 0) {
            CHECK(calls_then - calls < 400 + 20);
        }
        reader_close(&f.base);
        close(fd);
    }
}

static void *feed(void *arg)
{
    struct error e;
    int fd = *(int *)arg;
    bool fed = fd_write_all(fd, plain, sizeof(plain), &e);
    close(fd);
    return fed ? arg : NULL;
}

static void test_pipe(void)
{
    CHECK_CASE("a pipe is read to its end, in order")
    {
        int ends[2];
        pthread_t feeder;
        void *fed = NULL;
        struct file_reader f;
        struct error e;
        CHECK_NUM(pipe2(ends, O_CLOEXEC), 0);
        CHECK_NUM(pthread_create(&feeder, NULL, feed, &ends[1]), 0);
        CHECK_OK(pipe_reader_open(&f, ends[0], &e), &e);
        CHECK(f.base.ops->skip == NULL && f.base.ops->read_at == NULL);
        CHECK(reader_need(&f.base, READER_NEED_MAX, &e) == STEP_GOT);
        CHECK(memcmp(f.base.at, plain, READER_NEED_MAX) == 0);
        CHECK(reader_skip(&f.base, 1000000, &e) == STEP_GOT);
        CHECK(reader_need(&f.base, 100, &e) == STEP_GOT);
        CHECK(memcmp(f.base.at, plain + 1000000, 100) == 0);
        uint64_t bytes;
        CHECK_OK(reader_drain(&f.base, &bytes, &e), &e);
        CHECK_NUM(bytes, FILE_BYTES - 1000000);
        CHECK(reader_need(&f.base, 1, &e) == STEP_END);
        reader_close(&f.base);
        close(ends[0]);
        CHECK_NUM(pthread_join(feeder, &fed), 0);
        CHECK(fed != NULL);
    }
}

static void test_failures(int fd)
{
    CHECK_CASE("a descriptor that cannot be read, and memory that is refused")
    {
        struct file_reader f;
        struct error e;
        CHECK_OK(file_reader_open(&f, -1, 0, UINT64_MAX, &e), &e);
        CHECK_FAILS(reader_need(&f.base, 1, &e) == STEP_GOT, &e, ERROR_IO, "cannot read at byte 0");
        reader_close(&f.base);
        fail_alloc_at(0);
        bool opened = file_reader_open(&f, fd, 0, UINT64_MAX, &e);
        fail_alloc_at(-1);
        CHECK_FAILS(opened, &e, ERROR_MEMORY, "no memory for 262144 bytes");
        reader_close(&f.base);
    }
}

int main(void)
{
    int fd = file_make();
    test_parts(fd);
    test_seeking(fd);
    test_ahead();
    test_pipe();
    test_failures(fd);
    close(fd);
    return check_done();
}
