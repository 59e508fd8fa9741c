/* update.c: one feed after the other: its documents go through a pipe into a worker that has no
 * network and no store; the advisories that come back go into a file of their own; at the end the
 * store switches to it, or keeps what it had. */
#include "ops/update.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pack.h"
#include "feed/feed.h"
#include "ops/advisory_pack.h"
#include "ops/feed_input.h"
#include "ops/jobs.h"
#include "ops/open_store.h"
#include "ops/update_changes.h"
#include "store/advisories.h"
#include "worker/parent.h"

enum {
    FEED_CPU_S_MAX = 1800,
    FEED_ARENA_BYTES_MAX = 256 * 1024 * 1024,
    NOTES_MAX = 100,
};
#define FEED_MEMORY_BYTES_MAX (UINT64_C(1024) * 1024 * 1024)

struct feed_update {
    const struct ops_context *context;
    const struct update_options *options;
    struct store *store;
    struct arena *arena; /* of the whole operation: results */
    struct feed_input input;
    struct update_result *result;
    str *notes;
    size_t notes_room;
    int out_fd; /* the sender's end of the pipe */
    bool from_network;
    bool sent;
    struct error send_failed;
};

static void *send_documents(void *arg)
{
    struct feed_update *u = arg;
    u->sent = u->from_network ? feed_fetch_send(&u->input, u->out_fd, &u->send_failed)
                              : feed_folder_send(&u->input, u->out_fd, &u->send_failed);
    close(u->out_fd);
    return NULL;
}

static bool add_note(struct feed_update *u, str payload, struct error *e)
{
    str document = STR_NONE, text = STR_NONE;
    struct update_result *r = u->result;
    if (!unpack_str(&payload, 64 * 1024, &document, e) ||
        !unpack_str(&payload, 64 * 1024, &text, e)) {
        return false;
    }
    if (r->notes_count >= NOTES_MAX) {
        return true;
    }
    void *items = u->notes;
    if (!arena_grow(u->arena, &items, r->notes_count, &u->notes_room, sizeof(str), e)) {
        return false;
    }
    u->notes = items;
    r->notes = u->notes;
    return arena_printf(u->arena, &u->notes[r->notes_count++], e, STR_FMT ": " STR_FMT,
                        STR_ARG(document), STR_ARG(text));
}

static bool write_advisories(struct advisories_writer *writer, str packed, struct arena *scratch,
                             struct error *e)
{
    struct arena_mark mark = arena_mark(scratch);
    bool ok = true;
    while (ok && packed.len > 0) {
        struct advisory advisory;
        ok = advisory_unpack(&packed, scratch, &advisory, e) &&
             advisories_write(writer, &advisory, e);
        arena_rewind(scratch, mark);
    }
    return ok;
}

static bool take_answers(struct feed_update *u, struct worker *worker,
                         struct advisories_writer *writer, struct error *e)
{
    struct arena scratch;
    uint8_t type;
    str payload;
    enum step got = STEP_FAILED;
    arena_init(&scratch, 64 * 1024 * 1024, "one advisory");
    bool ok = worker_job(worker, JOB_FEED, str_from(u->input.feed->name), e);
    while (ok && (got = worker_answer(worker, &type, &payload, e)) == STEP_GOT) {
        if (type == ANSWER_ADVISORY) {
            ok = write_advisories(writer, payload, &scratch, e);
        } else if (type == ANSWER_ADVISORY_NOTE) {
            ok = add_note(u, payload, e);
        } else {
            ok = error_set(e, ERROR_REMOTE, "the worker sent a message of type %u", type);
        }
    }
    arena_done(&scratch);
    return ok && got == STEP_END;
}

/* Worker and sender side by side; what the sender says is the cause where both fail. */
static bool read_feed(struct feed_update *u, struct advisories_writer *writer, struct error *e)
{
    int ends[2];
    pthread_t thread;
    struct worker worker;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_sys(e, errno, "cannot make a pipe");
    }
    CLEANUP(fd_close) int from = ends[0];
    u->out_fd = ends[1];
    const struct worker_options options = {
        .fds = &from,
        .fds_count = 1,
        .confine = {.off = u->context->sandbox == SANDBOX_OFF,
                    .cpu_s = FEED_CPU_S_MAX,
                    .memory_bytes = FEED_MEMORY_BYTES_MAX},
        .required = u->context->sandbox == SANDBOX_REQUIRED,
    };
    if (!worker_start(&options, &worker, e)) {
        close(u->out_fd);
        return false;
    }
    fd_close(&from);
    if (pthread_create(&thread, NULL, send_documents, u) != 0) {
        close(u->out_fd);
        worker_stop(&worker);
        return error_set(e, ERROR_MEMORY, "no thread could be started");
    }
    bool ok = take_answers(u, &worker, writer, e);
    worker_stop(&worker);
    pthread_join(thread, NULL);
    if (!u->sent) {
        *e = u->send_failed;
        return false;
    }
    return ok;
}

