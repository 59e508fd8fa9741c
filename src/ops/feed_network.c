/* feed_network.c: a feed from its publisher's site, or from a mirror that the user named.
 *
 *   find:  index documents and lists → which documents there are → those that have changed → disk
 *          nothing changed: the feed is unchanged, and almost no byte has moved
 *   send:  full: all documents, from the disk; delta: those that have changed
 *   done:  what the next update can use stays on the disk, the rest goes
 *
 * A feed is read as a whole unless its plan has a delta: a document that has not changed is read
 * from its copy, so that what is written depends on the publisher's documents alone. */
#include "ops/feed_network.h"

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ops/documents.h"
#include "ops/plan_answer.h"

enum { TIMEOUT_S = 15 * 60, SCRATCH_BYTES_MAX = 8 * 1024 * 1024 };

static void on_progress(void *arg, str url, uint64_t done_bytes, uint64_t total_bytes)
{
    struct network *n = arg;
    if (n->in->fetching != NULL) {
        n->in->fetching(n->in->watcher, plan_url_path(url), done_bytes, total_bytes);
    }
}

/* -- start ---------------------------------------------------------------------------------- */

/* The URL that the user gave for the feed's site, or STR_NONE. */
static str own_site(const struct feed_input *in)
{
    for (size_t i = 0; i < in->options->sites_count; i++) {
        str url = in->options->sites[i], name;
        if (str_cut(&url, '=', &name) && str_eq(name, str_from(in->feed->name))) {
            return url;
        }
    }
    return STR_NONE;
}

static bool choose_base(struct network *n, struct error *e)
{
    struct feed_input *in = n->in;
    str own = n->mirror ? in->options->from : own_site(in);
    str base = own.len > 0 ? own : str_from(in->feed->site);
    in->origin = base;
    while (str_ends(base, STR("/"))) {
        base.len--;
    }
    if (!arena_printf(in->arena, &n->base, e, "%.*s/", (int)base.len, base.at)) {
        return false;
    }
    n->downloads.user_base = own.len > 0 ? n->base : STR_NONE;
    return true;
}

/* What `pending` goes with: validators hold for one place and one state only. */
static bool pending_base(const struct feed_input *in, str *out, struct error *e)
{
    return arena_printf(in->arena, out, e, "%.*s\n", (int)in->origin.len, in->origin.at);
}

static bool load_memory(struct network *n, struct error *e)
{
    struct feed_input *in = n->in;
    str origin, pending;
    if (!pending_base(in, &origin, e) ||
        !document_store_pending(&n->store, origin, in->validator_before, &pending, e) ||
        !memory_parse(pending, in->arena, &n->pending, e)) {
        return false;
    }
    if (!in->has_data || !str_eq(in->origin_before, in->origin)) {
        return true;
    }
    if (!memory_parse(in->validator_before, in->arena, &n->committed, e)) {
        return false;
    }
    if (n->pending.full_s > 0) { /* there was nothing new then */
        n->committed.full_s = n->pending.full_s;
        n->committed.cursors = n->pending.cursors;
        n->committed.cursors_count = n->pending.cursors_count;
    }
    return true;
}

static bool start(struct network *n, struct error *e)
{
    struct feed_input *in = n->in;
    const struct update_options *o = in->options;
    n->mirror = o->from.len > 0;
    n->started_s = clock_now_s();
    arena_init(&n->scratch, SCRATCH_BYTES_MAX, "a request");
    map_init(&n->by_name, in->arena);
    map_init(&n->by_id, in->arena);
    unsigned timeout_s = o->timeout_s > 0 ? o->timeout_s : TIMEOUT_S;
    n->downloads = (struct downloads){
        .client = &n->client,
        .store = &n->store,
        .scratch = &n->scratch,
        .deadline_ns = clock_monotonic_ns() + (uint64_t)timeout_s * 1000000000,
        .timeout_s = timeout_s,
        .retries = o->retries,
        .retry_wait_ms = o->retry_wait_ms,
        .progress = on_progress,
        .progress_arg = n,
    };
    const struct fetch_settings settings = {.ca_file = o->ca_file, .proxy = o->proxy};
    return choose_base(n, e) &&
           document_store_open(&n->store, in->data_dir, str_from(in->feed->name), in->arena, e) &&
           load_memory(n, e) && fetch_start_with(&n->client, &settings, e);
}

