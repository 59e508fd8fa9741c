/* features.c: packages as Clair's APIs list them: the source of a dpkg package, each once, however
 * many binary packages are made of it; apk and rpm packages by their own names. */
#include <string.h>

#include "api/clair_version.h"
#include "api/inner.h"
#include "api/os_name.h"
#include "base/map.h"
#include "base/sort.h"

void feature_name(const struct package *p, str *name, str *version)
{
    bool by_source = p->ecosystem == ECOSYSTEM_DEB && p->source.len > 0;
    *name = by_source ? p->source : p->name;
    *version = by_source && p->source_version.len > 0 ? p->source_version : p->version;
}

static bool is_listed(const struct package *p, str version, enum graph_api api)
{
    bool distributed = p->ecosystem == ECOSYSTEM_DEB || p->ecosystem == ECOSYSTEM_APK ||
                       p->ecosystem == ECOSYSTEM_RPM;
    if (!distributed || (p->ecosystem == ECOSYSTEM_RPM && str_eq(p->name, STR("gpg-pubkey")))) {
        return false;
    }
    return api != GRAPH_API_2015 || p->ecosystem != ECOSYSTEM_DEB ||
           clair_version_fault(version, true) == NULL;
}

struct made {
    struct service_feature feature;
    const struct graph_package *package;
};

static int by_name(const void *va, const void *vb)
{
    const struct service_feature *a = &((const struct made *)va)->feature;
    const struct service_feature *b = &((const struct made *)vb)->feature;
    int order = str_cmp(a->name, b->name);
    if (order == 0) {
        order = str_cmp(a->version, b->version);
    }
    return order == 0 ? str_cmp(a->os, b->os) : order;
}

static bool key_of(const struct made *m, struct arena *arena, str *key, struct error *e)
{
    const struct service_feature *f = &m->feature;
    size_t len = f->name.len + f->version.len + f->os.len + 2;
    char *to = ARENA_ARRAY(arena, len, char, e);
    if (to == NULL) {
        return false;
    }
    *key = (str){.at = to, .len = len};
    const str parts[] = {f->name, f->version, f->os};
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].at, parts[i].len);
        }
        to += parts[i].len;
        if (i + 1 < ARRAY_COUNT(parts)) {
            *to++ = '\0';
        }
    }
    return true;
}

static bool take(const struct graph_package *p, enum graph_api api, struct map *known,
                 struct made *made, size_t *count, struct error *e)
{
    struct made m = {.package = p,
                     .feature = {.os = p->os,
                                 .added_by = p->layer_name,
                                 .layer = p->layer,
                                 .ecosystem = p->package.ecosystem,
                                 .format = package_version_format(p->package.ecosystem)}};
    str key;
    feature_name(&p->package, &m.feature.name, &m.feature.version);
    if (!is_listed(&p->package, m.feature.version, api)) {
        return true;
    }
    struct arena_mark mark = arena_mark(known->arena);
    if (!key_of(&m, known->arena, &key, e)) {
        return false;
    }
    struct made *old = map_get(known, key);
    if (old != NULL) {
        arena_rewind(known->arena, mark);
        if (p->layer < old->feature.layer) {
            old->feature.layer = p->layer;
            old->feature.added_by = p->layer_name;
        }
        return true;
    }
    made[*count] = m;
    return map_put(known, key, &made[(*count)++], e);
}

bool features_of(const struct graph_package *packages, size_t count, enum graph_api api,
                 struct arena *arena, struct features *out, struct error *e)
{
    struct map known;
    size_t made_count = 0;
    struct made *made = ARENA_ARRAY(arena, count, struct made, e);
    if (made == NULL) {
        return false;
    }
    map_init(&known, arena);
    for (size_t i = 0; i < count; i++) {
        if (!take(&packages[i], api, &known, made, &made_count, e)) {
            return false;
        }
    }
    sort_items(made, made_count, sizeof(*made), by_name);
    out->at = ARENA_ARRAY(arena, made_count, struct service_feature, e);
    out->packages = ARENA_ARRAY(arena, made_count, const struct graph_package *, e);
    out->count = made_count;
    diag_init(&out->incomplete, arena);
    if (out->at == NULL || out->packages == NULL) {
        return false;
    }
    for (size_t i = 0; i < made_count; i++) {
        out->at[i] = made[i].feature;
        out->packages[i] = made[i].package;
    }
    return true;
}

