/* gzip_header.c: the header of a gzip member, for both inflaters: ISA-L wants a whole header in
 * one call (intel/isa-l issue 224), and zlib reads a name without end. */
#include <string.h>

#include "base/num.h"
#include "stream/decoder.h"

enum {
    GZIP_FIXED_BYTES = 10,
    GZIP_METHOD_DEFLATE = 8,
    GZIP_TEXT_BYTES_MAX = 64 * 1024, /* a name or a comment; real ones are file names */
    FLAG_HCRC = 1 << 1,
    FLAG_EXTRA = 1 << 2,
    FLAG_NAME = 1 << 3,
    FLAG_COMMENT = 1 << 4,
    FLAG_RESERVED = 0xe0,
};

struct header {
    struct reader *from;
    bool has_crc;
    uint32_t crc; /* CRC-32 of what was passed, inverted */
};

bool gzip_matches(const uint8_t *at, size_t len)
{
    return len >= 2 && at[0] == 0x1f && at[1] == 0x8b;
}

bool gzip_is_cut(const uint8_t *at, size_t len)
{
    return len == 1 && at[0] == 0x1f;
}

/* Four bits a step: hardly any header has a checksum. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *at, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return crc;
}

static void pass(struct header *h, size_t len)
{
    if (h->has_crc) {
        h->crc = crc32_add(h->crc, h->from->at, len);
    }
    h->from->at += len;
}

static enum part part_of(enum step step)
{
    switch (step) {
    case STEP_FAILED:
        return PART_FAILED;
    case STEP_END:
        return PART_CUT;
    case STEP_GOT:
        return PART_GOING;
    }
    return PART_FAILED;
}

static enum part bytes_pass(struct header *h, size_t len, struct error *e)
{
    while (len > 0) {
        enum part part = part_of(reader_need(h->from, 1, e));
        if (part != PART_GOING) {
            return part;
        }
        size_t ready = reader_ready(h->from);
        size_t some = ready < len ? ready : len;
        pass(h, some);
        len -= some;
    }
    return PART_GOING;
}

static enum part extra_pass(struct header *h, struct error *e)
{
    enum part part = part_of(reader_need(h->from, 2, e));
    if (part != PART_GOING) {
        return part;
    }
    size_t len = num_le16(h->from->at);
    return bytes_pass(h, 2 + len, e);
}

/* A name or a comment, up to its NUL. */
static enum part text_pass(struct header *h, const char *what, struct error *e)
{
    size_t passed = 0;
    for (;;) {
        enum part part = part_of(reader_need(h->from, 1, e));
        if (part != PART_GOING) {
            return part;
        }
        size_t ready = reader_ready(h->from);
        const uint8_t *nul = memchr(h->from->at, 0, ready);
        size_t some = nul == NULL ? ready : (size_t)(nul - h->from->at) + 1;
        passed += some;
        if (passed > GZIP_TEXT_BYTES_MAX) {
            error_set(e, ERROR_FORMAT, "a %s of more than %d bytes in the header", what,
                      GZIP_TEXT_BYTES_MAX);
            return PART_FAILED;
        }
        pass(h, some);
        if (nul != NULL) {
            return PART_GOING;
        }
    }
}

static enum part crc_check(struct header *h, struct error *e)
{
    enum part part = part_of(reader_need(h->from, 2, e));
    if (part != PART_GOING) {
        return part;
    }
    unsigned want = num_le16(h->from->at), got = ~h->crc & 0xffff;
    if (got != want) {
        error_set(e, ERROR_FORMAT, "the checksum of the header is %04x, not %04x", got, want);
        return PART_FAILED;
    }
    h->from->at += 2;
    return PART_GOING;
}

enum part gzip_header_pass(struct reader *from, struct error *e)
{
    enum part part = part_of(reader_need(from, GZIP_FIXED_BYTES, e));
    if (part != PART_GOING) {
        return part;
    }
    uint8_t method = from->at[2], flags = from->at[3];
    if (method != GZIP_METHOD_DEFLATE) {
        error_set(e, ERROR_FORMAT, "compression method %u, not deflate (8)", method);
        return PART_FAILED;
    }
    if ((flags & FLAG_RESERVED) != 0) {
        error_set(e, ERROR_FORMAT, "reserved flags 0x%02x", flags & FLAG_RESERVED);
        return PART_FAILED;
    }
    struct header h = {.from = from, .has_crc = (flags & FLAG_HCRC) != 0, .crc = UINT32_MAX};
    pass(&h, GZIP_FIXED_BYTES);
    if (part == PART_GOING && (flags & FLAG_EXTRA) != 0) {
        part = extra_pass(&h, e);
    }
    if (part == PART_GOING && (flags & FLAG_NAME) != 0) {
        part = text_pass(&h, "name", e);
    }
    if (part == PART_GOING && (flags & FLAG_COMMENT) != 0) {
        part = text_pass(&h, "comment", e);
    }
    if (part == PART_GOING && h.has_crc) {
        part = crc_check(&h, e);
    }
    return part;
}