/* -- what there is -------------------------------------------------------------------------- */

/* Is what has changed since the last time enough? */
static bool may_delta(const struct network *n)
{
    const struct feed_plan *plan = n->in->feed->plan;
    return plan != NULL && plan->delta_max > 0 && n->in->has_data && !n->in->only_full &&
           n->committed.own_version && n->committed.full_s > 0 && n->committed.cursors_count > 0 &&
           (plan->full_every_s == 0 || n->started_s - n->committed.full_s < plan->full_every_s) &&
           n->started_s >= n->committed.full_s;
}

static size_t data_count(const struct network *n)
{
    size_t count = 0;
    for (size_t i = 0; i < n->count; i++) {
        count += n->remotes[i]->wanted && n->remotes[i]->data;
    }
    return count;
}

/* A delta is no use: too much has changed, or nobody knows what. And where a document has no index
 * beside it, whatever changes: its advisories may have the ids of records, and would be gone. */
static bool delta_fails(struct network *n, bool *fails, struct error *e)
{
    size_t records = 0, listed = 0;
    *fails = n->need_full;
    for (size_t i = 0; !*fails && i < n->count; i++) {
        struct remote *r = n->remotes[i];
        if (!r->wanted || !r->data || !r->listed) {
            records += r->wanted && r->data;
            continue;
        }
        if (!remote_fetch(n, r, false, e)) {
            return false;
        }
        bool here = r->state == REMOTE_HERE;
        listed += here;
        *fails = !r->same && (here || memory_find(&n->committed, r->name) != NULL);
        r->wanted = false;
    }
    *fails = *fails || records > n->in->feed->plan->delta_max ||
             (listed > 0 && (records > 0 || n->drops_count > 0));
    return true;
}

static bool list_documents(struct network *n, struct error *e)
{
    const struct feed *feed = n->in->feed;
    bool absent = false, fails = false;
    n->in->mode = may_delta(n) ? PLAN_DELTA : PLAN_FULL;
    if (feed->plan != NULL && n->in->mode == PLAN_DELTA) {
        if (!plan_rounds(n, PLAN_DELTA, &absent, e) || (!absent && !delta_fails(n, &fails, e))) {
            return false;
        }
        if (!absent && !fails) {
            return true;
        }
        n->in->mode = PLAN_FULL;
    }
    if (feed->plan != NULL && !plan_rounds(n, PLAN_FULL, &absent, e)) {
        return false;
    }
    bool found = feed->plan != NULL && !absent && data_count(n) > 0;
    return (found && !feed->plan->and_documents) || remote_add_list(n, feed->documents, false, e);
}

static bool fetch_documents(struct network *n, struct error *e)
{
    size_t data = 0, here = 0;
    for (size_t i = 0; i < n->count; i++) {
        struct remote *r = n->remotes[i];
        if (!r->wanted || !r->data) {
            continue;
        }
        if (!remote_fetch(n, r, false, e)) {
            return false;
        }
        data++;
        here += r->state == REMOTE_HERE;
    }
    if (n->in->mode == PLAN_DELTA || here > 0) {
        return true;
    }
    if (n->mirror) {
        n->in->absent = true;
        return true;
    }
    return error_set(e, ERROR_REMOTE, "'" STR_FMT "': %s", STR_ARG(n->in->origin),
                     data > 0 ? "the server says 404 to every document" : "no document is named");
}

