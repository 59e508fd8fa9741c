/* analyse.c: a layer comes in: its facts (ops/layer.h), what it changes against its parent's list,
 * and into the graph.
 *
 * One name is analysed by one worker at a time:
 *
 *     service_analyse ─ known? ─ name_take ─ known by now? ─ layer_analyse ─ graph_layer_put ─
 * name_give
 */
#include "api/clair_version.h"
#include "api/inner.h"
#include "api/os_name.h"
#include "ops/layer.h"

enum { HEADERS_MAX = 50, HEADER_BYTES_MAX = 16 * 1024 };

static void name_take(struct service *s, struct seat *seat, str name)
{
    pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < s->options.workers; i++) {
        if (&s->seats[i] != seat && s->seats[i].analysing.len > 0 &&
            str_eq(s->seats[i].analysing, name)) {
            pthread_cond_wait(&s->changed, &s->lock);
            i = (unsigned)-1; /* from the beginning */
        }
    }
    seat->analysing = name;
    pthread_mutex_unlock(&s->lock);
}

static void name_give(struct service *s, struct seat *seat)
{
    pthread_mutex_lock(&s->lock);
    seat->analysing = STR_NONE;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* -- headers -------------------------------------------------------------------------------- */

static bool is_forwarded(const struct service_header *h)
{
    static const str own[] = {STR_INIT("Connection"), STR_INIT("Host"), STR_INIT("Content-Length"),
                              STR_INIT("Transfer-Encoding"), STR_INIT("Accept-Encoding")};
    for (size_t i = 0; i < ARRAY_COUNT(own); i++) {
        if (str_eq_nocase(h->name, own[i])) {
            return false;
        }
    }
    const str texts[] = {h->name, h->value};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        for (size_t k = 0; k < texts[i].len; k++) {
            unsigned char c = (unsigned char)texts[i].at[k];
            if (c < ' ' || c == 0x7f || (i == 0 && (c == ' ' || c == ':'))) {
                return false;
            }
        }
    }
    return h->name.len > 0 && h->value.len > 0 && h->name.len + h->value.len < HEADER_BYTES_MAX;
}

static MUST_USE bool take_headers(const struct layer_post *post, struct layer_source *source,
                                  struct arena *arena, struct error *e)
{
    size_t most = post->headers_count < HEADERS_MAX ? post->headers_count : HEADERS_MAX;
    str *list = ARENA_ARRAY(arena, most, str, e);
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < most; i++) {
        const struct service_header *h = &post->headers[i];
        if (is_forwarded(h) &&
            !arena_printf(arena, &list[source->headers_count++], e, "%.*s: %.*s", (int)h->name.len,
                          h->name.at, (int)h->value.len, h->value.at)) {
            return false;
        }
    }
    source->headers = list;
    return true;
}

/* -- what it changes ------------------------------------------------------------------------ */

struct change {
    struct package *installed, *removed;
    size_t installed_count, removed_count;
};

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
    return has && lists_any(&c->inventory, ecosystem);
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
static MUST_USE bool compare(const struct layer_content *c, const struct graph_package *parent,
                             size_t parent_count, struct arena *arena, struct change *out,
                             struct error *e)
{
    const struct inventory *own = &c->inventory;
    const bool deb = is_whole(c, ECOSYSTEM_DEB), apk = is_whole(c, ECOSYSTEM_APK),
               rpm = is_whole(c, ECOSYSTEM_RPM);
    size_t i = 0, k = 0;
    *out = (struct change){
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
                (rpm && p->ecosystem == ECOSYSTEM_RPM) || replaced) {
                out->removed[out->removed_count++] = *p;
            }
        }
        i += order <= 0;
        k += order >= 0;
    }
    return true;
}

/* -- the analysis --------------------------------------------------------------------------- */

struct analysis_work {
    struct service *service;
    struct seat *seat;
    const struct layer_post *post;
    struct arena *arena;
    struct graph_layer parent;
    bool has_parent;
    struct layer_source source;
    struct layer_content content;
};

static enum analysis analysis_of(enum layer_outcome outcome)
{
    switch (outcome) {
    case LAYER_READ:
        return ANALYSIS_DONE;
    case LAYER_ABSENT:
        return ANALYSIS_NOT_FOUND;
    case LAYER_UNFETCHED:
        return ANALYSIS_DOWNLOAD_FAILED;
    case LAYER_FORBIDDEN:
        return ANALYSIS_FORBIDDEN;
    case LAYER_NO_ARCHIVE:
        return ANALYSIS_NO_ARCHIVE;
    case LAYER_TOO_LARGE:
        return ANALYSIS_TOO_LARGE;
    case LAYER_FAILED:
        break;
    }
    return ANALYSIS_FAILED;
}

static MUST_USE bool name_system(struct analysis_work *w, struct graph_layer *layer,
                                 struct error *e)
{
    const struct inventory *inventory = &w->content.inventory;
    if (inventory->has_distribution && !os_name(&inventory->distribution, inventory->namespace_,
                                                w->post->api, w->arena, &layer->os, e)) {
        return false;
    }
    if (layer->os.len > 0) {
        /* advisories are found by limpid's name; of a system without, packages by the API's */
        layer->namespace_ = inventory->namespace_.len > 0 ? inventory->namespace_ : layer->os;
    } else if (w->has_parent) {
        layer->os = w->parent.os;
        layer->namespace_ = w->parent.namespace_;
    }
    return true;
}

