#include "report/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* One code point of the input, or one byte that belongs to none. */
struct piece {
    str raw;
    int32_t code; /* -1: no UTF-8 */
    bool shown;   /* may stand as it is */
};

/* Unassigned and private code points have no known width; format characters (Cf) have the
 * bidirectional controls, zero-width joiners and tags among them. */
static bool is_shown(int32_t code)
{
    const uint32_t hidden = 1u << UTF8PROC_CATEGORY_CC | 1u << UTF8PROC_CATEGORY_CF |
                            1u << UTF8PROC_CATEGORY_CS | 1u << UTF8PROC_CATEGORY_CO |
                            1u << UTF8PROC_CATEGORY_CN | 1u << UTF8PROC_CATEGORY_ZL |
                            1u << UTF8PROC_CATEGORY_ZP;
    return (hidden >> utf8proc_category(code) & 1u) == 0;
}

static bool is_plain(char c)
{
    return c >= 0x20 && c <= 0x7e;
}

static bool piece_next(str *rest, struct piece *out)
{
    if (rest->len == 0) {
        return false;
    }
    utf8proc_int32_t code = -1;
    utf8proc_ssize_t room = rest->len > 4 ? 4 : (utf8proc_ssize_t)rest->len;
    utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)rest->at, room, &code);
    if (len <= 0) {
        len = 1;
        code = -1;
    }
    out->raw = str_slice(*rest, 0, (size_t)len);
    out->code = code;
    out->shown = code >= 0 && is_shown(code);
    *rest = str_slice(*rest, (size_t)len, rest->len);
    return true;
}

/* The visible spelling of what is not shown as it is. */
static size_t piece_spell(const struct piece *p, char to[16])
{
    int len;
    if (p->code < 0x80) { /* also a byte that is no UTF-8 */
        len = snprintf(to, 16, "\\x%02x", (unsigned)(uint8_t)p->raw.at[0]);
    } else if (p->code <= 0xffff) {
        len = snprintf(to, 16, "\\u%04x", (unsigned)p->code);
    } else {
        len = snprintf(to, 16, "\\U%08x", (unsigned)p->code);
    }
    return (size_t)len;
}

static size_t piece_columns(const struct piece *p)
{
    char spelt[16];
    if (!p->shown) {
        return piece_spell(p, spelt);
    }
    int width = utf8proc_charwidth(p->code);
    return width < 0 ? 0 : (size_t)width;
}

/* The part of `s` that is looked at, cut between two code points. */
static str cut_bytes(str s, size_t bytes_max, bool *cut)
{
    *cut = s.len > bytes_max;
    if (!*cut) {
        return s;
    }
    size_t end = bytes_max;
    while (end > bytes_max - 4 && ((uint8_t)s.at[end] & 0xc0) == 0x80) {
        end--;
    }
    return str_slice(s, 0, end);
}

/* Takes the bytes off the front that need no look: printable ASCII. */
static str take_plain(str *rest, size_t len_max)
{
    size_t len = 0;
    while (len < rest->len && len < len_max && is_plain(rest->at[len])) {
        len++;
    }
    str plain = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, len, rest->len);
    return plain;
}

static size_t columns_of(str s)
{
    size_t columns = 0;
    struct piece p;
    do {
        columns += take_plain(&s, s.len).len;
        if (piece_next(&s, &p)) {
            columns += piece_columns(&p);
        }
    } while (s.len > 0);
    return columns;
}

size_t escape_columns(str s)
{
    bool cut;
    str shown = cut_bytes(s, ESCAPE_SHOWN_BYTES_MAX, &cut);
    return columns_of(shown) + (cut ? 1 : 0);
}

static bool write_piece(struct writer *to, const struct piece *p, struct error *e)
{
    char spelt[16];
    if (p->shown) {
        return writer_add(to, p->raw, e);
    }
    size_t len = piece_spell(p, spelt);
    return writer_add(to, (str){.at = spelt, .len = len}, e);
}

/* Writes whole pieces until the next would need more than `columns_max` columns. */
static bool write_shown(struct writer *to, str s, size_t columns_max, struct error *e)
{
    size_t left = columns_max;
    struct piece p;
    while (s.len > 0) {
        str plain = take_plain(&s, left);
        if (!writer_add(to, plain, e)) {
            return false;
        }
        left -= plain.len;
        if (!piece_next(&s, &p)) {
            break;
        }
        size_t columns = piece_columns(&p);
        if (columns > left) {
            break;
        }
        if (!write_piece(to, &p, e)) {
            return false;
        }
        left -= columns;
    }
    return true;
}

bool escape_terminal(struct writer *to, str s, size_t columns_max, struct error *e)
{
    bool cut;
    str shown = cut_bytes(s, ESCAPE_SHOWN_BYTES_MAX, &cut);
    if (columns_max == SIZE_MAX) {
        return write_shown(to, shown, SIZE_MAX, e) && (!cut || writer_add(to, STR("…"), e));
    }
    if (!cut && columns_of(shown) <= columns_max) {
        return write_shown(to, shown, columns_max, e);
    }
    if (columns_max == 0) {
        return true;
    }
    return write_shown(to, shown, columns_max - 1, e) && writer_add(to, STR("…"), e);
}

bool escape_field(struct writer *to, str s, struct error *e)
{
    return write_shown(to, s, SIZE_MAX, e);
}

/* -- JSON ----------------------------------------------------------------------------------- */

static size_t json_short(char c, char to[16])
{
    static const char from[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *hit = c == '\0' ? NULL : strchr(from, c);
    if (hit == NULL) {
        return 0;
    }
    to[0] = '\\';
    to[1] = letter[hit - from];
    return 2;
}

static size_t json_spell(const struct piece *p, char to[16])
{
    size_t len = p->code >= 0 && p->code < 0x80 ? json_short((char)p->code, to) : 0;
    if (len > 0) {
        return len;
    }
    if (p->code < 0) {
        return (size_t)snprintf(to, 16, "\\\\x%02x", (unsigned)(uint8_t)p->raw.at[0]);
    }
    uint32_t code = (uint32_t)p->code;
    if (code <= 0xffff) {
        return (size_t)snprintf(to, 16, "\\u%04x", code);
    }
    code -= 0x10000;
    return (size_t)snprintf(to, 16, "\\u%04x\\u%04x", 0xd800 + (code >> 10),
                            0xdc00 + (code & 0x3ff));
}

static bool is_json_plain(char c)
{
    return is_plain(c) && c != '"' && c != '\\';
}

static bool write_json(struct writer *to, str s, struct error *e)
{
    struct piece p;
    char spelt[16];
    while (s.len > 0) {
        size_t len = 0;
        while (len < s.len && is_json_plain(s.at[len])) {
            len++;
        }
        if (!writer_add(to, str_slice(s, 0, len), e)) {
            return false;
        }
        s = str_slice(s, len, s.len);
        if (!piece_next(&s, &p)) {
            break;
        }
        str text = p.raw;
        if (!p.shown || p.code < 0x80) {
            text = (str){.at = spelt, .len = json_spell(&p, spelt)};
        }
        if (!writer_add(to, text, e)) {
            return false;
        }
    }
    return true;
}

bool escape_json(struct writer *to, str s, struct error *e)
{
    bool cut;
    str shown = cut_bytes(s, ESCAPE_JSON_BYTES_MAX, &cut);
    return writer_add(to, STR("\""), e) && write_json(to, shown, e) &&
           (!cut || writer_add(to, STR("…"), e)) && writer_add(to, STR("\""), e);
}
