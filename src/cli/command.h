/* command.h: a command of limpid: one file cmd_X.c that exports one row, and one word in
 * COMMANDS. */
#ifndef LIMPID_CLI_COMMAND_H
#define LIMPID_CLI_COMMAND_H

#include "base/arena.h"
#include "base/attr.h"
#include "cli/options.h"
#include "cli/terminal.h"

/* What scripts depend on (docs/man/limpid.1.scd, "EXIT STATUS"). */
enum exit_status {
    STATUS_DONE = 0,
    STATUS_FINDINGS = 1, /* --fail-on matched; --exit-code changes the number */
    STATUS_USAGE = 2,
    STATUS_UNFINISHED = 3,
};

struct common_settings { /* the first member of every command's settings */
    bool help;
    bool quiet, no_color, no_progress;
    unsigned verbose;
    str cache_dir;
};

struct invocation {
    const struct command *command;
    const struct common_settings *common;
    const void *settings; /* the command's own struct, which begins with `common` */
    struct arguments arguments;
    struct terminal terminal;
    struct arena *arena; /* lives as long as the process */
};

struct command {
    const char *name;
    const char *summary;
    const char *arguments; /* "SOURCE…" for the usage line; "" where there is none */
    const char *details;   /* a paragraph for --help, or NULL */
    size_t arguments_min, arguments_max;
    const struct option_row *options;
    size_t options_count;
    bool single_dash; /* long options may have one dash */
    size_t settings_bytes;
    /* The i-th word that can be the first argument, and what it is; NULL: a file. */
    bool (*word)(size_t i, str *out, str *summary);
    const char *words_title; /* heads the words in --help; NULL: they are not listed there */
    int (*run)(const struct invocation *in); /* the exit status */
};

#define COMMANDS(X)                                                                                \
    X(scan)                                                                                        \
    X(inventory)                                                                                   \
    X(analyze_local_images)                                                                        \
    X(advisory) X(update) X(serve) X(status) X(bundle) X(compare_versions) X(help) X(version)
#define COMMAND_DECLARE(name) extern const struct command command_##name;
COMMANDS(COMMAND_DECLARE)

extern const struct command *const commands[];
extern const size_t commands_count;

const struct command *command_find(str name); /* NULL where there is none */

/* Says an error in the command's words; a usage error leads to its --help. The exit status. */
int command_failed(const struct command *command, const struct error *e);

/* The whole program but the worker: finds the command, parses, runs. The exit status. */
int command_main(int argc, char **argv);

/* Rows for every command; `type` is its settings, `path` leads to the common ones in it. */
#define OPTIONS_HELP(type, path)                                                                   \
    {                                                                                              \
        .name = "help", .letter = 'h', .kind = OPTION_FLAG, .at = offsetof(type, path.help),       \
        .no_variable = true, .summary = "Print this help"                                          \
    }
#define OPTIONS_COMMON(type, path)                                                                 \
    {.name = "cache-dir",                                                                          \
     .kind = OPTION_TEXT,                                                                          \
     .at = offsetof(type, path.cache_dir),                                                         \
     .value = "DIR",                                                                               \
     .file = true,                                                                                 \
     .summary = "Where advisories and known layers are kept (default: "                            \
                "$XDG_CACHE_HOME/limpid or ~/.cache/limpid)"},                                     \
        {.name = "quiet",                                                                          \
         .letter = 'q',                                                                            \
         .kind = OPTION_FLAG,                                                                      \
         .at = offsetof(type, path.quiet),                                                         \
         .summary = "Print results and errors only"},                                              \
        {.name = "verbose",                                                                        \
         .letter = 'v',                                                                            \
         .kind = OPTION_COUNT,                                                                     \
         .at = offsetof(type, path.verbose),                                                       \
         .summary = "Say more on standard error"},                                                 \
        {.name = "no-color",                                                                       \
         .kind = OPTION_FLAG,                                                                      \
         .at = offsetof(type, path.no_color),                                                      \
         .summary = "No colours, even on a terminal; so does the variable NO_COLOR"},              \
        {.name = "no-progress",                                                                    \
         .kind = OPTION_FLAG,                                                                      \
         .at = offsetof(type, path.no_progress),                                                   \
         .summary = "No progress bar"},                                                            \
        OPTIONS_HELP(type, path)

#endif
