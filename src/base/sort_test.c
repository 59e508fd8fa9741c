#include "base/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { COUNT_MAX = 2000 };

struct item {
    uint32_t key;
    char rest[12];
};

static int by_key(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

static bool sorts(size_t count, uint32_t keys)
{
    static struct item ours[COUNT_MAX], theirs[COUNT_MAX];
    uint64_t random = count * 77 + keys;
    for (size_t i = 0; i < count; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        ours[i].key = theirs[i].key = (uint32_t)(random >> 33) % keys;
        memset(ours[i].rest, (int)ours[i].key % 251, sizeof(ours[i].rest));
        memcpy(theirs[i].rest, ours[i].rest, sizeof(ours[i].rest));
    }
    sort_items(ours, count, sizeof(*ours), by_key);
    qsort(theirs, count, sizeof(*theirs), by_key);
    return count == 0 || memcmp(ours, theirs, count * sizeof(*ours)) == 0;
}

struct placed {
    uint32_t key;
    size_t place;
};

static int by_placed_key(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

enum { POINTERS_MAX = 300 };

/* `step` makes the keys: 0 all equal, 1 in order, others mixed. */
static bool sorts_pointers(size_t count, uint32_t step, uint32_t keys)
{
    struct placed items[POINTERS_MAX];
    void *at[POINTERS_MAX], *scratch[POINTERS_MAX];
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct placed){.key = (uint32_t)i * step % keys, .place = i};
        at[i] = &items[i];
    }
    sort_pointers(at, scratch, count, by_placed_key);
    for (size_t i = 1; i < count; i++) {
        const struct placed *now = at[i], *before = at[i - 1];
        if (before->key > now->key || (before->key == now->key && before->place >= now->place)) {
            return false;
        }
    }
    return true;
}

int main(void)
{
    CHECK_CASE("pointers: equal ones stay in their order")
    {
        for (size_t count = 0; count <= POINTERS_MAX; count++) {
            CHECK(sorts_pointers(count, 0, 1) && sorts_pointers(count, 1, POINTERS_MAX));
            CHECK(sorts_pointers(count, 7, 11) && sorts_pointers(count, 299, POINTERS_MAX));
        }
    }
    CHECK_CASE("any number of items, many or few different ones")
    {
        for (size_t count = 0; count < 40; count++) {
            CHECK(sorts(count, 3) && sorts(count, 1000));
        }
        CHECK(sorts(COUNT_MAX, 5) && sorts(COUNT_MAX, 1000000000));
    }
    CHECK_CASE("what is in order, or in reverse")
    {
        struct item items[100];
        for (uint32_t i = 0; i < 100; i++) {
            items[i].key = i;
        }
        sort_items(items, 100, sizeof(*items), by_key);
        CHECK(items[0].key == 0 && items[99].key == 99);
        for (uint32_t i = 0; i < 100; i++) {
            items[i].key = 99 - i;
        }
        sort_items(items, 100, sizeof(*items), by_key);
        CHECK(items[0].key == 0 && items[50].key == 50 && items[99].key == 99);
    }
    CHECK_CASE("nothing at all")
    {
        sort_items(NULL, 0, sizeof(struct item), by_key);
        CHECK(true);
    }
    return check_done();
}
