#include <sys/stat.h>

#include "api/inner.h"
#include "api/judged.h"

enum {
    OPTIONS_BYTES_MAX = 1024 * 1024,
    JUDGED_SHARE = 4, /* beside the answers: what is known of packages takes a quarter of theirs */
};

/* -- open and close ------------------------------------------------------------------------- */

static bool copy_options(struct service *s, const struct service_options *o, struct error *e)
{
    str path;
    str *roots = ARENA_ARRAY(&s->arena, o->path_roots_count, str, e);
    bool ok = roots != NULL && arena_str(&s->arena, str_from(o->graph.path), &path, e) &&
              arena_str(&s->arena, o->data_dir, &s->options.data_dir, e) &&
              arena_str(&s->arena, o->page_key, &s->options.page_key, e) &&
              arena_printf(&s->arena, &s->current_path, e, "%s/advisories/current",
                           s->options.data_dir.at);
    for (size_t i = 0; ok && i < o->path_roots_count; i++) {
        ok = arena_str(&s->arena, o->path_roots[i], &roots[i], e);
    }
    if (ok) {
        s->options.graph.path = path.at;
        s->options.path_roots = roots;
    }
    return ok;
}

static bool fill(struct service *s, const struct service_options *options, struct error *e)
{
    struct seat *seat;
    size_t bytes = options->answers_bytes_max > 0 ? options->answers_bytes_max : ANSWERS_BYTES_MAX;
    s->options = *options;
    s->seats = ARENA_ARRAY(&s->arena, options->workers, struct seat, e);
    s->answers = s->seats == NULL ? NULL : answers_new(&s->arena, bytes, e);
    s->judged = s->answers == NULL ? NULL : judged_new(&s->arena, bytes / JUDGED_SHARE, e);
    return s->judged != NULL && copy_options(s, options, e) &&
           page_key_init(&s->page_key, options->page_key, e) &&
           /* so that a database that cannot be had is told at the start */
           service_seat(s, 0, &seat, e);
}

bool service_open(const struct service_options *options, struct service **out, struct error *e)
{
    struct arena arena;
    arena_init(&arena, OPTIONS_BYTES_MAX, "the service");
    struct service *s = ARENA_NEW(&arena, struct service, e);
    if (s == NULL) {
        arena_done(&arena);
        return false;
    }
    s->arena = arena;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    figures_init(&s->figures);
    if (!fill(s, options, e)) {
        service_close(s);
        return false;
    }
    *out = s;
    return true;
}

void service_close(struct service *s)
{
    if (s == NULL) {
        return;
    }
    for (unsigned i = 0; s->seats != NULL && i < s->options.workers; i++) {
        advisories_close(s->seats[i].advisories);
        store_close(s->seats[i].store);
        graph_close(s->seats[i].graph);
    }
    answers_free(s->answers);
    judged_free(s->judged);
    figures_done(&s->figures);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    struct arena arena = s->arena; /* it holds the struct itself */
    arena_done(&arena);
}

const struct service_options *service_options(const struct service *s)
{
    return &s->options;
}

const struct page_key *service_page_key(const struct service *s)
{
    return &s->page_key;
}

struct counters *service_counters(struct service *s)
{
    return &s->counters;
}

struct figures *service_figures(struct service *s)
{
    return &s->figures;
}

/* -- seats ---------------------------------------------------------------------------------- */

bool service_seat(struct service *s, unsigned worker, struct seat **out, struct error *e)
{
    if (worker >= s->options.workers) {
        return error_set(e, ERROR_USAGE, "worker %u of %u", worker, s->options.workers);
    }
    struct seat *seat = &s->seats[worker];
    if (seat->graph == NULL && !graph_open(&s->options.graph, &seat->graph, e)) {
        return false;
    }
    if (seat->store == NULL && !store_open(s->options.data_dir, &seat->store, e)) {
        return false;
    }
    *out = seat;
    return true;
}

struct graph *service_graph(struct service *s, unsigned worker)
{
    struct seat *seat;
    struct error unread;
    return service_seat(s, worker, &seat, &unread) ? seat->graph : NULL;
}

/* -- the generation ------------------------------------------------------------------------- */

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(1099511628211);
}

uint64_t service_stamp(const struct service *s)
{
    struct stat st;
    if (stat(s->current_path.at, &st) != 0) {
        return 0;
    }
    /* the file is replaced as a whole, never written to */
    uint64_t sum = mix(UINT64_C(14695981039346656037), (uint64_t)st.st_ino);
    sum = mix(sum, (uint64_t)st.st_size);
    sum = mix(sum, (uint64_t)st.st_mtim.tv_sec);
    sum = mix(sum, (uint64_t)st.st_mtim.tv_nsec);
    return sum == 0 ? 1 : sum;
}

bool service_advisories(struct service *s, struct seat *seat, struct advisories **out,
                        struct error *e)
{
    uint64_t stamp = service_stamp(s); /* before opening: a change meanwhile is seen next time */
    if (seat->advisories != NULL && seat->opened_stamp == stamp) {
        *out = seat->advisories;
        return true;
    }
    advisories_close(seat->advisories);
    seat->advisories = NULL;
    *out = NULL;
    if (stamp == 0) {
        return true;
    }
    if (!advisories_open(seat->store, &seat->advisories, e)) {
        seat->advisories = NULL;
        return e->kind == ERROR_ABSENT;
    }
    seat->opened_stamp = stamp;
    *out = seat->advisories;
    return true;
}

/* -- health --------------------------------------------------------------------------------- */

static int64_t newest_fetch(struct seat *seat, struct arena *arena)
{
    const struct feed_state *feeds;
    size_t count;
    struct error unread;
    int64_t newest = 0;
    if (!store_feeds(seat->store, arena, &feeds, &count, &unread)) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        newest = feeds[i].fetched_s > newest ? feeds[i].fetched_s : newest;
    }
    return newest;
}

void service_health(struct service *s, unsigned worker, struct service_health *out)
{
    CLEANUP(arena_done) struct arena arena;
    struct seat *seat;
    struct error unread;
    arena_init(&arena, 16 * 1024 * 1024, "the states of feeds");
    *out = (struct service_health){.has_notifier = s->options.has_notifier,
                                   .has_updater = s->options.has_updater};
    out->database =
        service_seat(s, worker, &seat, &unread) &&
        graph_notifications_pending(seat->graph, &out->pending_notifications, &unread) &&
        graph_layers_count(seat->graph, &out->layers, &unread);
    if (out->database && out->has_updater) {
        out->updated_s = newest_fetch(seat, &arena);
    }
}
