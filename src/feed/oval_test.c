/* The readers of OVAL over small documents: what criteria, tests and comments mean to each
 * publisher, limits, cuts, refused allocations. Whole real documents: rows_*_test.py. */
#include "feed/oval.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feed/redhat_oval.h"
#include "feed/suse_product.h"
#include "feed/ubuntu_oval.h"

/* Writes rows as "ID(IDS) NAMESPACE/PRODUCT PACKAGE.ARCH@MODULE STATE INTRODUCED|FIXED|LAST WORD;",
 * a source package's as "src:PACKAGE". */
struct teller {
    struct advisory_sink base;
    struct buf told, notes;
    size_t refuse_at, puts, rows, description_bytes;
};

static bool part(struct buf *to, const char *before, str text, struct error *e)
{
    return text.len == 0 || buf_printf(to, e, "%s" STR_FMT, before, STR_ARG(text));
}

static bool tell_row(struct teller *t, const struct advisory *a, const struct affected *r,
                     struct error *e)
{
    bool done = buf_printf(&t->told, e, STR_FMT "(", STR_ARG(a->id));
    for (size_t k = 0; done && k < a->ids_count; k++) {
        done = part(&t->told, k > 0 ? " " : "", a->ids[k], e);
    }
    return done && part(&t->told, ") ", r->namespace_, e) && part(&t->told, "/", r->product, e) &&
           part(&t->told, r->scope == SCOPE_SOURCE ? " src:" : " ", r->package, e) &&
           part(&t->told, ".", r->arch, e) && part(&t->told, "@", r->module, e) &&
           buf_printf(&t->told, e, " %s ", fix_state_name(r->state)) &&
           part(&t->told, "", r->introduced, e) && part(&t->told, "|", r->fixed, e) &&
           part(&t->told, "<=", r->last_affected, e) && part(&t->told, " ", r->word, e) &&
           buf_add_char(&t->told, ';', e);
}

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    if (++t->puts == t->refuse_at) {
        return error_set(e, ERROR_ABSENT, "the sink is full");
    }
    t->rows += a->affected_count;
    t->description_bytes += a->description.len;
    for (size_t i = 0; i < a->affected_count && t->told.bytes_max > 0; i++) {
        if (!tell_row(t, a, &a->affected[i], e)) {
            return false;
        }
    }
    return true;
}

static bool note(struct advisory_sink *self, str document, str text, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    (void)document;
    return buf_printf(&t->notes, e, "%.*s\n", (int)text.len, text.at);
}

static void teller_init(struct teller *t)
{
    *t = (struct teller){.base = {.put = put, .note = note}};
    buf_init(&t->told, 1 << 20);
    buf_init(&t->notes, 1 << 20);
}

static void teller_done(struct teller *t)
{
    buf_done(&t->told);
    buf_done(&t->notes);
}

static bool read_text(const char *feed, const char *path, str text, struct teller *t,
                      struct error *e)
{
    struct arena arena;
    struct memory_reader body;
    struct feed_document document = {.path = str_from(path)};
    bool done;
    arena_init(&arena, 64 << 20, "a document");
    memory_reader_init(&body, text);
    if (strcmp(feed, "ubuntu") == 0) {
        done = ubuntu_oval_read(&document, &body.base, &arena, &t->base, e);
    } else if (strcmp(feed, "redhat") == 0) {
        done = redhat_oval_read(&document, &body.base, &arena, &t->base, e);
    } else {
        const struct feed *f = feed_find(str_from(feed));
        done = f->read(f, &document, &body.base, &arena, &t->base, e);
    }
    arena_done(&arena);
    return done;
}

#define DOCUMENT(definitions, rest)                                                                \
    "<oval_definitions><generator/><definitions>" definitions "</definitions>" rest                \
    "</oval_definitions>"
#define DEFINITION(class, title, meta, criteria)                                                   \
    "<definition id='oval:x:def:1' class='" class "'><metadata><title>" title "</title>" meta      \
                                                  "</metadata>" criteria "</definition>"
#define AND(c) "<criteria operator='AND'>" c "</criteria>"
#define OR(c) "<criteria operator='OR'>" c "</criteria>"
#define NOT(c) "<criteria operator='AND' negate='true'>" c "</criteria>"
#define C(number, comment) "<criterion test_ref='oval:x:tst:" number "' comment=\"" comment "\"/>"
#define REF(source, id) "<reference source='" source "' ref_id='" id "' ref_url='u/" id "'/>"
#define TEST(number, more)                                                                         \
    "<rpminfo_test id='oval:x:tst:" number "'" more "><object object_ref='oval:x:obj:" number      \
    "'/><state state_ref='oval:x:ste:" number "'/></rpminfo_test>"
#define TEST_ANY(number, more)                                                                     \
    "<rpminfo_test id='oval:x:tst:" number "'" more "><object object_ref='oval:x:obj:" number      \
    "'/></rpminfo_test>"
#define OBJECT(number, name)                                                                       \
    "<rpminfo_object id='oval:x:obj:" number "'><name>" name "</name></rpminfo_object>"
