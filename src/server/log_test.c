#include "server/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static FILE *file;

static str written(void)
{
    static char text[100000];
    rewind(file);
    size_t len = fread(text, 1, sizeof(text), file);
    return (str){.at = text, .len = len};
}

static struct log *open_log(enum log_format format, enum log_level level)
{
    struct error e;
    struct log *l = NULL;
    file = tmpfile();
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
    CHECK_OK(log_open(str_from(path), format, level, &l, &e), &e);
    return l;
}

static void close_log(struct log *l)
{
    log_close(l);
    fclose(file);
}

int main(void)
{
    struct error e;
    CHECK_CASE("a line of text has date, letter, package")
    {
        struct log *l = open_log(LOG_TEXT, LOG_INFO);
        LOG(l, LOG_INFO, "updater", "update finished");
        LOG(l, LOG_DEBUG, "updater", "not wanted");
        str line = written();
        CHECK(str_ends(line, STR(" I | updater: update finished\n")));
        CHECK_NUM(line.len, strlen("2015-12-17 18:23:25.123456 I | updater: update finished\n"));
        close_log(l);
    }
    CHECK_CASE("a line of JSON has event, level, location, time and its fields")
    {
        struct log *l = open_log(LOG_JSON, LOG_DEBUG);
        const struct log_field fields[] = {{"port", STR_NONE, 6060}, {"name", STR("a\"b\n"), 0}};
        LOG_EVENT(l, LOG_WARNING, "api", "starting main API", fields, "not this");
        str line = written();
        CHECK(str_starts(line, STR("{\"Event\":\"starting main API\",\"Level\":\"warning\","
                                   "\"Location\":\"log_test.c:")));
        CHECK(str_ends(line, STR(",\"port\":6060,\"name\":\"a\\\"b\\n\"}\n")));
        close_log(l);
    }
    CHECK_CASE("a file that was moved away is opened anew, and nothing is lost between")
    {
        char folder[] = "/tmp/limpid-log-XXXXXX", path[64], moved[64], text[2][200];
        CHECK(mkdtemp(folder) != NULL);
        snprintf(path, sizeof(path), "%s/a", folder);
        snprintf(moved, sizeof(moved), "%s/b", folder);
        struct log *l = NULL;
        CHECK_OK(log_open(str_from(path), LOG_TEXT, LOG_INFO, &l, &e), &e);
        const struct log_event waits = {
            .level = LOG_INFO, .package = "api", .gathered = true, .file = "f"};
        LOG(l, LOG_INFO, "a", "one");
        log_write(l, &waits, "two");
        CHECK(rename(path, moved) == 0);
        CHECK_OK(log_reopen(l, &e), &e);
        LOG(l, LOG_INFO, "a", "three");
        log_close(l);
        const char *const names[] = {moved, path};
        for (size_t i = 0; i < 2; i++) {
            FILE *f = fopen(names[i], "re");
            size_t len = f != NULL ? fread(text[i], 1, sizeof(text[i]) - 1, f) : 0;
            text[i][len] = '\0';
            CHECK(f != NULL && fclose(f) == 0);
            unlink(names[i]);
        }
        CHECK(strstr(text[0], "one\n") != NULL && strstr(text[0], "api: two\n") != NULL);
        CHECK(strstr(text[1], "three\n") != NULL && strstr(text[1], "two") == NULL);
        rmdir(folder);
        CHECK_FAILS(log_open(str_from(path), LOG_TEXT, LOG_INFO, &l, &e), &e, ERROR_IO,
                    "for the log");
    }
    CHECK_CASE("control characters do not make lines of their own")
    {
        struct log *l = open_log(LOG_TEXT, LOG_INFO);
        LOG(l, LOG_INFO, "api", "a\nb\x1b[31m");
        str line = written();
        CHECK(str_ends(line, STR("api: a\\x0ab\\x1b[31m\n")));
        close_log(l);
    }
    CHECK_CASE("a gathered line waits, and comes before the next one")
    {
        struct log *l = open_log(LOG_TEXT, LOG_INFO);
        const struct log_event event = {.level = LOG_INFO,
                                        .package = "api",
                                        .gathered = true,
                                        .file = __FILE__,
                                        .line = __LINE__};
        log_write(l, &event, "first");
        CHECK_NUM(written().len, 0);
        LOG(l, LOG_INFO, "api", "second");
        str text = written();
        CHECK(str_find(text, STR("first")) < str_find(text, STR("second")));
        log_write(l, &event, "third");
        log_flush(l);
        text = written();
        CHECK(str_ends(text, STR("third\n")));
        close_log(l);
    }
    CHECK_CASE("a level can change")
    {
        struct log *l = open_log(LOG_TEXT, LOG_ERROR);
        CHECK(!log_wants(l, LOG_INFO));
        log_level_set(l, LOG_TRACE);
        CHECK(log_wants(l, LOG_INFO) && log_wants(l, LOG_TRACE));
        close_log(l);
    }
    CHECK_CASE("levels have the names of two loggers")
    {
        enum log_level level = LOG_INFO;
        CHECK_OK(log_level_parse(STR("WARN"), &level, &e), &e);
        CHECK(level == LOG_WARNING);
        CHECK_OK(log_level_parse(STR("fatal"), &level, &e), &e);
        CHECK(level == LOG_CRITICAL);
        CHECK_FAILS(log_level_parse(STR("loud"), &level, &e), &e, ERROR_USAGE, "'loud'");
    }
    return check_done();
}
