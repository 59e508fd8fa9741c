/* Any bytes as two CPEs, a line each: each covers itself, and what covers also overlaps. */
#include "match/cpe.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str rest = {.at = (const char *)data, .len = size}, first, second = STR_NONE;
    struct cpe a, b;
    if (!str_cut(&rest, '\n', &first)) {
        first = rest;
    } else {
        second = rest;
    }
    if (cpe_parse(first, &a)) {
        assert(cpe_covers(&a, &a) && cpe_overlaps(&a, &a));
        if (cpe_parse(second, &b)) {
            assert(cpe_covers(&b, &b));
            assert(!cpe_covers(&a, &b) || cpe_overlaps(&a, &b));
            (void)cpe_covers(&b, &a);
        }
    }
    return 0;
}
