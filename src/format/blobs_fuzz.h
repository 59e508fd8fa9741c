/* blobs_fuzz.h: what the fuzz targets of databases share: the file is read in place and loaded,
 * both have to agree, and the work stays within a small multiple of the file. */
#ifndef LIMPID_FORMAT_BLOBS_FUZZ_H
#define LIMPID_FORMAT_BLOBS_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/blobs.h"
#include "format/random.h"

static inline void blobs_hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct blobs_sum {
    uint64_t values, failed, bytes, hash;
};

static inline struct blobs_sum blobs_walk(struct blobs *blobs, size_t size)
{
    struct blobs_sum sum = {.hash = 5381};
    struct error e;
    enum step got;
    while ((got = blobs->ops->next(blobs, &e)) != STEP_END) {
        uint64_t bytes = 0;
        str piece;
        while (got == STEP_GOT && (got = blobs->ops->piece(blobs, &piece, &e)) == STEP_GOT) {
            blobs_hold(piece.len > 0);
            for (size_t i = 0; i < piece.len; i++) {
                sum.hash = sum.hash * 33 + (uint8_t)piece.at[i];
            }
            bytes += piece.len;
        }
        sum.bytes += bytes;
        if (got == STEP_FAILED) {
            sum.failed++;
            blobs_hold(e.kind == ERROR_FORMAT || e.kind == ERROR_LIMIT);
        } else {
            sum.values++;
            blobs_hold(bytes == blobs->blob.size_bytes && bytes <= size);
        }
        blobs_hold(sum.values + sum.failed <= 3 * (uint64_t)size);
    }
    return sum;
}

/* Opens a database in `room`; its `struct blobs` is the first member. */
typedef bool blobs_open_fn(void *room, struct random *from, struct arena *arena, struct error *e);

enum { BLOBS_ROOM_BYTES = 4096 };

static inline struct blobs_sum blobs_read(const uint8_t *data, size_t size, bool in_place,
                                          blobs_open_fn *open)
{
    struct memory_reader memory;
    struct reader_ops ops;
    struct random file;
    struct arena arena;
    struct error e;
    struct blobs_sum sum = {.values = 0};
    _Alignas(16) uint8_t room[BLOBS_ROOM_BYTES];
    memory_reader_init(&memory, (str){.at = (const char *)data, .len = size});
    ops = *memory.base.ops;
    ops.read_at = in_place ? ops.read_at : NULL;
    memory.base.ops = &ops;
    arena_init(&arena, 4 << 20, "a fuzz target");
    blobs_hold(random_open(&file, &memory.base, size, size, &e));
    if (open(room, &file, &arena, &e)) {
        sum = blobs_walk((struct blobs *)(void *)room, size);
    } else {
        blobs_hold(e.kind == ERROR_FORMAT || e.kind == ERROR_LIMIT);
    }
    blobs_hold(!file.failed);
    random_close(&file);
    arena_done(&arena);
    return sum;
}

static inline void blobs_fuzz(const uint8_t *data, size_t size, blobs_open_fn *open)
{
    struct blobs_sum a = blobs_read(data, size, true, open);
    struct blobs_sum b = blobs_read(data, size, false, open);
    blobs_hold(memcmp(&a, &b, sizeof(a)) == 0);
}

#endif
