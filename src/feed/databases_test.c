/* The feeds of languages' databases and of who rebuilds packages, over small documents. Whole real
 * documents: rows_go_test.py, rows_rubysec_test.py, rows_vendors_test.py and others. */
#include "check.h"
#include "feed/tell_test.h"

#define OSV(id, ecosystem, fixed)                                                                  \
    "{\"id\":\"" id                                                                                \
    "\",\"related\":[\"CVE-1-1\"],\"affected\":[{\"package\":{\"ecosystem\":\"" ecosystem          \
    "\",\"name\":\"A\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{"                         \
    "\"introduced\":\"0\"},{\"fixed\":\"" fixed "\"}]}]}]}"

#define ERRATA(members) "{\"schema_version\":\"1.0\",\"data\":[{" members "}]}"
#define RPM(name, release, arch, more)                                                             \
    "{\"name\":\"" name "\",\"epoch\":\"1\",\"version\":\"2.0\",\"release\":\"" release            \
    "\",\"arch\":\"" arch "\"" more "}"
#define CVE "{\"id\":\"CVE-1-1\",\"type\":\"cve\",\"href\":\"https://x/\"}"

#define PAGE(members) "{\"advisories\":[{" members "}],\"links\":{\"next\":null}}"
#define NEVRA(nevra, module, product)                                                              \
    "{\"nevra\":\"" nevra "\",\"module_name\":" module ",\"product_name\":\"" product "\"}"

#define FEED(ranges, fixed)                                                                        \
    "{\"debian\":[{\"distroversion\":\"12\",\"packages\":[{\"pkg\":{\"cves\":{\"CVE-1-1\":{"       \
    "\"vulnerable_ranges\":[" ranges "],\"fixed_versions\":[" fixed "]}},\"name\":\"a\"}}]}]}"

#define VEX(status, purl)                                                                          \
    "{\"statements\":[{\"vulnerability\":{\"name\":\"CGA-1\",\"@id\":\"https://x/CGA-1\","         \
    "\"aliases\":[\"GHSA-1\",\"CVE-1-1\"]},\"products\":[{\"identifiers\":{\"purl\":\"" purl       \
    "\"}}],\"status\":\"" status "\"}]}"

