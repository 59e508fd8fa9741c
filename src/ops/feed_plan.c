/* feed_plan.c: rounds: index documents are fetched, a worker reads them and answers what to fetch,
 * among that further index documents. */
#include <errno.h>

#include "ops/documents.h"
#include "ops/feed_network.h"
#include "ops/feed_work.h"
#include "ops/plan_answer.h"

struct round {
    struct network *n;
    struct remote **indexes; /* of this round */
    size_t count;
};

static bool send_round(void *arg, int fd, struct error *e)
{
    struct round *r = arg;
    bool ok = true;
    for (size_t i = 0; ok && i < r->count; i++) {
        ok = send_remote(r->n, r->indexes[i], r->indexes[i]->name, fd, e);
    }
    ok = ok && documents_end(fd, e);
    return ok || e->sys == EPIPE;
}

static bool add_drop(struct network *n, str id, struct error *e)
{
    void *items = n->drops;
    if (n->drops_count >= PLAN_DROPS_MAX) {
        return error_set(e, ERROR_LIMIT, "the index drops more than the limit of %d advisories",
                         PLAN_DROPS_MAX);
    }
    if (!arena_grow(n->in->arena, &items, n->drops_count, &n->drops_room, sizeof(str), e)) {
        return false;
    }
    n->drops = items;
    return arena_str(n->in->arena, id, &n->drops[n->drops_count++], e);
}

static bool add_cursor(struct network *n, str index, str value, struct error *e)
{
    struct known_cursor cursor;
    if (!arena_str(n->in->arena, index, &cursor.name, e) ||
        !arena_str(n->in->arena, value, &cursor.value, e)) {
        return false;
    }
    for (size_t i = 0; i < n->cursors_count; i++) {
        if (str_eq(n->cursors[i].name, index)) {
            n->cursors[i] = cursor;
            return true;
        }
    }
    void *items = n->cursors;
    if (n->cursors_count >= MEMORY_DOCUMENTS_MAX) {
        return error_set(e, ERROR_LIMIT, "the index has more than the limit of %d cursors",
                         MEMORY_DOCUMENTS_MAX);
    }
    if (!arena_grow(n->in->arena, &items, n->cursors_count, &n->cursors_room, sizeof(cursor), e)) {
        return false;
    }
    n->cursors = items;
    n->cursors[n->cursors_count++] = cursor;
    return true;
}

static bool take_answer(void *arg, uint8_t type, str payload, struct error *e)
{
    struct round *r = arg;
    struct network *n = r->n;
    struct plan_answer answer;
    if (type != ANSWER_PLAN) {
        return error_set(e, ERROR_REMOTE, "the worker sent a message of type %u", type);
    }
    if (!plan_answer_unpack(payload, &answer, e) || !plan_answer_check(n->in->feed, &answer, e)) {
        return false;
    }
    switch (answer.kind) {
    case PLAN_ANSWER_FETCH:
        return (n->count < PLAN_DOCUMENTS_MAX ||
                error_set(e, ERROR_LIMIT, "the index names more than the limit of %d documents",
                          PLAN_DOCUMENTS_MAX)) &&
               remote_add(n, &answer.document, e);
    case PLAN_ANSWER_DROP:
        return add_drop(n, answer.text, e);
    case PLAN_ANSWER_CURSOR:
        return add_cursor(n, answer.index, answer.text, e);
    case PLAN_ANSWER_FULL:
        n->need_full = true;
        return true;
    }
    return true;
}

/* The cursors of the last good update, for a delta. */
static bool run_worker(struct round *r, enum plan_mode mode, struct error *e)
{
    struct network *n = r->n;
    struct buf packed;
    struct plan_cursor *cursors =
        ARENA_ARRAY(n->in->arena, n->committed.cursors_count, struct plan_cursor, e);
    if (cursors == NULL) {
        return false;
    }
    for (size_t i = 0; i < n->committed.cursors_count; i++) {
        cursors[i] = (struct plan_cursor){.name = n->committed.cursors[i].name,
                                          .value = n->committed.cursors[i].value};
    }
    const struct plan_request request = {
        .feed = str_from(n->in->feed->name),
        .mode = mode,
        .cursors = cursors,
        .cursors_count = mode == PLAN_DELTA ? n->committed.cursors_count : 0,
    };
    buf_init(&packed, 8 * 1024 * 1024);
    bool ok = plan_request_pack(&request, &packed, e);
    const struct feed_work work = {
        .context = n->in->context,
        .job = JOB_PLAN,
        .request = buf_str(&packed),
        .send = send_round,
        .take = take_answer,
        .arg = r,
    };
    ok = ok && feed_work_run(&work, e);
    buf_done(&packed);
    return ok;
}

