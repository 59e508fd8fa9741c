#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "store/inner.h"
#include "store/migrate.h"
#include "stream/hash.h"

/* The cache of layers' facts and of files' digests: layers.db.
 *
 * 1. Nobody waits for it longer than BUSY_MS, and nobody fails because of it.
 * 2. What it gives back is what was kept: each row has a checksum, because a reader without locks
 *    (a read-only directory) may meet a writer on the other side of the mount.
 * 3. It stays within its bounds: each keep counts in its own transaction, and drops the oldest.
 *
 *   CLOSED --find, the file is there--> WRITE, or READ where nothing may be written
 *   CLOSED --keep--> WRITE; READ stays
 *   any --damage seen--> DAMAGED --keep (put_aside)--> WRITE
 *   CLOSED --busy--> CLOSED, a few times
 *   any --newer schema, or out of luck--> BROKEN, until the store is closed */

enum {
    BUSY_MS = 50,
    BUSY_OPENS_MAX = 4, /* another process makes it just now: tried again that often */
    CACHE_KIB = 1024,
    TOUCH_AFTER_S = 24 * 60 * 60,
    DROP_AT_ONCE = 256,
    DIGEST_KEY_BYTES = 1 + DIGEST_BYTES_MAX,
};

static const str sql[LAYERS_STATEMENT_COUNT] = {
    [LAYER_FIND] =
        STR_INIT("SELECT l.id, l.diff_id, l.used_s, f.checksum, f.facts FROM layer l "
                 "JOIN layer_facts f ON f.layer = l.id WHERE l.blob = $1 AND l.revision = $2"),
    [LAYER_TOUCH] = STR_INIT("UPDATE layer SET used_s = $2 WHERE id = $1"),
    [LAYER_KNOWN] = STR_INIT("SELECT size_bytes FROM layer WHERE blob = $1 AND revision = $2"),
    [LAYER_KEEP] = STR_INIT(
        "INSERT INTO layer (blob, revision, diff_id, size_bytes, used_s) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (blob, revision) DO UPDATE SET "
        "diff_id = excluded.diff_id, size_bytes = excluded.size_bytes, used_s = excluded.used_s "
        "RETURNING id"),
    [LAYER_KEEP_FACTS] = STR_INIT(
        "INSERT INTO layer_facts (layer, checksum, facts) VALUES ($1, $2, $3) "
        "ON CONFLICT (layer) DO UPDATE SET checksum = excluded.checksum, facts = excluded.facts"),
    [LAYER_OLDEST] = STR_INIT("SELECT id, size_bytes FROM layer ORDER BY used_s, id LIMIT $1"),
    [LAYER_DROP] = STR_INIT("DELETE FROM layer WHERE id = $1"),
    [LAYER_DROP_FACTS] = STR_INIT("DELETE FROM layer_facts WHERE layer = $1"),
    [FILE_FIND] =
        STR_INIT("SELECT digest FROM file_digest WHERE dev = $1 AND ino = $2 AND start = $3 AND "
                 "length = $4 AND size_bytes = $5 AND mtime_ns = $6 AND ctime_ns = $7"),
    [FILE_KNOWN] = STR_INIT("SELECT 1 FROM file_digest WHERE dev = $1 AND ino = $2 AND "
                            "start = $3 AND length = $4"),
    [FILE_KEEP] = STR_INIT(
        "INSERT INTO file_digest (dev, ino, start, length, size_bytes, mtime_ns, ctime_ns, "
        "digest, kept_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (dev, ino, start, length) DO UPDATE SET size_bytes = excluded.size_bytes, "
        "mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, digest = excluded.digest, "
        "kept_s = excluded.kept_s"),
    [FILE_TRIM] =
        STR_INIT("DELETE FROM file_digest WHERE (dev, ino, start, length) IN "
                 "(SELECT dev, ino, start, length FROM file_digest ORDER BY kept_s LIMIT $1)"),
    [FILE_COUNT] = STR_INIT("UPDATE usage SET items = (SELECT count(*) FROM file_digest) "
                            "WHERE what = 'files'"),
    [USAGE_ADD] = STR_INIT("UPDATE usage SET items = items + $2, size_bytes = size_bytes + $3 "
                           "WHERE what = $1 RETURNING items, size_bytes"),
    [USAGE_FIND] = STR_INIT("SELECT items, size_bytes FROM usage WHERE what = $1"),
};

