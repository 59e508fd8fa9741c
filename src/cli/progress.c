#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/escape.h"

enum { BAR_COLUMNS = 24, FIGURES_COLUMNS = 40 };

const char *progress_size(uint64_t bytes, char to[32])
{
    if (bytes < 1000000) {
        snprintf(to, 32, "%llu kB", (unsigned long long)(bytes / 1000));
    } else {
        unsigned long long tenths = bytes / 100000;
        snprintf(to, 32, "%llu.%llu MB", tenths / 10, tenths % 10);
    }
    return to;
}

static uint64_t left_s(const struct progress_state *s)
{
    if (s->done_bytes == 0) {
        return 0;
    }
    double left = (double)(s->total_bytes - s->done_bytes) / (double)s->done_bytes;
    return (uint64_t)(left * (double)s->elapsed_ms / 1000.0) + 1;
}

static bool figures(const struct progress_state *s, struct writer *to, struct error *e)
{
    char done[32], total[32];
    if (s->total_bytes == 0 || s->done_bytes > s->total_bytes) {
        return writer_printf(to, e, "  %s", progress_size(s->done_bytes, done));
    }
    unsigned filled =
        (unsigned)((double)BAR_COLUMNS * (double)s->done_bytes / (double)s->total_bytes);
    return writer_printf(to, e, "  [%.*s%*s]  %s of %s, %llu s left", (int)filled,
                         "########################", (int)(BAR_COLUMNS - filled), "",
                         progress_size(s->done_bytes, done), progress_size(s->total_bytes, total),
                         (unsigned long long)left_s(s));
}

bool progress_text(const struct progress_state *s, struct writer *to, struct error *e)
{
    bool wide = s->width > BAR_COLUMNS + FIGURES_COLUMNS + 12;
    size_t what = wide ? s->width - BAR_COLUMNS - FIGURES_COLUMNS : s->width;
    return escape_terminal(to, s->what, what, e) && (!wide || figures(s, to, e));
}

static void draw(struct progress_bar *bar, const struct progress_state *state)
{
    struct writer w;
    writer_to_fd(&w, STDERR_FILENO);
    bool ok = writer_add(&w, STR("\r"), NULL) && progress_text(state, &w, NULL) &&
              writer_add(&w, STR("\x1b[K"), NULL) && writer_flush(&w, NULL);
    bar->enabled = ok;
    bar->drawn = true;
    writer_done(&w);
}

static void update(struct progress *self, str what, uint64_t done_bytes, uint64_t total_bytes)
{
    struct progress_bar *bar = CONTAINER_OF(self, struct progress_bar, base);
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t elapsed_ms = (now_ns - bar->started_ns) / 1000000;
    if (!bar->enabled || elapsed_ms < PROGRESS_QUIET_MS ||
        now_ns - bar->drawn_ns < (uint64_t)PROGRESS_DRAW_MS * 1000000) {
        return;
    }
    bar->drawn_ns = now_ns;
    draw(bar, &(struct progress_state){.what = what,
                                       .done_bytes = done_bytes,
                                       .total_bytes = total_bytes,
                                       .elapsed_ms = elapsed_ms,
                                       .width = bar->width > 1 ? bar->width - 1 : 0});
}

void progress_init(struct progress_bar *bar, const struct invocation *in)
{
    *bar = (struct progress_bar){
        .base = {.update = update},
        .enabled = in->terminal.err && !in->common->quiet && !in->common->no_progress,
        .width = in->terminal.err_width,
        .started_ns = clock_monotonic_ns(),
    };
}

void progress_clear(struct progress_bar *bar)
{
    static const char clear[] = "\r\x1b[K";
    if (bar->drawn) {
        bar->drawn = false;
        /* a bar that stays behind is no reason to fail */
        bar->enabled = write(STDERR_FILENO, clear, sizeof(clear) - 1) > 0;
    }
}
