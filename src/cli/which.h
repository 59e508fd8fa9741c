/* which.h: options of the commands that ask advisories: which ones. */
#ifndef LIMPID_CLI_WHICH_H
#define LIMPID_CLI_WHICH_H

#include "cli/context.h"

struct which_settings {
    str db, as_of;
};

static inline void which_apply(const struct which_settings *which, struct ops_context *to)
{
    to->db = which->db;
    to->as_of = which->as_of;
}

/* Rows for a command whose settings have `struct which_settings` at `path`. */
#define OPTIONS_WHICH(type, path)                                                                  \
    {.name = "db",                                                                                 \
     .kind = OPTION_TEXT,                                                                          \
     .at = offsetof(type, path.db),                                                                \
     .value = "BUNDLE",                                                                            \
     .file = true,                                                                                 \
     .summary = "Use the advisories of this bundle, without an import; it is checked as an "       \
                "import checks it"},                                                               \
    {                                                                                              \
        .name = "as-of", .kind = OPTION_TEXT, .at = offsetof(type, path.as_of),                    \
        .value = "GENERATION|TIME",                                                                \
        .summary = "Use the advisories as they were: a generation that limpid status names, or a " \
                   "time (2026-11-24, 2026-11-24T08:00:00Z)"                                       \
    }

#endif
