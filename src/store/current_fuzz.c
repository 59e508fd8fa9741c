#include "store/current.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e;
    struct arena arena;
    struct current c;
    str name;
    arena_init(&arena, 1 << 26, "the list of feeds");
    if (current_parse((str){.at = (const char *)data, .len = size}, &arena, &c, &e) &&
        !current_generation(&c, &arena, &name, &e)) {
        arena_done(&arena);
        return 0;
    }
    arena_done(&arena);
    return 0;
}
