/* The readers of Ubuntu, the secdb family, Arch and Debian's smaller lists over small documents:
 * what each member means, what is refused, cuts and refused allocations. Whole real documents:
 * rows_ubuntu_test.py and its neighbours. */
#include <stdio.h>
#include <string.h>

#include "feed/prose.h"
#include "feed/told_test.h"
#include "feed/ubuntu.h"
#include "feed/ubuntu_purl.h"

#define VEX(members)                                                                               \
    "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"timestamp\":\"2025-02-06T16:37:20Z\","      \
    "\"statements\":[{\"vulnerability\":{\"name\":\"CVE-2025-1\"}," members "}]}"
#define PURL(name, version, arch, distro)                                                          \
    "{\"@id\":\"pkg:deb/ubuntu/" name "@" version "?arch=" arch "&distro=" distro "\"}"
#define CURL_JAMMY PURL("curl", "1.2", "source", "jammy")
#define TRACKED(line) "Candidate: CVE-2020-1\nPriority: low\n" line "\n"

static const struct {
    const char *says, *feed, *path, *text, *rows, *notes;
} cases[] = {
    {"VEX: a decision not to fix", "ubuntu", "vex/cve/2025/CVE-2025-1.json",
     VEX("\"products\":[" CURL_JAMMY "],\"status\":\"affected\",\"action_statement\":"
         "\"This package (for the given release) is vulnerable to the CVE, the problem is "
         "understood, but the Ubuntu Security Team decided to not fix it.\",\"status_notes\":"
         "\"Ubuntu Security Team classified this CVE as of High priority.\""),
     "CVE-2025-1() ubuntu:22.04 curl will-not-fix || unknown/high is vulnerable to the CVE, the "
     "problem is understood, but the Ubuntu Security Team decided to not fix it.;",
     ""},
    {"VEX: a release that is over", "ubuntu", "vex/cve/2025/CVE-2025-1.json",
     VEX("\"products\":[" CURL_JAMMY "],\"status\":\"affected\",\"action_statement\":"
         "\"This package (for the given release) is no longer supported.\""),
     "CVE-2025-1() ubuntu:22.04 curl end-of-life || unknown/unknown is no longer supported.;", ""},
    {"VEX: the notes behind the decision decide nothing", "ubuntu", "vex/cve/2025/CVE-2025-1.json",
     VEX("\"products\":[" CURL_JAMMY "],\"status\":\"affected\",\"action_statement\":"
         "\"This package (for the given release) is vulnerable to the CVE and needs fixing. CVE "
         "Notes / justification: deferred, we will not fix it\""),
     "CVE-2025-1() ubuntu:22.04 curl affected || unknown/unknown;", ""},
    {"VEX: what is fixed is not affected from the version on that the archive has", "ubuntu",
     "vex/cve/2025/CVE-2025-1.json",
     VEX("\"products\":[" PURL("curl", "2%3A1.2", "source",
                               "esm-infra/xenial") "],\"status\":\"fixed\""),
     "CVE-2025-1() ubuntu:16.04+pro curl not-affected 2:1.2|| unknown/unknown fixed;", ""},
    {"VEX: a release without the package is no row", "ubuntu", "vex/cve/2025/CVE-2025-1.json",
     VEX("\"products\":[" CURL_JAMMY "],\"status\":\"not_affected\",\"justification\":"
         "\"component_not_present\""),
     "", ""},
    {"VEX: under investigation", "ubuntu", "vex/cve/2025/CVE-2025-1.json",
     VEX("\"products\":[" PURL("l", "1", "source",
                               "fips-updates/jammy") "],\"status\":\"under_investigation\""),
     "CVE-2025-1() ubuntu:22.04+pro:fips-updates l under-investigation || unknown/unknown;", ""},
    {"VEX: binaries only where their release has no source in the statement", "ubuntu",
     "vex/cve/2025/CVE-2025-1.json",
     VEX("\"status\":\"not_affected\",\"products\":[" PURL("a", "1", "amd64", "noble") "," PURL(
         "a", "1", "arm64", "noble") "," PURL("b", "1", "amd64", "jammy") "," CURL_JAMMY "]"),
     "CVE-2025-1() ubuntu:22.04 curl not-affected || unknown/unknown;"
     "CVE-2025-1() ubuntu:24.04 ~a not-affected || unknown/unknown;",
     ""},
    {"VEX: a product of a release that nobody knows, and one of none", "ubuntu",
     "vex/cve/2025/CVE-2025-1.json",
     VEX("\"status\":\"not_affected\",\"products\":[" PURL(
         "a", "1", "source",
         "zany") ","
                 "{\"@id\":\"pkg:deb/ubuntu/a@1?arch=amd64\"},{\"@id\":\"pkg:deb/debian/"
                 "a@1\"}," CURL_JAMMY "]"),
     "CVE-2025-1() ubuntu:22.04 curl not-affected || unknown/unknown;",
     "vex/cve/2025/CVE-2025-1.json: left out: rows of releases without a namespace: 'zany' (1)\n"
     "vex/cve/2025/CVE-2025-1.json: left out: what was not understood: 'a product without a "
     "release' (1), 'a product that is no package of Ubuntu's' (1)\n"},
    {"VEX: the older form, with the document's own in metadata", "ubuntu", "vex/usn/USN-1-1.json",
     "{\"metadata\":{\"@context\":\"https://openvex.dev/ns/v0.2.0\"},\"statements\":[{"
     "\"vulnerability\":{\"name\":\"USN-1-1\",\"aliases\":[\"CVE-2022-1\",\"https://x\"]},"
     "\"status\":\"fixed\",\"products\":[" CURL_JAMMY "]}]}",
     "USN-1-1(CVE-2022-1) ubuntu:22.04 curl not-affected 1.2|| unknown/unknown fixed;", ""},
    {"tracker: states, in parentheses and brackets", "ubuntu", "active/CVE-2020-1",
     TRACKED("xenial_a: released (1.2-3ubuntu1)\nbionic_a: released [1.3]\n"
             "focal_a: not-affected (code not present)\njammy_a: DNE\nnoble_a: needed\n"
             "trusty_a: ignored (out of standard support)\ntrusty/esm_a: ignored (see notes)\n"
             "esm-infra/xenial_a: deferred (2020-01-01)\nplucky_a: pending (1.4)\n"
             "questing_a: needs-triage\ndevel_a: needed\nupstream_a: released (2.0)\n"
             "oracular_a: released\neoan_a: postponed"),
     "CVE-2020-1() ubuntu:16.04 a fixed |1.2-3ubuntu1| unknown/low;"
     "CVE-2020-1() ubuntu:18.04 a fixed |1.3| unknown/low;"
     "CVE-2020-1() ubuntu:20.04 a not-affected || unknown/low not-affected (code not present);"
     "CVE-2020-1() ubuntu:24.04 a affected || unknown/low needed;"
     "CVE-2020-1() ubuntu:14.04 a end-of-life || unknown/low ignored (out of standard support);"
     "CVE-2020-1() ubuntu:14.04+pro a will-not-fix || unknown/low ignored (see notes);"
     "CVE-2020-1() ubuntu:16.04+pro a fix-deferred || unknown/low deferred (2020-01-01);"
     "CVE-2020-1() ubuntu:25.04 a affected || unknown/low pending (1.4);"
     "CVE-2020-1() ubuntu:25.10 a affected || unknown/low needs-triage;",
     "active/CVE-2020-1: left out: rows of releases without a namespace: 'devel' (1)\n"
     "active/CVE-2020-1: left out: what was not understood: 'released without a version' (1), "
     "'postponed' (1)\n"},
    {"tracker: priorities of a package, and of it in a release", "ubuntu", "active/CVE-2020-1",
     TRACKED("Priority_a: high\nPriority_b_xenial: negligible (why)\nxenial_a: needed\n"
             "xenial_b: needed\nbionic_b: needed"),
     "CVE-2020-1() ubuntu:16.04 a affected || high/low needed;"
     "CVE-2020-1() ubuntu:16.04 b affected || negligible/low needed;"
     "CVE-2020-1() ubuntu:18.04 b affected || unknown/low needed;",
     ""},
    {"tracker: remarks and texts that are not indented are no rows", "ubuntu", "active/CVE-2020-1",
     TRACKED("# xenial_a: needed\n-- Tags_xen: universe-binary\nxenial_a b: needed\nNotes:\n "
             "xenial_a: needed\nxenial_a: needed"),
     "CVE-2020-1() ubuntu:16.04 a affected || unknown/low needed;", ""},
    {"tracker: a pocket of another product", "ubuntu", "retired/CVE-2020-1",
     TRACKED("vivid/ubuntu-core_a: needed\nros-esm/focal/foxy_a: needed"),
     "CVE-2020-1() ubuntu:15.04+ubuntu-core a affected || unknown/low needed;"
     "CVE-2020-1() ubuntu:20.04+pro:ros-esm/foxy a affected || unknown/low needed;",
     ""},
    {"USN: sources, and the pocket of their binaries", "ubuntu", "usn-db/database-all.json",
     "{\"1-1\":{\"cves\":[\"CVE-2020-1\",\"https://launchpad.net/bugs/1\"],\"timestamp\":1.5,"
     "\"releases\":{\"xenial\":{\"sources\":{\"a\":{\"version\":\"1\"}},\"allbinaries\":{"
     "\"liba\":{\"pocket\":\"esm-apps\",\"version\":\"1\"}}},\"warty\":{\"binaries\":{"
     "\"old\":{\"version\":\"0.1\"}}}}}}",
     "USN-1-1(CVE-2020-1) ubuntu:16.04+pro a fixed |1| unknown/unknown;"
     "USN-1-1(CVE-2020-1) ubuntu:4.10 ~old fixed |0.1| unknown/unknown;",
     ""},
    {"API: a page about vulnerabilities", "ubuntu", "security/cves.json",
     "{\"cves\":[{\"id\":\"CVE-2020-1\",\"priority\":\"medium\",\"packages\":[{\"name\":\"a\","
     "\"statuses\":[{\"release_codename\":\"jammy\",\"pocket\":\"realtime\",\"status\":\"needed\","
     "\"description\":\"\"},{\"release_codename\":\"upstream\",\"status\":\"released\"},{"
     "\"release_codename\":\"noble\",\"pocket\":\"security\",\"status\":\"released\","
     "\"description\":\"1.2\"}]}]}]}",
     "CVE-2020-1() ubuntu:22.04+pro:realtime a affected || unknown/medium needed;"
     "CVE-2020-1() ubuntu:24.04 a fixed |1.2| unknown/medium;",
     ""},
    {"API: one vulnerability alone", "ubuntu", "security/cves/CVE-2020-1.json",
     "{\"id\":\"CVE-2020-1\",\"packages\":[{\"statuses\":[{\"release_codename\":\"jammy\","
     "\"status\":\"needed\"}],\"name\":\"a\"}]}",
     "CVE-2020-1() ubuntu:22.04 a affected || unknown/unknown needed;", ""},
    {"API: the page behind the last one", "ubuntu", "api-cves/40_20.json", "{\"cves\":[]}", "", ""},
    {"API: notices; without sources the binaries", "ubuntu", "api-notices/0_20.json",
     "{\"notices\":[{\"id\":\"USN-2-1\",\"cves_ids\":[\"CVE-2020-1\"],\"release_packages\":{"
     "\"jammy\":[{\"name\":\"a\",\"version\":\"1+esm1\",\"is_source\":true},{\"name\":\"liba\","
     "\"version\":\"1+esm1\",\"is_source\":false}],\"warty\":[{\"name\":\"b\",\"version\":\"2\","
     "\"is_source\":false}]}},{\"id\":\"USN-3-1\",\"release_packages\":{}}]}",
     "USN-2-1(CVE-2020-1) ubuntu:22.04+pro a fixed |1+esm1| unknown/unknown;"
     "USN-2-1(CVE-2020-1) ubuntu:4.10 ~b fixed |2| unknown/unknown;USN-3-1();",
     ""},
    {"what is no object begins nothing", "ubuntu", "cves.json",
     "{\"cves\":[{\"id\":\"CVE-1\",\"packages\":[[],{\"name\":\"a\",\"statuses\":[[\"x\"]]}]}]}",
     "CVE-1();", "cves.json: left out: rows of releases without a namespace: '' (1)\n"},
    {"Wolfi has no branches", "wolfi", "os/security.json",
     "{\"distroversion\":\"x\",\"packages\":[{\"pkg\":{\"name\":\"a\",\"secfixes\":{\"0\":["
     "\"CVE-2020-1\"],\"1-r0\":[\"CVE-2020-2\",\"GHSA-a-b-c\"]}}}]}",
     "CVE-2020-1() wolfi a not-affected || unknown/unknown;"
     "CVE-2020-2() wolfi a fixed |1-r0| unknown/unknown;"
     "GHSA-a-b-c() wolfi a fixed |1-r0| unknown/unknown;",
     ""},
    {"Alpine's YAML says the same as its JSON", "alpine", "v3.5/main.yaml",
     "---\ndistroversion: v3.5\npackages:\n  - pkg:\n      name: ansible\n      secfixes:\n"
     "        2.2.1.0-r0:\n        - CVE-2016-9587\n        '0':\n        - CVE-2016-1 XSA-1\n"
     "  - pkg:\n      name: b\n      secfixes:\n",
     "CVE-2016-9587() alpine:v3.5 ansible fixed |2.2.1.0-r0| unknown/unknown;"
     "CVE-2016-1(XSA-1) alpine:v3.5 ansible not-affected || unknown/unknown;",
     ""},
    {"a branch without packages, as YAML", "alpine", "v3.3/community.yaml", "packages:\n", "", ""},
    {"slips in Alpine's identifiers", "alpine", "v3.9/main.json",
     "{\"packages\":[{\"pkg\":{\"name\":\"a\",\"secfixes\":{\"1\":[\"CVE_2019-24\","
     "\"CVE-2017-17434-2\",\"CVE-2017-8073.patch\",\"wnpa-sec-2017-18\",\"CVE-20x\"]}}}]}",
     "CVE-2019-24() alpine:v3.9 a fixed |1| unknown/unknown;"
     "CVE-2017-17434() alpine:v3.9 a fixed |1| unknown/unknown;"
     "CVE-2017-8073() alpine:v3.9 a fixed |1| unknown/unknown;"
     "wnpa-sec-2017-18() alpine:v3.9 a fixed |1| unknown/unknown;"
     "CVE-20x() alpine:v3.9 a fixed |1| unknown/unknown;",
     ""},
    {"Arch: without a fix, up to the version that is known to be affected", "arch", "all.json",
     "[{\"name\":\"AVG-1\",\"packages\":[\"a\",\"b\"],\"status\":\"Vulnerable\",\"severity\":"
     "\"High\",\"affected\":\"1-1\",\"fixed\":null,\"issues\":[\"CVE-2020-1\"]},{\"name\":"
     "\"AVG-2\",\"packages\":[\"c\"],\"status\":\"Gone\"}]",
     "AVG-1(CVE-2020-1) arch ~a affected ||1-1 unknown/high;"
     "AVG-1(CVE-2020-1) arch ~b affected ||1-1 unknown/high;",
     "all.json: left out: groups with the status: 'Gone' (1)\n"},
    {"Debian's lists of support, by the release in the name", "debian-support",
     "x/security-support-ended.deb12",
     "# NAME VERSION DATE why\n\nlxd  5.0-1  2026-06-12   too\tcomplex\nphp-horde.* 0 2025-03-22\n",
     "debian-security-support:lxd() debian-support:12 lxd end-of-life ||5.0-1 unknown/unknown "
     "support until 2026-06-12: too complex;"
     "debian-security-support:php-horde.*() debian-support:12 php-horde.* end-of-life || "
     "unknown/unknown support until 2025-03-22;",
     ""},
    {"the list of limited support is of all releases", "debian-support", "security-support-limited",
     "binutils  Only for trusted content\n",
     "debian-security-support:binutils() debian-support binutils affected || unknown/unknown "
     "limited support: Only for trusted content;",
     ""},
    {"the ELTS tracker's rows are of a product", "debian-elts-tracker",
     "extended-lts/tracker/data/json",
     "{\"a\":{\"CVE-1\":{\"description\":\"x\",\"releases\":{\"buster\":{\"status\":\"resolved\","
     "\"fixed_version\":\"1\",\"urgency\":\"low\"}}}}}",
     "CVE-1() debian:10+elts a fixed |1| low/low;", ""},
};

