/* Any bytes as RANGE <LF> VERSION: nothing satisfies what is no range; no version fails both sides
 * of a comparison. */
#include "version/npm_range.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str version = {.at = (const char *)data, .len = size}, range = STR_NONE;
    (void)str_cut(&version, '\n', &range);
    bool inside = npm_range_contains(range, version);
    assert(!inside || npm_range_valid(range));
    return 0;
}
