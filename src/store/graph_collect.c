#include <errno.h>

#include "base/num.h"
#include "store/graph_inner.h"

/* What nothing refers to is removed, a little at a time.
 *
 *   packages ─► notifications ─► states of vulnerabilities ─► leases, values ─► whole
 *
 * 1. A table is walked by its numbers; where a walk begins anew, nothing is lost but time.
 * 2. What looks unused is looked at again in the transaction that removes it, behind the lock that
 *    keeps out who could need it: a package may be taken into a list at any moment. A state is
 *    only ever named by notifications that were queued when it was made or ended, in the same
 *    transaction; so it needs no lock.
 * 3. Nobody waits for long: transactions are short, give up where they have to wait themselves,
 *    and their commits wait for no disk. What is lost that way is collected again. */

enum { DROP_AT_ONCE = 128 };

#define UNUSED_PACKAGE                                                                             \
    "(SELECT n.package FROM layer_package n WHERE n.package = p.id AND n.action = 1 LIMIT 1) "     \
    "IS NULL AND (SELECT n.package FROM layer_package n WHERE n.package = p.id AND "               \
    "n.action = 2 LIMIT 1) IS NULL"
#define UNUSED_STATE                                                                               \
    "v.current = 0 AND (SELECT n.id FROM notification n WHERE n.old_vulnerability = v.id "         \
    "LIMIT 1) IS NULL AND (SELECT n.id FROM notification n WHERE n.new_vulnerability = v.id "      \
    "LIMIT 1) IS NULL"
#define LOOK(unused, table)                                                                        \
    "SELECT id, CASE WHEN " unused " THEN 1 ELSE 0 END FROM " table                                \
    " WHERE id > $1 AND $3 = $3 ORDER BY id LIMIT $2"

/* How a table is walked and relieved. */
struct kind {
    struct graph_sql look, drop, drop_parts; /* of one number, and $2 the time */
    struct graph_sql drop_all;               /* of a list of them, on PostgreSQL */
    bool alone;
};

static const struct kind packages = {
    .look = {.text = LOOK(UNUSED_PACKAGE, "package p")},
    .drop = {.text = "DELETE FROM package AS p WHERE p.id = $1 AND $2 = $2 AND " UNUSED_PACKAGE
                     " RETURNING id"},
    .drop_all = {.postgres = "DELETE FROM package p USING unnest($1) u (id) WHERE p.id = u.id "
                             "AND " UNUSED_PACKAGE " RETURNING p.id"},
    .alone = true,
};

#define GONE_NOTIFICATION "n.deleted_s <> 0 AND n.staged = 0 AND n.deleted_s < "
static const struct kind notifications = {
    .look = {.text = LOOK(GONE_NOTIFICATION "$3", "notification n")},
    .drop = {.text = "DELETE FROM notification AS n WHERE n.id = $1 AND " GONE_NOTIFICATION "$2 "
                     "RETURNING id"},
};

static const struct kind states = {
    .look = {.text = LOOK(UNUSED_STATE, "vulnerability v")},
    .drop = {.text = "DELETE FROM vulnerability AS v WHERE v.id = $1 AND $2 = $2 AND " UNUSED_STATE
                     " RETURNING id"},
    .drop_parts = {.text = "DELETE FROM vulnerability_fix WHERE vulnerability = $1"},
};

static const struct graph_sql gently = {.postgres =
                                            "SELECT set_config('lock_timeout', '200ms', true), "
                                            "set_config('synchronous_commit', 'off', true)"};

static const struct graph_sql leases_drop = {
    .text = "DELETE FROM lease WHERE until_s < $1 RETURNING 1"};
static const struct graph_sql values_list = {
    .text = "SELECT key, value FROM value WHERE key >= $1 ORDER BY key LIMIT $2"};
static const struct graph_sql value_drop = {.text =
                                                "DELETE FROM value WHERE key = $1 AND value = $2"};

/* -- tables with numbers -------------------------------------------------------------------- */

struct dropping {
    const struct kind *kind;
    const int64_t *ids;
    size_t count, dropped;
    int64_t before_s;
};

static bool gently_begin(struct graph *g, struct error *e)
{
    return !graph_is_postgres(g) || graph_run(g, &gently, NULL, 0, e);
}

/* Runs it and counts its rows. */
static bool rows_count(struct graph *g, const struct graph_sql *sql,
                       const struct graph_value *values, size_t count, size_t *rows,
                       struct error *e)
{
    struct statement *st = graph_ask(g, sql, values, count, e);
    enum step got = STEP_FAILED;
    while (st != NULL && (got = db_step(st, e)) == STEP_GOT) {
        *rows += 1;
    }
    if (st != NULL) {
        db_reset(st);
    }
    return got == STEP_END;
}

static bool drop(struct graph *g, void *what, struct error *e)
{
    struct dropping *d = what;
    const struct kind *k = d->kind;
    d->dropped = 0;
    if (!gently_begin(g, e) || (k->alone && !graph_lock_alone(g, e))) {
        return false;
    }
    if (k->drop_all.postgres != NULL && graph_is_postgres(g)) {
        return rows_count(g, &k->drop_all, VALUES(NUMBER_LIST(d->ids, d->count)), &d->dropped, e);
    }
    for (size_t i = 0; i < d->count; i++) {
        size_t rows = 0;
        if (!rows_count(g, &k->drop, VALUES(NUMBER(d->ids[i]), NUMBER(d->before_s)), &rows, e) ||
            (rows > 0 && k->drop_parts.text != NULL &&
             !graph_run(g, &k->drop_parts, VALUES(NUMBER(d->ids[i])), e))) {
            return false;
        }
        d->dropped += rows;
    }
    return true;
}