static const struct {
    const char *says, *feed, *path, *text, *part;
} refused[] = {
    {"JSON that is no VEX", "ubuntu", "vex/cve/2025/CVE-2025-1.json", "{\"a\":1}", "OpenVEX"},
    {"a list for VEX", "ubuntu", "vex/cve/2025/CVE-2025-1.json", "[]", "OpenVEX"},
    {"a statement without a vulnerability", "ubuntu", "vex/cve/2025/CVE-2025-1.json",
     "{\"@context\":\"openvex\",\"statements\":[{}]}", "without its vulnerability"},
    {"a tracker's file without a name", "ubuntu", "active/CVE-2020-1", "<html>\n", "Candidate"},
    {"a tar that is none", "ubuntu", "vex/vex-all.tar", "<html>", ""},
    {"an empty tar", "ubuntu", "osv/osv-all.tar", "", ""},
    {"a database that is a list", "ubuntu", "usn-db/database-all.json", "[]", "not a database"},
    {"an empty database", "ubuntu", "usn-db/database-all.json", "{}", "holds no notice"},
    {"a page without its list", "ubuntu", "cves.json", "{}", "holds no list"},
    {"a page of notices without its list", "ubuntu", "notices.json", "{\"cves\":[]}",
     "holds no list"},
    {"a path of nothing", "ubuntu", "x", "{}", "by its name"},
    {"a secdb without packages", "wolfi", "os/security.json", "{}", "no list of packages"},
    {"an alias in a secdb's YAML", "alpine", "v3.5/main.yaml", "a: &x\n  - 1\npackages: *x\n",
     "alias"},
    {"a secdb's YAML that is cut", "alpine", "v3.5/main.yaml", "packages:\n  - pkg:\n      na",
     "in the middle of a line"},
    {"an object for Arch's list", "arch", "all.json", "{\"name\":\"AVG-1\"}", "no list"},
    {"a group without a name", "arch", "all.json", "[{}]", "without its name"},
    {"HTML for a list of support", "debian-support", "security-support-limited", "<html>\n",
     "no line of such a list"},
    {"a line without its date", "debian-support", "security-support-ended.deb9", "a 1 soon\n",
     "no line of such a list"},
    {"a list that is cut", "debian-support", "security-support-limited", "binutils  On",
     "in the middle of a line"},
};

