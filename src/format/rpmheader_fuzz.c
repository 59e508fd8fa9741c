/* The header is fed whole, and in pieces whose size is its first byte: both have to agree. */
#include "format/rpmheader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool parse(struct rpmheader_parser *p, str blob, size_t step, struct rpmheader *out)
{
    struct error e;
    rpmheader_begin(p, blob.len);
    for (size_t at = 0; at < blob.len; at += step) {
        if (!rpmheader_feed(p, str_slice(blob, at, at + step), &e)) {
            return false;
        }
    }
    return rpmheader_end(p, out, &e);
}

static void hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str blob = {.at = (const char *)data, .len = size};
    struct rpmheader_parser one, two;
    struct rpmheader a, b;
    rpmheader_init(&one);
    rpmheader_init(&two);
    bool whole = parse(&one, blob, size + 1, &a);
    hold(whole == parse(&two, blob, size > 16 ? data[15] % 64 + 1U : 1, &b));
    for (size_t i = 0; whole && i < RPMHEADER_TEXTS; i++) {
        hold(str_eq(a.text[i], b.text[i]) && a.text[i].len <= size);
    }
    hold(!whole || (a.epoch == b.epoch && a.text[RPMHEADER_NAME].len > 0));
    rpmheader_done(&one);
    rpmheader_done(&two);
    return 0;
}
