/* products_test.c: rows that are limited to a part of the distribution, and CentOS. */
#include <stdio.h>

#include "match/case_testing.h"

#define RHEL .feed = "redhat", .namespace_ = "rhel:9"
#define REPOSITORY(name, cpe)                                                                      \
    {                                                                                              \
        .feed = "redhat-repositories", .namespace_ = "redhat-repository", .id = name,              \
        .package = name, .product = cpe, .state = FIX_NOT_AFFECTED                                 \
    }
#define BASEOS "cpe:/o:redhat:enterprise_linux:9::baseos"
#define EUS "cpe:/o:redhat:rhel_eus:9.2::baseos"

static const struct match_case redhat[] = {
    {.says = "without repositories the release's own parts are assumed",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .rows = {{RHEL, .id = "CVE-2024-1", .product = BASEOS, .fixed = "1.0-2.el9"},
              {RHEL, .id = "CVE-2024-2", .product = "cpe:/a:redhat:enterprise_linux:9::crb",
               .fixed = "1.0-2.el9"},
              {RHEL, .id = "CVE-2024-3", .product = "cpe:/o:redhat:enterprise_linux:9",
               .state = FIX_WILL_NOT}},
     .want = "CVE-2024-1 1.0-2.el9 fixed unknown/ CVE-2024-1\n"
             "CVE-2024-2 1.0-2.el9 fixed unknown/ CVE-2024-2\n"
             "CVE-2024-3 - will-not-fix unknown/ CVE-2024-3\n"},
    {.says = "and none of its extensions, nor other products",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .rows = {{RHEL, .id = "CVE-2024-1", .product = EUS, .fixed = "1.0-2.el9"},
              {RHEL, .id = "CVE-2024-2", .product = "cpe:/a:redhat:openshift:4.14::el9",
               .fixed = "1.0-2.el9"},
              {RHEL, .id = "CVE-2024-3", .product = "cpe:/o:redhat:enterprise_linux:8::baseos",
               .fixed = "1.0-2.el9"}},
     .want = ""},
    {.says = "a row without a product always speaks",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .rows = {{RHEL, .id = "CVE-2024-1", .fixed = "1.0-2.el9"}},
     .want = "CVE-2024-1 1.0-2.el9 fixed unknown/ CVE-2024-1\n"},
    {.says = "repositories that are known tell the parts",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .repositories = {"rhel-9-baseos-eus"},
     .rows = {REPOSITORY("rhel-9-baseos-eus", EUS),
              {RHEL, .id = "CVE-2024-1", .product = EUS, .fixed = "1.0-1.el9_2.1"},
              {RHEL, .id = "CVE-2024-1", .product = BASEOS, .fixed = "1.0-9.el9"},
              {RHEL, .id = "CVE-2024-2", .product = BASEOS, .fixed = "1.0-9.el9"}},
     .want = "CVE-2024-1 1.0-1.el9_2.1 fixed unknown/ CVE-2024-1\n"},
    {.says = "what is fixed nowhere is affected in all that belongs to the release",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .repositories = {"rhel-9-baseos-eus"},
     .rows = {REPOSITORY("rhel-9-baseos-eus", EUS),
              {RHEL, .id = "CVE-2024-1", .product = "cpe:/o:redhat:enterprise_linux:9",
               .state = FIX_DEFERRED, .word = "Fix deferred"}},
     .want = "CVE-2024-1 - fix-deferred unknown/ CVE-2024-1\n"},
    {.says = "a row speaks where any of the image's parts is its product",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .repositories = {"baseos", "eus"},
     .rows = {REPOSITORY("baseos", BASEOS),
              REPOSITORY("eus", EUS),
              {RHEL, .id = "CVE-2024-1", .product = EUS, .fixed = "1.0-1.el9_2.1"},
              {RHEL, .id = "CVE-2024-1", .product = BASEOS, .fixed = "1.0-9.el9"}},
     .want = "CVE-2024-1 1.0-9.el9 fixed unknown/ CVE-2024-1,CVE-2024-1\n"},
    {.says = "a label's CPE adds to what is assumed",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .repositories = {"cpe:/a:redhat:openshift:4.14::el9"},
     .rows = {{RHEL, .id = "CVE-2024-1", .product = BASEOS, .fixed = "1.0-2.el9"},
              {RHEL, .id = "CVE-2024-2", .product = "cpe:/a:redhat:openshift:4.14::el9",
               .fixed = "1.0-2.el9"},
              {RHEL, .id = "CVE-2024-3", .product = "cpe:/a:redhat:openshift:4.15::el9",
               .fixed = "1.0-2.el9"}},
     .want = "CVE-2024-1 1.0-2.el9 fixed unknown/ CVE-2024-1\n"
             "CVE-2024-2 1.0-2.el9 fixed unknown/ CVE-2024-2\n"},
    {.says = "repositories that the list does not know tell nothing",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.el9"},
     .repositories = {"somebody's own"},
     .rows = {{RHEL, .id = "CVE-2024-1", .product = BASEOS, .fixed = "1.0-2.el9"}},
     .want = "CVE-2024-1 1.0-2.el9 fixed unknown/ CVE-2024-1\n"},
    {.says = "a minor release has what the ones before it had fixed",
     .namespace_ = "rhel:10",
     .version_id = "10.1",
     .package = {.version = "1.0-1.el10"},
     .rows = {{.feed = "redhat",
               .namespace_ = "rhel:10",
               .id = "CVE-2024-1",
               .product = "cpe:/o:redhat:enterprise_linux:10.0",
               .fixed = "1.0-2.el10"},
              {.feed = "redhat",
               .namespace_ = "rhel:10",
               .id = "CVE-2024-2",
               .product = "cpe:/o:redhat:enterprise_linux:10.2",
               .fixed = "1.0-2.el10"}},
     .want = "CVE-2024-1 1.0-2.el10 fixed unknown/ CVE-2024-1\n"},
    {.says = "an unfixed module speaks of labelled packages alone",
     .namespace_ = "rhel:9",
     .package = {.version = "1.0-1.module+el9+1+ab", .module = "nodejs:18:9020:ab"},
     .rows = {{RHEL, .id = "CVE-2024-1", .product = "cpe:/o:redhat:enterprise_linux:9",
               .module = "nodejs:18", .state = FIX_NONE_YET},
              {RHEL, .id = "CVE-2024-2", .product = "cpe:/o:redhat:enterprise_linux:9",
               .state = FIX_NONE_YET}},
     .want = "CVE-2024-1 - affected unknown/ CVE-2024-1\n"},
};

