#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "store/postgres_inner.h"

/* Statements of PostgreSQL: prepared by name, parameters and results in binary form. The types of
 * parameters are those that were bound: so the server is told at the first step, not before. */

/* Types by number, src/include/catalog/pg_type.dat of PostgreSQL: they never change. */
enum {
    TYPE_UNKNOWN = 0,
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_BYTEA_LIST = 1001,
    TYPE_INT8_LIST = 1016
};
enum { PARAMETERS_MAX = 1000, NAME_BYTES = 24, LIST_BYTES_MAX = 256 * 1024 * 1024 };

struct parameter {
    Oid type;       /* of what is bound */
    Oid known_type; /* what the server was told */
    str value;
    char number[8]; /* big endian */
    struct buf list;
};

struct postgres_statement {
    struct statement base;
    struct postgres_db *db;
    char *sql;
    char name[NAME_BYTES];
    uint64_t session; /* in which it is prepared */
    int count;
    struct parameter *parameters;
    /* as libpq wants them */
    const char **values;
    int *lengths, *formats;
    Oid *types;
    PGresult *result; /* of the run that is being read */
    int row;
};

static struct postgres_statement *own(struct statement *s)
{
    return CONTAINER_OF(s, struct postgres_statement, base);
}

/* -- preparing ------------------------------------------------------------------------------ */

/* The highest $N outside of '…' and "…". */
static bool count_parameters(str sql, int *count, struct error *e)
{
    char quote = '\0';
    *count = 0;
    for (size_t i = 0; i < sql.len; i++) {
        char c = sql.at[i];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '$') {
            size_t end = i + 1;
            while (end < sql.len && sql.at[end] >= '0' && sql.at[end] <= '9') {
                end++;
            }
            uint64_t n;
            if (!num_parse(str_slice(sql, i + 1, end), 10, PARAMETERS_MAX, &n)) {
                return error_set(e, ERROR_LIMIT, "a parameter above $%d", PARAMETERS_MAX);
            }
            *count = (int)n > *count ? (int)n : *count; /* ≤ PARAMETERS_MAX */
        }
    }
    return true;
}

void postgres_finish(struct statement *base)
{
    struct postgres_statement *s = own(base);
    PQclear(s->result);
    free(s->sql);
    for (int i = 0; s->parameters != NULL && i < s->count; i++) {
        buf_done(&s->parameters[i].list);
    }
    free(s->parameters);
    free(s->values);
    free(s->lengths);
    free(s->formats);
    free(s->types);
    free(s);
}

bool postgres_prepare(struct db *base, str sql, struct statement **out, struct error *e)
{
    int count;
    if (!count_parameters(sql, &count, e)) {
        return false;
    }
    struct postgres_statement *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for a statement");
    }
    size_t room = (size_t)count + 1;
    s->base.engine = &engine_postgres;
    s->db = CONTAINER_OF(base, struct postgres_db, base);
    s->count = count;
    s->sql = calloc(1, sql.len + 1);
    s->parameters = calloc(room, sizeof(*s->parameters));
    s->values = calloc(room, sizeof(*s->values));
    s->lengths = calloc(room, sizeof(*s->lengths));
    s->formats = calloc(room, sizeof(*s->formats));
    s->types = calloc(room, sizeof(*s->types));
    if (s->sql == NULL || s->parameters == NULL || s->values == NULL || s->lengths == NULL ||
        s->formats == NULL || s->types == NULL) {
        postgres_finish(&s->base);
        return error_set(e, ERROR_MEMORY, "no memory for a statement");
    }
    memcpy(s->sql, sql.at, sql.len);
    for (int i = 0; i < count; i++) {
        s->formats[i] = 1;
        buf_init(&s->parameters[i].list, LIST_BYTES_MAX);
    }
    *out = &s->base;
    return true;
}

/* -- binding -------------------------------------------------------------------------------- */

static struct parameter *parameter(struct postgres_statement *s, int n, struct error *e)
{
    if (n < 1 || n > s->count) {
        error_set(e, ERROR_FORMAT, "parameter %d of %d", n, s->count);
        return NULL;
    }
    return &s->parameters[n - 1];
}

static void big_endian(uint64_t value, size_t bytes, char *to)
{
    for (size_t i = 0; i < bytes; i++) {
        to[i] = (char)(value >> (8 * (bytes - 1 - i)));
    }
}

bool postgres_bind_int(struct statement *base, int n, int64_t value, struct error *e)
{
    struct parameter *p = parameter(own(base), n, e);
    if (p == NULL) {
        return false;
    }
    big_endian((uint64_t)value, sizeof(p->number), p->number);
    p->type = TYPE_INT8;
    p->value = (str){.at = p->number, .len = sizeof(p->number)};
    return true;
}

