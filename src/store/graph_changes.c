#include "base/fd.h"
#include "store/graph_inner.h"

/* A change of advisories: notifications and parts are staged in any number of transactions and
 * become visible in one.
 *
 *   none --graph_change_begin--> staging --graph_change_publish--> none, all of it visible
 *   staging --graph_change_begin, by whoever has the lease--> another one's: what was staged is
 * gone
 *
 * 1. The table `staging` has one row, the change that is being made. Each transaction that stages
 *    holds that row to its end, so that nothing can be staged in a change that has ended.
 * 2. Rows of a change have its number in `staged`; what reads asks for 0.
 * 3. Numbers come in blocks: an epoch for each call would make answers forget what they know. */

enum {
    NUMBERS_BLOCK = 4096,
    PUT_BYTES_MAX = 8 * 1024 * 1024, /* of a part in one transaction: others write in between */
    PUT_FILE_BYTES = 1024 * 1024,    /* the same of a part in a file: a chunk */
};

static const struct graph_sql staging_end = {.text = "DELETE FROM staging"};
static const struct graph_sql staging_begin = {
    .text = "INSERT INTO staging (id, next, numbers_end) VALUES ($1, $1, $1)"};
#define NUMBERS "SELECT next, numbers_end FROM staging WHERE id = $1"
static const struct graph_sql staging_look = {.text = NUMBERS};
static const struct graph_sql staging_hold = {.text = NUMBERS, .postgres = NUMBERS " FOR UPDATE"};
static const struct graph_sql staging_take = {
    .text = "UPDATE staging SET next = $2, numbers_end = $3 WHERE id = $1"};

#define STAGED_STATES                                                                              \
    "(SELECT old_vulnerability FROM notification WHERE staged <> 0 "                               \
    "UNION ALL SELECT new_vulnerability FROM notification WHERE staged <> 0)"
static const struct graph_sql drops[] = {
    {.text = "DELETE FROM vulnerability_fix WHERE vulnerability IN " STAGED_STATES},
    {.text = "DELETE FROM vulnerability WHERE id IN " STAGED_STATES},
    {.text = "DELETE FROM notification WHERE staged <> 0"},
    {.text = "DELETE FROM part WHERE staged <> 0"},
    /* those of a part that was not written to its end too */
    {.text = "DELETE FROM part_chunk WHERE part NOT IN (SELECT id FROM part)"},
};

static const struct graph_sql notifications_publish = {
    .text = "UPDATE notification SET staged = 0, created_s = $2 WHERE staged = $1"};
#define REPLACED "WHERE staged = 0 AND feed IN (SELECT feed FROM part WHERE staged = $1)"
static const struct graph_sql old_chunks = {
    .text = "DELETE FROM part_chunk WHERE part IN (SELECT id FROM part " REPLACED ")"};
static const struct graph_sql old_parts = {.text = "DELETE FROM part " REPLACED};
static const struct graph_sql parts_publish = {.text =
                                                   "UPDATE part SET staged = 0 WHERE staged = $1"};

static bool ended(struct error *e)
{
    return error_set(e, ERROR_ABSENT, "the change has been given up: another one has begun");
}

/* Within a transaction: the change goes on, and stays so to its end. */
static bool change_hold(struct graph *g, int64_t id, struct error *e)
{
    int64_t next;
    bool found;
    return graph_number(g, &staging_hold, VALUES(NUMBER(id)), &next, NULL, &found, e) &&
           (found || ended(e));
}

/* The same; gives `count` numbers from `*first` on. The counter's row is locked before the
 * change's, as in every transaction: nothing locks in a circle. */
static bool numbers_take(struct graph *g, int64_t id, uint64_t count, int64_t *first,
                         struct error *e)
{
    int64_t next = 0, end = 0, now_s;
    bool found;
    if (!graph_number(g, &staging_look, VALUES(NUMBER(id)), &next, &end, &found, e)) {
        return false;
    }
    if (found && (uint64_t)(end - next) < count) {
        uint64_t block = count < NUMBERS_BLOCK ? NUMBERS_BLOCK : count;
        if (!graph_change(g, block, &next, &now_s, e)) {
            return false;
        }
        end = next + (int64_t)block;
    }
    *first = next;
    return change_hold(g, id, e) &&
           graph_run(g, &staging_take,
                     VALUES(NUMBER(id), NUMBER(next + (int64_t)count), NUMBER(end)), e);
}

/* -- begin and end -------------------------------------------------------------------------- */

struct whole {
    str lease, key, value;
    int64_t fence, change;
};

static bool lease_required(struct graph *g, const struct whole *w, struct error *e)
{
    bool holds;
    if (!graph_lease_hold(g, w->lease, w->fence, &holds, e)) {
        return false;
    }
    return holds ||
           error_set(e, ERROR_ABSENT, "the lease '" STR_FMT "' is not held", STR_ARG(w->lease));
}

static bool begin(struct graph *g, void *what, struct error *e)
{
    struct whole *w = what;
    int64_t now_s;
    bool done = graph_change(g, 1, &w->change, &now_s, e) && lease_required(g, w, e) &&
                graph_run(g, &staging_end, NULL, 0, e);
    for (size_t i = 0; done && i < ARRAY_COUNT(drops); i++) {
        done = graph_run(g, &drops[i], NULL, 0, e);
    }
    return done && graph_run(g, &staging_begin, VALUES(NUMBER(w->change)), e);
}