#define CENTOS(release) .feed = "redhat", .namespace_ = "rhel:" release

static const struct match_case centos[] = {
    {.says = "CentOS is judged by Red Hat's rows",
     .namespace_ = "centos:7",
     .package = {.version = "1.0-1.el7"},
     .rows = {{CENTOS("7"), .id = "CVE-2024-1", .fixed = "1.0-2.el7"}},
     .want = "CVE-2024-1 1.0-2.el7 fixed unknown/ CVE-2024-1\n"},
    {.says = "the mark of a rebuild does not count",
     .namespace_ = "centos:7",
     .package = {.version = "2.4.6-97.el7.centos.5"},
     .rows = {{CENTOS("7"), .id = "CVE-2024-1", .fixed = "2.4.6-97.el7_9.5"},
              {CENTOS("7"), .id = "CVE-2024-2", .fixed = "2.4.6-97.el7_9.6"},
              {CENTOS("7"), .id = "CVE-2024-3", .fixed = "0:2.4.6-97.el7"}},
     .want = "CVE-2024-2 2.4.6-97.el7_9.6 fixed unknown/ CVE-2024-2\n"},
    {.says = "nor does the context of a module that was built again",
     .namespace_ = "centos:8",
     .package = {.version = "1:18.2-1.module_el8.4.0+2521+c668cc9f", .module = "nodejs:18:80:ab"},
     .rows = {{CENTOS("8"), .id = "CVE-2024-1", .module = "nodejs:18",
               .fixed = "1:18.2-1.module+el8.4.0+11732+c668cc9f"},
              {CENTOS("8"), .id = "CVE-2024-2", .module = "nodejs:18",
               .fixed = "1:18.2-2.module+el8.4.0+11732+c668cc9f"},
              {CENTOS("8"), .id = "CVE-2024-3", .module = "nodejs:20",
               .fixed = "1:20.2-2.module+el8.4.0+11732+c668cc9f"}},
     .want = "CVE-2024-2 1:18.2-2.module+el8.4.0+11732+c668cc9f fixed unknown/ CVE-2024-2\n"},
    {.says = "Red Hat's products are CentOS' too",
     .namespace_ = "centos:7",
     .package = {.version = "1.0-1.el7"},
     .rows = {{CENTOS("7"), .id = "CVE-2024-1",
               .product = "cpe:/o:redhat:enterprise_linux:7::server", .fixed = "1.0-2.el7"},
              {CENTOS("7"), .id = "CVE-2024-2", .product = "cpe:/o:redhat:rhel_els:7",
               .fixed = "1.0-3.el7"}},
     .want = "CVE-2024-1 1.0-2.el7 fixed unknown/ CVE-2024-1\n"},
};

