#include "format/sqlitewal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_reader memory;
    struct error e;
    bool committed;
    memory_reader_init(&memory, (str){.at = (const char *)data, .len = size});
    if (!sqlitewal_committed(&memory.base, &committed, &e)) {
        abort();
    }
    return 0;
}
