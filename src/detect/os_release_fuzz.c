#include "read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (const char *const *path = detector_os_release.paths; *path != NULL; path++) {
        fuzz_read(&detector_os_release, str_from(*path), data, size);
    }
    return 0;
}
