/* ubuntu_purl.c: a package URL of Ubuntu's (purl-spec, type deb). */
#include "feed/ubuntu_purl.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "2%3A9.1" → "2:9.1"; a '%' without its digits stays. */
static bool decode(str text, struct arena *arena, str *out, struct error *e)
{
    char *to = ARENA_ARRAY(arena, text.len + 1, char, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len && text.at[i] == '%' ? hex_digit(text.at[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
        if (low < 0) {
            to[len++] = text.at[i];
            continue;
        }
        to[len++] = (char)(high * 16 + low);
        i += 2;
    }
    *out = (str){.at = to, .len = len};
    return true;
}

bool ubuntu_purl_read(str text, struct arena *arena, struct ubuntu_purl *out, bool *is_one,
                      struct error *e)
{
    str prefix = STR("pkg:deb/ubuntu/");
    *is_one = false;
    if (!str_starts(text, prefix)) {
        return true;
    }
    str rest = str_slice(text, prefix.len, text.len);
    rest = str_slice(rest, 0, str_find_char(rest, '#'));
    size_t mark = str_find_char(rest, '?');
    str qualifiers = str_slice(rest, mark + 1, rest.len);
    str name = str_slice(rest, 0, mark);
    size_t at = str_find_char(name, '@');
    struct ubuntu_purl purl = {.arch = STR_NONE};
    if (!decode(str_slice(name, 0, at), arena, &purl.name, e) ||
        !decode(str_slice(name, at + 1, name.len), arena, &purl.version, e)) {
        return false;
    }
    while (qualifiers.len > 0) {
        str one, key;
        if (!str_cut(&qualifiers, '&', &one)) {
            one = qualifiers;
            qualifiers = STR_NONE;
        }
        if (!str_cut(&one, '=', &key)) {
            continue;
        }
        str *to = str_eq(key, STR("arch"))     ? &purl.arch
                  : str_eq(key, STR("distro")) ? &purl.distro
                                               : NULL;
        if (to != NULL && !decode(one, arena, to, e)) {
            return false;
        }
    }
    *is_one = purl.name.len > 0;
    *out = purl;
    return true;
}
