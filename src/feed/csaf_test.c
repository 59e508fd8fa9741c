/* What the members of a CSAF document mean, which rows become one, and what is refused. Whole real
 * documents: rows_redhat_test.py. */
#include "feed/csaf.h"

#include "csaf_test.h"
#include "feed/redhat.h"

#define VEX "vex/2024/cve-2024-1.json"
#define APP9 "cpe:/a:redhat:enterprise_linux:9::appstream"
#define RPM "pkg:rpm/redhat/"

static const struct {
    const char *says;
    const char *components;    /* "STREAM ID [PURL]" a line */
    const char *vulnerability; /* members of it */
    const char *rows, *notes;  /* NULL: none matter */
} cases[] = {
    {"a fixed package has version, epoch and the erratum",
     "App9 openssl-1 " RPM "openssl@1.1.1k-9.el9?arch=x86_64&epoch=1",
     "'product_status':{'fixed':['App9:openssl-1']},'remediations':[{'category':'vendor_fix',"
     "'details':'x','product_ids':['App9:openssl-1'],'url':'https://x.example/errata/RHSA-1:2'}]",
     "CVE-2024-1() rhel:9 " APP9 " openssl fixed 1:1.1.1k-9.el9 'RHSA-1:2'\n", ""},
    {"an epoch of 0 is none, and names are decoded",
     "App9 a " RPM "libstdc%2B%2B@11.4.1-2.1.el9%5F0?epoch=0&arch=i686",
     "'product_status':{'first_fixed':['App9:a']}",
     "CVE-2024-1() rhel:9 " APP9 " libstdc++ fixed 11.4.1-2.1.el9_0\n", ""},
    {"architectures that agree are one row, the source is another",
     "App9 a.src " RPM "a@1-2?arch=src\nApp9 a.x " RPM "a@1-2?arch=x86_64\nApp9 a.s " RPM
     "a@1-2?arch=s390x",
     "'product_status':{'fixed':['App9:a.src','App9:a.x','App9:a.s']}",
     "CVE-2024-1() rhel:9 " APP9 " a src fixed 1-2\nCVE-2024-1() rhel:9 " APP9 " a fixed 1-2\n",
     ""},
    {"architectures that differ are rows of their own",
     "App9 a.x " RPM "a@1-2?arch=x86_64\nApp9 a.s " RPM "a@1-3?arch=s390x",
     "'product_status':{'fixed':['App9:a.x','App9:a.s']}",
     "CVE-2024-1() rhel:9 " APP9 " a x86_64 fixed 1-2\n"
     "CVE-2024-1() rhel:9 " APP9 " a s390x fixed 1-3\n",
     ""},
    {"streams of one product can have a fix each, of all architectures",
     "App9 a.x " RPM "a@1-3?arch=x86_64\nApp9 a.s " RPM "a@1-3?arch=s390x\nApp9.2 b.x " RPM
     "a@1-2?arch=x86_64\nApp9.2 b.s " RPM "a@1-2?arch=s390x",
     "'product_status':{'fixed':['App9:a.x','App9:a.s','App9.2:b.x','App9.2:b.s']}",
     "CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\nCVE-2024-1() rhel:9 " APP9 " a fixed 1-3\n", ""},
    {"what two streams say alike is said once",
     "App9 a.x " RPM "a@1-2?arch=x86_64\nApp9.2 a.y " RPM "a@1-2?arch=x86_64",
     "'product_status':{'fixed':['App9:a.x','App9.2:a.y']}",
     "CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\n", ""},
    {"products keep their CPE, another release its namespace",
     "Eus9 a.x " RPM "a@1-2?arch=x86_64\nrhel_8 b " RPM "a?arch=src\nOcp c " RPM
     "a@1-4?arch=x86_64",
     "'product_status':{'fixed':['Eus9:a.x','Ocp:c'],'known_affected':['rhel_8:b']}",
     "CVE-2024-1() rhel:8 cpe:/o:redhat:enterprise_linux:8 a src affected\n"
     "CVE-2024-1() rhel:9 cpe:/a:redhat:openshift:4.14::el9 a fixed 1-4\n"
     "CVE-2024-1() rhel:9 cpe:/a:redhat:rhel_eus:9.2::appstream a fixed 1-2\n",
     ""},
    {"products of no release are counted", "ocp_4 a " RPM "a?arch=src\nApp9 b pkg:oci/b?arch=x",
     "'product_status':{'known_affected':['ocp_4:a','App9:b','App9']}", "",
     "left out: 1 advisories about no package that is read\n"
     "left out: components of the products: 'cpe:/a:redhat:openshift:4' (1)\n"
     "left out: components: 'pkg:oci' (1), 'products that are no component of another' (1)\n"},
    {"affected is told by its remediation",
     "App9 a " RPM "a\nApp9 b " RPM "b\nApp9 c " RPM "c\nApp9 d " RPM "d\nApp9 e " RPM "e",
     "'product_status':{'known_affected':['App9:a','App9:b','App9:c','App9:d','App9:e']},"
     "'remediations':[{'category':'none_available','details':'Affected','product_ids':"
     "['App9:a']},{'category':'none_available','details':'Fix deferred','product_ids':"
     "['App9:b']},{'category':'no_fix_planned','details':'Will not fix','product_ids':"
     "['App9:c']},{'category':'no_fix_planned','details':'Out of support scope','product_ids':"
     "['App9:d']},{'category':'workaround','details':'Unplug it','product_ids':['App9:e']}]",
     "CVE-2024-1() rhel:9 " APP9 " a affected 'Affected'\n"
     "CVE-2024-1() rhel:9 " APP9 " b fix-deferred 'Fix deferred'\n"
     "CVE-2024-1() rhel:9 " APP9 " c will-not-fix 'Will not fix'\n"
     "CVE-2024-1() rhel:9 " APP9 " d end-of-life 'Out of support scope'\n"
     "CVE-2024-1() rhel:9 " APP9 " e affected\n",
     ""},
    {"of two remediations the final one counts", "App9 a " RPM "a",
     "'product_status':{'known_affected':['App9:a']},'remediations':[{'category':"
     "'no_fix_planned','details':'Will not fix','product_ids':['App9:a']},{'category':"
     "'none_available','details':'Fix deferred','product_ids':['App9:a']}]",
     "CVE-2024-1() rhel:9 " APP9 " a will-not-fix 'Will not fix'\n", ""},
    {"not affected has the flag, under investigation nothing", "App9 a " RPM "a\nApp9 b " RPM "b",
     "'flags':[{'label':'component_not_present','product_ids':['App9:a']}],'product_status':"
     "{'known_not_affected':['App9:a'],'under_investigation':['App9:b']}",
     "CVE-2024-1() rhel:9 " APP9 " a not-affected 'component_not_present'\n"
     "CVE-2024-1() rhel:9 " APP9 " b under-investigation\n",
     ""},
    {"not affected is one row, whatever the builds",
     "App9 a.x " RPM "a@1-2?arch=x86_64\nApp9 a.s " RPM "a@1-3?arch=s390x",
     "'product_status':{'known_not_affected':['App9:a.x','App9:a.s']}",
     "CVE-2024-1() rhel:9 " APP9 " a not-affected\n", ""},
    {"not affected on one architecture only has it",
     "App9 a.x " RPM "a@1-2?arch=x86_64\nApp9 a.s " RPM "a@1-2?arch=s390x",
     "'product_status':{'known_not_affected':['App9:a.s'],'fixed':['App9:a.x']}",
     "CVE-2024-1() rhel:9 " APP9 " a x86_64 fixed 1-2\n"
     "CVE-2024-1() rhel:9 " APP9 " a s390x not-affected\n",
     ""},
    {"not affected does not hide the fix of another build",
     "App9 a.x " RPM "a@1-2?arch=x86_64\nApp9.2 a.y " RPM "a@1-1?arch=x86_64",
     "'product_status':{'known_not_affected':['App9.2:a.y'],'fixed':['App9:a.x']}",
     "CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\n",
     "left out: 1 'not affected' of packages that the same product has as affected\n"},
    {"nor does a source that is not affected hide its fixed binaries",
     "App9 a.x " RPM "a-libs@1-2?arch=x86_64\nApp9 a.src " RPM "a@1-2?arch=src",
     "'product_status':{'known_not_affected':['App9:a.src'],'fixed':['App9:a.x']}",
     "CVE-2024-1() rhel:9 " APP9 " a-libs fixed 1-2\n",
     "left out: 1 'not affected' of packages that the same product has as affected\n"},
    {"of two statuses the worse one counts", "App9 a " RPM "a@1-2?arch=x86_64",
     "'product_status':{'fixed':['App9:a'],'known_not_affected':['App9:a'],'first_affected':"
     "['App9:a']}",
     "CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\n",
     "left out: what was not understood: 'first_affected and last_affected' (1)\n"},
    {"the impact is the row's severity", "App9 a " RPM "a\nApp9 b " RPM "b",
     "'product_status':{'known_affected':['App9:a','App9:b']},'threats':[{'category':'impact',"
     "'details':'Low','product_ids':['App9:a']},{'category':'exploit_status','details':"
     "'Critical','product_ids':['App9:b']}]",
     "CVE-2024-1() rhel:9 " APP9 " a affected low\nCVE-2024-1() rhel:9 " APP9 " b affected\n", ""},
    {"modules come from the purl, or else from the identifier",
     "App9 a " RPM "a@1-2?arch=x86_64&rpmmod=nodejs:18:8090:e8cd\nApp9 b::python39:3.9 " RPM
     "b\nApp9 perl:5.26/c " RPM "c?arch=src\nApp9 d " RPM "d?rpmmod=ruby%3A3.1",
     "'product_status':{'fixed':['App9:a'],'known_affected':['App9:b::python39:3.9',"
     "'App9:perl:5.26/c','App9:d']}",
     "CVE-2024-1() rhel:9 " APP9 " a @nodejs:18 fixed 1-2\n"
     "CVE-2024-1() rhel:9 " APP9 " b @python39:3.9 affected\n"
     "CVE-2024-1() rhel:9 " APP9 " c src @perl:5.26 affected\n"
     "CVE-2024-1() rhel:9 " APP9 " d @ruby:3.1 affected\n",
     ""},
    {"a malformed module is told, unless the identifier has it",
     "App9 a " RPM "a?rpmmod=nodejs\nApp9 b " RPM "b?rpmmod=\nApp9 c::x:1 " RPM
     "c?rpmmod=:x\nApp9 d " RPM "d?rpmmod=d::z",
     "'product_status':{'known_affected':['App9:a','App9:b','App9:c::x:1','App9:d']}",
     "CVE-2024-1() rhel:9 " APP9 " c @x:1 affected\n",
     "left out: components: 'packages of a module that is not named' (3)\n"},
    {"identifiers without a purl are split",
     "App9 a-b-1:2.3-4.el9.x86_64\nApp9 c-0:1-2.src\nApp9 kernel.src\nApp9 kernel\nApp9 m:1/d\n"
     "App9 e-0:1-2.noarch::n:2\nApp9 x/y\nApp9 x/y/z\nApp9 java-1.8.0-openjdk",
     "'product_status':{'fixed':['App9:a-b-1:2.3-4.el9.x86_64','App9:c-0:1-2.src',"
     "'App9:e-0:1-2.noarch::n:2'],'known_affected':['App9:kernel','App9:kernel.src','App9:m:1/d',"
     "'App9:x/y','App9:x/y/z','App9:java-1.8.0-openjdk']}",
     "CVE-2024-1() rhel:9 " APP9 " a-b fixed 1:2.3-4.el9\n"
     "CVE-2024-1() rhel:9 " APP9 " c src fixed 1-2\n"
     "CVE-2024-1() rhel:9 " APP9 " d src @m:1 affected\n"
     "CVE-2024-1() rhel:9 " APP9 " e @n:2 fixed 1-2\n"
     "CVE-2024-1() rhel:9 " APP9 " java-1.8.0-openjdk src affected\n"
     "CVE-2024-1() rhel:9 " APP9 " kernel src affected\n",
     "left out: components: 'images, archives and others without a purl' (2)\n"},
    {"purls that are none are told",
     "App9 a pkg:rpm\nApp9 b pkg:rpm/redhat/\nApp9 c x:y\nApp9 d " RPM "d",
     "'product_status':{'known_affected':['App9:a','App9:b','App9:c'],'fixed':['App9:d']}", "",
     "left out: 1 advisories about no package that is read\n"
     "left out: components: 'a bad purl' (3), 'fixed packages without a version' (1)\n"},
    {"groups of products are told", "App9 a " RPM "a",
     "'product_status':{'known_affected':['App9:a']},'remediations':[{'category':"
     "'no_fix_planned','details':'Will not fix','group_ids':['g']}]",
     "CVE-2024-1() rhel:9 " APP9 " a affected\n",
     "left out: what was not understood: 'remediations of groups of products' (1)\n"},
    {"members of another type are passed over", "App9 a " RPM "a",
     "'product_status':{'known_affected':['App9:a',5,null,['x'],{'y':'z'}],'fixed':'App9:a'},"
     "'remediations':[7,{'category':['x'],'details':1,'product_ids':{'a':'b'}}],'threats':{},"
     "'flags':null,'scores':[{'cvss_v3':'x'}],'notes':'n','references':[[['r']]]",
     "CVE-2024-1() rhel:9 " APP9 " a affected\n", ""},
};

