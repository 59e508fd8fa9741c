/* trust.h: whose signatures count: `--key`, or else the keys of
 *
 *     $XDG_CONFIG_HOME/limpid/trusted-keys   (~/.config/limpid/trusted-keys)
 *     /etc/limpid/trusted-keys
 *
 * each a file of public keys, or a folder of such files. */
#ifndef LIMPID_OPS_TRUST_H
#define LIMPID_OPS_TRUST_H

#include "stream/sign.h"

/* `key`: "RW…" or a file; empty: what is configured, which may be nothing. A file that is there and
 * has no key in it is an error: it would be taken for "whoever". */
bool trust_keys(str key, struct arena *arena, struct sign_keys *out, struct error *e) MUST_USE;

/* The secret key in a file. */
bool trust_secret(str file, str password, struct arena *arena, struct sign_secret *out,
                  struct error *e) MUST_USE;

/* A file of keys or of a key, in `arena`. */
bool trust_read(str file, struct arena *arena, str *text, struct error *e) MUST_USE;

#endif