/* -- opening -------------------------------------------------------------------------------- */

static void layers_forget(struct layers *l, enum layers_state state)
{
    for (size_t i = 0; i < LAYERS_STATEMENT_COUNT; i++) {
        db_finish(l->statements[i]);
        l->statements[i] = NULL;
    }
    db_close(l->db);
    l->db = NULL;
    l->state = state;
}

void layers_close(struct store *s)
{
    layers_forget(&s->layers, LAYERS_CLOSED);
}

/* Opens in one mode. Where that fails, `state` tells whether the file is to blame. */
static bool open_as(struct layers *l, const char *path, enum db_mode mode, struct error *e)
{
    struct db_options options = {
        .path = path, .mode = mode, .cache_kib = CACHE_KIB, .busy_ms = BUSY_MS};
    bool writes = mode == DB_WRITE || mode == DB_CREATE;
    enum schema_state schema = SCHEMA_EMPTY;
    uint32_t version;
    struct error why = {0};
    if (db_open(&engine_sqlite, &options, &l->db, &why) &&
        schema_look(l->db, &schema_layers, &schema, &version, &why) &&
        (writes ? schema_migrate(l->db, &schema_layers, &why)
                : schema_require(l->db, &schema_layers, &why))) {
        l->state = writes ? LAYERS_WRITE : LAYERS_READ;
        return true;
    }
    bool damaged = why.kind == ERROR_FORMAT && schema != SCHEMA_NEWER;
    bool busy = why.sys == EBUSY && ++l->busy_opens < BUSY_OPENS_MAX;
    layers_forget(l, damaged ? LAYERS_DAMAGED : busy ? LAYERS_CLOSED : LAYERS_BROKEN);
    if (e != NULL) {
        *e = why;
    }
    return false;
}

/* For a look-up: what is there, in the best way that the directory allows. */
static bool open_to_find(struct store *s, struct error *e)
{
    struct layers *l = &s->layers;
    if (l->state != LAYERS_CLOSED) {
        return l->state == LAYERS_READ || l->state == LAYERS_WRITE;
    }
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, 64 * 1024, "a path");
    str path;
    if (!store_path(s, &scratch, "layers.db", &path, e) || access(path.at, R_OK) != 0) {
        return false;
    }
    bool may_write = access(path.at, W_OK) == 0 && access(s->dir.at, W_OK) == 0;
    if (may_write) {
        return open_as(l, path.at, DB_WRITE, e);
    }
    /* Without the files of its log and without the right to make them, SQLite reads the database
     * only as one that nobody changes. */
    return open_as(l, path.at, DB_READ, e) ||
           (l->state == LAYERS_BROKEN && open_as(l, path.at, DB_IMMUTABLE, e));
}

/* Renames a damaged database away. One process does so at a time, and looks again first: another
 * may have been faster. The log goes first: a new database must never meet the old one's. */
static bool put_aside(struct store *s, struct arena *scratch, str path, struct error *e)
{
    str lock, log, index, aside;
    if (!store_path(s, scratch, "layers.lock", &lock, e) ||
        !store_path(s, scratch, "layers.db-wal", &log, e) ||
        !store_path(s, scratch, "layers.db-shm", &index, e) ||
        !store_path(s, scratch, "layers.db.damaged", &aside, e)) {
        return false;
    }
    CLEANUP(fd_close) int fd = open(lock.at, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return error_sys(e, errno, "cannot lock '%s'", lock.at);
    }
    if (open_as(&s->layers, path.at, DB_WRITE, NULL)) {
        return true;
    }
    if (s->layers.state == LAYERS_DAMAGED) {
        unlink(log.at);
        unlink(index.at);
        if (rename(path.at, aside.at) != 0) {
            return error_sys(e, errno, "cannot put '%s' aside", path.at);
        }
    }
    return open_as(&s->layers, path.at, DB_CREATE, e);
}