static void test_cases(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct buf text;
            char vulnerability[4096];
            buf_init(&text, 1 << 20);
            snprintf(vulnerability, sizeof(vulnerability), "{'cve':'CVE-2024-1',%s}",
                     cases[i].vulnerability);
            add_document(&text, "CVE-2024-1", cases[i].components, vulnerability);
            check_rows(redhat_csaf_read, VEX, &text, cases[i].rows, cases[i].notes);
            buf_done(&text);
        }
    }
}

/* -- documents that are put together in another way ----------------------------------------- */

#define HEAD(id)                                                                                   \
    "'document':{'category':'csaf_vex','tracking':{'id':'" id "','initial_release_date':"          \
    "'2024-01-02T03:04:05Z','current_release_date':'2024-02-03T04:05:06Z'},'title':'T'}"
#define PRODUCT(id, key, value)                                                                    \
    "{'name':'n','product_id':'" id "','product_identification_helper':{'" key "':'" value "'}}"
#define RELATION(id, component, of)                                                                \
    "{'category':'default_component_of','full_product_name':{'name':'n','product_id':'" id "'},"   \
    "'product_reference':'" component "','relates_to_product_reference':'" of "'}"

static const struct {
    const char *says, *rows, *text[20];
} documents[] = {
    {"a document in the other order, with products outside of branches",
     "CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\n",
     {"{'vulnerabilities':[{'product_status':{'fixed':['s:a']},'cve':'CVE-2024-1'}],",
      "'product_tree':{'relationships':[", RELATION("s:a", "a", "s"), "],'full_product_names':[",
      PRODUCT("a", "purl", RPM "a@1-2"), ",", PRODUCT("s", "cpe", APP9), "]},", HEAD("CVE-2024-1"),
      "}"}},
    {"a package of a module of a stream",
     "CVE-2024-1() rhel:9 " APP9 " a @nodejs:18 fixed 1-2\n",
     {"{", HEAD("CVE-2024-1"), ",'product_tree':{'full_product_names':[",
      PRODUCT("a", "purl", RPM "a@1-2?arch=x86_64"), ",",
      PRODUCT("m", "purl", "pkg:rpmmod/redhat/nodejs@18:8090:rhel9"), ",",
      PRODUCT("s", "cpe", APP9), "],'relationships':[", RELATION("s:m", "m", "s"), ",",
      RELATION("s:m:a", "a", "s:m"),
      "]},'vulnerabilities':[{'cve':'CVE-2024-1','product_status':{'fixed':['s:m:a']}}]}"}},
    {"relationships in a circle end",
     "",
     {"{", HEAD("CVE-2024-1"), ",'product_tree':{'relationships':[", RELATION("a", "x", "b"), ",",
      RELATION("b", "y", "a"),
      "]},'vulnerabilities':[{'cve':'CVE-2024-1','product_status':{'fixed':['a']}}]}"}},
    {"two vulnerabilities of a document about a CVE are two advisories",
     "CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\nCVE-2024-2() rhel:9 " APP9 " a affected\n",
     {"{", HEAD("CVE-2024-1"), ",'product_tree':{'full_product_names':[",
      PRODUCT("a", "purl", RPM "a@1-2"), ",", PRODUCT("s", "cpe", APP9), "],'relationships':[",
      RELATION("s:a", "a", "s"),
      "]},'vulnerabilities':[{'cve':'CVE-2024-1','product_status':{'fixed':['s:a']}},",
      "{'cve':'CVE-2024-2','product_status':{'known_affected':['s:a']}}]}"}},
    {"an update is one advisory, about its CVEs, with what it fixes",
     "RHSA-2024:1(CVE-2024-1 CVE-2024-2) rhel:9 " APP9 " a fixed 1-2\n"
     "RHSA-2024:1(CVE-2024-1 CVE-2024-2) rhel:9 " APP9 " b fixed 1-3\n",
     {"{", HEAD("RHSA-2024:1"), ",'product_tree':{'full_product_names':[",
      PRODUCT("a", "purl", RPM "a@1-2"), ",", PRODUCT("b", "purl", RPM "b@1-3"), ",",
      PRODUCT("s", "cpe", APP9), "],'relationships':[", RELATION("s:a", "a", "s"), ",",
      RELATION("s:b", "b", "s"), "]},'vulnerabilities':[",
      "{'cve':'CVE-2024-1','product_status':{'fixed':['s:a'],'known_not_affected':['s:b']},",
      "'threats':[{'category':'impact','details':'Low'}]},",
      "{'cve':'CVE-2024-2','product_status':{'fixed':['s:a','s:b']}},",
      "{'cve':'CVE-2024-1','product_status':{'fixed':['s:b']}}]}"}},
    {"a document without vulnerabilities says nothing", "", {"{", HEAD("RHSA-2024:1"), "}"}},
    {"nor does one that is deleted",
     "",
     {"{'document':{'tracking':{'id':'CVE-2024-1','status':'deleted'}},'product_tree':{",
      "'full_product_names':[", PRODUCT("a", "purl", RPM "a@1-2"), ",", PRODUCT("s", "cpe", APP9),
      "],'relationships':[", RELATION("s:a", "a", "s"),
      "]},'vulnerabilities':[{'cve':'CVE-2024-1','product_status':{'fixed':['s:a']}}]}"}},
    {"a document's category may be missing",
     "CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\n",
     {"{'document':{'tracking':{'id':'CVE-2024-1','status':'final'}},'product_tree':{",
      "'full_product_names':[", PRODUCT("a", "purl", RPM "a@1-2"), ",", PRODUCT("s", "cpe", APP9),
      "],'relationships':[", RELATION("s:a", "a", "s"),
      "]},'vulnerabilities':[{'cve':'CVE-2024-1','product_status':{'fixed':['s:a']}}]}"}},
};

