/* pack.h: a large file in memory at a third of its size: chunks that zstd made smaller, each
 * readable alone. For the rpm database of a compressed layer, which has to be read in any order.
 * Measured on real databases (level 1, chunks of 16 KiB): 2.8 to 4.1 times smaller, 285 to 580 MB/s
 * in, 860 to 1490 MB/s out. One thread at a time. */
#ifndef LIMPID_FORMAT_PACK_H
#define LIMPID_FORMAT_PACK_H

#include <stdint.h>

#include "base/arena.h"

enum { PACK_CHUNK_BYTES = 16 * 1024 };

struct pack_chunk {
    const uint8_t *at;
    uint32_t packed_bytes, bytes; /* equal: kept as it is */
};

struct pack {
    struct arena arena;
    struct pack_chunk *chunks;
    size_t count, room;
    struct ZSTD_CCtx_s *packer; /* until pack_seal */
    struct ZSTD_DCtx_s *unpacker;
    uint8_t *scratch;
};

/* For at most `bytes_max` in all. */
bool pack_open(struct pack *p, uint64_t bytes_max, struct error *e) MUST_USE;

/* The next chunk: PACK_CHUNK_BYTES, fewer only for the last. */
bool pack_add(struct pack *p, const uint8_t *at, size_t len, struct error *e) MUST_USE;

/* All is added: frees what only pack_add needs. */
bool pack_seal(struct pack *p, struct error *e) MUST_USE;

/* Chunk `index` into `to` (room for PACK_CHUNK_BYTES). */
bool pack_get(struct pack *p, size_t index, uint8_t *to, struct error *e) MUST_USE;

/* Frees; may be called twice, and on a zeroed struct. */
void pack_close(struct pack *p);

#endif
