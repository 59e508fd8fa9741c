#include "store/graph_testing.h"

/* Changes of advisories: what is staged is seen by nobody until all of it is. */

enum { KILLS = 40, A_CHANGE = 7 };

static const char *on;
static struct graph_options options;
static struct graph *g;

static int64_t number(const char *sql)
{
    struct statement *s = NULL;
    if (!CHECK_OK(db_prepare(g->db, str_from(sql), &s, &e), &e)) {
        return -1;
    }
    int64_t value = db_step(s, &e) == STEP_GOT ? db_column_int(s, 0) : -1;
    db_finish(s);
    return value;
}

static uint64_t pending(void)
{
    uint64_t count = 0;
    CHECK_OK(graph_notifications_pending(g, &count, &e), &e);
    return count;
}

static struct graph_notification notification(const char *name)
{
    static const struct graph_fix fixes[] = {
        {.os = STR_INIT("debian:8"), .name = STR_INIT("one"), .version = STR_INIT("2")},
        {.os = STR_INIT("debian:9"), .name = STR_INIT("one"), .version = STR_INIT("3")}};
    struct graph_notification n = {.has_old = true, .has_new = true};
    n.old = (struct graph_vulnerability){.name = str_from(name),
                                         .severity = STR("Low"),
                                         .fixes = fixes,
                                         .fixes_count = ARRAY_COUNT(fixes)};
    n.after = n.old;
    n.after.severity = STR("High");
    return n;
}

static int64_t lease(const char *owner, unsigned seconds)
{
    int64_t fence = 0;
    bool taken = false;
    CHECK_OK(graph_lease_take(g, STR("updater"), str_from(owner), seconds, &fence, &taken, &e), &e);
    CHECK(taken);
    return fence;
}

static str value(const char *key)
{
    str got = STR_NONE;
    CHECK_OK(graph_value_get(g, str_from(key), &arena, &got, &e), &e);
    return got;
}

/* No state, fix, chunk without what it belongs to. */
static void consistent(void)
{
    static const char *const broken[] = {
        "SELECT count(*) FROM vulnerability WHERE id NOT IN (SELECT old_vulnerability FROM "
        "notification UNION SELECT new_vulnerability FROM notification)",
        "SELECT count(*) FROM vulnerability_fix WHERE vulnerability NOT IN "
        "(SELECT id FROM vulnerability)",
        "SELECT count(*) FROM vulnerability v WHERE (SELECT count(*) FROM vulnerability_fix f "
        "WHERE f.vulnerability = v.id) <> 2",
        "SELECT count(*) FROM notification n WHERE (SELECT count(*) FROM vulnerability v "
        "WHERE v.id IN (n.old_vulnerability, n.new_vulnerability)) <> "
        "CASE WHEN old_vulnerability = 0 THEN 1 ELSE 2 END",
    };
    for (size_t i = 0; i < ARRAY_COUNT(broken); i++) {
        if (!CHECK_NUM(number(broken[i]), 0)) {
            printf("# %s\n", broken[i]);
        }
    }
}

static str staged_name(void)
{
    struct statement *s = NULL;
    str name = STR_NONE;
    CHECK_OK(db_prepare(g->db, STR("SELECT name FROM notification WHERE staged <> 0"), &s, &e), &e);
    CHECK(db_step(s, &e) == STEP_GOT && arena_str(&arena, db_column_bytes(s, 0), &name, &e));
    db_finish(s);
    return name;
}

