#include <pthread.h>
#include <stdatomic.h>

#include "store/graph_testing.h"

/* What nothing refers to goes, and nothing else, whoever writes meanwhile. */

enum { POOL = 40, WRITERS = 6, COLLECTORS = 2, CHAIN = 4, ROUNDS = 300, BASES = 3 };

static const char *on;
static struct graph_options options;
static const struct graph_limits all = {
    .rows = 100, .notification_s = 0, .lease_s = 0, .value_s = 0, .value_prefix = STR_INIT("t/")};

static struct graph *opened(void)
{
    struct graph *g = NULL;
    return CHECK_OK(graph_open(&options, &g, &e), &e) ? g : NULL;
}

static struct graph_collection collected(struct graph *g, const struct graph_limits *limits)
{
    struct graph_collection c = {0};
    size_t steps = 0;
    do {
        if (!CHECK_OK(graph_collect(g, limits, &c, &e), &e)) {
            break;
        }
    } while (!c.whole && ++steps < 10000);
    CHECK(c.whole);
    return c;
}

static void set_back(struct graph *g, const char *sql)
{
    CHECK_OK(db_exec(g->db, sql, &e), &e);
}

/* -- what goes, what stays ------------------------------------------------------------------ */

static void packages(struct graph *g)
{
    CHECK_CASE("%s: packages that no layer installs or removes any more go, and are new again", on)
    {
        struct graph_collection c;
        bool fresh;
        CHECK(test_layer(g, "p1", "", "a=1 b=1 c=1", "") &&
              test_layer(g, "p2", "p1", "d=1", "b=1") &&
              test_layer(g, "p3", "", "c=1 e=1 f=1", ""));
        c = collected(g, &all);
        CHECK_NUM(c.packages, 0);
        CHECK_NUM(test_number(g, "SELECT count(*) FROM package"), 6);
        CHECK_OK(graph_layer_delete(g, STR("p3"), &e), &e);
        uint64_t epoch = test_epoch(g);
        c = collected(g, &all);
        CHECK_NUM(c.packages, 2);
        CHECK_NUM(test_epoch(g), epoch);
        /* its parent does not install b any more: that it is removed is still known */
        CHECK_OK(test_put(g, "p1", "", "a=1 c=1", "", 2, &fresh), &e);
        c = collected(g, &all);
        CHECK_NUM(c.packages, 0);
        CHECK_OK(test_put(g, "p1", "", "a=1 b=1 c=1", "", 3, &fresh), &e);
        CHECK_STR(test_list(g, "p2"), STR("a=1 p1, c=1 p1, d=1 p2"));
        CHECK(test_layer(g, "p4", "p2", "e=1", ""));
        CHECK_STR(test_list(g, "p4"), STR("a=1 p1, c=1 p1, d=1 p2, e=1 p4"));
        CHECK_OK(graph_layer_delete(g, STR("p1"), &e), &e);
        c = collected(g, &all);
        CHECK_NUM(c.packages, 5);
        CHECK_NUM(test_number(g, "SELECT count(*) FROM package"), 0);
    }
    CHECK_CASE("%s: many are removed in steps of 128, however many are looked at", on)
    {
        struct package list[300];
        char versions[300][16];
        bool fresh;
        struct graph_collection c = {0};
        struct graph_limits wide = all;
        for (size_t i = 0; i < 300; i++) {
            snprintf(versions[i], sizeof(versions[i]), "%zu", i);
            list[i] = (struct package){.name = STR("many"), .version = str_from(versions[i])};
        }
        struct graph_layer_content content = {
            .layer = {.name = STR("many")}, .installed = list, .installed_count = 300};
        CHECK_OK(graph_layer_put(g, &content, &fresh, &e), &e);
        CHECK_OK(graph_layer_delete(g, STR("many"), &e), &e);
        wide.rows = 100000;
        CHECK_OK(graph_collect(g, &wide, &c, &e), &e);
        CHECK_NUM(c.packages, 128);
        CHECK(c.table == GRAPH_COLLECT_PACKAGES);
        c = collected(g, &all);
        CHECK_NUM(c.packages, 172);
    }
}

