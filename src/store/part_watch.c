#include "store/part_watch.h"

static enum step watched_next(struct items *self, struct item *out, struct error *e)
{
    struct watched_items *w = CONTAINER_OF(self, struct watched_items, items);
    if (w->count++ % WATCHED_ITEMS == 0 && !part_watch_ask(w->watch, e)) {
        return STEP_FAILED;
    }
    return items_next(w->from, out, e);
}

static bool watched_rewind(struct items *self, struct error *e)
{
    struct watched_items *w = CONTAINER_OF(self, struct watched_items, items);
    return items_rewind(w->from, e);
}

void watched_items_init(struct watched_items *w, struct items *from, struct part_watch *watch)
{
    *w = (struct watched_items){
        .items = {.next = watched_next, .rewind = watched_rewind}, .from = from, .watch = watch};
}