#define UBUNTU .feed = "ubuntu", .namespace_ = "ubuntu:18.04"

static const struct match_case ubuntu[] = {
    {.says = "a fix in Ubuntu Pro is none for others",
     .namespace_ = "ubuntu:18.04",
     .package = {.version = "1.0-1ubuntu1"},
     .rows = {{UBUNTU, .id = "UBUNTU-CVE-2024-1", .product = "pro", .fixed = "1.0-1ubuntu1+esm1"}},
     .words = true,
     .want = "CVE-2024-1 - will-not-fix unknown/ UBUNTU-CVE-2024-1 [UBUNTU-CVE-2024-1] (fixed in "
             "Ubuntu Pro: 1.0-1ubuntu1+esm1)\n"},
    {.says = "it stands beside the standard archive's word",
     .namespace_ = "ubuntu:18.04",
     .package = {.version = "1.0-1ubuntu1"},
     .rows = {{UBUNTU, .id = "UBUNTU-CVE-2024-1", .state = FIX_NONE_YET, .word = "needed",
               .severity = SEVERITY_LOW},
              {UBUNTU, .id = "UBUNTU-CVE-2024-1", .product = "pro", .fixed = "1.0-1ubuntu1+esm1",
               .severity = SEVERITY_HIGH}},
     .words = true,
     .want = "CVE-2024-1 - will-not-fix low/ubuntu UBUNTU-CVE-2024-1,UBUNTU-CVE-2024-1 "
             "[UBUNTU-CVE-2024-1] (needed; fixed in Ubuntu Pro: 1.0-1ubuntu1+esm1)\n"},
    {.says = "where the standard archive has a fix, that is the one",
     .namespace_ = "ubuntu:18.04",
     .package = {.version = "1.0-1ubuntu1"},
     .rows = {{UBUNTU, .id = "UBUNTU-CVE-2024-1", .fixed = "1.0-1ubuntu2"},
              {UBUNTU, .id = "UBUNTU-CVE-2024-1", .product = "pro", .fixed = "1.0-1ubuntu1+esm1"}},
     .words = true,
     .want = "CVE-2024-1 1.0-1ubuntu2 fixed unknown/ UBUNTU-CVE-2024-1,UBUNTU-CVE-2024-1 "
             "[UBUNTU-CVE-2024-1]\n"},
    {.says = "what the standard archive has fixed is fixed, whatever Pro did",
     .namespace_ = "ubuntu:18.04",
     .package = {.version = "1.0-1ubuntu1"},
     .rows = {{UBUNTU, .id = "UBUNTU-CVE-2024-1", .fixed = "1.0-1ubuntu1"},
              {UBUNTU, .id = "UBUNTU-CVE-2024-1", .product = "pro", .fixed = "1.0-1ubuntu1+esm1"}},
     .want = ""},
    {.says = "to a package from Pro, Pro's fix is one, and Pro's word counts more",
     .namespace_ = "ubuntu:18.04",
     .package = {.version = "1.0-1ubuntu1+esm1"},
     .rows = {{UBUNTU, .id = "UBUNTU-CVE-2024-1", .state = FIX_NONE_YET},
              {UBUNTU, .id = "UBUNTU-CVE-2024-1", .product = "pro", .fixed = "1.0-1ubuntu1+esm2"},
              {UBUNTU, .id = "UBUNTU-CVE-2024-2", .state = FIX_NONE_YET},
              {UBUNTU, .id = "UBUNTU-CVE-2024-2", .product = "pro", .fixed = "1.0-1ubuntu1+esm1"}},
     .want = "CVE-2024-1 1.0-1ubuntu1+esm2 fixed unknown/ UBUNTU-CVE-2024-1,UBUNTU-CVE-2024-1 "
             "[UBUNTU-CVE-2024-1]\n"},
    {.says = "FIPS builds are told by their version",
     .namespace_ = "ubuntu:18.04",
     .package = {.version = "1.0-1ubuntu1+Fips1"},
     .rows = {{UBUNTU, .id = "UBUNTU-CVE-2024-1", .product = "pro:fips-updates",
               .fixed = "1.0-1ubuntu1+Fips2"}},
     .want = "CVE-2024-1 1.0-1ubuntu1+Fips2 fixed unknown/ UBUNTU-CVE-2024-1 "
             "[UBUNTU-CVE-2024-1]\n"},
    {.says = "and are nothing to other packages",
     .namespace_ = "ubuntu:18.04",
     .package = {.version = "1.0-1ubuntu1"},
     .rows = {{UBUNTU, .id = "UBUNTU-CVE-2024-1", .product = "pro:fips-updates",
               .fixed = "1.0-1ubuntu1+Fips2"}},
     .want = ""},
};

