/* serve.h: the service from its configuration to its end. */
#ifndef LIMPID_SERVER_SERVE_H
#define LIMPID_SERVER_SERVE_H

#include "base/error.h"
#include "server/config.h"

struct serve_options {
    const char *config;    /* NULL: the usual places, else the defaults */
    const char *cache_dir; /* NULL: config.yaml's, else the default one */
    const char *address;   /* NULL: config.yaml's */
    bool has_level;
    enum log_level level;
    bool insecure_tls;
};

/* Runs until SIGTERM or SIGINT; SIGHUP reads certificates, tokens and the interval anew.
 * ERROR_USAGE where the configuration is wrong. Ends the process, with status 0, where a thread
 * cannot be waited for at the end. */
bool serve_run(const struct serve_options *options, struct error *e) MUST_USE;

#endif
