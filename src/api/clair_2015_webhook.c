/* clair_2015_webhook.c: what the notifier of 2015 sent: one body for each kind of change. Its
 * content is made when it is sent, so it tells of the vulnerability as it is by then. */
#include "api/clair_2015.h"
#include "api/fix_set.h"

struct telling {
    struct service *service;
    unsigned worker;
    struct arena *arena;
    const struct graph_notification *n;
    struct service_vulnerability now, old, after; /* now, before the change, after it */
    const struct layer_name *introducing;
    size_t introducing_count;
};

static struct service_vulnerability state_of(const struct graph_vulnerability *v)
{
    return (struct service_vulnerability){.name = v->name,
                                          .severity = v->severity,
                                          .of_feed =
                                              v->api != GRAPH_API_2015 && v->api != GRAPH_API_2016,
                                          .fixes = v->fixes,
                                          .fixes_count = v->fixes_count};
}

static bool layers_of(struct telling *t, const struct service_vulnerability *v,
                      const struct layer_name **out, size_t *count, struct error *e)
{
    return service_introducing(t->service, t->worker, v, 0, 0, t->arena, out, count, e);
}

static void say_layers(struct say *s, const char *key, const struct layer_name *layers,
                       size_t count)
{
    say_array(s, key);
    for (size_t i = 0; i < count; i++) {
        say_str(s, NULL, layers[i].name);
    }
    say_close(s);
}

static void begin(struct say *s, struct buf *to, const struct telling *t, const char *type,
                  struct error *e)
{
    say_init(s, to, e);
    say_object(s, NULL);
    say_str(s, "Name", t->n->has_new ? t->n->after.name : t->n->old.name);
    say_str(s, "Type", str_from(type));
    say_object(s, "Content");
    say_vulnerability(s, "Vulnerability", &t->now);
}

static bool end(struct say *s)
{
    say_close(s);
    say_close(s);
    return say_done(s);
}

static bool say_new(const struct telling *t, struct buf *to, struct error *e)
{
    struct say s;
    begin(&s, to, t, "NewVulnerabilityNotification", e);
    say_layers(&s, "IntroducingLayersIDs", t->introducing, t->introducing_count);
    return end(&s);
}

static bool say_increased(const struct telling *t, struct buf *to, struct error *e)
{
    struct say s;
    begin(&s, to, t, "VulnerabilityPriorityIncreasedNotification", e);
    say_str(&s, "OldPriority", t->old.severity);
    say_str(&s, "NewPriority", t->after.severity);
    say_layers(&s, "IntroducingLayersIDs", t->introducing, t->introducing_count);
    return end(&s);
}

/* -- changed packages ----------------------------------------------------------------------- */

/* The fixes of `of` that are not among those of `in`. */
struct missing {
    const struct graph_fix **at;
    size_t count;
};

static bool find_missing(const struct service_vulnerability *of,
                         const struct service_vulnerability *in, struct arena *arena,
                         struct missing *out, struct error *e)
{
    struct fix_set known;
    fix_set_init(&known, true, arena);
    *out = (struct missing){.at = ARENA_ARRAY(arena, of->fixes_count, const struct graph_fix *, e)};
    if (out->at == NULL || !fix_set_add_all(&known, in->fixes, in->fixes_count, e)) {
        return false;
    }
    for (size_t i = 0; i < of->fixes_count; i++) {
        bool has;
        if (!fix_set_has(&known, &of->fixes[i], &has, e)) {
            return false;
        }
        if (!has) {
            out->at[out->count++] = &of->fixes[i];
        }
    }
    return true;
}

/* Null where there are none. */
static void say_missing(struct say *s, const char *key, const struct missing *missing)
{
    if (missing->count == 0) {
        say_json(s, key, STR_NONE);
        return;
    }
    say_array(s, key);
    for (size_t i = 0; i < missing->count; i++) {
        const struct graph_fix *f = missing->at[i];
        say_object(s, NULL);
        say_str(s, "OS", f->os);
        say_str(s, "Name", f->name);
        say_bool(s, "AllVersions", f->version.len == 0);
        say_str(s, "BeforeVersion", f->version);
        say_close(s);
    }
    say_close(s);
}

/* The layers of `of` that are not among `in`; both ascend. */
static void say_only(struct say *s, const char *key, const struct layer_name *of, size_t of_count,
                     const struct layer_name *in, size_t in_count)
{
    size_t k = 0;
    say_array(s, key);
    for (size_t i = 0; i < of_count; i++) {
        while (k < in_count && in[k].number < of[i].number) {
            k++;
        }
        if (k == in_count || in[k].number != of[i].number) {
            say_str(s, NULL, of[i].name);
        }
    }
    say_close(s);
}

static bool say_changed(struct telling *t, const struct missing *added,
                        const struct missing *removed, struct buf *to, struct error *e)
{
    const struct layer_name *before, *after;
    size_t before_count, after_count;
    struct say s;
    if (!layers_of(t, &t->old, &before, &before_count, e) ||
        !layers_of(t, &t->after, &after, &after_count, e)) {
        return false;
    }
    begin(&s, to, t, "VulnerabilityPackageChangedNotification", e);
    say_missing(&s, "AddedAffectedPackages", added);
    say_missing(&s, "RemovedAffectedPackages", removed);
    say_only(&s, "NewIntroducingLayersIDs", after, after_count, before, before_count);
    say_only(&s, "FormerIntroducingLayerIDs", before, before_count, after, after_count);
    return end(&s);
}

bool api_webhooks_2015(struct service *service, unsigned worker, const struct graph_notification *n,
                       struct arena *arena, struct buf to[API_WEBHOOKS_MAX], size_t *count,
                       struct error *e)
{
    struct telling t = {.service = service, .worker = worker, .arena = arena, .n = n};
    struct missing added, removed;
    unsigned before = 0, after = 0;
    bool found = false;
    *count = 0;
    if (!n->has_new) {
        return true;
    }
    if (!service_vulnerability(service, worker, GRAPH_API_2015, STR_NONE, n->after.name, arena,
                               &t.now, &found, e)) {
        return false;
    }
    t.after = state_of(&n->after);
    if (!found) {
        return true; /* it is gone by now: Clair would have tried for ever */
    }
    if (!layers_of(&t, &t.now, &t.introducing, &t.introducing_count, e)) {
        return false;
    }
    if (!n->has_old) {
        return say_new(&t, &to[(*count)++], e);
    }
    t.old = state_of(&n->old);
    if (priority_rank(t.old.severity, &before) && priority_rank(t.after.severity, &after) &&
        after > before && !say_increased(&t, &to[(*count)++], e)) {
        return false;
    }
    if (!find_missing(&t.after, &t.old, arena, &added, e) ||
        !find_missing(&t.old, &t.after, arena, &removed, e)) {
        return false;
    }
    return (added.count == 0 && removed.count == 0) ||
           say_changed(&t, &added, &removed, &to[(*count)++], e);
}
