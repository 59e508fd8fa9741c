/* fold_fuzz.c: the facts of two layers, as a worker that was taken over might send them. */
#include "inventory/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error e = {0};
    struct inventory inventory = {0};
    const struct wanted_file *wanted;
    size_t wanted_count, cut = size / 2;
    str layers[2] = {{.at = (const char *)data, .len = cut},
                     {.at = (const char *)data + cut, .len = size - cut}};
    struct fold_input in = {.layers = layers, .layers_count = 2};
    arena_init(&arena, 16 * 1024 * 1024, "fuzz");
    (void)!inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e);
    in.layers = &(str){.at = (const char *)data, .len = size};
    in.layers_count = 1;
    (void)!inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e);
    arena_done(&arena);
    return 0;
}
