#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/buf.h"
#include "store/engine.h"

/* The only file of limpid that knows SQLite as its own database. */

struct sqlite_db {
    struct db base;
    sqlite3 *handle;
    bool stuck; /* within a transaction that could not be given up, for want of memory */
};

struct sqlite_statement {
    struct statement base;
    sqlite3_stmt *handle;
};

static struct sqlite_db *own(struct db *db)
{
    return CONTAINER_OF(db, struct sqlite_db, base);
}

static struct sqlite_statement *own_statement(struct statement *s)
{
    return CONTAINER_OF(s, struct sqlite_statement, base);
}

/* SQLite's result codes in limpid's kinds; the low byte is the class. */
static bool fail(sqlite3 *handle, int code, struct error *e)
{
    const char *text = handle != NULL ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    int sys = handle != NULL ? sqlite3_system_errno(handle) : 0;
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return error_set(e, ERROR_MEMORY, "no memory for a database");
    case SQLITE_TOOBIG:
        return error_set(e, ERROR_LIMIT, "a value is too large for a database");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        sys = EBUSY;
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        sys = EROFS;
        break;
    case SQLITE_FULL:
        sys = ENOSPC;
        break;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
        sys = sys == 0 ? EIO : sys;
        break;
    default:
        return error_set(e, ERROR_FORMAT, "%s", text);
    }
    error_set(e, ERROR_IO, "%s", text);
    if (e != NULL) {
        e->sys = sys;
    }
    return false;
}

/* The file's name as a URI: what has a meaning there is escaped. */
static bool uri_of(const struct db_options *options, struct buf *to, struct error *e)
{
    if (!buf_add_str(to, STR("file:"), e)) {
        return false;
    }
    for (const char *p = options->path; *p != '\0'; p++) {
        bool plain = *p != '%' && *p != '?' && *p != '#';
        if (!(plain ? buf_add_char(to, *p, e) : buf_printf(to, e, "%%%02X", (unsigned)*p))) {
            return false;
        }
    }
    str rest = options->mode == DB_IMMUTABLE ? STR("?mode=ro&immutable=1") : STR_NONE;
    return buf_add_str(to, rest, e) && buf_add_char(to, '\0', e);
}

static bool configure(struct sqlite_db *db, const struct db_options *options, struct error *e)
{
    char sql[400], page[40] = "";
    const char *more = "";
    switch (options->mode) {
    case DB_IMMUTABLE:
    case DB_READ:
        break;
    case DB_CREATE:
        /* journals of statements go into a file above 64 KiB, and a kill can leave that behind */
        more = "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA secure_delete=OFF;"
               "PRAGMA temp_store=MEMORY;PRAGMA journal_size_limit=16777216;";
        break;
    case DB_DURABLE: /* so here */
        more = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=OFF;"
               "PRAGMA temp_store=MEMORY;PRAGMA journal_size_limit=16777216;";
        break;
    case DB_WRITE:
        more = "PRAGMA synchronous=NORMAL;PRAGMA secure_delete=OFF;"
               "PRAGMA journal_size_limit=16777216;";
        break;
    case DB_LOAD:
        more = "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA locking_mode=EXCLUSIVE;";
        break;
    }
    if (options->page_bytes > 0) {
        snprintf(page, sizeof(page), "PRAGMA page_size=%u;", options->page_bytes);
    }
    snprintf(sql, sizeof(sql), "%sPRAGMA cache_size=-%u;PRAGMA mmap_size=0;%s", page,
             options->cache_kib, more);
    sqlite3_busy_timeout(db->handle, (int)(options->busy_ms > 60000 ? 60000 : options->busy_ms));
    int code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    }
    /* The last process to close would otherwise copy the whole log back, and others wait. */
    if (code == SQLITE_OK) {
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    }
    return code == SQLITE_OK || fail(db->handle, code, e);
}

static void sqlite_close(struct db *base)
{
    struct sqlite_db *db = own(base);
    sqlite3_close_v2(db->handle);
    sqlite3_free(db);
}

