/* scheme.h: version orders. One file each; the table is in schemes.c. */
#ifndef LIMPID_VERSION_SCHEME_H
#define LIMPID_VERSION_SCHEME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct scheme {
    const char *name;    /* "deb", "rpm", "apk" */
    const char *summary; /* for help and manual: whose order, which specification */

    /* The ecosystem's own order is not transitive everywhere (the scheme's file says where): it
     * answers for two versions, but rows of them have no one right sorting. */
    bool cyclic;

    /* <0, 0, >0. Total but for `cyclic` ones: any bytes can be compared, also those that `valid`
     * refuses (each scheme's file says how); compare(b, a) is the opposite of compare(a, b) for
     * all. Never allocates, never overflows, linear time; safe from any thread. */
    int (*compare)(str a, str b);

    /* True where `version` is one that the scheme's own tool accepts. */
    bool (*valid)(str version);
};

/* NULL where there is no such scheme. */
const struct scheme *scheme_find(str name);

/* The i-th scheme, or NULL past the last: for lists. */
const struct scheme *scheme_at(size_t i);

#endif
