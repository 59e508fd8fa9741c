/* say.h: lines for people on standard error: "limpid: …". Whatever the text holds, it is one line
 * without control characters. */
#ifndef LIMPID_CLI_SAY_H
#define LIMPID_CLI_SAY_H

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

void say(const char *fmt, ...) PRINTF(1, 2);

/* The error's text, and its hint after "; ". Says nothing of EPIPE: nobody reads any more. */
void say_error(const struct error *e);

/* What the process ends with for an error: STATUS_USAGE or STATUS_UNFINISHED. */
int say_status(const struct error *e);

/* Both: says it, and gives the status. */
int say_failed(const struct error *e);

#endif
