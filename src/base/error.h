/* error.h: errors as values. The storage is the caller's, so that reporting a refused allocation
 * allocates nothing. The innermost function says what is wrong (error_set), each level adds where
 * (error_wrap), and `main` prints one line:
 *
 *     limpid: cannot scan 'app.tar': layer 3 of 7: ends after 8192 of 45056 bytes; fetch it again
 *
 * Messages: lower case, no full stop, names in single quotes, both sides of a comparison. */
#ifndef LIMPID_BASE_ERROR_H
#define LIMPID_BASE_ERROR_H

#include <stdbool.h>

#include "base/attr.h"

enum error_kind {
    ERROR_NONE,
    ERROR_FORMAT, /* the input is not what it has to be */
    ERROR_LIMIT,  /* a limit of limpid was reached; the text names it */
    ERROR_IO,     /* the system refused or failed: `sys` has errno */
    ERROR_MEMORY, /* an allocation was refused */
    ERROR_REMOTE, /* another host, or a worker process, failed */
    ERROR_USAGE,  /* the command line or the configuration is wrong */
    ERROR_ABSENT, /* what was asked for is not there: an image, a platform, advisories */
    ERROR_DIGEST, /* content does not have the digest that names it */
};

struct error {
    enum error_kind kind; /* what the program decides by; the text is for people */
    int sys;              /* errno, or 0 */
    char text[1000];      /* the outermost context first; cut, never overrun */
    char hint[200];       /* what to try, where that is known */
};

/* These return false, so that a failing function can `return error_set(…)`. `e` may be NULL
 * where nobody reads the text. Control bytes in the formatted text become `?`. */
bool error_set(struct error *e, enum error_kind kind, const char *fmt, ...) PRINTF(3, 4);

/* Like error_set with kind ERROR_IO (ERROR_MEMORY for ENOMEM); adds ": " and strerror(sys). */
bool error_sys(struct error *e, int sys, const char *fmt, ...) PRINTF(3, 4);

/* Puts "CONTEXT: " before the text that is there. */
bool error_wrap(struct error *e, const char *fmt, ...) PRINTF(2, 3);

/* Sets the hint, unless a deeper function has set one. Returns false too. */
bool error_hint(struct error *e, const char *fmt, ...) PRINTF(2, 3);

/* Back to ERROR_NONE with empty texts. */
void error_clear(struct error *e);

/* One word for the kind, for JSON and logs: "format", "limit", … */
const char *error_kind_name(enum error_kind kind);

#endif
