/* update.c: several feeds at a time, each by itself (update_feed.c), in threads that share no more
 * than a bound on how many are read at once. */
#include "ops/update.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "feed/feed.h"
#include "ops/document_store.h"
#include "ops/open_store.h"
#include "ops/update_changes.h"
#include "ops/update_feed.h"

/* Feeds are read by a worker each, and written with about 24 MiB each in this process: as many at a
 * time as there are cores, while others are being fetched. */
enum { READING_MAX = 4, RESULT_BYTES_MAX = 16 * 1024 * 1024 };

static unsigned reading_max(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > READING_MAX ? READING_MAX : (unsigned)cores;
}

/* Is it to be updated? Some feeds are fetched only where they are named; what somebody has put into
 * a folder is read. */
static bool is_wanted(const struct update_options *options, const struct feed *feed)
{
    for (size_t i = 0; i < options->feeds_count; i++) {
        if (str_eq(options->feeds[i], str_from(feed->name))) {
            return true;
        }
    }
    return options->feeds_count == 0 && (!feed->on_request || options->from.len > 0);
}

static bool check_name(str name, struct error *e)
{
    if (feed_find(name) != NULL) {
        return true;
    }
    struct buf names;
    struct error unused;
    bool ok = true;
    buf_init(&names, 4096);
    for (size_t k = 0; ok && k < feeds_count; k++) {
        ok = buf_printf(&names, &unused, "%s%s", k == 0 ? "" : ", ", feeds[k]->name);
    }
    error_set(e, ERROR_USAGE, "no feed '" STR_FMT "'; there are " STR_FMT, STR_ARG(name),
              STR_ARG(buf_str(&names)));
    buf_done(&names);
    return false;
}

static bool check_names(const struct update_options *options, struct error *e)
{
    for (size_t i = 0; i < options->feeds_count; i++) {
        if (!check_name(options->feeds[i], e)) {
            return false;
        }
    }
    return true;
}

static bool check_sites(const struct update_options *options, struct error *e)
{
    for (size_t i = 0; i < options->sites_count; i++) {
        str url = options->sites[i], name;
        if (!str_cut(&url, '=', &name) ||
            (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://")))) {
            return error_set(e, ERROR_USAGE, "--site: '" STR_FMT "' is not FEED=URL",
                             STR_ARG(options->sites[i]));
        }
        if (!check_name(name, e)) {
            return false;
        }
    }
    return true;
}

/* What the whole run is to be called. */
static bool judge(const struct update_options *options, const struct update_result *results,
                  size_t count, struct error *e)
{
    size_t good = 0;
    const struct update_result *first_bad = NULL;
    for (size_t i = 0; i < count; i++) {
        good += results[i].ok;
        if (!results[i].ok && (!results[i].absent || options->feeds_count > 0) &&
            first_bad == NULL) {
            first_bad = &results[i];
        }
    }
    if (first_bad == NULL && good > 0) {
        return true;
    }
    if (first_bad == NULL) {
        return error_set(e, ERROR_ABSENT, "no document of any feed in '" STR_FMT "'",
                         STR_ARG(options->from));
    }
    if (good > 0 && options->feeds_count == 0) {
        return true;
    }
    return error_set(e, ERROR_REMOTE, "'" STR_FMT "': " STR_FMT, STR_ARG(first_bad->feed),
                     STR_ARG(first_bad->error));
}

/* -- threads -------------------------------------------------------------------------------- */

struct crew {
    struct update_shared shared;
    struct update_task *tasks;
    size_t count;
    atomic_size_t next;
};

static void *work(void *arg)
{
    struct crew *crew = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&crew->next, 1);
        if (i >= crew->count) {
            return NULL;
        }
        update_feed(&crew->shared, &crew->tasks[i]);
    }
}

