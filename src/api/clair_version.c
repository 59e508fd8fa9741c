#include "api/clair_version.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Clair took each byte for a character of Latin-1, whose letters are letters. */
static bool is_letter(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u == 0xaa || u == 0xb5 ||
           u == 0xba || (u >= 0xc0 && u != 0xd7 && u != 0xf7);
}

static bool is_allowed(char c, const char *symbols)
{
    return is_digit(c) || is_letter(c) || (c != '\0' && strchr(symbols, c) != NULL);
}

static bool all_allowed(str s, const char *symbols)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_allowed(s.at[i], symbols)) {
            return false;
        }
    }
    return true;
}

static bool is_number(str s)
{
    if (s.len > 1 && (s.at[0] == '+' || s.at[0] == '-')) {
        s = str_slice(s, 1, s.len);
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.at[i])) {
            return false;
        }
    }
    return s.len > 0 && s.len < 19;
}

const char *clair_version_fault(str version, bool digit_first)
{
    str rest = str_trim(version), epoch, revision = STR_NONE;
    if (rest.len == 0) {
        return "Version string is empty";
    }
    if (str_eq(rest, STR(CLAIR_VERSION_MAX)) || str_eq(rest, STR(CLAIR_VERSION_MIN))) {
        return NULL;
    }
    if (str_cut(&rest, ':', &epoch) && (!is_number(epoch) || epoch.at[0] == '-')) {
        return "epoch in version is not a number";
    }
    size_t dash = str_find_last_char(rest, '-');
    if (dash < rest.len) {
        revision = str_slice(rest, dash + 1, rest.len);
        rest = str_slice(rest, 0, dash);
    }
    if (rest.len == 0) {
        return "No version";
    }
    if (digit_first && !is_digit(rest.at[0])) {
        return "version does not start with digit";
    }
    if (!all_allowed(rest, ".-+~:_")) {
        return "invalid character in version";
    }
    return all_allowed(revision, ".+~_") ? NULL : "invalid character in revision";
}
