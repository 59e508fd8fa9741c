/* password.h: a password from the terminal, or from standard input. */
#ifndef LIMPID_CLI_PASSWORD_H
#define LIMPID_CLI_PASSWORD_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"

/* Asks with `prompt` on the terminal, without echo; where standard input is none, its first line
 * is the password. */
bool password_read(const char *prompt, struct arena *arena, str *out, struct error *e) MUST_USE;

#endif