static void notifications(void)
{
    CHECK_CASE("%s: nobody sees what is staged, then all of it is there at once", on)
    {
        struct graph_notification in[] = {notification("A-1"), notification("A-2")}, n;
        int64_t fence = lease("a", 600), change = 0, held;
        bool found = true;
        in[1].has_old = false;
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &change, &e), &e);
        CHECK_OK(graph_change_notifications(g, change, in, 1, &e), &e);
        CHECK_NUM(pending(), 0);
        str name = staged_name();
        CHECK_OK(graph_notification_find(g, name, &arena, &n, &found, &e), &e);
        CHECK(!found);
        CHECK_OK(graph_notification_take(g, STR("x"), 0, 60, &arena, &n, &held, &found, &e), &e);
        CHECK(!found);
        CHECK_FAILS(graph_notification_delete(g, name, &e), &e, ERROR_ABSENT, "no notification");
        CHECK_OK(graph_change_notifications(g, change, in + 1, 1, &e), &e);
        CHECK_OK(graph_change_notifications(g, change, NULL, 0, &e), &e);
        uint64_t before = test_epoch(g);
        CHECK_OK(graph_change_publish(g, change, STR("updater"), fence, STR("upto"), STR("1"), &e),
                 &e);
        CHECK(test_epoch(g) > before);
        CHECK_NUM(pending(), 2);
        CHECK_STR(value("upto"), STR("1"));
        CHECK_OK(graph_notification_find(g, name, &arena, &n, &found, &e), &e);
        CHECK(found && n.created_s > 1600000000 && n.has_old && n.has_new);
        CHECK_STR(n.old.severity, STR("Low"));
        CHECK_STR(n.after.severity, STR("High"));
        CHECK_NUM(n.after.fixes_count, 2);
        CHECK_OK(graph_notification_take(g, STR("x"), 0, 60, &arena, &n, &held, &found, &e), &e);
        CHECK(found);
        CHECK_STR(n.name, name);
        CHECK_OK(graph_notification_done(g, n.name, held, true, 0, &e), &e);
        CHECK_OK(graph_notification_take(g, STR("x"), 0, 60, &arena, &n, &held, &found, &e), &e);
        CHECK(found && !n.has_old);
        CHECK_STR(n.after.name, STR("A-2"));
        CHECK_OK(graph_notification_done(g, n.name, held, true, 0, &e), &e);
        CHECK_NUM(pending(), 0);
        CHECK_FAILS(
            graph_change_publish(g, change, STR("updater"), fence, STR("upto"), STR("2"), &e), &e,
            ERROR_ABSENT, "given up");
    }
    CHECK_CASE("%s: what was never published is gone with the next change, whose numbers differ",
               on)
    {
        struct graph_notification in[A_CHANGE];
        struct graph_part part = {.feed = STR("debian"),
                                  .content = {.algorithm = DIGEST_SHA256, .bytes = {1}}};
        int64_t fence = lease("a", 600), first = 0, second = 0;
        for (size_t i = 0; i < A_CHANGE; i++) {
            in[i] = notification("B-1");
        }
        int64_t states = number("SELECT count(*) FROM vulnerability");
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &first, &e), &e);
        for (size_t i = 0; i < 200; i++) { /* more than a block of numbers */
            CHECK_OK(graph_change_notifications(g, first, in, A_CHANGE, &e), &e);
        }
        CHECK_OK(graph_change_part(g, first, &part, STR("bytes"), &e), &e);
        CHECK_NUM(number("SELECT count(*) FROM notification WHERE staged <> 0"), 200 * A_CHANGE);
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &second, &e), &e);
        CHECK(second > first);
        CHECK_NUM(number("SELECT count(*) FROM notification WHERE staged <> 0"), 0);
        CHECK_NUM(number("SELECT count(*) FROM vulnerability"), states);
        CHECK_NUM(number("SELECT count(*) FROM part"), 0);
        CHECK_NUM(number("SELECT count(*) FROM part_chunk"), 0);
        CHECK_FAILS(graph_change_notifications(g, first, in, 1, &e), &e, ERROR_ABSENT, "given up");
        CHECK_FAILS(graph_change_part(g, first, &part, STR("bytes"), &e), &e, ERROR_ABSENT,
                    "given up");
        CHECK_FAILS(
            graph_change_publish(g, first, STR("updater"), fence, STR("upto"), STR("9"), &e), &e,
            ERROR_ABSENT, "given up");
        CHECK_STR(value("upto"), STR("1"));
        CHECK_OK(graph_change_publish(g, second, STR("updater"), fence, STR("upto"), STR("2"), &e),
                 &e);
        CHECK_NUM(pending(), 0);
        consistent();
    }
    CHECK_CASE("%s: who lost the lease is refused, and what it staged goes with the next change",
               on)
    {
        struct graph_notification in = notification("C-1");
        int64_t old = lease("a", 600), change = 0, next = 0;
        CHECK_OK(graph_change_begin(g, STR("updater"), old, &change, &e), &e);
        CHECK_OK(graph_change_notifications(g, change, &in, 1, &e), &e);
        lease("a", 0); /* its time is over */
        CHECK_FAILS(graph_change_publish(g, change, STR("updater"), old, STR("upto"), STR("9"), &e),
                    &e, ERROR_ABSENT, "'updater' is not held");
        int64_t fence = lease("b", 600);
        CHECK_FAILS(graph_change_begin(g, STR("updater"), old, &next, &e), &e, ERROR_ABSENT,
                    "'updater' is not held");
        CHECK_FAILS(graph_change_publish(g, change, STR("updater"), old, STR("upto"), STR("9"), &e),
                    &e, ERROR_ABSENT, "'updater' is not held");
        CHECK_NUM(pending(), 0);
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &next, &e), &e);
        CHECK_FAILS(graph_change_notifications(g, change, &in, 1, &e), &e, ERROR_ABSENT, "given");
        CHECK_OK(graph_change_publish(g, next, STR("updater"), fence, STR("upto"), STR("3"), &e),
                 &e);
        CHECK_NUM(pending(), 0);
        CHECK_STR(value("upto"), STR("3"));
        CHECK_OK(graph_lease_release(g, STR("updater"), fence, &e), &e);
    }
    CHECK_CASE("%s: a text above 4 MiB is refused, and nothing of the call is staged", on)
    {
        static char bytes[GRAPH_TEXT_BYTES_MAX + 1];
        struct graph_notification in[] = {notification("D-1"), notification("D-2")};
        int64_t fence = lease("a", 600), change = 0;
        in[1].after.description = (str){.at = bytes, .len = sizeof(bytes)};
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &change, &e), &e);
        CHECK_FAILS(graph_change_notifications(g, change, in, 2, &e), &e, ERROR_LIMIT,
                    "4194305 of");
        CHECK_NUM(number("SELECT count(*) FROM notification WHERE staged <> 0"), 0);
        consistent();
    }
}