static void test_documents(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(documents); i++) {
        CHECK_CASE("%s", documents[i].says)
        {
            struct buf text;
            buf_init(&text, 1 << 20);
            for (size_t k = 0; k < 20 && documents[i].text[k] != NULL; k++) {
                quoted(&text, documents[i].text[k]);
            }
            check_rows(redhat_csaf_read, VEX, &text, documents[i].rows, NULL);
            buf_done(&text);
        }
    }
}

#define A_COMPONENT "App9 a " RPM "a@1-2?arch=x86_64"
#define A_FIXED "'product_status':{'fixed':['App9:a']}"

static void test_head(void)
{
    CHECK_CASE("the head has severity, dates, vector, description and page")
    {
        struct buf text;
        struct row_lines l;
        struct error e;
        buf_init(&text, 1 << 20);
        row_lines_init(&l);
        add_document(&text, "CVE-2024-1", A_COMPONENT,
                     "{'cve':'CVE-2024-1'," A_FIXED ",'notes':[{'category':'general','text':"
                     "'about scores','title':'CVSS'},{'category':'summary','text':'short'},"
                     "{'category':'description','text':'long'}],'references':[{'category':"
                     "'external','url':'https://x.example/e'},{'category':'self','url':"
                     "'https://x.example/c'}],'scores':[{'cvss_v2':{'baseScore':9.0,"
                     "'vectorString':'AV:N'},'products':['x']},{'cvss_v3':{'baseScore':5.3,"
                     "'vectorString':'CVSS:3.1/low'}},{'cvss_v3':{'vectorString':'CVSS:3.1/high',"
                     "'baseScore':7.5}}],'release_date':'2024-01-01T00:00:00Z'}");
        CHECK_OK(read_by(redhat_csaf_read, VEX, buf_str(&text), &l, &e), &e);
        CHECK_NUM(l.last.severity, SEVERITY_HIGH);
        CHECK_NUM(l.last.published_s, 1704067200); /* date -u -d 2024-01-01 +%s */
        CHECK_NUM(l.last.modified_s, 1706933106);  /* date -u -d 2024-02-03T04:05:06Z +%s */
        CHECK_STR(buf_str(&l.last_cvss), STR("CVSS:3.1/high"));
        CHECK_STR(buf_str(&l.last_description), STR("long"));
        CHECK_STR(buf_str(&l.last_url), STR("https://x.example/c"));
        row_lines_done(&l);
        buf_done(&text);
    }
    CHECK_CASE("an update of severity None has that of its vulnerabilities")
    {
        struct buf text;
        struct row_lines l;
        struct error e;
        buf_init(&text, 1 << 20);
        row_lines_init(&l);
        quoted(&text, "{'document':{'category':'csaf_vex','aggregate_severity':{'text':'None'},"
                      "'tracking':{'id':'RHBA-2024:1'}},");
        add_tree(&text, A_COMPONENT);
        quoted(&text, ",'vulnerabilities':[{" A_FIXED ",'threats':[{'category':'impact','details':"
                      "'Moderate'}]}]}");
        CHECK_OK(read_by(redhat_csaf_read, VEX, buf_str(&text), &l, &e), &e);
        CHECK_NUM(l.last.severity, SEVERITY_MEDIUM);
        row_lines_done(&l);
        buf_done(&text);
    }
    CHECK_CASE("a long description is cut at a character")
    {
        struct arena arena;
        struct error e;
        str cut;
        arena_init(&arena, 1 << 16, "test");
        CHECK_OK(csaf_cut(STR("abcdef"), 6, &arena, &cut, &e), &e);
        CHECK_STR(cut, STR("abcdef"));
        CHECK_OK(csaf_cut(STR("abcdefg"), 6, &arena, &cut, &e), &e);
        CHECK_STR(cut, STR("abc\u2026"));
        CHECK_OK(csaf_cut(STR("ab\u00e9efgh"), 6, &arena, &cut, &e), &e);
        CHECK_STR(cut, STR("ab\u2026"));
        arena_done(&arena);
    }
}

