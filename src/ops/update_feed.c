/* update_feed.c: a feed's documents come to the disk; then they go through a pipe into a worker
 * that has no network and no store; the advisories that come back go into a file of their own; at
 * the end the store switches to it, or keeps what it had. */
#include "ops/update_feed.h"

#include "base/pack.h"
#include "ops/advisory_pack.h"
#include "ops/feed_input.h"
#include "ops/feed_work.h"
#include "ops/job_feed.h"
#include "ops/open_store.h"
#include "store/advisories.h"

enum {
    FEED_ARENA_BYTES_MAX = 256 * 1024 * 1024,
    ADVISORY_ARENA_BYTES_MAX = 64 * 1024 * 1024,
    NOTES_MAX = 100,
};

struct feed_update {
    struct update_shared *shared;
    struct update_task *task;
    struct store *store;
    struct feed_input input;
    struct advisories_writer *writer;
    struct arena scratch; /* of one advisory */
    str *notes;
    size_t notes_room;
    bool from_network;
    bool read; /* all documents were read, whatever the store says to it */
};

/* -- what is told --------------------------------------------------------------------------- */

static void tell(struct feed_update *u, enum update_step step, str what, uint64_t done,
                 uint64_t total)
{
    struct update_watch *watch = u->shared->options->watch;
    if (watch == NULL) {
        return;
    }
    const struct update_progress progress = {
        .feed = u->task->result.feed, .step = step, .what = what, .done = done, .total = total};
    pthread_mutex_lock(&u->shared->watch);
    watch->progress(watch, &progress);
    pthread_mutex_unlock(&u->shared->watch);
}

static void on_fetching(void *watcher, str what, uint64_t done_bytes, uint64_t total_bytes)
{
    tell(watcher, UPDATE_FETCHING, what, done_bytes, total_bytes);
}

static void on_reading(void *watcher, str what, uint64_t done, uint64_t total)
{
    tell(watcher, UPDATE_READING, what, done, total);
}

/* -- reading -------------------------------------------------------------------------------- */

static bool add_note(struct feed_update *u, str payload, struct error *e)
{
    str document = STR_NONE, text = STR_NONE;
    struct update_result *r = &u->task->result;
    if (!unpack_str(&payload, 64 * 1024, &document, e) ||
        !unpack_str(&payload, 64 * 1024, &text, e)) {
        return false;
    }
    if (r->notes_count >= NOTES_MAX) {
        return true;
    }
    void *items = u->notes;
    if (!arena_grow(&u->task->arena, &items, r->notes_count, &u->notes_room, sizeof(str), e)) {
        return false;
    }
    u->notes = items;
    r->notes = u->notes;
    return arena_printf(&u->task->arena, &u->notes[r->notes_count++], e, STR_FMT ": " STR_FMT,
                        STR_ARG(document), STR_ARG(text));
}

static bool write_advisories(struct feed_update *u, str packed, struct error *e)
{
    struct arena_mark mark = arena_mark(&u->scratch);
    bool ok = true;
    while (ok && packed.len > 0) {
        struct advisory advisory;
        ok = advisory_unpack(&packed, &u->scratch, &advisory, e) &&
             advisories_write(u->writer, &advisory, e);
        arena_rewind(&u->scratch, mark);
    }
    return ok;
}

static bool take_answer(void *arg, uint8_t type, str payload, struct error *e)
{
    struct feed_update *u = arg;
    if (type == ANSWER_ADVISORY) {
        return write_advisories(u, payload, e);
    }
    if (type == ANSWER_ADVISORY_NOTE) {
        return add_note(u, payload, e);
    }
    return error_set(e, ERROR_REMOTE, "the worker sent a message of type %u", type);
}

static bool send_documents(void *arg, int fd, struct error *e)
{
    struct feed_update *u = arg;
    return u->from_network ? feed_network_send(&u->input, fd, e)
                           : feed_folder_send(&u->input, fd, e);
}

