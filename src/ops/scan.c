#include "ops/scan.h"

#include "base/clock.h"
#include "match/match.h"
#include "ops/image.h"
#include "ops/open_store.h"
#include "store/advisories.h"

bool ops_inventory(const struct ops_context *context, const struct image_options *options,
                   struct arena *arena, struct inventory *out, struct error *e)
{
    struct error unused;
    struct store *store = NULL;
    /* an inventory needs no cache */
    if (options->no_cache || !ops_open_store(context, arena, &store, &unused)) {
        store = NULL;
    }
    bool ok = image_read(context, options, store, arena, out, e);
    store_close(store);
    /* an empty list alone would say that there is nothing */
    return ok && (out->packages_count > 0 ||
                  diag_add(&out->notes, DIAG_INCOMPLETE, STR_NONE,
                           STR("no package found in any database that limpid knows"), e));
}

/* "0 packages" of an image that nobody could name is no result. */
static bool check_judged(const struct inventory *inventory, struct error *e)
{
    if (inventory->packages_count > 0 || inventory->namespace_.len > 0) {
        return true;
    }
    error_set(e, ERROR_ABSENT,
              "nothing to judge: it has no package database that limpid knows, "
              "and %s",
              inventory->has_distribution ? "its distribution is unknown"
                                          : "no file that names its distribution");
    return error_hint(e, "'limpid inventory' shows what was found");
}

bool ops_scan(const struct ops_context *context, const struct image_options *options,
              const struct policy *policy, struct arena *arena, struct scan *out, struct error *e)
{
    struct advisories *advisories = NULL;
    struct store *store = NULL;
    if (!ops_open_store(context, arena, &store, e)) {
        return false;
    }
    *out = (struct scan){.date_s = clock_report_s()};
    bool ok = image_read(context, options, store, arena, &out->inventory, e) &&
              check_judged(&out->inventory, e) && advisories_open(store, &advisories, e) &&
              match_scan(advisories, arena, out, e) && policy_apply(policy, arena, out, e);
    if (ok && out->generation.len > 0) {
        /* the generation's name lives in `advisories` */
        ok = arena_str(arena, out->generation, &out->generation, e);
    }
    advisories_close(advisories);
    store_close(store);
    return ok;
}
