#include "store/graph_inner.h"

/* Leases by which instances share work, and single values.
 *
 * 1. At any time at most one owner holds a lease; the database's clock says until when.
 * 2. Each change of owner has a higher fence. A write that brings the fence is refused unless the
 *    lease is still that one's, and the lease cannot change hands before the write is committed. */

static const struct graph_sql take = {
    .text = "INSERT INTO lease (name, owner, fence, until_s) VALUES ($1, $2, 1, $3 + $4) "
            "ON CONFLICT (name) DO UPDATE SET fence = CASE WHEN lease.owner = excluded.owner "
            "THEN lease.fence ELSE lease.fence + 1 END, owner = excluded.owner, "
            "until_s = excluded.until_s WHERE lease.owner = excluded.owner OR lease.until_s <= $3 "
            "RETURNING fence"};
static const struct graph_sql check = {
    .text = "SELECT 1 FROM lease WHERE name = $1 AND fence = $2 AND "
            "until_s > CAST(strftime('%s', 'now') AS BIGINT)",
    .postgres = "SELECT 1 FROM lease WHERE name = $1 AND fence = $2 AND "
                "until_s > floor(extract(epoch FROM clock_timestamp()))"};
static const struct graph_sql owner_get = {
    .text = "SELECT owner FROM lease WHERE name = $1 AND "
            "until_s > CAST(strftime('%s', 'now') AS BIGINT)",
    .postgres = "SELECT owner FROM lease WHERE name = $1 AND "
                "until_s > floor(extract(epoch FROM clock_timestamp()))"};
static const struct graph_sql hold = {
    .text = "SELECT 1 FROM lease WHERE name = $1 AND fence = $2 AND "
            "until_s > CAST(strftime('%s', 'now') AS BIGINT)",
    .postgres = "SELECT 1 FROM lease WHERE name = $1 AND fence = $2 AND "
                "until_s > floor(extract(epoch FROM clock_timestamp())) FOR UPDATE"};
static const struct graph_sql release = {
    .text = "UPDATE lease SET owner = $3, until_s = 0 WHERE name = $1 AND fence = $2"};
static const struct graph_sql value_get = {.text = "SELECT value FROM value WHERE key = $1"};
static const struct graph_sql value_set = {
    .text = "INSERT INTO value (key, value) VALUES ($1, $2) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value"};

struct taking {
    str name, owner;
    unsigned seconds;
    int64_t fence;
    bool taken;
};

static bool take_it(struct graph *g, void *what, struct error *e)
{
    struct taking *t = what;
    int64_t now_s;
    return graph_now(g, &now_s, e) &&
           graph_number(g, &take,
                        VALUES(BYTES(t->name), BYTES(t->owner), NUMBER(now_s), NUMBER(t->seconds)),
                        &t->fence, NULL, &t->taken, e);
}

static bool names_fit(str name, str owner, struct error *e)
{
    if (name.len > GRAPH_NAME_BYTES_MAX || owner.len > GRAPH_NAME_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a name of %zu of %d bytes for the database",
                         name.len > owner.len ? name.len : owner.len, GRAPH_NAME_BYTES_MAX);
    }
    return true;
}

bool graph_lease_take(struct graph *g, str name, str owner, unsigned seconds, int64_t *fence,
                      bool *taken, struct error *e)
{
    struct taking t = {.name = name, .owner = owner, .seconds = seconds};
    if (owner.len == 0) {
        return error_set(e, ERROR_FORMAT, "a lease without an owner");
    }
    if (!names_fit(name, owner, e) || !graph_transact(g, take_it, &t, e)) {
        return false;
    }
    *taken = t.taken;
    *fence = t.fence;
    return true;
}

bool graph_lease_check(struct graph *g, str name, int64_t fence, bool *holds, struct error *e)
{
    int64_t one;
    return graph_number(g, &check, VALUES(BYTES(name), NUMBER(fence)), &one, NULL, holds, e);
}

bool graph_lease_owner(struct graph *g, str name, struct arena *arena, str *owner, struct error *e)
{
    struct statement *st = graph_ask(g, &owner_get, VALUES(BYTES(name)), e);
    if (st == NULL) {
        return false;
    }
    *owner = STR_NONE;
    enum step got = db_step(st, e);
    bool done = got == STEP_END || (got == STEP_GOT && graph_text(st, 0, arena, owner, e));
    db_reset(st);
    return done;
}

bool graph_lease_hold(struct graph *g, str name, int64_t fence, bool *holds, struct error *e)
{
    int64_t one;
    return graph_number(g, &hold, VALUES(BYTES(name), NUMBER(fence)), &one, NULL, holds, e);
}

struct releasing {
    str name;
    int64_t fence;
};

static bool release_it(struct graph *g, void *what, struct error *e)
{
    const struct releasing *r = what;
    return graph_run(g, &release, VALUES(BYTES(r->name), NUMBER(r->fence), BYTES(STR_NONE)), e);
}

bool graph_lease_release(struct graph *g, str name, int64_t fence, struct error *e)
{
    struct releasing r = {.name = name, .fence = fence};
    return graph_transact(g, release_it, &r, e);
}

/* -- values --------------------------------------------------------------------------------- */

bool graph_value_get(struct graph *g, str key, struct arena *arena, str *value, struct error *e)
{
    struct statement *st = graph_ask(g, &value_get, VALUES(BYTES(key)), e);
    if (st == NULL) {
        return false;
    }
    str got_value = STR_NONE;
    enum step got = db_step(st, e);
    bool done = got == STEP_END || (got == STEP_GOT && graph_text(st, 0, arena, &got_value, e));
    db_reset(st);
    if (done) {
        *value = got_value;
    }
    return done;
}

bool graph_value_set(struct graph *g, str key, str value, struct error *e)
{
    return graph_run(g, &value_set, VALUES(BYTES(key), BYTES(value)), e);
}

struct writing {
    str key, value, lease;
    int64_t fence;
};

static bool value_is(struct graph *g, str key, str value, bool *is, struct error *e)
{
    struct statement *st = graph_ask(g, &value_get, VALUES(BYTES(key)), e);
    if (st == NULL) {
        return false;
    }
    enum step got = db_step(st, e);
    *is = got == STEP_GOT && str_eq(db_column_bytes(st, 0), value);
    db_reset(st);
    return got != STEP_FAILED;
}

static bool write_value(struct graph *g, void *what, struct error *e)
{
    const struct writing *w = what;
    int64_t number, now_s;
    bool holds = true, is = false;
    if (!value_is(g, w->key, w->value, &is, e) ||
        (!is && !graph_change(g, 1, &number, &now_s, e)) ||
        (w->lease.len > 0 && !graph_lease_hold(g, w->lease, w->fence, &holds, e))) {
        return false;
    }
    if (!holds) {
        return error_set(e, ERROR_ABSENT, "the lease '" STR_FMT "' is not held", STR_ARG(w->lease));
    }
    return is || graph_value_set(g, w->key, w->value, e);
}

bool graph_value_put(struct graph *g, str key, str value, str lease, int64_t fence, struct error *e)
{
    struct writing w = {.key = key, .value = value, .lease = lease, .fence = fence};
    return names_fit(key, lease, e) && graph_texts_fit(&value, 1, e) &&
           graph_transact(g, write_value, &w, e);
}
