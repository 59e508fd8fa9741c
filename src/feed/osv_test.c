/* Records in the OSV format: ecosystems, ranges, lists of versions, names, severity, limits. Whole
 * real documents: rows_osv_test.py. */
#include "feed/osv.h"

#include "check.h"
#include "feed/pieces.h"
#include "feed/tell_test.h"

static const struct {
    const char *ecosystem, *namespace_, *product;
    char scope;
} places[] = {
    {"PyPI", "pypi", "", 'b'},
    {"npm", "npm", "", 'b'},
    {"Go", "go", "", 'b'},
    {"Maven", "maven", "", 'b'},
    {"Maven:https://maven.google.com", "maven", "", 'b'},
    {"RubyGems", "gem", "", 'b'},
    {"Packagist", "composer", "", 'b'},
    {"Packagist:https://packages.drupal.org/8", "composer", "", 'b'},
    {"NuGet", "nuget", "", 'b'},
    {"Hex", "hex", "", 'b'},
    {"Pub", "pub", "", 'b'},
    {"SwiftURL", "swift", "", 'b'},
    {"Hackage", "hackage", "", 'b'},
    {"GHC", "hackage", "ghc", 'b'},
    {"Julia", "julia", "", 'b'},
    {"CRAN", "cran", "", 'b'},
    {"ConanCenter", "conan", "", 'b'},
    {"GitHub Actions", "github-actions", "", 'b'},
    {"Bitnami", "bitnami", "", 'b'},
    {"AlmaLinux:9", "almalinux:9", "", 'b'},
    {"Alpaquita:stream", "alpaquita:stream", "", 's'},
    {"Alpaquita:23", "alpaquita:23", "", 's'},
    {"BellSoft Hardened Containers:23", "bellsoft-hardened-containers:23", "", 's'},
    {"Alpine:v3.19", "alpine:v3.19", "", 's'},
    {"Alpine:edge", "alpine:edge", "", 's'},
    {"Azure Linux:3", "azurelinux:3.0", "", 's'},
    {"Azure Linux:2", "mariner:2.0", "", 's'},
    {"Chainguard", "chainguard", "", 's'},
    {"Wolfi", "wolfi", "", 's'},
    {"MinimOS", "minimos", "", 's'},
    {"Echo", "echo", "", 's'},
    {"Debian:12", "debian:12", "", 's'},
    {"Mageia:9", "mageia:9", "", 's'},
    {"Photon OS:5.0", "photon:5.0", "", 's'},
    {"Rocky Linux:8", "rocky:8", "", 's'},
    {"Ubuntu:22.04:LTS", "ubuntu:22.04", "", 's'},
    {"Ubuntu:25.10", "ubuntu:25.10", "", 's'},
    {"Ubuntu:Pro:16.04:LTS", "ubuntu:16.04", "pro", 's'},
    {"Ubuntu:Pro:FIPS-updates:22.04:LTS", "ubuntu:22.04", "pro:fips-updates", 's'},
    {"openEuler:20.03-LTS-SP1", "openeuler:20.03-LTS-SP1", "", 's'},
    {"openEuler:24.03-LTS", "openeuler:24.03-LTS", "", 's'},
    {"SUSE:Linux Enterprise Server 12 SP1", "sles:12.1", "", 's'},
    {"SUSE:Linux Enterprise Server 12", "sles:12", "", 's'},
    {"SUSE:Linux Enterprise Server 12 SP1-LTSS", "sles:12.1", "ltss", 's'},
    {"SUSE:Linux Enterprise Server for SAP Applications 15 SP3", "sles:15.3", "", 's'},
    {"SUSE:Linux Enterprise Module for Basesystem 15 SP6", "sles:15.6", "", 's'},
    {"SUSE:Linux Enterprise Live Patching 15 SP3", "sles:15.3", "livepatch", 's'},
    {"SUSE:Linux Enterprise Desktop 12 SP2", "sled:12.2", "", 's'},
    {"SUSE:Linux Enterprise Micro 5.2", "sle-micro:5.2", "", 's'},
    {"SUSE:Linux Micro 6.0", "sl-micro:6.0", "", 's'},
    {"SUSE:Package Hub 12", "sles:12", "package-hub", 's'},
    {"openSUSE:Leap 15.3", "opensuse-leap:15.3", "", 's'},
    {"openSUSE:Leap Micro 5.2", "opensuse-leap-micro:5.2", "", 's'},
    {"openSUSE:Tumbleweed", "opensuse-tumbleweed", "", 's'},
    {"Red Hat:rhel_eus:8.8::baseos", "rhel:8", "cpe:/o:redhat:rhel_eus:8.8::baseos", 'b'},
    {"Red Hat:rhel_eus:9.2::appstream", "rhel:9", "cpe:/a:redhat:rhel_eus:9.2::appstream", 'b'},
    {"Red Hat:enterprise_linux:9::crb", "rhel:9", "cpe:/a:redhat:enterprise_linux:9::crb", 'b'},
    {"Red Hat:ocp_tools:4.15::el9", "rhel:9", "cpe:/a:redhat:ocp_tools:4.15::el9", 'b'},
    {"Red Hat:rhel_dotnet:6.0::el7", "rhel:7", "cpe:/a:redhat:rhel_dotnet:6.0::el7", 'b'},
    {"Root:Alpine:3.18", "alpine:v3.18", "rootio", 's'},
    {"Root:PyPI", "pypi", "rootio", 'b'},
    /* not read */
    {"Linux", "", "", 0},
    {"GIT", "", "", 0},
    {"OSS-Fuzz", "", "", 0},
    {"Android", "", "", 0},
    {"Debian", "", "", 0},
    {"Debian:12;x", "", "", 0},
    {"Echo:PyPI", "", "", 0},
    {"SUSE:OpenStack Cloud 7", "", "", 0},
    {"SUSE:Linux Enterprise Server", "", "", 0},
    {"openSUSE:Evergreen 11.4", "", "", 0},
    {"Red Hat:openshift:4.14", "", "", 0},
    {"Azure Linux:x", "", "", 0},
    {"", "", "", 0},
};

