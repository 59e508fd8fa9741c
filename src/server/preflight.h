/* preflight.h: `limpid serve -check`: would it start? Reads the configuration and what it names,
 * opens no port and no database, and changes nothing. */
#ifndef LIMPID_SERVER_PREFLIGHT_H
#define LIMPID_SERVER_PREFLIGHT_H

#include "server/serve.h"

/* ERROR_USAGE: it would not. Warnings go to the descriptor `warnings`, a line each; what is fine
 * to `out`. */
bool serve_check(const struct serve_options *options, int out, int warnings,
                 struct error *e) MUST_USE;

#endif
