/* load.h: which configuration is in force: the file that was named or that is there, the options
 * before it; and what is to be said about it. Shared by the start, the reload and -check. */
#ifndef LIMPID_SERVER_LOAD_H
#define LIMPID_SERVER_LOAD_H

#include "server/serve.h"

enum { LOAD_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

/* Reads and checks it. ERROR_USAGE names file, line and key. */
bool load_config(const struct serve_options *options, struct arena *arena, struct config *out,
                 struct error *e) MUST_USE;

/* Adds to `out` (at most CONFIG_WARNINGS_MAX, in `arena`) what is allowed but hardly meant. */
bool load_warnings(const struct serve_options *options, const struct config *c, struct arena *arena,
                   struct config_list *out, struct error *e) MUST_USE;

#endif