/* What is in the way of others is left for the next time. */
static bool drop_some(struct graph *g, struct dropping *d, uint64_t *dropped, struct error *e)
{
    struct error why = {0};
    if (d->count == 0) {
        return true;
    }
    if (graph_transact(g, drop, d, &why)) {
        *dropped += d->dropped;
        return true;
    }
    if (why.sys == EBUSY) {
        return true;
    }
    if (e != NULL) {
        *e = why;
    }
    return false;
}

/* Looks at up to `rows` rows from `*at` on; `*end` where there were no more. */
static bool walk(struct graph *g, const struct kind *kind, size_t rows, int64_t before_s,
                 int64_t *at, uint64_t *dropped, bool *end, struct error *e)
{
    int64_t ids[DROP_AT_ONCE];
    struct dropping d = {.kind = kind, .ids = ids, .before_s = before_s};
    struct statement *st =
        graph_ask(g, &kind->look, VALUES(NUMBER(*at), NUMBER(rows), NUMBER(before_s)), e);
    enum step got = STEP_FAILED;
    size_t seen = 0;
    while (st != NULL && d.count < DROP_AT_ONCE && (got = db_step(st, e)) == STEP_GOT) {
        *at = db_column_int(st, 0);
        seen++;
        if (db_column_int(st, 1) != 0) {
            ids[d.count++] = *at;
        }
    }
    if (st != NULL) {
        db_reset(st);
    }
    *end = got == STEP_END && seen < rows;
    return got != STEP_FAILED && drop_some(g, &d, dropped, e);
}

/* -- leases and values ---------------------------------------------------------------------- */

struct ending {
    const struct graph_limits *limits;
    int64_t now_s;
    size_t leases;
};

static bool end_leases(struct graph *g, void *what, struct error *e)
{
    struct ending *x = what;
    x->leases = 0;
    return gently_begin(g, e) &&
           rows_count(g, &leases_drop, VALUES(NUMBER(x->now_s - x->limits->lease_s)), &x->leases,
                      e);
}

/* One that says a time before `before_s`; they are few. */
static bool old_value(struct graph *g, str prefix, int64_t before_s, struct arena *scratch,
                      str *key, str *value, bool *found, struct error *e)
{
    struct statement *st = graph_ask(g, &values_list, VALUES(BYTES(prefix), NUMBER(INT64_MAX)), e);
    enum step got = STEP_FAILED;
    bool done = true;
    *found = false;
    while (st != NULL && done && !*found && (got = db_step(st, e)) == STEP_GOT &&
           str_starts(db_column_bytes(st, 0), prefix)) {
        uint64_t time_s;
        *found =
            num_parse(db_column_bytes(st, 1), 10, INT64_MAX, &time_s) && (int64_t)time_s < before_s;
        done =
            !*found || (graph_text(st, 0, scratch, key, e) && graph_text(st, 1, scratch, value, e));
    }
    if (st != NULL) {
        db_reset(st);
    }
    return got != STEP_FAILED && done;
}

static bool end_values(struct graph *g, const struct ending *x, uint64_t *dropped, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    bool found = x->limits->value_prefix.len > 0;
    arena_init(&scratch, 1024 * 1024, "old values");
    for (size_t i = 0; found && i < x->limits->rows; i++) {
        struct arena_mark mark = arena_mark(&scratch);
        str key, value;
        if (!old_value(g, x->limits->value_prefix, x->now_s - x->limits->value_s, &scratch, &key,
                       &value, &found, e) ||
            (found && !graph_run(g, &value_drop, VALUES(BYTES(key), BYTES(value)), e))) {
            return false;
        }
        *dropped += found;
        arena_rewind(&scratch, mark);
    }
    return true;
}

static bool end_some(struct graph *g, const struct graph_limits *limits, int64_t now_s,
                     struct graph_collection *c, struct error *e)
{
    struct ending x = {.limits = limits, .now_s = now_s};
    struct error why = {0};
    bool done = graph_transact(g, end_leases, &x, &why);
    if (!done && why.sys != EBUSY) {
        if (e != NULL) {
            *e = why;
        }
        return false;
    }
    c->leases += done ? x.leases : 0;
    return end_values(g, &x, &c->values, e);
}

/* -- together ------------------------------------------------------------------------------- */

bool graph_collect(struct graph *g, const struct graph_limits *limits, struct graph_collection *c,
                   struct error *e)
{
    int64_t now_s;
    bool end = true, done = false;
    if (!graph_now(g, &now_s, e)) {
        return false;
    }
    c->whole = false;
    int64_t deleted_s = now_s - limits->notification_s;
    switch (c->table) {
    case GRAPH_COLLECT_PACKAGES:
        done = walk(g, &packages, limits->rows, now_s, &c->at, &c->packages, &end, e);
        break;
    case GRAPH_COLLECT_NOTIFICATIONS:
        done = walk(g, &notifications, limits->rows, deleted_s, &c->at, &c->notifications, &end, e);
        break;
    case GRAPH_COLLECT_STATES:
        done = walk(g, &states, limits->rows, now_s, &c->at, &c->states, &end, e);
        break;
    case GRAPH_COLLECT_LEASES:
        done = end_some(g, limits, now_s, c, e);
        c->whole = done;
        break;
    }
    if (done && end) {
        c->at = 0;
        c->table = c->whole ? GRAPH_COLLECT_PACKAGES : c->table + 1;
    }
    return done;
}
