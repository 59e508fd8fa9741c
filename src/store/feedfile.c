#include "store/feedfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/ids.h"
#include "store/migrate.h"

enum { READ_CACHE_KIB = 512, LOAD_CACHE_KIB = 8 * 1024 };

/* -- writing --------------------------------------------------------------------------------- */

/* The tables number namespaces, packages and so on by themselves, from 1 in the order of the
 * texts: small numbers are small in the file. */
struct dense {
    struct buf numbers_in;
    uint32_t *numbers; /* by text; 0: not one of these */
};

static bool dense_init(struct dense *n, const struct data *d, struct error *e)
{
    size_t bytes = data_texts_count(d) * sizeof(uint32_t);
    buf_init(&n->numbers_in, SIZE_MAX / 2);
    if (!buf_reserve(&n->numbers_in, bytes + 1, e)) {
        return false;
    }
    n->numbers = (uint32_t *)(void *)n->numbers_in.at;
    memset(n->numbers, 0, bytes);
    return true;
}

static void dense_done(struct dense *n)
{
    buf_done(&n->numbers_in);
}

static void dense_number(struct dense *n, const struct data *d)
{
    uint32_t next = 1;
    for (size_t i = 0; i < data_texts_count(d); i++) {
        if (n->numbers[i] != 0) {
            n->numbers[i] = next++;
        }
    }
}

/* Empty texts are NULL: no byte in the file. */
static bool bind_optional(struct statement *s, int n, str text, struct error *e)
{
    return text.len == 0 || db_bind_text(s, n, text, e);
}

static bool bind_date(struct statement *s, int n, int64_t seconds, struct error *e)
{
    return seconds == 0 || db_bind_int(s, n, seconds, e);
}

/* Ready for the next row: what is not bound then, is NULL. */
static bool insert(struct statement *s, struct error *e)
{
    bool done = db_run(s, e);
    db_clear(s);
    return done;
}

static bool names_write(struct db *db, const struct data *d, const struct dense *n, str sql,
                        struct error *e)
{
    struct statement *s;
    if (!db_prepare(db, sql, &s, e)) {
        return false;
    }
    bool done = true;
    for (size_t i = 0; done && i < data_texts_count(d); i++) {
        if (n->numbers[i] != 0) {
            done = db_bind_int(s, 1, n->numbers[i], e) &&
                   db_bind_text(s, 2, data_text(d, (uint32_t)i), e) && insert(s, e);
        }
    }
    db_finish(s);
    return done;
}

static bool ratings_write(struct db *db, const struct data *d, struct error *e)
{
    struct statement *s;
    if (!db_prepare(db,
                    STR("INSERT INTO rating (id, severity, source, cvss) "
                        "VALUES ($1, $2, $3, $4)"),
                    &s, e)) {
        return false;
    }
    bool done = true;
    for (size_t i = 0; done && i < data_ratings_count(d); i++) {
        const struct data_rating *r = &data_ratings(d)[i];
        done = db_bind_int(s, 1, (int64_t)i, e) && db_bind_int(s, 2, r->severity, e) &&
               bind_optional(s, 3, data_text(d, r->source), e) &&
               bind_optional(s, 4, data_text(d, r->cvss), e) && insert(s, e);
    }
    db_finish(s);
    return done;
}

