#include "report/escape.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str in = {.at = (const char *)data, .len = size};
    struct writer w;
    size_t columns_max = size > 0 ? data[0] : 0;
    writer_to_memory(&w, 64 * 1024 * 1024);
    if (!escape_terminal(&w, in, columns_max, NULL)) {
        writer_done(&w);
        return 0;
    }
    str out = buf_str(&w.pending);
    assert(str_is_utf8(out));
    assert(escape_columns(out) <= columns_max);
    for (size_t i = 0; i < out.len; i++) {
        assert((uint8_t)out.at[i] >= 0x20 && out.at[i] != 0x7f);
    }
    size_t before = w.pending.len;
    if (escape_json(&w, in, NULL)) {
        out = str_slice(buf_str(&w.pending), before, w.pending.len);
        assert(out.len >= 2 && str_is_utf8(out));
    }
    writer_done(&w);
    return 0;
}
