#include "api/layer_difference.h"

static int package_order(const struct package *a, const struct package *b)
{
    if (a->ecosystem != b->ecosystem) {
        return a->ecosystem < b->ecosystem ? -1 : 1;
    }
    int order = str_cmp(a->name, b->name);
    order = order == 0 ? str_cmp(a->version, b->version) : order;
    return order == 0 ? str_cmp(a->arch, b->arch) : order;
}

static bool lists_any(const struct inventory *inventory, enum ecosystem ecosystem)
{
    for (size_t i = 0; i < inventory->packages_count; i++) {
        if (inventory->packages[i].package.ecosystem == ecosystem) {
            return true;
        }
    }
    return false;
}

/* Does a database of the layer tell the whole list of that package manager? One without a package,
 * empty or damaged, takes nothing away, as with Clair. */
static bool is_whole(const struct layer_content *c, enum ecosystem ecosystem)
{
    bool has = (ecosystem == ECOSYSTEM_DEB && c->has_deb && !c->deb_part) ||
               (ecosystem == ECOSYSTEM_APK && c->has_apk) ||
               (ecosystem == ECOSYSTEM_RPM && c->has_rpm);
    return has && (lists_any(&c->inventory, ecosystem) ||
                   (ecosystem == ECOSYSTEM_DEB && c->parts_all_gone));
}

/* Is its file of status.d gone? */
static bool is_gone(const struct layer_content *c, const struct package *p)
{
    size_t low = 0, high = p->ecosystem == ECOSYSTEM_DEB ? c->parts_gone_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(c->parts_gone[middle], p->name);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static bool lists_name(const struct inventory *inventory, const struct package *p)
{
    size_t low = 0, high = inventory->packages_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct package *at = &inventory->packages[middle].package;
        int order = at->ecosystem != p->ecosystem ? (at->ecosystem < p->ecosystem ? -1 : 1)
                                                  : str_cmp(at->name, p->name);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* Both lists are sorted in the same way. */
bool layer_compare(const struct layer_content *c, const struct graph_package *parent,
                   size_t parent_count, struct arena *arena, struct layer_difference *out,
                   struct error *e)
{
    const struct inventory *own = &c->inventory;
    const bool deb = is_whole(c, ECOSYSTEM_DEB), apk = is_whole(c, ECOSYSTEM_APK),
               rpm = is_whole(c, ECOSYSTEM_RPM);
    size_t i = 0, k = 0;
    *out = (struct layer_difference){
        .installed = ARENA_ARRAY(arena, own->packages_count, struct package, e),
        .removed = ARENA_ARRAY(arena, parent_count, struct package, e),
    };
    if (out->installed == NULL || out->removed == NULL) {
        return false;
    }
    while (i < own->packages_count || k < parent_count) {
        int order = i == own->packages_count ? 1
                    : k == parent_count
                        ? -1
                        : package_order(&own->packages[i].package, &parent[k].package);
        if (order < 0) {
            out->installed[out->installed_count++] = own->packages[i].package;
        } else if (order > 0) {
            const struct package *p = &parent[k].package;
            bool replaced = p->ecosystem == ECOSYSTEM_DEB && c->deb_part && lists_name(own, p);
            if ((deb && p->ecosystem == ECOSYSTEM_DEB) || (apk && p->ecosystem == ECOSYSTEM_APK) ||
                (rpm && p->ecosystem == ECOSYSTEM_RPM) || replaced || is_gone(c, p)) {
                out->removed[out->removed_count++] = *p;
            }
        }
        i += order <= 0;
        k += order >= 0;
    }
    return true;
}