static void test_places(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 1 << 20, "places");
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        CHECK_CASE("ecosystem '%s'", places[i].ecosystem)
        {
            struct osv_place place;
            error_clear(&e);
            CHECK_OK(osv_place_find(str_from(places[i].ecosystem), &arena, &place, &e), &e);
            CHECK((place.ecosystem != NULL) == (places[i].scope != 0));
            if (place.ecosystem != NULL) {
                CHECK_STR(place.namespace_, str_from(places[i].namespace_));
                CHECK_STR(place.product, str_from(places[i].product));
                CHECK(place.ecosystem->scope ==
                      (places[i].scope == 's' ? SCOPE_SOURCE : SCOPE_BINARY));
            }
        }
    }
    arena_done(&arena);
}

#define RECORD(members) "{\"id\":\"X-1\"," members "}"
#define PACKAGE(ecosystem, name)                                                                   \
    "\"package\":{\"ecosystem\":\"" ecosystem "\",\"name\":\"" name "\"}"
/* Hackage's versions are numbers between dots, whose order limpid has had from the beginning. */
#define HACKAGE(members) RECORD("\"affected\":[{" PACKAGE("Hackage", "a") "," members "}]")
#define EVENTS(list) "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[" list "]}]"
#define IN(v) "{\"introduced\":\"" v "\"}"
#define FIX(v) "{\"fixed\":\"" v "\"}"
#define LAST(v) "{\"last_affected\":\"" v "\"}"
#define LIMIT(v) "{\"limit\":\"" v "\"}"
#define OSV_DEV " https://osv.dev/vulnerability/X-1: "