#define STATE(number, inner) "<rpminfo_state id='oval:x:ste:" number "'>" inner "</rpminfo_state>"
#define EVR(operation, version) "<evr operation='" operation "'>" version "</evr>"
/* one package test, whole */
#define PACKAGE(number, name, inner)                                                               \
    "<tests>" TEST(number, "") "</tests><objects>" OBJECT(                                         \
        number, name) "</objects><states>" STATE(number, inner) "</states>"

#define ELSA(criteria, rest)                                                                       \
    DOCUMENT(                                                                                      \
        DEFINITION("patch", "ELSA-1: x", REF("elsa", "ELSA-1") REF("CVE", "CVE-1-1"), criteria),   \
        rest)
#define OL8 C("90", "Oracle Linux 8 is installed")
#define SUSE(criteria, rest) DOCUMENT(DEFINITION("vulnerability", "CVE-1-1", "", criteria), rest)
#define S15 C("90", "SUSE Linux Enterprise Server 15 SP3 is installed")
#define AZURE(patchable, criteria, rest)                                                           \
    DOCUMENT(DEFINITION("vulnerability", "CVE-1-1 x",                                              \
                        REF("CVE", "CVE-1-1") "<patchable>" patchable "</patchable>", criteria),   \
             rest)
#define UBUNTU(criteria, rest)                                                                     \
    DOCUMENT(DEFINITION("vulnerability", "CVE-1-1 on Ubuntu 22.04 LTS (jammy) - low",              \
                        "<affected><platform>Ubuntu 22.04 LTS</platform></affected>"               \
                        "<description>What it is.\n\n Update Instructions:\n x</description>",     \
                        criteria),                                                                 \
             rest)
#define UBUNTU_PKG(inner)                                                                          \
    "<tests>" TEST_ANY(                                                                            \
        "1", "") "</tests><objects><dpkginfo_object id='oval:x:obj:1'>"                            \
                 "<name var_ref='oval:x:var:1'/></dpkginfo_object></objects><states>" inner        \
                 "</states>"                                                                       \
                 "<variables><constant_variable "                                                  \
                 "id='oval:x:var:1'><value>^a-bin(?::\\w+|)\\s+(.*)$</value>"                      \
                 "<value>liba</value></constant_variable></variables>"
#define RHSA(class, id, meta, criteria, rest)                                                      \
    "<oval_definitions><definitions><definition id='" id                                           \
    "' class='" class "'><metadata>" meta "</metadata>" criteria                                   \
                      "</definition></definitions>" rest "</oval_definitions>"
#define RHEL9 C("90", "Red Hat Enterprise Linux 9 is installed")

