#include "match/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "match/case_testing.h"

static const struct match_case cases[] = {
    {.says = "a version before the fix is affected",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ CVE-2024-1\n"},
    {.says = "the fixed version is not affected",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-2"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2"}},
     .want = ""},
    {.says = "the source's version is compared, not the binary's",
     .namespace_ = "debian:12",
     .package = {.version = "2:9.0-1", .source_version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ CVE-2024-1\n"},
    {.says = "a row about the binary compares the binary's version",
     .namespace_ = "debian:12",
     .package = {.version = "9.0-1", .source_version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2", .scope = SCOPE_BINARY, .package = "bin"}},
     .want = ""},
    {.says = "a row about a source does not match a binary of that name",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2", .package = "bin"}},
     .want = ""},
    {.says = "no fix yet is affected for ever",
     .namespace_ = "debian:12",
     .package = {.version = "99-1"},
     .rows = {{.id = "CVE-2024-1", .state = FIX_NONE_YET, .word = "no-dsa: Minor issue"}},
     .want = "CVE-2024-1 - affected unknown/ CVE-2024-1\n"},
    {.says = "before the first affected version is not affected",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .introduced = "2.0", .fixed = "3.0"}},
     .want = ""},
    {.says = "an introduced version of 0 is no bound",
     .namespace_ = "debian:12",
     .package = {.version = "0~1"},
     .rows = {{.id = "CVE-2024-1", .introduced = "0", .fixed = "3.0"}},
     .want = "CVE-2024-1 3.0 fixed unknown/ CVE-2024-1\n"},
    {.says = "the last affected version is affected",
     .namespace_ = "debian:12",
     .package = {.version = "2.0"},
     .rows = {{.id = "CVE-2024-1", .last_affected = "2.0"}},
     .want = "CVE-2024-1 - affected unknown/ CVE-2024-1\n"},
    {.says = "behind the last affected version is not",
     .namespace_ = "debian:12",
     .package = {.version = "2.0+b1"},
     .rows = {{.id = "CVE-2024-1", .last_affected = "2.0"}},
     .want = ""},
    {.says = "fixed in 0 was never affected",
     .namespace_ = "debian:12",
     .package = {.version = "0~0"},
     .rows = {{.id = "CVE-2024-1", .fixed = "0"}},
     .want = ""},
    {.says = "under investigation is no finding",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .state = FIX_UNDETERMINED}},
     .want = ""},

    {.says = "an advisory about two vulnerabilities is two findings",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "DSA-1-1", .ids = "CVE-2024-1 CVE-2024-2", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ DSA-1-1\n"
             "CVE-2024-2 1.0-2 fixed unknown/ DSA-1-1\n"},
    {.says = "an advisory without a CVE has its own name",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "DSA-2-1", .fixed = "1.0-2"},
              {.id = "TEMP-0000001-ABCDEF", .state = FIX_NONE_YET}},
     .want = "DSA-2-1 1.0-2 fixed unknown/ DSA-2-1\n"
             "TEMP-0000001-ABCDEF - affected unknown/ TEMP-0000001-ABCDEF\n"},
    {.says = "a CVE in the advisory's name is the vulnerability",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.feed = "osv", .id = "DEBIAN-CVE-2024-1", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ DEBIAN-CVE-2024-1 [DEBIAN-CVE-2024-1]\n"},
    {.says = "other names of one vulnerability are aliases",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .ids = "GHSA-aaaa XSA-7", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ CVE-2024-1 [GHSA-aaaa XSA-7]\n"},

    {.says = "the tracker overrules a list, which joins",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-3"},
              {.id = "DSA-1-1", .ids = "CVE-2024-1", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-3 fixed unknown/ CVE-2024-1,DSA-1-1\n"},
    {.says = "a list does not widen what the tracker says",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-2"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2"},
              {.id = "DSA-1-1", .ids = "CVE-2024-1", .fixed = "1.0-9"}},
     .want = ""},
    {.says = "a list does not overrule an open tracker",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-5"},
     .rows = {{.id = "CVE-2024-1", .state = FIX_DEFERRED},
              {.id = "DLA-1-1", .ids = "CVE-2024-1", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 - fix-deferred unknown/ CVE-2024-1\n"},
    {.says = "where the tracker is silent the list decides",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-2", .fixed = "0"},
              {.id = "DSA-1-1", .ids = "CVE-2024-1 CVE-2024-2", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ DSA-1-1\n"},
    {.says = "an undetermined tracker is silent",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .state = FIX_UNDETERMINED},
              {.id = "DSA-1-1", .ids = "CVE-2024-1", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ DSA-1-1\n"},
    {.says = "the distribution's feed overrules OSV's copy",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-2"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2"},
              {.feed = "osv", .id = "DEBIAN-CVE-2024-1", .fixed = "1.0-9"}},
     .want = ""},
    {.says = "a list of the distribution's feed overrules OSV's copy too",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-2"},
     .rows = {{.id = "DSA-1-1", .ids = "CVE-2024-1", .fixed = "1.0-2"},
              {.feed = "osv", .id = "DEBIAN-CVE-2024-1", .state = FIX_NONE_YET}},
     .want = ""},
    {.says = "OSV decides where the distribution's feed is silent",
     .namespace_ = "alpine:v3.18",
     .package = {.version = "1.0-r1"},
     .rows =
         {{.feed = "alpine", .namespace_ = "alpine:v3.18", .id = "CVE-2024-1", .fixed = "1.0-r1"},
          {.feed = "osv",
           .namespace_ = "alpine:v3.18",
           .id = "ALPINE-CVE-2024-2",
           .fixed = "1.0-r2"}},
     .want = "CVE-2024-2 1.0-r2 fixed unknown/ ALPINE-CVE-2024-2 [ALPINE-CVE-2024-2]\n"},
    {.says = "not affected overrules in one feed",
     .namespace_ = "alpine:v3.18",
     .package = {.version = "1.0-r1"},
     .rows =
         {{.feed = "alpine", .namespace_ = "alpine:v3.18", .id = "CVE-2024-1", .fixed = "1.0-r2"},
          {.feed = "alpine",
           .namespace_ = "alpine:v3.18",
           .id = "CVE-2024-1",
           .state = FIX_NOT_AFFECTED}},
     .want = ""},
    {.says = "of two fixes of one feed the newer one is needed",
     .namespace_ = "alpine:v3.18",
     .package = {.version = "1.0-r1"},
     .rows =
         {{.feed = "alpine", .namespace_ = "alpine:v3.18", .id = "CVE-2024-1", .fixed = "1.0-r10"},
          {.feed = "alpine", .namespace_ = "alpine:v3.18", .id = "CVE-2024-1", .fixed = "1.0-r9"}},
     .want = "CVE-2024-1 1.0-r10 fixed unknown/ CVE-2024-1,CVE-2024-1\n"},
    {.says = "between two fixes only the newer one's row applies",
     .namespace_ = "alpine:v3.18",
     .package = {.version = "1.0-r9"},
     .rows =
         {{.feed = "alpine", .namespace_ = "alpine:v3.18", .id = "CVE-2024-1", .fixed = "1.0-r9"},
          {.feed = "alpine", .namespace_ = "alpine:v3.18", .id = "CVE-2024-1", .fixed = "1.0-r10"}},
     .want = "CVE-2024-1 1.0-r10 fixed unknown/ CVE-2024-1\n"},
    {.says = "a fix does not help where another row has none",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .fixed = "1.0-2"},
              {.id = "CVE-2024-1", .state = FIX_WILL_NOT, .word = "ignored"}},
     .want = "CVE-2024-1 - will-not-fix unknown/ CVE-2024-1,CVE-2024-1\n"},

    {.says = "the deciding row's severity counts",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows =
         {{.id = "CVE-2024-1", .fixed = "2", .severity = SEVERITY_LOW, .severity_source = "debian"},
          {.feed = "osv",
           .id = "DEBIAN-CVE-2024-1",
           .fixed = "2",
           .severity = SEVERITY_CRITICAL,
           .severity_source = "cvss3"}},
     .want = "CVE-2024-1 2 fixed low/debian CVE-2024-1,DEBIAN-CVE-2024-1 [DEBIAN-CVE-2024-1]\n"},
    {.says = "without one, another advisory's severity counts",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .fixed = "2"},
              {.feed = "osv",
               .id = "DEBIAN-CVE-2024-1",
               .fixed = "2",
               .severity = SEVERITY_HIGH,
               .severity_source = "cvss3"}},
     .want = "CVE-2024-1 2 fixed high/osv CVE-2024-1,DEBIAN-CVE-2024-1 [DEBIAN-CVE-2024-1]\n"},
    {.says = "unimportant is negligible, whatever others say",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .state = FIX_NONE_YET, .word = "unimportant"},
              {.feed = "osv",
               .id = "DEBIAN-CVE-2024-1",
               .state = FIX_NONE_YET,
               .severity = SEVERITY_HIGH,
               .severity_source = "cvss3"}},
     .want = "CVE-2024-1 - affected negligible/debian CVE-2024-1,DEBIAN-CVE-2024-1 "
             "[DEBIAN-CVE-2024-1]\n"},

    {.says = "another architecture's row is not about this package",
     .namespace_ = "almalinux:9",
     .package = {.version = "1.0-1.el9", .arch = "x86_64"},
     .rows = {{.feed = "osv",
               .namespace_ = "almalinux:9",
               .id = "ALSA-2024:1",
               .ids = "CVE-2024-1",
               .fixed = "1.0-2.el9",
               .arch = "aarch64"},
              {.feed = "osv",
               .namespace_ = "almalinux:9",
               .id = "ALSA-2024:2",
               .ids = "CVE-2024-2",
               .fixed = "1.0-2.el9",
               .arch = "x86_64"}},
     .want = "CVE-2024-2 1.0-2.el9 fixed unknown/ ALSA-2024:2\n"},
    {.says = "a module's package matches its own stream only",
     .namespace_ = "rocky:8",
     .package = {.version = "1:18.1-1.module+el8.9.0+1+ab",
                 .module = "nodejs:18:8090020240301110609:a75119d5"},
     .rows = {{.feed = "osv",
               .namespace_ = "rocky:8",
               .id = "RLSA-1",
               .ids = "CVE-2024-1",
               .module = "nodejs:18",
               .fixed = "1:18.2-1.module+el8.9.0+2+ab"},
              {.feed = "osv",
               .namespace_ = "rocky:8",
               .id = "RLSA-2",
               .ids = "CVE-2024-2",
               .module = "nodejs:20",
               .fixed = "1:20.2-1.module+el8.9.0+2+ab"},
              {.feed = "osv",
               .namespace_ = "rocky:8",
               .id = "RLSA-3",
               .ids = "CVE-2024-3",
               .fixed = "1:18.3-1.el8"}},
     .want = "CVE-2024-1 1:18.2-1.module+el8.9.0+2+ab fixed unknown/ RLSA-1\n"},
    {.says = "a package without a module does not match a module's row",
     .namespace_ = "rocky:8",
     .package = {.version = "1:18.1-1.el8"},
     .rows = {{.feed = "osv",
               .namespace_ = "rocky:8",
               .id = "RLSA-1",
               .ids = "CVE-2024-1",
               .module = "nodejs:18",
               .fixed = "1:18.2-1.module+el8.9.0+2+ab"},
              {.feed = "osv",
               .namespace_ = "rocky:8",
               .id = "RLSA-3",
               .ids = "CVE-2024-3",
               .fixed = "1:18.3-1.module_el8.9.0+2+ab"}},
     .want = ""},
    {.says = "AlmaLinux tells modules by the release text",
     .namespace_ = "almalinux:8",
     .package = {.version = "1:18.1-1.module_el8.9.0+1+ab"},
     .rows = {{.feed = "osv",
               .namespace_ = "almalinux:8",
               .id = "ALSA-1",
               .ids = "CVE-2024-1",
               .fixed = "1:18.2-1.module_el8.9.0+2+ab"},
              {.feed = "osv",
               .namespace_ = "almalinux:8",
               .id = "ALSA-3",
               .ids = "CVE-2024-3",
               .fixed = "1:18.3-1.el8"},
              {.feed = "osv",
               .namespace_ = "almalinux:8",
               .id = "ALSA-4",
               .ids = "CVE-2024-4",
               .fixed = "1:18.3-1.module_el9.3.0+2+ab"}},
     .want = "CVE-2024-1 1:18.2-1.module_el8.9.0+2+ab fixed unknown/ ALSA-1\n"},
    {.says = "a labelled package does not match another stream's version",
     .namespace_ = "almalinux:8",
     .package = {.version = "1:18.1-1.module_el8.9.0+1+ab", .module = "nodejs:18:8090:ab"},
     .rows = {{.feed = "osv",
               .namespace_ = "almalinux:8",
               .id = "ALSA-1",
               .ids = "CVE-2024-1",
               .fixed = "1:18.2-1.module_el8.9.0+2+ab"},
              {.feed = "osv",
               .namespace_ = "almalinux:8",
               .id = "ALSA-2",
               .ids = "CVE-2024-2",
               .fixed = "1:20.2-1.module_el8.9.0+2+ab"},
              {.feed = "osv",
               .namespace_ = "almalinux:8",
               .id = "ALSA-3",
               .ids = "CVE-2024-3",
               .fixed = "1:180.2-1.module_el8.9.0+2+ab"}},
     .want = "CVE-2024-1 1:18.2-1.module_el8.9.0+2+ab fixed unknown/ ALSA-1\n"},
    {.says = "a bound without a release speaks of all releases",
     .namespace_ = "almalinux:9",
     .package = {.version = "1.0-3.el9"},
     .rows = {{.feed = "osv",
               .namespace_ = "almalinux:9",
               .id = "ALSA-1",
               .ids = "CVE-2024-1",
               .last_affected = "1.0"},
              {.feed = "osv",
               .namespace_ = "almalinux:9",
               .id = "ALSA-2",
               .ids = "CVE-2024-2",
               .fixed = "1.0"}},
     .want = "CVE-2024-1 - affected unknown/ ALSA-1\n"},
    {.says = "a source rpm's version gets the package's epoch",
     .namespace_ = "rocky:9",
     .package = {.version = "1:2.0-1.el9", .source_version = "2.0-1.el9"},
     .rows = {{.feed = "osv",
               .namespace_ = "rocky:9",
               .id = "RLSA-1",
               .ids = "CVE-2024-1",
               .fixed = "1:2.0-1.el9"},
              {.feed = "osv",
               .namespace_ = "rocky:9",
               .id = "RLSA-2",
               .ids = "CVE-2024-2",
               .fixed = "1:2.0-2.el9"}},
     .want = "CVE-2024-2 1:2.0-2.el9 fixed unknown/ RLSA-2\n"},
    {.says = "an epoch is part of the order",
     .namespace_ = "almalinux:9",
     .package = {.version = "2.0-1.el9"},
     .rows = {{.feed = "osv",
               .namespace_ = "almalinux:9",
               .id = "ALSA-1",
               .ids = "CVE-2024-1",
               .fixed = "1:1.0-1.el9"}},
     .want = "CVE-2024-1 1:1.0-1.el9 fixed unknown/ ALSA-1\n"},
};