static bool read_feed(struct feed_update *u, struct error *e)
{
    struct buf request;
    const struct feed_request ask = {.feed = u->task->result.feed,
                                     .records = u->input.mode == PLAN_DELTA &&
                                                u->task->feed->plan->records};
    buf_init(&request, 4096);
    arena_init(&u->scratch, ADVISORY_ARENA_BYTES_MAX, "one advisory");
    bool ok = feed_request_pack(&ask, &request, e);
    const struct feed_work work = {
        .context = u->shared->context,
        .job = JOB_FEED,
        .request = buf_str(&request),
        .send = send_documents,
        .take = take_answer,
        .arg = u,
    };
    ok = ok && feed_work_run(&work, e);
    arena_done(&u->scratch);
    buf_done(&request);
    return ok;
}

/* -- writing -------------------------------------------------------------------------------- */

static bool fill_writer(struct feed_update *u, struct error *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < u->input.drops_count; i++) {
        ok = advisories_write_drop(u->writer, u->input.drops[i], e);
    }
    u->read = ok && read_feed(u, e);
    return u->read;
}

static bool write_feed(struct feed_update *u, struct error *e)
{
    struct advisories_commit_counts counts = {0};
    struct update_result *r = &u->task->result;
    bool delta = u->input.mode == PLAN_DELTA;
    bool begun = delta ? advisories_write_begin_delta(u->store, r->feed, &u->writer, e)
                       : advisories_write_begin(u->store, r->feed, &u->writer, e);
    if (!begun) {
        return false;
    }
    if (!fill_writer(u, e)) {
        advisories_write_abandon(u->writer);
        return false;
    }
    const struct advisories_commit_options options = {
        .documents_s = u->input.date_s,
        .origin = u->input.origin,
        .validator = u->input.validator,
        .allow_shrink = u->shared->options->allow_shrink,
    };
    if (!advisories_write_commit(u->writer, &options, &counts, e)) {
        return false;
    }
    r->advisories = counts.advisories;
    r->rows = counts.rows;
    r->advisories_before = counts.advisories_before;
    r->delta = delta;
    return true;
}

/* Only so many feeds are read at a time, each by a worker of bounded memory. */
static bool in_turn(struct feed_update *u, bool (*act)(struct feed_update *u, struct error *e),
                    struct error *e)
{
    tell(u, UPDATE_WAITING, STR_NONE, 0, 0);
    while (sem_wait(&u->shared->reading) != 0) {
    }
    bool ok = act(u, e);
    sem_post(&u->shared->reading);
    return ok;
}

static bool record_unchanged(struct feed_update *u, struct error *e)
{
    return store_feed_unchanged(u->store, u->task->result.feed, e);
}

static bool record_failed(struct feed_update *u, struct error *e)
{
    return store_feed_failed(u->store, u->task->result.feed, u->task->result.error, e);
}

/* -- the feed ------------------------------------------------------------------------------- */

static bool find(struct feed_update *u, struct error *e)
{
    bool ok = u->from_network ? feed_network_find(&u->input, e) : feed_folder_find(&u->input, e);
    if (ok && u->input.absent) {
        u->task->result.absent = true;
        return error_set(e, ERROR_ABSENT, "no document of this feed in '" STR_FMT "'",
                         STR_ARG(u->shared->options->from));
    }
    return ok;
}

static void done(struct feed_update *u, enum feed_outcome outcome)
{
    if (u->from_network) {
        feed_network_done(&u->input, outcome);
        u->task->result.received_bytes += u->input.received_bytes;
    }
}

