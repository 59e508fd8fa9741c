/* config.h: what config.yaml says. Both shapes that Clair had are read: that of 2015 with its
 * sections at the top, and that of 2016 with everything below `clair:`; limpid's own keys go with
 * either (docs/serve.md). The shape decides which of the two APIs' manners the service has, unless
 * api.dialect says so. */
#ifndef LIMPID_SERVER_CONFIG_H
#define LIMPID_SERVER_CONFIG_H

#include "api/service.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "server/log.h"

enum { CONFIG_BYTES_MAX = 1024 * 1024, CONFIG_LIST_MAX = 256, CONFIG_WARNINGS_MAX = 100 };

/* Leases are in whole seconds, and given up before they end. */
enum { CONFIG_LEASE_MS_MIN = 3000, CONFIG_LEASE_MS_MAX = 24 * 3600 * 1000 };

enum config_database { DATABASE_SQLITE, DATABASE_POSTGRES };

struct config_list {
    str *at;
    size_t count, room;
};

struct config {
    str file; /* empty: there is none, these are the defaults */
    enum dialect dialect;

    enum config_database database;
    str database_source; /* PostgreSQL: the connection string */
    bool database_wait;  /* for a PostgreSQL that is away at the start; false: the start ends */
    str data_dir;        /* of advisories, facts and, for SQLite, service.db; empty: the default */

    bool api, updater, notifier; /* false: the section is null */
    uint64_t port, health_port, timeout_ms, answers_bytes_max;
    uint64_t connections_max, connections_per_address_max, idle_timeout_ms, workers;
    str address, health_address;
    str ca_file, key_file, cert_file;
    str page_key;
    struct config_list paths; /* folders of layers that may be read */
    bool allow_private;
    bool as_recorded; /* api/service.h */
    enum sandbox_mode sandbox;
    struct config_list tokens;
    str tokens_file;

    uint64_t updater_interval_ms, updater_lease_ms;
    str updater_from;
    struct config_list updater_feeds;

    uint64_t notifier_attempts, renotify_ms, notifier_lease_ms;
    str endpoint, server_name, notifier_ca_file, notifier_key_file, notifier_cert_file;
    str proxy, hmac;

    str log_file; /* empty: standard output */
    enum log_format log_format;
    enum log_level log_level;

    struct config_list warnings; /* lines for the log: keys that nobody knows, and the like */
};

/* The defaults, as without a file. */
void config_defaults(struct config *c);

/* Reads the file's text; `name` is for messages. Texts are copies in `arena`. ERROR_USAGE names
 * file, line and key. */
bool config_parse(str text, str name, struct arena *arena, struct config *out,
                  struct error *e) MUST_USE;

/* The same from a file; variables in its path ($HOME, ${DIR}) stand for what they hold. */
bool config_read(str path, struct arena *arena, struct config *out, struct error *e) MUST_USE;

/* Replaces $NAME and ${NAME}; one that is not set is empty, as in a shell. */
bool config_expand(str path, struct arena *arena, str *out, struct error *e) MUST_USE;

bool config_is_loopback(str address);

#endif