static const struct {
    const char *says, *feed, *path, *text, *told, *noted;
} cases[] = {
    /* feeds in the OSV format */
    {"Go: the case of a path matters", "go", "ID/GO-2020-1.json", OSV("GO-2020-1", "Go", "1.2.0"),
     "GO-2020-1() https://osv.dev/vulnerability/GO-2020-1: go A b fixed |1.2.0|;", ""},
    {"Go's feed has Go only", "go", "ID/GO-2020-1.json", OSV("GO-2020-1", "npm", "1.2.0"), "",
     "left out: packages of the ecosystems: 'npm' (1)\n"},
    {"Freexian: the product, and CVEs of related", "debian-elts", "ELA-1-1.json",
     OSV("ELA-1-1", "Debian:8", "2"),
     "ELA-1-1(CVE-1-1) https://osv.dev/vulnerability/ELA-1-1: debian:8+elts A s fixed |2|;", ""},
    {"BellSoft", "bellsoft", "BELL-CVE-1-1.json", OSV("BELL-CVE-1-1", "Alpaquita:23", "2-r0"),
     "BELL-CVE-1-1(CVE-1-1) https://osv.dev/vulnerability/BELL-CVE-1-1: "
     "alpaquita:23 A s fixed |2-r0|;",
     ""},
    {"Seal: systems in its own spelling", "seal", "x.json", OSV("CVE-1-1", "Oracle Linux:7", "2"),
     "CVE-1-1() https://osv.dev/vulnerability/CVE-1-1: ol:7+seal A b fixed |2|;", ""},
    {"Seal: Alpine's branches have a 'v'", "seal", "x.json", OSV("CVE-1-1", "alpine:3.19", "2"),
     "CVE-1-1() https://osv.dev/vulnerability/CVE-1-1: alpine:v3.19+seal A b fixed |2|;", ""},
    {"Seal: languages", "seal", "x.json", OSV("CVE-1-1", "PyPI", "2+sp1"),
     "CVE-1-1() https://osv.dev/vulnerability/CVE-1-1: pypi+seal a b fixed |2+sp1|;", ""},

    /* AlmaLinux' errata */
    {"a package of a module", "almalinux", "errata.almalinux.org/8/errata.full.json",
     ERRATA("\"id\":\"ALSA-2020:1\",\"severity\":\"Important\",\"title\":\"t\",\"issued_"
            "date\":5,"
            "\"packages\":[" RPM(
                "a", "3.el8", "x86_64",
                ",\"module\":\"m:1.0:8000:abc:x86_64\"") "," RPM("a", "3.el8", "src",
                                                                 "") "],"
                                                                     "\"references\":[" CVE "," CVE
                                                                     ",{\"type\":\"self\","
                                                                     "\"href\":"
                                                                     "\"https://y/\"}]"),
     "ALSA-2020:1(CVE-1-1) high/almalinux \"t\" https://y/ p5: "
     "almalinux:8 a@m:1.0.x86_64 b fixed |1:2.0-3.el8|;",
     ""},
    {"the release of a package tells the distribution's", "almalinux", "errata.full.json",
     ERRATA("\"packages\":[" RPM("a", "3.module_el9.1+2", "x86_64", "") "],\"id\":\"ALSA-1\""),
     "ALSA-1(): almalinux:9 a.x86_64 b fixed |1:2.0-3.module_el9.1+2|;", ""},
    {"an update without a vulnerability, a package without a release", "almalinux",
     "errata.full.json",
     "{\"data\":[{\"id\":\"ALBA-1\",\"packages\":[]},{\"id\":\"ALSA-1\",\"packages\":[" RPM(
         "a", "3", "x86_64", "") "]}]}",
     "",
     "left out: 1 notices that fix no vulnerability\nleft out: what was not understood: 'a "
     "package "
     "without a name, a version or a release' (1)\n"},

    /* Rocky's errata */
    {"a page of errata: once a package, without its source", "rocky", "errata-api/page1.json",
     PAGE("\"id\":1,\"name\":\"RLSA-2020:1\",\"severity\":\"Moderate\",\"synopsis\":"
          "\"s\","
          "\"published_at\":\"2020-01-01T00:00:00.1+00:00\",\"cves\":[{\"cve\":\"CVE-1-"
          "1\","
          "\"cvss3_scoring_vector\":\"UNKNOWN\"}],\"packages\":[" NEVRA(
              "a-b-1:2.0-3.el8.x86_64.rpm", "null",
              "Rocky Linux 8 x86_64") "," NEVRA("a-b-1:2.0-3.el8.x86_64.rpm", "null",
                                                "Rocky Linux 8.4 x86_64 "
                                                "(Legacy)") "," NEVRA("a-b-1:"
                                                                      "2.0-3."
                                                                      "el8."
                                                                      "src."
                                                                      "rpm",
                                                                      "null",
                                                                      "Rocky "
                                                                      "Linux "
                                                                      "8 "
                                                                      "x86_"
                                                                      "64") "]"),
     "RLSA-2020:1(CVE-1-1) medium/rocky \"s\" https://errata.rockylinux.org/RLSA-2020:1 "
     "p1577836800: rocky:8 a-b.x86_64 b fixed |1:2.0-3.el8|;",
     ""},
    {"a package of a module, of another product, with a strange name", "rocky", "page1.json",
     PAGE("\"name\":\"RLSA-2020:1\",\"packages\":[{\"nevra\":\"a-0:1-2.x86_64.rpm\","
          "\"module_name\":\"m\",\"module_stream\":\"1\",\"product_name\":\"Rocky Linux 9 "
          "x\"},"
          "{\"nevra\":\"a-0:1-2.x86_64.rpm\",\"product_name\":\"SIG "
          "Cloud\"},{\"nevra\":\"a.rpm\","
          "\"product_name\":\"Rocky Linux 9 x\"}]"),
     "RLSA-2020:1() https://errata.rockylinux.org/RLSA-2020:1: rocky:9 a@m:1.x86_64 b "
     "fixed "
     "|0:1-2|;",
     "left out: what was not understood: 'SIG Cloud' (1), 'a package that is no "
     "NAME-EPOCH:VERSION-RELEASE.ARCH' (1)\n"},
    {"a page of OSV records", "rocky", "apollo.build.resf.org/api/v3/osv/?page=1",
     "{\"advisories\":[" OSV("RLSA-2020:1", "Rocky Linux:9", "1:2") "," OSV("X-1", "npm", "2") "]}",
     "RLSA-2020:1(CVE-1-1) https://osv.dev/vulnerability/RLSA-2020:1: rocky:9 A s fixed "
     "|1:2|;",
     "left out: packages of the ecosystems: 'npm' (1)\n"},

    /* Echo */
    {"no fix, never affected, fixed", "echo", "echo/data.json",
     "{\"a\":{\"CVE-1-1\":{},\"CVE-1-2\":{\"fixed_version\":\"0\"}},\"b\":{\"CVE-1-1\":{"
     "\"fixed_version\":\"1\",\"severity\":\"high\"}}}",
     "CVE-1-1(): echo a s affected ||;\nCVE-1-2(): echo a s not-affected ||;\n"
     "CVE-1-1() high/echo: echo b s fixed |1|;",
     ""},

    /* Root.io */
    {"a range", "rootio", "cve_feed", FEED("\">=1.1, <1.1.t\",\"= 3\",\"<=4\"", "\"1.1.t\""),
     "CVE-1-1(): debian:12+rootio a s fixed 1.1|1.1.t|;\n"
     "CVE-1-1(): debian:12+rootio a s affected 3||3;\n"
     "CVE-1-1(): debian:12+rootio a s affected ||4;",
     ""},
    {"only a fixed version", "rootio", "cve_feed", FEED("", "\"2\""),
     "CVE-1-1(): debian:12+rootio a s fixed |2|;", ""},
    {"neither", "rootio", "cve_feed", FEED("", ""), "CVE-1-1(): debian:12+rootio a s affected ||;",
     ""},
    {"prose for a range", "rootio", "cve_feed", FEED("\"all\",\"<\"", ""), "",
     "left out: what was not understood: 'all' (1), '<' (1)\n"},

    /* Chainguard's libraries */
    {"a version that has the fix", "chainguard-libraries", "a.openvex.json",
     VEX("fixed", "pkg:pypi/Url_lib3@1.26%2Bcgr.1?x=y"),
     "CGA-1(CVE-1-1 GHSA-1) https://x/CGA-1: pypi+chainguard-libraries url-lib3 b "
     "not-affected "
     "1.26+cgr.1||1.26+cgr.1 fixed;",
     ""},
    {"one that has it not yet, of Maven", "chainguard-libraries", "a.openvex.json",
     VEX("affected", "pkg:maven/org.a/b@1-0.cgr.1"),
     "CGA-1(CVE-1-1 GHSA-1) https://x/CGA-1: maven+chainguard-libraries org.a:b b affected "
     "1-0.cgr.1||1-0.cgr.1 affected;",
     ""},
    {"a package of nothing that is known", "chainguard-libraries", "a.openvex.json",
     VEX("fixed", "pkg:oci/a@1"), "", "left out: what was not understood: 'pkg:oci/a@1' (1)\n"},
    {"a status that is none", "chainguard-libraries", "a.openvex.json",
     VEX("maybe", "pkg:pypi/a@1"), "", "left out: what was not understood: 'maybe' (1)\n"},
    {"the list of documents", "chainguard-libraries", "openvex/v1/all.json",
     "{\"entries\":[{\"id\":\"pypi/a.openvex.json\"}]}", "", ""},

    /* ruby-advisory-db */
    {"what is neither patched nor unaffected", "rubysec", "gems/a/CVE-1-1.yml",
     "---\ngem: a\ncve: 1-1\nghsa: x\nosvdb: 7\nurl: https://x/\ntitle: t\ndate: "
     "2020-01-01\n"
     "cvss_v2: 1.0\ncvss_v3: 9.8\nunaffected_versions:\n- < 1.5\npatched_versions:\n"
     "- \"~> 2.0.9, >= 2.0.9.1\"\n- '>= 3'\n",
     "CVE-1-1(GHSA-x OSVDB-7) critical/cvss3 \"t\" https://x/ p1577836800: "
     "gem a b fixed 1.5|2.0.9.1|; gem a b fixed 2.1.a|3|;",
     ""},
    {"no fix, on one platform, and a version that is unaffected", "rubysec", "gems/a/GHSA-x.yml",
     "gem: a\nplatform: jruby\nghsa: x\nunaffected_versions: ['<= 1.5']\n",
     "GHSA-x(): gem+jruby a b affected 1.5||; gem+jruby a b not-affected 1.5||1.5;", ""},
    {"what is no requirement", "rubysec", "gems/a/CVE-1-1.yml",
     "gem: a\ncvss_v3: high\ndate: soon\npatched_versions: ['!= 1', '>= x y']\n",
     "CVE-1-1(): gem a b affected ||;",
     "left out: what was not understood: 'a score that cannot be read' (1), 'a date that "
     "cannot be "
     "read' (1), '!= 1' (1), '>= x y' (1)\n"},
    {"an interpreter is no gem", "rubysec", "rubies/ruby/CVE-1-1.yml", "engine: ruby\ncve: 1-1\n",
     "", "left out: 1 advisories about interpreters of Ruby\n"},
};

