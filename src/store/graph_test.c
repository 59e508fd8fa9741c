#include "base/clock.h"
#include "store/graph_testing.h"

/* Every case of graph.h, on each engine. */

static struct graph *g;
static const char *on; /* which engine */

static void layers(void)
{
    CHECK_CASE("%s: a layer comes back as it was put, and twice is once", on)
    {
        struct graph_layer_content content = {.layer = {.name = STR("a \"layer\"\n\xff\0!"),
                                                        .api = GRAPH_API_2015,
                                                        .os = STR("debian:8"),
                                                        .namespace_ = STR("debian:8"),
                                                        .format = STR("Docker"),
                                                        .engine = 7,
                                                        .has_packages = true}};
        digest blob = {.algorithm = DIGEST_SHA256, .bytes = {1, 2, 3}};
        content.layer.blob = blob;
        bool fresh = false, found = false;
        uint64_t before = test_epoch(g);
        CHECK_OK(graph_layer_put(g, &content, &fresh, &e), &e);
        CHECK(fresh);
        CHECK_NUM(test_epoch(g), before); /* no answer that was given is another one */
        struct graph_layer layer;
        CHECK_OK(graph_layer_find(g, content.layer.name, &arena, &layer, &found, &e), &e);
        CHECK(found && layer.number > 0 && layer.api == GRAPH_API_2015 && layer.engine == 7);
        CHECK_STR(layer.name, content.layer.name);
        CHECK_STR(layer.parent, STR(""));
        CHECK_STR(layer.os, STR("debian:8"));
        CHECK_STR(layer.namespace_, STR("debian:8"));
        CHECK_STR(layer.format, STR("Docker"));
        CHECK(digest_eq(layer.blob, blob) && layer.has_packages && layer.created_s > 1600000000);
        before = test_epoch(g);
        content.layer.os = STR("debian:9");
        CHECK_OK(graph_layer_put(g, &content, &fresh, &e), &e);
        CHECK(!fresh);
        CHECK_NUM(test_epoch(g), before);
        CHECK_OK(graph_layer_find(g, content.layer.name, &arena, &layer, &found, &e), &e);
        CHECK_STR(layer.os, STR("debian:8"));
        CHECK_OK(graph_layer_find(g, STR("a"), &arena, &layer, &found, &e), &e);
        CHECK(!found);
        CHECK_FAILS(test_put(g, "", "", "", "", 1, &fresh), &e, ERROR_FORMAT, "without a name");
    }
    CHECK_CASE("%s: a layer of an older engine is replaced, but for its parent and number", on)
    {
        bool fresh = false, found;
        struct graph_layer old, now;
        CHECK(test_layer(g, "re-base", "", "a=1", ""));
        CHECK(test_layer(g, "re-other", "", "z=1", ""));
        CHECK(test_layer(g, "re", "re-base", "b=1 c=1", "a=1"));
        CHECK_OK(graph_layer_find(g, STR("re"), &arena, &old, &found, &e), &e);
        CHECK_OK(test_put(g, "re", "re-other", "b=2", "", 1, &fresh), &e);
        CHECK(!fresh);
        CHECK_STR(test_list(g, "re"), STR("b=1 re, c=1 re"));
        CHECK_OK(test_put(g, "re", "re-other", "b=2", "", 2, &fresh), &e);
        CHECK(fresh);
        CHECK_STR(test_list(g, "re"), STR("a=1 re-base, b=2 re"));
        CHECK_OK(graph_layer_find(g, STR("re"), &arena, &now, &found, &e), &e);
        CHECK_STR(now.parent, STR("re-base"));
        CHECK(now.number == old.number && now.engine == 2);
    }
    CHECK_CASE("%s: an unknown parent is refused and leaves nothing", on)
    {
        bool fresh, found;
        uint64_t before = test_epoch(g);
        struct graph_layer layer;
        CHECK_FAILS(test_put(g, "orphan", "nobody", "a=1", "", 1, &fresh), &e, ERROR_ABSENT,
                    "nobody");
        CHECK_NUM(test_epoch(g), before);
        CHECK_OK(graph_layer_find(g, STR("orphan"), &arena, &layer, &found, &e), &e);
        CHECK(!found);
    }
    CHECK_CASE("%s: a layer goes with all its descendants, and siblings stay", on)
    {
        uint64_t before = 0, after = 0;
        CHECK_OK(graph_layers_count(g, &before, &e), &e);
        CHECK(test_layer(g, "d1", "", "a=1", "") && test_layer(g, "d2", "d1", "b=1", "") &&
              test_layer(g, "d3", "d2", "c=1", "") && test_layer(g, "d4", "d2", "d=1", "a=1") &&
              test_layer(g, "d5", "d1", "e=1", ""));
        CHECK_OK(graph_layer_delete(g, STR("d2"), &e), &e);
        CHECK_STR(test_list(g, "d5"), STR("a=1 d1, e=1 d5"));
        CHECK_OK(graph_layers_count(g, &after, &e), &e);
        CHECK_NUM(after, before + 2);
        CHECK_FAILS(graph_layer_delete(g, STR("d4"), &e), &e, ERROR_ABSENT, "d4");
        CHECK_OK(graph_layer_delete(g, STR("d1"), &e), &e);
        CHECK_OK(graph_layers_count(g, &after, &e), &e);
        CHECK_NUM(after, before);
        CHECK(test_layer(g, "d1", "", "z=1", ""));
        CHECK_STR(test_list(g, "d1"), STR("z=1 d1"));
    }
}