static const struct {
    const char *says, *text, *told;
} cases[] = {
    /* ranges */
    {"events in no order", HACKAGE(EVENTS(FIX("2") "," IN("3") "," IN("0") "," FIX("10"))),
     "X-1()" OSV_DEV "hackage a b fixed |2|; hackage a b fixed 3|10|;"},
    {"a pair is a range whichever comes first", HACKAGE(EVENTS(FIX("2") "," IN("1"))),
     "X-1()" OSV_DEV "hackage a b fixed 1|2|;"},
    {"a pair that ends before it begins stays one", HACKAGE(EVENTS(IN("2") "," FIX("1"))),
     "X-1()" OSV_DEV "hackage a b fixed 2|1|;"},
    {"one version, last affected first",
     HACKAGE(EVENTS(LAST("5") "," IN("5") "," IN("0") "," FIX("2"))),
     "X-1()" OSV_DEV "hackage a b fixed |2|; hackage a b affected 5||5;"},
    {"an open range", HACKAGE(EVENTS(IN("1"))), "X-1()" OSV_DEV "hackage a b affected 1||;"},
    {"a limit ends what is open", HACKAGE(EVENTS(IN("1") "," LIMIT("4"))),
     "X-1()" OSV_DEV "hackage a b fixed 1|4|;"},
    {"of two limits the higher one counts, and nothing behind it",
     HACKAGE(EVENTS(IN("1") "," LIMIT("2") "," LIMIT("4") "," IN("5"))),
     "X-1()" OSV_DEV "hackage a b fixed 1|4|;"},
    {"a limit of all is none", HACKAGE(EVENTS(IN("1") "," LIMIT("*"))),
     "X-1()" OSV_DEV "hackage a b affected 1||;"},
    {"two ends: the first", HACKAGE(EVENTS(IN("1") "," FIX("2") "," FIX("3"))),
     "X-1()" OSV_DEV "hackage a b fixed 1|2|;"},
    {"members of one event", HACKAGE(EVENTS("{\"introduced\":\"1\",\"fixed\":\"2\"}")),
     "X-1()" OSV_DEV "hackage a b fixed 1|2|;"},
    {"ranges are the range itself (Freexian)",
     HACKAGE("\"ranges\":{\"events\":[" IN("0") "," FIX("2") "],\"type\":\"ECOSYSTEM\"}"),
     "X-1()" OSV_DEV "hackage a b fixed |2|;"},
    {"ranges of commits, and a list of versions",
     HACKAGE("\"versions\":[\"1\",\"2\"],\"ranges\":[{\"type\":\"GIT\",\"events\":[" IN("0") "]}]"),
     "X-1()" OSV_DEV "hackage a b affected 1||1; hackage a b affected 2||2;"},
    /* versions */
    {"listed versions that a range covers are no rows",
     HACKAGE("\"versions\":[\"1\",\"1.5\"]," EVENTS(IN("1") "," FIX("2"))),
     "X-1()" OSV_DEV "hackage a b fixed 1|2|;"},
    {"and those that none covers are",
     HACKAGE("\"versions\":[\"1\",\"2\",\"0.9\"]," EVENTS(IN("1") "," FIX("2"))),
     "X-1()" OSV_DEV
     "hackage a b fixed 1|2|; hackage a b affected 2||2; hackage a b affected 0.9||0.9;"},
    {"a last affected version is covered",
     HACKAGE("\"versions\":[\"3\",\"3.1\"]," EVENTS(IN("1") "," LAST("3"))),
     "X-1()" OSV_DEV "hackage a b affected 1||3; hackage a b affected 3.1||3.1;"},
    {"a distribution's list says no more than its range",
     RECORD("\"affected\":[{" PACKAGE("Alpine:v3.18", "a") ",\"versions\":[\"9-r0\"]," EVENTS(
         IN("0") "," FIX("2-r0")) "}]"),
     "X-1()" OSV_DEV "alpine:v3.18 a s fixed |2-r0|;"},
    /* names */
    {"aliases, not what is related; CVE ids first",
     RECORD("\"aliases\":[\"GHSA-1\",\"CVE-1-1\",\"X-1\"],\"related\":[\"CVE-2-2\"],"
            "\"affected\":[{" PACKAGE("PyPI", "Foo_Bar") "," EVENTS(IN("0")) "}]"),
     "X-1(CVE-1-1 GHSA-1)" OSV_DEV "pypi foo-bar b affected ||;"},
    {"upstream of a distribution's record; its copy of a CVE is the CVE",
     RECORD("\"upstream\":[\"UBUNTU-CVE-1-1\",\"CVE-1-1\",\"GHSA-1\"],\"related\":[\"CVE-3-3\"],"
            "\"affected\":[{" PACKAGE("Ubuntu:22.04:LTS", "a") "," EVENTS(IN("0")) "}]"),
     "X-1(CVE-1-1 GHSA-1)" OSV_DEV "ubuntu:22.04 a s affected ||;"},
    {"related of Ubuntu's notices that name nothing else",
     RECORD("\"related\":[\"CVE-3-3\",\"UBUNTU-CVE-3-3\"],\"affected\":[{" PACKAGE(
         "Ubuntu:22.04:LTS", "a") "," EVENTS(IN("0")) "}]"),
     "X-1(CVE-3-3)" OSV_DEV "ubuntu:22.04 a s affected ||;"},
    {"upstream is not what a language's record is about",
     RECORD(
         "\"upstream\":[\"CVE-1-1\"],\"affected\":[{" PACKAGE("npm", "a") "," EVENTS(IN("0")) "}]"),
     "X-1()" OSV_DEV "npm a b affected ||;"},
    /* severity */
    {"GitHub's word, and the newest vector",
     "{\"id\":\"GHSA-1\",\"database_specific\":{\"severity\":\"MODERATE\"},\"severity\":[{"
     "\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"},{"
     "\"type\":\"CVSS_V4\",\"score\":\"CVSS:4.0/AV:N\"}],\"affected\":[{" PACKAGE(
         "npm", "a") "," EVENTS(IN("0")) "}]}",
     "GHSA-1() medium/ghsa CVSS:4.0/AV:N https://osv.dev/vulnerability/GHSA-1: "
     "npm a b affected ||;"},
    {"a vector without its head",
     RECORD("\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\""
            "}],\"affected\":[{" PACKAGE("Alpaquita:23", "a") "," EVENTS(IN("0")) "}]"),
     "X-1() critical/cvss3 CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" OSV_DEV
     "alpaquita:23 a s affected ||;"},
    {"a package's vector, where the record has none",
     RECORD("\"affected\":[{\"severity\":[{\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/"
            "A:H\",\"type\":\"CVSS_V3\"}]," PACKAGE("Bitnami", "A") "," EVENTS(IN("0")) "}]"),
     "X-1() high/cvss3 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" OSV_DEV
     "bitnami a b affected ||;"},
    {"a package made to do harm is critical",
     "{\"id\":\"MAL-1\",\"affected\":[{" PACKAGE("npm", "a") ",\"versions\":[\"1.0.0\"]}]}",
     "MAL-1() critical/osv https://osv.dev/vulnerability/MAL-1: npm a b affected 1.0.0||1.0.0;"},
    {"RustSec: unmaintained is a word",
     RECORD("\"affected\":[{" PACKAGE("crates"
                                      ".io",
                                      "a") ",\"database_specific\":{\"informational\":"
                                           "\"unmaintained\",\"cvss\":null}," EVENTS(IN("0")) "}]"),
     "X-1()" OSV_DEV "cargo a b affected || unmaintained;"},
    /* text */
    {"a link with the record's name, times, a withdrawn record",
     RECORD("\"published\":\"2020-01-01T00:00:00Z\",\"modified\":\"0001-01-01T00:00:00Z\","
            "\"withdrawn\":\"2020-01-02T00:00:00.5Z\",\"summary\":\" short \",\"details\":\"long\","
            "\"references\":[{\"type\":\"ADVISORY\",\"url\":\"https://nvd.nist.gov/X-2\"},"
            "{\"url\":\"https://a/X-1\",\"type\":\"WEB\"},{\"type\":\"FIX\",\"url\":\"https://"
            "b/X-1\"}],\"affected\":[{" PACKAGE("npm", "a") "," EVENTS(IN("0")) "}]"),
     "X-1() \"short\" https://a/X-1 p1577836800 w1577923200: npm a b affected ||;"},
    {"details stand in for a summary",
     RECORD("\"details\":\"long\\ntext\",\"references\":[{\"type\":\"ADVISORY\",\"url\":"
            "\"javascript:x\"}],\"affected\":[{" PACKAGE("npm", "a") "," EVENTS(IN("0")) "}]"),
     "X-1() \"long\ntext\"" OSV_DEV "npm a b affected ||;"},
    /* what is left out */
    {"a package without a name", RECORD("\"affected\":[{\"package\":{\"ecosystem\":\"npm\"}}]"),
     ""},
    {"an element that is a list", HACKAGE(EVENTS(IN("1")) "},[[]],{"),
     "X-1()" OSV_DEV "hackage a b affected 1||;"},
    {"nothing affected", RECORD("\"affected\":null"), ""},
};