static const struct {
    const char *says, *feed, *text, *rows;
} cases[] = {
    {"a test tells more than its comment", "oracle",
     ELSA(AND(OL8 C("1", "a is earlier than 2")), PACKAGE("1", "b", EVR("less than", "0:3-1"))),
     "ELSA-1(CVE-1-1) ol:8 b fixed |0:3-1;"},
    {"a comment tells where the test is not there", "oracle",
     ELSA(AND(OL8 C("1", "a is earlier than 1:2-3.el8")), ""),
     "ELSA-1(CVE-1-1) ol:8 a fixed |1:2-3.el8;"},
    {"alternatives within alternatives are rows of their own, equal ones one", "oracle",
     ELSA(AND(OL8 OR(AND(C("2", "Oracle Linux arch is x86_64")
                             OR(C("3", "a is earlier than 1") C("4", "b is earlier than 1")))
                         AND(C("5", "Oracle Linux arch is aarch64")
                                 OR(C("3", "a is earlier than 1") C("3", "a is earlier than 1"))))),
          ""),
     "ELSA-1(CVE-1-1) ol:8 a.x86_64 fixed |1;ELSA-1(CVE-1-1) ol:8 b.x86_64 fixed |1;"
     "ELSA-1(CVE-1-1) ol:8 a.aarch64 fixed |1;"},
    {"module, Ksplice and FIPS", "oracle",
     ELSA(AND(OL8 OR(AND(C("2", "Module virt:kvm is enabled") C("3", "a is earlier than 1"))
                         AND(C("4", "b is earlier than 1") C("5", "b is ksplice-based"))
                             C("6", "c is earlier than 1.ksplice1.el8")
                                 C("7", "d is earlier than 1_fips.el8"))),
          ""),
     "ELSA-1(CVE-1-1) ol:8 a@virt:kvm fixed |1;ELSA-1(CVE-1-1) ol:8/ksplice b fixed |1;"
     "ELSA-1(CVE-1-1) ol:8/ksplice c fixed |1.ksplice1.el8;"
     "ELSA-1(CVE-1-1) ol:8/fips d fixed |1_fips.el8;"},
    {"a signature is no condition, in any order", "oracle",
     ELSA(AND(C("8", "a is signed with the Oracle Linux 8 key") OR(C("8", "a is signed with x") C(
              "9", "a is signed with y")) C("1", "a is earlier than 1") OL8),
          ""),
     "ELSA-1(CVE-1-1) ol:8 a fixed |1;"},
    {"a signature by its state is none either", "oracle",
     ELSA(AND(OL8 C("3", "a is earlier than 1") C("1", "the key")),
          PACKAGE("1", "a", "<signature_keyid>x</signature_keyid>")),
     "ELSA-1(CVE-1-1) ol:8 a fixed |1;"},
    {"the release by its test, where the comment says nothing", "oracle",
     ELSA(AND(C("1", "x") C("3", "a is earlier than 1")),
          PACKAGE("1", "oraclelinux-release", "<version operation='pattern match'>^9</version>")),
     "ELSA-1(CVE-1-1) ol:9 a fixed |1;"},
    {"the opposite of older is from then on", "oracle",
     ELSA(AND(OL8 NOT(C("1", "a is earlier than 1")) C("2", "a is earlier than 2")), ""),
     "ELSA-1(CVE-1-1) ol:8 a fixed 1|2;"},
    {"not (A and B) is not A, or not B", "oracle",
     ELSA(AND(OL8 NOT(C("1", "a is earlier than 1") C("2", "b is earlier than 2"))), ""),
     "ELSA-1(CVE-1-1) ol:8 a affected 1;ELSA-1(CVE-1-1) ol:8 b affected 2;"},
    {"a definition without criteria has no rows", "oracle", ELSA("", ""), ""},
    {"deprecated definitions and inventories are left out", "oracle",
     DOCUMENT(DEFINITION(
                  "inventory", "x", "",
                  AND(C("1", "a is earlier than 1"))) "<definition id='d' class='patch' "
                                                      "deprecated='true'><metadata/></definition>",
              ""),
     ""},
    {"ids of any form are told apart", "oracle",
     ELSA(AND(OL8 "<criterion test_ref='07' comment='a is earlier than 1'/>"
                  "<criterion test_ref='oval:7' comment='a is greater than 0.5'/>"),
          ""),
     "ELSA-1(CVE-1-1) ol:8 a fixed 0.5|1;"},

    {"SUSE: service packs, modules, extended support", "suse",
     SUSE(AND(OR(C("1", "SUSE Linux Enterprise Server 12 SP4-LTSS is installed")
                     C("2", "SUSE Linux Enterprise Module for Basesystem 15 SP3 is installed")
                         C("3", "openSUSE Leap 15.5 is installed")
                             C("4", "SUSE Linux Enterprise Micro 5.3 is installed")
                                 C("5", "openSUSE Tumbleweed is installed"))
                  C("9", "a-b-1.2-3.1 is installed")),
          ""),
     "CVE-1-1() sles:12.4/ltss a-b fixed |1.2-3.1;CVE-1-1() sles:15.3 a-b fixed |1.2-3.1;"
     "CVE-1-1() opensuse-leap:15.5 a-b fixed |1.2-3.1;CVE-1-1() sle-micro:5.3 a-b fixed |1.2-3.1;"
     "CVE-1-1() opensuse-tumbleweed a-b fixed |1.2-3.1;"},
    {"SUSE: version 0 is not affected", "suse",
     SUSE(AND(S15 C("1", "a is not affected")),
          PACKAGE("1", "a", "<version operation='equals'>0</version>")),
     "CVE-1-1() sles:15.3 a not-affected ;"},
    {"SUSE: affected without a fix", "suse",
     SUSE(AND(S15 C("1", "a is affected")), PACKAGE("1", "a", EVR("greater than", "0:0-0"))),
     "CVE-1-1() sles:15.3 a affected ;"},
    {"SUSE: newer than nothing is affected too", "suse",
     SUSE(AND(S15 C("1", "x")), PACKAGE("1", "a", EVR("greater than", "0:0-0"))),
     "CVE-1-1() sles:15.3 a affected ;"},
    {"SUSE: an operation that nobody knows leaves it to the comment", "suse",
     SUSE(AND(S15 C("1", "a-1-2 is installed")), PACKAGE("1", "a", EVR("6", "0:9-9"))),
     "CVE-1-1() sles:15.3 a fixed |1-2;"},
    {"SUSE: one architecture limits, several do not", "suse",
     SUSE(AND(S15 OR(C("1", "x") C("2", "y"))),
          "<tests>" TEST("1", "") TEST("2", "") "</tests><objects>" OBJECT("1", "a")
              OBJECT("2", "b") "</objects><states>" STATE(
                  "1", "<arch operation='pattern match'>(x86_64)</arch>" EVR("less than", "1"))
                  STATE("2", EVR("less than", "2") "<arch>(aarch64|x86_64)</arch>") "</states>"),
     "CVE-1-1() sles:15.3 a.x86_64 fixed |1;CVE-1-1() sles:15.3 b fixed |2;"},
    {"SUSE: an update by its notice", "suse",
     DOCUMENT(DEFINITION("patch", "Security update for a (Low)",
                         REF("SUSE-SU", "SUSE-SU-2022:1-1") REF("CVE", "CVE-1-1"),
                         AND(S15 C("1", "a-1-2 is installed"))),
              ""),
     "SUSE-SU-2022:1-1(CVE-1-1) sles:15.3 a fixed |1-2;"},

    {"Azure: fixed, in between, not fixed, never", "azurelinux",
     AZURE("true",
           AND(C("1", "Package a is earlier than 2-1, affected by CVE-1-1")
                   C("2", "Package a is greater than 1.0, affected by CVE-1-1")),
           ""),
     "CVE-1-1() azurelinux:3.0 src:a fixed 1.0|2-1;"},
    {"Azure: no patch available", "azurelinux",
     AZURE("false", AND(C("1", "Package a is installed with version 1-2 or earlier")), ""),
     "CVE-1-1() azurelinux:3.0 src:a affected <=1-2;"},
    {"Azure: not applicable", "azurelinux",
     AZURE("Not Applicable", AND(C("1", "Package a is earlier than 2, affected by x")), ""),
     "CVE-1-1() azurelinux:3.0 src:a not-affected  Not Applicable;"},

    {"Ubuntu: the binary packages of the variable", "ubuntu",
     UBUNTU(OR(C("1", "a package in jammy was vulnerable but has been fixed (note: '1.2-3').")),
            "<tests>" TEST(
                "1", "") "</tests><objects><dpkginfo_object id='oval:x:obj:1'>"
                         "<name var_ref='oval:x:var:1'/></dpkginfo_object></objects><states>" STATE(
                             "1",
                             "<evr datatype='debian_evr_string' operation='less "
                             "than'>0:1.2-3</evr>") "</states><variables><constant_variable "
                                                    "id='oval:x:var:1'>"
                                                    "<value>^a-bin(?::\\w+|)\\s+(.*)$</"
                                                    "value><value>liba</value></constant_variable>"
                                                    "</variables>"),
     "CVE-1-1() ubuntu:22.04 a-bin fixed |1.2-3;CVE-1-1() ubuntu:22.04 liba fixed |1.2-3;"},
    {"Ubuntu: affected, put off", "ubuntu",
     UBUNTU(OR(C("1", "a package in jammy is affected, but a decision has been made to defer "
                      "addressing it (note: '2019-04-10').")),
            UBUNTU_PKG("")),
     "CVE-1-1() ubuntu:22.04 a-bin fix-deferred  deferred: 2019-04-10;"
     "CVE-1-1() ubuntu:22.04 liba fix-deferred  deferred: 2019-04-10;"},
    {"Ubuntu: by the comment, in all its forms", "ubuntu",
     UBUNTU(OR(C("2", "The 'b' package in trusty was vulnerable but has been fixed (note: '1').")
                   C("3", "c package in jammy is affected and needs fixing.") C(
                       "4", "d: while related to the CVE in some way, a decision has been made to "
                            "ignore this issue (note: 'x y').")
                       C("5", "e package in jammy, is related to the CVE in some way and has "
                              "been fixed (note: '8.0 only').")
                           C("6", "f package in jammy is affected and may need fixing.")
                               C("7", "g package in jammy was vulnerable but has been fixed "
                                      "(note: '1~esm2').")),
            ""),
     "CVE-1-1() ubuntu:22.04 src:b fixed |1;CVE-1-1() ubuntu:22.04 src:c affected  needed;"
     "CVE-1-1() ubuntu:22.04 src:d will-not-fix  ignored: x y;"
     "CVE-1-1() ubuntu:22.04 src:e affected ;CVE-1-1() ubuntu:22.04 src:f affected  needs-triage;"
     "CVE-1-1() ubuntu:22.04/pro src:g fixed |1~esm2;"},
    {"Ubuntu: a package's document is an advisory a CVE", "ubuntu",
     DOCUMENT(
         DEFINITION("vulnerability", "a",
                    "<affected><platform>Ubuntu Pro FIPS-updates 18.04 LTS</platform></affected>"
                    "<advisory><cve priority='low' public='20231218'>CVE-1-2</cve>"
                    "<cve priority='high' cvss_vector='v'>CVE-1-3</cve></advisory>",
                    OR(C("1", "(CVE-1-3) a package in bionic is affected and needs fixing.")
                           C("2", "(CVE-1-2) a package in bionic is affected and needs fixing."))),
         ""),
     "CVE-1-3() ubuntu:18.04/pro:fips-updates src:a affected  needed;"
     "CVE-1-2() ubuntu:18.04/pro:fips-updates src:a affected  needed;"},
    {"Ubuntu: the codename, where no platform is named; which kernel runs is no package", "ubuntu",
     "<oval_definitions><definitions><definition class='patch' id='oval:com.ubuntu.focal:def:1'>"
     "<metadata><title>USN-1-1 -- x</title></metadata>" AND(
         "<extend_definition definition_ref='x'/>" C("1", "Is kernel linux running?")
             C("2", "a package in focal is affected and needs fixing.")) "</definition>"
                                                                         "</definitions></"
                                                                         "oval_definitions>",
     "USN-1-1() ubuntu:20.04 src:a affected  needed;"},

    {"Red Hat: errata by CPE, the longer ones left out", "redhat",
     RHSA("patch", "oval:com.redhat.rhsa:def:1",
          REF("RHSA", "RHSA-1:1") REF("CVE", "CVE-1-1") "<cpe>cpe:/o:r:l:9::baseos</cpe><cpe>cpe:/"
                                                        "o:r:l:9</cpe><cpe>cpe:/o:r:l:90</cpe>",
          OR(C("8", "Red Hat Enterprise Linux must be installed")
                 AND(RHEL9 C("2", "Module nodejs:18 is enabled") C("1", "a is earlier than 1"))),
          ""),
     "RHSA-1:1(CVE-1-1) rhel:9/cpe:/o:r:l:9 a@nodejs:18 fixed |1;"
     "RHSA-1:1(CVE-1-1) rhel:9/cpe:/o:r:l:90 a@nodejs:18 fixed |1;"},
    {"Red Hat: the state of the component that the package is of", "redhat",
     RHSA(
         "vulnerability", "oval:com.redhat.cve:def:1",
         REF("CVE",
             "CVE-1-1") "<resolution state='Affected'><component>b</component></resolution>"
                        "<resolution state='Will not fix'><component>zlib</component></resolution>",
         AND(RHEL9 C("1", "zlib-devel is installed")),
         "<tests>" TEST_ANY("1", "") "</tests><objects>" OBJECT("1", "zlib-devel") "</objects>"),
     "CVE-1-1() rhel:9 zlib-devel will-not-fix  Will not fix;"},
    {"Red Hat: what a package does not have", "redhat",
     RHSA("vulnerability", "oval:com.redhat.unaffected:def:1", REF("CVE", "CVE-1-1"),
          AND(RHEL9 C("1", "a is installed") C("2", "a is not installed")),
          "<tests>" TEST_ANY("1", "")
              TEST_ANY("2", " check_existence='none_exist'") "</tests><objects>" OBJECT("1", "a")
                  OBJECT("2", "a") "</objects>"),
     "CVE-1-1() rhel:9 a not-affected ;"},
};

