/* checked.h: sums and products of numbers that came from input. */
#ifndef LIMPID_BASE_CHECKED_H
#define LIMPID_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each returns false where the result does not fit, and leaves `*out` alone then. */
static inline bool checked_add(uint64_t a, uint64_t b, uint64_t *out)
{
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

static inline bool checked_mul(uint64_t a, uint64_t b, uint64_t *out)
{
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *out = product;
    return true;
}

/* True where [at, at + len) lies within [0, size). */
static inline bool range_fits(uint64_t at, uint64_t len, uint64_t size)
{
    return at <= size && len <= size - at;
}

#endif
