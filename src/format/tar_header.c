#include "format/tar_header.h"

#include <string.h>

#include "base/num.h"
#include "format/tar.h"

/* Offsets and sizes of the fields: POSIX pax(1), "ustar Interchange Format". */
enum {
    NAME_AT = 0,
    NAME_BYTES = 100,
    MODE_AT = 100,
    SIZE_AT = 124,
    MTIME_AT = 136,
    CHECKSUM_AT = 148,
    FLAG_AT = 156,
    LINK_AT = 157,
    LINK_BYTES = 100,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_BYTES = 155,
    SHORT_BYTES = 8, /* mode, checksum */
    LONG_BYTES = 12, /* size, times */
    /* star: the prefix is shorter, and the block ends in "tar\0" */
    STAR_PREFIX_BYTES = 131,
    STAR_TRAILER_AT = 508,
    /* old GNU: times where ustar has its prefix */
    GNU_ATIME_AT = 345,
    GNU_CTIME_AT = 357,
    GNU_REAL_SIZE_AT = 483,
};

/* The sum of all bytes. Each of the four 16-bit lanes takes 2 times 64 bytes: it cannot
 * overflow. */
static uint32_t byte_sum(const uint8_t *block)
{
    const uint64_t even = 0x00ff00ff00ff00ffu;
    uint64_t lanes = 0;
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, block + i, sizeof(word));
        lanes += (word & even) + ((word >> 8) & even);
    }
    return (uint32_t)((lanes & 0xffff) + (lanes >> 16 & 0xffff) + (lanes >> 32 & 0xffff) +
                      (lanes >> 48));
}

/* The sum that old Sun tars wrote: of signed bytes. */
static bool signed_sum_is(const uint8_t *block, uint32_t sum, int64_t stored)
{
    int64_t all = (int64_t)sum;
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++) {
        bool outside = i < CHECKSUM_AT || i >= CHECKSUM_AT + SHORT_BYTES;
        all -= outside && block[i] >= 0x80 ? 256 : 0;
    }
    return all == stored;
}

enum tar_block tar_block_kind(const uint8_t *block)
{
    uint32_t sum = byte_sum(block);
    if (sum == 0) {
        return TAR_BLOCK_ZERO;
    }
    /* the checksum's own field counts as blanks */
    for (size_t i = CHECKSUM_AT; i < CHECKSUM_AT + SHORT_BYTES; i++) {
        sum += (uint32_t)' ' - block[i];
    }
    int64_t stored;
    if (!tar_number(block + CHECKSUM_AT, SHORT_BYTES, &stored)) {
        return TAR_BLOCK_BAD;
    }
    bool holds = (int64_t)sum == stored || signed_sum_is(block, sum, stored);
    return holds ? TAR_BLOCK_HEADER : TAR_BLOCK_BAD;
}

bool tar_looks_like(const uint8_t *block, size_t len)
{
    return len >= TAR_BLOCK_BYTES && tar_block_kind(block) != TAR_BLOCK_BAD;
}

/* Two's complement, the highest bit being the mark of this form, the next the sign. */
static bool base_256(const uint8_t *field, size_t len, int64_t *out)
{
    uint8_t invert = (field[0] & 0x40) != 0 ? 0xff : 0;
    uint64_t n = (field[0] ^ invert) & 0x3f;
    for (size_t i = 1; i < len; i++) {
        if (n >> 55 != 0) {
            return false;
        }
        n = n << 8 | (uint8_t)(field[i] ^ invert);
    }
    *out = invert != 0 ? -(int64_t)n - 1 : (int64_t)n;
    return true;
}

bool tar_number(const uint8_t *field, size_t len, int64_t *out)
{
    if ((field[0] & 0x80) != 0) {
        return base_256(field, len, out);
    }
    size_t i = 0;
    while (i < len && (field[i] == ' ' || field[i] == '\0')) {
        i++;
    }
    uint64_t n = 0;
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++) {
        n = n << 3 | (uint64_t)(field[i] - '0'); /* 12 digits are 36 bits */
    }
    while (i < len && field[i] == ' ') {
        i++;
    }
    if (i < len && field[i] != '\0') {
        return false;
    }
    *out = (int64_t)n;
    return true;
}