static const struct {
    const char *feed, *path;
} documents[] = {
    {"oracle", "com.oracle.elsa-all.xml"},     {"suse", "suse.linux.enterprise.15.xml"},
    {"azurelinux", "azurelinux-3.0-oval.xml"}, {"ubuntu", "com.ubuntu.jammy.cve.oval.xml"},
    {"redhat", "RHEL9/rhel-9.oval.xml"},
};

static const char *path_of(const char *feed)
{
    for (size_t i = 0; i < ARRAY_COUNT(documents); i++) {
        if (strcmp(documents[i].feed, feed) == 0) {
            return documents[i].path;
        }
    }
    return "";
}

static void test_cases(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s: %s", cases[i].feed, cases[i].says)
        {
            struct teller t;
            teller_init(&t);
            CHECK_OK(
                read_text(cases[i].feed, path_of(cases[i].feed), str_from(cases[i].text), &t, &e),
                &e);
            CHECK_STR(buf_str(&t.told), str_from(cases[i].rows));
            teller_done(&t);
        }
    }
}

static const struct {
    const char *says, *text, *part;
} refused[] = {
    {"a page that is not OVAL", "<html><body/></html>", "begins with 'html'"},
    {"OVAL without definitions", "<oval_definitions><generator/></oval_definitions>",
     "no definitions"},
    {"an empty document", "", "not well-formed"},
};