static bool sqlite_open(const struct db_options *options, struct db **out, struct error *e)
{
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (options->mode) {
    case DB_IMMUTABLE:
    case DB_READ:
        flags |= SQLITE_OPEN_READONLY;
        break;
    case DB_WRITE:
        flags |= SQLITE_OPEN_READWRITE;
        break;
    case DB_CREATE:
    case DB_DURABLE:
    case DB_LOAD:
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        break;
    }
    struct sqlite_db *db = sqlite3_malloc64(sizeof(*db));
    if (db == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a database");
    }
    *db = (struct sqlite_db){.base.engine = &engine_sqlite};
    CLEANUP(buf_done) struct buf uri;
    buf_init(&uri, 3 * PATH_MAX + 64);
    if (!uri_of(options, &uri, e)) {
        sqlite3_free(db);
        return false;
    }
    int code = sqlite3_open_v2(uri.at, &db->handle, flags, NULL);
    if ((code != SQLITE_OK && !fail(db->handle, code, e)) || !configure(db, options, e)) {
        sqlite_close(&db->base);
        return error_wrap(e, "'%s'", options->path);
    }
    *out = &db->base;
    return true;
}

static bool sqlite_exec(struct db *base, const char *sql, struct error *e)
{
    int code = sqlite3_exec(own(base)->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || fail(own(base)->handle, code, e);
}

static void sqlite_rollback(struct db *base)
{
    if (sqlite3_get_autocommit(own(base)->handle) == 0) {
        sqlite3_exec(own(base)->handle, "ROLLBACK", NULL, NULL, NULL);
        own(base)->stuck = sqlite3_get_autocommit(own(base)->handle) == 0;
    }
}

static bool sqlite_begin(struct db *base, struct error *e)
{
    if (own(base)->stuck) {
        sqlite_rollback(base);
    }
    return sqlite_exec(base, "BEGIN IMMEDIATE", e);
}

static bool sqlite_commit(struct db *base, struct error *e)
{
    return sqlite_exec(base, "COMMIT", e);
}

/* $N becomes ?N, except within '…' and "…". */
static bool translate(str sql, struct buf *to, struct error *e)
{
    char quote = '\0';
    for (size_t i = 0; i < sql.len; i++) {
        char c = sql.at[i];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '$') {
            c = '?';
        }
        if (!buf_add_char(to, c, e)) {
            return false;
        }
    }
    return true;
}

static bool sqlite_prepare(struct db *base, str sql, struct statement **out, struct error *e)
{
    struct sqlite_statement *s = sqlite3_malloc64(sizeof(*s));
    if (s == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a statement");
    }
    *s = (struct sqlite_statement){.base.engine = &engine_sqlite};
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 64 * 1024);
    if (!translate(sql, &text, e)) {
        sqlite3_free(s);
        return false;
    }
    int code = sqlite3_prepare_v3(own(base)->handle, text.at, (int)text.len, /* ≤ 64 KiB */
                                  SQLITE_PREPARE_PERSISTENT, &s->handle, NULL);
    if (code != SQLITE_OK) {
        sqlite3_free(s);
        return fail(own(base)->handle, code, e);
    }
    *out = &s->base;
    return true;
}

static void sqlite_finish(struct statement *base)
{
    struct sqlite_statement *s = own_statement(base);
    sqlite3_finalize(s->handle);
    sqlite3_free(s);
}

static bool bound(struct sqlite_statement *s, int code, struct error *e)
{
    return code == SQLITE_OK || fail(sqlite3_db_handle(s->handle), code, e);
}

static bool sqlite_bind_int(struct statement *base, int n, int64_t value, struct error *e)
{
    struct sqlite_statement *s = own_statement(base);
    return bound(s, sqlite3_bind_int64(s->handle, n, value), e);
}

static bool sqlite_bind_text(struct statement *base, int n, str value, struct error *e)
{
    struct sqlite_statement *s = own_statement(base);
    const char *at = value.len == 0 ? "" : value.at;
    return bound(s, sqlite3_bind_text64(s->handle, n, at, value.len, SQLITE_STATIC, SQLITE_UTF8),
                 e);
}

