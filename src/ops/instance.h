/* instance.h: advisories from one limpid to others: `limpid bundle publish` writes a folder that
 * any web server can serve, `limpid update --from-limpid` takes it over. */
#ifndef LIMPID_OPS_INSTANCE_H
#define LIMPID_OPS_INSTANCE_H

#include "ops/update.h"

struct publish_request {
    str dir;
    str sign;     /* file of the secret key; empty: not signed */
    str password; /* of that key, where ops_key_is_locked */
};

struct published {
    size_t feeds;
    bool changed; /* since the last time */
    uint64_t objects, objects_new, bytes_new, objects_removed;
    const str *left_out; /* feeds that may not be redistributed */
    size_t left_out_count;
};

bool ops_publish(const struct ops_context *context, const struct publish_request *request,
                 struct arena *arena, struct published *out, struct error *e) MUST_USE;

struct from_limpid_request {
    str from;         /* URL or folder of what was published */
    str key;          /* "RW…", or a file of such keys; empty: those that are configured */
    const str *feeds; /* names; none: all that are published */
    size_t feeds_count;
    bool allow_older;
    unsigned timeout_s; /* a request; 0: the default */
};

/* All feeds are replaced in one step, or none. A feed that is newer here stays: its result is
 * `unchanged`, with a note. */
bool ops_update_from_limpid(const struct ops_context *context,
                            const struct from_limpid_request *request, struct arena *arena,
                            const struct update_result **results, size_t *count,
                            struct error *e) MUST_USE;

#endif
