#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "store/graph_inner.h"

/* Notifications: queued with the change that they tell of, sent by whoever takes them first.
 *
 *   waiting --graph_notification_take--> held --graph_notification_done, sent--> sent
 *   held --graph_notification_done, not sent--> waiting until retry_s
 *   held --the lease ends--> waiting: another one may take it, and the fence of the first is old
 *   sent --long ago--> waiting again, until graph_notification_delete
 *
 * Those of a change of advisories are staged first (graph_changes.c): nothing here sees them. */

#define NOTIFICATION_COLUMNS                                                                       \
    "name, created_s, notified_s, deleted_s, attempts, old_vulnerability, new_vulnerability, "     \
    "fence "
#define DUE                                                                                        \
    "SELECT id FROM notification WHERE deleted_s = 0 AND staged = 0 AND notified_s < $1 "          \
    "AND retry_s <= $2 AND lease_s <= $2 ORDER BY notified_s, id LIMIT 1 "
#define TAKE(due)                                                                                  \
    "UPDATE notification SET owner = $3, lease_s = $2 + $4, fence = fence + 1, "                   \
    "attempts = attempts + 1 WHERE id = (" due ") RETURNING " NOTIFICATION_COLUMNS

static const struct graph_sql add = {
    .text = "INSERT INTO notification (id, name, created_s, notified_s, deleted_s, retry_s, "
            "attempts, owner, lease_s, fence, old_vulnerability, new_vulnerability, staged) "
            "VALUES ($1, $2, $3, 0, 0, 0, 0, $4, 0, 0, $5, $6, $7)"};
static const struct graph_sql find = {.text = "SELECT " NOTIFICATION_COLUMNS
                                              "FROM notification WHERE name = $1 AND staged = 0"};
static const struct graph_sql take = {.text = TAKE(DUE),
                                      .postgres = TAKE(DUE "FOR UPDATE SKIP LOCKED")};
static const struct graph_sql sent = {
    .text = "UPDATE notification SET notified_s = $3, retry_s = 0, attempts = 0, lease_s = 0 "
            "WHERE name = $1 AND fence = $2 AND lease_s <> 0 RETURNING id"};
static const struct graph_sql not_sent = {
    .text = "UPDATE notification SET retry_s = $3, lease_s = 0 "
            "WHERE name = $1 AND fence = $2 AND lease_s <> 0 RETURNING id"};
static const struct graph_sql drop = {
    .text = "UPDATE notification SET deleted_s = CASE WHEN deleted_s = 0 THEN $2 ELSE deleted_s "
            "END WHERE name = $1 AND staged = 0 RETURNING id"};
static const struct graph_sql pending = {
    .text = "SELECT count(*) FROM notification WHERE deleted_s = 0 AND staged = 0 "
            "AND notified_s = 0"};

enum { UUID_TEXT_BYTES = 36 };

/* -- queueing ------------------------------------------------------------------------------- */

/* RFC 9562, section 5.4: version 4. */
static bool uuid(char to[UUID_TEXT_BYTES], struct error *e)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        return error_sys(e, errno, "no random numbers");
    }
    bytes[6] = (uint8_t)(0x40 | (bytes[6] & 0x0f));
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f));
    size_t at = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            to[at++] = '-';
        }
        to[at++] = digits[bytes[i] >> 4];
        to[at++] = digits[bytes[i] & 15];
    }
    return true;
}

struct states {
    int64_t old_state, new_state, staged;
};

static bool row_add(struct graph *g, int64_t number, int64_t now_s, struct states s,
                    struct error *e)
{
    char name[UUID_TEXT_BYTES];
    return uuid(name, e) &&
           graph_run(g, &add,
                     VALUES(NUMBER(number), BYTES(((str){.at = name, .len = sizeof(name)})),
                            NUMBER(now_s), BYTES(STR_NONE), NUMBER(s.old_state),
                            NUMBER(s.new_state), NUMBER(s.staged)),
                     e);
}

bool graph_notification_queue(struct graph *g, int64_t number, int64_t now_s, int64_t old_state,
                              int64_t new_state, struct error *e)
{
    return row_add(g, number, now_s,
                   (struct states){.old_state = old_state, .new_state = new_state}, e);
}

bool graph_notification_write(struct graph *g, const struct graph_notification *n, int64_t staged,
                              int64_t number, int64_t now_s, struct error *e)
{
    struct states s = {.old_state = n->has_old ? number : 0,
                       .new_state = n->has_new ? number + 1 : 0,
                       .staged = staged};
    return (!n->has_old || graph_state_add(g, &n->old, number, false, now_s, e)) &&
           (!n->has_new || graph_state_add(g, &n->after, number + 1, false, now_s, e)) &&
           row_add(g, number + 2, now_s, s, e);
}

static bool queue(struct graph *g, void *what, struct error *e)
{
    const struct graph_notification *n = what;
    int64_t number, now_s;
    return graph_change(g, GRAPH_NOTIFICATION_NUMBERS, &number, &now_s, e) &&
           graph_notification_write(g, n, 0, number, now_s, e);
}

bool graph_notification_add(struct graph *g, const struct graph_notification *n, struct error *e)
{
    struct graph_notification copy = *n;
    return graph_transact(g, queue, &copy, e);
}

/* -- reading -------------------------------------------------------------------------------- */

