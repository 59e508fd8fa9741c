#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "store/postgres_inner.h"

/* PostgreSQL by libpq: connections and transactions. Statements are in postgres_statement.c.
 *
 * 1. Everything of limpid's lies in a schema of its own, so that a database that Clair has used
 *    will do.
 * 2. A lost connection is an error for the transaction, or the single statement, that meets the
 *    loss; the next one connects again. Whether a commit that met it took place is not known.
 * 3. Statements are prepared by name in the session that first runs them, and again in the next.
 *
 *   CONNECTED --failed (the connection is bad)--> LOST
 *   LOST --postgres_ready, outside of a transaction--> CONNECTED in a new session */

/* Who hangs within a transaction is cut off: others wait for it. */
enum { IDLE_IN_TRANSACTION_MS = 15 * 1000, SETUP_BYTES = 800 };

/* Held until the end of the transaction by whoever makes or changes tables: "limpid" in ASCII. */
#define LOCK_SCHEMA "SELECT pg_advisory_xact_lock(119195640523108)"

static struct postgres_db *own(struct db *db)
{
    return CONTAINER_OF(db, struct postgres_db, base);
}

/* -- errors --------------------------------------------------------------------------------- */

/* SQLSTATE (PostgreSQL's appendix A) in errno; a state of two letters is a class. */
static const struct {
    const char *state;
    enum error_kind kind;
    int sys;
} states[] = {
    {"55P03", ERROR_IO, EBUSY},  /* lock_not_available: lock_timeout */
    {"40", ERROR_IO, EBUSY},     /* serialization_failure, deadlock_detected */
    {"53100", ERROR_IO, ENOSPC}, /* disk_full */
    {"53200", ERROR_IO, ENOMEM}, /* out_of_memory, of the server */
    {"53", ERROR_IO, EAGAIN},    /* too_many_connections … */
    {"25006", ERROR_IO, EROFS},  /* read_only_sql_transaction */
    {"25P03", ERROR_IO, ETIMEDOUT},
    {"28", ERROR_IO, EACCES},    /* invalid_authorization_specification */
    {"42501", ERROR_IO, EACCES}, /* insufficient_privilege */
    {"3D000", ERROR_IO, ENOENT}, /* invalid_catalog_name: no such database */
    {"08", ERROR_IO, ECONNRESET},
    {"57", ERROR_IO, ECONNRESET}, /* admin_shutdown, cannot_connect_now … */
    {"58", ERROR_IO, EIO},        /* system_error */
    {"XX", ERROR_IO, EIO},        /* data_corrupted, internal_error */
    {"54", ERROR_LIMIT, 0},       /* program_limit_exceeded */
};

static bool told(struct error *e, enum error_kind kind, int sys, const char *text)
{
    int line = (int)strcspn(text, "\n"); /* messages are short */
    error_set(e, kind, "%.*s", line, text);
    if (e != NULL) {
        e->sys = sys;
    }
    return false;
}

bool postgres_fail(struct postgres_db *db, const PGresult *result, struct error *e)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE); /* NULL is fine */
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (PQstatus(db->handle) == CONNECTION_BAD || state == NULL) {
        db->lost = PQstatus(db->handle) == CONNECTION_BAD;
        return told(e, ERROR_IO, ECONNRESET, text != NULL ? text : PQerrorMessage(db->handle));
    }
    for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0) {
            return told(e, states[i].kind, states[i].sys, text != NULL ? text : state);
        }
    }
    return told(e, ERROR_FORMAT, 0, text != NULL ? text : state);
}

static bool run(struct postgres_db *db, const char *sql, struct error *e)
{
    PGresult *result = PQexec(db->handle, sql);
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
                status == PGRES_EMPTY_QUERY || postgres_fail(db, result, e);
    PQclear(result);
    return done;
}

/* The first row's numbers, none of them below 0; NULL reads as 0. */
static bool numbers(struct postgres_db *db, const char *sql, int64_t *to, int count,
                    struct error *e)
{
    PGresult *result = PQexec(db->handle, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQnfields(result) < count) {
        postgres_fail(db, result, e);
        PQclear(result);
        return false;
    }
    for (int i = 0; i < count; i++) {
        uint64_t value = 0;
        str text = PQntuples(result) > 0 ? str_from(PQgetvalue(result, 0, i)) : STR_NONE;
        to[i] = num_parse(text, 10, INT64_MAX, &value) ? (int64_t)value : 0;
    }
    PQclear(result);
    return true;
}

/* -- connections ---------------------------------------------------------------------------- */

static void quiet(void *unused UNUSED, const char *message UNUSED)
{
}

