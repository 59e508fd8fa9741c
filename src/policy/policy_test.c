#include "policy/policy.h"

#include <string.h>

#include "check.h"

static bool shows_only(const struct policy *p, enum severity from, enum severity to)
{
    for (unsigned i = 0; i < SEVERITY_COUNT; i++) {
        if (p->severities[i] != (i >= (unsigned)from && i <= (unsigned)to)) {
            return false;
        }
    }
    return true;
}

static void run_severities(void)
{
    struct error e = {.kind = ERROR_NONE};
    struct policy p;
    policy_init(&p);
    CHECK_CASE("at first everything is shown and nothing fails")
    {
        CHECK(shows_only(&p, SEVERITY_UNKNOWN, SEVERITY_CRITICAL));
        CHECK(p.states[FIX_AVAILABLE] && p.states[FIX_UNDETERMINED]);
        CHECK(!p.fail_on_severity && !p.fail_on_incomplete && !p.fail_on_nothing_found);
    }
    CHECK_CASE("one severity is that and worse")
    {
        CHECK_OK(policy_parse_severity(&p, STR("high"), &e), &e);
        CHECK(shows_only(&p, SEVERITY_HIGH, SEVERITY_CRITICAL));
    }
    CHECK_CASE("a list of severities is exactly those")
    {
        CHECK_OK(policy_parse_severity(&p, STR("LOW, Medium"), &e), &e);
        CHECK(shows_only(&p, SEVERITY_LOW, SEVERITY_MEDIUM));
    }
    CHECK_CASE("a wrong word changes nothing and is told what is accepted")
    {
        CHECK_FAILS(policy_parse_severity(&p, STR("high,huge"), &e), &e, ERROR_USAGE,
                    "'huge' is not a severity; accepted are: unknown, negligible, low");
        CHECK_FAILS(policy_parse_severity(&p, STR("high,"), &e), &e, ERROR_USAGE, "''");
        CHECK_FAILS(policy_parse_severity(&p, STR(""), &e), &e, ERROR_USAGE, "''");
        CHECK(shows_only(&p, SEVERITY_LOW, SEVERITY_MEDIUM));
    }
}

static void run_fail_on(void)
{
    struct error e = {.kind = ERROR_NONE};
    struct policy p;
    policy_init(&p);
    CHECK_CASE("a severity is a threshold")
    {
        CHECK_OK(policy_parse_fail_on(&p, STR("High"), &e), &e);
        CHECK(p.fail_on_severity && p.fail_severity == SEVERITY_HIGH && !p.fail_fixed_only);
    }
    CHECK_CASE("of several severities the lowest is the threshold")
    {
        CHECK_OK(policy_parse_fail_on(&p, STR("critical,medium,high"), &e), &e);
        CHECK_NUM(p.fail_severity, SEVERITY_MEDIUM);
    }
    CHECK_CASE("words are joined by commas")
    {
        CHECK_OK(policy_parse_fail_on(&p, STR("high,fixed,incomplete,nothing-found"), &e), &e);
        CHECK(p.fail_on_severity && p.fail_severity == SEVERITY_HIGH && p.fail_fixed_only);
        CHECK(p.fail_on_incomplete && p.fail_on_nothing_found);
    }
    CHECK_CASE("any is any finding, fixed alone is any with a fix")
    {
        CHECK_OK(policy_parse_fail_on(&p, STR("any"), &e), &e);
        CHECK(p.fail_on_severity && p.fail_severity == SEVERITY_UNKNOWN && !p.fail_fixed_only);
        CHECK_OK(policy_parse_fail_on(&p, STR("fixed"), &e), &e);
        CHECK(p.fail_on_severity && p.fail_severity == SEVERITY_UNKNOWN && p.fail_fixed_only);
    }
    CHECK_CASE("none fails on nothing")
    {
        CHECK_OK(policy_parse_fail_on(&p, STR("none"), &e), &e);
        CHECK(!p.fail_on_severity && !p.fail_fixed_only);
    }
    CHECK_CASE("a wrong word is told what is accepted")
    {
        CHECK_FAILS(policy_parse_fail_on(&p, STR("often"), &e), &e, ERROR_USAGE,
                    "'often' cannot be failed on; accepted are: unknown");
        CHECK_FAILS(policy_parse_fail_on(&p, STR("high,none"), &e), &e, ERROR_USAGE, "'none'");
        CHECK(!p.fail_on_severity);
    }
}

