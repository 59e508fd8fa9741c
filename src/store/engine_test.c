#include "store/engine.h"

#include "store/migrate.h"
#include "store/testing.h"

static struct error e;

static struct db *open_file(enum db_mode mode)
{
    struct db *db = NULL;
    static char path[100];
    snprintf(path, sizeof(path), "%s", test_path("a ?#%25.db"));
    struct db_options options = {.path = path, .mode = mode, .cache_kib = 256, .busy_ms = 10};
    CHECK_OK(db_open(engines[0], &options, &db, &e), &e);
    return db;
}

static void statements(void)
{
    CHECK_CASE("parameters are numbered, whatever the order they appear and are bound in")
    {
        test_dir_make();
        struct db *db = open_file(DB_CREATE);
        struct statement *s = NULL;
        CHECK_OK(db_prepare(db, STR("SELECT $2 || '-' || $1 || '-' || $2 || '$1' || $10"), &s, &e),
                 &e);
        CHECK_OK(db_bind_text(s, 10, STR("ten"), &e), &e);
        CHECK_OK(db_bind_text(s, 2, STR("two"), &e), &e);
        CHECK_OK(db_bind_text(s, 1, STR("one"), &e), &e);
        CHECK(db_step(s, &e) == STEP_GOT);
        CHECK_STR(db_column_text(s, 0), STR("two-one-two$1ten"));
        CHECK(db_step(s, &e) == STEP_END);
        db_finish(s);
        CHECK(access(test_path("a ?#%25.db"), F_OK) == 0);
        db_close(db);
    }
    CHECK_CASE("values come back: numbers to the ends, empty text, NUL bytes, NULL")
    {
        struct db *db = open_file(DB_WRITE);
        struct statement *s = NULL;
        CHECK_OK(db_prepare(db, STR("SELECT $1, $2, $3, $4, $5, $6"), &s, &e), &e);
        CHECK_OK(db_bind_int(s, 1, INT64_MIN, &e), &e);
        CHECK_OK(db_bind_int(s, 2, INT64_MAX, &e), &e);
        CHECK_OK(db_bind_text(s, 3, STR_NONE, &e), &e);
        CHECK_OK(db_bind_text(s, 4, STR("a\0b"), &e), &e);
        CHECK_OK(db_bind_bytes(s, 5, STR("\xff\0"), &e), &e);
        CHECK(db_step(s, &e) == STEP_GOT);
        CHECK(db_column_int(s, 0) == INT64_MIN && db_column_int(s, 1) == INT64_MAX);
        CHECK_STR(db_column_text(s, 2), STR(""));
        CHECK_STR(db_column_text(s, 3), STR("a\0b"));
        CHECK_STR(db_column_bytes(s, 4), STR("\xff\0"));
        CHECK_NUM(db_column_text(s, 5).len, 0);
        CHECK(!db_bind_int(s, 7, 1, &e));
        db_finish(s);
        CHECK_FAILS(db_prepare(db, STR("SELECT nonsense FROM"), &s, &e), &e, ERROR_FORMAT, "");
        CHECK_FAILS(db_exec(db, "nonsense", &e), &e, ERROR_FORMAT, "syntax");
        db_close(db);
    }
    CHECK_CASE("a transaction is kept by commit alone, and a second writer is told at once")
    {
        struct db *db = open_file(DB_WRITE), *other = open_file(DB_WRITE);
        CHECK_OK(db_begin(db, &e), &e);
        CHECK_OK(db_exec(db, "CREATE TABLE t (a INTEGER)", &e), &e);
        CHECK_FAILS(db_begin(other, &e), &e, ERROR_IO, "locked");
        CHECK_NUM(e.sys, 16); /* EBUSY */
        db_rollback(db);
        db_rollback(db);
        CHECK_FAILS(db_exec(db, "SELECT a FROM t", &e), &e, ERROR_FORMAT, "no such table");
        CHECK_OK(db_begin(other, &e), &e);
        CHECK_OK(db_exec(other, "CREATE TABLE t (a INTEGER)", &e), &e);
        CHECK_OK(db_commit(other, &e), &e);
        CHECK_OK(db_exec(db, "SELECT a FROM t", &e), &e);
        db_close(db);
        db_close(other);
    }
    CHECK_CASE("a file that is not there is not made for reading")
    {
        test_dir_make();
        struct db *db = NULL;
        struct db_options options = {.path = test_path("x"), .mode = DB_READ};
        CHECK_FAILS(db_open(&engine_sqlite, &options, &db, &e), &e, ERROR_IO, "x");
        options.mode = DB_WRITE;
        CHECK_FAILS(db_open(&engine_sqlite, &options, &db, &e), &e, ERROR_IO, "x");
        CHECK(access(test_path("x"), F_OK) != 0);
    }
}

static const char *const steps[] = {
    "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)",
    "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7",
    "CREATE TABLE b (z TEXT); INSERT INTO b SELECT 'from ' || x FROM a",
};

static struct schema schema_of(size_t count)
{
    return (struct schema){
        .name = "test", .application = 0x6c6d0001, .steps = steps, .count = count};
}