/* -- a layer -------------------------------------------------------------------------------- */

static bool find_layer(struct seat *seat, str name, struct arena *arena, struct graph_layer *out,
                       struct error *e)
{
    bool found;
    return graph_layer_find(seat->graph, name, arena, out, &found, e) &&
           (found || error_set(e, ERROR_ABSENT, "no layer '" STR_FMT "'", STR_ARG(name)));
}

bool service_layer(struct service *s, unsigned worker, str name, bool vulnerabilities,
                   struct arena *arena, struct layer_view *out, struct error *e)
{
    struct seat *seat;
    const struct graph_package *packages;
    size_t count;
    struct features features;
    if (!service_seat(s, worker, &seat, e) || !find_layer(seat, name, arena, &out->layer, e) ||
        !graph_layer_packages(seat->graph, name, arena, &packages, &count, e) ||
        !features_of(packages, count, out->layer.api, arena, &features, e) ||
        (vulnerabilities && !judge_features(s, seat, packages, count, &features, arena, e))) {
        return false;
    }
    out->features = features.at;
    out->features_count = features.count;
    out->incomplete = features.incomplete.notes;
    out->incomplete_count = features.incomplete.count;
    return true;
}

/* Those of `a` that are not in `b`; both are sorted. */
static bool without(const struct features *a, const struct features *b, struct arena *arena,
                    struct features *out, struct error *e)
{
    *out = (struct features){.at = ARENA_ARRAY(arena, a->count, struct service_feature, e),
                             .packages =
                                 ARENA_ARRAY(arena, a->count, const struct graph_package *, e)};
    if (out->at == NULL || out->packages == NULL) {
        return false;
    }
    size_t k = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct made left = {.feature = a->at[i]};
        int order = 1;
        while (k < b->count) {
            const struct made right = {.feature = b->at[k]};
            order = by_name(&left, &right);
            if (order <= 0) {
                break;
            }
            k++;
        }
        if (k == b->count || order != 0) {
            out->at[out->count] = a->at[i];
            out->packages[out->count++] = a->packages[i];
        }
    }
    return true;
}

static bool features_of_layer(struct seat *seat, str name, enum graph_api api, struct arena *arena,
                              struct features *out, const struct graph_package **packages,
                              size_t *count, struct error *e)
{
    *packages = NULL;
    *count = 0;
    return (name.len == 0 || graph_layer_packages(seat->graph, name, arena, packages, count, e)) &&
           features_of(*packages, *count, api, arena, out, e);
}

bool service_layer_change(struct service *s, unsigned worker, str name, bool vulnerabilities,
                          struct arena *arena, struct layer_change *out, struct error *e)
{
    struct seat *seat;
    struct features now, before, installed, removed;
    const struct graph_package *packages[2];
    size_t counts[2];
    if (!service_seat(s, worker, &seat, e) || !find_layer(seat, name, arena, &out->layer, e) ||
        !features_of_layer(seat, name, out->layer.api, arena, &now, &packages[0], &counts[0], e) ||
        !features_of_layer(seat, out->layer.parent, out->layer.api, arena, &before, &packages[1],
                           &counts[1], e) ||
        !without(&now, &before, arena, &installed, e) ||
        !without(&before, &now, arena, &removed, e)) {
        return false;
    }
    if (vulnerabilities &&
        (!judge_features(s, seat, packages[0], counts[0], &installed, arena, e) ||
         !judge_features(s, seat, packages[1], counts[1], &removed, arena, e))) {
        return false;
    }
    out->installed = installed.at;
    out->installed_count = installed.count;
    out->removed = removed.at;
    out->removed_count = removed.count;
    return true;
}