static bool schema_make(struct postgres_db *db, struct error *e)
{
    int64_t there = 0;
    if (!numbers(db, "SELECT (to_regnamespace('limpid') IS NOT NULL)::int", &there, 1, e)) {
        return false;
    }
    return there != 0 ||
           run(db, "BEGIN;" LOCK_SCHEMA ";CREATE SCHEMA IF NOT EXISTS limpid;COMMIT", e);
}

/* What a session is told at its start. */
static bool session_set_up(struct postgres_db *db, struct error *e)
{
    char sql[SETUP_BYTES];
    PQsetNoticeProcessor(db->handle, quiet, NULL);
    snprintf(sql, sizeof(sql),
             "SET client_encoding = 'UTF8'; SET search_path = limpid; SET lock_timeout = %u; "
             "SET idle_in_transaction_session_timeout = %d; "
             /* look-ups by index all: no plan waits for statistics, or is made twice */
             "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
             "SET jit = off; "
             "SET plan_cache_mode = force_generic_plan; "
             /* of a program that takes the locks of schema 3 itself (0003_service.sql) */
             "SET limpid.locks = 'own'; "
             "SET synchronous_commit = on; SET default_transaction_read_only = %s",
             db->busy_ms, IDLE_IN_TRANSACTION_MS, db->writes ? "off" : "on");
    db->session++;
    db->lost = false;
    db->in_transaction = false;
    return run(db, sql, e);
}

static bool connect_to(struct postgres_db *db, const char *where, struct error *e)
{
    /* what stands before dbname may be said otherwise there */
    const char *const names[] = {"connect_timeout", "keepalives_idle",  "tcp_user_timeout",
                                 "dbname",          "application_name", NULL};
    const char *const values[] = {"10", "30", "60000", where, "limpid", NULL};
    db->handle = PQconnectdbParams(names, values, 1);
    if (db->handle == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a connection");
    }
    if (PQstatus(db->handle) != CONNECTION_OK) {
        return told(e, ERROR_IO, ECONNREFUSED, PQerrorMessage(db->handle));
    }
    return session_set_up(db, e) && (!db->writes || schema_make(db, e));
}

bool postgres_ready(struct postgres_db *db, struct error *e)
{
    if (db->in_transaction) {
        return !db->lost || told(e, ERROR_IO, ECONNRESET, "the connection was lost");
    }
    /* a server that has gone while nobody asked is noticed here: the first look reads what it said
     * last, the second one that it closed */
    if (!db->lost && PQconsumeInput(db->handle) == 1 && PQconsumeInput(db->handle) == 1 &&
        PQstatus(db->handle) == CONNECTION_OK) {
        return true;
    }
    db->lost = true;
    PQreset(db->handle);
    if (PQstatus(db->handle) != CONNECTION_OK) {
        return told(e, ERROR_IO, ECONNREFUSED, PQerrorMessage(db->handle));
    }
    return session_set_up(db, e);
}

static void postgres_close(struct db *base)
{
    struct postgres_db *db = own(base);
    PQfinish(db->handle);
    free(db);
}

/* Text that no server will ever be asked with. libpq's message is not told: what it quotes may be
 * a part of a password. */
static bool conninfo_check(const char *text, struct error *e)
{
    char *why = NULL;
    if (strchr(text, '=') == NULL && strstr(text, "://") == NULL) {
        return true; /* the name of a database alone */
    }
    PQconninfoOption *options = PQconninfoParse(text, &why);
    bool fine = options != NULL;
    PQconninfoFree(options);
    PQfreemem(why);
    if (!fine) {
        error_set(e, ERROR_USAGE, "the connection string is none that PostgreSQL's library knows");
        error_hint(e, "it is 'host=db user=limpid dbname=limpid', or a URL postgresql://…; a value "
                      "with blanks stands in single quotes");
    }
    return fine;
}

static bool postgres_open(const struct db_options *options, struct db **out, struct error *e)
{
    if (!conninfo_check(options->path, e)) {
        return error_wrap(e, "PostgreSQL");
    }
    struct postgres_db *db = calloc(1, sizeof(*db));
    if (db == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a database");
    }
    db->base.engine = &engine_postgres;
    db->writes = options->mode != DB_IMMUTABLE && options->mode != DB_READ;
    /* 0 would be to wait for ever */
    db->busy_ms = options->busy_ms == 0        ? 1
                  : options->busy_ms > INT_MAX ? INT_MAX
                                               : options->busy_ms;
    if (!connect_to(db, options->path, e)) {
        postgres_close(&db->base);
        return error_wrap(e, "PostgreSQL"); /* the connection string may hold a password */
    }
    *out = &db->base;
    return true;
}

/* -- transactions --------------------------------------------------------------------------- */

