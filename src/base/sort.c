/* sort.c: heap sort (J. W. J. Williams, 1964). */
#include "base/sort.h"

#include <assert.h>
#include <stdint.h>
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
