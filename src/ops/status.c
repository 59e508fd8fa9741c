#include "feed/feed.h"
#include "ops/open_store.h"
#include "ops/update.h"
#include "store/store.h"
#include "worker/confine.h"

static bool fill_feeds(struct store *store, struct arena *arena, struct status *out,
                       struct error *e)
{
    const struct feed_state *states = NULL;
    size_t count = 0;
    struct feed_info *list = ARENA_ARRAY(arena, feeds_count, struct feed_info, e);
    if (list == NULL || !store_feeds(store, arena, &states, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < feeds_count; i++) {
        const struct feed *f = feeds[i];
        list[i] = (struct feed_info){.name = str_from(f->name),
                                     .summary = str_from(f->summary),
                                     .publisher = str_from(f->publisher),
                                     .licence = str_from(f->licence),
                                     .site = str_from(f->site),
                                     .redistributable = f->redistributable};
        for (size_t k = 0; k < count; k++) {
            if (str_eq(states[k].feed, list[i].name)) {
                list[i].known_state = true;
                list[i].state = states[k];
            }
        }
    }
    out->feeds = list;
    out->feeds_count = feeds_count;
    return true;
}

static bool fill_generations(struct store *store, struct arena *arena, struct status *out,
                             struct error *e)
{
    const struct kept_generation *list;
    size_t count = 0;
    if (!store_generations(store, arena, &list, &count, e)) {
        return false;
    }
    struct generation_info *infos = ARENA_ARRAY(arena, count, struct generation_info, e);
    if (infos == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        infos[i] = (struct generation_info){.name = list[i].name,
                                            .since_s = list[i].since_s,
                                            .is_current = list[i].is_current,
                                            .feeds = list[i].feeds,
                                            .advisories = list[i].advisories};
    }
    out->generations = infos;
    out->generations_count = count;
    return true;
}

static bool fill_sandbox(struct arena *arena, struct status *out, struct error *e)
{
    struct confine_report report;
    confine_probe(&report);
    if (report.landlock_abi > 0) {
        return arena_printf(arena, &out->sandbox, e, "%sLandlock ABI %u",
                            report.seccomp ? "seccomp, " : "", report.landlock_abi);
    }
    out->sandbox =
        report.seccomp ? STR("seccomp; no Landlock in this kernel") : STR("resource limits alone");
    return true;
}

bool ops_status(const struct ops_context *context, struct arena *arena, struct status *out,
                struct error *e)
{
    struct store *store = NULL;
    *out = (struct status){0};
    if (!store_default_dir(context->data_dir, arena, &out->data_dir, e) ||
        !ops_open_store(context, arena, &store, e)) {
        return false;
    }
    bool ok = store_generation(store, arena, &out->generation, e) &&
              fill_generations(store, arena, out, e) &&
              store_facts_counts(store, &out->layers_cached, &out->layers_bytes, e) &&
              fill_feeds(store, arena, out, e) && fill_sandbox(arena, out, e);
    store_close(store);
    return ok;
}
