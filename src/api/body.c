#include "api/body.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/body_json.h"
#include "api/say.h"
#include "base/sort.h"

bool body_read(const struct http_request *request, struct arena *arena,
               const struct json_node **out, str *why)
{
    if (request->body_too_large) {
        *why = STR("unexpected EOF"); /* the decoder saw the first MiB of it */
        return false;
    }
    return body_json(str_slice(request->body, 0, BODY_BYTES_MAX), arena, out, why);
}

const struct json_node *body_member(const struct json_node *object, const char *key)
{
    const struct json_node *found = NULL;
    if (object == NULL || object->kind != JSON_OBJECT) {
        return NULL;
    }
    for (const struct json_node *n = object->first; n != NULL; n = n->next) {
        if (n->kind != JSON_NULL && str_eq_nocase(n->key, str_from(key))) {
            found = n;
        }
    }
    return found;
}

/* The last one, NULL where that is null: objects, arrays and maps are emptied by it. */
static const struct json_node *last_member(const struct json_node *object, const char *key)
{
    const struct json_node *found = NULL;
    for (const struct json_node *n = object != NULL ? object->first : NULL; n != NULL;
         n = n->next) {
        if (object->kind == JSON_OBJECT && str_eq_nocase(n->key, str_from(key))) {
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
    const struct json_node *n = last_member(object, key);
    if (n != NULL && !is_kind(n, JSON_OBJECT, why)) {
        return false;
    }
    *out = n != NULL ? n : *out;
    return true;
}

bool body_array(const struct json_node *object, const char *key, const struct json_node **out,
                str *why)
{
    const struct json_node *n = last_member(object, key);
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
