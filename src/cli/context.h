/* context.h: what an operation gets from the command line: data folder, progress bar, notices. */
#ifndef LIMPID_CLI_CONTEXT_H
#define LIMPID_CLI_CONTEXT_H

#include "cli/command.h"
#include "cli/progress.h"
#include "ops/context.h"

enum { CONTEXT_NOTICES_MAX = 16 };

struct cli_context {
    struct ops_context ops;
    struct progress_bar bar;
    const struct invocation *in;
    str told[CONTEXT_NOTICES_MAX]; /* notices are said once a process */
    size_t told_count;
};

/* `c` must stay where it is: the operation gets pointers into it. */
void context_init(struct cli_context *c, const struct invocation *in);

#endif