/* The calling thread works too: with one job there are no others. */
static void run_crew(struct crew *crew, unsigned jobs)
{
    pthread_t threads[UPDATE_JOBS_MAX];
    size_t started = 0;
    while (started + 1 < jobs && started + 1 < crew->count &&
           pthread_create(&threads[started], NULL, work, crew) == 0) {
        started++;
    }
    work(crew);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}

static bool make_tasks(struct crew *crew, struct arena *arena, struct error *e)
{
    crew->tasks = ARENA_ARRAY(arena, feeds_count, struct update_task, e);
    for (size_t i = 0; crew->tasks != NULL && i < feeds_count; i++) {
        if (is_wanted(crew->shared.options, feeds[i])) {
            struct update_task *task = &crew->tasks[crew->count++];
            task->feed = feeds[i];
            arena_init(&task->arena, RESULT_BYTES_MAX, "the result of an update");
        }
    }
    return crew->tasks != NULL;
}

static bool copy_result(const struct update_result *from, struct arena *arena,
                        struct update_result *to, struct error *e)
{
    *to = *from;
    str *notes = ARENA_ARRAY(arena, from->notes_count, str, e);
    bool ok = notes != NULL && arena_str(arena, from->error, &to->error, e);
    for (size_t i = 0; ok && i < from->notes_count; i++) {
        ok = arena_str(arena, from->notes[i], &notes[i], e);
    }
    to->notes = notes;
    return ok;
}

/* The results in the caller's arena; what concerned the store fails the whole. */
static bool take_results(struct crew *crew, struct arena *arena, struct update_result *results,
                         struct error *e)
{
    bool ok = true;
    for (size_t i = 0; i < crew->count; i++) {
        struct update_task *task = &crew->tasks[i];
        if (ok && task->broken) {
            *e = task->failed;
            ok = false;
        }
        ok = ok && copy_result(&task->result, arena, &results[i], e);
        arena_done(&task->arena);
    }
    return ok;
}

static bool update_all(struct crew *crew, struct arena *arena, struct update_result *results,
                       size_t *count, struct error *e)
{
    const struct update_options *options = crew->shared.options;
    unsigned jobs = options->jobs > 0 ? options->jobs : UPDATE_JOBS;
    jobs = jobs < UPDATE_JOBS_MAX ? jobs : UPDATE_JOBS_MAX;
    if (!make_tasks(crew, arena, e)) {
        return false;
    }
    if (sem_init(&crew->shared.reading, 0, reading_max()) != 0 ||
        pthread_mutex_init(&crew->shared.watch, NULL) != 0) {
        return error_set(e, ERROR_MEMORY, "no lock could be made");
    }
    partial_sweep(crew->shared.data_dir, arena);
    run_crew(crew, jobs);
    sem_destroy(&crew->shared.reading);
    pthread_mutex_destroy(&crew->shared.watch);
    *count = crew->count;
    return take_results(crew, arena, results, e) && judge(options, results, *count, e);
}

bool ops_update(const struct ops_context *context, const struct update_options *options,
                struct arena *arena, const struct update_result **results, size_t *count,
                struct error *e)
{
    struct update_options copy = *options;
    struct crew crew = {.shared = {.context = context, .options = &copy}};
    str before = STR_NONE;
    *count = 0;
    struct update_result *list = ARENA_ARRAY(arena, feeds_count, struct update_result, e);
    *results = list;
    /* a copy ends with a NUL, for open(2) */
    bool ok = list != NULL && check_names(options, e) && check_sites(options, e) &&
              arena_str(arena, options->from, &copy.from, e) &&
              store_default_dir(context->data_dir, arena, &crew.shared.data_dir, e) &&
              ops_open_store(context, arena, &crew.shared.store, e) &&
              store_generation(crew.shared.store, arena, &before, e) &&
              update_all(&crew, arena, list, count, e) &&
              update_changes(crew.shared.store, before, arena, list, *count, e);
    store_close(crew.shared.store);
    return ok;
}
