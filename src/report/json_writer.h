/* json_writer.h: writes one JSON value, indented by two blanks, to a writer.
 *
 * The first failure sticks: what follows does nothing, and jsonw_done returns false with the
 * reason in the error given to jsonw_init. Keys are literals of limpid and written as they are;
 * NULL in an array. One thread at a time. */
#ifndef LIMPID_REPORT_JSON_WRITER_H
#define LIMPID_REPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/writer.h"

enum { JSONW_DEPTH_MAX = 16 };

struct jsonw {
    struct writer *to; /* borrowed */
    struct error *e;   /* borrowed */
    bool ok;
    unsigned depth, indent;
    bool empty[JSONW_DEPTH_MAX];
    char closer[JSONW_DEPTH_MAX];
};

/* `indent`: how deep in another document this value stands. */
void jsonw_init(struct jsonw *j, struct writer *to, unsigned indent, struct error *e);

void jsonw_object(struct jsonw *j, const char *key);
void jsonw_array(struct jsonw *j, const char *key);
void jsonw_close(struct jsonw *j); /* of the innermost object or array */

void jsonw_str(struct jsonw *j, const char *key, str value);          /* empty: null */
void jsonw_text(struct jsonw *j, const char *key, const char *value); /* empty or NULL: null */
void jsonw_num(struct jsonw *j, const char *key, uint64_t value);
/* `value` with the last `decimals` digits behind a point: 98 and 1 is 9.8. */
void jsonw_decimal(struct jsonw *j, const char *key, uint64_t value, unsigned decimals);
void jsonw_bool(struct jsonw *j, const char *key, bool value);
void jsonw_null(struct jsonw *j, const char *key);
void jsonw_time(struct jsonw *j, const char *key, int64_t seconds); /* RFC 3339; 0: null */
void jsonw_digest(struct jsonw *j, const char *key, digest d);      /* DIGEST_NONE: null */

/* Whether all went well. */
bool jsonw_done(struct jsonw *j) MUST_USE;

#endif
