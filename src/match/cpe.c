#include "match/cpe.h"

#include <stdint.h>

/* One character of a part after unquoting, or a wildcard. */
enum { TOKEN_MANY = 256, TOKEN_ONE = 257 };

struct tokens {
    uint16_t at[CPE_BYTES_MAX];
    size_t count;
};

/* -- parsing -------------------------------------------------------------------------------- */

/* Where the part ends: at the next ':' that is not quoted. */
static size_t part_end(str text, bool formatted)
{
    size_t i = 0;
    while (i < text.len && text.at[i] != ':') {
        i += formatted && text.at[i] == '\\' && i + 1 < text.len ? 2 : 1;
    }
    return i;
}

/* "~edition~sw_edition~target_sw~target_hw~other", as 2.3 packs five parts into 2.2's edition. */
static bool unpack_edition(struct cpe *c)
{
    static const enum cpe_part order[] = {CPE_EDITION, CPE_SW_EDITION, CPE_TARGET_SW, CPE_TARGET_HW,
                                          CPE_OTHER};
    str rest = c->parts[CPE_EDITION];
    if (rest.len == 0 || rest.at[0] != '~') {
        return true;
    }
    rest = str_slice(rest, 1, rest.len);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        str head = rest;
        bool more = str_cut(&rest, '~', &head);
        c->parts[order[i]] = head;
        if (!more) {
            return true;
        }
    }
    return false;
}

bool cpe_parse(str text, struct cpe *out)
{
    struct cpe c = {.formatted = str_starts(text, STR("cpe:2.3:"))};
    size_t most = c.formatted ? CPE_PARTS : CPE_LANGUAGE + 1, count = 0;
    if (text.len > CPE_BYTES_MAX || (!c.formatted && !str_starts(text, STR("cpe:/")))) {
        return false;
    }
    str rest =
        str_slice(text, c.formatted ? sizeof("cpe:2.3:") - 1 : sizeof("cpe:/") - 1, text.len);
    for (;;) {
        if (count == most) {
            return false;
        }
        size_t end = part_end(rest, c.formatted);
        c.parts[count++] = str_slice(rest, 0, end);
        if (end >= rest.len) {
            break;
        }
        rest = str_slice(rest, end + 1, rest.len);
    }
    if (c.parts[CPE_PART].len == 0 || c.parts[CPE_VENDOR].len == 0) {
        return false;
    }
    *out = c;
    return c.formatted || unpack_edition(out);
}

/* -- comparing ------------------------------------------------------------------------------ */

static bool is_any(const struct cpe *c, enum cpe_part part)
{
    return c->parts[part].len == 0 || str_eq(c->parts[part], STR("*"));
}

static bool is_none(const struct cpe *c, enum cpe_part part)
{
    return str_eq(c->parts[part], STR("-"));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static uint16_t lower(char c)
{
    uint8_t byte = (uint8_t)c;
    return byte >= 'A' && byte <= 'Z' ? (uint16_t)(byte + ('a' - 'A')) : byte;
}

static uint16_t plain(char c)
{
    return c == '*' ? TOKEN_MANY : c == '?' ? TOKEN_ONE : lower(c);
}

/* "%2f" of the URI form; %01 and %02 stand for '?' and '*'. 0 bytes where it is no such text. */
static size_t percent(str s, size_t at, uint16_t *out)
{
    int high = at + 2 < s.len ? hex_digit(s.at[at + 1]) : -1;
    int low = at + 2 < s.len ? hex_digit(s.at[at + 2]) : -1;
    if (high < 0 || low < 0) {
        return 0;
    }
    int byte = high * 16 + low;
    *out = byte == 1 ? TOKEN_ONE : byte == 2 ? TOKEN_MANY : lower((char)byte);
    return 3;
}

static void read_tokens(const struct cpe *c, enum cpe_part part, struct tokens *out)
{
    str s = c->parts[part];
    out->count = 0;
    for (size_t i = 0; i < s.len;) {
        uint16_t token = plain(s.at[i]);
        size_t taken = 1;
        if (c->formatted && s.at[i] == '\\' && i + 1 < s.len) {
            token = lower(s.at[i + 1]);
            taken = 2;
        } else if (!c->formatted && s.at[i] == '%') {
            size_t escaped = percent(s, i, &token);
            taken = escaped > 0 ? escaped : 1;
        }
        out->at[out->count++] = token;
        i += taken;
    }
}

/* The pattern with wildcards against the text, going back to the last '*' where it fails. */
static bool fits(const struct tokens *pattern, const struct tokens *text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text->count) {
        if (p < pattern->count && pattern->at[p] == TOKEN_MANY) {
            star = p++;
            star_text = t;
        } else if (p < pattern->count &&
                   (pattern->at[p] == TOKEN_ONE || pattern->at[p] == text->at[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern->count && pattern->at[p] == TOKEN_MANY) {
        p++;
    }
    return p == pattern->count;
}

/* "9" and "9.2" */
static bool goes_on(const struct tokens *version, const struct tokens *longer)
{
    if (longer->count <= version->count || longer->at[version->count] != '.') {
        return false;
    }
    for (size_t i = 0; i < version->count; i++) {
        if (version->at[i] != longer->at[i]) {
            return false;
        }
    }
    return true;
}

static bool part_covers(const struct cpe *wide, const struct cpe *narrow, enum cpe_part part)
{
    struct tokens pattern, text;
    if (is_any(wide, part)) {
        return true;
    }
    if (is_any(narrow, part) || is_none(wide, part) || is_none(narrow, part)) {
        return is_none(wide, part) && is_none(narrow, part);
    }
    read_tokens(wide, part, &pattern);
    read_tokens(narrow, part, &text);
    return fits(&pattern, &text) || (part == CPE_VERSION && goes_on(&pattern, &text));
}

bool cpe_covers(const struct cpe *wide, const struct cpe *narrow)
{
    for (int part = 0; part < CPE_PARTS; part++) {
        if (!part_covers(wide, narrow, (enum cpe_part)part)) {
            return false;
        }
    }
    return true;
}

bool cpe_overlaps(const struct cpe *wide, const struct cpe *narrow)
{
    for (int part = 0; part < CPE_PARTS; part++) {
        if (!is_any(narrow, (enum cpe_part)part) &&
            !part_covers(wide, narrow, (enum cpe_part)part)) {
            return false;
        }
    }
    return true;
}