static void run_states(void)
{
    struct error e = {.kind = ERROR_NONE};
    struct policy p;
    policy_init(&p);
    CHECK_CASE("states are named in Trivy's, Grype's and limpid's words")
    {
        CHECK_OK(policy_parse_ignore_status(&p, STR("will_not_fix, Fix-Deferred,not-fixed"), &e),
                 &e);
        CHECK(!p.states[FIX_WILL_NOT] && !p.states[FIX_DEFERRED] && !p.states[FIX_NONE_YET]);
        CHECK(p.states[FIX_AVAILABLE] && p.states[FIX_END_OF_LIFE]);
    }
    CHECK_CASE("ignored states add up")
    {
        CHECK_OK(policy_parse_ignore_status(&p, STR("end_of_life"), &e), &e);
        CHECK(!p.states[FIX_WILL_NOT] && !p.states[FIX_END_OF_LIFE]);
    }
    CHECK_CASE("a wrong state is told what is accepted")
    {
        CHECK_FAILS(policy_parse_ignore_status(&p, STR("fixed,broken"), &e), &e, ERROR_USAGE,
                    "'broken' is not a status; accepted are: fixed, affected");
        CHECK(p.states[FIX_AVAILABLE]);
    }
}

static const struct found_package packages[] = {
    {.package = {.name = STR_INIT("curl"), .source = STR_INIT("curl")}},
    {.package = {.name = STR_INIT("libcurl4"), .source = STR_INIT("curl")}},
    {.package = {.name = STR_INIT("zlib1g"), .source = STR_INIT("zlib")}},
};

static const struct finding_advisory dsa = {.id = STR_INIT("DSA-1-1")};
static const str ghsa = STR_INIT("GHSA-aaaa");

static const struct finding findings[] = {
    {.package = &packages[0],
     .id = STR_INIT("CVE-2024-1"),
     .severity = SEVERITY_HIGH,
     .fixed = STR_INIT("2"),
     .advisories = &dsa,
     .advisories_count = 1},
    {.package = &packages[1],
     .id = STR_INIT("CVE-2024-1"),
     .severity = SEVERITY_HIGH,
     .fixed = STR_INIT("2"),
     .advisories = &dsa,
     .advisories_count = 1},
    {.package = &packages[0],
     .id = STR_INIT("CVE-2024-2"),
     .severity = SEVERITY_LOW,
     .fixed = STR_INIT("3"),
     .aliases = &ghsa,
     .aliases_count = 1},
    {.package = &packages[2],
     .id = STR_INIT("CVE-2024-3"),
     .severity = SEVERITY_CRITICAL,
     .state = FIX_WILL_NOT},
};

static const struct upgrade upgrades[] = {
    {.package = STR_INIT("curl"),
     .to = STR_INIT("3"),
     .removes = 3,
     .worst = SEVERITY_HIGH,
     .packages = 2},
};

static struct scan scan_new(void)
{
    return (struct scan){
        .findings = findings,
        .findings_count = ARRAY_COUNT(findings),
        .upgrades = upgrades,
        .upgrades_count = ARRAY_COUNT(upgrades),
        .inventory = {.packages = packages, .packages_count = ARRAY_COUNT(packages)}};
}

static struct policy policy_of(const char *severity, const char *fail_on)
{
    struct policy p;
    struct error e = {.kind = ERROR_NONE};
    policy_init(&p);
    CHECK(severity == NULL || policy_parse_severity(&p, str_from(severity), &e));
    CHECK(fail_on == NULL || policy_parse_fail_on(&p, str_from(fail_on), &e));
    return p;
}

static void run_apply(void)
{
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_CASE("without a policy all stays as it was")
    {
        struct policy p = policy_of(NULL, NULL);
        struct scan scan = scan_new();
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK_NUM(scan.findings_count, 4);
        CHECK_NUM(scan.upgrades_count, 1);
        CHECK_NUM(scan.upgrades[0].removes, 3);
        CHECK_NUM(scan.upgrades[0].packages, 2);
        CHECK_NUM(scan.inventory.notes.count, 0);
        CHECK(!scan.fails);
    }
    CHECK_CASE("what is not shown is dropped, and upgrades are counted again")
    {
        struct policy p = policy_of("low,critical", NULL);
        struct scan scan = scan_new();
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK_NUM(scan.findings_count, 2);
        CHECK_STR(scan.findings[0].id, STR("CVE-2024-2"));
        CHECK_NUM(scan.upgrades[0].removes, 1);
        CHECK_NUM(scan.upgrades[0].packages, 1);
        CHECK_NUM(scan.upgrades[0].worst, SEVERITY_LOW);
    }
    CHECK_CASE("a state can be hidden, and an upgrade that removes nothing goes")
    {
        struct policy p = policy_of(NULL, NULL);
        struct scan scan = scan_new();
        p.states[FIX_AVAILABLE] = false;
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK_NUM(scan.findings_count, 1);
        CHECK_NUM(scan.upgrades_count, 0);
    }
    CHECK_CASE("what is not shown can fail a build")
    {
        struct policy p = policy_of("low,medium", "critical");
        struct scan scan = scan_new();
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK(scan.fails);
    }
    CHECK_CASE("only what has a fix fails where that is asked for")
    {
        struct policy p = policy_of(NULL, "critical,fixed");
        struct scan scan = scan_new();
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK(!scan.fails);
    }
    arena_done(&arena);
}

