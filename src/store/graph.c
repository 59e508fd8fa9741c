#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "store/graph_inner.h"
#include "store/migrate.h"
#include "stream/hash.h"

/* The connection of graph.h, its transactions and keys.
 *
 * 1. Each function of graph.h is one transaction: all of it is there, or nothing.
 * 2. A transaction that changes what an answer could show begins with graph_change. Its number is
 *    the epoch; it is seen by others at the same moment as the change. A new layer changes none.
 * 3. Rows that several statements read together (the states of vulnerabilities, the chunks of a
 *    part) never change, so that readers need no transaction.
 * 4. Locks are taken in one order, so that nobody waits in a circle: counter 1; the lock of layers,
 *    shared or alone; rows of layers; rows of packages by their keys; the others. */

enum {
    CACHE_KIB = 2048,
    OPEN_TRIES_MAX = 50, /* while another process makes the database just now */
    OPEN_PAUSE_NS = 10 * 1000 * 1000,
    SQL_BYTES_MAX = 64 * 1024,
};

static const struct graph_sql epoch_get = {.text = "SELECT value FROM counter WHERE id = 1"};
static const struct graph_sql change = {
    .text = "UPDATE counter SET value = value + $1 WHERE id = 1 "
            "RETURNING value, CAST(strftime('%s', 'now') AS BIGINT)",
    .postgres = "UPDATE counter SET value = value + $1 WHERE id = 1 "
                "RETURNING value, CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)"};
static const struct graph_sql lock_shared = {.text = "SELECT 1", .postgres = GRAPH_LOCK_SHARED};
static const struct graph_sql lock_alone = {
    .text = "SELECT 1", .postgres = "SELECT pg_advisory_xact_lock(" GRAPH_LOCK ")"};
static const struct graph_sql now_get = {
    .text = "SELECT CAST(strftime('%s', 'now') AS BIGINT)",
    .postgres = "SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)"};

/* -- opening -------------------------------------------------------------------------------- */

static bool open_once(struct graph *g, const struct graph_options *options, struct error *e)
{
    struct db_options db = {.path = options->path,
                            .mode = DB_DURABLE,
                            .cache_kib = CACHE_KIB,
                            .busy_ms = options->busy_ms};
    if (!db_open(options->engine, &db, &g->db, e)) {
        g->db = NULL;
        return false;
    }
    if (!schema_migrate(g->db, &schema_service, e)) {
        db_close(g->db);
        g->db = NULL;
        return error_wrap(e, "the service's database");
    }
    return true;
}

bool graph_open(const struct graph_options *options, struct graph **out, struct error *e)
{
    struct graph *g = calloc(1, sizeof(*g));
    if (g == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a connection");
    }
    g->engine = options->engine;
    struct error why = {0};
    for (unsigned i = 0; !open_once(g, options, &why); i++) {
        /* SQLite does not wait by itself where the log's mode is being changed */
        if (why.sys != EBUSY || i == OPEN_TRIES_MAX) {
            free(g);
            if (e != NULL) {
                *e = why;
            }
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = OPEN_PAUSE_NS}, NULL);
        why = (struct error){0};
    }
    *out = g;
    return true;
}

bool graph_look(struct graph *g, struct error *e)
{
    return schema_require(g->db, &schema_service, e) || error_wrap(e, "the service's database");
}

void graph_close(struct graph *g)
{
    if (g == NULL) {
        return;
    }
    for (size_t i = 0; i < g->known_count; i++) {
        db_finish(g->known[i].statement);
    }
    db_close(g->db);
    free(g);
}

/* -- statements ----------------------------------------------------------------------------- */

/* Writes the parameters that a '@' stands for. */
static bool add_batch(const struct graph_sql *sql, struct buf *to, struct error *e)
{
    int n = sql->before;
    for (int row = 0; row < GRAPH_BATCH; row++) {
        for (int column = 0; column < sql->columns; column++) {
            const char *open = column > 0 || row > 0 ? "," : "";
            const char *group = column == 0 && sql->columns > 1 ? "(" : "";
            const char *close = column == sql->columns - 1 && sql->columns > 1 ? ")" : "";
            if (!buf_printf(to, e, "%s%s$%d%s", open, group, ++n, close)) {
                return false;
            }
        }
    }
    return true;
}