static void lists(void)
{
    CHECK_CASE("%s: a list is what the chain installed and nobody above removed", on)
    {
        CHECK(test_layer(g, "l1", "", "a=1 b=1 c=1", "") &&
              test_layer(g, "l2", "l1", "a=2", "a=1 b=1") && test_layer(g, "l3", "l2", "", "") &&
              test_layer(g, "l4", "l3", "b=1 d=1", "c=1") && test_layer(g, "l5", "l4", "", "b=1") &&
              test_layer(g, "l6", "l5", "a=1 b=1", ""));
        CHECK_STR(test_list(g, "l1"), STR("a=1 l1, b=1 l1, c=1 l1"));
        CHECK_STR(test_list(g, "l2"), STR("a=2 l2, c=1 l1"));
        CHECK_STR(test_list(g, "l3"), STR("a=2 l2, c=1 l1"));
        CHECK_STR(test_list(g, "l4"), STR("a=2 l2, b=1 l4, d=1 l4"));
        CHECK_STR(test_list(g, "l5"), STR("a=2 l2, d=1 l4"));
        CHECK_STR(test_list(g, "l6"), STR("a=1 l6, a=2 l2, b=1 l6, d=1 l4"));
    }
    CHECK_CASE(
        "%s: a package that is installed again belongs to the lowest layer since its removal", on)
    {
        CHECK(test_layer(g, "i1", "", "a=1", "") && test_layer(g, "i2", "i1", "a=1", "") &&
              test_layer(g, "i3", "i2", "", "a=1") && test_layer(g, "i4", "i3", "a=1", "") &&
              test_layer(g, "i5", "i4", "a=1", "") && test_layer(g, "i6", "i5", "a=1", "a=1"));
        CHECK_STR(test_list(g, "i2"), STR("a=1 i1"));
        CHECK_STR(test_list(g, "i5"), STR("a=1 i4"));
        CHECK_STR(test_list(g, "i6"), STR("a=1 i6"));
    }
    CHECK_CASE("%s: a layer's own lists are what it added and removed", on)
    {
        const struct graph_package *in, *out;
        size_t in_count, out_count;
        CHECK_OK(graph_layer_own(g, STR("l2"), &arena, &in, &in_count, &out, &out_count, &e), &e);
        CHECK_STR(test_text(in, in_count), STR("a=2 l2"));
        CHECK_STR(test_text(out, out_count), STR("a=1 l1, b=1 l1"));
        CHECK_OK(graph_layer_own(g, STR("l3"), &arena, &in, &in_count, &out, &out_count, &e), &e);
        CHECK(in_count == 0 && out_count == 0);
        CHECK_FAILS(graph_layer_own(g, STR("l0"), &arena, &in, &in_count, &out, &out_count, &e), &e,
                    ERROR_ABSENT, "l0");
        CHECK_FAILS(graph_layer_packages(g, STR("l0"), &arena, &in, &in_count, &e), &e,
                    ERROR_ABSENT, "l0");
        CHECK_STR(in_count == 0 ? test_list(g, "l3") : STR_NONE, STR("a=2 l2, c=1 l1"));
    }
}

