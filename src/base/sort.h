/* sort.h: sorting: items in place, and pointers so that equal ones keep their order. Not libc's
 * qsort: that asks the system how much memory there is and takes some of it, which a confined
 * worker may not, and it must not fail for lack of it. */
#ifndef LIMPID_BASE_SORT_H
#define LIMPID_BASE_SORT_H

#include <stddef.h>

enum { SORT_ITEM_BYTES_MAX = 1024 };

/* Sorts `count` items of `size` ≤ SORT_ITEM_BYTES_MAX bytes in ascending order. Items that compare
 * as equal may end up in any order. At most about 2 n log2 n comparisons whatever the input;
 * allocates nothing; safe from any thread. */
void sort_items(void *at, size_t count, size_t size,
                int (*compare)(const void *left, const void *right));

/* Sorts `count` pointers; `order` gets two of them. Equal ones stay in the order that they have.
 * `scratch` has room for as many. */
void sort_pointers(void **at, void **scratch, size_t count,
                   int (*order)(const void *a, const void *b));

#endif