static bool has_changed(const struct network *n)
{
    size_t count = 0, before = 0;
    if (n->in->mode == PLAN_DELTA) {
        return data_count(n) > 0 || n->drops_count > 0;
    }
    if (!n->in->has_data || !n->committed.own_version) {
        return true;
    }
    for (size_t i = 0; i < n->count; i++) {
        const struct remote *r = n->remotes[i];
        if (r->wanted && r->data && !(r->state == REMOTE_MISSING && n->mirror)) {
            count++;
            if (!r->same) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < n->committed.documents_count; i++) {
        const struct known_document *k = &n->committed.documents[i];
        before += !k->index && !(k->missing && n->mirror);
    }
    return count != before;
}

static bool find(struct network *n, struct error *e)
{
    if (!list_documents(n, e) || !fetch_documents(n, e)) {
        return false;
    }
    n->in->unchanged = !n->in->absent && !has_changed(n);
    for (size_t i = 0; !n->in->unchanged && i < n->count; i++) {
        struct remote *r = n->remotes[i];
        if (r->wanted && r->data && !remote_ensure(n, r, e)) {
            return false;
        }
    }
    n->in->drops = n->drops;
    n->in->drops_count = n->in->mode == PLAN_DELTA ? n->drops_count : 0;
    return true;
}

/* -- what is kept --------------------------------------------------------------------------- */

/* Of a mirror what is missing is not kept: it may have it under another name one day. */
static bool is_known_in_text(const struct network *n, const struct remote *r)
{
    if (r->state == REMOTE_MISSING && (n->mirror || !r->data)) {
        return false;
    }
    return r->state != REMOTE_UNKNOWN && (r->index || (n->in->mode == PLAN_FULL && r->wanted));
}

static struct known_document known_of(const struct network *n, const struct remote *r)
{
    return (struct known_document){
        .name = r->name,
        .path = str_eq(r->path, remote_own_path(n, r->name)) ? STR_NONE : r->path,
        .etag = r->etag,
        .modified = r->modified,
        .packed = r->packed,
        .size_bytes = r->size_bytes,
        .index = r->index && !r->data,
        .missing = r->state == REMOTE_MISSING,
    };
}

/* The cursors of the last time, and those of this one instead. */
static bool join_cursors(struct network *n, struct update_memory *m, struct error *e)
{
    size_t before = n->in->mode == PLAN_DELTA ? n->committed.cursors_count : 0;
    struct known_cursor *all =
        ARENA_ARRAY(n->in->arena, before + n->cursors_count, struct known_cursor, e);
    size_t count = 0;
    for (size_t i = 0; all != NULL && i < n->cursors_count; i++) {
        all[count++] = n->cursors[i];
    }
    for (size_t i = 0; all != NULL && i < before; i++) {
        const struct update_memory fresh = {.cursors = n->cursors,
                                            .cursors_count = n->cursors_count};
        if (memory_cursor(&fresh, n->committed.cursors[i].name).at == NULL) {
            all[count++] = n->committed.cursors[i];
        }
    }
    m->cursors = all;
    m->cursors_count = count;
    return all != NULL;
}

/* The state after this update; of a full read with the documents as they are now. */
static bool make_memory(struct network *n, struct update_memory *m, struct error *e)
{
    struct known_document *documents = ARENA_ARRAY(
        n->in->arena, n->count + n->committed.documents_count, struct known_document, e);
    if (documents == NULL || !join_cursors(n, m, e)) {
        return false;
    }
    for (size_t i = 0; i < n->count; i++) {
        if (is_known_in_text(n, n->remotes[i])) {
            documents[m->documents_count++] = known_of(n, n->remotes[i]);
        }
    }
    /* what the last full read was made of is still what the next one is compared with */
    for (size_t i = 0; n->in->mode == PLAN_DELTA && i < n->committed.documents_count; i++) {
        const struct known_document *k = &n->committed.documents[i];
        const struct remote *r = map_get(&n->by_name, k->name);
        if (r == NULL || !is_known_in_text(n, r)) {
            documents[m->documents_count++] = *k;
        }
    }
    m->documents = documents;
    m->full_s = n->in->mode == PLAN_DELTA ? n->committed.full_s : n->started_s;
    return true;
}

static bool make_text(struct network *n, bool documents_only, str *out, struct error *e)
{
    struct update_memory m = {.full_s = 0};
    struct buf text;
    buf_init(&text, MEMORY_BYTES_MAX);
    bool ok = make_memory(n, &m, e);
    if (documents_only) {
        m.full_s = 0;
        m.cursors_count = 0;
    }
    ok = ok && memory_text(&m, &text, e) && arena_str(n->in->arena, buf_str(&text), out, e);
    buf_done(&text);
    return ok;
}

/* A feed with one document needs no copy of it: if it changes, all of it does. */
static void sweep(struct network *n, bool keep_all)
{
    struct error unread;
    struct arena *arena = n->in->arena;
    size_t data = 0, count = 0;
    digest *keep = ARENA_ARRAY(arena, n->count + n->committed.documents_count, digest, &unread);
    if (keep == NULL) {
        return;
    }
    for (size_t i = 0; i < n->count; i++) {
        data += n->remotes[i]->wanted && n->remotes[i]->data && n->remotes[i]->state == REMOTE_HERE;
    }
    for (size_t i = 0; i < n->count; i++) {
        const struct remote *r = n->remotes[i];
        bool small = r->size_bytes <= DOCUMENT_KEEP_BYTES_MAX;
        bool of_many = r->index || (data > 1 && n->in->mode == PLAN_FULL);
        if (r->state == REMOTE_HERE && (keep_all || (small && of_many))) {
            keep[count++] = r->packed;
        }
    }
    keep_all = keep_all || n->in->mode == PLAN_DELTA;
    for (size_t i = 0; keep_all && i < n->committed.documents_count; i++) {
        keep[count++] = n->committed.documents[i].packed;
    }
    document_store_sweep(&n->store, keep, count);
}

static void pend(struct network *n, bool documents_only)
{
    struct error unread;
    str origin, text;
    if (pending_base(n->in, &origin, &unread) && make_text(n, documents_only, &text, &unread)) {
        (void)!document_store_pend(&n->store, origin, n->in->validator_before, text, &unread);
    }
}

void feed_network_done(struct feed_input *in, enum feed_outcome outcome)
{
    struct network *n = in->state;
    if (n == NULL) {
        return;
    }
    in->state = NULL;
    if (n->store.arena != NULL) {
        switch (outcome) {
        case OUTCOME_COMMITTED:
            document_store_settle(&n->store);
            sweep(n, false);
            break;
        case OUTCOME_UNCHANGED:
        case OUTCOME_TRY_AGAIN: /* what has come is not fetched again */
            pend(n, outcome == OUTCOME_TRY_AGAIN);
            sweep(n, true);
            break;
        case OUTCOME_NOT_READ: /* it may have been damaged on its way: fetched again */
            document_store_settle(&n->store);
            sweep(n, false);
            break;
        }
    }
    in->received_bytes = n->downloads.received_bytes;
    fetch_stop(&n->client);
    document_store_close(&n->store);
    arena_done(&n->scratch);
}

/* -- the interface -------------------------------------------------------------------------- */

bool feed_network_find(struct feed_input *in, struct error *e)
{
    struct network *n = ARENA_NEW(in->arena, struct network, e);
    if (n == NULL) {
        return false;
    }
    n->in = in;
    in->state = n;
    in->absent = in->unchanged = false;
    return start(n, e) && find(n, e) && make_text(n, false, &in->validator, e);
}

bool feed_network_send(struct feed_input *in, int fd, struct error *e)
{
    struct network *n = in->state;
    bool ok = true;
    size_t total = data_count(n), done = 0;
    for (size_t i = 0; ok && i < n->count; i++) {
        const struct remote *r = n->remotes[i];
        if (!r->wanted || !r->data || r->state != REMOTE_HERE) {
            continue;
        }
        if (in->reading != NULL) {
            in->reading(in->watcher, r->path, done++, total);
        }
        ok = send_remote(n, r, r->path, fd, e);
        in->date_s = r->date_s > in->date_s ? r->date_s : in->date_s;
    }
    ok = ok && documents_end(fd, e);
    return ok || e->sys == EPIPE;
}
