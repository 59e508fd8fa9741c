#include "http/server.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(str text, bool plus_is_blank, struct arena *arena, str *out)
{
    struct error unread;
    char *to = ARENA_ARRAY(arena, text.len + 1, char, &unread);
    size_t len = 0;
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            bool whole = text.len - i > 2;
            int high = whole ? hex_digit(text.at[i + 1]) : -1;
            int low = whole ? hex_digit(text.at[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low); /* a byte */
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        to[len++] = c;
    }
    *out = (str){.at = to, .len = len};
    return true;
}

bool http_decode(str text, struct arena *arena, str *out)
{
    return decode(text, false, arena, out);
}

bool http_query(str query, const char *name, struct arena *arena, str *value, bool *present,
                struct error *e)
{
    *value = STR_NONE;
    *present = false;
    while (query.len > 0 && !*present) {
        str item, key;
        if (!str_cut(&query, '&', &item)) {
            item = query;
            query = STR_NONE;
        }
        str rest = item;
        bool has_value = str_cut(&rest, '=', &key);
        struct arena_mark mark = arena_mark(arena);
        if (!decode(has_value ? key : item, true, arena, &key)) {
            return error_set(e, ERROR_FORMAT, "the query has an escape that is none");
        }
        if (!str_eq(key, str_from(name))) {
            arena_rewind(arena, mark);
            continue;
        }
        if (has_value && !decode(rest, true, arena, value)) {
            return error_set(e, ERROR_FORMAT, "the query has an escape that is none");
        }
        *present = true;
    }
    return true;
}

bool http_header_put(struct http_response *r, str name, str value)
{
    if (r->headers_count == HTTP_HEADERS_MAX) {
        return false;
    }
    r->headers[r->headers_count++] = (struct http_header){.name = name, .value = value};
    return true;
}