static const struct {
    const char *path, *feed; /* one of those that claim it; "": nobody does */
} claims[] = {
    {"osv/osv-all.tar", "ubuntu"},
    {"oval/com.ubuntu.jammy.cve.oval.xml", "ubuntu"},
    {"vex/vex-all.tar", "ubuntu"},
    {"mirror/osv/cve/2020/UBUNTU-CVE-2020-1.json", "ubuntu"},
    {"vex/usn/USN-7372-1.json", "ubuntu"},
    {"vex/cve/2023/CVE-2023-38545.json", "ubuntu"},
    {"ubuntu-cve-tracker.tar", "ubuntu"},
    {"tracker/active/CVE-2020-1", "ubuntu"},
    {"tracker/active/CVE-2020-1.swp", ""},
    {"usn-db/database-all.json", "ubuntu"},
    {"api-cves/20_20.json", "ubuntu"},
    {"api-notices/0_20.json", "ubuntu"},
    {"xcves.json", ""},
    {"os/security.json", "wolfi"},
    {"chainguard/security.json", "chainguard"},
    {"advisories/secdb/security.json", "minimos"},
    {"all.json", "arch"},
    {"issues/all.json", "arch"},
    {"arch/advisory.json", "arch"},
    {"SUSE/all.json", ""},
    {"extended-lts/tracker/data/json", "debian-elts-tracker"},
    {"security-support-ended.deb12", "debian-support"},
    {"security-support-ended", ""},
    {"security-support-ended.debian", ""},
    {"security-support-limited", "debian-support"},
};

