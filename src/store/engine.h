/* engine.h: the driver that all SQL of limpid goes through. An engine is one file that exports one
 * row, `engine_X`, and one word in ENGINES; in SERVER_ENGINES where it needs a library that a scan
 * must not load. ENGINES are in every program; the table `server_engines` has all of both lists,
 * and lies with them in the library `store_postgres`, which only limpid-serve and tests link.
 *
 * SQL is written once, in the dialect that SQLite and PostgreSQL share; parameters are $1, $2 … and
 * mean the same in both (to SQLite itself, $1 would be a name, numbered by its first appearance).
 * Types are BIGINT, TEXT and BYTEA; of the words that PostgreSQL has not, its driver knows two:
 * INTEGER PRIMARY KEY (64 bits, numbered by the database where none is given) and WITHOUT ROWID.
 * Of a text that db_exec runs, what stands between the words / *postgres and postgres* / (without
 * the blanks) is PostgreSQL's alone.
 * What needs two texts stands side by side, and `language` tells which one to take. Parameters of
 * PostgreSQL have the types that are bound, an integer is a BIGINT; it says at the first step, not
 * when it is prepared, that a statement is wrong. It refuses TEXT that is not UTF-8 or has a NUL
 * (ERROR_FORMAT): what comes from outside is stored as bytes.
 *
 * Text and bytes that are bound must live until the statement's next db_reset; columns are valid
 * until the next step, reset or finish. A database and its statements belong to one thread.
 *
 * A connection to PostgreSQL that is lost fails the transaction, or the single statement, that
 * meets the loss (`sys` is ECONNRESET); the next one connects again, and statements stay valid.
 *
 * Errors: ERROR_FORMAT the file is damaged, foreign or of another schema; ERROR_IO the system
 * refused (`sys` is EBUSY where another process holds a lock too long, EROFS, ENOSPC …);
 * ERROR_MEMORY; ERROR_LIMIT a value is too large. */
#ifndef LIMPID_STORE_ENGINE_H
#define LIMPID_STORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/reader.h" /* enum step */

struct engine;

enum db_mode {
    DB_IMMUTABLE, /* nobody changes it while it is open: no locks, no other files */
    DB_READ,      /* others may write; nothing is created beside it */
    DB_WRITE,     /* shared with other processes; must exist */
    DB_CREATE,    /* the same; made where it is missing */
    DB_DURABLE,   /* as DB_CREATE, and what was committed outlives a loss of power */
    DB_LOAD,      /* a new file of our own, written once: no journal, no fsync until db_flush */
};

struct db_options {
    const char *path; /* SQLite: the file; PostgreSQL: the connection string */
    enum db_mode mode;
    unsigned cache_kib;  /* page cache */
    unsigned page_bytes; /* SQLite, of a new file; 0: as it likes */
    unsigned busy_ms;    /* how long a lock of another process is waited for */
};

/* What an engine's own structs begin with. */
struct db {
    const struct engine *engine;
};

struct statement {
    const struct engine *engine;
};

/* What a database says of its schema. */
struct schema_mark {
    uint32_t application; /* whose it is */
    uint32_t version;     /* 0: none yet */
    uint32_t readable;    /* the oldest version whose programs can use it as it is */
};

/* Which of two texts of a statement an engine takes, where one will not do for both. */
enum sql_language { SQL_SQLITE, SQL_POSTGRES };

struct engine {
    const char *name;
    enum sql_language language;
    bool (*check)(const char *path, struct error *e); /* ERROR_USAGE: db_open could never open it */
    bool (*open)(const struct db_options *options, struct db **out, struct error *e);
    void (*close)(struct db *db);
    bool (*exec)(struct db *db, const char *sql, struct error *e);
    bool (*begin)(struct db *db, struct error *e);
    bool (*commit)(struct db *db, struct error *e);
    void (*rollback)(struct db *db);
    bool (*prepare)(struct db *db, str sql, struct statement **out, struct error *e);
    void (*finish)(struct statement *s);
    bool (*bind_int)(struct statement *s, int n, int64_t value, struct error *e);
    bool (*bind_text)(struct statement *s, int n, str value, struct error *e);
    bool (*bind_bytes)(struct statement *s, int n, str value, struct error *e);
    /* Of PostgreSQL alone, NULL elsewhere: a whole array as one parameter (bytea[], bigint[]), and
     * a transaction in one round trip. */
    bool (*bind_bytes_list)(struct statement *s, int n, const str *values, size_t count,
                            struct error *e);
    bool (*bind_int_list)(struct statement *s, int n, const int64_t *values, size_t count,
                          struct error *e);
    bool (*together)(struct db *db, struct statement *const *statements, size_t count,
                     struct error *e);
    enum step (*step)(struct statement *s, struct error *e);
    void (*reset)(struct statement *s);
    void (*clear)(struct statement *s);
    int64_t (*column_int)(struct statement *s, int n);
    str (*column_text)(struct statement *s, int n);
    str (*column_bytes)(struct statement *s, int n);
    /* The schema of the database; `empty`: there are no tables. Within a transaction, others that
     * do the same wait for its end. */
    bool (*schema_get)(struct db *db, struct schema_mark *out, bool *empty, struct error *e);
    bool (*schema_set)(struct db *db, const struct schema_mark *mark, struct error *e);
};