static bool open_to_keep(struct store *s, struct error *e)
{
    struct layers *l = &s->layers;
    if (l->state == LAYERS_WRITE) {
        return true;
    }
    if (l->state == LAYERS_READ || l->state == LAYERS_BROKEN) {
        return error_set(e, ERROR_IO, "'%s/layers.db' cannot be written", s->dir.at);
    }
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, 64 * 1024, "a path");
    str path;
    if (!store_path(s, &scratch, "layers.db", &path, e)) {
        return false;
    }
    if (l->state == LAYERS_CLOSED && open_as(l, path.at, DB_CREATE, e)) {
        return true;
    }
    return l->state == LAYERS_DAMAGED && put_aside(s, &scratch, path, e);
}

static struct statement *statement(struct layers *l, enum layers_statement which, struct error *e)
{
    if (l->statements[which] == NULL && !db_prepare(l->db, sql[which], &l->statements[which], e)) {
        l->statements[which] = NULL;
    }
    return l->statements[which];
}

/* After a failure: a damaged file is not asked again. */
static void look_at_failure(struct layers *l, const struct error *why)
{
    if (why->kind == ERROR_FORMAT) {
        layers_forget(l, LAYERS_DAMAGED);
    }
}

/* -- digests as keys ------------------------------------------------------------------------ */

static str digest_key(digest d, char to[DIGEST_KEY_BYTES])
{
    to[0] = (char)d.algorithm;
    memcpy(to + 1, d.bytes, digest_size(d.algorithm));
    return (str){.at = to, .len = 1 + digest_size(d.algorithm)};
}

static bool digest_of_key(str key, digest *out)
{
    digest d = {0};
    if (key.len == 0 || (key.at[0] != DIGEST_SHA256 && key.at[0] != DIGEST_SHA512)) {
        return false;
    }
    d.algorithm = (enum digest_algorithm)key.at[0];
    if (key.len != 1 + digest_size(d.algorithm)) {
        return false;
    }
    memcpy(d.bytes, key.at + 1, key.len - 1);
    *out = d;
    return true;
}

/* Over all that a row of facts says. */
static str checksum(str blob, uint32_t revision, str diff_id, str facts, uint8_t to[32])
{
    struct hash h;
    uint8_t number[4] = {(uint8_t)revision, (uint8_t)(revision >> 8), (uint8_t)(revision >> 16),
                         (uint8_t)(revision >> 24)};
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, blob.at, blob.len);
    hash_update(&h, number, sizeof(number));
    hash_update(&h, diff_id.at, diff_id.len);
    hash_update(&h, facts.at, facts.len);
    digest d = hash_done(&h);
    memcpy(to, d.bytes, 32);
    return (str){.at = (const char *)to, .len = 32};
}

/* -- facts ---------------------------------------------------------------------------------- */

static void touch(struct layers *l, int64_t id, int64_t used_s)
{
    int64_t now_s = clock_now_s();
    if (l->state != LAYERS_WRITE || now_s - used_s < TOUCH_AFTER_S) {
        return;
    }
    struct statement *st = statement(l, LAYER_TOUCH, NULL);
    if (st != NULL && db_bind_int(st, 1, id, NULL) && db_bind_int(st, 2, now_s, NULL) &&
        !db_run(st, NULL)) {
        return; /* busy: then another day */
    }
}

/* Reads the row the statement stands at; false where it is not what was kept. */
static bool facts_read(struct statement *st, str blob, uint32_t revision, str *facts,
                       digest *diff_id)
{
    uint8_t sum[32];
    str diff = db_column_bytes(st, 1), body = db_column_bytes(st, 4);
    if (!digest_of_key(diff, diff_id) ||
        !str_eq(checksum(blob, revision, diff, body, sum), db_column_bytes(st, 3))) {
        return false;
    }
    *facts = body;
    return true;
}

