/* update_lines.h: how far an update is: on a terminal one line a feed that is being updated, drawn
 * anew a few times a second; elsewhere a line of the log when a feed is done. Nothing with --quiet.
 */
#ifndef LIMPID_CLI_UPDATE_LINES_H
#define LIMPID_CLI_UPDATE_LINES_H

#include "cli/command.h"
#include "ops/update.h"

enum { UPDATE_LINE_BYTES = 160 };

struct update_line {
    char feed[64];
    char text[UPDATE_LINE_BYTES];
};

struct update_lines {
    struct update_watch base; /* for update_options.watch */
    bool draws, logs;
    size_t width;
    uint64_t started_ns, drawn_ns;
    struct update_line rows[UPDATE_JOBS_MAX];
    size_t count;
    size_t drawn; /* lines that stand on the terminal */
};

void update_lines_init(struct update_lines *lines, const struct invocation *in);

/* Takes the lines off the terminal. */
void update_lines_done(struct update_lines *lines);

#endif