/* Three packages of two sources. */
static const struct found_package image[] = {
    {.package = {.ecosystem = ECOSYSTEM_DEB,
                 .name = STR_INIT("curl"),
                 .version = STR_INIT("7-1"),
                 .source = STR_INIT("curl"),
                 .source_version = STR_INIT("7-1")}},
    {.package = {.ecosystem = ECOSYSTEM_DEB,
                 .name = STR_INIT("libcurl4"),
                 .version = STR_INIT("7-1"),
                 .source = STR_INIT("curl"),
                 .source_version = STR_INIT("7-1")}},
    {.package = {.ecosystem = ECOSYSTEM_DEB,
                 .name = STR_INIT("zlib1g"),
                 .version = STR_INIT("1:1-1"),
                 .source = STR_INIT("zlib"),
                 .source_version = STR_INIT("1:1-1")}},
};

static const struct fake_row image_rows[] = {
    {.id = "CVE-2024-1", .package = "curl", .fixed = "7-9", .severity = SEVERITY_LOW},
    {.id = "CVE-2024-2", .package = "curl", .fixed = "7-10", .severity = SEVERITY_HIGH},
    {.id = "CVE-2024-3", .package = "curl", .state = FIX_NONE_YET, .severity = SEVERITY_CRITICAL},
    {.id = "CVE-2024-4", .package = "zlib", .fixed = "1:1-2", .severity = SEVERITY_CRITICAL},
};