static const struct match_case others[] = {
    {.says = "pacman's packages are in alpm's order",
     .namespace_ = "arch",
     .package = {.version = "1:1.0-9", .source_version = "1:1.0-9"},
     .rows = {{.feed = "arch",
               .namespace_ = "arch",
               .id = "AVG-1",
               .ids = "CVE-2024-1 CVE-2024-2",
               .scope = SCOPE_BINARY,
               .package = "bin",
               .fixed = "1:1.0-10"},
              {.feed = "arch",
               .namespace_ = "arch",
               .id = "AVG-2",
               .ids = "CVE-2024-3",
               .scope = SCOPE_BINARY,
               .package = "bin",
               .fixed = "2.0-1"}},
     .want = "CVE-2024-1 1:1.0-10 fixed unknown/ AVG-1\n"
             "CVE-2024-2 1:1.0-10 fixed unknown/ AVG-1\n"},
    {.says = "a version as new as the fix that others get has it",
     .namespace_ = "sles:15.3",
     .package = {.version = "1.0-150300.4.1"},
     .rows =
         {{.feed = "suse", .namespace_ = "sles:15.3", .id = "CVE-2024-1", .state = FIX_NONE_YET},
          {.feed = "suse",
           .namespace_ = "sles:15.3",
           .id = "CVE-2024-1",
           .product = "ltss",
           .fixed = "1.0-150300.4.1"},
          {.feed = "suse",
           .namespace_ = "sles:15.3",
           .id = "CVE-2024-2",
           .product = "ltss",
           .fixed = "1.0-150300.9.1"}},
     .words = true,
     .want = "CVE-2024-2 - will-not-fix unknown/ CVE-2024-2 (fixed in SUSE LTSS: "
             "1.0-150300.9.1)\n"},
    {.says = "an edition's row is plain to the edition",
     .namespace_ = "sles:15.3",
     .id = "sles_sap",
     .package = {.version = "1.0-1"},
     .rows = {{.feed = "suse",
               .namespace_ = "sles:15.3",
               .id = "CVE-2024-1",
               .product = "sap",
               .fixed = "1.0-2"},
              {.feed = "suse",
               .namespace_ = "sles:15.3",
               .id = "CVE-2024-2",
               .product = "rt",
               .fixed = "1.0-2"},
              {.feed = "suse",
               .namespace_ = "sles:15.3",
               .id = "CVE-2024-3",
               .product = "package-hub",
               .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ CVE-2024-1\n"
             "CVE-2024-3 1.0-2 fixed unknown/ CVE-2024-3\n"},
    {.says = "a ksplice build is the fix for ksplice builds alone",
     .namespace_ = "ol:8",
     .package = {.version = "2.28-251.el8"},
     .rows = {{.feed = "oracle",
               .namespace_ = "ol:8",
               .id = "ELSA-2024-1",
               .ids = "CVE-2024-1",
               .product = "ksplice",
               .fixed = "2.28-251.0.3.ksplice1.el8"},
              {.feed = "oracle",
               .namespace_ = "ol:8",
               .id = "ELSA-2024-2",
               .ids = "CVE-2024-1",
               .fixed = "2.28-251.el8"}},
     .want = ""},
    {.says = "and to a ksplice build it counts more than the ordinary one",
     .namespace_ = "ol:8",
     .package = {.version = "2.28-251.0.2.ksplice1.el8"},
     .rows = {{.feed = "oracle",
               .namespace_ = "ol:8",
               .id = "ELSA-2024-1",
               .ids = "CVE-2024-1",
               .product = "ksplice",
               .fixed = "2.28-251.0.3.ksplice1.el8"},
              {.feed = "oracle",
               .namespace_ = "ol:8",
               .id = "ELSA-2024-2",
               .ids = "CVE-2024-1",
               .fixed = "2.28-251.el8"}},
     .want = "CVE-2024-1 2.28-251.0.3.ksplice1.el8 fixed unknown/ ELSA-2024-1\n"},
    {.says = "an extra that is named by a version speaks of that version",
     .namespace_ = "amzn:2",
     .package = {.version = "5.10.1-1.amzn2"},
     .rows = {{.feed = "amazon",
               .namespace_ = "amzn:2",
               .id = "ALAS2-1",
               .ids = "CVE-2024-1",
               .product = "extra:kernel-5.10",
               .fixed = "5.10.9-1.amzn2"},
              {.feed = "amazon",
               .namespace_ = "amzn:2",
               .id = "ALAS2-2",
               .ids = "CVE-2024-2",
               .product = "extra:kernel-5.15",
               .fixed = "5.15.9-1.amzn2"},
              {.feed = "amazon",
               .namespace_ = "amzn:2",
               .id = "ALAS2-3",
               .ids = "CVE-2024-3",
               .product = "extra:docker",
               .fixed = "20.10-1.amzn2"}},
     .want = "CVE-2024-1 5.10.9-1.amzn2 fixed unknown/ ALAS2-1\n"
             "CVE-2024-3 20.10-1.amzn2 fixed unknown/ ALAS2-3\n"},
    {.says = "a vendor's rebuild is judged by the vendor's record",
     .namespace_ = "debian:12",
     .package = {.version = "2.28.3-1.root.io.1"},
     .rows = {{.id = "CVE-2024-1", .state = FIX_NONE_YET},
              {.feed = "rootio",
               .id = "CVE-2024-1",
               .product = "rootio",
               .fixed = "2.28.3-1.root.io.1"}},
     .want = ""},
    {.says = "which is nothing to the distribution's own build",
     .namespace_ = "debian:12",
     .package = {.version = "2.28.3-1"},
     .rows = {{.id = "CVE-2024-1", .state = FIX_NONE_YET},
              {.feed = "rootio",
               .id = "CVE-2024-2",
               .product = "rootio",
               .fixed = "2.28.3-1.root.io.1"}},
     .want = "CVE-2024-1 - affected unknown/ CVE-2024-1\n"},
    {.says = "Root.io's apk packages have it in the revision",
     .namespace_ = "alpine:v3.19",
     .package = {.version = "2.19.5-r00070"},
     .rows = {{.feed = "rootio",
               .namespace_ = "alpine:v3.19",
               .id = "CVE-2024-1",
               .product = "rootio",
               .fixed = "2.19.5-r00071"}},
     .want = "CVE-2024-1 2.19.5-r00071 fixed unknown/ CVE-2024-1\n"},
    {.says = "Seal's packages have names of their own",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1", .name = "seal-wget", .source = "seal-wget"},
     .rows = {{.feed = "seal",
               .id = "CVE-2024-1",
               .package = "seal-wget",
               .product = "seal",
               .fixed = "1.0-1+sp1"}},
     .want = "CVE-2024-1 1.0-1+sp1 fixed unknown/ CVE-2024-1\n"},
    {.says = "Echo's is told by the whole image",
     .namespace_ = "debian:12",
     .id = "echo",
     .package = {.version = "1.0-1"},
     .rows = {{.feed = "echo", .id = "CVE-2024-1", .product = "echo", .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ CVE-2024-1\n"},
};

/* What is left out is said, once. */
static void run_strange(void)
{
    static const struct fake_row rows[] = {
        {.id = "CVE-2024-1", .product = "moonbase", .fixed = "2"},
        {.id = "CVE-2024-2", .product = "moonbase", .fixed = "2"},
        {.id = "CVE-2024-3", .product = "cpe:nonsense", .fixed = "2"},
        {.id = "CVE-2024-4", .product = "probably", .fixed = "2"},
    };
    const struct found_package package = {.package = {.ecosystem = ECOSYSTEM_DEB,
                                                      .name = STR("bin"),
                                                      .version = STR("1"),
                                                      .source = STR("src"),
                                                      .source_version = STR("1")}};
    struct scan scan = {.inventory = {.namespace_ = STR("debian:12"),
                                      .has_distribution = true,
                                      .packages = &package,
                                      .packages_count = 1}};
    struct advisories store = {.rows = rows, .count = ARRAY_COUNT(rows)};
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    arena_init(&arena, 1024 * 1024, "a test");
    CHECK_CASE("a part that limpid does not know is left out, and that is said once")
    {
        if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e) &&
            CHECK_NUM(scan.inventory.notes.count, 3)) {
            str text = scan.inventory.notes.notes[0].text;
            CHECK(str_find(text, STR("'moonbase', a part of the distribution")) < text.len);
            CHECK_NUM(scan.findings_count, 0);
            CHECK(!scan.inventory.notes.incomplete);
        }
    }
    arena_done(&arena);
}

enum { REPOSITORIES = 600 };

/* An image can name as many as it likes. */
static void run_many_parts(void)
{
    static char texts[REPOSITORIES][64];
    static str names[REPOSITORIES];
    static const struct fake_row row = {RHEL, .id = "CVE-2024-1", .product = BASEOS,
                                        .fixed = "2-1"};
    const struct found_package package = {
        .package = {.ecosystem = ECOSYSTEM_RPM, .name = STR("src"), .version = STR("1-1")}};
    for (size_t i = 0; i < REPOSITORIES; i++) {
        snprintf(texts[i], sizeof(texts[i]), "cpe:/a:redhat:openshift:4.%zu", i);
        names[i] = str_from(texts[i]);
    }
    static const size_t counts[] = {512, 513, REPOSITORIES};
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        CHECK_CASE("%zu products of an image's labels", counts[i])
        {
            struct scan scan = {.inventory = {.namespace_ = STR("rhel:9"),
                                              .has_distribution = true,
                                              .packages = &package,
                                              .packages_count = 1,
                                              .repositories = names,
                                              .repositories_count = counts[i]}};
            struct advisories store = {.rows = &row, .count = 1};
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            arena_init(&arena, 1024 * 1024, "a test");
            CHECK_OK(match_scan(&store, &arena, &scan, &e), &e);
            CHECK(scan.inventory.notes.incomplete == (counts[i] > 512));
            CHECK_NUM(scan.findings_count, 1);
            arena_done(&arena);
        }
    }
}

static void run_stream(void)
{
    static const struct {
        const char *namespace_, *pretty;
        bool judged;
    } releases[] = {
        {"centos:8", "CentOS Linux 8", true},
        {"centos:8", "", true},
        {"centos:8", "CentOS Stream 8", false},
        {"centos:9", "", false},
        {"centos:10", "", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(releases); i++) {
        CHECK_CASE("%s '%s' is %sjudged", releases[i].namespace_, releases[i].pretty,
                   releases[i].judged ? "" : "not ")
        {
            static const struct fake_row row = {
                .feed = "redhat", .namespace_ = "rhel:8", .id = "CVE-2024-1", .fixed = "2"};
            const struct found_package package = {
                .package = {.ecosystem = ECOSYSTEM_RPM, .name = STR("bin"), .version = STR("1-1")}};
            struct scan scan = {
                .inventory = {.namespace_ = str_from(releases[i].namespace_),
                              .has_distribution = true,
                              .distribution = {.pretty_name = str_from(releases[i].pretty)},
                              .packages = &package,
                              .packages_count = 1}};
            struct advisories store = {.rows = &row, .count = 1};
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            arena_init(&arena, 1024 * 1024, "a test");
            CHECK_OK(match_scan(&store, &arena, &scan, &e), &e);
            CHECK(scan.judged == releases[i].judged);
            CHECK(scan.inventory.notes.incomplete == !releases[i].judged);
            arena_done(&arena);
        }
    }
}

int main(void)
{
    run_cases(redhat, ARRAY_COUNT(redhat));
    run_cases(centos, ARRAY_COUNT(centos));
    run_cases(ubuntu, ARRAY_COUNT(ubuntu));
    run_cases(others, ARRAY_COUNT(others));
    run_strange();
    run_many_parts();
    run_stream();
    return check_done();
}
