/* plan_redhat.c: Red Hat's CSAF, two folders (vex, advisories) of the same shape:
 *   archive_latest.txt   the name of the newest archive: csaf_vex_2026-03-12.tar.zst
 *   changes.csv          "2026/cve-2026-2297.json","2026-03-25T12:33:35+00:00", the newest first
 *   deletions.csv        the same, of documents that are gone
 * An archive is a day old and more: what has changed since follows at once. */
#include "base/clock.h"
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"
#include "format/lines.h"

enum { DAY_S = 24 * 3600, CHANGES_MAX = 5000, FULL_EVERY_S = 30 * DAY_S, NAME_BYTES_MAX = 4096 };

static str base_of(str url)
{
    size_t slash = str_find_last_char(url, '/');
    return slash == url.len ? url : str_slice(url, slash + 1, url.len);
}

static bool put_cursor(const struct plan_question *q, const char *index, int64_t seconds,
                       struct arena *arena, struct plan_sink *out, struct error *e)
{
    char text[CLOCK_TEXT_BYTES];
    str url;
    return plan_beside(q->url, str_from(index), arena, &url, e) &&
           out->cursor(out, url, str_from(clock_text(seconds, text)), e);
}

/* An archive is made over some minutes and more before it is there: a day is read twice. */
static bool read_latest(const struct plan_question *q, struct reader *body, struct arena *arena,
                        struct plan_sink *out, struct error *e)
{
    str name;
    struct plan_document d = {.data = true};
    int64_t date_s;
    if (!plan_short_text(body, NAME_BYTES_MAX, arena, &name, e)) {
        return false;
    }
    name = str_trim(name);
    size_t under = str_find_last_char(name, '_');
    if (!str_ends(name, STR(".tar.zst")) || str_find_char(name, '/') < name.len ||
        !clock_parse(str_slice(name, under + 1, under + 11), &date_s)) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not the name of an archive",
                         STR_ARG(name));
    }
    return plan_beside(q->url, name, arena, &d.url, e) && out->fetch(out, &d, e) &&
           put_cursor(q, "changes.csv", date_s - DAY_S, arena, out, e) &&
           put_cursor(q, "deletions.csv", date_s - DAY_S, arena, out, e);
}

static bool unquote(str *field)
{
    str s = str_trim(*field);
    if (s.len < 2 || s.at[0] != '"' || s.at[s.len - 1] != '"') {
        return false;
    }
    *field = str_slice(s, 1, s.len - 1);
    return str_find_char(*field, '"') == field->len;
}

static bool take_line(str line, str *path, int64_t *time_s, struct error *e)
{
    str time = line;
    bool fine = str_cut(&time, ',', path) && unquote(path) && unquote(&time) &&
                clock_parse(time, time_s) && str_ends(*path, STR(".json"));
    return fine ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not a document and a time", STR_ARG(line));
}

/* "2024/cve-2024-44943.json" → CVE-2024-44943, "2023/rhsa-2023_6202.json" → RHSA-2023:6202 */
static bool drop_document(str path, struct arena *arena, struct plan_sink *out, struct error *e)
{
    str name = base_of(path), id;
    if (!arena_str(arena, str_slice(name, 0, name.len - 5), &id, e)) {
        return false;
    }
    char *at = (char *)(uintptr_t)id.at; /* in our arena */
    for (size_t i = 0; i < id.len; i++) {
        at[i] = at[i] >= 'a' && at[i] <= 'z' ? (char)(at[i] - 32) : at[i] == '_' ? ':' : at[i];
    }
    return out->drop(out, id, e);
}

static bool take_change(const struct plan_question *q, str path, bool gone, struct arena *arena,
                        struct plan_sink *out, struct error *e)
{
    struct plan_document d = {.data = true, .optional = true};
    return gone ? drop_document(path, arena, out, e)
                : plan_beside(q->url, path, arena, &d.url, e) && out->fetch(out, &d, e);
}

static bool read_changes(const struct plan_question *q, bool gone, struct reader *body,
                         struct arena *arena, struct plan_sink *out, struct error *e)
{
    struct lines lines;
    struct line line;
    enum step got = STEP_END;
    int64_t since_s, newest_s = 0, time_s;
    str path;
    if (!clock_parse(q->cursor, &since_s)) {
        return out->full(out, e);
    }
    newest_s = since_s;
    lines_init(&lines, body, arena);
    struct arena_mark mark = arena_mark(arena);
    bool ok = true;
    while (ok && (got = lines_next(&lines, &line, e)) == STEP_GOT) {
        if (str_trim(line.text).len == 0) {
            continue;
        }
        ok = !line.too_long && take_line(line.text, &path, &time_s, e);
        if (!ok || time_s < since_s) {
            break;
        }
        newest_s = time_s > newest_s ? time_s : newest_s;
        ok = take_change(q, path, gone, arena, out, e);
        arena_rewind(arena, mark);
    }
    if (!ok || got == STEP_FAILED) {
        return error_wrap(e, "line %llu", (unsigned long long)lines.number);
    }
    return put_cursor(q, gone ? "deletions.csv" : "changes.csv", newest_s, arena, out, e);
}

static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    str name = base_of(q->url);
    (void)self;
    return str_eq(name, STR("archive_latest.txt"))
               ? read_latest(q, body, arena, out, e)
               : read_changes(q, str_eq(name, STR("deletions.csv")), body, arena, out, e);
}

static const char *const full[] = {"vex/archive_latest.txt", "advisories/archive_latest.txt", NULL};
static const char *const delta[] = {"vex/changes.csv", "vex/deletions.csv",
                                    "advisories/changes.csv", "advisories/deletions.csv", NULL};

const struct feed_plan plan_redhat = {
    .full = full,
    .delta = delta,
    .delta_max = CHANGES_MAX,
    .records = true,
    .full_every_s = FULL_EVERY_S,
    .delta_after_full = true,
    .next = next,
};