static void parts(void)
{
    CHECK_CASE("%s: a part of several chunks comes back, and a newer one takes its place", on)
    {
        static char bytes[18500000]; /* more than one transaction */
        uint64_t random = 1;
        for (size_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (char)test_random(&random);
        }
        str packed = {.at = bytes, .len = sizeof(bytes)};
        struct graph_part part = {.feed = STR("debian"),
                                  .content = {.algorithm = DIGEST_SHA256, .bytes = {9}},
                                  .date_s = 1234},
                          other = {.feed = STR("alpine"),
                                   .content = {.algorithm = DIGEST_SHA256, .bytes = {7}}};
        const struct graph_part *list = NULL;
        size_t count = 0;
        int64_t fence = lease("a", 600), change = 0;
        struct buf to;
        buf_init(&to, 1 << 26);
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &change, &e), &e);
        CHECK_OK(graph_change_part(g, change, &part, STR("replaced before it is seen"), &e), &e);
        CHECK_OK(graph_change_part(g, change, &part, packed, &e), &e);
        CHECK_OK(graph_change_part(g, change, &other, STR("apk"), &e), &e);
        CHECK_OK(graph_parts(g, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 0);
        CHECK_FAILS(graph_part_read(g, part.feed, part.content, &to, &e), &e, ERROR_ABSENT,
                    "debian");
        CHECK_OK(graph_change_publish(g, change, STR("updater"), fence, STR("upto"), STR("4"), &e),
                 &e);
        CHECK_OK(graph_part_read(g, part.feed, part.content, &to, &e), &e);
        CHECK_NUM(to.len, packed.len);
        CHECK(to.len == packed.len && memcmp(to.at, packed.at, packed.len) == 0);
        digest old = part.content;
        part.content.bytes[0] = 10;
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &change, &e), &e);
        CHECK_OK(graph_change_part(g, change, &part, STR_NONE, &e), &e);
        CHECK_OK(graph_parts(g, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 2);
        CHECK(count == 2 && digest_eq(list[1].content, old) && list[1].size_bytes == packed.len);
        CHECK_OK(graph_change_publish(g, change, STR("updater"), fence, STR("upto"), STR("5"), &e),
                 &e);
        CHECK_OK(graph_parts(g, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 2);
        CHECK_STR(list[0].feed, STR("alpine"));
        CHECK(digest_eq(list[1].content, part.content) && list[1].date_s == 1234);
        CHECK_NUM(list[1].size_bytes, 0);
        CHECK_FAILS(graph_part_read(g, part.feed, old, &to, &e), &e, ERROR_ABSENT, "debian");
        CHECK_OK(graph_part_read(g, part.feed, part.content, &to, &e), &e);
        CHECK_NUM(number("SELECT count(*) FROM part_chunk"), 1);
        buf_done(&to);
    }
}

