/* digits.h: what the version orders have in common: ASCII classes that do not depend on a locale,
 * and runs of digits as numbers of any length. Nothing here allocates. */
#ifndef LIMPID_VERSION_DIGITS_H
#define LIMPID_VERSION_DIGITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool is_alpha(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static inline bool is_alnum(char c)
{
    return is_digit(c) || is_alpha(c);
}

/* ASCII letters only. */
static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Without its first `count` bytes. */
static inline str str_skip(str s, size_t count)
{
    return str_slice(s, count, s.len);
}

static inline bool all_digits(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.at[i])) {
            return false;
        }
    }
    return s.len > 0;
}

/* str_cmp without regard to the case of ASCII letters. */
static inline int str_cmp_nocase(str a, str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < common; i++) {
        int ca = (unsigned char)to_lower(a.at[i]), cb = (unsigned char)to_lower(b.at[i]);
        if (ca != cb) {
            return ca < cb ? -1 : 1;
        }
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* Takes the run of digits at the start of `rest`, which may be empty. */
static inline str digits_take(str *rest)
{
    size_t len = 0;
    while (len < rest->len && is_digit(rest->at[len])) {
        len++;
    }
    str digits = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, len, rest->len);
    return digits;
}

/* Two runs of digits as numbers; an empty one is 0. */
static inline int digits_compare(str a, str b)
{
    while (a.len > 0 && a.at[0] == '0') {
        a = str_slice(a, 1, a.len);
    }
    while (b.len > 0 && b.at[0] == '0') {
        b = str_slice(b, 1, b.len);
    }
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return str_cmp(a, b);
}

#endif
