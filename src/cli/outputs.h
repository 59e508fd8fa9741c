/* outputs.h: where reports go: standard output and files, several at once, each in its format.
 *
 * A file is written beside its place without a name (or under a temporary one) and put there as a
 * whole by outputs_commit: a scan that fails or is stopped leaves the old file as it was. */
#ifndef LIMPID_CLI_OUTPUTS_H
#define LIMPID_CLI_OUTPUTS_H

#include "cli/command.h"
#include "report/reporter.h"

struct output_settings {
    struct option_number format; /* index into reporters */
    struct option_list output;   /* FILE, FORMAT=FILE, FORMAT or "-" */
};

struct output {
    const struct reporter *reporter;
    str path;      /* empty: standard output */
    str temporary; /* the name it has meanwhile; empty: none */
    int fd;
    bool in_place; /* the fd is the place itself: standard output, a device, a pipe */
    bool failed;   /* was reported; nothing more is written */
    struct writer writer;
};

struct outputs {
    struct output *at;
    size_t count, room;
    struct arena *arena;           /* borrowed */
    struct report_options options; /* `index` counts the results written */
    struct terminal terminal;
    bool failed; /* something could not be written; it was said */
};

struct outputs_request {
    const struct output_settings *settings;
    struct report_options options;
    bool inventory; /* a format that has no such report is ERROR_USAGE */
};

/* Opens them all, so that a folder that cannot be written is told before the work. */
bool outputs_open(struct outputs *o, const struct invocation *in,
                  const struct outputs_request *request, struct error *e) MUST_USE;

/* One result. What cannot be written is said, and remembered in `failed`. */
void outputs_scan(struct outputs *o, const struct scan *scan);
void outputs_inventory(struct outputs *o, const struct inventory *inventory);

/* Whether every output has notes in its format. */
bool outputs_tell_notes(const struct outputs *o);

/* Ends the reports and puts the files in their places. */
void outputs_commit(struct outputs *o, const struct report_failure *failures, size_t count);

/* Throws away what was not committed. May be called after a commit, and twice. */
void outputs_close(struct outputs *o);

#endif
