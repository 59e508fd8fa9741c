#include "api/body_json.h"

#include <string.h>

/* A container that is being read. */
struct level {
    struct json_node *node, *last;
    struct level *outer;
};

struct json_input {
    const char *at, *end;
    struct arena *arena;
    struct level *level; /* the innermost; NULL outside */
    struct level *spare; /* levels to use again */
    size_t depth;
    struct json_node *root;
    str *why;
};

/* -- what is wrong -------------------------------------------------------------------------- */

static bool no_memory(struct json_input *in)
{
    *in->why = STR("no memory");
    return false;
}

/* The text ends within the value. */
static bool cut_short(struct json_input *in)
{
    *in->why = STR("unexpected EOF");
    return false;
}

/* Go takes the byte for a character of Latin-1 and quotes that. */
static void quote(unsigned char c, char to[8])
{
    static const char named[] = "abtnvfr"; /* 7 to 13 */
    static const char hex[] = "0123456789abcdef";
    size_t len = 0;
    if (c == '\'' || c == '\\') {
        to[len++] = '\\';
        to[len++] = (char)c;
    } else if (c >= 7 && c <= 13) {
        to[len++] = '\\';
        to[len++] = named[c - 7];
    } else if (c < ' ' || c == 0x7f) {
        memcpy(to, "\\x", 2);
        to[2] = hex[c >> 4];
        to[3] = hex[c & 15];
        len = 4;
    } else if (c < 0x7f) {
        to[len++] = (char)c;
    } else if (c <= 0xa0 || c == 0xad) {
        memcpy(to, "\\u00", 4);
        to[4] = hex[c >> 4];
        to[5] = hex[c & 15];
        len = 6;
    } else {
        to[len++] = (char)(0xc0 | (c >> 6));
        to[len++] = (char)(0x80 | (c & 0x3f));
    }
    to[len] = '\0';
}

/* The byte that comes now does not belong here; at the end it is the end that is wrong. */
static bool unexpected(struct json_input *in, const char *where)
{
    char quoted[8];
    struct error e;
    if (in->at == in->end) {
        return cut_short(in);
    }
    quote((unsigned char)*in->at, quoted);
    return arena_printf(in->arena, in->why, &e, "invalid character '%s' %s", quoted, where)
               ? false
               : no_memory(in);
}

/* -- single values -------------------------------------------------------------------------- */

static void skip_blanks(struct json_input *in)
{
    while (in->at < in->end && memchr(" \t\r\n", *in->at, 4) != NULL) {
        in->at++;
    }
}

static bool is_digit(const struct json_input *in)
{
    return in->at < in->end && *in->at >= '0' && *in->at <= '9';
}

static bool skip_digits(struct json_input *in, const char *where)
{
    if (!is_digit(in)) {
        return unexpected(in, where);
    }
    while (is_digit(in)) {
        in->at++;
    }
    return true;
}

static bool read_number(struct json_input *in, str *out)
{
    const char *from = in->at;
    in->at += *in->at == '-';
    if (in->at < in->end && *in->at == '0') {
        in->at++;
    } else if (!skip_digits(in, "in numeric literal")) {
        return false;
    }
    if (in->at < in->end && *in->at == '.') {
        in->at++;
        if (!skip_digits(in, "after decimal point in numeric literal")) {
            return false;
        }
    }
    if (in->at < in->end && (*in->at == 'e' || *in->at == 'E')) {
        in->at++;
        in->at += in->at < in->end && (*in->at == '+' || *in->at == '-');
        if (!skip_digits(in, "in exponent of numeric literal")) {
            return false;
        }
    }
    *out = (str){.at = from, .len = (size_t)(in->at - from)};
    return true;
}

static bool read_word(struct json_input *in, const char *word, str *out)
{
    char where[64];
    const char *from = in->at;
    for (const char *w = word; *w != '\0'; w++) {
        if (in->at == in->end || *in->at != *w) {
            size_t len = strlen(word);
            memcpy(where, "in literal ", 11);
            memcpy(where + 11, word, len);
            memcpy(where + 11 + len, " (expecting 'x')", 17);
            where[11 + len + 13] = *w;
            return unexpected(in, where);
        }
        in->at++;
    }
    *out = (str){.at = from, .len = (size_t)(in->at - from)};
    return true;
}