static bool extents_write(struct db *db, const struct data *d, struct error *e)
{
    struct statement *s;
    if (!db_prepare(db,
                    STR("INSERT INTO extent (id, state, severity, introduced, fixed, "
                        "last_affected, arch, module, word, product) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
                    &s, e)) {
        return false;
    }
    bool done = true;
    for (size_t i = 0; done && i < data_extents_count(d); i++) {
        const struct data_extent *x = &data_extents(d)[i];
        done = db_bind_int(s, 1, (int64_t)i, e) && db_bind_int(s, 2, x->state, e) &&
               db_bind_int(s, 3, x->severity, e) &&
               bind_optional(s, 4, data_text(d, x->introduced), e) &&
               bind_optional(s, 5, data_text(d, x->fixed), e) &&
               bind_optional(s, 6, data_text(d, x->last_affected), e) &&
               bind_optional(s, 7, data_text(d, x->arch), e) &&
               bind_optional(s, 8, data_text(d, x->module), e) &&
               bind_optional(s, 9, data_text(d, x->word), e) &&
               bind_optional(s, 10, data_text(d, x->product), e) && insert(s, e);
    }
    db_finish(s);
    return done;
}

/* The ids of advisory `advisory`, from `*at` on, as the column holds them. */
static bool ids_pack(const struct data *d, size_t advisory, size_t *at, struct buf *to,
                     struct error *e)
{
    to->len = 0;
    for (; *at < data_ids_count(d) && data_ids(d)[*at].advisory == advisory; (*at)++) {
        str id = data_text(d, data_ids(d)[*at].text);
        if (!ids_add(to, id, e)) {
            return false;
        }
    }
    return true;
}

static bool advisory_write(struct statement *s, const struct data *d, size_t i, str ids,
                           struct error *e)
{
    const struct data_advisory *a = &data_advisories(d)[i];
    return db_bind_int(s, 1, (int64_t)i, e) && db_bind_text(s, 2, data_text(d, a->id), e) &&
           db_bind_int(s, 3, a->rating, e) && bind_date(s, 4, a->published_s, e) &&
           bind_date(s, 5, a->modified_s, e) && bind_date(s, 6, a->withdrawn_s, e) &&
           (ids.len == 0 || db_bind_bytes(s, 7, ids, e)) &&
           bind_optional(s, 8, data_text(d, a->description), e) &&
           bind_optional(s, 9, data_text(d, a->url), e) &&
           bind_date(s, 10, a->exploitation.epss, e) &&
           bind_date(s, 11, a->exploitation.epss_percentile, e) &&
           bind_date(s, 12, a->exploitation.kev_added_s, e) &&
           bind_date(s, 13, a->exploitation.kev_due_s, e) &&
           bind_date(s, 14, a->exploitation.kev_ransomware, e) && insert(s, e);
}

static bool advisories_write_all(struct db *db, const struct data *d, struct error *e)
{
    CLEANUP(buf_done) struct buf ids;
    buf_init(&ids, SIZE_MAX / 2);
    struct statement *s;
    size_t at = 0;
    if (!db_prepare(
            db,
            STR("INSERT INTO advisory (id, name, rating, published_s, modified_s, "
                "withdrawn_s, ids, description, url, epss, epss_percentile, kev_added_s, "
                "kev_due_s, kev_ransomware) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                "$11, $12, $13, $14)"),
            &s, e)) {
        return false;
    }
    bool done = true;
    for (size_t i = 0; done && i < data_advisories_count(d); i++) {
        done = ids_pack(d, i, &at, &ids, e) && advisory_write(s, d, i, buf_str(&ids), e);
    }
    db_finish(s);
    return done;
}

static bool rows_write(struct db *db, const struct data *d, const struct dense *namespaces,
                       const struct dense *packages, struct error *e)
{
    struct statement *s;
    if (!db_prepare(db,
                    STR("INSERT INTO affected (namespace, scope, package, advisory, extent) "
                        "VALUES ($1, $2, $3, $4, $5)"),
                    &s, e)) {
        return false;
    }
    bool done = true;
    for (size_t i = 0; done && i < data_rows_count(d); i++) {
        const struct data_row *row = &data_rows(d)[i];
        done = db_bind_int(s, 1, namespaces->numbers[row_namespace(row)], e) &&
               db_bind_int(s, 2, row_scope(row) == SCOPE_BINARY, e) &&
               db_bind_int(s, 3, packages->numbers[row_package(row)], e) &&
               db_bind_int(s, 4, row_advisory(row), e) && db_bind_int(s, 5, row_extent(row), e) &&
               db_run(s, e);
    }
    db_finish(s);
    return done;
}

static bool tables_write(struct db *db, const struct data *d, struct error *e)
{
    CLEANUP(dense_done) struct dense namespaces = {0}, packages = {0};
    if (!dense_init(&namespaces, d, e) || !dense_init(&packages, d, e)) {
        return false;
    }
    for (size_t i = 0; i < data_rows_count(d); i++) {
        namespaces.numbers[row_namespace(&data_rows(d)[i])] = 1;
        packages.numbers[row_package(&data_rows(d)[i])] = 1;
    }
    dense_number(&namespaces, d);
    dense_number(&packages, d);
    return names_write(db, d, &namespaces, STR("INSERT INTO namespace (id, name) VALUES ($1, $2)"),
                       e) &&
           names_write(db, d, &packages, STR("INSERT INTO package (id, name) VALUES ($1, $2)"),
                       e) &&
           ratings_write(db, d, e) && extents_write(db, d, e) && advisories_write_all(db, d, e) &&
           rows_write(db, d, &namespaces, &packages, e);
}

bool feedfile_write(const char *path, const struct data *d, struct error *e)
{
    struct db_options options = {.path = path, .mode = DB_LOAD, .cache_kib = LOAD_CACHE_KIB};
    struct db *db;
    if (!db_open(&engine_sqlite, &options, &db, e)) {
        return false;
    }
    bool done = schema_migrate(db, &schema_advisories, e) && db_begin(db, e) &&
                tables_write(db, d, e) && db_commit(db, e);
    db_close(db);
    return done || error_wrap(e, "cannot write '%s'", path);
}

/* -- reading --------------------------------------------------------------------------------- */

bool feedfile_open(const char *path, uint64_t size_bytes, struct db **out, struct error *e)
{
    struct db_options options = {.path = path, .mode = DB_IMMUTABLE, .cache_kib = READ_CACHE_KIB};
    struct stat st;
    struct db *db = NULL;
    if (stat(path, &st) != 0) {
        return error_sys(e, errno, "cannot open '%s'", path);
    }
    if ((uint64_t)st.st_size != size_bytes) {
        error_set(e, ERROR_FORMAT, "'%s' has %lld bytes instead of %llu", path,
                  (long long)st.st_size, (unsigned long long)size_bytes);
        return error_hint(e, "run 'limpid update'");
    }
    if (!db_open(&engine_sqlite, &options, &db, e) || !schema_require(db, &schema_advisories, e)) {
        db_close(db);
        error_hint(e, "run 'limpid update'");
        return error_wrap(e, "'%s'", path);
    }
    *out = db;
    return true;
}

/* A table as an array by number. */
struct numbered {
    void *items;
    size_t count;
};

static bool count_of(struct db *db, str sql, size_t *out, struct error *e)
{
    struct statement *s;
    if (!db_prepare(db, sql, &s, e)) {
        return false;
    }
    enum step got = db_step(s, e);
    int64_t count = got == STEP_GOT ? db_column_int(s, 0) : 0;
    db_finish(s);
    if (got == STEP_GOT && (count < 0 || count > DATA_ITEMS_MAX)) {
        return error_set(e, ERROR_LIMIT, "a table has more than %d rows", DATA_ITEMS_MAX);
    }
    *out = (size_t)count; /* checked above */
    return got == STEP_GOT;
}

/* Places for numbers 0 to the largest. */
static bool numbered_init(struct numbered *n, struct db *db, str sql, size_t bytes,
                          struct arena *arena, struct error *e)
{
    size_t largest;
    if (!count_of(db, sql, &largest, e)) {
        return false;
    }
    n->count = largest + 1;
    n->items = arena_alloc(arena, n->count, bytes, 16, e);
    return n->items != NULL;
}

/* The place of number `number`, or NULL with an error. */
static void *numbered_at(const struct numbered *n, int64_t number, size_t bytes, struct error *e)
{
    if (number < 0 || (uint64_t)number >= n->count) {
        error_set(e, ERROR_FORMAT, "number %lld of %zu", (long long)number, n->count);
        return NULL;
    }
    return (char *)n->items + (size_t)number * bytes;
}

static bool names_read(struct db *db, str count_sql, str sql, struct numbered *out,
                       struct arena *arena, struct error *e)
{
    struct statement *s;
    if (!numbered_init(out, db, count_sql, sizeof(str), arena, e) || !db_prepare(db, sql, &s, e)) {
        return false;
    }
    enum step got;
    bool done = true;
    while (done && (got = db_step(s, e)) != STEP_END) {
        str *name =
            got == STEP_FAILED ? NULL : numbered_at(out, db_column_int(s, 0), sizeof(str), e);
        done = name != NULL && arena_str(arena, db_column_text(s, 1), name, e);
    }
    db_finish(s);
    return done;
}

static bool extent_read(struct statement *s, struct affected *out, struct arena *arena,
                        struct error *e)
{
    int64_t state = db_column_int(s, 1), severity = db_column_int(s, 2);
    if (state < 0 || state >= FIX_STATE_COUNT || severity < 0 || severity >= SEVERITY_COUNT) {
        return error_set(e, ERROR_FORMAT, "no such state or severity");
    }
    out->state = (enum fix_state)state;
    out->severity = (enum severity)severity;
    return arena_str(arena, db_column_text(s, 3), &out->introduced, e) &&
           arena_str(arena, db_column_text(s, 4), &out->fixed, e) &&
           arena_str(arena, db_column_text(s, 5), &out->last_affected, e) &&
           arena_str(arena, db_column_text(s, 6), &out->arch, e) &&
           arena_str(arena, db_column_text(s, 7), &out->module, e) &&
           arena_str(arena, db_column_text(s, 8), &out->word, e) &&
           arena_str(arena, db_column_text(s, 9), &out->product, e);
}

static bool extents_read(struct db *db, struct numbered *out, struct arena *arena, struct error *e)
{
    struct statement *s;
    if (!numbered_init(out, db, STR("SELECT coalesce(max(id), 0) FROM extent"),
                       sizeof(struct affected), arena, e) ||
        !db_prepare(db,
                    STR("SELECT id, state, severity, introduced, fixed, last_affected, arch, "
                        "module, word, product FROM extent"),
                    &s, e)) {
        return false;
    }
    enum step got;
    bool done = true;
    while (done && (got = db_step(s, e)) != STEP_END) {
        struct affected *extent =
            got == STEP_FAILED ? NULL
                               : numbered_at(out, db_column_int(s, 0), sizeof(struct affected), e);
        done = extent != NULL && extent_read(s, extent, arena, e);
    }
    db_finish(s);
    return done;
}

static bool head_read(struct statement *s, struct data *out, struct arena *scratch, struct error *e)
{
    struct advisory a = {.id = db_column_text(s, 1),
                         .severity_source = db_column_text(s, 3),
                         .cvss = db_column_text(s, 4),
                         .published_s = db_column_int(s, 5),
                         .modified_s = db_column_int(s, 6),
                         .withdrawn_s = db_column_int(s, 7),
                         .description = db_column_text(s, 9),
                         .url = db_column_text(s, 10),
                         .exploitation = {.epss = (uint32_t)db_column_int(s, 11),
                                          .epss_percentile = (uint32_t)db_column_int(s, 12),
                                          .kev_added_s = db_column_int(s, 13),
                                          .kev_due_s = db_column_int(s, 14),
                                          .kev_ransomware = db_column_int(s, 15) != 0}};
    int64_t severity = db_column_int(s, 2);
    uint32_t number = 0;
    if (severity < 0 || severity >= SEVERITY_COUNT) {
        return error_set(e, ERROR_FORMAT, "no such severity");
    }
    a.severity = (enum severity)severity;
    if (!ids_unpack(db_column_bytes(s, 8), scratch, &a.ids, &a.ids_count, e) ||
        !data_add_head(out, &a, &number, e)) {
        return false;
    }
    return number == db_column_int(s, 0) ||
           error_set(e, ERROR_FORMAT, "advisories are not numbered in order");
}

static bool heads_read(struct db *db, struct data *out, struct arena *scratch, struct error *e)
{
    struct statement *s;
    if (!db_prepare(
            db,
            STR("SELECT v.id, v.name, r.severity, r.source, r.cvss, v.published_s, "
                "v.modified_s, v.withdrawn_s, v.ids, v.description, v.url, v.epss, "
                "v.epss_percentile, v.kev_added_s, v.kev_due_s, v.kev_ransomware FROM advisory v "
                "JOIN rating r ON r.id = v.rating ORDER BY v.id"),
            &s, e)) {
        return false;
    }
    struct arena_mark mark = arena_mark(scratch);
    enum step got;
    bool done = true;
    while (done && (got = db_step(s, e)) != STEP_END) {
        done = got == STEP_GOT && head_read(s, out, scratch, e);
        arena_rewind(scratch, mark);
    }
    db_finish(s);
    return done;
}

struct tables {
    struct numbered namespaces, packages, extents;
};

static bool row_read(struct statement *s, const struct tables *t, struct data *out, struct error *e)
{
    const str *namespace_ = numbered_at(&t->namespaces, db_column_int(s, 0), sizeof(str), e);
    const str *package = numbered_at(&t->packages, db_column_int(s, 2), sizeof(str), e);
    const struct affected *extent =
        numbered_at(&t->extents, db_column_int(s, 4), sizeof(struct affected), e);
    int64_t advisory = db_column_int(s, 3);
    if (namespace_ == NULL || package == NULL || extent == NULL) {
        return false;
    }
    if (advisory < 0 || (uint64_t)advisory >= data_advisories_count(out)) {
        return error_set(e, ERROR_FORMAT, "a row without its advisory");
    }
    struct affected row = *extent;
    row.namespace_ = *namespace_;
    row.package = *package;
    row.scope = db_column_int(s, 1) != 0 ? SCOPE_BINARY : SCOPE_SOURCE;
    return data_add_row(out, (uint32_t)advisory, &row, e); /* below the count */
}

static bool rows_read(struct db *db, const struct tables *t, struct data *out, struct error *e)
{
    struct statement *s;
    if (!db_prepare(db, STR("SELECT namespace, scope, package, advisory, extent FROM affected"), &s,
                    e)) {
        return false;
    }
    enum step got;
    bool done = true;
    while (done && (got = db_step(s, e)) != STEP_END) {
        done = got == STEP_GOT && row_read(s, t, out, e);
    }
    db_finish(s);
    return done;
}

bool feedfile_read(struct db *db, struct data *out, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, DATA_TEXTS_BYTES_MAX, "reading a feed's file");
    struct tables t = {0};
    return heads_read(db, out, &scratch, e) &&
           names_read(db, STR("SELECT coalesce(max(id), 0) FROM namespace"),
                      STR("SELECT id, name FROM namespace"), &t.namespaces, &scratch, e) &&
           names_read(db, STR("SELECT coalesce(max(id), 0) FROM package"),
                      STR("SELECT id, name FROM package"), &t.packages, &scratch, e) &&
           extents_read(db, &t.extents, &scratch, e) && rows_read(db, &t, out, e);
}