static void test_hostile(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        CHECK_CASE("%s is refused", refused[i].says)
        {
            struct teller t;
            teller_init(&t);
            CHECK_FAILS(
                read_text("oracle", "com.oracle.elsa-all.xml", str_from(refused[i].text), &t, &e),
                &e, ERROR_FORMAT, refused[i].part);
            CHECK_NUM(t.puts, 0);
            teller_done(&t);
        }
    }
    CHECK_CASE("every cut of a document is refused, and nothing of it is put")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            str text = str_from(cases[i].text);
            for (size_t len = 0; len < text.len; len += 3) {
                struct teller t;
                teller_init(&t);
                CHECK_FAILS(read_text(cases[i].feed, path_of(cases[i].feed),
                                      str_slice(text, 0, len), &t, &e),
                            &e, ERROR_FORMAT, "");
                CHECK_NUM(t.puts, 0);
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
                fail_alloc_at(n);
                bool ok = read_text(cases[i].feed, path_of(cases[i].feed), str_from(cases[i].text),
                                    &t, &e);
                fail_alloc_at(-1);
                teller_done(&t);
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
        struct teller t;
        teller_init(&t);
        t.refuse_at = 1;
        CHECK_FAILS(read_text("oracle", "com.oracle.elsa-all.xml",
                              STR(ELSA(AND(OL8 C("1", "a is earlier than 1")), "")), &t, &e),
                    &e, ERROR_ABSENT, "the sink is full");
        teller_done(&t);
    }
    CHECK_CASE("what limpid has no place for is told once")
    {
        struct teller t;
        teller_init(&t);
        CHECK_OK(read_text("suse", "suse.x.xml",
                           STR(SUSE(AND(OR(C("1", "SUSE Manager Server 4.3 is installed")
                                               C("2", "HPE Helion 8 is installed"))
                                            OR(C("3", "a-1-1 is installed")
                                                   C("4", "b-1-1 is installed"))),
                                    "")),
                           &t, &e),
                 &e);
        CHECK_STR(buf_str(&t.told), STR(""));
        CHECK_STR(buf_str(&t.notes),
                  STR("left out: definitions of which no package came out (1)\n"
                      "criteria told by their comments, for their tests are not there (4)\n"
                      "left out: what limpid has no place for: 'SUSE Manager Server 4.3' (2), "
                      "'HPE Helion 8' (2)\n"));
        teller_done(&t);
    }
}

