/* varint.h: unsigned numbers in as few bytes as they need: seven bits a byte, the lowest first,
 * the top bit set on all but the last (LEB128). Only the shortest form is read. */
#ifndef LIMPID_STORE_VARINT_H
#define LIMPID_STORE_VARINT_H

#include <stdint.h>

#include "base/buf.h"

enum { VARINT_BYTES_MAX = 10 };

static inline size_t varint_put(uint64_t value, char to[VARINT_BYTES_MAX])
{
    size_t len = 0;
    for (; value >= 0x80; value >>= 7) {
        to[len++] = (char)(value | 0x80);
    }
    to[len++] = (char)value;
    return len;
}

static inline MUST_USE bool varint_add(struct buf *b, uint64_t value, struct error *e)
{
    char bytes[VARINT_BYTES_MAX];
    return buf_add(b, bytes, varint_put(value, bytes), e);
}

/* Takes one number off the front of `rest`; false, and `rest` undefined, where there is none. */
static inline MUST_USE bool varint_take(str *rest, uint64_t *out)
{
    uint64_t value = 0;
    if (rest->len > 0 && (uint8_t)rest->at[0] < 0x80) { /* most are small */
        *out = (uint8_t)rest->at[0];
        *rest = (str){.at = rest->at + 1, .len = rest->len - 1};
        return true;
    }
    for (size_t i = 0; i < rest->len && i < VARINT_BYTES_MAX; i++) {
        uint8_t byte = (uint8_t)rest->at[i];
        if (i == VARINT_BYTES_MAX - 1 && byte > 1) {
            return false;
        }
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            if (byte == 0 && i > 0) {
                return false;
            }
            *rest = (str){.at = rest->at + i + 1, .len = rest->len - i - 1};
            *out = value;
            return true;
        }
    }
    return false;
}

/* Small differences of either sign as small numbers. */
static inline uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

#endif
