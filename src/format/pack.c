#include "format/pack.h"

#include <assert.h>
#include <string.h>
#include <zstd.h>

enum { LEVEL = 1 };

static bool no_memory(struct error *e)
{
    return error_set(e, ERROR_MEMORY, "no memory to keep a file packed");
}

bool pack_open(struct pack *p, uint64_t bytes_max, struct error *e)
{
    *p = (struct pack){.room = (size_t)(bytes_max / PACK_CHUNK_BYTES + 1)};
    /* the most there can be: nothing gets smaller, and what blocks of the arena leave over */
    arena_init(&p->arena, (size_t)bytes_max + (size_t)bytes_max / 8 + (1 << 20), "a packed file");
    p->packer = ZSTD_createCCtx();
    p->chunks = ARENA_ARRAY(&p->arena, p->room, struct pack_chunk, e);
    p->scratch = p->chunks == NULL ? NULL : arena_alloc(&p->arena, PACK_CHUNK_BYTES, 1, 1, e);
    if (p->packer == NULL || p->scratch == NULL) {
        pack_close(p);
        return no_memory(e);
    }
    return true;
}

bool pack_add(struct pack *p, const uint8_t *at, size_t len, struct error *e)
{
    assert(p->packer != NULL && len > 0 && len <= PACK_CHUNK_BYTES && p->count < p->room);
    assert(p->count == 0 || p->chunks[p->count - 1].bytes == PACK_CHUNK_BYTES);
    size_t packed = ZSTD_compressCCtx(p->packer, p->scratch, PACK_CHUNK_BYTES, at, len, LEVEL);
    const uint8_t *from = p->scratch;
    if (ZSTD_isError(packed) || packed >= len) {
        /* it does not get smaller, or there was no memory to try: as it is, then */
        from = at;
        packed = len;
    }
    uint8_t *kept = arena_alloc(&p->arena, packed, 1, 1, e);
    if (kept == NULL) {
        return false;
    }
    memcpy(kept, from, packed);
    p->chunks[p->count++] =
        (struct pack_chunk){.at = kept, .packed_bytes = (uint32_t)packed, .bytes = (uint32_t)len};
    return true;
}

bool pack_seal(struct pack *p, struct error *e)
{
    ZSTD_freeCCtx(p->packer);
    p->packer = NULL;
    p->unpacker = ZSTD_createDCtx();
    return p->unpacker != NULL || no_memory(e);
}

bool pack_get(struct pack *p, size_t index, uint8_t *to, struct error *e)
{
    assert(index < p->count && p->unpacker != NULL);
    const struct pack_chunk *chunk = &p->chunks[index];
    if (chunk->packed_bytes == chunk->bytes) {
        memcpy(to, chunk->at, chunk->bytes);
        return true;
    }
    size_t got =
        ZSTD_decompressDCtx(p->unpacker, to, PACK_CHUNK_BYTES, chunk->at, chunk->packed_bytes);
    return got == chunk->bytes || no_memory(e);
}

void pack_close(struct pack *p)
{
    ZSTD_freeCCtx(p->packer);
    ZSTD_freeDCtx(p->unpacker);
    arena_done(&p->arena);
    *p = (struct pack){.count = 0};
}