static str installers(const char *namespace_, const char *name, bool source, int64_t after,
                      size_t limit, int64_t *last)
{
    const struct graph_package *list = NULL;
    size_t count = 0;
    struct graph_question q = {.namespace_ = str_from(namespace_),
                               .name = str_from(name),
                               .source = source,
                               .after = after,
                               .limit = limit};
    CHECK_OK(graph_installers(g, &q, &arena, &list, &count, &e), &e);
    *last = count > 0 ? list[count - 1].layer : 0;
    return test_text(list, count);
}

static void who_installs(void)
{
    CHECK_CASE("%s: installers: by binary and by source name, of the namespace, page by page", on)
    {
        int64_t last;
        CHECK(test_layer(g, "w1", "", "libw=1@w=1 w=1", "") &&
              test_layer(g, "w2", "w1", "libw=2@w=2", "libw=1@w=1") &&
              test_layer(g, "w3", "w2", "", "") && test_layer(g, "w4", "", "libw=1@w=1", ""));
        CHECK_STR(installers("debian:8", "libw", false, 0, 0, &last),
                  STR("libw=1 w1, libw=2 w2, libw=1 w4"));
        CHECK_STR(installers("debian:8", "w", false, 0, 0, &last), STR("w=1 w1"));
        CHECK_STR(installers("debian:8", "w", true, 0, 1, &last), STR("libw=1 w1, w=1 w1"));
        CHECK_STR(installers("debian:8", "w", true, last, 1, &last), STR("libw=2 w2"));
        CHECK_STR(installers("debian:8", "w", true, last, 10, &last), STR("libw=1 w4"));
        CHECK_STR(installers("debian:8", "w", true, last, 0, &last), STR(""));
        CHECK_STR(installers("debian:9", "w", true, 0, 0, &last), STR(""));
        CHECK_STR(installers("debian:8", "libw", true, 0, 0, &last), STR(""));
    }
}

/* The best of a few times that a question takes. */
static uint64_t asked_ns(const char *name, size_t limit, str want)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < 20; i++) {
        int64_t last;
        struct arena_mark mark = arena_mark(&arena);
        uint64_t start = clock_monotonic_ns();
        str got = installers("debian:8", name, false, 0, limit, &last);
        uint64_t took = clock_monotonic_ns() - start;
        arena_rewind(&arena, mark);
        best = took < best ? took : best;
        CHECK_STR(got, want);
    }
    return best;
}

static void many_layers(void)
{
    CHECK_CASE("%s: who installs a package takes no longer among 100000 layers than among 100", on)
    {
        static const str rare = STR_INIT("rare=1 m1, rare=2 m2"),
                         first = STR_INIT("common=1 m1, common=1 m2");
        static const str late = STR_INIT("late=1 m4");
        CHECK(test_layer(g, "m1", "", "rare=1 common=1", "") &&
              test_layer(g, "m2", "", "rare=2 common=1", "") &&
              test_layer(g, "m3", "", "common=1 other=1", ""));
        CHECK(test_copies(g, "m3", 100));
        uint64_t few = asked_ns("rare", 0, rare), few_common = asked_ns("common", 2, first);
        CHECK(test_copies(g, "m3", 100000));
        uint64_t many = asked_ns("rare", 0, rare), many_common = asked_ns("common", 2, first);
        CHECK(test_layer(g, "m4", "", "late=1", ""));
        uint64_t last = asked_ns("late", 0, late);
        printf("# %s: the last one %llu us\n", on, (unsigned long long)last / 1000);
        CHECK(last < 10 * few);
        printf("# %s: rare %llu and %llu us, the first of common %llu and %llu us\n", on,
               (unsigned long long)few / 1000, (unsigned long long)many / 1000,
               (unsigned long long)few_common / 1000, (unsigned long long)many_common / 1000);
        CHECK(many < 10 * few && many_common < 10 * few_common);
    }
}