/* -- faults --------------------------------------------------------------------------------- */

/* A change of A_CHANGE notifications and a part; the value says how many there have been. */
static bool change_whole(struct graph *on_g, uint64_t *counted, struct error *error)
{
    struct graph_notification in[A_CHANGE];
    struct graph_part part = {.feed = STR("debian"), .content = {.algorithm = DIGEST_SHA256}};
    char bytes[64], text[32];
    str upto = STR_NONE;
    struct arena mine;
    arena_init(&mine, 1 << 20, "a change");
    int64_t fence = 0, change = 0;
    bool taken = false;
    for (size_t i = 0; i < A_CHANGE; i++) {
        in[i] = notification("K-1");
    }
    bool done = graph_value_get(on_g, STR("counted"), &mine, &upto, error);
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(upto));
    unsigned long long count = strtoull(text, NULL, 10) + 1;
    snprintf(text, sizeof(text), "%llu", count);
    snprintf(bytes, sizeof(bytes), "the part of change %s", text);
    memcpy(part.content.bytes, &count, sizeof(count));
    done = done && graph_lease_take(on_g, STR("kills"), STR("k"), 600, &fence, &taken, error) &&
           taken && graph_change_begin(on_g, STR("kills"), fence, &change, error) &&
           graph_change_notifications(on_g, change, in, 3, error) &&
           graph_change_part(on_g, change, &part, str_from(bytes), error) &&
           graph_change_notifications(on_g, change, in + 3, A_CHANGE - 3, error) &&
           graph_change_publish(on_g, change, STR("kills"), fence, STR("counted"), str_from(text),
                                error);
    arena_done(&mine);
    *counted = count;
    return done;
}

static void writer(unsigned which, int ready)
{
    (void)which;
    struct graph *mine = NULL;
    struct error error = {0};
    uint64_t counted;
    bool done = graph_open(&options, &mine, &error) && write(ready, "r", 1) == 1;
    while (done) {
        done = change_whole(mine, &counted, &error) && write(ready, "d", 1) == 1;
    }
    _exit(1);
}

static uint64_t counted(void)
{
    char text[32];
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(value("counted")));
    return strtoull(text, NULL, 10);
}

