/* target.h: what a URL leads to, and whether it may be asked for. Inside the fetch program only. */
#ifndef LIMPID_FETCH_TARGET_H
#define LIMPID_FETCH_TARGET_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct target {
    str url, scheme, host, port; /* scheme and host in lower case; the port always said */
};

/* Takes a URL apart. ERROR_USAGE: not absolute, not http(s), with user or password, or with
 * bytes that no URL has. */
bool target_parse(str url, struct arena *arena, struct target *out, struct error *e) MUST_USE;

/* Same scheme, host and port: what credentials and permissions are bound to. */
bool target_same_origin(const struct target *a, const struct target *b);

/* Is a proxy to be used for it, by the environment? (https_proxy, http_proxy, all_proxy, and
 * no_proxy: names that end the host's, "*", with or without a leading dot.) STR_NONE: no. */
str target_proxy(const struct target *t, const char *(*variable)(const char *name));

/* The URL as messages may have it: without user and password, and with "?…" for a query, which may
 * be a signature. In `arena`; STR("the URL") where there is no memory. */
str target_shown(str url, struct arena *arena);

#endif
