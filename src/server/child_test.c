#include "server/child.h"

#include <stdlib.h>
#include <string.h>

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
    CHECK_CASE("a program that is not there is told")
    {
        static struct child_words words;
        CHECK_OK(child_word(&words, &arena, STR("/nowhere/limpid"), &e), &e);
        CHECK_FAILS(child_start(&c, &words, &e), &e, ERROR_IO, "cannot start '/nowhere/limpid'");
    }
    arena_done(&arena);
    return check_done();
}
