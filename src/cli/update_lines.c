#include "cli/update_lines.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "report/escape.h"

enum { FEED_COLUMNS = 14 };

static struct update_line *row_of(struct update_lines *l, str feed)
{
    for (size_t i = 0; i < l->count; i++) {
        if (str_eq(str_from(l->rows[i].feed), feed)) {
            return &l->rows[i];
        }
    }
    if (l->count == UPDATE_JOBS_MAX) {
        return NULL;
    }
    struct update_line *row = &l->rows[l->count++];
    snprintf(row->feed, sizeof(row->feed), STR_FMT, STR_ARG(feed));
    return row;
}

static void row_text(struct update_line *row, const struct update_progress *p)
{
    char done[32], total[32];
    switch (p->step) {
    case UPDATE_FETCHING:
        snprintf(row->text, sizeof(row->text), "fetching %.60s  %s%s%s",
                 p->what.len < 60 && p->what.at != NULL ? p->what.at : "",
                 progress_size(p->done, done), p->total > 0 ? " of " : "",
                 p->total > 0 ? progress_size(p->total, total) : "");
        break;
    case UPDATE_WAITING:
        snprintf(row->text, sizeof(row->text), "waiting for its turn to be read");
        break;
    case UPDATE_READING:
        snprintf(row->text, sizeof(row->text), "reading document %llu of %llu",
                 (unsigned long long)p->done + 1, (unsigned long long)p->total);
        break;
    }
}

/* Over the lines that stand there. */
static void draw(struct update_lines *l)
{
    struct writer w;
    writer_to_fd(&w, STDERR_FILENO);
    bool ok = l->drawn == 0 || writer_printf(&w, NULL, "\x1b[%zuA\r", l->drawn);
    ok = ok && writer_add(&w, STR("\x1b[J"), NULL);
    for (size_t i = 0; ok && i < l->count; i++) {
        char line[64 + UPDATE_LINE_BYTES + 8];
        snprintf(line, sizeof(line), "%-*s %s", FEED_COLUMNS, l->rows[i].feed, l->rows[i].text);
        ok = escape_terminal(&w, str_from(line), l->width, NULL) && writer_add(&w, STR("\n"), NULL);
    }
    ok = ok && writer_flush(&w, NULL);
    l->draws = ok;
    l->drawn = l->count;
    writer_done(&w);
}

static void on_progress(struct update_watch *self, const struct update_progress *p)
{
    struct update_lines *l = CONTAINER_OF(self, struct update_lines, base);
    uint64_t now_ns = clock_monotonic_ns();
    struct update_line *row = l->draws ? row_of(l, p->feed) : NULL;
    if (row == NULL) {
        return;
    }
    row_text(row, p);
    if ((now_ns - l->started_ns) / 1000000 < PROGRESS_QUIET_MS ||
        now_ns - l->drawn_ns < (uint64_t)PROGRESS_DRAW_MS * 1000000) {
        return;
    }
    l->drawn_ns = now_ns;
    draw(l);
}

static void on_done(struct update_watch *self, const struct update_result *r)
{
    struct update_lines *l = CONTAINER_OF(self, struct update_lines, base);
    for (size_t i = 0; i < l->count; i++) {
        if (str_eq(str_from(l->rows[i].feed), r->feed)) {
            memmove(&l->rows[i], &l->rows[i + 1], (--l->count - i) * sizeof(l->rows[0]));
            break;
        }
    }
    if (l->drawn > 0) {
        draw(l);
    }
    if (l->logs && !r->absent) {
        say("updater: " STR_FMT ": %s", STR_ARG(r->feed),
            !r->ok         ? "failed"
            : r->unchanged ? "nothing new"
                           : "updated");
    }
}

void update_lines_init(struct update_lines *l, const struct invocation *in)
{
    bool terminal = in->terminal.err;
    *l = (struct update_lines){
        .base = {.progress = on_progress, .done = on_done},
        .draws = terminal && !in->common->quiet && !in->common->no_progress,
        .logs = !terminal && !in->common->quiet,
        .width = in->terminal.err_width > 1 ? in->terminal.err_width - 1 : 79,
        .started_ns = clock_monotonic_ns(),
    };
}

void update_lines_done(struct update_lines *l)
{
    l->count = 0;
    if (l->drawn > 0) {
        draw(l);
    }
}
