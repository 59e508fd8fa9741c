/* feed_changes_test.c: which notifications follow from a change of the feeds. */
#include "api/feed_changes.h"

#include "api/api_testing.h"

static struct error e;
static struct arena arena;

static struct affected row(const char *os, const char *package, const char *fixed)
{
    return (struct affected){.namespace_ = str_from(os),
                             .package = str_from(package),
                             .scope = SCOPE_SOURCE,
                             .state = fixed[0] != '\0' ? FIX_AVAILABLE : FIX_NONE_YET,
                             .fixed = str_from(fixed)};
}

/* An advisory in few words: "id severity os package fixed"; "-" for nothing. */
struct said {
    const char *id;
    enum severity severity;
    const char *os, *package, *fixed, *description;
    bool withdrawn;
    const char *about; /* a second name; NULL: none */
};

static void publish(struct test_service *t, const char *feed, const struct said *said, size_t count)
{
    struct store *store = NULL;
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts;
    const struct advisories_commit_options options = {.date_s = 1800000000, .allow_shrink = true};
    CHECK(CHECK_OK(store_open(str_from(t->dir), &store, &e), &e) &&
          CHECK_OK(advisories_write_begin(store, str_from(feed), &w, &e), &e));
    for (size_t i = 0; i < count; i++) {
        const struct said *x = &said[i];
        struct affected r = row(x->os, x->package, x->fixed);
        const str about = str_from(x->about == NULL ? "" : x->about);
        struct advisory a = {.id = str_from(x->id),
                             .severity = x->severity,
                             .severity_source = STR("debian"),
                             .description = str_from(x->description == NULL ? "" : x->description),
                             .withdrawn_s = x->withdrawn ? 1700000000 : 0,
                             .ids = &about,
                             .ids_count = x->about != NULL,
                             .affected = &r,
                             .affected_count = x->os[0] != '\0'};
        CHECK_OK(advisories_write(w, &a, &e), &e);
    }
    CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
    store_close(store);
}
#define PUBLISH(t, feed, list) publish(t, feed, list, ARRAY_COUNT(list))

static bool go_on(void *arg, struct error *error)
{
    unsigned *left = arg;
    return left == NULL || (*left)-- > 0 || error_set(error, ERROR_IO, "enough");
}

static str generation(struct test_service *t)
{
    str name = STR_NONE;
    CHECK_OK(feed_changes_generation(t->service, 0, &arena, &name, &e), &e);
    return name;
}

/* What follows from the change, as lines "old severity fixes > new severity fixes", sorted as they
 * are sent. */
static str told(struct test_service *t, str from)
{
    static char text[8000];
    struct graph *g = service_graph(t->service, 0);
    struct feed_changes_options options = {.service = t->service, .from = from, .go_on = go_on};
    struct feed_changes_result result;
    int64_t fence = 0;
    bool taken, gone, found = true;
    size_t len = 0, count = 0;
    text[0] = '\0';
    CHECK(CHECK_OK(graph_lease_take(g, STR("updater"), STR("t"), 600, &fence, &taken, &e), &e) &&
          CHECK_OK(graph_change_begin(g, STR("updater"), fence, &options.change, &e), &e) &&
          CHECK_OK(feed_changes_stage(&options, &arena, &result, &gone, &e), &e) &&
          CHECK_OK(graph_change_publish(g, options.change, STR("updater"), fence, STR("upto"),
                                        result.to, &e),
                   &e));
    CHECK_STR(result.to, generation(t));
    while (found) {
        struct graph_notification n;
        int64_t held;
        if (!CHECK_OK(graph_notification_take(g, STR("x"), 0, 60, &arena, &n, &held, &found, &e),
                      &e) ||
            !found) {
            break;
        }
        CHECK_OK(graph_notification_done(g, n.name, held, true, 0, &e), &e);
        const struct graph_vulnerability *v[2] = {n.has_old ? &n.old : NULL,
                                                  n.has_new ? &n.after : NULL};
        const struct graph_vulnerability *any = n.has_new ? &n.after : &n.old;
        size_t layers = 0;
        len += (size_t)snprintf(text + len, sizeof(text) - len, STR_FMT "%s" STR_FMT ":",
                                STR_ARG(any->name), any->os.len > 0 ? " " : "", STR_ARG(any->os));
        for (size_t k = 0; k < 2; k++) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", k == 1 ? " >" : "");
            if (v[k] == NULL) {
                continue;
            }
            struct service_vulnerability s = {
                .of_feed = true, .fixes = v[k]->fixes, .fixes_count = v[k]->fixes_count};
            const struct layer_name *names;
            size_t names_count = 0;
            CHECK_OK(service_introducing(t->service, 0, &s, 0, 0, &arena, &names, &names_count, &e),
                     &e);
            layers += names_count;
            len += (size_t)snprintf(text + len, sizeof(text) - len, " " STR_FMT,
                                    STR_ARG(v[k]->severity));
            for (size_t i = 0; i < v[k]->fixes_count; i++) {
                len +=
                    (size_t)snprintf(text + len, sizeof(text) - len, " " STR_FMT "=" STR_FMT,
                                     STR_ARG(v[k]->fixes[i].name), STR_ARG(v[k]->fixes[i].version));
            }
        }
        CHECK(layers > 0);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
        count++;
    }
    CHECK_NUM(count, result.notifications);
    return (str){.at = text, .len = len};
}