static bool bind_value(struct statement *base, int n, str value, Oid type, struct error *e)
{
    struct parameter *p = parameter(own(base), n, e);
    if (p == NULL) {
        return false;
    }
    if (value.len > INT_MAX / 2) {
        return error_set(e, ERROR_LIMIT, "a value is too large for a database");
    }
    p->type = type;
    p->value = (str){.at = value.len == 0 ? "" : value.at, .len = value.len};
    return true;
}

bool postgres_bind_text(struct statement *base, int n, str value, struct error *e)
{
    if (!str_is_utf8(value) || str_find_char(value, '\0') < value.len) {
        return error_set(e, ERROR_FORMAT, "a text that is not UTF-8 without NUL");
    }
    return bind_value(base, n, value, TYPE_TEXT, e);
}

bool postgres_bind_bytes(struct statement *base, int n, str value, struct error *e)
{
    return bind_value(base, n, value, TYPE_BYTEA, e);
}

/* -- lists ---------------------------------------------------------------------------------- */

/* As array_recv of PostgreSQL's arrayfuncs.c reads it: dimensions, whether there are NULLs, the
 * items' type; of the only dimension, how many and the first one's number; the items. */
static bool list_begin(struct parameter *p, Oid items, size_t count, struct error *e)
{
    uint32_t words[] = {count > 0, 0, items, (uint32_t)count, 1};
    size_t used = count > 0 ? ARRAY_COUNT(words) : 3;
    char bytes[sizeof(words)];
    if (count > LIST_BYTES_MAX / 8) {
        return error_set(e, ERROR_LIMIT, "a list of %zu items for a database", count);
    }
    for (size_t i = 0; i < used; i++) {
        big_endian(words[i], 4, bytes + 4 * i);
    }
    p->list.len = 0;
    return buf_add(&p->list, bytes, 4 * used, e);
}

static bool list_add(struct parameter *p, str item, struct error *e)
{
    char length[4];
    if (item.len > LIST_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a value is too large for a database");
    }
    big_endian(item.len, sizeof(length), length);
    return buf_add(&p->list, length, sizeof(length), e) && buf_add_str(&p->list, item, e);
}

static void list_end(struct parameter *p, Oid type)
{
    p->type = type;
    p->value = buf_str(&p->list);
}

bool postgres_bind_bytes_list(struct statement *base, int n, const str *values, size_t count,
                              struct error *e)
{
    struct parameter *p = parameter(own(base), n, e);
    bool done = p != NULL && list_begin(p, TYPE_BYTEA, count, e);
    for (size_t i = 0; done && i < count; i++) {
        done = list_add(p, values[i], e);
    }
    if (done) {
        list_end(p, TYPE_BYTEA_LIST);
    }
    return done;
}

bool postgres_bind_int_list(struct statement *base, int n, const int64_t *values, size_t count,
                            struct error *e)
{
    struct parameter *p = parameter(own(base), n, e);
    bool done = p != NULL && list_begin(p, TYPE_INT8, count, e);
    for (size_t i = 0; done && i < count; i++) {
        char number[8];
        big_endian((uint64_t)values[i], sizeof(number), number);
        done = list_add(p, (str){.at = number, .len = sizeof(number)}, e);
    }
    if (done) {
        list_end(p, TYPE_INT8_LIST);
    }
    return done;
}

/* -- running -------------------------------------------------------------------------------- */

/* Tells the server the statement, unless this session knows it with these types. */
static bool known(struct postgres_statement *s, struct error *e)
{
    bool is = s->session == s->db->session;
    for (int i = 0; i < s->count; i++) {
        is = is && s->parameters[i].type == s->parameters[i].known_type;
        s->types[i] = s->parameters[i].type;
    }
    if (is) {
        return true;
    }
    snprintf(s->name, sizeof(s->name), "s%" PRIu64, ++s->db->names);
    PGresult *result = PQprepare(s->db->handle, s->name, s->sql, s->count, s->types);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK || postgres_fail(s->db, result, e);
    PQclear(result);
    if (done) {
        s->session = s->db->session;
        for (int i = 0; i < s->count; i++) {
            s->parameters[i].known_type = s->parameters[i].type;
        }
    }
    return done;
}

static void values_set(struct postgres_statement *s)
{
    for (int i = 0; i < s->count; i++) {
        const struct parameter *p = &s->parameters[i];
        s->values[i] = p->type == TYPE_UNKNOWN ? NULL : p->value.at;
        s->lengths[i] = (int)p->value.len; /* checked when it was bound */
    }
}

