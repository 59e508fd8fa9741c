#include "base/digest.h"

#include <string.h>

static const struct {
    str prefix;
    enum digest_algorithm algorithm;
    size_t size_bytes;
} algorithms[] = {
    {STR_INIT("sha256:"), DIGEST_SHA256, 32},
    {STR_INIT("sha512:"), DIGEST_SHA512, 64},
};

size_t digest_size(enum digest_algorithm algorithm)
{
    for (size_t i = 0; i < ARRAY_COUNT(algorithms); i++) {
        if (algorithms[i].algorithm == algorithm) {
            return algorithms[i].size_bytes;
        }
    }
    return 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_parse(str text, digest *out, struct error *e)
{
    for (size_t i = 0; i < ARRAY_COUNT(algorithms); i++) {
        if (!str_starts(text, algorithms[i].prefix)) {
            continue;
        }
        str hex = str_slice(text, algorithms[i].prefix.len, text.len);
        digest d = {.algorithm = algorithms[i].algorithm};
        if (hex.len != algorithms[i].size_bytes * 2) {
            return error_set(e, ERROR_FORMAT, "digest '" STR_FMT "' has %zu of %zu hex digits",
                             STR_ARG(text), hex.len, algorithms[i].size_bytes * 2);
        }
        for (size_t k = 0; k < hex.len; k++) {
            int v = hex_value(hex.at[k]);
            if (v < 0) {
                return error_set(e, ERROR_FORMAT, "digest '" STR_FMT "' is not lower-case hex",
                                 STR_ARG(text));
            }
            d.bytes[k / 2] = (uint8_t)(d.bytes[k / 2] << 4 | v);
        }
        *out = d;
        return true;
    }
    return error_set(e, ERROR_FORMAT,
                     "digest '" STR_FMT "' is neither sha256: nor sha512:", STR_ARG(text));
}

const char *digest_text(digest d, char to[DIGEST_TEXT_BYTES])
{
    char *at = to;
    for (size_t i = 0; i < ARRAY_COUNT(algorithms); i++) {
        if (algorithms[i].algorithm != d.algorithm) {
            continue;
        }
        memcpy(at, algorithms[i].prefix.at, algorithms[i].prefix.len);
        at += algorithms[i].prefix.len;
        for (size_t k = 0; k < algorithms[i].size_bytes; k++) {
            *at++ = "0123456789abcdef"[d.bytes[k] >> 4];
            *at++ = "0123456789abcdef"[d.bytes[k] & 15];
        }
    }
    *at = '\0';
    return to;
}

bool digest_eq(digest a, digest b)
{
    return a.algorithm == b.algorithm && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}
