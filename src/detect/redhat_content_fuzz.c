#include "read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(&detector_redhat_content, STR("usr/share/buildinfo/content-sets.json"), data, size);
    return 0;
}
