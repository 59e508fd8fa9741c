#include "store/bundle.h"

#include <stdlib.h>

#include "store/instance.h"

/* A manifest that is accepted is written again as the same bytes, but for spellings of its time. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e;
    struct arena arena;
    struct bundle_manifest m, again;
    struct buf out;
    digest d;
    str bytes = {.at = (const char *)data, .len = size};
    arena_init(&arena, 1 << 26, "a manifest");
    buf_init(&out, BUNDLE_MANIFEST_BYTES_MAX);
    if (bundle_manifest_parse(bytes, &arena, &m, &e) && bundle_manifest_write(&m, &out, &e) &&
        (!bundle_manifest_parse(buf_str(&out), &arena, &again, &e) || again.count != m.count)) {
        abort();
    }
    struct instance_manifest instance;
    struct instance_chunk *chunks;
    struct sign_keys keys = {0};
    struct signature parsed;
    size_t start = 0, count = 0;
    str signature;
    if (instance_manifest_parse(bytes, &arena, &instance, &start, &signature, &e) &&
        start > bytes.len) {
        abort();
    }
    if (!instance_index_parse(bytes, &arena, &chunks, &count, &e) &&
        !sign_parse(bytes, &parsed, &e) && !sign_keys_add(&keys, bytes, &arena, &e)) {
        count = 0;
    }
    if (!bundle_sum_parse(bytes, &d, &e) && !bundle_trailer_find(bytes, &start, &signature, &e)) {
        size = 0;
    }
    buf_done(&out);
    arena_done(&arena);
    return 0;
}
