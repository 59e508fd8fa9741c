/* sort.c: heap sort (J. W. J. Williams, 1964) and merge sort. */
#include "base/sort.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* Moves `item` down from place `root` of the heap of `count` items to where both below it are not
 * greater. */
static void sift(char *at, size_t root, size_t count, size_t size, const char *item,
                 int (*compare)(const void *, const void *))
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && compare(at + child * size, at + (child + 1) * size) < 0) {
            child++;
        }
        if (compare(item, at + child * size) >= 0) {
            break;
        }
        memcpy(at + root * size, at + child * size, size);
        root = child;
    }
    memcpy(at + root * size, item, size);
}

void sort_items(void *items, size_t count, size_t size,
                int (*compare)(const void *left, const void *right))
{
    _Alignas(16) char item[SORT_ITEM_BYTES_MAX];
    char *at = items;
    assert(size <= sizeof(item));
    for (size_t i = count / 2; i > 0; i--) {
        memcpy(item, at + (i - 1) * size, size);
        sift(at, i - 1, count, size, item, compare);
    }
    for (size_t end = count; end > 1; end--) {
        memcpy(item, at + (end - 1) * size, size);
        memcpy(at + (end - 1) * size, at, size);
        sift(at, 0, end - 1, size, item, compare);
    }
}

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