/* Finds and reads. `*again`: the store cannot go on from what it has, so all must be read. */
static bool update_once(struct feed_update *u, bool *again, struct error *e)
{
    *again = u->read = false;
    if (!find(u, e)) {
        done(u, OUTCOME_TRY_AGAIN);
        return false;
    }
    if (u->input.unchanged) {
        done(u, OUTCOME_UNCHANGED);
        u->task->result.unchanged = true;
        return in_turn(u, record_unchanged, e);
    }
    bool ok = in_turn(u, write_feed, e);
    *again = !ok && u->input.mode == PLAN_DELTA && e->kind == ERROR_ABSENT;
    bool keep = *again || u->read;
    done(u, ok ? OUTCOME_COMMITTED : keep ? OUTCOME_TRY_AGAIN : OUTCOME_NOT_READ);
    return ok;
}

/* A delta that the store cannot take becomes a full read. */
static bool update_pass(struct feed_update *u, struct error *e)
{
    bool again = false;
    bool ok = update_once(u, &again, e);
    if (ok || !again) {
        return ok;
    }
    error_clear(e);
    u->input.only_full = true;
    u->task->result.notes_count = 0;
    return update_once(u, &again, e);
}

static bool is_url(str from)
{
    return from.len == 0 || str_find(from, STR("://")) < from.len;
}

/* The state as the store has it now; its texts are in `arena`. */
static bool prepare(struct feed_update *u, struct arena *arena, struct error *e)
{
    const struct feed_state *states = NULL, *before = NULL;
    struct update_result *r = &u->task->result;
    size_t count = 0;
    if (!store_feeds(u->store, arena, &states, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        before = str_eq(states[i].feed, r->feed) ? &states[i] : before;
    }
    u->from_network = is_url(u->shared->options->from);
    u->input = (struct feed_input){
        .feed = u->task->feed,
        .context = u->shared->context,
        .options = u->shared->options,
        .data_dir = u->shared->data_dir,
        .arena = arena,
        .fetching = on_fetching,
        .reading = on_reading,
        .watcher = u,
    };
    if (before != NULL) {
        r->advisories_before = r->advisories = before->advisories;
        r->rows = before->rows;
        u->input.has_data = before->fetched_s > 0;
        u->input.validator_before = before->validator;
        u->input.origin_before = before->origin;
    }
    return true;
}

/* The archive that a full read gets may be older than the publisher's list of changes: these follow
 * at once, and if they cannot be had, the archive is there all the same. */
static bool update_data(struct feed_update *u, struct arena *arena, struct error *e)
{
    struct update_result *r = &u->task->result;
    const struct feed_plan *plan = u->task->feed->plan;
    if (!update_pass(u, e)) {
        return false;
    }
    if (!u->from_network || r->unchanged || r->delta || plan == NULL || !plan->delta_after_full) {
        return true;
    }
    struct update_result first = *r;
    struct error later = {0};
    bool ok = prepare(u, arena, &later) && update_pass(u, &later);
    r->advisories_before = first.advisories_before;
    r->unchanged = false;
    r->delta = false;
    return ok || (arena_str(&u->task->arena, str_from(later.text), &r->error, e) &&
                  in_turn(u, record_failed, e));
}

void update_feed(struct update_shared *shared, struct update_task *task)
{
    struct arena arena;
    struct error failed = {0}, *e = &task->failed;
    struct feed_update u = {.shared = shared, .task = task, .store = shared->store};
    struct update_result *r = &task->result;
    r->feed = str_from(task->feed->name);
    arena_init(&arena, FEED_ARENA_BYTES_MAX, "the update of a feed");
    bool ok = prepare(&u, &arena, e);
    if (ok) {
        r->ok = update_data(&u, &arena, &failed);
    }
    if (ok && !r->ok) {
        ok = arena_str(&task->arena, str_from(failed.text), &r->error, e) &&
             (r->absent || in_turn(&u, record_failed, e));
    }
    task->broken = !ok;
    arena_done(&arena);
    if (shared->options->watch != NULL) {
        pthread_mutex_lock(&shared->watch);
        shared->options->watch->done(shared->options->watch, r);
        pthread_mutex_unlock(&shared->watch);
    }
}