#define ENGINES(X) X(sqlite)
#define ENGINE_DECLARE(name) extern const struct engine engine_##name;
ENGINES(ENGINE_DECLARE)

extern const struct engine *const engines[];
extern const size_t engines_count;

#define SERVER_ENGINES(X) X(postgres)
SERVER_ENGINES(ENGINE_DECLARE)

extern const struct engine *const server_engines[];
extern const size_t server_engines_count;

/* Opens a database; nothing is created unless the mode says so. */
static inline MUST_USE bool db_open(const struct engine *engine, const struct db_options *options,
                                    struct db **out, struct error *e)
{
    return engine->open(options, out, e);
}

static inline void db_close(struct db *db) /* NULL is fine; statements must be finished before */
{
    if (db != NULL) {
        db->engine->close(db);
    }
}

/* Statements without parameters and results, separated by ';'. */
static inline MUST_USE bool db_exec(struct db *db, const char *sql, struct error *e)
{
    return db->engine->exec(db, sql, e);
}

/* A transaction that writes: taken at once, so that it cannot fail for a lock later on. */
static inline MUST_USE bool db_begin(struct db *db, struct error *e)
{
    return db->engine->begin(db, e);
}

static inline MUST_USE bool db_commit(struct db *db, struct error *e)
{
    return db->engine->commit(db, e);
}

static inline void db_rollback(struct db *db) /* without a transaction: nothing */
{
    db->engine->rollback(db);
}

static inline MUST_USE bool db_prepare(struct db *db, str sql, struct statement **out,
                                       struct error *e)
{
    return db->engine->prepare(db, sql, out, e);
}

static inline void db_finish(struct statement *s) /* NULL is fine */
{
    if (s != NULL) {
        s->engine->finish(s);
    }
}

static inline MUST_USE bool db_bind_int(struct statement *s, int n, int64_t value, struct error *e)
{
    return s->engine->bind_int(s, n, value, e);
}

/* An empty text is stored as such, not as NULL. */
static inline MUST_USE bool db_bind_text(struct statement *s, int n, str value, struct error *e)
{
    return s->engine->bind_text(s, n, value, e);
}

static inline MUST_USE bool db_bind_bytes(struct statement *s, int n, str value, struct error *e)
{
    return s->engine->bind_bytes(s, n, value, e);
}

/* An array as one parameter; copied. Only where the language is SQL_POSTGRES. */
static inline MUST_USE bool db_bind_bytes_list(struct statement *s, int n, const str *values,
                                               size_t count, struct error *e)
{
    return s->engine->bind_bytes_list(s, n, values, count, e);
}

static inline MUST_USE bool db_bind_int_list(struct statement *s, int n, const int64_t *values,
                                             size_t count, struct error *e)
{
    return s->engine->bind_int_list(s, n, values, count, e);
}

/* Runs different statements, all of them bound, as one transaction of their own, for their effect
 * alone: they are sent together and waited for once. Where one fails, nothing is changed, and `e`
 * tells why that one failed. Each sees what those before it did, and what others have committed
 * until it begins. Only where the language is SQL_POSTGRES. */
static inline MUST_USE bool db_together(struct db *db, struct statement *const *statements,
                                        size_t count, struct error *e)
{
    return db->engine->together(db, statements, count, e);
}

/* STEP_GOT: a row; STEP_END: done. */
static inline MUST_USE enum step db_step(struct statement *s, struct error *e)
{
    return s->engine->step(s, e);
}

/* Ready for new values and another run; ends the read lock that a half-read result holds. */
static inline void db_reset(struct statement *s)
{
    s->engine->reset(s);
}

/* All parameters are NULL again. */
static inline void db_clear(struct statement *s)
{
    s->engine->clear(s);
}

/* Columns count from 0; NULL reads as 0 or empty. */
static inline int64_t db_column_int(struct statement *s, int n)
{
    return s->engine->column_int(s, n);
}

static inline str db_column_text(struct statement *s, int n)
{
    return s->engine->column_text(s, n);
}

static inline str db_column_bytes(struct statement *s, int n)
{
    return s->engine->column_bytes(s, n);
}

/* Runs a statement that gives no rows, and resets it whatever comes. */
static inline MUST_USE bool db_run(struct statement *s, struct error *e)
{
    enum step got = s->engine->step(s, e);
    s->engine->reset(s);
    return got != STEP_FAILED;
}

#endif