bool store_facts_find(struct store *s, digest blob, uint32_t revision, struct arena *arena,
                      str *facts, digest *diff_id, bool *found, struct error *e)
{
    char key[DIGEST_KEY_BYTES];
    str blob_key = digest_key(blob, key);
    struct error why = {0};
    *found = false;
    if (!open_to_find(s, &why)) {
        return true;
    }
    struct layers *l = &s->layers;
    struct statement *st = statement(l, LAYER_FIND, &why);
    enum step got = STEP_FAILED;
    if (st != NULL && db_bind_bytes(st, 1, blob_key, &why) && db_bind_int(st, 2, revision, &why)) {
        got = db_step(st, &why);
    }
    str body;
    digest diff;
    bool good = got == STEP_GOT && facts_read(st, blob_key, revision, &body, &diff);
    bool copied = !good || arena_str(arena, body, facts, e);
    int64_t id = good ? db_column_int(st, 0) : 0, used_s = good ? db_column_int(st, 2) : 0;
    if (st != NULL) {
        db_reset(st);
    }
    if (got == STEP_FAILED) {
        look_at_failure(l, &why);
    } else if (good && copied) {
        *diff_id = diff;
        *found = true;
        touch(l, id, used_s);
    }
    return copied;
}

/* Counts `items` and `bytes` more; `*items` and `*bytes` become the totals. */
static bool usage_add(struct layers *l, str what, int64_t *items, int64_t *bytes, struct error *e)
{
    struct statement *st = statement(l, USAGE_ADD, e);
    if (st == NULL || !db_bind_text(st, 1, what, e) || !db_bind_int(st, 2, *items, e) ||
        !db_bind_int(st, 3, *bytes, e)) {
        return false;
    }
    enum step got = db_step(st, e);
    if (got == STEP_GOT) {
        *items = db_column_int(st, 0);
        *bytes = db_column_int(st, 1);
    } else if (got == STEP_END) {
        error_set(e, ERROR_FORMAT, "the count of '" STR_FMT "' is gone", STR_ARG(what));
    }
    db_reset(st);
    return got == STEP_GOT;
}

static bool drop(struct layers *l, int64_t id, struct error *e)
{
    struct statement *layer = statement(l, LAYER_DROP, e);
    struct statement *facts = statement(l, LAYER_DROP_FACTS, e);
    return layer != NULL && facts != NULL && db_bind_int(layer, 1, id, e) && db_run(layer, e) &&
           db_bind_int(facts, 1, id, e) && db_run(facts, e);
}

/* Drops the oldest until there is a little room; `items` and `bytes` are the totals before. */
static bool drop_oldest(struct store *s, int64_t items, int64_t bytes, struct error *e)
{
    struct layers *l = &s->layers;
    int64_t items_goal = (int64_t)(s->facts_layers_max - s->facts_layers_max / 32);
    int64_t bytes_goal = (int64_t)(s->facts_bytes_max - s->facts_bytes_max / 32);
    while (items > items_goal || bytes > bytes_goal) {
        int64_t ids[DROP_AT_ONCE], sizes[DROP_AT_ONCE];
        size_t count = 0;
        struct statement *oldest = statement(l, LAYER_OLDEST, e);
        if (oldest == NULL || !db_bind_int(oldest, 1, DROP_AT_ONCE, e)) {
            return false;
        }
        enum step got = STEP_END;
        while (count < DROP_AT_ONCE && (got = db_step(oldest, e)) == STEP_GOT) {
            ids[count] = db_column_int(oldest, 0);
            sizes[count++] = db_column_int(oldest, 1);
        }
        db_reset(oldest);
        if (got == STEP_FAILED || count == 0) {
            return got != STEP_FAILED;
        }
        int64_t fewer = 0, less = 0;
        for (size_t i = 0; i < count && (items + fewer > items_goal || bytes + less > bytes_goal);
             i++) {
            if (!drop(l, ids[i], e)) {
                return false;
            }
            fewer--;
            less -= sizes[i];
        }
        if (!usage_add(l, STR("layers"), &fewer, &less, e)) {
            return false;
        }
        items = fewer;
        bytes = less;
    }
    return true;
}

struct kept {
    str blob, diff_id, facts;
    uint32_t revision;
};

