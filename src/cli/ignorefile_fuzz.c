#include "cli/ignorefile.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct ignorefile_reading reading = {.now_s = 1795507200};
    arena_init(&arena, 16 * 1024 * 1024, "a fuzz target");
    /* either outcome is fine */
    bool ok =
        ignorefile_parse((str){.at = (const char *)data, .len = size}, &reading, &arena, NULL);
    (void)ok;
    arena_done(&arena);
    return 0;
}
