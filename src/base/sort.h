/* sort.h: sorting for workers. glibc's qsort asks the system how much memory there is, which a
 * worker may not. This is a merge sort: at most n log n comparisons whatever the order of hostile
 * input, and equal items stay in the order that they have. Never allocates. */
#ifndef LIMPID_BASE_SORT_H
#define LIMPID_BASE_SORT_H

#include <stddef.h>

/* Sorts `count` pointers; `order` gets two of them. `scratch` has room for as many. */
void sort_pointers(void **at, void **scratch, size_t count,
                   int (*order)(const void *a, const void *b));

#endif