static bool is_supported(const struct analysis_work *w, const struct graph_layer *layer)
{
    bool own = w->content.inventory.has_distribution && layer->os.len > 0;
    if (w->post->api == GRAPH_API_2015 && own && !os_known_2015(layer->os)) {
        return false;
    }
    return w->content.inventory.packages_count == 0 || layer->os.len > 0;
}

static enum analysis keep(struct analysis_work *w, struct error *e)
{
    const struct layer_post *post = w->post;
    const struct layer_content *c = &w->content;
    const struct graph_package *parent = NULL;
    size_t parent_count = 0;
    struct change change;
    bool fresh;
    struct graph_layer_content content = {
        .layer = {.name = post->name,
                  .parent = post->parent,
                  .api = post->api,
                  .format = post->format,
                  .engine = SERVICE_ENGINE,
                  .blob = c->blob,
                  .has_packages = c->has_deb || c->has_apk || c->has_rpm}};
    if (!name_system(w, &content.layer, e)) {
        return ANALYSIS_FAILED;
    }
    if (!is_supported(w, &content.layer)) {
        error_set(e, ERROR_FORMAT, "its system is not supported");
        return ANALYSIS_UNSUPPORTED;
    }
    if ((w->has_parent && !graph_layer_packages(w->seat->graph, post->parent, w->arena, &parent,
                                                &parent_count, e)) ||
        !compare(c, parent, parent_count, w->arena, &change, e)) {
        return ANALYSIS_FAILED;
    }
    content.installed = change.installed;
    content.installed_count = change.installed_count;
    content.removed = change.removed;
    content.removed_count = change.removed_count;
    if (!graph_layer_put(w->seat->graph, &content, &fresh, e)) {
        return e->kind == ERROR_ABSENT ? ANALYSIS_PARENT_UNKNOWN : ANALYSIS_FAILED;
    }
    if (post->api == GRAPH_API_2016 && content.layer.os.len > 0 &&
        !graph_namespace_put(w->seat->graph, content.layer.os,
                             c->has_rpm ? STR("rpm") : os_version_format(content.layer.namespace_),
                             e)) {
        return ANALYSIS_FAILED;
    }
    return fresh ? ANALYSIS_DONE : ANALYSIS_KNOWN;
}

/* Is it there, as new as this program would make it? */
static MUST_USE bool is_known(struct analysis_work *w, bool *known, struct error *e)
{
    struct graph_layer layer;
    bool found;
    if (!graph_layer_find(w->seat->graph, w->post->name, w->arena, &layer, &found, e)) {
        return false;
    }
    *known = found && layer.engine >= SERVICE_ENGINE;
    return true;
}

static enum analysis analyse(struct analysis_work *w, struct error *e)
{
    const struct service_options *o = &w->service->options;
    const struct ops_context context = {.data_dir = o->data_dir, .sandbox = o->sandbox};
    bool known;
    if (!is_known(w, &known, e)) {
        return ANALYSIS_FAILED;
    }
    if (known) {
        return ANALYSIS_KNOWN;
    }
    if (w->post->parent.len > 0) {
        if (!graph_layer_find(w->seat->graph, w->post->parent, w->arena, &w->parent, &w->has_parent,
                              e)) {
            return ANALYSIS_FAILED;
        }
        if (!w->has_parent) {
            error_set(e, ERROR_ABSENT, "the parent is unknown");
            return ANALYSIS_PARENT_UNKNOWN;
        }
    }
    w->source.aci = str_eq_nocase(w->post->format, STR("ACI"));
    if (w->post->api == GRAPH_API_2016 && !w->source.aci &&
        !str_eq_nocase(w->post->format, STR("Docker"))) {
        enum layer_outcome there = layer_reachable(&w->source, w->arena, e);
        return there == LAYER_READ ? ANALYSIS_FORMAT_UNKNOWN : analysis_of(there);
    }
    enum layer_outcome outcome =
        layer_analyse(&context, w->seat->store, &w->source, w->arena, &w->content, e);
    return outcome == LAYER_READ ? keep(w, e) : analysis_of(outcome);
}

enum analysis service_analyse(struct service *s, unsigned worker, const struct layer_post *post,
                              struct arena *arena, struct error *e)
{
    struct seat *seat;
    if (!service_seat(s, worker, &seat, e)) {
        return ANALYSIS_FAILED;
    }
    struct analysis_work w = {.service = s,
                              .seat = seat,
                              .post = post,
                              .arena = arena,
                              .source = {.path = post->path,
                                         .local_paths = s->options.local_paths,
                                         .roots = s->options.path_roots,
                                         .roots_count = s->options.path_roots_count,
                                         .private_addresses = s->options.private_addresses,
                                         .insecure_tls = s->options.insecure_tls,
                                         .gzip_only = post->api == GRAPH_API_2015}};
    bool known;
    if (!is_known(&w, &known, e) || !take_headers(post, &w.source, arena, e)) {
        return ANALYSIS_FAILED;
    }
    if (known) {
        return ANALYSIS_KNOWN;
    }
    name_take(s, seat, post->name);
    enum analysis outcome = analyse(&w, e);
    name_give(s, seat);
    return outcome;
}
