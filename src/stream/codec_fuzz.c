/* codec_fuzz.c: every decoder over any bytes, in pieces of any size. The first byte of the input
 * says how many bytes the source gives at a time. Where both inflaters read a gzip stream to its
 * end, they must agree. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "stream/decoder.h"
#include "stream/trickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_BYTES_MAX = 4 * 1024 * 1024 };

static struct trickle trickle;

static bool decode(str packed, size_t step_bytes,
                   bool (*open)(struct reader *, struct reader **, struct error *),
                   struct buf *plain)
{
    struct reader *r = NULL;
    struct error e;
    trickle_init(&trickle, packed, step_bytes, -1);
    buf_init(plain, OUT_BYTES_MAX);
    enum step step = STEP_FAILED;
    if (open(&trickle.base, &r, &e)) {
        while ((step = reader_need(r, 1, &e)) == STEP_GOT) {
            if (!buf_add(plain, r->at, reader_ready(r), &e)) {
                break;
            }
            r->at = r->end;
        }
        if (step == STEP_END && reader_offset(r) != plain->len) {
            abort();
        }
        codec_close(r, &trickle.base);
    }
    return step == STEP_END;
}

static bool open_sniffed(struct reader *from, struct reader **out, struct error *e)
{
    return codec_open(from, out, NULL, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    size_t step_bytes = data[0] == 0 ? READER_NEED_MAX : data[0];
    str packed = {.at = (const char *)data + 1, .len = size - 1};
    struct buf plain, other = {.at = NULL};
    bool read = decode(packed, step_bytes, open_sniffed, &plain);
    if (gzip_matches(data + 1, size - 1)) {
        bool both = decode(packed, step_bytes, codec_gzip_zlib.open, &other) && read;
        if (both && !str_eq(buf_str(&plain), buf_str(&other))) {
            abort();
        }
    }
    buf_done(&plain);
    buf_done(&other);
    return 0;
}
