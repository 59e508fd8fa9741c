/* yaml.h: one YAML 1.1 document as a stream of events, over libyaml. For small documents that are
 * in memory: databases of one file an advisory, lock files.
 *
 * Aliases are told, not followed: what they would repeat can grow without bound, and no format that
 * limpid reads needs them. Tags are not looked at: `yes`, `1.0` and `2021-09-27` are text. */
#ifndef LIMPID_FORMAT_YAML_H
#define LIMPID_FORMAT_YAML_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum {
    YAML_DEPTH_MAX = 64,
    YAML_TEXT_BYTES_MAX = 16 * 1024 * 1024, /* of a document */
    YAML_ALIASES_MAX = 1000,
};

enum yaml_kind {
    YAML_SCALAR,  /* text; of a null without a word, empty */
    YAML_ALIAS,   /* an alias; text is the anchor's name */
    YAML_MAPPING, /* begins; its members follow, one level deeper */
    YAML_SEQUENCE,
    YAML_END, /* of the mapping or sequence whose path this is */
};

struct yaml_place {
    str key;      /* member name; STR_NONE in a sequence */
    size_t index; /* position in the mapping or sequence */
};

struct yaml_event {
    enum yaml_kind kind;
    bool quoted;                   /* a scalar that was not written plainly: surely a text */
    size_t depth;                  /* 0 for the document's own value */
    const struct yaml_place *path; /* `depth` places from the outside in: path[depth - 1] is own */
    str text;
    size_t line; /* from 1; of a value, where that begins */
};

struct yaml_handler {
    /* Text and path are borrowed during the call. False stops the parser with that error. */
    bool (*event)(struct yaml_handler *self, const struct yaml_event *event, struct error *e);
};

/* Reads the one document of `text`; keys are kept in `arena`. What is no YAML, is empty, has two
 * documents or a key that is no scalar: ERROR_FORMAT with the line. Deeper than `depth_max`
 * (≤ YAML_DEPTH_MAX), longer, or with more aliases than the limits: ERROR_LIMIT. */
bool yaml_read_text(str text, size_t depth_max, struct arena *arena, struct yaml_handler *handler,
                    struct error *e) MUST_USE;

#endif
