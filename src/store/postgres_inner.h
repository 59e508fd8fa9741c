/* postgres_inner.h: what the two files of the engine for PostgreSQL share. */
#ifndef LIMPID_STORE_POSTGRES_INNER_H
#define LIMPID_STORE_POSTGRES_INNER_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "store/engine.h"

enum { POSTGRES_SQL_BYTES_MAX = 256 * 1024 };
#define POSTGRES_BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED"

struct postgres_db {
    struct db base;
    PGconn *handle;
    unsigned busy_ms;
    bool writes, in_transaction, lost;
    uint64_t session; /* counts connections; statements are prepared once in each */
    uint64_t names;   /* of statements, given so far */
};

/* Fills `e` from a result (NULL: from the connection), notes a lost connection; returns false. */
bool postgres_fail(struct postgres_db *db, const PGresult *result, struct error *e);

/* Before a statement: connects again where the connection was lost and no transaction is open. */
bool postgres_ready(struct postgres_db *db, struct error *e) MUST_USE;

/* As in engine.h. */
bool postgres_prepare(struct db *base, str sql, struct statement **out, struct error *e);
void postgres_finish(struct statement *base);
bool postgres_bind_int(struct statement *base, int n, int64_t value, struct error *e);
bool postgres_bind_text(struct statement *base, int n, str value, struct error *e);
bool postgres_bind_bytes(struct statement *base, int n, str value, struct error *e);
bool postgres_bind_bytes_list(struct statement *base, int n, const str *values, size_t count,
                              struct error *e);
bool postgres_bind_int_list(struct statement *base, int n, const int64_t *values, size_t count,
                            struct error *e);
bool postgres_together(struct db *base, struct statement *const *statements, size_t count,
                       struct error *e);
enum step postgres_step(struct statement *base, struct error *e);
void postgres_reset(struct statement *base);
void postgres_clear(struct statement *base);
int64_t postgres_column_int(struct statement *base, int n);
str postgres_column_text(struct statement *base, int n);

#endif
