#include "stream/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

static void test_memory(void)
{
    CHECK_CASE("into memory, up to the limit and not a byte more")
    {
        struct writer w;
        struct error e;
        writer_to_memory(&w, 10);
        CHECK_OK(writer_add(&w, STR("12345"), &e), &e);
        CHECK_OK(writer_flush(&w, &e), &e);
        CHECK_OK(writer_add(&w, STR("67890"), &e), &e);
        CHECK_STR(buf_str(&w.pending), STR("1234567890"));
        CHECK_FAILS(writer_add(&w, STR("1"), &e), &e, ERROR_LIMIT, "limit of 10 bytes");
        CHECK_NUM(w.written, 0);
        writer_done(&w);
        writer_done(&w);
    }
}

static void test_fd(void)
{
    CHECK_CASE("to a descriptor, small and large pieces in order")
    {
        static char large[300 * 1000];
        struct writer w;
        struct error e;
        int fd = memfd_create("out", MFD_CLOEXEC);
        memset(large, 'L', sizeof(large));
        writer_to_fd(&w, fd);
        CHECK_OK(writer_printf(&w, &e, "%s %d\n", "line", 1), &e);
        CHECK_NUM(lseek(fd, 0, SEEK_END), 0);
        CHECK_OK(writer_add(&w, (str){.at = large, .len = sizeof(large)}, &e), &e);
        CHECK_NUM(lseek(fd, 0, SEEK_END), 7 + sizeof(large));
        bool all = true;
        for (int i = 0; i < 100 * 1000; i++) {
            all = all && writer_add(&w, STR("abc"), &e);
        }
        CHECK_OK(all, &e);
        CHECK(w.pending.room <= 256 * 1024);
        CHECK_OK(writer_flush(&w, &e), &e);
        CHECK_NUM(w.written, 7 + sizeof(large) + 300000);
        CHECK_NUM(lseek(fd, 0, SEEK_END), w.written);
        char start[8] = "", end[4] = "";
        CHECK_NUM(pread(fd, start, 7, 0), 7);
        CHECK_NUM(pread(fd, end, 3, (off_t)w.written - 3), 3);
        CHECK_STR(str_from(start), STR("line 1\n"));
        CHECK_STR(str_from(end), STR("abc"));
        writer_done(&w);
        close(fd);
    }
    CHECK_CASE("a closed pipe is EPIPE")
    {
        struct writer w;
        struct error e;
        int ends[2];
        signal(SIGPIPE, SIG_IGN);
        CHECK_NUM(pipe2(ends, O_CLOEXEC), 0);
        close(ends[0]);
        writer_to_fd(&w, ends[1]);
        CHECK_OK(writer_add(&w, STR("x"), &e), &e);
        CHECK_FAILS(writer_flush(&w, &e), &e, ERROR_IO, "");
        CHECK_NUM(e.sys, EPIPE);
        writer_done(&w);
        close(ends[1]);
    }
    CHECK_CASE("memory that is refused")
    {
        struct writer w;
        struct error e;
        writer_to_memory(&w, 1000);
        fail_alloc_at(0);
        bool added = writer_printf(&w, &e, "%d", 1);
        fail_alloc_at(-1);
        CHECK_FAILS(added, &e, ERROR_MEMORY, "no memory");
        writer_done(&w);
    }
}

int main(void)
{
    test_memory();
    test_fd();
    return check_done();
}