/* -- what is refused ------------------------------------------------------------------------ */

static void check_refused(const char *text, enum error_kind kind, const char *part)
{
    struct buf json;
    struct row_lines l;
    struct error e;
    buf_init(&json, 1 << 20);
    row_lines_init(&l);
    quoted(&json, text);
    CHECK_FAILS(read_by(redhat_csaf_read, VEX, buf_str(&json), &l, &e), &e, kind, part);
    CHECK_NUM(l.puts, 0);
    row_lines_done(&l);
    buf_done(&json);
}

/* `count` remediations with a word each. */
static bool many_words(size_t count, struct error *e)
{
    struct buf text;
    struct row_lines l;
    buf_init(&text, 64 << 20);
    row_lines_init(&l);
    add_document(&text, "CVE-2024-1", A_COMPONENT,
                 "{'cve':'CVE-2024-1'," A_FIXED ",'remediations':[");
    text.len -= 2; /* "]}" */
    for (size_t i = 0; i < count; i++) {
        quoted_printf(&text, "%s{'category':'none_available','details':'%zu'}", i > 0 ? "," : "",
                      i);
    }
    quoted(&text, "]}]}");
    bool done = read_by(redhat_csaf_read, VEX, buf_str(&text), &l, e);
    row_lines_done(&l);
    buf_done(&text);
    return done;
}