static void flaw(struct graph *g, const char *severity, bool quiet)
{
    struct graph_fix fix = {.os = STR("debian:8"), .name = STR("p"), .version = STR("1")};
    struct graph_vulnerability v = {.api = GRAPH_API_2016,
                                    .os = STR("debian:8"),
                                    .name = STR("CVE"),
                                    .severity = str_from(severity),
                                    .fixes = &fix,
                                    .fixes_count = 1,
                                    .quiet = quiet};
    bool changed = false;
    CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
    CHECK(changed);
}

static void notifications(struct graph *g)
{
    static const char states[] = "SELECT count(*) FROM vulnerability";
    struct graph_limits month = all;
    month.notification_s = 30 * 24 * 3600;
    CHECK_CASE("%s: a deleted notification stays for its time, and then its states go too", on)
    {
        struct graph_notification n;
        struct graph_vulnerability v;
        int64_t fence;
        bool found = false;
        flaw(g, "Low", false);
        flaw(g, "High", false);
        flaw(g, "Critical", true); /* nobody is told: the one before is named once only */
        CHECK_OK(graph_notification_take(g, STR("me"), 0, 60, &arena, &n, &fence, &found, &e), &e);
        CHECK(found && !n.has_old);
        CHECK_OK(graph_notification_delete(g, n.name, &e), &e);
        struct graph_collection c = collected(g, &month);
        CHECK(c.notifications == 0 && c.states == 0);
        CHECK_OK(graph_notification_find(g, n.name, &arena, &n, &found, &e), &e);
        CHECK(found && n.deleted_s > 0);
        set_back(g, "UPDATE notification SET deleted_s = deleted_s - 31 * 86400 "
                    "WHERE deleted_s <> 0");
        c = collected(g, &month);
        CHECK(c.notifications == 1 && c.states == 0); /* the second one names both */
        CHECK_OK(graph_notification_find(g, n.name, &arena, &n, &found, &e), &e);
        CHECK(!found);
        CHECK_OK(graph_notification_take(g, STR("me"), 0, 60, &arena, &n, &fence, &found, &e), &e);
        CHECK(found && n.has_old && n.has_new);
        CHECK_STR(n.old.severity, STR("Low"));
        CHECK_OK(graph_notification_delete(g, n.name, &e), &e);
        set_back(g, "UPDATE notification SET deleted_s = deleted_s - 31 * 86400 "
                    "WHERE deleted_s <> 0");
        CHECK_NUM(test_number(g, states), 3);
        c = collected(g, &month);
        CHECK(c.notifications == 1 && c.states == 2);
        CHECK_NUM(test_number(g, states), 1);
        CHECK_NUM(test_number(g, "SELECT count(*) FROM vulnerability_fix"), 1);
        CHECK_OK(graph_vulnerability_find(g, GRAPH_API_2016, STR("debian:8"), STR("CVE"), &arena,
                                          &v, &found, &e),
                 &e);
        CHECK(found);
        CHECK_STR(v.severity, STR("Critical"));
    }
}

