/* plan_osv.c: OSV.dev's bucket. ECOSYSTEM/modified_id.csv has a line "TIME,ID" a record, the newest
 * first. A record that is withdrawn stays and says so; one that was deleted is simply gone, which
 * only a full read finds: hence one every week. */
#include "base/clock.h"
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"
#include "format/lines.h"

enum { WEEK_S = 7 * 24 * 3600, CHANGES_MAX = 2000 };

/* "ALSA-2024:1", "GHSA-w73w-5m7g-f7qc": what may stand in a URL as it is. */
static bool is_id(str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || c == ':' || (c == '.' && i > 0);
        if (!plain) {
            return false;
        }
    }
    return id.len > 0 && id.len <= PLAN_ID_BYTES_MAX;
}

static bool take_line(str line, int64_t *time_s, str *id, struct error *e)
{
    str time;
    *id = line;
    if (!str_cut(id, ',', &time) || !clock_parse(time, time_s) || !is_id(*id)) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not a time and an identifier",
                         STR_ARG(line));
    }
    return true;
}

static bool fetch_record(const struct feed *self, const struct plan_question *q, str id,
                         struct arena *arena, struct plan_sink *out, struct error *e)
{
    str name;
    struct plan_document d = {.id = id, .data = true, .optional = true};
    return arena_printf(arena, &name, e, "%.*s.json", (int)id.len, id.at) &&
           plan_beside(q->url, name, arena, &d.url, e) &&
           (!self->claims(d.url) || out->fetch(out, &d, e));
}

/* In the row the archive may be optional; here it is: its list of changes is there. */
static bool fetch_archive(const struct plan_question *q, struct arena *arena, struct plan_sink *out,
                          struct error *e)
{
    struct plan_document d = {.data = true};
    return plan_beside(q->url, STR("all.zip"), arena, &d.url, e) && out->fetch(out, &d, e);
}

/* Lines with the cursor's own second are taken again: there may have been more of them. */
static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    struct lines lines;
    struct line line;
    enum step got = STEP_END;
    int64_t since_s = INT64_MIN, newest_s = 0, time_s;
    char cursor[CLOCK_TEXT_BYTES];
    str id;
    if (q->mode == PLAN_FULL && !fetch_archive(q, arena, out, e)) {
        return false;
    }
    if (q->mode == PLAN_DELTA && !clock_parse(q->cursor, &since_s)) {
        return out->full(out, e);
    }
    lines_init(&lines, body, arena);
    struct arena_mark mark = arena_mark(arena);
    bool ok = true;
    while (ok && (got = lines_next(&lines, &line, e)) == STEP_GOT) {
        ok = !line.too_long && take_line(line.text, &time_s, &id, e);
        if (!ok || time_s < since_s) {
            break;
        }
        newest_s = time_s > newest_s ? time_s : newest_s;
        if (q->mode == PLAN_FULL) {
            break; /* the first line is the newest */
        }
        ok = fetch_record(self, q, id, arena, out, e);
        arena_rewind(arena, mark);
    }
    if (!ok || got == STEP_FAILED) {
        return error_wrap(e, "line %llu", (unsigned long long)lines.number);
    }
    return newest_s == 0 || out->cursor(out, q->url, str_from(clock_text(newest_s, cursor)), e);
}

const struct feed_plan plan_osv = {
    .beside = "modified_id.csv",
    .delta_max = CHANGES_MAX,
    .records = true,
    .full_every_s = WEEK_S,
    .next = next,
};
