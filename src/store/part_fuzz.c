#include <stdlib.h>

#include "store/items_testing.h"

/* What part_decode accepts must encode again; and that, to the same bytes. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool again(str bytes, struct buf *out)
{
    struct error e;
    struct gather g;
    size_t calls = 0;
    gather_init(&g, "/nowhere", 1 << 28);
    bool done = part_gather(bytes, &g, &calls, &e) && gathered_part(&g, out, &e);
    gather_done(&g);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf first, second;
    buf_init(&first, 1 << 28);
    buf_init(&second, 1 << 28);
    if (again((str){.at = (const char *)data, .len = size}, &first) &&
        (!again(buf_str(&first), &second) || !str_eq(buf_str(&first), buf_str(&second)))) {
        abort();
    }
    buf_done(&first);
    buf_done(&second);
    return 0;
}