static void leases(struct graph *g)
{
    CHECK_CASE("%s: leases go a while after their end, and the fences of later ones are higher", on)
    {
        int64_t first = 0, second = 0, held = 0;
        bool taken = false, holds = true;
        struct graph_limits week = all;
        week.lease_s = 7 * 24 * 3600;
        CHECK_OK(graph_lease_take(g, STR("gone"), STR("a"), 60, &first, &taken, &e), &e);
        CHECK_OK(graph_lease_release(g, STR("gone"), first, &e), &e);
        CHECK_OK(graph_lease_take(g, STR("held"), STR("a"), 60, &held, &taken, &e), &e);
        struct graph_collection c = collected(g, &week);
        CHECK_NUM(c.leases, 0);
        set_back(g, "UPDATE lease SET until_s = until_s - 8 * 86400");
        set_back(g, "UPDATE lease SET until_s = until_s + 8 * 86400 WHERE length(owner) > 0");
        c = collected(g, &week);
        CHECK_NUM(c.leases, 1);
        CHECK_OK(graph_lease_check(g, STR("held"), held, &holds, &e), &e);
        CHECK(holds);
        set_back(g, "UPDATE lease SET fence = fence - 10");
        CHECK_OK(graph_lease_take(g, STR("gone"), STR("b"), 60, &second, &taken, &e), &e);
        CHECK(taken && second >= first);
    }
    CHECK_CASE("%s: values of folders that were not updated for long go, others stay", on)
    {
        struct graph_limits year = all;
        str value;
        year.value_s = 365 * 24 * 3600;
        CHECK_OK(graph_value_put(g, STR("t/old"), STR("1000000000"), STR_NONE, 0, &e), &e);
        CHECK_OK(graph_value_put(g, STR("t/new"), STR("99999999999"), STR_NONE, 0, &e), &e);
        CHECK_OK(graph_value_put(g, STR("t/text"), STR("x"), STR_NONE, 0, &e), &e);
        CHECK_OK(graph_value_put(g, STR("t"), STR("1"), STR_NONE, 0, &e), &e);
        CHECK_OK(graph_value_put(g, STR("u/old"), STR("1"), STR_NONE, 0, &e), &e);
        struct graph_collection c = collected(g, &year);
        CHECK_NUM(c.values, 1);
        CHECK_OK(graph_value_get(g, STR("t/old"), &arena, &value, &e), &e);
        CHECK_STR(value, STR(""));
        CHECK_OK(graph_value_get(g, STR("u/old"), &arena, &value, &e), &e);
        CHECK_STR(value, STR("1"));
    }
}

/* -- many at once --------------------------------------------------------------------------- */

/* A chain that one thread has to itself, and what its layers must have: a bit for each package of
 * the pool, which all threads share. */
struct chain {
    uint64_t installed[CHAIN], removed[CHAIN];
    uint32_t engines[CHAIN];
    size_t count;
};

struct writer {
    pthread_t thread;
    unsigned number;
    struct chain chain;
    uint32_t replaced;
    uint64_t random;
    bool done;
    struct error why;
};

static atomic_int writing;

static size_t pick(uint64_t bits, struct package *to)
{
    static const char names[] = "0123456789abcdefghijklmnopqrstuvwxyzABCD";
    size_t count = 0;
    for (size_t i = 0; i < POOL; i++) {
        if ((bits >> i & 1) != 0) {
            to[count++] = (struct package){.ecosystem = ECOSYSTEM_DEB,
                                           .name = {.at = names + i, .len = 1},
                                           .version = STR("1")};
        }
    }
    return count;
}

static str layer_name(const struct writer *w, size_t at, char to[32])
{
    snprintf(to, 32, "w%u-%zu", w->number, at);
    return str_from(to);
}

static bool put(struct graph *g, struct writer *w, size_t at)
{
    struct package lists[2][POOL];
    char name[32], parent[32];
    bool fresh;
    struct graph_layer_content content = {.installed = lists[0], .removed = lists[1]};
    content.layer.name = layer_name(w, at, name);
    content.layer.parent = at > 0 ? layer_name(w, at - 1, parent) : STR_NONE;
    content.layer.engine = w->chain.engines[at];
    content.installed_count = pick(w->chain.installed[at], lists[0]);
    content.removed_count = pick(w->chain.removed[at], lists[1]);
    return graph_layer_put(g, &content, &fresh, &w->why) &&
           (fresh || error_set(&w->why, ERROR_FORMAT, "'%s' was there", name));
}

static uint64_t some(struct writer *w)
{
    uint64_t bits = 0;
    for (int i = 0; i < 2; i++) {
        bits |= UINT64_C(1) << test_random(&w->random) % POOL;
    }
    return bits;
}