static struct scan scan_of(const struct found_package *packages, size_t count,
                           const char *namespace_)
{
    return (struct scan){.inventory = {.namespace_ = str_from(namespace_),
                                       .has_distribution = true,
                                       .packages = packages,
                                       .packages_count = count}};
}

static void run_image(void)
{
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    struct advisories store = {.rows = image_rows, .count = ARRAY_COUNT(image_rows)};
    struct scan scan = scan_of(image, ARRAY_COUNT(image), "debian:12");
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_CASE("findings are sorted worst first, then by package and id")
    {
        static const char *const want[][2] = {
            {"curl", "CVE-2024-3"},     {"libcurl4", "CVE-2024-3"}, {"zlib1g", "CVE-2024-4"},
            {"curl", "CVE-2024-2"},     {"libcurl4", "CVE-2024-2"}, {"curl", "CVE-2024-1"},
            {"libcurl4", "CVE-2024-1"},
        };
        if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e) &&
            CHECK_NUM(scan.findings_count, ARRAY_COUNT(want))) {
            for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
                CHECK_STR(scan.findings[i].package->package.name, str_from(want[i][0]));
                CHECK_STR(scan.findings[i].id, str_from(want[i][1]));
            }
        }
    }
    CHECK_CASE("an upgrade names the version that removes all and counts what it removes")
    {
        if (CHECK_NUM(scan.upgrades_count, 2)) {
            CHECK_STR(scan.upgrades[0].package, STR("curl"));
            CHECK_STR(scan.upgrades[0].to, STR("7-10"));
            CHECK_NUM(scan.upgrades[0].removes, 4);
            CHECK_NUM(scan.upgrades[0].packages, 2);
            CHECK_NUM(scan.upgrades[0].worst, SEVERITY_HIGH);
            CHECK_STR(scan.upgrades[1].package, STR("zlib"));
            CHECK_NUM(scan.upgrades[1].removes, 1);
            CHECK_NUM(scan.upgrades[1].worst, SEVERITY_CRITICAL);
        }
    }
    CHECK_CASE("a source's name is looked up once")
    {
        CHECK_NUM(store.look_ups, 2 + 3); /* two sources, three names */
        CHECK_STR(scan.generation, STR("test-1"));
        CHECK_NUM(scan.feeds_count, 1);
    }
    arena_done(&arena);
}

