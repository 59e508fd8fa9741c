#include "feed/feed.h"
#include "ops/open_store.h"
#include "ops/update.h"
#include "store/store.h"

bool ops_bundle_export(const struct ops_context *context, str file, struct arena *arena,
                       const str **left_out, size_t *left_out_count, struct error *e)
{
    struct store *store = NULL;
    size_t count = 0, left = 0;
    str *names = ARENA_ARRAY(arena, feeds_count, str, e);
    if (names == NULL || !ops_open_store(context, arena, &store, e)) {
        return false;
    }
    for (size_t i = 0; i < feeds_count; i++) {
        if (!feeds[i]->redistributable) {
            names[count++] = str_from(feeds[i]->name);
        }
    }
    bool ok = store_bundle_export(store, file, names, count, &left, e);
    store_close(store);
    *left_out = names;
    *left_out_count = left < count ? left : count;
    return ok;
}

bool ops_bundle_import(const struct ops_context *context, str file, bool allow_older,
                       size_t *feeds_out, struct error *e)
{
    struct store *store = NULL;
    struct arena arena;
    const struct bundle_import_options options = {.file = file, .allow_older = allow_older};
    arena_init(&arena, 1024 * 1024, "the name of the data folder");
    bool ok = ops_open_store(context, &arena, &store, e) &&
              store_bundle_import(store, &options, feeds_out, e);
    store_close(store);
    arena_done(&arena);
    return ok;
}