static const struct graph_fix fixes[] = {
    {.os = STR_INIT("debian:8"), .name = STR_INIT("openssl"), .version = STR_INIT("1.0.1k-3")},
    {.os = STR_INIT("debian:7"), .name = STR_INIT("openssl")},
};

static struct graph_vulnerability flaw(const char *name)
{
    return (struct graph_vulnerability){.api = GRAPH_API_2016,
                                        .name = str_from(name),
                                        .os = STR("debian:8"),
                                        .link = STR("https://example/"),
                                        .description = STR("text with \xff and \0"),
                                        .severity = STR("High"),
                                        .metadata = STR("{\"a\":1}"),
                                        .fixes = fixes,
                                        .fixes_count = 2};
}

static void same_flaw(const struct graph_vulnerability *got, const struct graph_vulnerability *want)
{
    CHECK(got->api == want->api && got->number > 0 && got->changed_s > 1600000000);
    CHECK_STR(got->name, want->name);
    CHECK_STR(got->os, want->os);
    CHECK_STR(got->link, want->link);
    CHECK_STR(got->description, want->description);
    CHECK_STR(got->severity, want->severity);
    CHECK_STR(got->metadata, want->metadata);
    CHECK_NUM(got->fixes_count, want->fixes_count);
    for (size_t i = 0; i < got->fixes_count && i < want->fixes_count; i++) {
        CHECK_STR(got->fixes[i].os, want->fixes[i].os);
        CHECK_STR(got->fixes[i].name, want->fixes[i].name);
        CHECK_STR(got->fixes[i].version, want->fixes[i].version);
        CHECK_STR(got->fixes[i].format, want->fixes[i].format);
    }
}

/* Takes the notification that is due and tells that it was sent. */
static bool sent(struct graph_notification *n)
{
    int64_t fence;
    bool found = false;
    CHECK_OK(graph_notification_take(g, STR("me"), 0, 60, &arena, n, &fence, &found, &e), &e);
    return found && CHECK_OK(graph_notification_done(g, n->name, fence, true, 0, &e), &e);
}

static void flaws(void)
{
    CHECK_CASE("%s: a vulnerability comes back, each change has a notification, none has none", on)
    {
        struct graph_vulnerability v = flaw("CVE-1"), got;
        struct graph_notification n;
        bool changed = false, found = false;
        uint64_t before = test_epoch(g);
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        CHECK(changed && test_epoch(g) > before);
        CHECK_OK(graph_vulnerability_find(g, v.api, v.os, v.name, &arena, &got, &found, &e), &e);
        CHECK(found);
        same_flaw(&got, &v);
        int64_t first = got.number;
        CHECK(sent(&n) && !n.has_old && n.has_new);
        same_flaw(&n.after, &v);
        before = test_epoch(g);
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        CHECK(!changed && !sent(&n) && test_epoch(g) == before);
        v.fixes_count = 1;
        v.severity = STR("Low");
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        CHECK(changed && sent(&n) && n.has_old && n.has_new);
        CHECK_NUM(n.old.fixes_count, 2);
        CHECK_STR(n.old.severity, STR("High"));
        same_flaw(&n.after, &v);
        CHECK_OK(graph_vulnerability_find(g, v.api, v.os, v.name, &arena, &got, &found, &e), &e);
        CHECK(got.number > first);
        same_flaw(&got, &v);
        CHECK_OK(graph_vulnerability_delete(g, v.api, v.os, v.name, &e), &e);
        CHECK(sent(&n) && n.has_old && !n.has_new);
        CHECK_OK(graph_vulnerability_find(g, v.api, v.os, v.name, &arena, &got, &found, &e), &e);
        CHECK(!found);
        CHECK_FAILS(graph_vulnerability_delete(g, v.api, v.os, v.name, &e), &e, ERROR_ABSENT,
                    "CVE-1");
    }
    CHECK_CASE("%s: the key is the API, the namespace and the name", on)
    {
        struct graph_vulnerability v = flaw("CVE-2"), got;
        bool changed, found;
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        v.os = STR("debian:9");
        v.fixes_count = 0;
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        CHECK(changed);
        v.api = GRAPH_API_2015;
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        CHECK(changed);
        CHECK_OK(graph_vulnerability_find(g, GRAPH_API_2016, STR("debian:8"), STR("CVE-2"), &arena,
                                          &got, &found, &e),
                 &e);
        CHECK(found && got.fixes_count == 2);
        CHECK_OK(graph_vulnerability_find(g, GRAPH_API_2015, STR("debian:8"), STR("CVE-2"), &arena,
                                          &got, &found, &e),
                 &e);
        CHECK(!found);
    }
}