static const struct {
    const char *feed, *path, *text, *part;
} refused[] = {
    {"go", "vulndb.zip", "<html>", "no zip archive"},
    {"go", "ID/GO-1.json", "{}", "no id"},
    {"bitnami", "vulndb.tar", "", "no tar archive"},
    {"ghsa", "main.tar", "<html>", ""},
    {"debian-elts", "advisories.tar", "<html>", ""},
    {"seal", "vulnerabilities.zip", "", "zip archive ends"},
    {"almalinux", "errata.full.json", "{}", "no erratum"},
    {"almalinux", "errata.full.json", "<html>", "begins with '<'"},
    {"rocky", "page1.json", "{\"detail\":\"x\"}", "no item"},
    {"rocky", "page1.json", "[]", "no item"},
    {"echo", "data.json", "{}", "no statement"},
    {"echo", "data.json", "[[{}]]", "no statement"},
    {"rootio", "cve_feed", "{\"error\":\"x\"}", "no statement"},
    {"chainguard-libraries", "a.openvex.json", "{\"@id\":\"x\"}", "no VEX statement"},
    {"rubysec", "ruby-advisory-db.tar", "<html>", ""},
    {"rubysec", "gems/a/b.yml", "a: [", "is not YAML"},
    {"rubysec", "gems/a/b.yml", "title: x", "no 'gem'"},
};

