/* options.h: a command's options: one const table, of which the parser, --help, the manual page and
 * the shells' completions are made.
 *
 * A row says where in the command's settings its value goes. An option that is not on the command
 * line may be in the environment as LIMPID_<NAME>, upper case, '_' for '-'; lists are separated by
 * commas there, and flags are 1 or 0 (true, false, yes, no, on, off). */
#ifndef LIMPID_CLI_OPTIONS_H
#define LIMPID_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

enum option_kind {
    OPTION_FLAG,   /* bool: true where given */
    OPTION_COUNT,  /* unsigned: how often given */
    OPTION_TEXT,   /* str: the last one given */
    OPTION_LIST,   /* struct option_list: all given */
    OPTION_NUMBER, /* struct option_number: `least` to `most` */
    OPTION_CHOICE, /* struct option_number: index of one of `choices` */
};

struct option_number {
    bool given;
    unsigned value;
};

struct option_list {
    str *at;
    size_t count, room;
};

struct option_row {
    const char *name; /* "severity" */
    char letter;      /* 's', or 0 */
    enum option_kind kind;
    size_t at;           /* offset in the settings */
    const char *value;   /* "LIST|MIN" for help; NULL for flags */
    const char *choices; /* "auto|always|never"; NULL: anything */
    unsigned least, most;
    bool file;           /* completions offer files */
    bool hidden;         /* another spelling, or for limpid's own build */
    bool no_variable;    /* not from the environment */
    const char *summary; /* a sentence without a full stop */
};

struct options {
    const char *command; /* for messages */
    const struct option_row *rows;
    size_t count;
    bool single_dash; /* "-name" is "--name" too, as programs in Go have it */
};

struct arguments { /* what stands beside options, in order */
    str *at;
    size_t count;
};

/* Fills `settings` (zeroed by the caller) from argv[1] on and from the environment. Text is
 * borrowed from both; arrays are in `arena`. ERROR_USAGE names the option and what it accepts.
 * Uses getopt_long's static state: one thread at a time. */
bool options_parse(const struct options *options, int argc, char **argv, void *settings,
                   struct arena *arena, struct arguments *out, struct error *e) MUST_USE;

/* The row's variable, "LIMPID_SEVERITY"; returns `to`. */
enum { OPTION_VARIABLE_BYTES = 64 };
const char *option_variable(const struct option_row *row, char to[OPTION_VARIABLE_BYTES]);

#endif