/* The size of the row that `k` replaces; `*before` is false where there is none. */
static bool known(struct layers *l, const struct kept *k, bool *before, int64_t *bytes,
                  struct error *e)
{
    struct statement *st = statement(l, LAYER_KNOWN, e);
    if (st == NULL || !db_bind_bytes(st, 1, k->blob, e) || !db_bind_int(st, 2, k->revision, e)) {
        return false;
    }
    enum step got = db_step(st, e);
    *before = got == STEP_GOT;
    *bytes = *before ? db_column_int(st, 0) : 0;
    db_reset(st);
    return got != STEP_FAILED;
}

static bool facts_insert(struct store *s, const struct kept *k, struct error *e)
{
    struct layers *l = &s->layers;
    uint8_t sum[32];
    bool before = false;
    int64_t bytes_before = 0;
    struct statement *layer = statement(l, LAYER_KEEP, e);
    struct statement *facts = statement(l, LAYER_KEEP_FACTS, e);
    if (layer == NULL || facts == NULL || !known(l, k, &before, &bytes_before, e) ||
        !db_bind_bytes(layer, 1, k->blob, e) || !db_bind_int(layer, 2, k->revision, e) ||
        !db_bind_bytes(layer, 3, k->diff_id, e) ||
        !db_bind_int(layer, 4, (int64_t)k->facts.len, e) ||
        !db_bind_int(layer, 5, clock_now_s(), e)) {
        return false;
    }
    enum step got = db_step(layer, e);
    int64_t id = got == STEP_GOT ? db_column_int(layer, 0) : 0;
    db_reset(layer);
    if (got != STEP_GOT || !db_bind_int(facts, 1, id, e) ||
        !db_bind_bytes(facts, 2, checksum(k->blob, k->revision, k->diff_id, k->facts, sum), e) ||
        !db_bind_bytes(facts, 3, k->facts, e) || !db_run(facts, e)) {
        return false;
    }
    int64_t items = before ? 0 : 1, bytes = (int64_t)k->facts.len - bytes_before;
    if (!usage_add(l, STR("layers"), &items, &bytes, e)) {
        return false;
    }
    bool full = items > (int64_t)s->facts_layers_max || bytes > (int64_t)s->facts_bytes_max;
    return !full || drop_oldest(s, items, bytes, e);
}

bool store_facts_keep(struct store *s, digest blob, uint32_t revision, str facts, digest diff_id,
                      struct error *e)
{
    char blob_key[DIGEST_KEY_BYTES], diff_key[DIGEST_KEY_BYTES];
    struct error why = {0};
    if (blob.algorithm == DIGEST_NONE || diff_id.algorithm == DIGEST_NONE) {
        return error_set(e, ERROR_FORMAT, "facts without a digest are not kept");
    }
    if (facts.len > s->facts_bytes_max / 8) {
        return error_set(e, ERROR_LIMIT, "facts of %zu bytes are not kept", facts.len);
    }
    struct kept k = {.blob = digest_key(blob, blob_key),
                     .diff_id = digest_key(diff_id, diff_key),
                     .facts = facts,
                     .revision = revision};
    bool done = open_to_keep(s, &why);
    if (done) {
        struct db *db = s->layers.db;
        done = db_begin(db, &why) && facts_insert(s, &k, &why) && db_commit(db, &why);
        if (!done) {
            db_rollback(db);
            look_at_failure(&s->layers, &why);
        }
    }
    if (!done && e != NULL) {
        *e = why;
    }
    return done;
}

/* -- digests of files ----------------------------------------------------------------------- */

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Parameters 1 to 4 name the part of the file, 5 to 7 its state. The casts keep all bits. */
static bool bind_part(struct statement *st, const struct stat *file, uint64_t start,
                      uint64_t length, bool with_state, struct error *e)
{
    return st != NULL && db_bind_int(st, 1, (int64_t)file->st_dev, e) &&
           db_bind_int(st, 2, (int64_t)file->st_ino, e) && db_bind_int(st, 3, (int64_t)start, e) &&
           db_bind_int(st, 4, (int64_t)length, e) &&
           (!with_state || (db_bind_int(st, 5, file->st_size, e) &&
                            db_bind_int(st, 6, nanoseconds(file->st_mtim), e) &&
                            db_bind_int(st, 7, nanoseconds(file->st_ctim), e)));
}

