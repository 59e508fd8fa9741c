#include "server/shared_parts.h"

#include "base/fd.h"
#include "store/graph_testing.h"
#include "store/part_share.h"

/* Two folders on one database, as two instances have them. */

static const char *on;
static struct graph_options options;
static struct graph *g;
static int64_t fence;
static struct shared_parts_memory memory;

static struct shared_parts_options with(const char *below)
{
    str path = STR_NONE;
    CHECK_OK(arena_printf(&arena, &path, &e, "%s/%s/%s", test_dir, on, below), &e);
    return (struct shared_parts_options){.graph = g, .data_dir = path, .arena = &arena};
}

static struct store *folder(const char *below)
{
    struct store *s = NULL;
    CHECK_OK(store_open(with(below).data_dir, &s, &e), &e);
    s->keep_generations = 0;
    return s;
}

static bool feed(const char *below, const char *name, uint64_t seed, int64_t date_s)
{
    struct store *s = folder(below);
    bool done = CHECK_OK(test_feed(s, name, 90, seed, date_s, &e), &e);
    store_close(s);
    return done;
}

static str generation(const char *below)
{
    struct store *s = folder(below);
    str name = STR_NONE;
    CHECK_OK(store_generation(s, &arena, &name, &e), &e);
    store_close(s);
    return name;
}

static bool publish_by(struct graph *by, const struct shared_parts_options *o, size_t *feeds,
                       struct error *error)
{
    int64_t change;
    struct shared_parts_options mine = *o;
    mine.graph = by;
    return graph_change_begin(by, STR("updater"), fence, &change, error) &&
           shared_parts_stage(&mine, change, feeds, error) &&
           graph_change_publish(by, change, STR("updater"), fence, STR("key"), STR("value"), error);
}

static size_t publish(const char *below)
{
    size_t feeds = 0;
    const struct shared_parts_options o = with(below);
    CHECK_OK(publish_by(g, &o, &feeds, &e), &e);
    return feeds;
}

static size_t pull(const char *below)
{
    size_t feeds = 0;
    const struct shared_parts_options o = with(below);
    CHECK_OK(shared_parts_pull(&o, &feeds, &e), &e);
    return feeds;
}

static void sharing(void)
{
    int64_t change = 0;
    size_t feeds = 0;
    CHECK_CASE("%s: what is staged is seen by nobody, what is published by all", on)
    {
        struct shared_parts_options a = with("a");
        CHECK(feed("a", "debian", 1, 1700000000) && feed("a", "ubuntu", 2, 1700000000));
        CHECK_NUM(pull("b"), 0);
        CHECK_NUM(pull("a"), 0);
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &change, &e), &e);
        CHECK_OK(shared_parts_stage(&a, change, &feeds, &e), &e);
        CHECK_NUM(feeds, 2);
        CHECK_NUM(pull("b"), 0);
        CHECK_NUM(publish("a"), 2);
        CHECK_NUM(pull("b"), 2);
        CHECK_STR(generation("b"), generation("a"));
        CHECK_NUM(publish("a") + publish("b") + pull("a") + pull("b"), 0);
    }
    CHECK_CASE("%s: a folder with a newer, unpublished state is brought back", on)
    {
        CHECK(feed("b", "debian", 7, 1800000000));
        CHECK_NUM(pull("b"), 1);
        CHECK_STR(generation("b"), generation("a"));
    }
    CHECK_CASE("%s: what is remembered spares the look, until either side changes", on)
    {
        struct shared_parts_options b = with("b");
        b.memory = &memory;
        memory = (struct shared_parts_memory){0};
        CHECK_OK(shared_parts_pull(&b, &feeds, &e), &e);
        CHECK(feeds == 0 && memory.index.algorithm == DIGEST_SHA256 && memory.stamp != 0);
        /* a look that only asks for the list does not mind that the parts cannot be read */
        CHECK_OK(db_exec(g->db, "UPDATE part_chunk SET position = position + 5", &e), &e);
        CHECK_OK(shared_parts_pull(&b, &feeds, &e), &e);
        CHECK_OK(db_exec(g->db, "UPDATE part_chunk SET position = position - 5", &e), &e);
        CHECK(feed("b", "debian", 8, 1800000000));
        CHECK_OK(shared_parts_pull(&b, &feeds, &e), &e);
        CHECK_NUM(feeds, 1);
        CHECK(feed("a", "debian", 9, 1700000900));
        CHECK_NUM(publish("a"), 1);
        CHECK_OK(shared_parts_pull(&b, &feeds, &e), &e);
        CHECK_NUM(feeds, 1);
        CHECK_STR(generation("b"), generation("a"));
    }
    CHECK_CASE("%s: of two instances on one folder one at a time changes it", on)
    {
        struct shared_parts_options a = with("a");
        int lock = -1, other = -1;
        bool held = false;
        CHECK(feed("a", "debian", 10, 1800000000));
        CHECK_OK(shared_parts_hold(a.data_dir, &arena, &lock, &held, &e), &e);
        CHECK(held);
        CHECK_OK(shared_parts_hold(a.data_dir, &arena, &other, &held, &e), &e);
        CHECK(!held && other < 0);
        CHECK_NUM(pull("a"), 0); /* the other one: it has come too early */
        a.held = true;
        CHECK_OK(shared_parts_pull(&a, &feeds, &e), &e);
        CHECK_NUM(feeds, 1);
        fd_close(&lock);
        CHECK_OK(shared_parts_hold(a.data_dir, &arena, &lock, &held, &e), &e);
        CHECK(held);
        fd_close(&lock);
    }
    CHECK_CASE("%s: a folder that cannot be written is told by its name", on)
    {
        struct shared_parts_options c = with("c");
        char path[400];
        store_close(folder("c"));
        snprintf(path, sizeof(path), "%s/advisories", c.data_dir.at);
        test_file_write(path, STR("no folder"));
        CHECK_FAILS(shared_parts_pull(&c, &feeds, &e), &e, ERROR_IO, path);
        CHECK(!shared_parts_damage(&e));
    }
}