/* A folder without its index: the archive itself, as it is. */
static bool add_archive(struct network *n, const struct remote *index, struct error *e)
{
    const struct feed_plan *plan = n->in->feed->plan;
    struct plan_document d = {.data = true, .optional = true};
    if (plan->beside == NULL || !str_ends(index->name, str_from(plan->beside))) {
        return true;
    }
    str folder = str_slice(index->name, 0, index->name.len - str_from(plan->beside).len);
    if (!arena_printf(n->in->arena, &d.url, e, "%.*sall.zip", (int)folder.len, folder.at) ||
        !remote_add(n, &d, e)) {
        return false;
    }
    struct remote *archive = map_get(&n->by_name, d.url);
    archive->listed = true;
    return true;
}

/* The index documents that were not read yet, fetched. `*same`: none of them has changed. */
static bool fetch_round(struct round *r, bool *same, struct error *e)
{
    struct network *n = r->n;
    r->count = 0;
    *same = true;
    r->indexes = ARENA_ARRAY(n->in->arena, n->count, struct remote *, e);
    for (size_t i = 0; r->indexes != NULL && i < n->count; i++) {
        struct remote *remote = n->remotes[i];
        if (!remote->wanted || !remote->index || remote->read) {
            continue;
        }
        remote->read = true;
        if (!remote_fetch(n, remote, false, e)) {
            return false;
        }
        *same = *same && remote->same;
        if (remote->state == REMOTE_HERE) {
            r->indexes[r->count++] = remote;
        } else if (!add_archive(n, remote, e)) {
            return false;
        }
    }
    return r->indexes != NULL;
}

/* "Debian/all.zip" → "Debian/modified_id.csv"; others are wanted as they are. */
static bool add_beside(struct network *n, const struct feed_plan *plan, struct error *e)
{
    static const str archive = STR_INIT("/all.zip");
    for (size_t i = 0; n->in->feed->documents[i] != NULL; i++) {
        str name = str_from(n->in->feed->documents[i]);
        bool optional = str_starts(name, STR("?"));
        name = str_slice(name, optional ? 1 : 0, name.len);
        struct plan_document d = {.url = name, .optional = optional, .data = true};
        if (str_ends(name, archive)) {
            d.index = true;
            d.data = false;
            if (!arena_printf(n->in->arena, &d.url, e, "%.*s/%s", (int)(name.len - archive.len),
                              name.at, plan->beside)) {
                return false;
            }
        }
        if (!remote_add(n, &d, e)) {
            return false;
        }
        struct remote *r = map_get(&n->by_name, d.url);
        r->listed = d.data;
    }
    return true;
}

static bool add_first(struct network *n, const struct feed_plan *plan, enum plan_mode mode,
                      struct error *e)
{
    const char *const *list = mode == PLAN_DELTA && plan->delta != NULL ? plan->delta : plan->full;
    return remote_add_list(n, list, true, e) && (plan->beside == NULL || add_beside(n, plan, e));
}

bool plan_rounds(struct network *n, enum plan_mode mode, bool *absent, struct error *e)
{
    const struct feed_plan *plan = n->in->feed->plan;
    struct round r = {.n = n};
    *absent = false;
    for (size_t i = 0; i < n->count; i++) {
        n->remotes[i]->wanted = n->remotes[i]->read = false;
    }
    n->cursors_count = n->drops_count = 0;
    n->need_full = false;
    if (!add_first(n, plan, mode, e)) {
        return false;
    }
    for (size_t rounds = 0;; rounds++) {
        bool same = true;
        if (rounds >= PLAN_ROUNDS_MAX) {
            return error_set(e, ERROR_LIMIT, "more than the limit of %d indexes, one after another",
                             PLAN_ROUNDS_MAX);
        }
        if (!fetch_round(&r, &same, e)) {
            return false;
        }
        *absent = rounds == 0 && r.count == 0;
        if (*absent || n->need_full || r.count == 0 || (mode == PLAN_DELTA && same)) {
            return true; /* a delta of indexes that say nothing new is empty */
        }
        for (size_t i = 0; i < r.count; i++) {
            if (!remote_ensure(n, r.indexes[i], e)) {
                return false;
            }
        }
        if (!run_worker(&r, mode, e)) {
            return false;
        }
    }
}