/* What one scan says when it cannot judge: text of its only note, or of its error. */
static void check_unjudged(struct scan scan, enum error_kind kind, const char *part)
{
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    struct advisories store = {.rows = image_rows, .count = ARRAY_COUNT(image_rows)};
    arena_init(&arena, 1024 * 1024, "a test");
    bool ok = match_scan(&store, &arena, &scan, &e);
    if (kind != ERROR_NONE) {
        CHECK_FAILS(ok, &e, kind, part);
        CHECK(e.hint[0] != '\0');
    } else if (CHECK_OK(ok, &e) && CHECK_NUM(scan.inventory.notes.count, 1)) {
        str text = scan.inventory.notes.notes[0].text;
        CHECK(str_find(text, str_from(part)) < text.len);
        CHECK(scan.inventory.notes.incomplete);
        CHECK_NUM(scan.findings_count, 0);
    }
    arena_done(&arena);
}

static void run_kernels(void)
{
    static const struct found_package kernels[] = {
        {.package = {.ecosystem = ECOSYSTEM_DEB,
                     .name = STR_INIT("linux-image-6.1.0-29-amd64"),
                     .version = STR_INIT("6.1.123-1"),
                     .source = STR_INIT("linux-signed-amd64"),
                     .source_version = STR_INIT("6.1.123+1")}},
        {.package = {.ecosystem = ECOSYSTEM_DEB,
                     .name = STR_INIT("linux-image-5.15.0-91-generic"),
                     .version = STR_INIT("5.15.0-91.101"),
                     .source = STR_INIT("linux-signed-hwe"),
                     .source_version = STR_INIT("5.15.0-91.101")}},
    };
    static const struct fake_row rows[] = {
        {.id = "CVE-2024-1", .package = "linux", .fixed = "6.1.123-1"},
        {.id = "CVE-2024-2", .package = "linux", .fixed = "6.1.123-2"},
        {.id = "CVE-2024-3",
         .namespace_ = "ubuntu:22.04",
         .package = "linux-hwe",
         .fixed = "5.15.0-92.102"},
    };
    static const char *const namespaces[] = {"debian:12", "ubuntu:22.04"};
    static const char *const want[] = {"CVE-2024-2", "CVE-2024-3"};
    for (size_t i = 0; i < ARRAY_COUNT(kernels); i++) {
        CHECK_CASE("a signed kernel of %s is matched as the kernel it was made from", namespaces[i])
        {
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            struct advisories store = {.rows = rows, .count = ARRAY_COUNT(rows)};
            struct scan scan = scan_of(&kernels[i], 1, namespaces[i]);
            arena_init(&arena, 1024 * 1024, "a test");
            if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e) &&
                CHECK_NUM(scan.findings_count, 1)) {
                CHECK_STR(scan.findings[0].id, str_from(want[i]));
                CHECK(scan.findings[0].package == &kernels[i]);
            }
            arena_done(&arena);
        }
    }
}

