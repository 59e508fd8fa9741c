/* fail_alloc.c: the test's own malloc and friends, put in front of libc's by the linker (--wrap),
 * so that the code under test has no hook in it. */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "check.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static atomic_int left = -1;
static atomic_bool hit;

void fail_alloc_at(int n)
{
    if (n >= 0) {
        atomic_store(&hit, false);
    }
    atomic_store(&left, n);
}

bool fail_alloc_hit(void)
{
    return atomic_load(&hit);
}

static bool refuses(void)
{
    int n = atomic_load(&left);
    if (n < 0) {
        return false;
    }
    if (n > 0) {
        atomic_store(&left, n - 1);
        return false;
    }
    atomic_store(&hit, true);
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return refuses() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuses() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refuses() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return refuses() ? NULL : __real_aligned_alloc(align, size);
}
