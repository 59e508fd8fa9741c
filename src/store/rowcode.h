/* rowcode.h: what writing and reading of rows have in common: the members of a group that differ
 * from those of the group before, as one byte. */
#ifndef LIMPID_STORE_ROWCODE_H
#define LIMPID_STORE_ROWCODE_H

enum {
    GROUP_PRODUCT = 1 << 0,
    GROUP_ARCH = 1 << 1,
    GROUP_MODULE = 1 << 2,
    GROUP_WORD = 1 << 3,
    GROUP_STATE = 1 << 4, /* and the row's severity */
    GROUP_FIXED = 1 << 5,
    GROUP_BOUNDS = 1 << 6, /* introduced and last affected */
    GROUP_MANY = 1 << 7,   /* of more than one advisory: then, how many */
};

#endif