static bool step(struct graph *g, struct writer *w)
{
    struct chain *c = &w->chain;
    char name[32];
    unsigned dice = test_random(&w->random) % 10;
    size_t at = c->count > 0 ? test_random(&w->random) % c->count : 0;
    if (c->count > 0 && (dice == 0 || c->count == CHAIN)) {
        c->count = at;
        return graph_layer_delete(g, layer_name(w, at, name), &w->why);
    }
    if (c->count > 0 && dice < 3) {
        /* above all: what lies upon it keeps its own */
        c->engines[at] = 2 + w->replaced++;
    } else {
        at = c->count++;
        c->engines[at] = 1;
    }
    c->installed[at] = some(w);
    c->removed[at] = some(w) & ~c->installed[at];
    return put(g, w, at);
}

/* Every layer has what it must have. */
static bool verify(struct graph *g, struct writer *w, struct arena *mine)
{
    uint64_t want = 0;
    for (size_t i = 0; i < w->chain.count; i++) {
        struct package list[POOL];
        const struct graph_package *got;
        size_t count, wanted;
        char name[32];
        struct arena_mark mark = arena_mark(mine);
        want = (want & ~w->chain.removed[i]) | w->chain.installed[i];
        wanted = pick(want, list);
        if (!graph_layer_packages(g, layer_name(w, i, name), mine, &got, &count, &w->why)) {
            return false;
        }
        bool same = count == wanted;
        for (size_t k = 0; same && k < count; k++) {
            bool there = false;
            for (size_t m = 0; m < wanted; m++) {
                there = there || str_eq(got[k].package.name, list[m].name);
            }
            same = there;
        }
        arena_rewind(mine, mark);
        if (!same) {
            return error_set(&w->why, ERROR_FORMAT, "'%s' has %zu packages, not %zu", name, count,
                             wanted);
        }
    }
    return true;
}

