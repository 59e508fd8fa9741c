#include "api/body.h"

#include <string.h>

#include "api/say.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the first value ends; false where the text does before. Bytes only: the parser checks. */
static bool first_value(str text, size_t *end)
{
    size_t depth = 0, i = 0;
    bool quoted = false, plain = text.len > 0 && strchr("{[\"", text.at[0]) == NULL;
    for (; plain && i < text.len; i++) {
        if (is_blank(text.at[i]) || strchr(",]}", text.at[i]) != NULL) {
            break;
        }
    }
    for (; !plain && i < text.len; i++) {
        char c = text.at[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        }
        if (!quoted && depth == 0) {
            *end = i + 1;
            return true;
        }
    }
    *end = i;
    return plain;
}

bool body_read(const struct http_request *request, struct arena *arena,
               const struct json_node **out, str *why)
{
    struct error e;
    size_t end, from = 0;
    str text = request->body;
    while (from < text.len && is_blank(text.at[from])) {
        from++;
    }
    text = str_slice(text, from, text.len);
    if (request->body_too_large || request->body.len > BODY_BYTES_MAX) {
        *why = STR("unexpected EOF"); /* the decoder saw the first MiB of it */
        return false;
    }
    if (text.len == 0) {
        *why = STR("EOF");
        return false;
    }
    if (strchr("{[\"-0123456789tfn", text.at[0]) == NULL || text.at[0] == '\0') {
        if (!arena_printf(arena, why, &e, "invalid character '%c' looking for beginning of value",
                          text.at[0] > ' ' && text.at[0] < 0x7f ? text.at[0] : '?')) {
            *why = STR("invalid character");
        }
        return false;
    }
    if (!first_value(text, &end)) {
        *why = STR("unexpected EOF");
        return false;
    }
    if (!json_tree(str_slice(text, 0, end), arena, out, &e)) {
        if (!arena_str(arena, str_from(e.text), why, &e)) {
            *why = STR("invalid JSON");
        }
        return false;
    }
    return true;
}

const struct json_node *body_member(const struct json_node *object, const char *key)
{
    const struct json_node *found = NULL;
    if (object == NULL || object->kind != JSON_OBJECT) {
        return NULL;
    }
    for (const struct json_node *n = object->first; n != NULL; n = n->next) {
        if (str_eq(n->key, str_from(key))) {
            found = n;
            break;
        }
        if (str_eq_nocase(n->key, str_from(key))) {
            found = n;
        }
    }
    return found == NULL || found->kind == JSON_NULL ? NULL : found;
}

static bool is_kind(const struct json_node *n, enum json_kind kind, str *why)
{
    if (n->kind != kind) {
        *why = STR("json: cannot unmarshal a value of another type into a field");
    }
    return n->kind == kind;
}

bool body_str(const struct json_node *object, const char *key, str *out, str *why)
{
    const struct json_node *n = body_member(object, key);
    if (n == NULL) {
        return true;
    }
    if (!is_kind(n, JSON_STRING, why)) {
        return false;
    }
    *out = n->text;
    return true;
}

bool body_bool(const struct json_node *object, const char *key, bool *out, str *why)
{
    const struct json_node *n = body_member(object, key);
    if (n == NULL) {
        return true;
    }
    if (!is_kind(n, JSON_BOOL, why)) {
        return false;
    }
    *out = str_eq(n->text, STR("true"));
    return true;
}

bool body_object(const struct json_node *object, const char *key, const struct json_node **out,
                 str *why)
{
    const struct json_node *n = body_member(object, key);
    if (n != NULL && !is_kind(n, JSON_OBJECT, why)) {
        return false;
    }
    *out = n != NULL ? n : *out;
    return true;
}

bool body_array(const struct json_node *object, const char *key, const struct json_node **out,
                str *why)
{
    const struct json_node *n = body_member(object, key);
    if (n != NULL && !is_kind(n, JSON_ARRAY, why)) {
        return false;
    }
    *out = n != NULL ? n : *out;
    return true;
}

bool body_strings(const struct json_node *object, const char *key, struct arena *arena,
                  const str **out, size_t *count, str *why)
{
    const struct json_node *array = NULL;
    struct error e;
    *out = NULL;
    *count = 0;
    if (!body_array(object, key, &array, why)) {
        return false;
    }
    if (array == NULL) {
        return true;
    }
    str *list = ARENA_ARRAY(arena, array->count, str, &e);
    if (list == NULL) {
        *why = STR("no memory");
        return false;
    }
    for (const struct json_node *n = array->first; n != NULL; n = n->next) {
        if (n->kind != JSON_NULL && !is_kind(n, JSON_STRING, why)) {
            return false;
        }
        list[(*count)++] = n->kind == JSON_NULL ? STR_NONE : n->text;
    }
    *out = list;
    return true;
}

/* -- back to text --------------------------------------------------------------------------- */

static void put_scalar(struct say *s, const struct json_node *n)
{
    switch (n->kind) {
    case JSON_STRING:
        say_str(s, NULL, n->text);
        break;
    case JSON_BOOL:
    case JSON_NUMBER:
        say_json(s, NULL, n->text);
        break;
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_END:
        say_json(s, NULL, STR_NONE);
        break;
    }
}

enum { TEXT_DEPTH_MAX = SAY_DEPTH_MAX - 1 };

bool body_text(const struct json_node *node, struct buf *to, struct error *e)
{
    const struct json_node *open[TEXT_DEPTH_MAX];
    size_t depth = 0;
    struct say s;
    say_init(&s, to, e);
    for (const struct json_node *n = node; n != NULL;) {
        if (depth > 0 && open[depth - 1]->kind == JSON_OBJECT) {
            say_name(&s, n->key);
        }
        bool is_open = n->kind == JSON_OBJECT || n->kind == JSON_ARRAY;
        if (is_open && depth == TEXT_DEPTH_MAX) {
            return error_set(e, ERROR_LIMIT, "JSON deeper than %d", TEXT_DEPTH_MAX);
        }
        if (is_open) {
            (n->kind == JSON_OBJECT ? say_object : say_array)(&s, NULL);
            open[depth++] = n;
            if (n->first != NULL) {
                n = n->first;
                continue;
            }
            say_close(&s);
            n = open[--depth];
        } else {
            put_scalar(&s, n);
        }
        while (depth > 0 && n->next == NULL) {
            say_close(&s);
            n = open[--depth];
        }
        n = depth == 0 ? NULL : n->next;
    }
    return say_done(&s);
}
