/* body_json.h: the first JSON value of a text, read as Go's decoder reads it: what follows the
 * value is ignored, bytes that are no UTF-8 and halves of surrogate pairs become U+FFFD, of two
 * members of one name both are kept, and what is wrong is said in that decoder's words. */
#ifndef LIMPID_API_BODY_JSON_H
#define LIMPID_API_BODY_JSON_H

#include "base/arena.h"
#include "format/json.h"

enum { BODY_JSON_DEPTH_MAX = 10000 }; /* Go's */

/* False: `why` is "EOF" for blanks alone, "unexpected EOF" where the value is not whole,
 * "invalid character …", or "no memory"; it is in the arena or a literal. Texts of the tree may be
 * in `text`. Without recursion; the tree takes about 100 bytes for each value. */
bool body_json(str text, struct arena *arena, const struct json_node **out, str *why) MUST_USE;

#endif
