/* help_text.h: the commands' tables as text: --help, the manual pages' lists of options (scdoc),
 * and completions for shells. */
#ifndef LIMPID_CLI_HELP_TEXT_H
#define LIMPID_CLI_HELP_TEXT_H

#include "cli/command.h"
#include "report/print.h"

/* All commands, for `limpid help`. */
void help_overview(struct print *p);

/* One command: usage, details, options. */
void help_command(struct print *p, const struct command *command);

/* The command's options as scdoc(5) definitions. */
void help_man_options(struct print *p, const struct command *command);

/* The words that can be the command's first argument, and what each is, the same way. */
void help_man_list(struct print *p, const struct command *command);

/* A completion script for "bash", "zsh" or "fish"; false for another word. */
bool help_completion(struct print *p, str shell);

#endif