/* An Oracle erratum with `alternatives` packages, of which each case has `leaves` conditions. */
static bool read_many(size_t alternatives, size_t leaves, size_t description, struct teller *t,
                      struct error *e)
{
    struct buf text;
    buf_init(&text, 64 << 20);
    bool done = buf_printf(&text, e,
                           "<oval_definitions><definitions><definition class='patch'><metadata>"
                           "<title>ELSA-1: x</title><description>");
    for (size_t i = 0; done && i < description; i++) {
        done = buf_add_char(&text, 'd', e);
    }
    done = done && buf_printf(&text, e,
                              "</description></metadata><criteria operator='AND'>" OL8
                              "<criteria operator='OR'>");
    for (size_t i = 0; done && i < alternatives; i++) {
        done = buf_printf(&text, e, "<criteria>");
        for (size_t k = 1; done && k < leaves; k++) {
            done = buf_printf(&text, e,
                              "<criterion test_ref='oval:x:tst:%zu' comment='a%zu is "
                              "earlier than 1'/>",
                              i, i);
        }
        done = done && buf_printf(&text, e, "</criteria>");
    }
    done = done && buf_printf(&text, e,
                              "</criteria></criteria></definition></definitions>"
                              "</oval_definitions>");
    done = done && read_text("oracle", "com.oracle.elsa-all.xml", buf_str(&text), t, e);
    buf_done(&text);
    return done;
}

static void test_limits(void)
{
    struct error e;
    CHECK_CASE("cases of a definition: at the limit, and one past it")
    {
        for (size_t more = 0; more < 2; more++) {
            struct teller t;
            teller_init(&t);
            t.told.bytes_max = 0;
            CHECK_OK(read_many(OVAL_CASES_MAX + more, 2, 1, &t, &e), &e);
            CHECK_NUM(t.rows, more == 0 ? OVAL_CASES_MAX : 0);
            CHECK_NUM(t.puts, more == 0 ? 2 : 0); /* one row more than an advisory may have */
            bool told = str_find(buf_str(&t.notes), STR("too many cases (1)")) < t.notes.len;
            CHECK(told == (more == 1));
            teller_done(&t);
        }
    }
    CHECK_CASE("conditions of a case: at the limit, and one past it")
    {
        for (size_t more = 0; more < 2; more++) {
            struct teller t;
            teller_init(&t);
            CHECK_OK(read_many(1, OVAL_LEAVES_MAX + more, 1, &t, &e), &e);
            CHECK_NUM(t.rows, more == 0 ? 1 : 0);
            teller_done(&t);
        }
    }
    CHECK_CASE("a product of many alternatives stops early")
    {
        struct buf text;
        struct teller t;
        buf_init(&text, 1 << 20);
        teller_init(&t);
        CHECK_OK(buf_printf(&text, &e,
                            "<oval_definitions><definitions><definition class='patch'>"
                            "<metadata><title>ELSA-1:</title></metadata><criteria>"),
                 &e);
        for (int i = 0; i < 60; i++) {
            CHECK_OK(buf_printf(&text, &e, OR(C("1", "x") C("2", "y"))), &e);
        }
        CHECK_OK(buf_printf(&text, &e,
                            "</criteria></definition></definitions>"
                            "</oval_definitions>"),
                 &e);
        CHECK_OK(read_text("oracle", "com.oracle.elsa-all.xml", buf_str(&text), &t, &e), &e);
        CHECK_NUM(t.puts, 0);
        buf_done(&text);
        teller_done(&t);
    }
    CHECK_CASE("a description of the limit is kept, a longer one cut")
    {
        static const size_t bytes[] = {10, ADVISORY_DESCRIPTION_BYTES_MAX,
                                       ADVISORY_DESCRIPTION_BYTES_MAX + 1, 100000};
        for (size_t i = 0; i < ARRAY_COUNT(bytes); i++) {
            struct teller t;
            teller_init(&t);
            CHECK_OK(read_many(1, 2, bytes[i], &t, &e), &e);
            CHECK_NUM(t.description_bytes, bytes[i] < ADVISORY_DESCRIPTION_BYTES_MAX
                                               ? bytes[i]
                                               : ADVISORY_DESCRIPTION_BYTES_MAX);
            teller_done(&t);
        }
    }
    CHECK_CASE("the descriptions of a document share a budget, and no document fails for them")
    {
        struct buf text;
        struct teller t;
        size_t count = 2 * OVAL_TEXTS_BYTES_MAX / ADVISORY_DESCRIPTION_BYTES_MAX;
        buf_init(&text, 128 << 20);
        teller_init(&t);
        t.told.bytes_max = 0;
        CHECK_OK(buf_printf(&text, &e, "<oval_definitions><definitions>"), &e);
        for (size_t i = 0; i < count; i++) {
            CHECK_OK(buf_printf(&text, &e,
                                "<definition class='patch'><metadata><title>ELSA-%zu:"
                                "</title><description>",
                                i),
                     &e);
            CHECK_OK(buf_reserve(&text, ADVISORY_DESCRIPTION_BYTES_MAX, &e), &e);
            memset(text.at + text.len, 'd', ADVISORY_DESCRIPTION_BYTES_MAX);
            text.len += ADVISORY_DESCRIPTION_BYTES_MAX;
            CHECK_OK(buf_printf(&text, &e,
                                "</description></metadata><criteria>" OL8 C(
                                    "1", "a is earlier than 1") "</criteria>"
                                                                "</definition>"),
                     &e);
        }
        CHECK_OK(buf_printf(&text, &e, "</definitions></oval_definitions>"), &e);
        CHECK_OK(read_text("oracle", "com.oracle.elsa-all.xml", buf_str(&text), &t, &e), &e);
        CHECK_NUM(t.puts, count);
        CHECK(t.description_bytes <= OVAL_TEXTS_BYTES_MAX);
        CHECK(t.description_bytes > OVAL_TEXTS_BYTES_MAX / 4 * 3);
        CHECK(str_starts(buf_str(&t.notes), STR("descriptions cut short")));
        buf_done(&text);
        teller_done(&t);
    }
}

