/* blobs.h: content named by digest, wherever it lies: in an archive, a folder, a registry. */
#ifndef LIMPID_SOURCE_BLOBS_H
#define LIMPID_SOURCE_BLOBS_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

struct blobs {
    /* Whole content, verified against `name`; at most IMAGE_JSON_BYTES_MAX. `size_bytes` is what
     * the descriptor says. In `arena`. */
    bool (*read)(struct blobs *self, digest name, uint64_t size_bytes, struct arena *arena,
                 str *out, struct error *e);
    /* Where the content lies, for reading later: offset in the archive, its entry's name. Checks
     * that it has `size_bytes`. */
    bool (*place)(struct blobs *self, digest name, uint64_t size_bytes, uint64_t *offset,
                  str *entry, struct error *e);
};

#endif