bool graph_change_begin(struct graph *g, str lease, int64_t fence, int64_t *id, struct error *e)
{
    struct whole w = {.lease = lease, .fence = fence};
    if (!graph_transact(g, begin, &w, e)) {
        return false;
    }
    *id = w.change;
    return true;
}

static bool publish(struct graph *g, void *what, struct error *e)
{
    const struct whole *w = what;
    int64_t number, now_s;
    return graph_change(g, 1, &number, &now_s, e) && lease_required(g, w, e) &&
           change_hold(g, w->change, e) && graph_run(g, &staging_end, NULL, 0, e) &&
           graph_run(g, &notifications_publish, VALUES(NUMBER(w->change), NUMBER(now_s)), e) &&
           graph_run(g, &old_chunks, VALUES(NUMBER(w->change)), e) &&
           graph_run(g, &old_parts, VALUES(NUMBER(w->change)), e) &&
           graph_run(g, &parts_publish, VALUES(NUMBER(w->change)), e) &&
           graph_value_set(g, w->key, w->value, e);
}

bool graph_change_publish(struct graph *g, int64_t id, str lease, int64_t fence, str key, str value,
                          struct error *e)
{
    struct whole w = {.lease = lease, .fence = fence, .change = id, .key = key, .value = value};
    return graph_texts_fit(&value, 1, e) && graph_transact(g, publish, &w, e);
}

/* -- notifications -------------------------------------------------------------------------- */

struct notifications {
    int64_t change;
    const struct graph_notification *list;
    size_t count;
};

static bool notifications_stage(struct graph *g, void *what, struct error *e)
{
    const struct notifications *n = what;
    int64_t number, now_s;
    bool done =
        numbers_take(g, n->change, (uint64_t)n->count * GRAPH_NOTIFICATION_NUMBERS, &number, e) &&
        graph_now(g, &now_s, e);
    for (size_t i = 0; done && i < n->count; i++) {
        done = graph_notification_write(g, &n->list[i], n->change, number, now_s, e);
        number += GRAPH_NOTIFICATION_NUMBERS;
    }
    return done;
}

bool graph_change_notifications(struct graph *g, int64_t id, const struct graph_notification *n,
                                size_t count, struct error *e)
{
    struct notifications all = {.change = id, .list = n, .count = count};
    return graph_transact(g, notifications_stage, &all, e);
}

/* -- parts ---------------------------------------------------------------------------------- */

struct part_step {
    int64_t change, number;
    const struct graph_part *part;
    uint64_t size_bytes;
    str bytes; /* of this step, from `at` on */
    size_t at;
};

static bool part_number(struct graph *g, void *what, struct error *e)
{
    struct part_step *s = what;
    return numbers_take(g, s->change, 1, &s->number, e);
}

static bool part_bytes(struct graph *g, void *what, struct error *e)
{
    const struct part_step *s = what;
    return change_hold(g, s->change, e) && graph_part_bytes(g, s->number, s->at, s->bytes, e);
}

static bool part_end(struct graph *g, void *what, struct error *e)
{
    const struct part_step *s = what;
    return change_hold(g, s->change, e) &&
           graph_part_row(g, s->number, s->change, s->part, s->size_bytes, e);
}

/* Its row comes last: without it the chunks are nothing, and go with the next change. */
bool graph_change_part(struct graph *g, int64_t id, const struct graph_part *part, str packed,
                       struct error *e)
{
    struct part_step s = {.change = id, .part = part, .size_bytes = packed.len};
    bool done = graph_texts_fit(&part->feed, 1, e) && graph_transact(g, part_number, &s, e);
    for (; done && s.at < packed.len; s.at += PUT_BYTES_MAX) {
        s.bytes = str_slice(packed, s.at, s.at + PUT_BYTES_MAX);
        done = graph_transact(g, part_bytes, &s, e);
    }
    return done && graph_transact(g, part_end, &s, e);
}

static bool file_bytes(struct graph *g, struct part_step *s, int fd, struct buf *room,
                       struct error *e)
{
    for (; s->at < s->size_bytes; s->at += room->len) {
        uint64_t left = s->size_bytes - s->at;
        size_t want = left < PUT_FILE_BYTES ? (size_t)left : PUT_FILE_BYTES;
        if (!fd_pread_full(fd, room->at, want, s->at, &room->len, e)) {
            return false;
        }
        if (room->len < want) {
            return error_set(e, ERROR_IO, "the file of a part has %llu of %llu bytes",
                             (unsigned long long)(s->at + room->len),
                             (unsigned long long)s->size_bytes);
        }
        s->bytes = buf_str(room);
        if (!graph_transact(g, part_bytes, s, e)) {
            return false;
        }
    }
    return true;
}

bool graph_change_part_file(struct graph *g, int64_t id, const struct graph_part *part, int fd,
                            uint64_t size_bytes, struct error *e)
{
    CLEANUP(buf_done) struct buf room;
    struct part_step s = {.change = id, .part = part, .size_bytes = size_bytes};
    buf_init(&room, PUT_FILE_BYTES);
    return buf_reserve(&room, PUT_FILE_BYTES, e) && graph_texts_fit(&part->feed, 1, e) &&
           graph_transact(g, part_number, &s, e) && file_bytes(g, &s, fd, &room, e) &&
           graph_transact(g, part_end, &s, e);
}
