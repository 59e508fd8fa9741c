/* part_watch.h: lets a long work on feeds be ended from outside: it asks, often enough, whether to
 * go on. */
#ifndef LIMPID_STORE_PART_WATCH_H
#define LIMPID_STORE_PART_WATCH_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/error.h"
#include "store/items.h"

struct part_watch {
    /* False, with the reason, where the work is to end. Asked very often: it must be cheap. */
    bool (*go_on)(struct part_watch *self, struct error *e);
};

/* NULL: always. */
static inline MUST_USE bool part_watch_ask(struct part_watch *watch, struct error *e)
{
    return watch == NULL || watch->go_on(watch, e);
}

enum { WATCHED_ITEMS = 1024 };

/* The items of `from`, asking at each WATCHED_ITEMS of them. */
struct watched_items {
    struct items items;
    struct items *from;
    struct part_watch *watch;
    uint64_t count;
};
void watched_items_init(struct watched_items *w, struct items *from, struct part_watch *watch);

#endif