static int64_t number(struct db *db, const char *sql)
{
    struct statement *s = NULL;
    if (!CHECK_OK(db_prepare(db, str_from(sql), &s, &e), &e)) {
        return -1;
    }
    int64_t value = db_step(s, &e) == STEP_GOT ? db_column_int(s, 0) : -1;
    db_finish(s);
    return value;
}

static void migrations(void)
{
    for (size_t from = 0; from <= 3; from++) {
        CHECK_CASE("a database of schema %zu is brought to 3, and its rows stay", from)
        {
            test_dir_make();
            struct db *db = open_file(DB_CREATE);
            struct schema old = schema_of(from), now = schema_of(3);
            CHECK_OK(from == 0 || schema_migrate(db, &old, &e), &e);
            if (from > 0) {
                CHECK_OK(db_exec(db, "INSERT INTO a (x) VALUES (2)", &e), &e);
                CHECK(schema_require(db, &now, &e) == (from == 3));
            }
            CHECK_OK(schema_migrate(db, &now, &e), &e);
            CHECK_OK(schema_require(db, &now, &e), &e);
            CHECK_NUM(number(db, "SELECT sum(x) FROM a"), from == 0 ? 1 : 3);
            CHECK_NUM(number(db, "SELECT min(y) FROM a"), 7);
            CHECK_NUM(number(db, "SELECT count(*) FROM b"), from == 1 || from == 2 ? 2 : 1);
            CHECK_OK(schema_migrate(db, &now, &e), &e);
            db_close(db);
        }
    }
    CHECK_CASE("a newer schema and somebody else's tables are refused and left alone")
    {
        test_dir_make();
        struct db *db = open_file(DB_CREATE);
        struct schema old = schema_of(2), now = schema_of(3);
        CHECK_OK(schema_migrate(db, &now, &e), &e);
        CHECK_FAILS(schema_migrate(db, &old, &e), &e, ERROR_FORMAT, "newer limpid");
        CHECK_FAILS(schema_require(db, &old, &e), &e, ERROR_FORMAT, "newer limpid");
        CHECK_NUM(number(db, "SELECT count(*) FROM b"), 1);
        now.application++;
        CHECK_FAILS(schema_migrate(db, &now, &e), &e, ERROR_FORMAT, "not a database of limpid's");
        db_close(db);
    }
    CHECK_CASE("a newer schema that says so is used as it is, the strictest of its steps counting")
    {
        static const uint32_t readable[][3] = {{1, 1, 1}, {1, 1, 2}, {1, 2, 1}, {1, 2, 3}};
        static const size_t oldest[] = {1, 2, 2, 3};
        for (size_t i = 0; i < ARRAY_COUNT(oldest); i++) {
            test_dir_make();
            struct db *db = open_file(DB_CREATE);
            struct schema now = schema_of(3);
            now.readable = readable[i];
            CHECK_OK(schema_migrate(db, &now, &e), &e);
            for (size_t count = 1; count <= 3; count++) {
                struct schema old = schema_of(count);
                enum schema_state state;
                uint32_t version;
                CHECK_OK(schema_look(db, &old, &state, &version, &e), &e);
                CHECK_NUM(version, 3);
                CHECK_NUM(state, count == 3          ? SCHEMA_CURRENT
                                 : count < oldest[i] ? SCHEMA_NEWER
                                                     : SCHEMA_ADDED);
                CHECK(schema_require(db, &old, &e) == (count >= oldest[i]));
                CHECK(schema_migrate(db, &old, &e) == (count >= oldest[i]));
            }
            CHECK_NUM(number(db, "SELECT count(*) FROM b"), 1);
            CHECK_OK(schema_require(db, &now, &e), &e);
            db_close(db);
        }
    }
    CHECK_CASE("a step that fails leaves the schema before it")
    {
        static const char *const bad[] = {"CREATE TABLE a (x INTEGER)",
                                          "CREATE TABLE c (x INTEGER); INSERT INTO nowhere "
                                          "VALUES (1)"};
        struct schema one = {.name = "bad", .application = 1, .steps = bad, .count = 1};
        struct schema two = one;
        two.count = 2;
        test_dir_make();
        struct db *db = open_file(DB_CREATE);
        CHECK_OK(schema_migrate(db, &one, &e), &e);
        CHECK_FAILS(schema_migrate(db, &two, &e), &e, ERROR_FORMAT, "schema step 2");
        CHECK_OK(schema_require(db, &one, &e), &e);
        CHECK_NUM(number(db, "SELECT count(*) FROM sqlite_schema"), 1);
        db_close(db);
    }
    CHECK_CASE("the schemas in the program apply to an empty database")
    {
        test_dir_make();
        struct db *db = open_file(DB_CREATE);
        CHECK_OK(schema_migrate(db, &schema_layers, &e), &e);
        CHECK_NUM(number(db, "SELECT count(*) FROM usage"), 2);
        db_close(db);
        test_dir_make();
        db = open_file(DB_LOAD);
        CHECK_OK(schema_migrate(db, &schema_advisories, &e), &e);
        CHECK_NUM(number(db, "SELECT count(*) FROM affected"), 0);
        db_close(db);
    }
}

int main(void)
{
    statements();
    migrations();
    return check_done();
}