static bool prepare(struct graph *g, const struct graph_sql *sql, struct statement **out,
                    struct error *e)
{
    bool twin = sql->postgres != NULL && g->engine->language == SQL_POSTGRES;
    str text = str_from(twin ? sql->postgres : sql->text), head;
    if (sql->columns == 0) {
        return db_prepare(g->db, text, out, e);
    }
    CLEANUP(buf_done) struct buf whole;
    buf_init(&whole, SQL_BYTES_MAX);
    bool done = str_cut(&text, '@', &head) && buf_add_str(&whole, head, e) &&
                add_batch(sql, &whole, e) && buf_add_str(&whole, text, e);
    return done && db_prepare(g->db, buf_str(&whole), out, e);
}

static struct statement *statement(struct graph *g, const struct graph_sql *sql, struct error *e)
{
    for (size_t i = 0; i < g->known_count; i++) {
        if (g->known[i].sql == sql) {
            return g->known[i].statement;
        }
    }
    struct statement *made;
    if (g->known_count == GRAPH_STATEMENTS_MAX) {
        error_set(e, ERROR_LIMIT, "more than %d statements", GRAPH_STATEMENTS_MAX);
        return NULL;
    }
    if (!prepare(g, sql, &made, e)) {
        return NULL;
    }
    g->known[g->known_count].sql = sql;
    g->known[g->known_count++].statement = made;
    return made;
}

static bool bind(struct statement *st, int n, const struct graph_value *v, struct error *e)
{
    switch (v->kind) {
    case GRAPH_NUMBER:
        return db_bind_int(st, n, v->number, e);
    case GRAPH_BYTES:
        return db_bind_bytes(st, n, v->bytes, e);
    case GRAPH_NUMBERS:
        return db_bind_int_list(st, n, v->numbers, v->count, e);
    case GRAPH_TEXTS:
        return db_bind_bytes_list(st, n, v->texts, v->count, e);
    }
    return false;
}

struct statement *graph_ask(struct graph *g, const struct graph_sql *sql,
                            const struct graph_value *values, size_t count, struct error *e)
{
    struct statement *st = statement(g, sql, e);
    if (st == NULL) {
        return NULL;
    }
    db_reset(st);
    for (size_t i = 0; i < count; i++) {
        if (!bind(st, (int)i + 1, &values[i], e)) { /* count ≤ 32 · 12 */
            return NULL;
        }
    }
    return st;
}

bool graph_run(struct graph *g, const struct graph_sql *sql, const struct graph_value *values,
               size_t count, struct error *e)
{
    struct statement *st = graph_ask(g, sql, values, count, e);
    return st != NULL && db_run(st, e);
}

bool graph_number(struct graph *g, const struct graph_sql *sql, const struct graph_value *values,
                  size_t count, int64_t *first, int64_t *second, bool *found, struct error *e)
{
    struct statement *st = graph_ask(g, sql, values, count, e);
    if (st == NULL) {
        return false;
    }
    enum step got = db_step(st, e);
    *found = got == STEP_GOT;
    if (*found) {
        *first = db_column_int(st, 0);
    }
    if (*found && second != NULL) {
        *second = db_column_int(st, 1);
    }
    db_reset(st);
    return got != STEP_FAILED;
}

/* -- transactions --------------------------------------------------------------------------- */

/* A look for its effect: its rows say nothing. */
static bool lock(struct graph *g, const struct graph_sql *sql, struct error *e)
{
    return !graph_is_postgres(g) || graph_run(g, sql, NULL, 0, e);
}

bool graph_lock_shared(struct graph *g, struct error *e)
{
    return lock(g, &lock_shared, e);
}

