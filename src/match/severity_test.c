/* severity_test.c: how bad, by whom; and what is known of a release as a whole. */
#include <string.h>

#include "base/clock.h"
#include "match/case_testing.h"

#define V3_CRITICAL "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

static const struct vulnerability known[] = {
    {.id = STR_INIT("CVE-2024-1"),
     .severity = SEVERITY_CRITICAL,
     .severity_source = STR_INIT("cvss3"),
     .cvss = STR_INIT(V3_CRITICAL),
     .cvss_source = STR_INIT("nvd"),
     .description = STR_INIT("A buffer is too short."),
     .exploitation = {.epss = 94000, .epss_percentile = 99900, .kev_added_s = 86400}},
};

static const struct {
    const char *says;
    struct fake_row rows[3];
    const char *want; /* severity/source[ by cvss] cvss-source */
} cases[] = {
    {"the row's own word comes first",
     {{.id = "CVE-2024-1",
       .fixed = "2",
       .severity = SEVERITY_HIGH,
       .own_severity = SEVERITY_LOW,
       .severity_source = "debian"}},
     "low/debian nvd"},
    {"then the advisory's",
     {{.id = "CVE-2024-1", .fixed = "2", .severity = SEVERITY_LOW, .severity_source = "debian"}},
     "low/debian nvd"},
    {"then its score",
     {{.id = "CVE-2024-1",
       .fixed = "2",
       .severity = SEVERITY_MEDIUM,
       .severity_source = "cvss3",
       .cvss = "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N"}},
     "medium/debian by cvss debian"},
    {"a word of the deciding rows before a score of theirs",
     {{.id = "CVE-2024-1", .fixed = "2", .severity = SEVERITY_HIGH, .severity_source = "cvss3"},
      {.id = "CVE-2024-1", .fixed = "2", .severity = SEVERITY_LOW, .severity_source = "debian"}},
     "low/debian nvd"},
    {"then what joined",
     {{.id = "CVE-2024-1", .fixed = "2"},
      {.feed = "osv",
       .id = "DEBIAN-CVE-2024-1",
       .fixed = "2",
       .severity = SEVERITY_MEDIUM,
       .severity_source = "cvss3"}},
     "medium/osv by cvss nvd"},
    {"NVD only where all are silent",
     {{.id = "CVE-2024-1", .fixed = "2"}},
     "critical/nvd by cvss nvd"},
    {"and never over Debian's unimportant",
     {{.id = "CVE-2024-1", .state = FIX_NONE_YET, .word = "unimportant"}},
     "negligible/debian nvd"},
    {"a vector alone is scored",
     {{.id = "CVE-2024-1", .fixed = "2", .cvss = "AV:N/AC:L/Au:N/C:P/I:P/A:P"}},
     "high/debian by cvss debian"},
    {"nothing is known where nobody knows", {{.id = "CVE-2024-9", .fixed = "2"}}, "unknown/ "},
};

static const struct found_package packages[] = {
    {.package = {.ecosystem = ECOSYSTEM_DEB,
                 .name = STR_INIT("bin"),
                 .version = STR_INIT("1"),
                 .source = STR_INIT("src"),
                 .source_version = STR_INIT("1")}},
    {.package = {.ecosystem = ECOSYSTEM_DEB,
                 .name = STR_INIT("bin2"),
                 .version = STR_INIT("1"),
                 .source = STR_INIT("src"),
                 .source_version = STR_INIT("1")}},
};

static struct scan scan_new(const char *namespace_, const char *day)
{
    struct scan scan = {.inventory = {.namespace_ = str_from(namespace_),
                                      .has_distribution = true,
                                      .packages = packages,
                                      .packages_count = ARRAY_COUNT(packages)}};
    CHECK(day == NULL || clock_parse(str_from(day), &scan.date_s));
    return scan;
}

static void check_severity(size_t i)
{
    struct scan scan = scan_new("debian:12", NULL);
    struct advisories store = {.rows = cases[i].rows,
                               .count = ARRAY_COUNT(cases[i].rows),
                               .vulnerabilities = known,
                               .vulnerabilities_count = ARRAY_COUNT(known)};
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    str got;
    arena_init(&arena, 1024 * 1024, "a test");
    if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e) &&
        CHECK_NUM(scan.findings_count, ARRAY_COUNT(packages))) {
        const struct finding *f = &scan.findings[1];
        CHECK_OK(arena_printf(&arena, &got, &e, "%s/" STR_FMT "%s " STR_FMT,
                              severity_name(f->severity), STR_ARG(f->severity_source),
                              f->severity_by_score ? " by cvss" : "", STR_ARG(f->cvss_source)),
                 &e);
        CHECK_STR(got, str_from(cases[i].want));
        CHECK_NUM(store.questions, 1);
        bool is_known = str_eq(f->id, known[0].id);
        CHECK((f->cvss_tenths > 0) == (f->cvss.len > 0));
        CHECK_NUM(f->exploitation.epss, is_known ? 94000 : 0);
        CHECK(is_known == (f->exploitation.kev_added_s != 0));
        CHECK(is_known == (f->description.len > 0));
    }
    arena_done(&arena);
}