/* The part is that of the change which the value names. */
static void part_is(uint64_t count)
{
    struct buf to;
    buf_init(&to, 1 << 20);
    digest content = {.algorithm = DIGEST_SHA256};
    char text[64];
    memcpy(content.bytes, &count, sizeof(count));
    snprintf(text, sizeof(text), "the part of change %llu", (unsigned long long)count);
    CHECK_OK(graph_part_read(g, STR("debian"), content, &to, &e), &e);
    CHECK_STR(buf_str(&to), str_from(text));
    buf_done(&to);
}

static void kills(void)
{
    CHECK_CASE("%s: killed at %d moments, changes are there whole or not at all", on, KILLS)
    {
        uint64_t random = 42, before = pending();
        unsigned all = 0;
        for (unsigned round = 0; round < KILLS; round++) {
            uint64_t from = counted();
            unsigned done = test_killed(writer, round, round % 3, test_random(&random) % 30000);
            uint64_t to = counted();
            CHECK(to - from == done || to - from == done + 1); /* not told any more */
            CHECK_NUM(pending() - before, A_CHANGE * to);
            all += done;
        }
        uint64_t count;
        CHECK_OK(change_whole(g, &count, &e), &e);
        CHECK_NUM(pending() - before, A_CHANGE * count);
        CHECK_NUM(number("SELECT count(*) FROM notification WHERE staged <> 0"), 0);
        part_is(count);
        consistent();
        CHECK(all >= KILLS / 3); /* it did write */
    }
}

static void memory(void)
{
    CHECK_CASE("%s: memory refused anywhere in a change is an error that leaves nothing visible",
               on)
    {
        uint64_t before = pending(), from = counted(), count = 0;
        for (int n = 0;; n++) {
            struct error error = {0};
            struct graph *mine = NULL;
            fail_alloc_at(-1);
            if (!CHECK_OK(graph_open(&options, &mine, &e), &e)) {
                break;
            }
            fail_alloc_at(n);
            bool done = change_whole(mine, &count, &error), hit = fail_alloc_hit();
            fail_alloc_at(-1);
            graph_close(mine);
            CHECK(done || error.kind == ERROR_MEMORY || error.kind == ERROR_IO);
            CHECK_NUM(pending() - before, A_CHANGE * (counted() - from));
            if (!hit) {
                CHECK_OK(done, &error);
                CHECK(n > 10);
                break;
            }
        }
        part_is(count);
        consistent();
    }
    CHECK_CASE("%s: a statement that fails ends the change, and all before it is as it was", on)
    {
        uint64_t before = pending(), count;
        static const char *const tables[] = {
            "staging", "notification", "vulnerability", "vulnerability_fix",
            "part",    "part_chunk",   "value",         "lease"};
        for (size_t i = 0; i < ARRAY_COUNT(tables); i++) {
            char sql[100];
            struct error error = {0};
            snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME TO hidden", tables[i]);
            CHECK_OK(db_exec(g->db, sql, &e), &e);
            CHECK(!change_whole(g, &count, &error));
            CHECK(error.kind != ERROR_NONE && error.kind != ERROR_ABSENT);
            snprintf(sql, sizeof(sql), "ALTER TABLE hidden RENAME TO %s", tables[i]);
            CHECK_OK(db_exec(g->db, sql, &e), &e);
            CHECK_NUM(pending(), before);
        }
        CHECK_OK(change_whole(g, &count, &e), &e);
        CHECK_NUM(pending(), before + A_CHANGE);
        consistent();
    }
}

static void on_engine(const struct engine *engine, const char *path)
{
    on = engine->name;
    options = (struct graph_options){.engine = engine, .path = path, .busy_ms = 20000};
    bool open = false;
    CHECK_CASE("%s: a database for changes", on)
    {
        if (path == NULL) {
            check_skip(getenv("LIMPID_POSTGRES_WHY"));
        } else {
            open = CHECK_OK(graph_open(&options, &g, &e), &e);
        }
    }
    if (open) {
        notifications();
        parts();
        kills();
        memory();
        graph_close(g);
    }
}

int main(void)
{
    test_dir_make();
    return test_engines(on_engine);
}