static void test_cases(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s: %s", cases[i].feed, cases[i].says)
        {
            struct told t;
            told_init(&t);
            CHECK_OK(told_read(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e), &e);
            CHECK_STR(buf_str(&t.rows), str_from(cases[i].rows));
            CHECK_STR(buf_str(&t.notes), str_from(cases[i].notes));
            told_done(&t);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        CHECK_CASE("%s is refused", refused[i].says)
        {
            struct told t;
            told_init(&t);
            CHECK_FAILS(
                told_read(refused[i].feed, refused[i].path, str_from(refused[i].text), &t, &e), &e,
                ERROR_FORMAT, refused[i].part);
            CHECK_NUM(t.puts, 0);
            told_done(&t);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(claims); i++) {
        CHECK_CASE("'%s' is claimed by: %s", claims[i].path, claims[i].feed)
        {
            bool claimed = false;
            for (size_t k = 0; k < feeds_count; k++) {
                if (feeds[k]->claims(str_from(claims[i].path))) {
                    claimed = claimed || str_eq(str_from(feeds[k]->name), str_from(claims[i].feed));
                    CHECK(claims[i].feed[0] != '\0');
                }
            }
            CHECK(claimed == (claims[i].feed[0] != '\0'));
        }
    }
}

/* A document that is cut anywhere is refused, or (a text) says less; nothing else happens. */
static void test_cuts(void)
{
    struct error e;
    CHECK_CASE("every cut of every document is an error or a shorter text")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            str text = str_from(cases[i].text);
            bool json = text.at[0] == '{' || text.at[0] == '[';
            for (size_t len = 0; len < text.len; len++) {
                struct told t;
                told_init(&t);
                bool ok = told_read(cases[i].feed, cases[i].path, str_slice(text, 0, len), &t, &e);
                CHECK(ok ? !json : e.kind == ERROR_FORMAT);
                told_done(&t);
            }
        }
    }
    CHECK_CASE("a refused allocation is told as such")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            for (int n = 0;; n++) {
                struct told t;
                told_init(&t);
                fail_alloc_at(n);
                bool ok = told_read(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e);
                fail_alloc_at(-1);
                told_done(&t);
                if (!fail_alloc_hit()) {
                    CHECK_OK(ok, &e);
                    break;
                }
                CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
            }
        }
    }
    CHECK_CASE("an error of the sink ends the reading")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            if (cases[i].rows[0] != '\0') {
                struct told t;
                told_init(&t);
                t.refuse_at = 1;
                CHECK_FAILS(
                    told_read(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e), &e,
                    ERROR_FORMAT, "the sink is full");
                told_done(&t);
            }
        }
    }
}

