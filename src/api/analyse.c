/* analyse.c: a layer comes in: its facts (ops/layer.h), what it changes against its parent's list,
 * and into the graph.
 *
 * One name is analysed by one worker at a time:
 *
 *     service_analyse ─ known? ─ name_take ─ known by now? ─ layer_analyse ─ graph_layer_put ─
 * name_give
 */
#include <errno.h>

#include "api/clair_version.h"
#include "api/inner.h"
#include "api/layer_difference.h"
#include "api/os_name.h"

enum { HEADERS_MAX = 50, HEADER_BYTES_MAX = 16 * 1024, TRIES_MAX = 3 };

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

/* -- the analysis --------------------------------------------------------------------------- */

struct analysis_work {
    struct service *service;
    struct seat *seat;
    const struct layer_post *post;
    struct arena *arena;
    /* What is there of that name, of an older engine: its parent stays, whatever the post says. */
    struct graph_layer old;
    bool has_old;
    str parent_name;
    struct graph_layer parent;
    bool has_parent;
    struct layer_source source;
    struct layer_content content;
    str *warning;
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
        layer->namespace_ = layer->os;
        return inventory->namespace_.len == 0 ||
               os_stream(&inventory->distribution, inventory->namespace_, w->arena,
                         &layer->namespace_, e);
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

/* Adds to what cannot be judged. */
static MUST_USE bool warn(struct analysis_work *w, str text, struct error *e)
{
    if (text.len == 0) {
        return true;
    }
    return w->warning->len == 0 ? arena_str(w->arena, text, w->warning, e)
                                : arena_printf(w->arena, w->warning, e, STR_FMT "; " STR_FMT,
                                               STR_ARG(*w->warning), STR_ARG(text));
}

/* What of a layer of this system cannot be judged, and what of this one was not read. */
static MUST_USE bool warn_of(struct analysis_work *w, str namespace_, struct error *e)
{
    const struct diag *notes = &w->content.inventory.notes;
    struct advisories *advisories;
    str why = STR_NONE;
    if (namespace_.len > 0 &&
        (!service_advisories(w->service, w->seat, &advisories, e) ||
         !unjudged_why(advisories, namespace_, w->arena, &why, e) || !warn(w, why, e) ||
         !unjudged_since(namespace_, w->arena, &why, e) || !warn(w, why, e))) {
        return false;
    }
    for (size_t i = 0; i < notes->count; i++) {
        const struct diag_note *n = &notes->notes[i];
        str text = n->text;
        if (n->kind == DIAG_INCOMPLETE &&
            ((n->path.len > 0 && !arena_printf(w->arena, &text, e, "'" STR_FMT "': " STR_FMT,
                                               STR_ARG(n->path), STR_ARG(n->text))) ||
             !warn(w, text, e))) {
            return false;
        }
    }
    if (w->warning->len > 0) {
        counters_add(&w->service->counters, COUNTER_UNJUDGED, 1);
    }
    return true;
}

static MUST_USE bool find_parent(struct analysis_work *w, struct error *e)
{
    w->has_parent = false;
    if (w->parent_name.len == 0) {
        return true;
    }
    if (!graph_layer_find(w->seat->graph, w->parent_name, w->arena, &w->parent, &w->has_parent,
                          e)) {
        return false;
    }
    return w->has_parent || error_set(e, ERROR_ABSENT, "the parent is unknown");
}

static enum analysis parent_failed(const struct error *e)
{
    return e->kind == ERROR_ABSENT ? ANALYSIS_PARENT_UNKNOWN : ANALYSIS_FAILED;
}

/* What it changes against its parent's list, and into the graph. */
static MUST_USE bool put(struct analysis_work *w, struct graph_layer_content *content, bool *fresh,
                         struct error *e)
{
    const struct graph_package *parent = NULL;
    size_t parent_count = 0;
    struct layer_difference change;
    if ((w->has_parent && !graph_layer_packages(w->seat->graph, w->parent_name, w->arena, &parent,
                                                &parent_count, e)) ||
        !layer_compare(&w->content, parent, parent_count, w->arena, &change, e)) {
        return false;
    }
    content->parent_engine = w->has_parent ? w->parent.engine : 0;
    content->installed = change.installed;
    content->installed_count = change.installed_count;
    content->removed = change.removed;
    content->removed_count = change.removed_count;
    return graph_layer_put(w->seat->graph, content, fresh, e);
}

static enum analysis keep(struct analysis_work *w, struct error *e)
{
    const struct layer_post *post = w->post;
    const struct layer_content *c = &w->content;
    bool fresh, done = false;
    struct graph_layer_content content = {.layer = {.name = post->name,
                                                    .parent = w->parent_name,
                                                    .api = post->api,
                                                    .format = post->format,
                                                    .engine = SERVICE_ENGINE,
                                                    .blob = c->blob,
                                                    .has_packages = c->has_deb ||
                                                                    c->parts_gone_count > 0 ||
                                                                    c->has_apk || c->has_rpm}};
    if (!name_system(w, &content.layer, e)) {
        return ANALYSIS_FAILED;
    }
    if (!is_supported(w, &content.layer)) {
        error_set(e, ERROR_FORMAT, "its system is not supported");
        return ANALYSIS_UNSUPPORTED;
    }
    for (unsigned tries = 0; !done; tries++) {
        done = put(w, &content, &fresh, e);
        /* another one has just analysed the parent anew: its list is another one now */
        bool again = !done && e->sys == EAGAIN && tries < TRIES_MAX && find_parent(w, e);
        if (!done && !again) {
            return parent_failed(e);
        }
    }
    if (post->api == GRAPH_API_2016 && content.layer.os.len > 0 &&
        !graph_namespace_put(w->seat->graph, content.layer.os,
                             c->has_rpm ? STR("rpm") : os_version_format(content.layer.os), e)) {
        return ANALYSIS_FAILED;
    }
    if (!warn_of(w, content.layer.namespace_, e)) {
        return ANALYSIS_FAILED;
    }
    return fresh ? ANALYSIS_DONE : ANALYSIS_KNOWN;
}

/* Is it there, as new as this program would make it? */
static MUST_USE bool is_known(struct analysis_work *w, bool *known, struct error *e)
{
    if (!graph_layer_find(w->seat->graph, w->post->name, w->arena, &w->old, &w->has_old, e)) {
        return false;
    }
    *known = w->has_old && w->old.engine >= SERVICE_ENGINE;
    w->parent_name = w->has_old ? w->old.parent : w->post->parent;
    return !*known || warn_of(w, w->old.namespace_, e);
}

/* A layer that was analysed before, for the same API: its bytes are known by their digest, and need
 * not come again where their facts are still here. */
static MUST_USE bool recall(struct analysis_work *w, bool *found, struct error *e)
{
    *found = false;
    return !w->has_old || w->old.api != w->post->api ||
           layer_recall(w->seat->store, &w->source, w->old.blob, w->arena, &w->content, found, e);
}

static enum analysis analyse(struct analysis_work *w, struct error *e)
{
    const struct service_options *o = &w->service->options;
    const struct ops_context context = {
        .data_dir = o->data_dir, .sandbox = o->sandbox, .worker_program = o->worker_program};
    bool known, recalled;
    if (!is_known(w, &known, e)) {
        return ANALYSIS_FAILED;
    }
    if (known) {
        return ANALYSIS_KNOWN;
    }
    if (!find_parent(w, e)) {
        return parent_failed(e);
    }
    w->source.aci = str_eq_nocase(w->post->format, STR("ACI"));
    if (w->post->api == GRAPH_API_2016 && !w->source.aci &&
        !str_eq_nocase(w->post->format, STR("Docker"))) {
        enum layer_outcome there = layer_reachable(&w->source, w->arena, e);
        return there == LAYER_READ ? ANALYSIS_FORMAT_UNKNOWN : analysis_of(there);
    }
    if (!recall(w, &recalled, e)) {
        return ANALYSIS_FAILED;
    }
    if (recalled) {
        return keep(w, e);
    }
    enum layer_outcome outcome =
        layer_analyse(&context, w->seat->store, &w->source, w->arena, &w->content, e);
    return outcome == LAYER_READ ? keep(w, e) : analysis_of(outcome);
}

enum analysis service_analyse(struct service *s, unsigned worker, const struct layer_post *post,
                              struct arena *arena, str *warning, struct error *e)
{
    struct seat *seat;
    *warning = STR_NONE;
    if (!service_seat(s, worker, &seat, e)) {
        return ANALYSIS_FAILED;
    }
    struct analysis_work w = {.service = s,
                              .seat = seat,
                              .post = post,
                              .arena = arena,
                              .warning = warning,
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
