#include "base/sort.h"

#include <stdint.h>

#include "check.h"

struct item {
    int key;
    size_t place;
};

static int by_key(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

enum { ITEMS_MAX = 300 };

/* `step` makes the keys: 0 all equal, 1 in order, others mixed. */
static bool sorts(size_t count, unsigned step, unsigned keys)
{
    struct item items[ITEMS_MAX];
    void *at[ITEMS_MAX], *scratch[ITEMS_MAX];
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct item){.key = (int)(i * step % keys), .place = i};
        at[i] = &items[i];
    }
    sort_pointers(at, scratch, count, by_key);
    bool seen[ITEMS_MAX] = {false};
    for (size_t i = 0; i < count; i++) {
        const struct item *now = at[i], *before = i > 0 ? at[i - 1] : NULL;
        if (seen[now->place] ||
            (before != NULL &&
             (before->key > now->key || (before->key == now->key && before->place > now->place)))) {
            return false;
        }
        seen[now->place] = true;
    }
    return true;
}

int main(void)
{
    CHECK_CASE("all counts up to 300 are sorted, equal items stay in their order")
    {
        for (size_t count = 0; count <= ITEMS_MAX; count++) {
            CHECK(sorts(count, 0, 1) && sorts(count, 1, ITEMS_MAX));
            CHECK(sorts(count, 7, 11) && sorts(count, 299, ITEMS_MAX) && sorts(count, 97, 301));
        }
    }
    return check_done();
}