static void run_unjudged(void)
{
    CHECK_CASE("without a distribution nothing is judged, and it is said")
    {
        struct scan scan = scan_of(image, ARRAY_COUNT(image), "");
        scan.inventory.has_distribution = false;
        check_unjudged(scan, ERROR_NONE, "does not say which distribution it is");
    }
    CHECK_CASE("an unknown distribution is named")
    {
        struct scan scan = scan_of(image, ARRAY_COUNT(image), "");
        scan.inventory.distribution.id = STR("slackware");
        check_unjudged(scan, ERROR_NONE, "distribution 'slackware'");
    }
    CHECK_CASE("an image without packages is said to be one")
    {
        check_unjudged(scan_of(NULL, 0, "debian:11"), ERROR_NONE, "no package database");
    }
    CHECK_CASE("a distribution without advisories is an error with a hint")
    {
        check_unjudged(scan_of(image, ARRAY_COUNT(image), "almalinux:7"), ERROR_ABSENT,
                       "no advisories for 'almalinux:7'");
    }
    CHECK_CASE("a distribution whose order is not known is named")
    {
        check_unjudged(scan_of(image, ARRAY_COUNT(image), "slackware:15"), ERROR_NONE,
                       "versions are ordered in 'slackware:15'");
    }
    CHECK_CASE("packages of another kind are counted")
    {
        struct found_package foreign = image[0];
        foreign.package.ecosystem = ECOSYSTEM_RPM;
        check_unjudged(scan_of(&foreign, 1, "debian:12"), ERROR_NONE,
                       "database could not be judged: 1");
    }
    CHECK_CASE("a package without a version is named")
    {
        struct found_package empty = image[0];
        empty.package.version = STR_NONE;
        check_unjudged(scan_of(&empty, 1, "debian:12"), ERROR_NONE, "'curl' has no version");
    }
}