/* -- archives ------------------------------------------------------------------------------- */

static void set_size(char *header, unsigned size)
{
    snprintf(header + 124, 12, "%011o", size);
    memset(header + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < 512; i++) {
        sum += (unsigned char)header[i];
    }
    snprintf(header + 148, 8, "%06o", sum);
}

/* A tar of one file, and its end. */
static str tar_of(const char *name, str text, char *to, size_t room)
{
    size_t blocks = (text.len + 511) / 512;
    CHECK(room >= 512 * (blocks + 3));
    memset(to, 0, 512 * (blocks + 3));
    snprintf(to, 100, "%s", name);
    snprintf(to + 100, 8, "0000644");
    snprintf(to + 136, 12, "00000000000");
    to[156] = '0';
    memcpy(to + 257, "ustar\00000", 8);
    set_size(to, (unsigned)text.len);
    memcpy(to + 512, text.at, text.len);
    return (str){.at = to, .len = 512 * (blocks + 3)};
}

static void test_archives(void)
{
    struct error e;
    static char room[64 * 1024];
    CHECK_CASE("a damaged file in an archive spoils itself only")
    {
        struct told t;
        told_init(&t);
        str tar = tar_of("a/vex/cve/2025/CVE-2025-1.json", STR("{\"x\":"), room, sizeof(room));
        /* the good file in place of the end */
        str good = tar_of("a/vex/cve/2025/CVE-2025-2.json",
                          STR(VEX("\"status\":\"fixed\",\"products\":[" CURL_JAMMY "]")),
                          room + 1024, sizeof(room) - 1024);
        CHECK_OK(told_read("ubuntu", "vex/vex-all.tar", (str){.at = tar.at, .len = 1024 + good.len},
                           &t, &e),
                 &e);
        CHECK_STR(buf_str(&t.rows), STR("CVE-2025-1() ubuntu:22.04 curl not-affected 1.2|| "
                                        "unknown/unknown fixed;"));
        CHECK(str_find(buf_str(&t.notes), STR("not read: 'a/vex/cve/2025/CVE-2025-1.json': ")) <
              t.notes.len);
        told_done(&t);
    }
    CHECK_CASE("an archive without its end is refused")
    {
        struct told t;
        told_init(&t);
        str tar = tar_of("active/CVE-2020-1", STR(TRACKED("xenial_a: needed")), room, sizeof(room));
        CHECK_FAILS(told_read("ubuntu", "cve-tracker.tar", str_slice(tar, 0, 1024), &t, &e), &e,
                    ERROR_FORMAT, "cut");
        told_done(&t);
        told_init(&t);
        CHECK_OK(told_read("ubuntu", "cve-tracker.tar", tar, &t, &e), &e);
        CHECK_STR(buf_str(&t.rows),
                  STR("CVE-2020-1() ubuntu:16.04 a affected || unknown/low needed;"));
        told_done(&t);
    }
    CHECK_CASE("a file of an archive that says more than 64 MiB is not read")
    {
        struct told t;
        told_init(&t);
        str tar = tar_of("active/CVE-2020-1", STR(TRACKED("xenial_a: needed")), room, sizeof(room));
        /* the size field, and the checksum, which has more or less by its digits */
        set_size(room, UBUNTU_MEMBER_BYTES_MAX + 1u);
        CHECK_FAILS(told_read("ubuntu", "cve-tracker.tar", tar, &t, &e), &e, ERROR_FORMAT, "");
        CHECK(str_find(buf_str(&t.notes), STR("67108865 bytes, more than the limit of 67108864")) <
              t.notes.len);
        told_done(&t);
        told_init(&t);
        set_size(room, UBUNTU_MEMBER_BYTES_MAX);
        CHECK_FAILS(told_read("ubuntu", "cve-tracker.tar", tar, &t, &e), &e, ERROR_FORMAT, "");
        CHECK_NUM(t.notes.len, 0); /* read, and found to be cut */
        told_done(&t);
    }
}