static bool sqlite_bind_bytes(struct statement *base, int n, str value, struct error *e)
{
    struct sqlite_statement *s = own_statement(base);
    const char *at = value.len == 0 ? "" : value.at;
    return bound(s, sqlite3_bind_blob64(s->handle, n, at, value.len, SQLITE_STATIC), e);
}

static enum step sqlite_step(struct statement *base, struct error *e)
{
    struct sqlite_statement *s = own_statement(base);
    int code = sqlite3_step(s->handle);
    if (code == SQLITE_ROW) {
        return STEP_GOT;
    }
    if (code == SQLITE_DONE) {
        return STEP_END;
    }
    fail(sqlite3_db_handle(s->handle), code, e);
    return STEP_FAILED;
}

static void sqlite_reset(struct statement *base)
{
    sqlite3_reset(own_statement(base)->handle);
}

static void sqlite_clear(struct statement *base)
{
    sqlite3_clear_bindings(own_statement(base)->handle);
}

static int64_t sqlite_column_int(struct statement *base, int n)
{
    return sqlite3_column_int64(own_statement(base)->handle, n);
}

static str sqlite_column_bytes(struct statement *base, int n)
{
    sqlite3_stmt *handle = own_statement(base)->handle;
    const void *at = sqlite3_column_blob(handle, n);
    int len = sqlite3_column_bytes(handle, n);
    return at == NULL || len <= 0 ? STR_NONE : (str){.at = at, .len = (size_t)len};
}

/* Texts are stored in UTF-8 as they came, so that reading them as bytes converts nothing. */
static str sqlite_column_text(struct statement *base, int n)
{
    return sqlite_column_bytes(base, n);
}

static bool number(struct sqlite_db *db, const char *sql, uint32_t *out, struct error *e)
{
    sqlite3_stmt *handle = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &handle, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(handle)) == SQLITE_ROW) {
        *out = (uint32_t)sqlite3_column_int64(handle, 0); /* 32 bits in the file's header */
        code = SQLITE_OK;
    }
    bool done = code == SQLITE_OK || fail(db->handle, code, e);
    sqlite3_finalize(handle);
    return done;
}

/* The header has room for one number of 32 bits: the version, and above it the oldest one that can
 * use the file, where that is another. */
enum { READABLE_SHIFT = 16, VERSION_MASK = 0xffff };

static bool sqlite_schema_get(struct db *base, struct schema_mark *out, bool *empty,
                              struct error *e)
{
    uint32_t tables = 0, both = 0;
    if (!number(own(base), "PRAGMA application_id", &out->application, e) ||
        !number(own(base), "PRAGMA user_version", &both, e) ||
        !number(own(base), "SELECT count(*) FROM sqlite_schema", &tables, e)) {
        return false;
    }
    out->version = both & VERSION_MASK;
    out->readable = both >> READABLE_SHIFT;
    out->readable = out->readable == 0 ? out->version : out->readable;
    *empty = tables == 0;
    return true;
}

static bool sqlite_schema_set(struct db *base, const struct schema_mark *mark, struct error *e)
{
    char sql[100];
    uint32_t above = mark->readable == mark->version ? 0 : mark->readable << READABLE_SHIFT;
    snprintf(sql, sizeof(sql), "PRAGMA application_id=%u;PRAGMA user_version=%u", mark->application,
             mark->version | above);
    return sqlite_exec(base, sql, e);
}

static bool sqlite_check(const char *path UNUSED, struct error *e UNUSED)
{
    return true;
}

const struct engine engine_sqlite = {
    .name = "sqlite",
    .language = SQL_SQLITE,
    .check = sqlite_check,
    .open = sqlite_open,
    .close = sqlite_close,
    .exec = sqlite_exec,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .prepare = sqlite_prepare,
    .finish = sqlite_finish,
    .bind_int = sqlite_bind_int,
    .bind_text = sqlite_bind_text,
    .bind_bytes = sqlite_bind_bytes,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .clear = sqlite_clear,
    .column_int = sqlite_column_int,
    .column_text = sqlite_column_text,
    .column_bytes = sqlite_column_bytes,
    .schema_get = sqlite_schema_get,
    .schema_set = sqlite_schema_set,
};
