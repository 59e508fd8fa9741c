/* image.h: the parent's half of reading an image: open what the user named, let workers read it,
 * hash what has a digest, keep and find facts in the cache, fold. */
#ifndef LIMPID_OPS_IMAGE_H
#define LIMPID_OPS_IMAGE_H

#include "ops/scan.h"
#include "store/store.h"

enum {
    /* an uncompressed layer up to this size is hashed too: it costs under 10 ms */
    VERIFY_AUTO_BYTES_MAX = 16 * 1024 * 1024,
    WORKER_CPU_S_MAX = 300,
};
#define WORKER_MEMORY_BYTES_MAX (UINT64_C(3) * 1024 * 1024 * 1024)

/* `store` may be NULL: nothing is cached. */
bool image_read(const struct ops_context *context, const struct image_options *options,
                struct store *store, struct arena *arena, struct inventory *out,
                struct error *e) MUST_USE;

#endif
