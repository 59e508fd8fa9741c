#include "server/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

static struct child c;

static bool start(const char *script, struct arena *arena)
{
    struct error e;
    static struct child_words words;
    words.count = 0;
    return CHECK_OK(child_word(&words, arena, STR("/bin/sh"), &e) &&
                        child_word(&words, arena, STR("-c"), &e) &&
                        child_word(&words, arena, str_from(script), &e),
                    &e) &&
           CHECK_OK(child_start(&c, &words, &e), &e);
}

/* All lines, each with a '/' behind it. */
static str lines(struct arena *arena)
{
    struct error e;
    str line, all = STR("");
    enum child_got got;
    while ((got = child_line(&c, 2000, &line)) == CHILD_LINE) {
        CHECK(arena_printf(arena, &all, &e, "%.*s%.*s/", (int)all.len, all.at, (int)line.len,
                           line.at));
    }
    CHECK(got == CHILD_END);
    return all;
}

int main(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 16 << 20, "the test");
    CHECK_CASE("lines of both outputs come one by one, and the status at last")
    {
        if (start("echo one; echo two >&2; echo; printf three; exit 7", &arena)) {
            str all = lines(&arena);
            CHECK(str_starts(all, STR("one/two//")));
            CHECK_NUM(child_finish(&c, false), 7);
        }
    }
    CHECK_CASE("a line without an end is cut, and the next one is whole")
    {
        if (start("head -c 5000 /dev/zero | tr '\\0' x; echo; echo next", &arena)) {
            str line;
            CHECK(child_line(&c, 2000, &line) == CHILD_LINE);
            CHECK_NUM(line.len, CHILD_LINE_BYTES_MAX);
            CHECK(child_line(&c, 2000, &line) == CHILD_LINE);
            CHECK_NUM(line.len, 5000 - CHILD_LINE_BYTES_MAX);
            CHECK(child_line(&c, 2000, &line) == CHILD_LINE);
            CHECK_STR(line, STR("next"));
            CHECK_NUM(child_finish(&c, false), 0);
        }
    }
    CHECK_CASE("one that sleeps is asked to end")
    {
        if (start("exec sleep 60", &arena)) {
            str line;
            CHECK(child_line(&c, 1, &line) == CHILD_NOTHING);
            uint64_t before = clock_monotonic_ns();
            CHECK_NUM(child_finish(&c, true), 128 + 15);
            CHECK(clock_monotonic_ns() - before < 1500000000U);
        }
    }
    CHECK_CASE("one that does not want to is killed, with its children")
    {
        if (start("trap '' TERM; echo up; sleep 60; sleep 60", &arena)) {
            str line;
            CHECK(child_line(&c, 2000, &line) == CHILD_LINE);
            CHECK_NUM(child_finish(&c, true), 128 + 9);
        }
    }
    CHECK_CASE("one whose starter is killed dies too")
    {
        int ends[2], status = 0;
        char line[32] = "";
        CHECK_NUM(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* so that it can be waited for here */
        CHECK_NUM(pipe2(ends, O_CLOEXEC), 0);
        pid_t starter = fork();
        if (starter == 0) {
            str told;
            if (start("echo $$; exec sleep 60", &arena) &&
                child_line(&c, 5000, &told) == CHILD_LINE) {
                ssize_t sent = write(ends[1], told.at, told.len);
                pause();
                _exit(sent > 0);
            }
            _exit(1);
        }
        CHECK(read(ends[0], line, sizeof(line) - 1) > 0);
        pid_t orphan = (pid_t)strtol(line, NULL, 10);
        CHECK(orphan > 0 && kill(starter, SIGKILL) == 0);
        CHECK_NUM(waitpid(starter, &status, 0), starter);
        uint64_t before = clock_monotonic_ns();
        CHECK_NUM(waitpid(orphan, &status, 0), orphan);
        CHECK(WIFSIGNALED(status) && clock_monotonic_ns() - before < 10000000000U);
        close(ends[0]);
        close(ends[1]);
    }
    CHECK_CASE("a program that is not there is told")
    {
        static struct child_words words;
        CHECK_OK(child_word(&words, &arena, STR("/nowhere/limpid"), &e), &e);
        CHECK_FAILS(child_start(&c, &words, &e), &e, ERROR_IO, "cannot start '/nowhere/limpid'");
    }
    arena_done(&arena);
    return check_done();
}
