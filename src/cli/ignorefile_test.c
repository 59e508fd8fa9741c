#include "cli/ignorefile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* 2026-11-24 08:00 UTC */
enum { NOW_S = 1795507200 };

static bool parse(const char *text, struct ignorefile_reading *r, struct arena *arena,
                  struct error *e)
{
    *r = (struct ignorefile_reading){.now_s = NOW_S};
    *e = (struct error){0};
    return ignorefile_parse(str_from(text), r, arena, e);
}

static void check_limit(struct arena *arena)
{
    struct ignorefile_reading r;
    struct error e = {0};
    CHECK_CASE("a file is read at its limit and refused one past it")
    {
        char path[] = "/tmp/limpid-ignorefile-XXXXXX";
        int fd = mkostemp(path, O_CLOEXEC);
        static char text[IGNOREFILE_BYTES_MAX + 1];
        bool found;
        memset(text, '#', sizeof(text));
        r = (struct ignorefile_reading){0};
        CHECK(write(fd, text, IGNOREFILE_BYTES_MAX) == IGNOREFILE_BYTES_MAX);
        CHECK_OK(ignorefile_read(path, &r, arena, &found, &e), &e);
        CHECK(write(fd, text, 1) == 1);
        CHECK_FAILS(ignorefile_read(path, &r, arena, &found, &e), &e, ERROR_LIMIT, "larger");
        close(fd);
        unlink(path);
    }
}

int main(void)
{
    static const struct {
        const char *name, *text;
        size_t ids, expired;
        const char *first;
    } cases[] = {
        {"an empty file", "", 0, 0, NULL},
        {"one line without its end", "CVE-2014-0160", 1, 0, "CVE-2014-0160"},
        {"comments and blank lines", "# all\n\n  \t\nCVE-1 # why\n#CVE-2\n", 1, 0, "CVE-1"},
        {"CRLF and blanks around", "  CVE-1  \r\n\tDSA-2\r\n", 2, 0, "CVE-1"},
        {"a date to come", "CVE-1 exp:2026-11-25\n", 1, 0, "CVE-1"},
        {"the last day itself", "CVE-1 exp:2026-11-24\n", 1, 0, "CVE-1"},
        {"a day that is over", "CVE-1 exp:2026-11-23\nCVE-2\n", 1, 1, "CVE-2"},
        {"other words after the id", "CVE-1 because it does not matter\n", 1, 0, "CVE-1"},
    };
    struct arena arena;
    struct ignorefile_reading r;
    struct error e;
    arena_init(&arena, 16 * 1024 * 1024, "a test");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].name)
        {
            CHECK_OK(parse(cases[i].text, &r, &arena, &e), &e);
            CHECK_NUM(r.ids.count, cases[i].ids);
            CHECK_NUM(r.expired, cases[i].expired);
            if (cases[i].first != NULL && r.ids.count > 0) {
                CHECK_STR(r.ids.at[0], str_from(cases[i].first));
            }
        }
    }
    CHECK_CASE("a date that is none is refused with its line")
    {
        CHECK_FAILS(parse("CVE-1\nCVE-2 exp:tomorrow\n", &r, &arena, &e), &e, ERROR_USAGE,
                    "line 2: 'exp:tomorrow'");
    }
    CHECK_CASE("a file that is not there is no error, a folder is one")
    {
        bool found = true;
        e = (struct error){0};
        CHECK_OK(ignorefile_read("/nonexistent/x", &r, &arena, &found, &e), &e);
        CHECK(!found);
        CHECK(!ignorefile_read("/", &r, &arena, &found, &e));
        CHECK_NUM(e.kind, ERROR_IO);
    }
    check_limit(&arena);
    arena_done(&arena);
    return check_done();
}