static const struct {
    const char *path, *claimed; /* by which of the feeds here, in their order */
} claims[] = {
    {"vulndb.zip", "go "},
    {"ID/GO-2020-0001.json", "osv go "},
    {"index/modules.json", ""},
    {"bitnami/vulndb.tar", "bitnami "},
    {"bitnami/vulndb/archive/refs/heads/main.tar", "bitnami "},
    {"repository-archive/main.tar", "ghsa "},
    {"github/advisory-database/archive/refs/heads/main.tar", "ghsa "},
    {"advisories/github-reviewed/2023/12/GHSA-1/GHSA-1.json", "osv ghsa "},
    {"debian-elts/advisories.tar", "debian-elts "},
    {"ELA-1-1.json", "debian-elts "},
    {"alpaquita/all.zip", "osv bellsoft "},
    {"seal/vulnerabilities.zip", "seal "},
    {"echo/data.json", "echo "},
    {"other/data.json", ""},
    {"rootio/cve_feed", "rootio "},
    {"openvex/pypi/joblib.openvex.json", "chainguard-libraries "},
    {"errata-api/page1.json", "rocky "},
    {"some/page1.json", ""},
    {"Rocky Linux/all.zip", "osv rocky "},
    {"8/errata.full.json", "almalinux "},
    {"ruby-advisory-db.tar", "rubysec "},
    {"ruby-advisory-db/gems/rack/CVE-1-1.yml", "rubysec "},
    {"osv/PyPI/all.zip", "osv "},
    {"osv/modified_id.csv", "osv "},
    {"osv/ecosystems.txt", "osv "},
    {"osv/npm/MAL-2024-1.json", "osv "},
};