/* What a row says; the states are read behind it. */
struct row {
    struct graph_notification n;
    int64_t old_state, new_state, fence;
};

static bool row_read(struct statement *st, struct arena *arena, struct row *to, struct error *e)
{
    *to = (struct row){.n.created_s = db_column_int(st, 1),
                       .n.notified_s = db_column_int(st, 2),
                       .n.deleted_s = db_column_int(st, 3),
                       .n.attempts = (unsigned)db_column_int(st, 4), /* counted from 0 */
                       .old_state = db_column_int(st, 5),
                       .new_state = db_column_int(st, 6),
                       .fence = db_column_int(st, 7)};
    return graph_text(st, 0, arena, &to->n.name, e);
}

static bool states_read(struct graph *g, struct row *r, struct arena *arena, struct error *e)
{
    r->n.has_old = r->old_state != 0;
    r->n.has_new = r->new_state != 0;
    return (!r->n.has_old || graph_state_read(g, r->old_state, arena, &r->n.old, e)) &&
           (!r->n.has_new || graph_state_read(g, r->new_state, arena, &r->n.after, e));
}

static bool row_ask(struct graph *g, const struct graph_sql *sql, const struct graph_value *values,
                    size_t count, struct arena *arena, struct row *to, bool *found, struct error *e)
{
    struct statement *st = graph_ask(g, sql, values, count, e);
    if (st == NULL) {
        return false;
    }
    enum step got = db_step(st, e);
    bool done = got != STEP_FAILED && (got == STEP_END || row_read(st, arena, to, e));
    db_reset(st);
    *found = got == STEP_GOT;
    return done;
}

bool graph_notification_find(struct graph *g, str name, struct arena *arena,
                             struct graph_notification *out, bool *found, struct error *e)
{
    struct row row = {0};
    bool there;
    if (!row_ask(g, &find, VALUES(BYTES(name)), arena, &row, &there, e) ||
        (there && !states_read(g, &row, arena, e))) {
        return false;
    }
    *found = there;
    *out = row.n;
    return true;
}

/* -- sending -------------------------------------------------------------------------------- */

struct taking {
    str owner;
    int64_t before_s;
    unsigned lease_s;
    struct arena *arena;
    struct row row;
    bool found;
};

static bool take_one(struct graph *g, void *what, struct error *e)
{
    struct taking *t = what;
    int64_t now_s;
    return graph_now(g, &now_s, e) &&
           row_ask(g, &take,
                   VALUES(NUMBER(t->before_s), NUMBER(now_s), BYTES(t->owner), NUMBER(t->lease_s)),
                   t->arena, &t->row, &t->found, e);
}

bool graph_notification_take(struct graph *g, str owner, int64_t again_before_s, unsigned lease_s,
                             struct arena *arena, struct graph_notification *out, int64_t *fence,
                             bool *found, struct error *e)
{
    struct taking t = {.owner = owner,
                       .before_s = again_before_s < 1 ? 1 : again_before_s,
                       .lease_s = lease_s,
                       .arena = arena};
    if (!graph_transact(g, take_one, &t, e) || (t.found && !states_read(g, &t.row, arena, e))) {
        return false;
    }
    *found = t.found;
    *out = t.row.n;
    *fence = t.row.fence;
    return true;
}

struct outcome {
    str name;
    int64_t fence, retry_s;
    bool sent;
};

static bool finish(struct graph *g, void *what, struct error *e)
{
    const struct outcome *o = what;
    int64_t number, now_s, id;
    bool found;
    /* when it was sent is shown by an answer, when it is tried again is not */
    if (o->sent && !graph_change(g, 1, &number, &now_s, e)) {
        return false;
    }
    if (!graph_number(
            g, o->sent ? &sent : &not_sent,
            VALUES(BYTES(o->name), NUMBER(o->fence), NUMBER(o->sent ? now_s : o->retry_s)), &id,
            NULL, &found, e)) {
        return false;
    }
    return found || error_set(e, ERROR_ABSENT, "the notification '" STR_FMT "' is not held",
                              STR_ARG(o->name));
}

bool graph_notification_done(struct graph *g, str name, int64_t fence, bool is_sent,
                             int64_t retry_s, struct error *e)
{
    struct outcome o = {.name = name, .fence = fence, .retry_s = retry_s, .sent = is_sent};
    return graph_transact(g, finish, &o, e);
}

static bool mark_deleted(struct graph *g, void *what, struct error *e)
{
    const str *name = what;
    int64_t number, now_s, id;
    bool found;
    if (!graph_change(g, 1, &number, &now_s, e) ||
        !graph_number(g, &drop, VALUES(BYTES(*name), NUMBER(now_s)), &id, NULL, &found, e)) {
        return false;
    }
    return found || error_set(e, ERROR_ABSENT, "no notification '" STR_FMT "'", STR_ARG(*name));
}

bool graph_notification_delete(struct graph *g, str name, struct error *e)
{
    return graph_transact(g, mark_deleted, &name, e);
}

bool graph_notifications_pending(struct graph *g, uint64_t *count, struct error *e)
{
    int64_t n = 0;
    bool found;
    if (!graph_number(g, &pending, NULL, 0, &n, NULL, &found, e)) {
        return false;
    }
    *count = (uint64_t)n;
    return true;
}