bool store_file_digest_find(struct store *s, const struct stat *st, uint64_t start, uint64_t length,
                            digest *out, bool *found, struct error *e)
{
    (void)e; /* nothing here fails the caller */
    struct error why = {0};
    *found = false;
    if (!open_to_find(s, &why)) {
        return true;
    }
    struct statement *find = statement(&s->layers, FILE_FIND, &why);
    enum step got = STEP_FAILED;
    if (bind_part(find, st, start, length, true, &why)) {
        got = db_step(find, &why);
        *found = got == STEP_GOT && digest_of_key(db_column_bytes(find, 0), out);
        db_reset(find);
    }
    if (got == STEP_FAILED) {
        look_at_failure(&s->layers, &why);
    }
    return true;
}

/* A file that changes again within one tick of its clock keeps its times: what was changed just
 * now is not believed. File systems without nanoseconds tick in seconds. */
static bool is_settled(const struct stat *st)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return false;
    }
    bool coarse = st->st_ctim.tv_nsec == 0;
    int64_t age = nanoseconds(now) - nanoseconds(st->st_ctim);
    return age >= (coarse ? 3000000000 : 100000000);
}

static bool file_insert(struct store *s, const struct stat *st, uint64_t start, uint64_t length,
                        str key, struct error *e)
{
    struct layers *l = &s->layers;
    struct statement *probe = statement(l, FILE_KNOWN, e);
    if (!bind_part(probe, st, start, length, false, e)) {
        return false;
    }
    enum step got = db_step(probe, e);
    db_reset(probe);
    struct statement *keep = statement(l, FILE_KEEP, e);
    int64_t items = got == STEP_GOT ? 0 : 1, bytes = 0;
    if (got == STEP_FAILED || !bind_part(keep, st, start, length, true, e) ||
        !db_bind_bytes(keep, 8, key, e) || !db_bind_int(keep, 9, clock_now_s(), e) ||
        !db_run(keep, e) || !usage_add(l, STR("files"), &items, &bytes, e)) {
        return false;
    }
    if (items <= (int64_t)s->files_max) {
        return true;
    }
    struct statement *trim = statement(l, FILE_TRIM, e), *count = statement(l, FILE_COUNT, e);
    return trim != NULL && count != NULL &&
           db_bind_int(trim, 1, items - (int64_t)(s->files_max - s->files_max / 8), e) &&
           db_run(trim, e) && db_run(count, e);
}

bool store_file_digest_keep(struct store *s, const struct stat *st, uint64_t start, uint64_t length,
                            digest d, struct error *e)
{
    char key[DIGEST_KEY_BYTES];
    struct error why = {0};
    if (d.algorithm == DIGEST_NONE || !is_settled(st)) {
        return error_set(e, ERROR_FORMAT, "the file was changed just now");
    }
    bool done = open_to_keep(s, &why);
    if (done) {
        struct db *db = s->layers.db;
        done = db_begin(db, &why) && file_insert(s, st, start, length, digest_key(d, key), &why) &&
               db_commit(db, &why);
        if (!done) {
            db_rollback(db);
            look_at_failure(&s->layers, &why);
        }
    }
    if (!done && e != NULL) {
        *e = why;
    }
    return done;
}

bool store_facts_counts(struct store *s, uint64_t *layers, uint64_t *bytes, struct error *e)
{
    struct error why = {0};
    *layers = *bytes = 0;
    if (!open_to_find(s, &why)) {
        return why.kind != ERROR_MEMORY || error_set(e, ERROR_MEMORY, "%s", why.text);
    }
    struct statement *st = statement(&s->layers, USAGE_FIND, &why);
    if (st == NULL || !db_bind_text(st, 1, STR("layers"), &why)) {
        return true;
    }
    if (db_step(st, &why) == STEP_GOT) {
        *layers = (uint64_t)db_column_int(st, 0);
        *bytes = (uint64_t)db_column_int(st, 1);
    }
    db_reset(st);
    return true;
}
