#include "api/body_shape.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

enum { DEPTH_MAX = 32, PATH_BYTES_MAX = 1024 };

/* A container whose values are being looked at. */
struct frame {
    const struct json_node *next;
    enum body_type type;            /* its own: BODY_STRUCT, BODY_STRUCTS, BODY_STRINGS … */
    const struct body_shape *shape; /* of the struct, or of the array's items */
    size_t path_len;                /* of the path to it */
};

struct check {
    struct frame frames[DEPTH_MAX];
    size_t depth;
    const struct body_shape *inner; /* the struct that the innermost field is in */
    char path[PATH_BYTES_MAX];      /* names of fields from the outside in: ".Layer.Name" */
    size_t path_len;
    struct arena *arena;
    str *why;
};

static const char *kind_name(const struct json_node *n)
{
    switch (n->kind) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_BOOL:
        return "bool";
    case JSON_NUMBER:
    case JSON_NULL:
    case JSON_END:
        break;
    }
    return "number";
}

static void type_name(enum body_type type, const struct body_shape *shape, char to[128])
{
    static const char *const names[] = {
        [BODY_STRING] = "string",
        [BODY_INT] = "int",
        [BODY_BOOL] = "bool",
        [BODY_STRINGS] = "[]string",
        [BODY_STRING_MAP] = "map[string]string",
        [BODY_MAP] = "map[string]interface {}",
    };
    if (type == BODY_STRUCT || type == BODY_STRUCTS) {
        snprintf(to, 128, "%s%s.%s", type == BODY_STRUCTS ? "[]" : "", shape->package, shape->name);
    } else {
        snprintf(to, 128, "%s", names[type]);
    }
}

static bool misfit(struct check *c, const struct json_node *n, enum body_type type,
                   const struct body_shape *shape)
{
    struct error e;
    char wanted[128];
    bool value = type == BODY_INT && n->kind == JSON_NUMBER;
    type_name(type, shape, wanted);
    bool made =
        c->inner == NULL
            ? arena_printf(c->arena, c->why, &e,
                           "json: cannot unmarshal %s into Go value of type %s", kind_name(n),
                           wanted)
            : arena_printf(c->arena, c->why, &e,
                           "json: cannot unmarshal %s%s" STR_FMT
                           " into Go struct field %s%.*s of type %s",
                           kind_name(n), value ? " " : "", STR_ARG(value ? n->text : STR_NONE),
                           c->inner->name, (int)c->path_len, c->path, wanted);
    if (!made) {
        *c->why = STR("no memory");
    }
    return false;
}

static bool is_int(str text)
{
    uint64_t unread;
    bool minus = text.len > 0 && text.at[0] == '-';
    return num_parse(str_slice(text, minus, text.len), 10, (uint64_t)INT64_MAX + minus, &unread);
}

static bool push(struct check *c, const struct json_node *n, enum body_type type,
                 const struct body_shape *shape)
{
    if (c->depth == DEPTH_MAX) {
        *c->why = STR("json: the value is too deep");
        return false;
    }
    c->frames[c->depth++] =
        (struct frame){.next = n->first, .type = type, .shape = shape, .path_len = c->path_len};
    return true;
}

static bool look_at(struct check *c, const struct json_node *n, enum body_type type,
                    const struct body_shape *shape)
{
    bool fits = true, opens = false;
    switch (type) {
    case BODY_STRING:
        fits = n->kind == JSON_STRING;
        break;
    case BODY_INT:
        fits = n->kind == JSON_NUMBER && is_int(n->text);
        break;
    case BODY_BOOL:
        fits = n->kind == JSON_BOOL;
        break;
    case BODY_STRINGS:
    case BODY_STRUCTS:
        opens = fits = n->kind == JSON_ARRAY;
        break;
    case BODY_STRUCT:
    case BODY_STRING_MAP:
        opens = fits = n->kind == JSON_OBJECT;
        break;
    case BODY_MAP:
        fits = n->kind == JSON_OBJECT;
        break;
    }
    if (n->kind == JSON_NULL) {
        return true;
    }
    if (!fits) {
        return misfit(c, n, type, shape);
    }
    return !opens || push(c, n, type, shape);
}

static const struct body_field *field_of(const struct body_shape *shape, str key)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (str_eq_nocase(key, str_from(shape->fields[i].name))) {
            return &shape->fields[i];
        }
    }
    return NULL;
}

static bool enter(struct check *c, const struct frame *f, const struct body_field *field)
{
    size_t len = strlen(field->name);
    if (f->path_len + 1 + len > sizeof(c->path)) {
        *c->why = STR("json: the value is too deep");
        return false;
    }
    c->inner = f->shape;
    c->path[f->path_len] = '.';
    memcpy(c->path + f->path_len + 1, field->name, len);
    c->path_len = f->path_len + 1 + len;
    return true;
}

static bool look_at_member(struct check *c, const struct frame *f, const struct json_node *n)
{
    c->path_len = f->path_len;
    if (f->type == BODY_STRUCT) {
        const struct body_field *field = field_of(f->shape, n->key);
        return field == NULL || (enter(c, f, field) && look_at(c, n, field->type, field->shape));
    }
    return look_at(c, n, f->type == BODY_STRUCTS ? BODY_STRUCT : BODY_STRING, f->shape);
}

bool body_fits(const struct json_node *node, const struct body_shape *shape, struct arena *arena,
               str *why)
{
    struct check c = {.arena = arena, .why = why};
    if (!look_at(&c, node, BODY_STRUCT, shape)) {
        return false;
    }
    while (c.depth > 0) {
        struct frame *f = &c.frames[c.depth - 1];
        const struct json_node *n = f->next;
        if (n == NULL) {
            c.depth--;
            continue;
        }
        f->next = n->next;
        if (!look_at_member(&c, f, n)) {
            return false;
        }
    }
    return true;
}