static void test_refused(void)
{
    struct error e;
    CHECK_CASE("other JSON is no CSAF document")
    {
        check_refused("{}", ERROR_FORMAT, "no tracking id");
        check_refused("[]", ERROR_FORMAT, "no tracking id");
        check_refused("{'document':{'category':'csaf_vex'}}", ERROR_FORMAT, "no tracking id");
        check_refused("{'document':{'category':'other','tracking':{'id':'a'}}}", ERROR_FORMAT,
                      "does not begin with 'csaf_'");
        check_refused("<html>", ERROR_FORMAT, "begins with '<'");
        check_refused("", ERROR_FORMAT, "is empty");
    }
    CHECK_CASE("nesting of 128 is read, one more is refused")
    {
        for (size_t depth = 128; depth <= 129; depth++) {
            struct buf text;
            struct row_lines l;
            buf_init(&text, 1 << 20);
            row_lines_init(&l);
            quoted(&text, "{" HEAD("CVE-2024-1") ",'x':");
            for (size_t i = 1; i < depth; i++) {
                quoted(&text, "[");
            }
            for (size_t i = 1; i < depth; i++) {
                quoted(&text, "]");
            }
            quoted(&text, "}");
            bool done = read_by(redhat_csaf_read, VEX, buf_str(&text), &l, &e);
            CHECK(depth == 128 ? done : !done && e.kind == ERROR_LIMIT);
            row_lines_done(&l);
            buf_done(&text);
        }
    }
    CHECK_CASE("65535 different words are read, one more is refused")
    {
        CHECK_OK(many_words(CSAF_TEXTS_MAX, &e), &e);
        CHECK_FAILS(many_words(CSAF_TEXTS_MAX + 1, &e), &e, ERROR_LIMIT, "65535");
    }
}

