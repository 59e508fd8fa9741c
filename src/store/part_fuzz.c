#include "store/part.h"

#include <stdlib.h>

/* What part_decode accepts must encode again; if it was canonical, to the same bytes. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sink {
    struct advisory_sink base;
    struct data data;
};

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    return data_add(&CONTAINER_OF(self, struct sink, base)->data, a, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e;
    struct arena scratch;
    struct sink sink = {.base.put = put};
    struct buf first, second;
    arena_init(&scratch, 1 << 26, "a part");
    data_init(&sink.data);
    buf_init(&first, 1 << 26);
    buf_init(&second, 1 << 26);
    str bytes = {.at = (const char *)data, .len = size};
    if (part_decode(bytes, &scratch, &sink.base, &e) && data_finish(&sink.data, &e) &&
        part_encode(&sink.data, &first, &e)) {
        struct sink again = {.base.put = put};
        data_init(&again.data);
        arena_done(&scratch);
        if (!part_decode(buf_str(&first), &scratch, &again.base, &e) ||
            !data_finish(&again.data, &e) || !part_encode(&again.data, &second, &e) ||
            !str_eq(buf_str(&first), buf_str(&second))) {
            abort();
        }
        data_done(&again.data);
    }
    data_done(&sink.data);
    buf_done(&first);
    buf_done(&second);
    arena_done(&scratch);
    return 0;
}