/* -- limits --------------------------------------------------------------------------------- */

static void test_limits(void)
{
    struct error e;
    CHECK_CASE("a vulnerability has at most 256 special priorities")
    {
        struct buf text;
        buf_init(&text, 1 << 20);
        CHECK_OK(buf_add_str(&text, STR("Candidate: CVE-2020-1\n"), &e), &e);
        for (int i = 0; i < 257; i++) {
            CHECK_OK(buf_printf(&text, &e, "Priority_p%d: high\n", i), &e);
        }
        CHECK_OK(buf_add_str(&text, STR("xenial_p255: needed\nxenial_p256: needed\n"), &e), &e);
        struct told t;
        told_init(&t);
        CHECK_OK(told_read("ubuntu", "active/CVE-2020-1", buf_str(&text), &t, &e), &e);
        CHECK_STR(buf_str(&t.rows),
                  STR("CVE-2020-1() ubuntu:16.04 p255 affected || high/unknown needed;"
                      "CVE-2020-1() ubuntu:16.04 p256 affected || unknown/unknown needed;"));
        CHECK(str_find(buf_str(&t.notes), STR("more priorities than the limit")) < t.notes.len);
        told_done(&t);
        buf_done(&text);
    }
    CHECK_CASE("more rows than an advisory may have come in two")
    {
        struct buf text;
        buf_init(&text, 8 << 20);
        CHECK_OK(buf_add_str(&text, STR("Candidate: CVE-2020-1\n"), &e), &e);
        for (int i = 0; i <= ADVISORY_AFFECTED_MAX; i++) {
            CHECK_OK(buf_printf(&text, &e, "xenial_p%d: needed\n", i), &e);
        }
        struct told t;
        told_init(&t);
        CHECK_OK(told_read("ubuntu", "active/CVE-2020-1", buf_str(&text), &t, &e), &e);
        CHECK_NUM(t.puts, 2);
        told_done(&t);
        buf_done(&text);
    }
}