static bool run(struct postgres_statement *s, struct error *e)
{
    if (!postgres_ready(s->db, e) || !known(s, e)) {
        return false;
    }
    values_set(s);
    PGresult *result =
        PQexecPrepared(s->db->handle, s->name, s->count, s->values, s->lengths, s->formats, 1);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        postgres_fail(s->db, result, e);
        PQclear(result);
        s->session = 0; /* the tables may have changed: prepared anew */
        return false;
    }
    s->result = result;
    s->row = -1;
    return true;
}

enum step postgres_step(struct statement *base, struct error *e)
{
    struct postgres_statement *s = own(base);
    if (s->result == NULL && !run(s, e)) {
        return STEP_FAILED;
    }
    s->row++;
    return s->row < PQntuples(s->result) ? STEP_GOT : STEP_END;
}

void postgres_reset(struct statement *base)
{
    struct postgres_statement *s = own(base);
    PQclear(s->result);
    s->result = NULL;
}

void postgres_clear(struct statement *base)
{
    struct postgres_statement *s = own(base);
    for (int i = 0; i < s->count; i++) {
        s->parameters[i].type = TYPE_UNKNOWN;
        s->parameters[i].value = STR_NONE;
    }
}

/* -- many at once --------------------------------------------------------------------------- */

static bool send(struct postgres_db *db, struct statement *const *statements, size_t count)
{
    bool sent = PQsendQueryParams(db->handle, POSTGRES_BEGIN, 0, NULL, NULL, NULL, NULL, 0) == 1;
    for (size_t i = 0; sent && i < count; i++) {
        struct postgres_statement *s = own(statements[i]);
        values_set(s);
        sent = PQsendQueryPrepared(db->handle, s->name, s->count, s->values, s->lengths, s->formats,
                                   1) == 1;
    }
    return sent && PQsendQueryParams(db->handle, "COMMIT", 0, NULL, NULL, NULL, NULL, 0) == 1;
}

/* What became of one of them; those behind one that failed tell nothing of their own. */
static bool receive(struct postgres_db *db, bool last, struct error *e)
{
    PGresult *result = PQgetResult(db->handle), *more;
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!done) {
        postgres_fail(db, result, e);
    } else if (last && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        done = error_set(e, ERROR_FORMAT, "commit of a transaction that has failed");
    }
    PQclear(result);
    while ((more = PQgetResult(db->handle)) != NULL) { /* each one's results end with NULL */
        PQclear(more);
    }
    return done;
}

bool postgres_together(struct db *base, struct statement *const *statements, size_t count,
                       struct error *e)
{
    struct postgres_db *db = CONTAINER_OF(base, struct postgres_db, base);
    if (!postgres_ready(db, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!known(own(statements[i]), e)) {
            return false;
        }
    }
    db->in_transaction = true;
    bool done = PQenterPipelineMode(db->handle) == 1 && send(db, statements, count) &&
                PQpipelineSync(db->handle) == 1;
    if (!done) { /* half of it may be on its way: nothing but a new connection is sure */
        db->in_transaction = false;
        postgres_fail(db, NULL, e);
        db->lost = true;
        return false;
    }
    for (size_t i = 0; i < count + 2 && !db->lost; i++) {
        done = receive(db, i == count + 1, done ? e : NULL) && done;
    }
    PQclear(PQgetResult(db->handle)); /* of the sync */
    db->lost = db->lost || PQexitPipelineMode(db->handle) != 1;
    if (done) {
        db->in_transaction = false;
    } else {
        db->base.engine->rollback(base);
    }
    return done;
}

/* -- results -------------------------------------------------------------------------------- */

str postgres_column_text(struct statement *base, int n)
{
    struct postgres_statement *s = own(base);
    if (s->result == NULL || s->row < 0 || s->row >= PQntuples(s->result) ||
        n >= PQnfields(s->result)) {
        return STR_NONE;
    }
    int len = PQgetlength(s->result, s->row, n);
    return len <= 0 ? STR_NONE : (str){.at = PQgetvalue(s->result, s->row, n), .len = (size_t)len};
}

int64_t postgres_column_int(struct statement *base, int n)
{
    struct postgres_statement *s = own(base);
    str bytes = postgres_column_text(base, n);
    if (bytes.len == 0 || bytes.len > 8) {
        return 0;
    }
    switch (PQftype(s->result, n)) {
    case TYPE_BOOL:
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
        break;
    default:
        return 0;
    }
    /* big endian, of one to eight bytes; the sign is in the first */
    uint64_t value = bytes.at[0] < 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes.len; i++) {
        value = value << 8 | (uint8_t)bytes.at[i];
    }
    return (int64_t)value;
}
