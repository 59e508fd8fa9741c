#include <stdlib.h>

#include "store/heads.h"
#include "store/rows.h"

/* A block of a feed's file may have any bytes: heads, rows and names are read from it as from a
 * shelf of one block, which is in the cache already. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool nothing_put(struct row_sink *self, const struct row_group *group,
                        const uint32_t *advisories, size_t count, struct error *e)
{
    (void)self, (void)e;
    for (size_t i = 1; i < count; i++) {
        if (advisories[i] <= advisories[i - 1]) {
            abort();
        }
    }
    return group->fixed.len < SIZE_MAX / 2;
}

static void heads(str bytes, struct buf *key)
{
    struct heads_walk walk;
    struct error e;
    heads_walk_init(&walk, bytes, key);
    while (heads_walk_next(&walk, &e) == STEP_GOT) {
        head_has_rows(&walk.head);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct shelf_fence fence = {0};
    struct shelf shelf;
    struct arena arena;
    struct buf key;
    struct error e;
    struct row_sink sink = {.put = nothing_put, .place = (uint32_t)ROW_PLACE_ANY};
    uint64_t number = 0;
    bool found = false;
    arena_init(&arena, 1 << 26, "a block");
    buf_init(&key, SHELF_KEY_BYTES_MAX);
    shelf_init(&shelf);
    shelf.fence = &fence;
    shelf.blocks = 1;
    shelf.loaded = true;
    shelf.cache[0].number = 1;
    if (buf_add(&shelf.cache[0].bytes, data, size, &e)) {
        bool done = rows_read(&shelf, 0, &arena, &sink, &e) &&
                    rows_read(&shelf, 3, &arena, &sink, &e) &&
                    rows_package(&shelf, &key, STR("openssl"), &number, &found, &e) &&
                    rows_package_name(&shelf, &key, 5, &e);
        (void)done;
        heads(buf_str(&shelf.cache[0].bytes), &key);
    }
    shelf_done(&shelf);
    buf_done(&key);
    arena_done(&arena);
    return 0;
}