static void test_parts(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 1 << 20, "a test");
    CHECK_CASE("texts: one blank between words, and a cut between characters")
    {
        str out;
        CHECK_OK(prose_keep(&arena, STR(" a\n b\t\tc "), 8, &out, &e), &e);
        CHECK_STR(out, STR("a b c"));
        CHECK_OK(prose_keep(&arena, STR("12345678"), 8, &out, &e), &e);
        CHECK_STR(out, STR("12345678"));
        CHECK_OK(prose_keep(&arena, STR("123456789"), 8, &out, &e), &e);
        CHECK_STR(out, STR("12345\xE2\x80\xA6"));
        CHECK_OK(prose_keep(&arena, STR("1234\xC3\xA4\xC3\xA4\xC3\xA4"), 8, &out, &e), &e);
        CHECK_STR(out, STR("1234\xE2\x80\xA6"));
        CHECK_OK(prose_keep(&arena, STR("1234567   8          "), 8, &out, &e), &e);
        CHECK_STR(out, STR("12345\xE2\x80\xA6"));
        CHECK_OK(prose_keep(&arena, STR_NONE, 8, &out, &e), &e);
        CHECK_NUM(out.len, 0);
    }
    CHECK_CASE("purls are decoded")
    {
        struct ubuntu_purl purl;
        bool is_one;
        CHECK_OK(ubuntu_purl_read(
                     STR("pkg:deb/ubuntu/g%2B%2B@1%3A2%zz?distro=esm-infra%2Fxenial&arch=source#x"),
                     &arena, &purl, &is_one, &e),
                 &e);
        CHECK(is_one);
        CHECK_STR(purl.name, STR("g++"));
        CHECK_STR(purl.version, STR("1:2%zz"));
        CHECK_STR(purl.arch, STR("source"));
        CHECK_STR(purl.distro, STR("esm-infra/xenial"));
        CHECK_OK(ubuntu_purl_read(STR("pkg:deb/ubuntu/"), &arena, &purl, &is_one, &e), &e);
        CHECK(!is_one);
    }
    CHECK_CASE("versions are told from remarks")
    {
        CHECK(ubuntu_is_version(STR("1:2.3~rc1+dfsg-4ubuntu5")));
        CHECK(ubuntu_is_version(STR("r2")));
        CHECK(!ubuntu_is_version(STR("see notes")));
        CHECK(!ubuntu_is_version(STR("-1")));
        CHECK(!ubuntu_is_version(STR_NONE));
    }
    arena_done(&arena);
}

int main(void)
{
    test_cases();
    test_cuts();
    test_archives();
    test_limits();
    test_parts();
    return check_done();
}