static void test_cases(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct teller t;
            teller_init(&t);
            error_clear(&e);
            CHECK_OK(tell_document("osv", "X-1.json", str_from(cases[i].text), &t, &e), &e);
            CHECK_STR(buf_str(&t.told), str_from(cases[i].told));
            teller_done(&t);
        }
    }
}

/* A record with `count` times the item, where "%d" in it is a number. */
static void grow(struct buf *to, const char *front, const char *item, int count, const char *back)
{
    struct error e;
    bool done = buf_printf(to, &e, "%s", front);
    for (int i = 0; done && i < count; i++) {
        done = buf_printf(to, &e, "%s\"", i > 0 ? "," : "") && buf_printf(to, &e, "%s", item) &&
               buf_printf(to, &e, "%d\"", i + 1);
    }
    CHECK(done && buf_printf(to, &e, "%s", back));
}

static void test_many(void)
{
    struct error e;
    CHECK_CASE("a list longer than one advisory can hold comes in pieces")
    {
        struct buf text;
        struct teller t;
        buf_init(&text, 4 << 20);
        teller_init(&t);
        error_clear(&e);
        grow(&text, "{\"id\":\"X-1\",\"affected\":[{" PACKAGE("npm", "a") ",\"versions\":[", "1.",
             ADVISORY_AFFECTED_MAX + 1, "]}]}");
        CHECK_OK(tell_document("osv", "X-1.json", buf_str(&text), &t, &e), &e);
        CHECK(t.puts > 2 && t.puts < 100);
        CHECK_NUM(t.rows, ADVISORY_AFFECTED_MAX + 1);
        teller_done(&t);
        buf_done(&text);
    }
    CHECK_CASE("a text at the limit, and one byte longer: that row is left out, and told")
    {
        for (int more = 0; more < 2; more++) {
            struct buf text;
            struct teller t;
            buf_init(&text, 1 << 20);
            teller_init(&t);
            error_clear(&e);
            bool fine = buf_printf(
                &text, &e,
                "{\"id\":\"X-1\",\"affected\":[{" PACKAGE("npm", "a") ",\"versions\":[\"");
            for (int i = 0; fine && i < PIECE_TEXT_BYTES_MAX + more; i++) {
                fine = buf_add_char(&text, '1', &e);
            }
            CHECK(fine && buf_printf(&text, &e, "\",\"2\"]}]}"));
            CHECK_OK(tell_document("osv", "X-1.json", buf_str(&text), &t, &e), &e);
            CHECK_NUM(t.rows, more == 0 ? 2 : 1);
            CHECK((t.notes.len > 0) == (more > 0));
            teller_done(&t);
            buf_done(&text);
        }
    }
    CHECK_CASE("one name more than an advisory can have is left out, and told")
    {
        for (int more = 0; more < 2; more++) {
            struct buf text;
            struct teller t;
            buf_init(&text, 4 << 20);
            teller_init(&t);
            error_clear(&e);
            grow(&text,
                 "{\"id\":\"X-1\",\"affected\":[{" PACKAGE("npm", "a") "," EVENTS(
                     IN("0")) "}],\"aliases\":[",
                 "CVE-1-", ADVISORY_IDS_MAX + more, "]}");
            CHECK_OK(tell_document("osv", "X-1.json", buf_str(&text), &t, &e), &e);
            CHECK((t.notes.len > 0) == (more > 0));
            teller_done(&t);
            buf_done(&text);
        }
    }
    CHECK_CASE("ten thousand events, and one more")
    {
        for (int more = 0; more < 2; more++) {
            struct buf text;
            struct teller t;
            buf_init(&text, 4 << 20);
            teller_init(&t);
            error_clear(&e);
            bool fine =
                buf_printf(&text, &e,
                           "{\"id\":\"X-1\",\"affected\":[{" PACKAGE(
                               "Hackage", "a") ",\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[");
            for (int i = 10000 + more; fine && i > 0; i--) {
                fine = buf_printf(&text, &e, "{\"%s\":\"%d\"}%s",
                                  i % 2 == 1 ? "introduced" : "fixed", i, i > 1 ? "," : "]}]}]}");
            }
            bool done = fine && tell_document("osv", "X-1.json", buf_str(&text), &t, &e);
            CHECK(done == (more == 0));
            CHECK_NUM(t.rows, more == 0 ? 5000 : 0);
            CHECK(more == 0 || e.kind == ERROR_LIMIT);
            teller_done(&t);
            buf_done(&text);
        }
    }
    CHECK_CASE("more comparisons than the limit refuse the record")
    {
        struct buf text;
        struct teller t;
        buf_init(&text, 32 << 20);
        teller_init(&t);
        error_clear(&e);
        grow(&text,
             "{\"id\":\"X-1\",\"affected\":[{" PACKAGE("Hackage", "a") "," EVENTS(
                 IN("1") "," FIX("2") "," IN("3") "," FIX("4")) ",\"versions\":[",
             "1.", 1000001, "]}]}");
        CHECK_FAILS(tell_document("osv", "X-1.json", buf_str(&text), &t, &e), &e, ERROR_LIMIT,
                    "comparisons");
        teller_done(&t);
        buf_done(&text);
    }
    CHECK_CASE("a long text is cut between characters")
    {
        struct buf text;
        struct teller t;
        buf_init(&text, 1 << 20);
        teller_init(&t);
        error_clear(&e);
        bool fine = buf_printf(&text, &e,
                               "{\"id\":\"X-1\",\"affected\":[{" PACKAGE("npm", "a") "," EVENTS(
                                   IN("0")) "}],\"details\":\"x");
        for (int i = 0; fine && i < 3000; i++) {
            fine = buf_printf(&text, &e, "é");
        }
        CHECK(fine && buf_printf(&text, &e, "\"}"));
        CHECK_OK(tell_document("osv", "X-1.json", buf_str(&text), &t, &e), &e);
        CHECK(str_find(buf_str(&t.told), STR("é…\" https")) < t.told.len);
        CHECK(str_is_utf8(buf_str(&t.told)));
        CHECK(t.told.len < ADVISORY_DESCRIPTION_BYTES_MAX + 200);
        teller_done(&t);
        buf_done(&text);
    }
}