bool graph_lock_alone(struct graph *g, struct error *e)
{
    return lock(g, &lock_alone, e);
}

bool graph_transact(struct graph *g, bool (*work)(struct graph *g, void *what, struct error *e),
                    void *what, struct error *e)
{
    for (bool again = true;; again = false) {
        struct error why = {0};
        if (db_begin(g->db, &why) && work(g, what, &why) && db_commit(g->db, &why)) {
            return true;
        }
        db_rollback(g->db);
        if (!again || why.sys != EBUSY) {
            if (e != NULL) {
                *e = why;
            }
            return false;
        }
    }
}

bool graph_change(struct graph *g, uint64_t count, int64_t *first, int64_t *now_s, struct error *e)
{
    int64_t last = 0;
    bool found = false;
    if (!graph_number(g, &change, VALUES(NUMBER(count)), &last, now_s, &found, e)) {
        return false;
    }
    *first = last - (int64_t)count + 1;
    return found || error_set(e, ERROR_FORMAT, "the counter of changes is gone");
}

bool graph_now(struct graph *g, int64_t *now_s, struct error *e)
{
    bool found;
    *now_s = 0;
    return graph_number(g, &now_get, NULL, 0, now_s, NULL, &found, e);
}

bool graph_epoch(struct graph *g, uint64_t *epoch, struct error *e)
{
    int64_t value = 0;
    bool found;
    if (!graph_number(g, &epoch_get, NULL, 0, &value, NULL, &found, e)) {
        return false;
    }
    *epoch = (uint64_t)value; /* counts up from 1 */
    return found || error_set(e, ERROR_FORMAT, "the counter of changes is gone");
}

/* -- keys and texts ------------------------------------------------------------------------- */

str graph_key(const str *texts, size_t count, uint8_t to[GRAPH_KEY_BYTES])
{
    struct hash h;
    hash_init(&h, DIGEST_SHA256);
    for (size_t i = 0; i < count; i++) {
        uint64_t len = texts[i].len;
        uint8_t length[8];
        for (size_t k = 0; k < sizeof(length); k++) {
            length[k] = (uint8_t)(len >> 8 * k);
        }
        hash_update(&h, length, sizeof(length));
        hash_update(&h, texts[i].at, texts[i].len);
    }
    digest d = hash_done(&h);
    memcpy(to, d.bytes, GRAPH_KEY_BYTES);
    return (str){.at = (const char *)to, .len = GRAPH_KEY_BYTES};
}

int64_t graph_hash(str text)
{
    uint8_t key[GRAPH_KEY_BYTES];
    graph_key(&text, 1, key);
    return (int64_t)num_le64(key); /* any 64 bits are as good */
}

str graph_digest_key(digest d, char to[1 + DIGEST_BYTES_MAX])
{
    to[0] = (char)d.algorithm;
    memcpy(to + 1, d.bytes, digest_size(d.algorithm));
    return (str){.at = to, .len = 1 + digest_size(d.algorithm)};
}

bool graph_digest_of_key(str key, digest *out, struct error *e)
{
    digest d = {0};
    bool known = key.len > 0 && (unsigned char)key.at[0] <= DIGEST_SHA512;
    if (known) {
        d.algorithm = (enum digest_algorithm)key.at[0];
    }
    if (!known || key.len != 1 + digest_size(d.algorithm)) {
        return error_set(e, ERROR_FORMAT, "a digest of %zu bytes in the database", key.len);
    }
    memcpy(d.bytes, key.at + 1, key.len - 1);
    *out = d;
    return true;
}

bool graph_texts_fit(const str *texts, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len > GRAPH_TEXT_BYTES_MAX) {
            return error_set(e, ERROR_LIMIT, "a text of %zu of %d bytes for the database",
                             texts[i].len, GRAPH_TEXT_BYTES_MAX);
        }
    }
    return true;
}

bool graph_text(struct statement *st, int column, struct arena *arena, str *out, struct error *e)
{
    return arena_str(arena, db_column_bytes(st, column), out, e);
}