static const struct {
    const char *says, *namespace_, *day;
    const char *feed_day; /* of the advisories; NULL: not said */
    enum support support;
    const char *note; /* part of one; NULL: there is none */
    bool incomplete;
} releases[] = {
    {"a release in support", "debian:13", "2026-11-24", NULL, SUPPORT_FULL, NULL, false},
    {"one with extended support", "debian:12", "2026-11-24", NULL, SUPPORT_EXTENDED, NULL, false},
    {"one past its end", "debian:10", "2026-11-24", NULL, SUPPORT_ENDED,
     "'debian:10' is past its end of life", true},
    {"without a day nothing is said", "debian:10", NULL, NULL, SUPPORT_UNKNOWN, NULL, false},
    {"advisories of a week", "debian:13", "2026-11-24", "2026-11-17", SUPPORT_FULL, NULL, false},
    {"advisories that are older", "debian:13", "2026-11-24", "2026-11-16", SUPPORT_FULL,
     "the advisories of 'debian' are 8 days old", false},
};

static void check_release(size_t i)
{
    struct fake_row row = {.namespace_ = releases[i].namespace_, .id = "CVE-2024-1", .fixed = "2"};
    struct scan scan = scan_new(releases[i].namespace_, releases[i].day);
    struct advisories store = {.rows = &row, .count = 1};
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    CHECK(releases[i].feed_day == NULL || clock_parse(str_from(releases[i].feed_day), &row.date_s));
    arena_init(&arena, 1024 * 1024, "a test");
    if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e)) {
        const struct diag *notes = &scan.inventory.notes;
        CHECK_NUM(scan.support, releases[i].support);
        CHECK((scan.support_note.len > 0) == (scan.support != SUPPORT_UNKNOWN));
        CHECK(notes->incomplete == releases[i].incomplete);
        CHECK_NUM(scan.findings_count, ARRAY_COUNT(packages));
        if (CHECK_NUM(notes->count, releases[i].note != NULL) && releases[i].note != NULL) {
            str text = notes->notes[0].text;
            CHECK(str_find(text, str_from(releases[i].note)) < text.len);
        }
    }
    arena_done(&arena);
}

static void run_unsupported(void)
{
#define SUPPORT(of) .feed = "debian-support", .namespace_ = "debian-support" of
    static const struct fake_row rows[] = {
        {.id = "CVE-2024-1", .fixed = "2"},
        {SUPPORT(":12"), .id = "a", .state = FIX_END_OF_LIFE},
        {SUPPORT(":12"), .id = "b", .package = "old", .state = FIX_END_OF_LIFE,
         .last_affected = "1"},
        {SUPPORT(":11"), .id = "c", .package = "golang-x", .state = FIX_END_OF_LIFE},
        {SUPPORT(""), .id = "d", .package = "golang.*", .state = FIX_NONE_YET},
    };
    static const char *const names[][2] = {
        {"src", "1"}, {"old", "1-1"}, {"golang-x-y", "1"}, {"golangish", "1"}, {"fine", "1"}};
    struct found_package installed[ARRAY_COUNT(names)];
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        installed[i] = (struct found_package){.package = {.ecosystem = ECOSYSTEM_DEB,
                                                          .name = str_from(names[i][0]),
                                                          .version = str_from(names[i][1]),
                                                          .source_version = str_from(names[i][1])}};
    }
    struct scan scan = scan_new("debian:12", NULL);
    scan.inventory.packages = installed;
    scan.inventory.packages_count = ARRAY_COUNT(installed);
    struct advisories store = {.rows = rows, .count = ARRAY_COUNT(rows)};
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_CASE("packages without security support are named in one note")
    {
        if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e) &&
            CHECK_NUM(scan.inventory.notes.count, 2)) {
            CHECK_STR(scan.inventory.notes.notes[0].text,
                      STR("source packages that Debian does not support any more: src"));
            CHECK_STR(scan.inventory.notes.notes[1].text,
                      STR("source packages that Debian supports in part only: golang-x-y"));
            CHECK_NUM(scan.findings_count, 1);
            CHECK(!scan.inventory.notes.incomplete);
        }
    }
    arena_done(&arena);
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("severity: %s", cases[i].says)
        {
            check_severity(i);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(releases); i++) {
        CHECK_CASE("support: %s", releases[i].says)
        {
            check_release(i);
        }
    }
    run_unsupported();
    return check_done();
}
