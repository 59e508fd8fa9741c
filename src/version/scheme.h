/* scheme.h: version orders. One file each; the table is in schemes.c. */
#ifndef LIMPID_VERSION_SCHEME_H
#define LIMPID_VERSION_SCHEME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct scheme {
    const char *name;    /* "deb", "rpm", "apk" */
    const char *summary; /* for help and manual: whose order, which specification */

    /* <0, 0, >0. Total: any bytes can be compared, also those that `valid` refuses (each scheme's
     * file says how). Never allocates, never overflows, linear time; safe from any thread. */
    int (*compare)(str a, str b);

    /* True where `version` is one that the scheme's own tool accepts. */
    bool (*valid)(str version);
};

/* NULL where there is no such scheme. */
const struct scheme *scheme_find(str name);

/* The i-th scheme, or NULL past the last: for lists. */
const struct scheme *scheme_at(size_t i);

#endif