/* -- a publication in between --------------------------------------------------------------- */

struct in_between {
    struct part_watch base;
    struct graph *by; /* another connection */
    unsigned asked, at;
};

static bool publishes(struct part_watch *self, struct error *error)
{
    struct in_between *x = CONTAINER_OF(self, struct in_between, base);
    const struct shared_parts_options a = with("a");
    size_t feeds;
    return x->asked++ != x->at || publish_by(x->by, &a, &feeds, error);
}

static void in_between(void)
{
    struct in_between x = {.base.go_on = publishes};
    size_t seen_before = 0, seen_after = 0;
    CHECK_CASE("%s: a publication at any moment of a pull: the whole of it, or the whole before",
               on)
    {
        CHECK_OK(graph_open(&options, &x.by, &e), &e);
        for (unsigned n = 0; n < 12; n++) {
            struct shared_parts_options d = with("d");
            size_t feeds = 0;
            CHECK(feed("a", "debian", 100 + n, 1700001000 + 2 * n));
            CHECK(publish("a") > 0);
            str before = generation("a");
            CHECK(feed("a", "debian", 200 + n, 1700001001 + 2 * n));
            CHECK(feed("a", "ubuntu", 300 + n, 1700001001 + 2 * n));
            str after = generation("a");
            x.asked = 0;
            x.at = n;
            d.watch = &x.base;
            CHECK_OK(shared_parts_pull(&d, &feeds, &e), &e);
            str now = generation("d");
            seen_before += str_eq(now, before);
            seen_after += str_eq(now, after);
        }
        CHECK_NUM(seen_before + seen_after, 12);
        CHECK(seen_before > 0 && seen_after > 2);
        publish("a");
        pull("b");
        pull("d");
        CHECK_STR(generation("d"), generation("a"));
        graph_close(x.by);
    }
}

/* -- damage --------------------------------------------------------------------------------- */

static void spoil(const char *name)
{
    const struct graph_part *parts = NULL;
    size_t count = 0;
    char sql[400];
    struct graph_part_place place = {0};
    CHECK_OK(graph_parts(g, &arena, &parts, &count, &e), &e);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(parts[i].feed, str_from(name))) {
            CHECK_OK(graph_part_find(g, parts[i].feed, parts[i].content, &place, &e), &e);
        }
    }
    bool postgres = g->engine->language == SQL_POSTGRES;
    snprintf(sql, sizeof(sql), "UPDATE part_chunk SET bytes = %s WHERE part = %lld",
             postgres ? "overlay(bytes placing '\\x7777'::bytea from 200)"
                      : "CAST(substr(bytes, 1, 199) || x'7777' || substr(bytes, 202) AS BLOB)",
             (long long)place.number);
    CHECK_OK(db_exec(g->db, sql, &e), &e);
}