static void flaw_lists(void)
{
    CHECK_CASE("%s: those of a namespace come in order, a changed one at the end, page by page", on)
    {
        const struct graph_vulnerability *list = NULL;
        size_t count = 0;
        bool changed;
        static const char *const names[] = {"P-1", "P-2", "P-3", "P-1"};
        for (size_t i = 0; i < 4; i++) {
            struct graph_vulnerability v = flaw(names[i]);
            v.os = STR("page:1");
            v.severity = i == 3 ? STR("Low") : STR("High");
            CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        }
        CHECK_OK(graph_vulnerability_list(g, STR("page:1"), 0, 2, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 2);
        CHECK_STR(list[0].name, STR("P-2"));
        CHECK_STR(list[1].name, STR("P-3"));
        CHECK_OK(graph_vulnerability_list(g, STR("page:1"), list[1].number + 1, 2, &arena, &list,
                                          &count, &e),
                 &e);
        CHECK_NUM(count, 1);
        CHECK_STR(list[0].severity, STR("Low"));
        CHECK_OK(graph_vulnerability_list(g, STR("page:2"), 0, 2, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 0);
    }
    CHECK_CASE(
        "%s: those about packages: current ones, of both APIs, each with the fix that is meant", on)
    {
        const struct graph_vulnerability *list = NULL;
        size_t count = 0;
        bool changed;
        struct graph_fix fix[] = {{.os = STR("os:1"), .name = STR("one"), .version = STR("2")},
                                  {.os = STR("os:1"), .name = STR("two"), .version = STR("3")}};
        struct graph_vulnerability v = flaw("A-1");
        v.fixes = fix;
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        v.api = GRAPH_API_2015;
        v.os = STR_NONE;
        fix[0].version = STR("1");
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        fix[0].version = STR("4");
        CHECK_OK(graph_vulnerability_put(g, &v, &changed, &e), &e);
        struct graph_name names[100];
        for (size_t i = 0; i < 100; i++) {
            names[i] = (struct graph_name){.os = STR("os:1"), .name = STR("none")};
        }
        names[7].name = names[77].name = STR("one");
        names[99].os = STR("os:2");
        CHECK_OK(graph_vulnerability_about(g, names, 100, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 2);
        CHECK_NUM(list[0].fixes_count, 1);
        CHECK_STR(list[0].fixes[0].version, STR("2"));
        CHECK_STR(list[1].fixes[0].version, STR("4"));
        CHECK(list[1].api == GRAPH_API_2015);
        CHECK_OK(graph_vulnerability_about(g, names, 0, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 0);
    }
    CHECK_CASE("%s: namespaces of 2016 are those of layers and vulnerabilities, with their format",
               on)
    {
        const struct graph_namespace *list = NULL;
        size_t count = 0;
        uint64_t before = test_epoch(g);
        CHECK_OK(graph_namespace_put(g, STR("debian:8"), STR("dpkg"), &e), &e);
        CHECK(test_epoch(g) > before);
        before = test_epoch(g);
        CHECK_OK(graph_namespace_put(g, STR("debian:8"), STR(""), &e), &e);
        CHECK_NUM(test_epoch(g), before);
        CHECK_OK(graph_namespaces(g, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 3);
        CHECK_STR(list[0].os, STR("debian:8"));
        CHECK_STR(list[0].format, STR("dpkg"));
        CHECK_STR(list[1].os, STR("debian:9"));
        CHECK_STR(list[2].os, STR("page:1"));
    }
}

static void notifications(void)
{
    CHECK_CASE("%s: a notification is one taker's until its lease ends, and old fences are refused",
               on)
    {
        struct graph_notification in = {.has_old = true, .has_new = true}, n, again;
        int64_t fence = 0, second = 0;
        bool found = false;
        uint64_t count = 1;
        in.old = in.after = flaw("F-1");
        in.old.api = in.after.api = (enum graph_api)0; /* a feed's */
        in.after.severity = STR("Critical");
        CHECK_OK(graph_notifications_pending(g, &count, &e), &e);
        while (count > 0 && sent(&n)) { /* those of earlier cases */
            count--;
        }
        CHECK_OK(graph_notification_add(g, &in, &e), &e);
        CHECK_OK(graph_notifications_pending(g, &count, &e), &e);
        CHECK_NUM(count, 1);
        CHECK_OK(graph_notification_take(g, STR("a"), 0, 0, &arena, &n, &fence, &found, &e), &e);
        CHECK(found && n.name.len == 36 && n.attempts == 1 && n.has_old && n.has_new);
        CHECK_STR(n.old.severity, STR("High"));
        CHECK_STR(n.after.severity, STR("Critical"));
        CHECK_NUM(n.after.api, 0);
        /* the lease of no seconds has ended */
        CHECK_OK(graph_notification_take(g, STR("b"), 0, 600, &arena, &again, &second, &found, &e),
                 &e);
        CHECK(found && second > fence && again.attempts == 2);
        CHECK_STR(again.name, n.name);
        CHECK_FAILS(graph_notification_done(g, n.name, fence, true, 0, &e), &e, ERROR_ABSENT,
                    "not held");
        CHECK_OK(graph_notification_take(g, STR("b"), 0, 60, &arena, &again, &fence, &found, &e),
                 &e);
        CHECK(!found);
        CHECK_OK(graph_notification_done(g, n.name, second, false, 1, &e), &e);
        CHECK_FAILS(graph_notification_done(g, n.name, second, true, 0, &e), &e, ERROR_ABSENT, "");
        CHECK(sent(&again));
        CHECK_NUM(again.attempts, 3);
        CHECK_OK(graph_notification_find(g, n.name, &arena, &again, &found, &e), &e);
        CHECK(found && again.notified_s >= again.created_s && again.deleted_s == 0);
        same_flaw(&again.after, &again.after);
        CHECK_OK(graph_notifications_pending(g, &count, &e), &e);
        CHECK_NUM(count, 0);
    }
    CHECK_CASE(
        "%s: one that was sent is sent again later, until it is deleted; not before its time", on)
    {
        struct graph_notification in = {.has_new = true}, n, none;
        int64_t fence;
        bool found = false;
        in.after = flaw("F-2");
        CHECK_OK(graph_notification_add(g, &in, &e), &e);
        CHECK(sent(&n));
        CHECK_OK(graph_notification_take(g, STR("a"), n.created_s - 9, 60, &arena, &none, &fence,
                                         &found, &e),
                 &e);
        CHECK(!found);
        CHECK_OK(graph_notification_delete(g, n.name, &e), &e);
        struct graph_notification other = {.has_new = true, .after = flaw("F-3")};
        CHECK_OK(graph_notification_add(g, &other, &e), &e);
        CHECK_OK(
            graph_notification_take(g, STR("a"), INT64_MAX, 60, &arena, &n, &fence, &found, &e),
            &e);
        CHECK(found);
        CHECK_STR(n.after.name, STR("F-3"));
        CHECK_OK(graph_notification_done(g, n.name, fence, false, INT64_MAX, &e), &e);
        CHECK(!sent(&n));
        CHECK_FAILS(graph_notification_delete(g, STR("nobody"), &e), &e, ERROR_ABSENT, "nobody");
        CHECK_OK(graph_notification_find(g, STR("nobody"), &arena, &n, &found, &e), &e);
        CHECK(!found);
    }
}

static void leases(void)
{
    CHECK_CASE("%s: a lease has one owner, and a higher fence with each new one", on)
    {
        int64_t first = 0, fence = 0;
        bool taken = false, holds = false;
        CHECK_OK(graph_lease_take(g, STR("update"), STR("a"), 600, &first, &taken, &e), &e);
        CHECK(taken);
        CHECK_OK(graph_lease_take(g, STR("update"), STR("b"), 600, &fence, &taken, &e), &e);
        CHECK(!taken);
        str owner;
        CHECK_OK(graph_lease_owner(g, STR("update"), &arena, &owner, &e), &e);
        CHECK_STR(owner, STR("a"));
        CHECK_OK(graph_lease_take(g, STR("update"), STR("a"), 0, &fence, &taken, &e), &e);
        CHECK(taken && fence == first);
        CHECK_OK(graph_lease_owner(g, STR("update"), &arena, &owner, &e), &e);
        CHECK_STR(owner, STR(""));
        CHECK_OK(graph_lease_check(g, STR("update"), first, &holds, &e), &e);
        CHECK(!holds); /* its time is over */
        CHECK_OK(graph_lease_take(g, STR("update"), STR("b"), 600, &fence, &taken, &e), &e);
        CHECK(taken && fence > first);
        CHECK_OK(graph_lease_check(g, STR("update"), fence, &holds, &e), &e);
        CHECK(holds);
        CHECK_OK(graph_lease_release(g, STR("update"), first, &e), &e); /* not its own any more */
        CHECK_OK(graph_lease_take(g, STR("update"), STR("a"), 600, &first, &taken, &e), &e);
        CHECK(!taken);
        CHECK_OK(graph_lease_release(g, STR("update"), fence, &e), &e);
        CHECK_OK(graph_lease_take(g, STR("update"), STR("b"), 600, &first, &taken, &e), &e);
        CHECK(taken && first > fence);
    }
    CHECK_CASE("%s: values are written by the holder of the lease, or by anybody without one", on)
    {
        int64_t fence = 0;
        bool taken;
        str value;
        CHECK_OK(graph_lease_take(g, STR("values"), STR("a"), 600, &fence, &taken, &e), &e);
        CHECK_OK(graph_value_get(g, STR("k"), &arena, &value, &e), &e);
        CHECK_STR(value, STR(""));
        CHECK_OK(graph_value_put(g, STR("k"), STR("1\0\xff"), STR("values"), fence, &e), &e);
        uint64_t before = test_epoch(g);
        CHECK_FAILS(graph_value_put(g, STR("k"), STR("2"), STR("values"), fence - 1, &e), &e,
                    ERROR_ABSENT, "values");
        CHECK_OK(graph_value_put(g, STR("k"), STR("1\0\xff"), STR_NONE, 0, &e), &e);
        CHECK_NUM(test_epoch(g), before);
        CHECK_OK(graph_value_get(g, STR("k"), &arena, &value, &e), &e);
        CHECK_STR(value, STR("1\0\xff"));
        CHECK_OK(graph_value_put(g, STR("k"), STR("3"), STR_NONE, 0, &e), &e);
        CHECK(test_epoch(g) > before);
    }
}

static void limits(void)
{
    CHECK_CASE("%s: a text of 4 MiB is kept whatever its bytes, one byte more is refused", on)
    {
        static char bytes[GRAPH_TEXT_BYTES_MAX + 1];
        uint64_t random = 7;
        for (size_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (char)test_random(&random);
        }
        struct graph_layer_content content = {
            .layer = {.name = {.at = bytes, .len = GRAPH_TEXT_BYTES_MAX}}};
        struct graph_layer layer;
        bool fresh = false, found = false;
        CHECK_OK(graph_layer_put(g, &content, &fresh, &e), &e);
        CHECK_OK(graph_layer_find(g, content.layer.name, &arena, &layer, &found, &e), &e);
        CHECK(found && str_eq(layer.name, content.layer.name));
        content.layer.name.len++;
        CHECK_FAILS(graph_layer_put(g, &content, &fresh, &e), &e, ERROR_LIMIT, "4194305 of");
        struct package p = test_package("x=1");
        p.version = (str){.at = bytes, .len = 1 << 20};
        content = (struct graph_layer_content){
            .layer = {.name = STR("long")}, .installed = &p, .installed_count = 1};
        CHECK_OK(graph_layer_put(g, &content, &fresh, &e), &e);
        const struct graph_package *list = NULL;
        size_t count = 0;
        CHECK_OK(graph_layer_packages(g, STR("long"), &arena, &list, &count, &e), &e);
        CHECK(count == 1 && str_eq(list[0].package.version, p.version));
        p.version.len = sizeof(bytes);
        content.layer.name = STR("too long");
        CHECK_FAILS(graph_layer_put(g, &content, &fresh, &e), &e, ERROR_LIMIT, "4194305 of");
        CHECK_OK(graph_layer_find(g, STR("too long"), &arena, &layer, &found, &e), &e);
        CHECK(!found);
        struct graph_vulnerability v = flaw("long");
        bool changed;
        v.description = (str){.at = bytes, .len = sizeof(bytes)};
        CHECK_FAILS(graph_vulnerability_put(g, &v, &changed, &e), &e, ERROR_LIMIT, "4194305 of");
        str name = {.at = bytes, .len = GRAPH_NAME_BYTES_MAX};
        CHECK_OK(graph_value_put(g, name, STR("1"), STR_NONE, 0, &e), &e);
        name.len++;
        CHECK_FAILS(graph_value_put(g, name, STR("1"), STR_NONE, 0, &e), &e, ERROR_LIMIT,
                    "1025 of 1024");
    }
    CHECK_CASE("%s: a chain of %d layers is read, one more is refused", on, GRAPH_DEPTH_MAX)
    {
        char name[2][32] = {"", ""};
        bool fresh, done = true;
        test_no_sync(g);
        for (size_t i = 0; done && i < GRAPH_DEPTH_MAX; i++) {
            snprintf(name[1], sizeof(name[1]), "chain-%zu", i);
            const char *in = i == 0 ? "a=1 b=1" : i == 5000 ? "a=2" : "";
            done = test_put(g, name[1], name[0], in, i == 5000 ? "a=1" : "", 1, &fresh);
            memcpy(name[0], name[1], sizeof(name[0]));
        }
        CHECK_OK(done, &e);
        CHECK_STR(test_list(g, name[0]), STR("a=2 chain-5000, b=1 chain-0"));
        CHECK_FAILS(test_put(g, "chain-end", name[0], "", "", 1, &fresh), &e, ERROR_LIMIT,
                    "layer 10001 of 10000");
        uint64_t before = 0, after = 0;
        CHECK_OK(graph_layers_count(g, &before, &e), &e);
        CHECK_OK(graph_layer_delete(g, STR("chain-1"), &e), &e);
        CHECK_OK(graph_layers_count(g, &after, &e), &e);
        CHECK_NUM(before - after, GRAPH_DEPTH_MAX - 1);
        CHECK_STR(test_list(g, "chain-0"), STR("a=1 chain-0, b=1 chain-0"));
    }
}

static void everything(void)
{
    layers();
    lists();
    who_installs();
    flaws();
    flaw_lists();
    notifications();
    leases();
    limits();
    many_layers();
}
static void on_engine(const struct engine *engine, const char *path)
{
    struct graph_options options = {.engine = engine, .path = path, .busy_ms = 5000};
    bool open = false;
    on = engine->name;
    CHECK_CASE("%s: a new database is made", on)
    {
        if (path == NULL) {
            check_skip(getenv("LIMPID_POSTGRES_WHY"));
        } else {
            open = CHECK_OK(graph_open(&options, &g, &e), &e);
        }
    }
    if (open) {
        everything();
        graph_close(g);
    }
}

int main(void)
{
    test_dir_make();
    return test_engines(on_engine);
}
