#include "format/deb822.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const str wanted[] = {STR_INIT("Package"), STR_INIT("Version"), STR_INIT("Status")};
    struct memory_reader from;
    struct arena arena;
    struct deb822 d;
    struct deb822_stanza stanza;
    struct error e;
    size_t kept = 0;
    arena_init(&arena, 16 * 1024 * 1024, "a fuzz target");
    memory_reader_init(&from, (str){.at = (const char *)data, .len = size});
    deb822_init(&d, &from.base, wanted, ARRAY_COUNT(wanted), &arena);
    enum step got;
    while ((got = deb822_next(&d, &stanza, &e)) == STEP_GOT) {
        for (size_t i = 0; i < ARRAY_COUNT(wanted); i++) {
            kept += stanza.values[i].len;
        }
    }
    arena_done(&arena);
    if (got == STEP_FAILED || kept > size) {
        abort(); /* no content makes it fail, and no value comes from nowhere */
    }
    return 0;
}
