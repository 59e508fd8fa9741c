#include "read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(&detector_rpm, STR("var/lib/rpm/rpmdb.sqlite"), data, size);
    fuzz_read(&detector_rpm, STR("var/lib/rpm/rpmdb.sqlite-wal"), data, size);
    return 0;
}