#define D8 "debian:8"
static const struct said before[] = {
    {"CVE-2024-0001", SEVERITY_LOW, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0002", SEVERITY_LOW, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0003", SEVERITY_LOW, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0004", SEVERITY_LOW, D8, "bash", "4.4", "one", false, NULL},
    {"CVE-2024-0005", SEVERITY_LOW, D8, "bash", "4.2", NULL, false, NULL},
    {"CVE-2024-0006", SEVERITY_LOW, "debian:9", "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0007", SEVERITY_LOW, D8, "zsh", "4.4", NULL, false, NULL},
    {"CVE-2024-0008", SEVERITY_UNKNOWN, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0009", SEVERITY_LOW, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0010", SEVERITY_HIGH, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0012", SEVERITY_LOW, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0014", SEVERITY_LOW, D8, "bash", "4.4", NULL, false, NULL},
    {"DSA-1-1", SEVERITY_UNKNOWN, D8, "bash", "4.4", NULL, false, "CVE-2024-0013"},
};
static const struct said after[] = {
    {"CVE-2024-0001", SEVERITY_CRITICAL, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0002", SEVERITY_LOW, D8, "bash", "4.5", NULL, false, NULL},
    /* 3 is gone */
    {"CVE-2024-0004", SEVERITY_LOW, D8, "bash", "4.4", "two", false, NULL},
    {"CVE-2024-0005", SEVERITY_LOW, D8, "bash", "4.3", NULL, false, NULL}, /* neither affects */
    {"CVE-2024-0006", SEVERITY_HIGH, "debian:9", "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0007", SEVERITY_HIGH, D8, "zsh", "4.4", NULL, false, NULL},
    {"CVE-2024-0008", SEVERITY_UNKNOWN, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0009", SEVERITY_LOW, D8, "bash", "4.4", NULL, true, NULL}, /* withdrawn */
    {"CVE-2024-0010", SEVERITY_LOW, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0011", SEVERITY_MEDIUM, D8, "bash", "", NULL, false, NULL},  /* new */
    {"CVE-2024-0012", SEVERITY_HIGH, D8, "bash", "4.2", NULL, false, NULL}, /* affects no more */
    {"CVE-2024-0014", SEVERITY_HIGH, D8, "bash", "4.4", NULL, false, NULL}, /* a client's own */
    {"DSA-1-1", SEVERITY_UNKNOWN, D8, "bash", "4.6", NULL, false, "CVE-2024-0013"},
};
static const struct said nvd_before[] = {
    {"CVE-2024-0008", SEVERITY_LOW, "", "", "", NULL, false, NULL}};
static const struct said nvd_after[] = {
    {"CVE-2024-0008", SEVERITY_HIGH, "", "", "", NULL, false, NULL},
    {"CVE-2024-0004", SEVERITY_HIGH, "", "", "", NULL, false, NULL}}; /* it has its own */
static const struct said other[] = {
    {"CVE-2024-0015", SEVERITY_HIGH, D8, "bash", "4.4", NULL, false, NULL},
    {"CVE-2024-0001", SEVERITY_HIGH, D8, "bash", "4.9", NULL, false, NULL}};

static const struct ask a_layer[] = {
    {"a layer", "POST", "/v1/layers",
     "{\"Layer\":{\"Name\":\"base\",\"Path\":\"$/base\",\"Format\":\"Docker\"}}", 201, NULL},
    {"a client's own", "POST", "/v1/namespaces/debian:8/vulnerabilities",
     "{\"Vulnerability\":{\"Name\":\"CVE-2024-0014\",\"NamespaceName\":\"debian:8\",\"Severity\":"
     "\"Low\"}}",
     201, NULL},
    {"and of 2015", "POST", "/v1/vulnerabilities",
     "{\"ID\":\"CVE-2024-0014\",\"Link\":\"l\",\"Priority\":\"Low\",\"AffectedPackages\":[{\"OS\":"
     "\"debian:8\",\"Name\":\"bash\",\"AllVersions\":true}]}",
     201, NULL},
};

static void drain(struct test_service *t)
{
    struct graph *g = service_graph(t->service, 0);
    struct graph_notification n;
    int64_t held;
    bool found = true;
    while (
        found &&
        CHECK_OK(graph_notification_take(g, STR("x"), 0, 60, &arena, &n, &held, &found, &e), &e)) {
        CHECK(!found || graph_notification_done(g, n.name, held, true, 0, &e));
    }
}

static str begin(struct test_service *t, enum dialect dialect)
{
    CHECK(test_open(t, dialect, false));
    test_layer(t, "base", "ID=debian\nVERSION_ID=\"8\"\n",
               "Package: bash\nStatus: install ok installed\nVersion: 4.3-11\n");
    for (size_t i = 0; i < ARRAY_COUNT(a_layer); i++) {
        test_ask(t, &a_layer[i]);
    }
    drain(t);
    PUBLISH(t, "debian", before);
    PUBLISH(t, "nvd", nvd_before);
    return generation(t);
}

static void all_kinds(void)
{
    struct test_service t;
    CHECK_CASE("2016: a notification for each name and namespace that a layer has")
    {
        str from = begin(&t, DIALECT_2016);
        CHECK_STR(told(&t, from), STR(""));
        PUBLISH(&t, "debian", after);
        str middle = generation(&t);
        PUBLISH(&t, "nvd", nvd_after);
        CHECK_STR(told(&t, from),
                  STR("CVE-2024-0001 debian:8: Low bash=4.4 > Critical bash=4.4\n"
                      "CVE-2024-0002 debian:8: Low bash=4.4 > Low bash=4.5\n"
                      "CVE-2024-0003 debian:8: Low bash=4.4 >\n"
                      "CVE-2024-0008 debian:8: Low bash=4.4 > High bash=4.4\n"
                      "CVE-2024-0009 debian:8: Low bash=4.4 >\n"
                      "CVE-2024-0010 debian:8: High bash=4.4 > Low bash=4.4\n"
                      "CVE-2024-0011 debian:8: > Medium bash=\n"
                      "CVE-2024-0012 debian:8: Low bash=4.4 > High bash=4.2\n"
                      "CVE-2024-0013 debian:8: Unknown bash=4.4 > Unknown bash=4.6\n"));
        CHECK_STR(told(&t, middle), STR("CVE-2024-0008 debian:8: Low bash=4.4 > High bash=4.4\n"));
    }
    CHECK_CASE("a feed that was not there before causes none, then counts")
    {
        str from = generation(&t);
        PUBLISH(&t, "osv", other);
        CHECK_STR(told(&t, from), STR(""));
        from = generation(&t);
        publish(&t, "osv", other, 1);
        CHECK_STR(told(&t, from),
                  STR("CVE-2024-0001 debian:8: Critical bash=4.4 bash=4.9 > Critical bash=4.4\n"));
    }
    test_close(&t);
    CHECK_CASE("2015: of all systems at once, and not what is gone or has got a lower severity")
    {
        str from = begin(&t, DIALECT_2015);
        PUBLISH(&t, "debian", after);
        PUBLISH(&t, "nvd", nvd_after);
        CHECK_STR(told(&t, from), STR("CVE-2024-0001: Low bash=4.4 > Critical bash=4.4\n"
                                      "CVE-2024-0002: Low bash=4.4 > Low bash=4.5\n"
                                      "CVE-2024-0008: Low bash=4.4 > High bash=4.4\n"
                                      "CVE-2024-0011: > Medium bash=\n"
                                      "CVE-2024-0012: Low bash=4.4 > High bash=4.2\n"
                                      "CVE-2024-0013: Unknown bash=4.4 > Unknown bash=4.6\n"));
    }
    CHECK_CASE("a generation that is not kept is told apart, and an end is an end")
    {
        struct graph *g = service_graph(t.service, 0);
        unsigned left = 0;
        struct feed_changes_options options = {
            .service = t.service, .from = STR("20200101T000000Z-12345678"), .go_on = go_on};
        struct feed_changes_result result;
        int64_t fence = 0;
        bool taken, gone = false;
        CHECK_OK(graph_lease_take(g, STR("updater"), STR("t"), 600, &fence, &taken, &e), &e);
        CHECK_OK(graph_change_begin(g, STR("updater"), fence, &options.change, &e), &e);
        CHECK_FAILS(feed_changes_stage(&options, &arena, &result, &gone, &e), &e, ERROR_ABSENT,
                    "no generation");
        CHECK(gone);
        options.from = generation(&t);
        PUBLISH(&t, "debian", before);
        options.arg = &left;
        CHECK_FAILS(feed_changes_stage(&options, &arena, &result, &gone, &e), &e, ERROR_IO,
                    "enough");
        CHECK(!gone);
    }
    test_close(&t);
}

static void memory(void)
{
    CHECK_CASE("memory refused anywhere is an error, and nothing is seen of it")
    {
        struct test_service t;
        str from = begin(&t, DIALECT_2016);
        struct graph *g = service_graph(t.service, 0);
        struct feed_changes_options options = {.service = t.service, .from = from, .go_on = go_on};
        struct feed_changes_result result;
        int64_t fence = 0;
        bool taken, gone;
        PUBLISH(&t, "debian", after);
        CHECK_OK(graph_lease_take(g, STR("updater"), STR("t"), 600, &fence, &taken, &e), &e);
        for (int n = 0;; n += 7) {
            struct error why = {0};
            uint64_t pending = 1;
            /* SQLite may not have had the memory to roll back */
            CHECK(graph_change_begin(g, STR("updater"), fence, &options.change, &e) ||
                  graph_change_begin(g, STR("updater"), fence, &options.change, &e));
            fail_alloc_at(n);
            bool done = feed_changes_stage(&options, &arena, &result, &gone, &why);
            bool hit = fail_alloc_hit();
            fail_alloc_at(-1);
            CHECK(done || (why.kind != ERROR_NONE && !gone));
            CHECK_OK(graph_notifications_pending(g, &pending, &e), &e);
            CHECK_NUM(pending, 0);
            if (!hit) {
                CHECK(done && result.notifications == 8);
                CHECK(n > 100);
                break;
            }
        }
        test_close(&t);
    }
}

int main(int argc, char **argv)
{
    if (test_is_worker(argc, argv)) {
        return worker_main(argc, argv);
    }
    arena_init(&arena, (size_t)1 << 30, "the test");
    all_kinds();
    memory();
    arena_done(&arena);
    return check_done();
}
