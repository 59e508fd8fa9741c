#include "read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(&detector_dpkg, STR("var/lib/dpkg/status"), data, size);
    fuzz_read(&detector_dpkg, STR("var/lib/dpkg/status.d/base"), data, size);
    return 0;
}