/* -- strings -------------------------------------------------------------------------------- */

/* Goes past the string, whose opening quote was read; `plain`: it is as it is written. */
static bool skip_string(struct json_input *in, str *raw, bool *plain)
{
    const char *from = in->at;
    *plain = true;
    for (; in->at < in->end && *in->at != '"'; in->at++) {
        unsigned char c = (unsigned char)*in->at;
        if (c < ' ') {
            return unexpected(in, "in string literal");
        }
        *plain = *plain && c != '\\' && c < 0x80;
        if (c != '\\') {
            continue;
        }
        in->at++;
        if (in->at == in->end || memchr("bfnrtu\\/\"", *in->at, 9) == NULL) {
            return unexpected(in, "in string escape code");
        }
        for (int digits = *in->at == 'u' ? 4 : 0; digits > 0; digits--) {
            in->at++;
            if (in->at == in->end || memchr("0123456789abcdefABCDEF", *in->at, 22) == NULL) {
                return unexpected(in, "in \\u hexadecimal character escape");
            }
        }
    }
    if (in->at == in->end) {
        return cut_short(in);
    }
    *raw = (str){.at = from, .len = (size_t)(in->at - from)};
    in->at++;
    return true;
}

static unsigned hex_value(const char *at)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* At most three bytes for the six of an escape, four for the twelve of a pair. */
static size_t put_character(char *to, unsigned c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | (c >> 6));
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | (c >> 12));
        to[1] = (char)(0x80 | ((c >> 6) & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | (c >> 18));
    to[1] = (char)(0x80 | ((c >> 12) & 0x3f));
    to[2] = (char)(0x80 | ((c >> 6) & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

enum { NO_CHARACTER = 0xfffd };

/* `at` is after "\u"; it is moved past the digits, and past those of a second half. */
static unsigned unescape(str raw, size_t *at)
{
    unsigned c = hex_value(raw.at + *at);
    *at += 4;
    if (c < 0xd800 || c > 0xdfff) {
        return c;
    }
    if (c < 0xdc00 && raw.len - *at >= 6 && raw.at[*at] == '\\' && raw.at[*at + 1] == 'u') {
        unsigned low = hex_value(raw.at + *at + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *at += 6;
            return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return NO_CHARACTER;
}

/* Bytes of the character of UTF-8 that the text begins with; 0 for none. */
static size_t character_bytes(str text)
{
    unsigned char c = (unsigned char)text.at[0];
    size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return bytes <= text.len && str_is_utf8(str_slice(text, 0, bytes)) ? bytes : 0;
}

static bool read_string(struct json_input *in, str *out)
{
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    struct error e;
    str raw;
    bool plain;
    in->at++; /* the quote */
    if (!skip_string(in, &raw, &plain)) {
        return false;
    }
    if (plain) {
        *out = raw;
        return true;
    }
    char *to = ARENA_ARRAY(in->arena, raw.len * 3, char, &e); /* a bad byte becomes three */
    if (to == NULL) {
        return no_memory(in);
    }
    size_t len = 0;
    for (size_t i = 0; i < raw.len;) {
        size_t bytes = raw.at[i] == '\\' ? 0 : character_bytes(str_slice(raw, i, raw.len));
        if (raw.at[i] != '\\') {
            memcpy(to + len, bytes > 0 ? raw.at + i : "\xef\xbf\xbd", bytes > 0 ? bytes : 3);
            len += bytes > 0 ? bytes : 3;
            i += bytes > 0 ? bytes : 1;
            continue;
        }
        char kind = raw.at[i + 1];
        const char *escape = memchr(escapes, kind, sizeof(escapes) - 1);
        i += 2;
        if (kind == 'u') {
            len += put_character(to + len, unescape(raw, &i));
        } else {
            to[len++] = escape != NULL ? escape[1] : kind;
        }
    }
    *out = (str){.at = to, .len = len};
    return true;
}

/* -- values within each other --------------------------------------------------------------- */

static struct json_node *add_node(struct json_input *in, enum json_kind kind, str key)
{
    struct error e;
    struct json_node *n = ARENA_NEW(in->arena, struct json_node, &e);
    if (n == NULL) {
        no_memory(in);
        return NULL;
    }
    n->kind = kind;
    n->key = key;
    struct level *to = in->level;
    if (to == NULL) {
        in->root = n;
    } else {
        *(to->last != NULL ? &to->last->next : &to->node->first) = n;
        to->last = n;
        to->node->count++;
    }
    return n;
}

static bool open_level(struct json_input *in, struct json_node *n)
{
    struct error e;
    struct level *l = in->spare;
    if (in->depth == BODY_JSON_DEPTH_MAX) {
        return unexpected(in, "exceeded max depth");
    }
    if (l != NULL) {
        in->spare = l->outer;
    } else if ((l = ARENA_NEW(in->arena, struct level, &e)) == NULL) {
        return no_memory(in);
    }
    *l = (struct level){.node = n, .outer = in->level};
    in->level = l;
    in->depth++;
    in->at++;
    return true;
}

static void close_level(struct json_input *in)
{
    struct level *l = in->level;
    in->level = l->outer;
    l->outer = in->spare;
    in->spare = l;
    in->depth--;
    in->at++;
}

static bool read_key(struct json_input *in, str *key)
{
    skip_blanks(in);
    if (in->at == in->end || *in->at != '"') {
        return unexpected(in, "looking for beginning of object key string");
    }
    if (!read_string(in, key)) {
        return false;
    }
    skip_blanks(in);
    if (in->at == in->end || *in->at != ':') {
        return unexpected(in, "after object key");
    }
    in->at++;
    return true;
}

/* A value, or the beginning of an object or array. */
static bool read_value(struct json_input *in, str key)
{
    struct json_node *n;
    skip_blanks(in);
    char c = in->at < in->end ? *in->at : '\0';
    if (c == '{' || c == '[') {
        n = add_node(in, c == '{' ? JSON_OBJECT : JSON_ARRAY, key);
        return n != NULL && open_level(in, n);
    }
    enum json_kind kind = c == '"'               ? JSON_STRING
                          : c == 'n'             ? JSON_NULL
                          : c == 't' || c == 'f' ? JSON_BOOL
                                                 : JSON_NUMBER;
    if (kind == JSON_NUMBER && c != '-' && !is_digit(in)) {
        return unexpected(in, "looking for beginning of value");
    }
    n = add_node(in, kind, key);
    if (n == NULL) {
        return false;
    }
    return kind == JSON_STRING   ? read_string(in, &n->text)
           : kind == JSON_NUMBER ? read_number(in, &n->text)
                                 : read_word(in,
                                             c == 'n'   ? "null"
                                             : c == 't' ? "true"
                                                        : "false",
                                             &n->text);
}

/* What comes in the innermost container: its end, or the next value. */
static bool go_on(struct json_input *in)
{
    struct level *l = in->level;
    bool object = l->node->kind == JSON_OBJECT;
    str key = STR_NONE;
    skip_blanks(in);
    char c = in->at < in->end ? *in->at : '\0';
    if (c == (object ? '}' : ']')) {
        close_level(in);
        return true;
    }
    if (l->last != NULL) {
        if (c != ',') {
            return unexpected(in, object ? "after object key:value pair" : "after array element");
        }
        in->at++;
    }
    return (!object || read_key(in, &key)) && read_value(in, key);
}

bool body_json(str text, struct arena *arena, const struct json_node **out, str *why)
{
    const char *at = text.len > 0 ? text.at : "";
    struct json_input in = {.at = at, .end = at + text.len, .arena = arena, .why = why};
    skip_blanks(&in);
    if (in.at == in.end) {
        *why = STR("EOF");
        return false;
    }
    if (!read_value(&in, STR_NONE)) {
        return false;
    }
    while (in.level != NULL) {
        if (!go_on(&in)) {
            return false;
        }
    }
    *out = in.root;
    return true;
}
