/* say.h: one JSON value, without blanks, as Go's encoder writes it, into a buffer. The first
 * failure sticks: what follows does nothing, and say_done is false. Keys are literals, NULL in an
 * array. Text that is not UTF-8 becomes U+FFFD, byte by byte. */
#ifndef LIMPID_API_SAY_H
#define LIMPID_API_SAY_H

#include <stdint.h>

#include "base/buf.h"

enum { SAY_DEPTH_MAX = 16 };

struct say {
    struct buf *to; /* borrowed */
    struct error *e;
    bool ok;
    unsigned depth;
    bool begun[SAY_DEPTH_MAX];
    char closer[SAY_DEPTH_MAX];
};

void say_init(struct say *s, struct buf *to, struct error *e);
void say_object(struct say *s, const char *key);
void say_array(struct say *s, const char *key);
void say_close(struct say *s);
void say_str(struct say *s, const char *key, str value);
void say_str_if(struct say *s, const char *key, str value); /* nothing where it is empty */
void say_name(struct say *s, str key); /* of the next member, where it is no literal */
void say_int(struct say *s, const char *key, int64_t value);
void say_bool(struct say *s, const char *key, bool value);
void say_json(struct say *s, const char *key, str json); /* as it is; "null" where it is empty */
bool say_done(struct say *s) MUST_USE;

#endif