static void *write_chains(void *what)
{
    struct writer *w = what;
    struct graph *g = NULL;
    struct arena mine;
    arena_init(&mine, 1 << 26, "a thread");
    w->done = graph_open(&options, &g, &w->why);
    for (unsigned i = 0; w->done && i < ROUNDS; i++) {
        w->done = step(g, w) && (i % 10 != 9 || verify(g, w, &mine));
    }
    w->done = w->done && verify(g, w, &mine);
    graph_close(g);
    arena_done(&mine);
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

static void *collect(void *what)
{
    struct writer *w = what;
    struct graph *g = NULL;
    struct graph_collection c = {0};
    w->done = graph_open(&options, &g, &w->why);
    while (w->done && (atomic_load(&writing) > 0 || !c.whole)) {
        w->done = graph_collect(g, &all, &c, &w->why);
    }
    w->number = (unsigned)c.packages;
    graph_close(g);
    return NULL;
}

static void hammered(void)
{
    CHECK_CASE("%s: %d connections insert, replace and delete, %d collect: every list is what it "
               "must be, all the time",
               on, WRITERS, COLLECTORS)
    {
        static struct writer all_of_them[WRITERS + COLLECTORS];
        unsigned packages_gone = 0;
        memset(all_of_them, 0, sizeof(all_of_them));
        atomic_store(&writing, WRITERS);
        for (unsigned i = 0; i < WRITERS + COLLECTORS; i++) {
            struct writer *w = &all_of_them[i];
            w->number = i;
            w->random = i + 1;
            if (pthread_create(&w->thread, NULL, i < WRITERS ? write_chains : collect, w) != 0) {
                abort();
            }
        }
        for (unsigned i = 0; i < WRITERS + COLLECTORS; i++) {
            pthread_join(all_of_them[i].thread, NULL);
            CHECK_OK(all_of_them[i].done, &all_of_them[i].why);
            packages_gone += i < WRITERS ? 0 : all_of_them[i].number;
        }
        printf("# %s: %u packages were collected meanwhile\n", on, packages_gone);
        CHECK(packages_gone > 0);
        struct graph *g = opened();
        if (g != NULL) {
            collected(g, &all);
            CHECK_NUM(test_number(g, "SELECT count(*) FROM layer_package WHERE package NOT IN "
                                     "(SELECT id FROM package)"),
                      0);
            CHECK_NUM(test_number(g, "SELECT count(*) FROM package WHERE id NOT IN "
                                     "(SELECT package FROM layer_package)"),
                      0);
            CHECK_NUM(test_number(g, "SELECT count(*) FROM layer WHERE parent >= id"), 0);
            graph_close(g);
        }
    }
}

/* -- parents that go ------------------------------------------------------------------------ */

/* Half of the threads put layers upon the same few bases, the others delete these and put them
 * again. */
static void *on_bases(void *what)
{
    struct writer *w = what;
    struct graph *g = NULL;
    bool deletes = w->number % 3 == 0, fresh;
    w->done = graph_open(&options, &g, &w->why);
    for (unsigned i = 0; w->done && i < ROUNDS; i++) {
        char base[32], name[32];
        struct package list[POOL];
        struct graph_layer_content content = {.installed = list};
        snprintf(base, sizeof(base), "base-%u", test_random(&w->random) % BASES);
        snprintf(name, sizeof(name), "on-%u-%u", w->number, i);
        content.installed_count = pick(some(w), list);
        content.layer.name = str_from(deletes ? base : name);
        content.layer.parent = deletes ? STR_NONE : str_from(base);
        w->done = (deletes && i % 2 == 0 ? graph_layer_delete(g, str_from(base), &w->why)
                                         : graph_layer_put(g, &content, &fresh, &w->why)) ||
                  w->why.kind == ERROR_ABSENT;
    }
    graph_close(g);
    return NULL;
}

static void orphans(void)
{
    CHECK_CASE("%s: layers are put upon parents that are being deleted: none is left without", on)
    {
        static struct writer list[WRITERS];
        memset(list, 0, sizeof(list));
        for (unsigned i = 0; i < WRITERS; i++) {
            list[i].number = i;
            list[i].random = i + 77;
            if (pthread_create(&list[i].thread, NULL, on_bases, &list[i]) != 0) {
                abort();
            }
        }
        for (unsigned i = 0; i < WRITERS; i++) {
            pthread_join(list[i].thread, NULL);
            CHECK_OK(list[i].done, &list[i].why);
        }
        struct graph *g = opened();
        if (g != NULL) {
            CHECK_NUM(test_number(g,
                                  "SELECT count(*) FROM layer WHERE parent <> 0 AND parent NOT IN "
                                  "(SELECT id FROM layer)"),
                      0);
            CHECK_NUM(test_number(g, "SELECT count(*) FROM layer_package WHERE layer NOT IN "
                                     "(SELECT id FROM layer)"),
                      0);
            CHECK_NUM(test_number(g, "SELECT count(*) FROM layer l JOIN layer p ON p.id = l.parent "
                                     "WHERE p.id >= l.id OR p.depth <> l.depth - 1"),
                      0);
            CHECK(test_number(g, "SELECT count(*) FROM layer WHERE parent <> 0") > 0);
            graph_close(g);
        }
    }
}

static void on_engine(const struct engine *engine, const char *path)
{
    on = engine->name;
    options = (struct graph_options){.engine = engine, .path = path, .busy_ms = 20000};
    if (path == NULL) {
        CHECK_CASE("%s: collecting", on)
        {
            check_skip(getenv("LIMPID_POSTGRES_WHY"));
        }
        return;
    }
    struct graph *g = opened();
    if (g == NULL) {
        return;
    }
    packages(g);
    notifications(g);
    leases(g);
    graph_close(g);
    hammered();
    orphans();
}

int main(void)
{
    test_dir_make();
    return test_engines(on_engine);
}