static void test_hostile(void)
{
    struct error e;
    CHECK_CASE("every cut of a record is refused")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            str text = str_from(cases[i].text);
            for (size_t len = 0; len < text.len; len++) {
                struct teller t;
                teller_init(&t);
                CHECK(!tell_document("osv", "X-1.json", str_slice(text, 0, len), &t, &e));
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
                bool done = tell_document("osv", "X-1.json", str_from(cases[i].text), &t, &e);
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
    CHECK_CASE("a record that is none is refused")
    {
        static const char *const texts[] = {
            "", "[]", "null", "{}", "{\"id\":1}", "<html>", "{\"affected\":[]}"};
        for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
            struct teller t;
            teller_init(&t);
            error_clear(&e);
            CHECK_FAILS(tell_document("osv", "GHSA-1.json", str_from(texts[i]), &t, &e), &e,
                        ERROR_FORMAT, "");
            teller_done(&t);
        }
    }
    CHECK_CASE("lists of what changed are read as nothing")
    {
        struct teller t;
        teller_init(&t);
        error_clear(&e);
        CHECK_OK(
            tell_document("osv", "osv/modified_id.csv", STR("2026-01-01T00:00:00Z,X\n"), &t, &e),
            &e);
        CHECK_OK(tell_document("osv", "ecosystems.txt", STR("npm\n"), &t, &e), &e);
        CHECK_NUM(t.puts, 0);
        teller_done(&t);
    }
}

int main(void)
{
    test_places();
    test_cases();
    test_many();
    test_hostile();
    return check_done();
}
