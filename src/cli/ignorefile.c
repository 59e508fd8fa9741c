#include "cli/ignorefile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { DAY_S = 86400 };

/* "exp:2026-12-31" holds to the end of that day. */
static bool is_over(str word, int64_t now_s, bool *over)
{
    int64_t last_day_s;
    if (!clock_parse(str_slice(word, 4, word.len), &last_day_s)) {
        return false;
    }
    *over = now_s >= last_day_s + DAY_S;
    return true;
}

static bool add(struct option_list *list, str id, struct arena *arena, struct error *e)
{
    void *items = list->at;
    if (!arena_grow(arena, &items, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at = items;
    list->at[list->count++] = id;
    return true;
}

static bool parse_line(str line, struct ignorefile_reading *reading, struct arena *arena,
                       struct error *e)
{
    str id, word;
    bool over = false;
    line = str_slice(line, 0, str_find_char(line, '#'));
    if (!str_word(&line, &id)) {
        return true;
    }
    while (str_word(&line, &word)) {
        if (str_starts(word, STR("exp:")) && !is_over(word, reading->now_s, &over)) {
            return error_set(e, ERROR_USAGE, "'" STR_FMT "' is no date like exp:2026-12-31",
                             STR_ARG(word));
        }
    }
    if (over) {
        reading->expired++;
        return true;
    }
    return add(&reading->ids, id, arena, e);
}

bool ignorefile_parse(str text, struct ignorefile_reading *reading, struct arena *arena,
                      struct error *e)
{
    str line;
    for (size_t number = 1; str_line(&text, &line); number++) {
        if (!parse_line(line, reading, arena, e)) {
            return error_wrap(e, "line %zu", number);
        }
    }
    return true;
}

bool ignorefile_read(const char *path, struct ignorefile_reading *reading, struct arena *arena,
                     bool *found, struct error *e)
{
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    *found = fd >= 0;
    if (fd < 0) {
        return errno == ENOENT || error_sys(e, errno, "cannot open '%s'", path);
    }
    char *text = arena_alloc(arena, IGNOREFILE_BYTES_MAX + 1, 1, 1, e);
    size_t got;
    if (text == NULL || !fd_read_full(fd, text, IGNOREFILE_BYTES_MAX + 1, &got, e)) {
        return error_wrap(e, "cannot read '%s'", path);
    }
    if (got > IGNOREFILE_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "'%s' is larger than the limit of %d bytes", path,
                         IGNOREFILE_BYTES_MAX);
    }
    return ignorefile_parse((str){.at = text, .len = got}, reading, arena, e) ||
           error_wrap(e, "'%s'", path);
}