static void run_failures(void)
{
    CHECK_CASE("a store that fails is passed on with the package's name")
    {
        struct arena arena;
        struct error e = {.kind = ERROR_NONE};
        struct advisories store = {
            .rows = image_rows, .count = ARRAY_COUNT(image_rows), .breaks = true};
        struct scan scan = scan_of(image, ARRAY_COUNT(image), "debian:12");
        arena_init(&arena, 1024 * 1024, "a test");
        CHECK_FAILS(match_scan(&store, &arena, &scan, &e), &e, ERROR_IO, "'curl': the disk");
        arena_done(&arena);
    }
    CHECK_CASE("each refused allocation is an error")
    {
        for (int n = 0; n < 100; n++) {
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            struct advisories store = {.rows = image_rows, .count = ARRAY_COUNT(image_rows)};
            struct scan scan = scan_of(image, ARRAY_COUNT(image), "debian:12");
            arena_init(&arena, 1024 * 1024, "a test");
            fail_alloc_at(n);
            bool ok = match_scan(&store, &arena, &scan, &e);
            fail_alloc_at(-1);
            bool hit = fail_alloc_hit();
            arena_done(&arena);
            CHECK(ok == !hit && (ok || e.kind == ERROR_MEMORY));
            if (!hit) {
                break;
            }
        }
    }
    CHECK_CASE("each arena that is too small is an error")
    {
        bool done = false;
        for (size_t budget = 1; budget < 64 * 1024 && !done; budget += 509) {
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            struct advisories store = {.rows = image_rows, .count = ARRAY_COUNT(image_rows)};
            struct scan scan = scan_of(image, ARRAY_COUNT(image), "debian:12");
            arena_init(&arena, budget, "a test");
            done = match_scan(&store, &arena, &scan, &e);
            CHECK(done || e.kind == ERROR_LIMIT);
            arena_done(&arena);
        }
        CHECK(done);
    }
}

