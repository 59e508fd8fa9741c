#include "ops/changes.h"

#include "ops/open_store.h"
#include "ops/update_changes.h"

static bool copy(const struct changes *changes, struct arena *arena, struct changes_report *out,
                 struct error *e)
{
    struct changed_feed *list = ARENA_ARRAY(arena, changes->count, struct changed_feed, e);
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < changes->count; i++) {
        const struct feed_changes *f = &changes->feeds[i];
        list[i] = (struct changed_feed){.feed = f->feed,
                                        .added = f->added,
                                        .changed = f->changed,
                                        .removed = f->removed,
                                        .added_ids = f->added_ids,
                                        .changed_ids = f->changed_ids,
                                        .removed_ids = f->removed_ids};
    }
    *out = (struct changes_report){
        .from = changes->from, .to = changes->to, .feeds = list, .count = changes->count};
    return true;
}

bool ops_changes(const struct ops_context *context, str range, bool ids, struct arena *arena,
                 struct changes_report *out, struct error *e)
{
    struct store *store = NULL;
    struct changes changes = {0};
    size_t dots = str_find(range, STR(".."));
    const struct changes_options options = {
        .from = str_slice(range, 0, dots), .to = str_slice(range, dots + 2, range.len), .ids = ids};
    bool ok = ops_open_store(context, arena, &store, e) &&
              store_changes(store, &options, arena, &changes, e) && copy(&changes, arena, out, e);
    store_close(store);
    return ok;
}

bool update_changes(struct store *store, str generation, struct arena *arena,
                    struct update_result *results, size_t count, struct error *e)
{
    const struct changes_options options = {.from = generation};
    struct changes changes = {0};
    struct error failed = {0};
    if (generation.len > 0 && !store_changes(store, &options, arena, &changes, &failed)) {
        if (failed.kind == ERROR_MEMORY && e != NULL) {
            *e = failed;
        }
        return failed.kind != ERROR_MEMORY; /* a file of an older schema; nothing kept; … */
    }
    for (size_t i = 0; i < count; i++) {
        struct update_result *r = &results[i];
        if (!r->ok || r->unchanged) {
            continue;
        }
        r->compared = generation.len > 0;
        for (size_t k = 0; k < changes.count; k++) {
            if (str_eq(changes.feeds[k].feed, r->feed)) {
                r->added = changes.feeds[k].added;
                r->changed = changes.feeds[k].changed;
                r->removed = changes.feeds[k].removed;
            }
        }
    }
    return true;
}