/* The words of SQLite's that PostgreSQL has others for. */
static bool translate(const char *sql, struct buf *to, struct error *e)
{
    static const struct {
        str theirs, ours;
    } words[] = {
        {STR_INIT("INTEGER PRIMARY KEY"),
         STR_INIT("BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")},
        {STR_INIT(") WITHOUT ROWID"), STR_INIT(")")},
        {STR_INIT("/*postgres"), STR_INIT("")},
        {STR_INIT("postgres*/"), STR_INIT("")},
    };
    str rest = str_from(sql);
    while (rest.len > 0) {
        size_t i = 0;
        while (i < ARRAY_COUNT(words) && !str_starts(rest, words[i].theirs)) {
            i++;
        }
        bool is_word = i < ARRAY_COUNT(words);
        str write = is_word ? words[i].ours : str_slice(rest, 0, 1);
        if (!buf_add_str(to, write, e)) {
            return false;
        }
        rest = str_slice(rest, is_word ? words[i].theirs.len : 1, rest.len);
    }
    return buf_add_char(to, '\0', e);
}

static bool postgres_exec(struct db *base, const char *sql, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, POSTGRES_SQL_BYTES_MAX);
    return translate(sql, &text, e) && postgres_ready(own(base), e) && run(own(base), text.at, e);
}

static bool postgres_begin(struct db *base, struct error *e)
{
    struct postgres_db *db = own(base);
    if (!postgres_ready(db, e) || !run(db, POSTGRES_BEGIN, e)) {
        return false;
    }
    db->in_transaction = true;
    return true;
}

static bool postgres_commit(struct db *base, struct error *e)
{
    struct postgres_db *db = own(base);
    if (!postgres_ready(db, e)) {
        return false;
    }
    PGresult *result = PQexec(db->handle, "COMMIT");
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK || postgres_fail(db, result, e);
    /* of a transaction in which something failed, COMMIT says ROLLBACK */
    if (done && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        done = error_set(e, ERROR_FORMAT, "commit of a transaction that has failed");
    }
    PQclear(result);
    db->in_transaction = db->in_transaction && !done;
    return done;
}

static void postgres_rollback(struct db *base)
{
    struct postgres_db *db = own(base);
    if (db->in_transaction && !db->lost && !run(db, "ROLLBACK", NULL)) {
        db->lost = true; /* connected anew, which rolls back too */
    }
    db->in_transaction = false;
}

/* -- schema --------------------------------------------------------------------------------- */

static bool postgres_schema_get(struct db *base, struct schema_mark *out, bool *empty,
                                struct error *e)
{
    struct postgres_db *db = own(base);
    int64_t look[2], found[3] = {0, 0, 0};
    if (!postgres_ready(db, e) || (db->in_transaction && !run(db, LOCK_SCHEMA, e)) ||
        !numbers(db,
                 "SELECT (to_regclass('limpid.limpid_schema') IS NOT NULL)::int, count(*) "
                 "FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace('limpid')",
                 look, 2, e) ||
        (look[0] != 0 && !numbers(db,
                                  /* the first tables had no column `readable` */
                                  "SELECT application, version, coalesce((to_jsonb(s)->>'readable')"
                                  "::bigint, version) FROM limpid_schema s",
                                  found, 3, e))) {
        return false;
    }
    /* as schema_set wrote them */
    *out = (struct schema_mark){.application = (uint32_t)found[0],
                                .version = (uint32_t)found[1],
                                .readable = (uint32_t)found[2]};
    *empty = look[1] == 0;
    return true;
}

static bool postgres_schema_set(struct db *base, const struct schema_mark *mark, struct error *e)
{
    char sql[400];
    snprintf(sql, sizeof(sql),
             "CREATE TABLE IF NOT EXISTS limpid_schema (application BIGINT NOT NULL, version "
             "BIGINT NOT NULL); ALTER TABLE limpid_schema ADD COLUMN IF NOT EXISTS readable "
             "BIGINT; DELETE FROM limpid_schema; INSERT INTO limpid_schema (application, version, "
             "readable) VALUES (%u, %u, %u)",
             mark->application, mark->version, mark->readable);
    return postgres_exec(base, sql, e);
}

const struct engine engine_postgres = {
    .name = "postgres",
    .language = SQL_POSTGRES,
    .check = conninfo_check,
    .open = postgres_open,
    .close = postgres_close,
    .exec = postgres_exec,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .prepare = postgres_prepare,
    .finish = postgres_finish,
    .bind_int = postgres_bind_int,
    .bind_text = postgres_bind_text,
    .bind_bytes = postgres_bind_bytes,
    .bind_bytes_list = postgres_bind_bytes_list,
    .bind_int_list = postgres_bind_int_list,
    .together = postgres_together,
    .step = postgres_step,
    .reset = postgres_reset,
    .clear = postgres_clear,
    .column_int = postgres_column_int,
    .column_text = postgres_column_text,
    .column_bytes = postgres_column_text,
    .schema_get = postgres_schema_get,
    .schema_set = postgres_schema_set,
};
