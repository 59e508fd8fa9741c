#include "report/json_writer.h"

#include <assert.h>

#include "base/clock.h"
#include "report/escape.h"

void jsonw_init(struct jsonw *j, struct writer *to, unsigned indent, struct error *e)
{
    *j = (struct jsonw){.to = to, .e = e, .ok = true, .indent = indent};
}

static void put(struct jsonw *j, str s)
{
    j->ok = j->ok && writer_add(j->to, s, j->e);
}

static void new_line(struct jsonw *j)
{
    put(j, STR("\n"));
    for (unsigned i = 0; i < j->indent + j->depth; i++) {
        put(j, STR("  "));
    }
}

/* What stands before a value: comma, line, key. */
static void lead(struct jsonw *j, const char *key)
{
    if (j->depth > 0) {
        if (!j->empty[j->depth - 1]) {
            put(j, STR(","));
        }
        j->empty[j->depth - 1] = false;
        new_line(j);
    }
    if (key != NULL) {
        put(j, STR("\""));
        put(j, str_from(key));
        put(j, STR("\": "));
    }
}

static void open_with(struct jsonw *j, const char *key, str opener, char closer)
{
    assert(j->depth < JSONW_DEPTH_MAX);
    lead(j, key);
    put(j, opener);
    j->empty[j->depth] = true;
    j->closer[j->depth] = closer;
    j->depth++;
}

void jsonw_object(struct jsonw *j, const char *key)
{
    open_with(j, key, STR("{"), '}');
}

void jsonw_array(struct jsonw *j, const char *key)
{
    open_with(j, key, STR("["), ']');
}

void jsonw_close(struct jsonw *j)
{
    assert(j->depth > 0);
    j->depth--;
    if (!j->empty[j->depth]) {
        new_line(j);
    }
    put(j, (str){.at = &j->closer[j->depth], .len = 1});
}

void jsonw_str(struct jsonw *j, const char *key, str value)
{
    if (value.len == 0) {
        jsonw_null(j, key);
        return;
    }
    lead(j, key);
    j->ok = j->ok && escape_json(j->to, value, j->e);
}

void jsonw_text(struct jsonw *j, const char *key, const char *value)
{
    jsonw_str(j, key, str_from(value));
}

void jsonw_num(struct jsonw *j, const char *key, uint64_t value)
{
    lead(j, key);
    j->ok = j->ok && writer_printf(j->to, j->e, "%llu", (unsigned long long)value);
}

void jsonw_decimal(struct jsonw *j, const char *key, uint64_t value, unsigned decimals)
{
    uint64_t scale = 1;
    for (unsigned i = 0; i < decimals; i++) {
        scale *= 10;
    }
    lead(j, key);
    j->ok = j->ok && writer_printf(j->to, j->e, "%llu.%0*llu", (unsigned long long)(value / scale),
                                   (int)decimals, (unsigned long long)(value % scale));
}

void jsonw_bool(struct jsonw *j, const char *key, bool value)
{
    lead(j, key);
    put(j, value ? STR("true") : STR("false"));
}

void jsonw_null(struct jsonw *j, const char *key)
{
    lead(j, key);
    put(j, STR("null"));
}

void jsonw_time(struct jsonw *j, const char *key, int64_t seconds)
{
    char text[CLOCK_TEXT_BYTES] = "";
    if (seconds != 0) {
        clock_text(seconds, text);
    }
    jsonw_text(j, key, text);
}

void jsonw_digest(struct jsonw *j, const char *key, digest d)
{
    char text[DIGEST_TEXT_BYTES];
    jsonw_text(j, key, digest_text(d, text));
}

bool jsonw_done(struct jsonw *j)
{
    assert(!j->ok || j->depth == 0);
    return j->ok;
}
