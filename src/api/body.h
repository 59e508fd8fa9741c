/* body.h: the JSON in a request's body, taken as Go's decoder took it: the first value counts and
 * what follows is ignored, member names fit in any letter case, null leaves a field as it was. */
#ifndef LIMPID_API_BODY_H
#define LIMPID_API_BODY_H

#include "base/arena.h"
#include "format/json.h"
#include "http/server.h"

enum { BODY_BYTES_MAX = 1024 * 1024 };

/* False: it is no JSON, and `why` says so in the decoder's words ("EOF", "unexpected EOF" …). */
bool body_read(const struct http_request *request, struct arena *arena,
               const struct json_node **out, str *why) MUST_USE;

/* The last member `key` of an object, in any letter case, that is not null; NULL where there is
 * none, or `object` is NULL. */
const struct json_node *body_member(const struct json_node *object, const char *key);

/* The fields of an object, each where it is there: false for another type, with `why`. What is not
 * there, or null, leaves the output alone. A null after an object or array takes that back. */
bool body_str(const struct json_node *object, const char *key, str *out, str *why) MUST_USE;
bool body_bool(const struct json_node *object, const char *key, bool *out, str *why) MUST_USE;
bool body_object(const struct json_node *object, const char *key, const struct json_node **out,
                 str *why) MUST_USE;
bool body_array(const struct json_node *object, const char *key, const struct json_node **out,
                str *why) MUST_USE;

/* An array of strings. */
bool body_strings(const struct json_node *object, const char *key, struct arena *arena,
                  const str **out, size_t *count, str *why) MUST_USE;

/* A value as JSON text again, as Go writes what it keeps of it: without blanks, members sorted by
 * name, of those of one name the last, numbers as the shortest text of the double. ERROR_LIMIT
 * where it is deeper than SAY_DEPTH_MAX, ERROR_FORMAT for a number that no double holds. */
bool body_text(const struct json_node *node, struct arena *arena, struct buf *to,
               struct error *e) MUST_USE;

#endif
