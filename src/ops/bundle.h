/* bundle.h: advisories in one file, signed or not, and who is trusted: `limpid bundle`. */
#ifndef LIMPID_OPS_BUNDLE_H
#define LIMPID_OPS_BUNDLE_H

#include "base/arena.h"
#include "base/error.h"
#include "ops/context.h"

struct bundle_export_request {
    str file;
    str sign;     /* file of the secret key; empty: not signed */
    str password; /* of that key, where ops_key_is_locked */
};

/* Feeds that may not be redistributed are left out; their names come in `left_out`. */
bool ops_bundle_export(const struct ops_context *context,
                       const struct bundle_export_request *request, struct arena *arena,
                       const str **left_out, size_t *left_out_count, struct error *e) MUST_USE;

struct bundle_import_request {
    str file;
    str key; /* "RW…", or a file of such keys; empty: those that are configured */
    bool allow_older;
};

struct bundle_imported {
    size_t feeds;
    bool is_signed, is_verified;
    str by; /* the key that signed it, "RW…", where verified */
};

bool ops_bundle_import(const struct ops_context *context,
                       const struct bundle_import_request *request, struct arena *arena,
                       struct bundle_imported *out, struct error *e) MUST_USE;

/* Makes NAME.key, which only its owner may read, and NAME.pub; neither may be there. `*key` is the
 * public one. */
bool ops_keygen(str name, struct arena *arena, str *key, struct error *e) MUST_USE;

/* Whether a password is needed to sign with that file. */
bool ops_key_is_locked(str file, bool *locked, struct error *e) MUST_USE;

#endif