enum { MANY_PACKAGES = 500, MANY_ROWS = 40 };

/* 500 packages with 40 vulnerabilities each is more than real images have. */
static void run_many(void)
{
    static struct fake_row rows[MANY_ROWS];
    static struct found_package packages[MANY_PACKAGES];
    static char names[MANY_PACKAGES][16], ids[MANY_ROWS][24];
    for (size_t i = 0; i < MANY_ROWS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "CVE-2024-%04zu", i);
        rows[i] = (struct fake_row){.id = ids[i], .fixed = "1.0-2", .severity = SEVERITY_LOW};
    }
    for (size_t i = 0; i < MANY_PACKAGES; i++) {
        snprintf(names[i], sizeof(names[i]), "package-%03zu", i);
        packages[i].package = (struct package){.ecosystem = ECOSYSTEM_DEB,
                                               .name = str_from(names[i]),
                                               .version = STR("1.0-1"),
                                               .source = STR("src"),
                                               .source_version = STR("1.0-1")};
    }
    CHECK_CASE("500 packages with 20,000 findings within 32 MB")
    {
        struct arena arena;
        struct error e = {.kind = ERROR_NONE};
        struct advisories store = {.rows = rows, .count = MANY_ROWS};
        struct scan scan = scan_of(packages, MANY_PACKAGES, "debian:12");
        arena_init(&arena, 32 * 1024 * 1024, "a test");
        uint64_t start = clock_monotonic_ns();
        if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e)) {
            CHECK_NUM(scan.findings_count, MANY_PACKAGES * MANY_ROWS);
            CHECK_NUM(store.look_ups, 1 + MANY_PACKAGES);
        }
        printf("# %.2f ms, %zu bytes\n", (double)(clock_monotonic_ns() - start) / 1e6,
               arena.taken_bytes);
        arena_done(&arena);
    }
}

int main(void)
{
    run_cases(cases, ARRAY_COUNT(cases));
    run_image();
    run_kernels();
    run_unjudged();
    run_failures();
    run_many();
    return check_done();
}