static const struct {
    const char *name, *namespace_, *product;
} products[] = {
    {"SUSE Linux Enterprise Server 12", "sles:12", ""},
    {"SUSE Linux Enterprise Server 15-LTSS", "sles:15", "ltss"},
    {"SUSE Linux Enterprise Server 12 SP2-BCL", "sles:12.2", "bcl"},
    {"SUSE Linux Enterprise Server 15 SP3-LTSS", "sles:15.3", "ltss"},
    {"SUSE Linux Enterprise Server 11 SP4 LTSS EXTREME CORE", "sles:11.4", "ltss-extreme-core"},
    {"SUSE Linux Enterprise Server 16.0", "sles:16.0", ""},
    {"SUSE Linux Enterprise Server for SAP Applications 15 SP1", "sles:15.1", "sap"},
    {"SUSE Linux Enterprise High Performance Computing 15 SP2-ESPOS", "sles:15.2", "hpc"},
    {"SUSE Linux Enterprise Desktop 15 SP7", "sled:15.7", ""},
    {"SUSE Linux Enterprise Module for Public Cloud 15 SP4", "sles:15.4", ""},
    {"SUSE Linux Enterprise Module for Python 3 15 SP4", "", ""},
    {"SUSE Linux Enterprise Live Patching 15 SP5", "sles:15.5", "livepatch"},
    {"SUSE Linux Enterprise Micro for Rancher 5.4", "sle-micro:5.4", ""},
    {"SUSE Linux Enterprise Micro 5.5", "sle-micro:5.5", ""},
    {"SUSE Linux Micro 6.1", "sl-micro:6.1", ""},
    {"SUSE Package Hub 15 SP5", "sles:15.5", "package-hub"},
    {"openSUSE Backports SLE-15-SP3", "sles:15.3", "package-hub"},
    {"openSUSE Leap 42.3", "opensuse-leap:42.3", ""},
    {"openSUSE Leap Micro 5.2", "opensuse-leap-micro:5.2", ""},
    {"openSUSE 13.2", "opensuse-leap:13.2", ""},
    {"openSUSE 12.1 Update", "opensuse-leap:12.1", ""},
    {"openSUSE Tumbleweed", "opensuse-tumbleweed", ""},
    {"SUSE Manager Server 4.3", "", ""},
    {"SUSE Linux Enterprise Server", "", ""},
    {"", "", ""},
};

