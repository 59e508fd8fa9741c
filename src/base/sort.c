#include "base/sort.h"

#include <stdbool.h>
#include <string.h>

/* Merges the sorted from[first, middle) and from[middle, end) into `to`. */
static void merge(void *const *from, void **to, size_t first, size_t middle, size_t end,
                  int (*order)(const void *a, const void *b))
{
    size_t left = first, right = middle;
    for (size_t i = first; i < end; i++) {
        bool take_left = left < middle && (right == end || order(from[left], from[right]) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

void sort_pointers(void **at, void **scratch, size_t count,
                   int (*order)(const void *a, const void *b))
{
    void **from = at, **to = scratch;
    for (size_t run = 1; run<count; run = run> count / 2 ? count : run * 2) {
        for (size_t first = 0; first < count;) {
            size_t left = count - first;
            size_t middle = first + (left < run ? left : run);
            size_t end = middle + (count - middle < run ? count - middle : run);
            merge(from, to, first, middle, end, order);
            first = end;
        }
        void **other = from;
        from = to;
        to = other;
    }
    if (from != at) {
        memcpy(at, from, count * sizeof(*at));
    }
}
