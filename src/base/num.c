#include "base/num.h"

#include <endian.h>
#include <string.h>

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 99;
}

bool num_parse(str s, unsigned base, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = digit_value(s.at[i]);
        if (digit >= base || __builtin_mul_overflow(n, base, &n) ||
            __builtin_add_overflow(n, digit, &n) || n > max) {
            return false;
        }
    }
    *out = n;
    return true;
}

uint16_t num_le16(const void *at)
{
    uint16_t n;
    memcpy(&n, at, sizeof(n));
    return le16toh(n);
}

uint32_t num_le32(const void *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof(n));
    return le32toh(n);
}

uint64_t num_le64(const void *at)
{
    uint64_t n;
    memcpy(&n, at, sizeof(n));
    return le64toh(n);
}

uint16_t num_be16(const void *at)
{
    uint16_t n;
    memcpy(&n, at, sizeof(n));
    return be16toh(n);
}

uint32_t num_be32(const void *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof(n));
    return be32toh(n);
}