static void run_ignored(void)
{
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_CASE("an ignored identifier marks findings, and does not fail a build")
    {
        static const str ignored[] = {STR_INIT("cve-2024-3"), STR_INIT("dsa-1-1")};
        struct policy p = policy_of(NULL, "medium");
        struct scan scan = scan_new();
        p.ignored = ignored;
        p.ignored_count = ARRAY_COUNT(ignored);
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK_NUM(scan.findings_count, 4);
        CHECK(scan.findings[0].ignored && scan.findings[1].ignored && scan.findings[3].ignored);
        CHECK_STR(scan.findings[0].ignored_by, STR("dsa-1-1"));
        CHECK(!scan.findings[2].ignored);
        CHECK_NUM(scan.upgrades[0].removes, 1);
        CHECK(!scan.fails);
    }
    CHECK_CASE("another name of the vulnerability can be ignored")
    {
        static const str ignored[] = {STR_INIT("GHSA-AAAA")};
        struct policy p = policy_of(NULL, NULL);
        struct scan scan = scan_new();
        p.ignored = ignored;
        p.ignored_count = 1;
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK(scan.findings[2].ignored);
        CHECK_NUM(scan.inventory.notes.count, 0);
    }
    CHECK_CASE("an ignored identifier that was not found is noted once")
    {
        static const str ignored[] = {STR_INIT("CVE-2020-9"), STR_INIT("cve-2020-9"),
                                      STR_INIT("CVE-2024-1")};
        struct policy p = policy_of(NULL, "incomplete");
        struct scan scan = scan_new();
        p.ignored = ignored;
        p.ignored_count = ARRAY_COUNT(ignored);
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        if (CHECK_NUM(scan.inventory.notes.count, 1)) {
            str text = scan.inventory.notes.notes[0].text;
            CHECK(str_find(text, STR("is ignored but was not found")) < text.len);
        }
        CHECK(!scan.fails);
    }
    arena_done(&arena);
}

static void run_gates(void)
{
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_CASE("what could not be judged can fail a build")
    {
        struct policy p = policy_of(NULL, "incomplete");
        struct scan scan = scan_new();
        diag_init(&scan.inventory.notes, &arena);
        CHECK_OK(diag_add(&scan.inventory.notes, DIAG_INCOMPLETE, STR("f"), STR("bad"), &e), &e);
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK(scan.fails);
    }
    CHECK_CASE("an image without packages can fail a build")
    {
        struct policy p = policy_of(NULL, "nothing-found");
        struct scan scan = {.findings_count = 0};
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK(scan.fails);
        scan = scan_new();
        CHECK_OK(policy_apply(&p, &arena, &scan, &e), &e);
        CHECK(!scan.fails);
    }
    arena_done(&arena);
    CHECK_CASE("each refused allocation is an error")
    {
        static const str ignored[] = {STR_INIT("CVE-2020-9"), STR_INIT("CVE-2024-1")};
        for (int n = 0; n < 100; n++) {
            struct policy p = policy_of(NULL, "high");
            struct scan scan = scan_new();
            p.ignored = ignored;
            p.ignored_count = ARRAY_COUNT(ignored);
            arena_init(&arena, 1024 * 1024, "a test");
            fail_alloc_at(n);
            bool ok = policy_apply(&p, &arena, &scan, &e);
            fail_alloc_at(-1);
            bool hit = fail_alloc_hit();
            arena_done(&arena);
            CHECK(ok == !hit && (ok || e.kind == ERROR_MEMORY));
            if (!hit) {
                break;
            }
        }
    }
}

int main(void)
{
    run_severities();
    run_fail_on();
    run_states();
    run_apply();
    run_ignored();
    run_gates();
    return check_done();
}