static void test_failures(void)
{
    struct buf text;
    struct error e;
    buf_init(&text, 1 << 20);
    add_document(&text, "CVE-2024-1", "App9 a " RPM "a%2B@1-2?arch=x86_64&epoch=1\nApp9 b " RPM "b",
                 "{'cve':'CVE-2024-1','notes':[{'category':'description','text':'d'}],"
                 "'product_status':{'fixed':['App9:a'],'known_affected':['App9:b']},"
                 "'remediations':[{'category':'no_fix_planned','details':'Will not fix',"
                 "'product_ids':['App9:b']}]}");
    CHECK_CASE("every cut is refused")
    {
        for (size_t len = 0; len < text.len; len++) {
            struct row_lines l;
            row_lines_init(&l);
            CHECK_FAILS(read_by(redhat_csaf_read, VEX, str_slice(buf_str(&text), 0, len), &l, &e),
                        &e, ERROR_FORMAT, "");
            row_lines_done(&l);
        }
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (int n = 0;; n++) {
            struct row_lines l;
            row_lines_init(&l);
            fail_alloc_at(n);
            bool done = read_by(redhat_csaf_read, VEX, buf_str(&text), &l, &e);
            fail_alloc_at(-1);
            row_lines_done(&l);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK_FAILS(done, &e, ERROR_MEMORY, "");
        }
    }
    CHECK_CASE("a sink that fails ends it")
    {
        struct row_lines l;
        row_lines_init(&l);
        l.fails_after = 0;
        CHECK_FAILS(read_by(redhat_csaf_read, VEX, buf_str(&text), &l, &e), &e, ERROR_FORMAT,
                    "the sink is full");
        row_lines_done(&l);
    }
    buf_done(&text);
}

int main(void)
{
    test_cases();
    test_documents();
    test_head();
    test_refused();
    test_failures();
    return check_done();
}
