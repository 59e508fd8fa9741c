#include "base/pack.h"

#include <string.h>

#include "base/num.h"

bool pack_u8(struct buf *to, uint8_t n, struct error *e)
{
    return buf_add(to, &n, 1, e);
}

bool pack_u32(struct buf *to, uint32_t n, struct error *e)
{
    uint8_t bytes[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
    return buf_add(to, bytes, sizeof(bytes), e);
}

bool pack_u64(struct buf *to, uint64_t n, struct error *e)
{
    return pack_u32(to, (uint32_t)n, e) && pack_u32(to, (uint32_t)(n >> 32), e);
}

bool pack_str(struct buf *to, str s, struct error *e)
{
    if (s.len > PACK_STR_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a text of %zu bytes is over the limit of %d", s.len,
                         PACK_STR_BYTES_MAX);
    }
    return pack_u32(to, (uint32_t)s.len, e) && buf_add_str(to, s, e);
}

bool pack_digest(struct buf *to, digest d, struct error *e)
{
    return pack_u8(to, (uint8_t)d.algorithm, e) && buf_add(to, d.bytes, sizeof(d.bytes), e);
}

static bool take(str *from, size_t len, str *out, struct error *e)
{
    if (from->len < len) {
        return error_set(e, ERROR_FORMAT, "a record ends after %zu of %zu bytes", from->len, len);
    }
    *out = (str){.at = from->at, .len = len};
    *from = (str){.at = from->at + len, .len = from->len - len};
    return true;
}

bool unpack_u8(str *from, uint8_t *out, struct error *e)
{
    str bytes = STR_NONE;
    if (!take(from, 1, &bytes, e)) {
        return false;
    }
    *out = (uint8_t)bytes.at[0];
    return true;
}

bool unpack_u32(str *from, uint32_t *out, struct error *e)
{
    str bytes = STR_NONE;
    if (!take(from, 4, &bytes, e)) {
        return false;
    }
    *out = num_le32(bytes.at);
    return true;
}

bool unpack_u64(str *from, uint64_t *out, struct error *e)
{
    str bytes = STR_NONE;
    if (!take(from, 8, &bytes, e)) {
        return false;
    }
    *out = num_le64(bytes.at);
    return true;
}

bool unpack_str(str *from, size_t bytes_max, str *out, struct error *e)
{
    uint32_t len;
    if (!unpack_u32(from, &len, e)) {
        return false;
    }
    if (len > bytes_max) {
        return error_set(e, ERROR_FORMAT, "a text of %u bytes where %zu are allowed", len,
                         bytes_max);
    }
    return take(from, len, out, e);
}

bool unpack_digest(str *from, digest *out, struct error *e)
{
    uint8_t algorithm;
    str bytes = STR_NONE;
    if (!unpack_u8(from, &algorithm, e) || !take(from, DIGEST_BYTES_MAX, &bytes, e)) {
        return false;
    }
    if (algorithm > DIGEST_SHA512) {
        return error_set(e, ERROR_FORMAT, "digest algorithm %u", algorithm);
    }
    digest d = {.algorithm = (enum digest_algorithm)algorithm};
    memcpy(d.bytes, bytes.at, digest_size(d.algorithm));
    *out = d;
    return true;
}
