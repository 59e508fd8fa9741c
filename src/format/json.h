/* json.h: JSON (RFC 8259) as a stream of events, over yajl's SAX parser. Memory: the path and one
 * string. UTF-8 is checked; the limits below are limpid's, not yajl's. A byte order mark at the
 * start is ignored. Of a surrogate without its twin yajl makes a question mark. */
#ifndef LIMPID_FORMAT_JSON_H
#define LIMPID_FORMAT_JSON_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/reader.h"

enum { JSON_DEPTH_MAX = 256, JSON_STRING_BYTES_MAX = 4 * 1024 * 1024 };

enum json_kind {
    JSON_NULL,
    JSON_BOOL,   /* text is "true" or "false" */
    JSON_NUMBER, /* text as written */
    JSON_STRING, /* text unescaped */
    JSON_OBJECT, /* begins; its members follow, one level deeper */
    JSON_ARRAY,
    JSON_END, /* of the object or array whose path this is */
};

struct json_place {
    str key;      /* member name; STR_NONE in an array */
    size_t index; /* position in the array or object */
};

struct json_event {
    enum json_kind kind;
    size_t depth;                  /* 0 for the document's own value */
    const struct json_place *path; /* `depth` places from the outside in: path[depth - 1] is own */
    str text;
};

struct json_handler {
    /* Text and path are borrowed during the call. False stops the parser with that error. */
    bool (*event)(struct json_handler *self, const struct json_event *event, struct error *e);
};

/* One whole document; anything but blanks after it, an empty stream, a cut one: ERROR_FORMAT with
 * the byte's place. Deeper than `depth_max` (≤ JSON_DEPTH_MAX): ERROR_LIMIT. */
bool json_read(struct reader *from, size_t depth_max, struct json_handler *handler,
               struct error *e) MUST_USE;

/* The same for a document that is in memory. */
bool json_read_text(str text, size_t depth_max, struct json_handler *handler,
                    struct error *e) MUST_USE;

/* -- small documents as a tree: image manifests, configs ------------------------------------ */

struct json_node {
    enum json_kind kind; /* never JSON_END */
    str key;             /* in an object */
    str text;
    struct json_node *first, *next; /* members or items, in order */
    size_t count;                   /* of members or items */
};

/* Reads a whole document into `arena`. Equal keys in one object are ERROR_FORMAT. Built without
 * recursion; at most 64 deep. */
bool json_tree(str text, struct arena *arena, const struct json_node **out,
               struct error *e) MUST_USE;

/* Member `key` of an object; NULL where `node` is NULL, no object, or has none. */
const struct json_node *json_member(const struct json_node *node, const char *key);

/* The text of a string member, or STR_NONE. */
str json_member_str(const struct json_node *node, const char *key);

#endif