/* A field of text, up to its NUL. */
static str text_field(const uint8_t *at, size_t bytes_max)
{
    const char *text = (const char *)at;
    return (str){.at = text, .len = strnlen(text, bytes_max)};
}

static bool is_ascii(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((uint8_t)s.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool time_field_is_odd(const uint8_t *field)
{
    int64_t ignored;
    return field[0] != '\0' && !tar_number(field, LONG_BYTES, &ignored);
}

/* Docker built with Go before 1.8 wrote a prefix into GNU headers, where the times stand
 * (golang.org/issue/12594). Where they are no numbers it is taken for what it is. */
static str gnu_prefix(const uint8_t *block)
{
    if (!time_field_is_odd(block + GNU_ATIME_AT) && !time_field_is_odd(block + GNU_CTIME_AT)) {
        return STR_NONE;
    }
    str prefix = text_field(block + PREFIX_AT, PREFIX_BYTES);
    return is_ascii(prefix) ? prefix : STR_NONE;
}

static str prefix_of(const uint8_t *block, bool is_gnu)
{
    if (is_gnu) {
        return gnu_prefix(block);
    }
    if (block[PREFIX_AT] == '\0' || memcmp(block + MAGIC_AT, "ustar", 6) != 0) {
        return STR_NONE; /* v7 has no prefix */
    }
    bool is_star = memcmp(block + STAR_TRAILER_AT, "tar", 4) == 0;
    return text_field(block + PREFIX_AT, is_star ? STAR_PREFIX_BYTES : PREFIX_BYTES);
}

static void copy_path(const uint8_t *block, struct tar_header *out)
{
    str name = text_field(block + NAME_AT, NAME_BYTES);
    str prefix = prefix_of(block, out->is_gnu);
    size_t at = 0;
    if (prefix.len > 0) {
        memcpy(out->path, prefix.at, prefix.len);
        out->path[prefix.len] = '/';
        at = prefix.len + 1;
    }
    memcpy(out->path + at, name.at, name.len);
    out->path_len = at + name.len;
}

bool tar_header_parse(const uint8_t *block, struct tar_header *out, struct error *e)
{
    int64_t size, mode, mtime;
    if (!tar_number(block + SIZE_AT, LONG_BYTES, &size)) {
        str field = text_field(block + SIZE_AT, LONG_BYTES);
        return error_set(e, ERROR_FORMAT, "the size '" STR_FMT "' is no number", STR_ARG(field));
    }
    /* Nothing depends on mode and time: an odd one is not worth the archive. */
    bool has_mode = tar_number(block + MODE_AT, SHORT_BYTES, &mode);
    bool has_mtime = tar_number(block + MTIME_AT, LONG_BYTES, &mtime);
    out->size = size;
    out->mode = has_mode ? (uint32_t)(mode & 07777) : 0;
    out->mtime_s = has_mtime ? mtime : 0;
    out->flag = block[FLAG_AT];
    out->is_gnu = memcmp(block + MAGIC_AT, "ustar  ", 8) == 0;
    copy_path(block, out);
    out->link_len = 0;
    if (out->flag == '1' || out->flag == '2') {
        str link = text_field(block + LINK_AT, LINK_BYTES);
        memcpy(out->link, link.at, link.len);
        out->link_len = link.len;
    }
    return true;
}

bool tar_header_real_size(const uint8_t *block, uint64_t *real_size, struct error *e)
{
    int64_t size;
    if (!tar_number(block + GNU_REAL_SIZE_AT, LONG_BYTES, &size) || size < 0) {
        return error_set(e, ERROR_FORMAT, "the real size of a sparse file is no number");
    }
    *real_size = (uint64_t)size;
    return true;
}