static void test_claims(void)
{
    static const char *const names[] = {
        "almalinux",   "osv",     "bellsoft", "bitnami", "chainguard-libraries",
        "debian-elts", "echo",    "ghsa",     "go",      "rocky",
        "rootio",      "rubysec", "seal"};
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(claims); i++) {
        CHECK_CASE("'%s' is claimed by: %s", claims[i].path, claims[i].claimed)
        {
            struct buf got;
            buf_init(&got, 1000);
            for (size_t k = 0; k < ARRAY_COUNT(names); k++) {
                if (feed_find(str_from(names[k]))->claims(str_from(claims[i].path))) {
                    CHECK_OK(buf_printf(&got, &e, "%s ", names[k]), &e);
                }
            }
            CHECK_STR(buf_str(&got), str_from(claims[i].claimed));
            buf_done(&got);
        }
    }
}

static void test_hostile(void)
{
    struct error e;
    CHECK_CASE("every cut of a document is refused, or is YAML to its end")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            str text = str_from(cases[i].text);
            bool yaml = str_ends(str_from(cases[i].path), STR(".yml"));
            for (size_t len = 0; len < text.len; len++) {
                struct teller t;
                teller_init(&t);
                bool done =
                    tell_document(cases[i].feed, cases[i].path, str_slice(text, 0, len), &t, &e);
                CHECK(!done || yaml);
                teller_done(&t);
            }
        }
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            for (int n = 0;; n++) {
                struct teller t;
                teller_init(&t);
                error_clear(&e);
                fail_alloc_at(n);
                bool done =
                    tell_document(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e);
                fail_alloc_at(-1);
                bool hit = fail_alloc_hit();
                teller_done(&t);
                if (!hit) {
                    CHECK(done);
                    break;
                }
                CHECK(!done && e.kind == ERROR_MEMORY);
            }
        }
    }
}

int main(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s: %s", cases[i].feed, cases[i].says)
        {
            struct teller t;
            teller_init(&t);
            error_clear(&e);
            CHECK_OK(tell_document(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e),
                     &e);
            CHECK_STR(buf_str(&t.told), str_from(cases[i].told));
            CHECK_STR(buf_str(&t.notes), str_from(cases[i].noted));
            teller_done(&t);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        CHECK_CASE("%s refuses '%s' as %s", refused[i].feed, refused[i].text, refused[i].path)
        {
            struct teller t;
            teller_init(&t);
            error_clear(&e);
            CHECK_FAILS(
                tell_document(refused[i].feed, refused[i].path, str_from(refused[i].text), &t, &e),
                &e, ERROR_FORMAT, refused[i].part);
            teller_done(&t);
        }
    }
    test_claims();
    test_hostile();
    return check_done();
}