static void damage(void)
{
    struct shared_parts_options b = with("b");
    size_t feeds = 0;
    int64_t change = 0;
    CHECK_CASE("%s: a part that is damaged in the database: told once, and the feed stays", on)
    {
        CHECK(feed("a", "debian", 20, 1700003000) && feed("a", "ubuntu", 21, 1700003000));
        CHECK_NUM(publish("a"), 2);
        spoil("debian");
        b.memory = &memory;
        CHECK(!shared_parts_pull(&b, &feeds, &e) && shared_parts_damage(&e) && feeds == 1);
        CHECK(strstr(e.text, "feed 'debian'") != NULL);
        CHECK_STR(str_from(e.hint), STR("the next update writes it anew"));
        CHECK(memory.damaged_count == 1 && strcmp(memory.damaged[0], "debian") == 0);
        CHECK_OK(shared_parts_pull(&b, &feeds, &e), &e); /* of that publication nothing more */
        CHECK_NUM(feeds, 0);
    }
    CHECK_CASE("%s: the next update writes it anew, also where it comes to the same content", on)
    {
        CHECK(feed("b", "debian", 20, 1700003000));
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &change, &e), &e);
        CHECK_OK(shared_parts_stage(&b, change, &feeds, &e), &e);
        CHECK_NUM(feeds, 1);
        CHECK_OK(graph_change_publish(g, change, STR("updater"), fence, STR("key"), STR("v"), &e),
                 &e);
        pull("e");
        CHECK_STR(generation("e"), generation("a"));
    }
    CHECK_CASE("%s: sizes that do not fit, chunks that are gone", on)
    {
        static const struct {
            const char *spoil, *mend;
        } cases[] = {
            {"UPDATE part SET size_bytes = size_bytes + 1 WHERE date_s = 1700003500",
             "UPDATE part SET size_bytes = size_bytes - 1 WHERE date_s = 1700003500"},
            {"UPDATE part SET size_bytes = size_bytes - 1 WHERE date_s = 1700003500",
             "UPDATE part SET size_bytes = size_bytes + 1 WHERE date_s = 1700003500"},
            {"UPDATE part_chunk SET position = 7 WHERE part IN (SELECT id FROM part WHERE "
             "date_s = 1700003500)",
             "UPDATE part_chunk SET position = 0 WHERE position = 7"},
        };
        struct shared_parts_options h = with("h");
        CHECK(feed("a", "debian", 23, 1700003500));
        CHECK_NUM(publish("a"), 1);
        pull("b");
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            CHECK_OK(db_exec(g->db, cases[i].spoil, &e), &e);
            CHECK(!shared_parts_pull(&h, &feeds, &e) && shared_parts_damage(&e));
            CHECK(strstr(e.text, "feed 'debian'") != NULL);
            CHECK_OK(db_exec(g->db, cases[i].mend, &e), &e);
        }
        CHECK_OK(shared_parts_pull(&h, &feeds, &e), &e);
        CHECK_STR(generation("h"), generation("a"));
    }
    CHECK_CASE("%s: so of the list of parts", on)
    {
        CHECK(feed("a", "debian", 22, 1700004000));
        CHECK_NUM(publish("a"), 1);
        spoil(PART_INDEX_NAME);
        CHECK(!shared_parts_pull(&b, &feeds, &e) && shared_parts_damage(&e));
        CHECK(strstr(e.text, "index of parts") != NULL);
        CHECK(publish("a") == 2);
        pull("b");
        CHECK_STR(generation("b"), generation("a"));
    }
}

/* -- refused -------------------------------------------------------------------------------- */

static void refused(void)
{
    CHECK_CASE("%s: each refused allocation leaves the folder at one state or the other", on)
    {
        struct shared_parts_options f = with("f"), a = with("a");
        size_t feeds = 0;
        int n = 0;
        for (;; n += 1 + n / 20) {
            str before = generation("f");
            struct graph *own = NULL; /* what is refused may spoil a connection */
            CHECK_OK(graph_open(&options, &own, &e), &e);
            CHECK(feed("a", "debian", 300 + (uint64_t)n, 1700005000 + n));
            error_clear(&e);
            f.graph = own;
            fail_alloc_at(n);
            bool done = publish_by(own, &a, &feeds, &e) && shared_parts_pull(&f, &feeds, &e);
            fail_alloc_at(-1);
            graph_close(own);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            str now = generation("f");
            CHECK(done || e.kind == ERROR_MEMORY || e.kind == ERROR_REMOTE);
            CHECK(str_eq(now, before) || str_eq(now, generation("a")));
        }
        printf("# about %d allocations\n", n);
        CHECK_STR(generation("f"), generation("a"));
    }
}

static void on_engine(const struct engine *engine, const char *path)
{
    bool open = false, taken = false;
    on = engine->name;
    options = (struct graph_options){.engine = engine, .path = path, .busy_ms = 20000};
    CHECK_CASE("%s: a database for parts", on)
    {
        if (path == NULL) {
            check_skip(getenv("LIMPID_POSTGRES_WHY"));
        } else {
            open = CHECK_OK(graph_open(&options, &g, &e), &e);
        }
    }
    if (open) {
        CHECK_OK(graph_lease_take(g, STR("updater"), STR("me"), 600, &fence, &taken, &e), &e);
        sharing();
        in_between();
        damage();
        refused();
        graph_close(g);
    }
}

int main(void)
{
    test_dir_make_fast();
    return test_engines(on_engine);
}
