/* progress.h: a bar on standard error: what is done, how many bytes, how long it may still take.
 * It appears after PROGRESS_QUIET_MS, is drawn a few times a second, and leaves nothing behind. */
#ifndef LIMPID_CLI_PROGRESS_H
#define LIMPID_CLI_PROGRESS_H

#include <stdbool.h>

#include "cli/command.h"
#include "ops/context.h"
#include "stream/writer.h"

enum { PROGRESS_QUIET_MS = 300, PROGRESS_DRAW_MS = 100 };

struct progress_bar {
    struct progress base; /* for ops_context.progress */
    bool enabled;
    bool drawn; /* a line stands on the terminal */
    size_t width;
    uint64_t started_ns, drawn_ns;
};

/* Enabled where standard error is a terminal and neither --quiet nor --no-progress was given. */
void progress_init(struct progress_bar *bar, const struct invocation *in);

/* Takes the bar off the terminal, before a line or a result is printed. */
void progress_clear(struct progress_bar *bar);

/* "12.3 MB", in powers of ten; returns `to`. */
const char *progress_size(uint64_t bytes, char to[32]);

/* The text of the bar, at most `width` columns: for tests. `elapsed_ms` since the start. */
struct progress_state {
    str what;
    uint64_t done_bytes, total_bytes, elapsed_ms;
    size_t width;
};
bool progress_text(const struct progress_state *state, struct writer *to, struct error *e) MUST_USE;

#endif
