/* body_shape.h: which types the members of a request's body must have. Go's decoder refused a body
 * with a member of another type also where the server had no use for it. */
#ifndef LIMPID_API_BODY_SHAPE_H
#define LIMPID_API_BODY_SHAPE_H

#include "base/arena.h"
#include "format/json.h"

enum body_type {
    BODY_STRING,
    BODY_INT,
    BODY_BOOL,
    BODY_STRUCT,     /* of `shape` */
    BODY_STRUCTS,    /* an array of them */
    BODY_STRINGS,    /* an array */
    BODY_STRING_MAP, /* an object of strings */
    BODY_MAP,        /* any object */
};

struct body_field {
    const char *name;
    enum body_type type;
    const struct body_shape *shape;
};

struct body_shape {
    const char *package, *name; /* Go's, for messages: "v1", "Layer" */
    const struct body_field *fields;
    size_t count;
};

/* null fits everywhere, and what has no field is not looked at. False: `why` says what does not
 * fit, as Go's decoder does; the first in the order of the text. */
bool body_fits(const struct json_node *node, const struct body_shape *shape, struct arena *arena,
               str *why) MUST_USE;

#endif