static const struct {
    const char *path, *claimed; /* by which feeds, in their order */
} claims[] = {
    {"com.oracle.elsa-all.xml", "oracle "},
    {"mirror/security/oval/com.oracle.elsa-2024.xml", "oracle "},
    {"oracle/oval/slice-ksplice.xml", "oracle "},
    {"suse.linux.enterprise.server.15-affected.xml", "suse "},
    {"pub/projects/security/oval/opensuse.leap.15.6-patch.xml", "suse "},
    {"suse/oval/truncated-slice.xml", "suse "},
    {"suse.txt", ""},
    {"azurelinux-3.0-oval.xml", "azurelinux "},
    {"x/cbl-mariner-2.0-oval.xml", "azurelinux "},
    {"azure-linux-truncated-3.0-oval.xml", "azurelinux "},
    {"photon_cve_metadata/cve_data_photon5.0.json", "photon "},
    {"com.vmware.phsa-photon3.xml", "photon "},
    {"photon_versions.json", ""},
    {"oval-definitions-bookworm.xml", "debian "},
    {"oval/org.almalinux.alsa-9.xml", "almalinux "},
};

static void test_names(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 1 << 20, "the test");
    for (size_t i = 0; i < ARRAY_COUNT(products); i++) {
        CHECK_CASE("'%s' is '%s' '%s'", products[i].name, products[i].namespace_,
                   products[i].product)
        {
            struct suse_product found;
            CHECK_OK(suse_product_find(str_from(products[i].name), &arena, &found, &e), &e);
            if (products[i].namespace_[0] != '\0') {
                CHECK_STR(found.namespace_, str_from(products[i].namespace_));
                CHECK_STR(found.product, str_from(products[i].product));
            }
        }
    }
    arena_done(&arena);
    for (size_t i = 0; i < ARRAY_COUNT(claims); i++) {
        CHECK_CASE("'%s' is claimed by: %s", claims[i].path, claims[i].claimed)
        {
            struct buf got;
            buf_init(&got, 1000);
            for (size_t k = 0; k < feeds_count; k++) {
                bool other =
                    strcmp(feeds[k]->name, "ubuntu") == 0 || strcmp(feeds[k]->name, "redhat") == 0;
                if (!other && feeds[k]->claims(str_from(claims[i].path))) {
                    CHECK_OK(buf_printf(&got, &e, "%s ", feeds[k]->name), &e);
                }
            }
            CHECK_STR(buf_str(&got), str_from(claims[i].claimed));
            buf_done(&got);
        }
    }
    CHECK_CASE("Ubuntu's and Red Hat's documents are told by their names")
    {
        CHECK(ubuntu_oval_claims(STR("x/oci.com.ubuntu.fips-updates_jammy.cve.oval.xml")));
        CHECK(ubuntu_oval_claims(STR("com.ubuntu.noble.usn.oval.xml")));
        CHECK(!ubuntu_oval_claims(STR("rhel-9.oval.xml")));
        CHECK(redhat_oval_claims(STR("oval/v2/RHEL9/rhel-9-including-unpatched.oval.xml")));
        CHECK(redhat_oval_claims(STR("RHEL9/jboss-ws-5-including-unpatched.oval.xml")));
        CHECK(!redhat_oval_claims(STR("com.ubuntu.noble.usn.oval.xml")));
        CHECK(!redhat_oval_claims(STR("feed.json")));
    }
}

/* Photon's lists, which are no OVAL. */
static void test_lists(void)
{
    static const struct {
        const char *says, *text, *rows, *fails;
    } lists[] = {
        {"fixed, not fixed, not affected",
         "[{\"cve_id\":\"CVE-1-1\",\"pkg\":\"a\",\"cve_score\":7.5,\"aff_ver\":\"all versions "
         "before "
         "1-1 are vulnerable\",\"res_ver\":\"1-1\"},{\"cve_id\":\"CVE-1-2\",\"pkg\":\"b\","
         "\"cve_score\":0,\"aff_ver\":\"all versions are vulnerable\",\"res_ver\":\"NA\"},"
         "{\"cve_id\":\"CVE-1-3\",\"pkg\":\"c\",\"res_ver\":\"NA\",\"status\":\"Not Affected\"}]",
         "CVE-1-1() photon:4.0 src:a fixed |1-1;CVE-1-2() photon:4.0 src:b affected ;"
         "CVE-1-3() photon:4.0 src:c not-affected  Not Affected;",
         NULL},
        {"an entry without a name is left out",
         "[{\"pkg\":\"a\",\"res_ver\":\"1\"},{\"cve_id\":\"CVE-1-1\",\"res_ver\":\"1\"}]", "",
         NULL},
        {"an empty list", "[]", "", NULL},
        {"an object is no list", "{\"a\":1}", "", "is no list"},
        {"a cut list", "[{\"cve_id\":\"CVE-1-1\"", "", "ends at byte"},
    };
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        CHECK_CASE("photon: %s", lists[i].says)
        {
            struct teller t;
            teller_init(&t);
            bool done =
                read_text("photon", "cve_data_photon4.0.json", str_from(lists[i].text), &t, &e);
            if (lists[i].fails == NULL) {
                CHECK_OK(done, &e);
                CHECK_STR(buf_str(&t.told), str_from(lists[i].rows));
            } else {
                CHECK_FAILS(done, &e, ERROR_FORMAT, lists[i].fails);
            }
            teller_done(&t);
        }
    }
}

int main(void)
{
    test_cases();
    test_hostile();
    test_limits();
    test_names();
    test_lists();
    return check_done();
}
