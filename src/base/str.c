#include "base/str.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int str_fmt_len(str s)
{
    return s.len > 200 ? 200 : (int)s.len;
}

str str_from(const char *text)
{
    return text == NULL ? STR_NONE : (str){.at = text, .len = strlen(text)};
}

bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_eq_nocase(str a, str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.at[i]) != lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

int str_cmp(str a, str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str s, str prefix)
{
    return s.len >= prefix.len && str_eq(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends(str s, str suffix)
{
    return s.len >= suffix.len && str_eq(str_slice(s, s.len - suffix.len, s.len), suffix);
}

str str_trim(str s)
{
    while (s.len > 0 && is_blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.at[s.len - 1])) {
        s.len--;
    }
    return s;
}

str str_slice(str s, size_t from, size_t to)
{
    if (to > s.len) {
        to = s.len;
    }
    if (from >= to) {
        return STR_NONE;
    }
    return (str){.at = s.at + from, .len = to - from};
}

size_t str_find_char(str s, char c)
{
    const char *hit = s.len == 0 ? NULL : memchr(s.at, c, s.len);
    return hit == NULL ? s.len : (size_t)(hit - s.at);
}

size_t str_find_last_char(str s, char c)
{
    const char *hit = s.len == 0 ? NULL : memrchr(s.at, c, s.len);
    return hit == NULL ? s.len : (size_t)(hit - s.at);
}

size_t str_find(str s, str needle)
{
    if (needle.len == 0) {
        return 0;
    }
    const char *hit = s.len < needle.len ? NULL : memmem(s.at, s.len, needle.at, needle.len);
    return hit == NULL ? s.len : (size_t)(hit - s.at);
}

bool str_cut(str *rest, char sep, str *head)
{
    size_t at = str_find_char(*rest, sep);
    if (at == rest->len) {
        return false;
    }
    *head = (str){.at = rest->at, .len = at};
    *rest = (str){.at = rest->at + at + 1, .len = rest->len - at - 1};
    return true;
}

bool str_line(str *rest, str *line)
{
    if (rest->len == 0) {
        return false;
    }
    if (!str_cut(rest, '\n', line)) {
        *line = *rest;
        *rest = STR_NONE;
    }
    if (line->len > 0 && line->at[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

bool str_word(str *rest, str *word)
{
    str s = str_trim(*rest);
    if (s.len == 0) {
        *rest = STR_NONE;
        return false;
    }
    size_t end = 0;
    while (end < s.len && !is_blank(s.at[end])) {
        end++;
    }
    *word = (str){.at = s.at, .len = end};
    *rest = (str){.at = s.at + end, .len = s.len - end};
    return true;
}

uint64_t str_hash(str s)
{
    /* FNV-1a, finished by a mixer: the maps use the low bits. */
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++) {
        h = (h ^ (uint8_t)s.at[i]) * 0x100000001b3u;
    }
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ (h >> 32);
}

/* How many continuation bytes follow `first`, and the least code point that needs them. */
static int utf8_tail(uint8_t first, uint32_t *bits, uint32_t *least)
{
    if (first >= 0xc2 && first <= 0xdf) {
        *bits = first & 0x1fu;
        *least = 0x80;
        return 1;
    }
    if (first >= 0xe0 && first <= 0xef) {
        *bits = first & 0x0fu;
        *least = 0x800;
        return 2;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *bits = first & 0x07u;
        *least = 0x10000;
        return 3;
    }
    return -1;
}

bool str_is_utf8(str s)
{
    size_t i = 0;
    while (i < s.len) {
        uint8_t first = (uint8_t)s.at[i++];
        if (first < 0x80) {
            continue;
        }
        uint32_t code, least;
        int tail = utf8_tail(first, &code, &least);
        if (tail < 0 || (size_t)tail > s.len - i) {
            return false;
        }
        for (int k = 0; k < tail; k++) {
            uint8_t next = (uint8_t)s.at[i++];
            if ((next & 0xc0) != 0x80) {
                return false;
            }
            code = code << 6 | (next & 0x3fu);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            return false;
        }
    }
    return true;
}