static bool update_data(struct feed_update *u, struct error *e)
{
    struct advisories_writer *writer = NULL;
    struct advisories_commit_counts counts = {0};
    if (!advisories_write_begin(u->store, str_from(u->input.feed->name), &writer, e)) {
        return false;
    }
    if (!read_feed(u, writer, e)) {
        advisories_write_abandon(writer);
        return false;
    }
    const struct advisories_commit_options options = {
        .documents_s = u->input.date_s,
        .origin = u->input.origin,
        .validator = u->input.validator,
        .allow_shrink = u->options->allow_shrink,
    };
    if (!advisories_write_commit(writer, &options, &counts, e)) {
        return false;
    }
    u->result->advisories = counts.advisories;
    u->result->rows = counts.rows;
    u->result->advisories_before = counts.advisories_before;
    return true;
}

static bool update_found(struct feed_update *u, struct error *e)
{
    bool ok = u->from_network ? feed_fetch_find(&u->input, e) : feed_folder_find(&u->input, e);
    if (!ok) {
        return false;
    }
    if (u->input.absent) {
        u->result->absent = true;
        return error_set(e, ERROR_ABSENT, "no document of this feed in '" STR_FMT "'",
                         STR_ARG(u->options->from));
    }
    if (u->input.unchanged) {
        u->result->unchanged = true;
        return store_feed_unchanged(u->store, u->result->feed, e);
    }
    return update_data(u, e);
}

static bool is_url(str from)
{
    return from.len == 0 || str_find(from, STR("://")) < from.len;
}

/* Fills `result`; false for what concerns the store, not the feed. */
static bool update_feed(struct feed_update *u, const struct feed_state *before, struct error *e)
{
    struct arena arena;
    struct error failed = {0};
    arena_init(&arena, FEED_ARENA_BYTES_MAX, "the update of a feed");
    u->from_network = is_url(u->options->from);
    u->input.options = u->options;
    u->input.progress = u->context->progress;
    u->input.arena = &arena;
    u->result->feed = str_from(u->input.feed->name);
    if (before != NULL) {
        u->result->advisories_before = u->result->advisories = before->advisories;
        u->result->rows = before->rows;
        u->input.validator_before = before->validator;
        u->input.origin_before = before->origin;
    }
    u->result->ok = update_found(u, &failed);
    if (u->from_network) {
        feed_fetch_done(&u->input);
    }
    bool ok = true;
    if (!u->result->ok) {
        ok = arena_str(u->arena, str_from(failed.text), &u->result->error, e);
        ok = ok && (u->result->absent ||
                    store_feed_failed(u->store, u->result->feed, u->result->error, e));
    }
    arena_done(&arena);
    return ok;
}

static bool is_named(const struct update_options *options, const struct feed *feed)
{
    for (size_t i = 0; i < options->feeds_count; i++) {
        if (str_eq(options->feeds[i], str_from(feed->name))) {
            return true;
        }
    }
    return options->feeds_count == 0;
}

static bool check_names(const struct update_options *options, struct error *e)
{
    for (size_t i = 0; i < options->feeds_count; i++) {
        if (feed_find(options->feeds[i]) != NULL) {
            continue;
        }
        struct buf names;
        struct error unused;
        bool ok = true;
        buf_init(&names, 4096);
        for (size_t k = 0; ok && k < feeds_count; k++) {
            ok = buf_printf(&names, &unused, "%s%s", k == 0 ? "" : ", ", feeds[k]->name);
        }
        error_set(e, ERROR_USAGE, "no feed '" STR_FMT "'; there are " STR_FMT,
                  STR_ARG(options->feeds[i]), STR_ARG(buf_str(&names)));
        buf_done(&names);
        return false;
    }
    return true;
}

static const struct feed_state *state_of(const struct feed_state *states, size_t count,
                                         const struct feed *feed)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(states[i].feed, str_from(feed->name))) {
            return &states[i];
        }
    }
    return NULL;
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

static bool update_all(const struct ops_context *context, const struct update_options *options,
                       struct store *store, struct arena *arena, struct update_result *results,
                       size_t *count, struct error *e)
{
    const struct feed_state *states = NULL;
    size_t states_count = 0;
    if (!store_feeds(store, arena, &states, &states_count, e)) {
        return false;
    }
    for (size_t i = 0; i < feeds_count; i++) {
        if (!is_named(options, feeds[i])) {
            continue;
        }
        struct feed_update update = {
            .context = context,
            .options = options,
            .store = store,
            .arena = arena,
            .input = {.feed = feeds[i]},
            .result = &results[*count],
        };
        ++*count;
        if (!update_feed(&update, state_of(states, states_count, feeds[i]), e)) {
            return false;
        }
    }
    return judge(options, results, *count, e);
}

bool ops_update(const struct ops_context *context, const struct update_options *options,
                struct arena *arena, const struct update_result **results, size_t *count,
                struct error *e)
{
    struct store *store = NULL;
    struct update_options copy = *options;
    str before = STR_NONE;
    *count = 0;
    struct update_result *list = ARENA_ARRAY(arena, feeds_count, struct update_result, e);
    *results = list;
    /* a copy ends with a NUL, for open(2) */
    if (list == NULL || !check_names(options, e) ||
        !arena_str(arena, options->from, &copy.from, e) ||
        !ops_open_store(context, arena, &store, e)) {
        return false;
    }
    bool ok = store_generation(store, arena, &before, e) &&
              update_all(context, &copy, store, arena, list, count, e) &&
              update_changes(store, before, arena, list, *count, e);
    store_close(store);
    return ok;
}
