/* settings.h: from what config.yaml says to what the parts want to know. */
#ifndef LIMPID_SERVER_SETTINGS_H
#define LIMPID_SERVER_SETTINGS_H

#include "api/service.h"
#include "server/config.h"

/* Whole seconds, at least one where there is any time at all. */
unsigned settings_seconds(uint64_t ms);

/* Everything but workers and insecure_tls. `cache_dir` NULL: as config.yaml or the environment
 * says. Makes the data folder. */
bool settings_service(const struct config *c, const char *cache_dir, struct arena *arena,
                      struct service_options *out, struct error *e) MUST_USE;

/* Texts that no other part will ever take: addresses, the endpoint. ERROR_USAGE names the key. */
bool settings_check(const struct config *c, struct error *e) MUST_USE;

/* Is there an engine for the database, and is its connection string one? Connects to nothing. */
bool settings_database_check(const struct config *c, struct error *e) MUST_USE;

/* auth.tokens and those of auth.tokens-file, one a line; '#' begins a comment. */
bool settings_tokens(const struct config *c, struct arena *arena, struct config_list *out,
                     struct error *e) MUST_USE;

#endif
