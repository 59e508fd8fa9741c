#include "api/say.h"

#include <assert.h>
#include <string.h>

void say_init(struct say *s, struct buf *to, struct error *e)
{
    *s = (struct say){.to = to, .e = e, .ok = true};
}

static void put(struct say *s, str text)
{
    s->ok = s->ok && buf_add_str(s->to, text, s->e);
}

static size_t character_bytes(str rest)
{
    for (size_t len = 1; len <= 4 && len <= rest.len; len++) {
        if (str_is_utf8(str_slice(rest, 0, len))) {
            return len;
        }
    }
    return 0;
}

/* What Go's encoder writes as an escape: control characters, and what would end a script. */
static bool is_escaped(unsigned char c, str rest)
{
    if (c >= 0x80) {
        return str_starts(rest, STR("\xe2\x80\xa8")) || str_starts(rest, STR("\xe2\x80\xa9"));
    }
    return c < ' ' || c == 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
}

static void put_quoted(struct say *s, str text)
{
    static const char hex[] = "0123456789abcdef";
    size_t from = 0;
    put(s, STR("\""));
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.at[i];
        str rest = str_slice(text, i, text.len);
        size_t bytes = c < 0x80 ? 1 : character_bytes(rest);
        if (bytes > 0 && !is_escaped(c, rest)) {
            i += bytes;
            continue;
        }
        put(s, str_slice(text, from, i));
        if (bytes == 0) {
            put(s, STR("\xef\xbf\xbd"));
        } else if (bytes > 1) {
            put(s, rest.at[2] == '\xa8' ? STR("\\u2028") : STR("\\u2029"));
            i += bytes - 1;
        } else if (memchr("\"\\\n\r\t", c, 5) != NULL) {
            const char pair[] = {'\\', c == '\n'   ? 'n'
                                       : c == '\r' ? 'r'
                                       : c == '\t' ? 't'
                                                   : (char)c};
            put(s, (str){.at = pair, .len = 2});
        } else {
            const char escaped[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            put(s, (str){.at = escaped, .len = sizeof(escaped)});
        }
        from = ++i;
    }
    put(s, str_slice(text, from, text.len));
    put(s, STR("\""));
}

static void lead(struct say *s, const char *key)
{
    if (s->depth > 0 && s->begun[s->depth - 1]) {
        put(s, STR(","));
    }
    if (s->depth > 0) {
        s->begun[s->depth - 1] = true;
    }
    if (key != NULL) {
        put_quoted(s, str_from(key));
        put(s, STR(":"));
    }
}

static void open_with(struct say *s, const char *key, str opener, char closer)
{
    assert(s->depth < SAY_DEPTH_MAX);
    lead(s, key);
    put(s, opener);
    s->begun[s->depth] = false;
    s->closer[s->depth++] = closer;
}

void say_object(struct say *s, const char *key)
{
    open_with(s, key, STR("{"), '}');
}

void say_array(struct say *s, const char *key)
{
    open_with(s, key, STR("["), ']');
}

void say_close(struct say *s)
{
    assert(s->depth > 0);
    s->depth--;
    put(s, (str){.at = &s->closer[s->depth], .len = 1});
}

void say_str(struct say *s, const char *key, str value)
{
    lead(s, key);
    put_quoted(s, value);
}

void say_str_if(struct say *s, const char *key, str value)
{
    if (value.len > 0) {
        say_str(s, key, value);
    }
}

void say_name(struct say *s, str key)
{
    lead(s, NULL);
    put_quoted(s, key);
    put(s, STR(":"));
    s->begun[s->depth - 1] = false; /* its value takes no comma */
}

void say_int(struct say *s, const char *key, int64_t value)
{
    lead(s, key);
    s->ok = s->ok && buf_printf(s->to, s->e, "%lld", (long long)value);
}

void say_bool(struct say *s, const char *key, bool value)
{
    lead(s, key);
    put(s, value ? STR("true") : STR("false"));
}

void say_json(struct say *s, const char *key, str json)
{
    lead(s, key);
    put(s, json.len > 0 ? json : STR("null"));
}

bool say_done(struct say *s)
{
    assert(!s->ok || s->depth == 0);
    return s->ok;
}
