/* Red Hat's paths, CPEs, the security data API and the map of repositories. CSAF: csaf_test.c. */
#include "feed/redhat.h"

#include "csaf_test.h"

static const struct {
    const char *cpe, *release; /* "": none */
} cpes[] = {
    {"cpe:/o:redhat:enterprise_linux:9::baseos", "9"},
    {"cpe:/o:redhat:enterprise_linux:9", "9"},
    {"cpe:/o:redhat:enterprise_linux:10.1", "10"},
    {"cpe:/a:redhat:enterprise_linux:8::appstream", "8"},
    {"cpe:/o:redhat:enterprise_linux_eus:10.0", "10"},
    {"cpe:/a:redhat:rhel_eus:9.2::appstream", "9"},
    {"cpe:/o:redhat:rhel_els:6", "6"},
    {"cpe:/a:redhat:rhel_eus_long_life:8.4::appstream", "8"},
    {"cpe:/a:redhat:rhel_extras_sap_hana_e4s:7.3", "7"},
    {"cpe:/a:redhat:openshift:4.14::el9", "9"},
    {"cpe:/a:redhat:openstack-director_els:7::el7.4", "7"},
    {"cpe:/a:redhat:rhel_software_collections:3::el7", "7"},
    {"cpe:/a:redhat:rhel_software_collections:3", ""},
    {"cpe:/a:redhat:enterprise_linux_ai:3", ""},
    {"cpe:/a:redhat:hummingbird:1", ""},
    {"cpe:/a:redhat:openshift:4", ""},
    {"cpe:/a:redhat:openshift:4::elx", ""},
    {"cpe:/a:redhat:openshift:4::el", ""},
    {"cpe:/o:redhat:enterprise_linux:9x", ""},
    {"cpe:/o:redhat:enterprise_linux:", ""},
    {"cpe:/o:redhat:enterprise_linux", ""},
    {"cpe:/o:other:enterprise_linux:9", ""},
    {"cpe:/o:redhat:enterprise_linux:123", ""},
    {"cpe:2.3:o:redhat:enterprise_linux:9:*:*:*:*:*:*:*", ""},
    {"cpe:/", ""},
    {"", ""},
};

static void test_cpes(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cpes); i++) {
        CHECK_CASE("the release of '%s'", cpes[i].cpe)
        {
            str release = STR_NONE;
            CHECK(redhat_cpe_release(str_from(cpes[i].cpe), &release) == (cpes[i].release[0] != 0));
            CHECK_STR(release, str_from(cpes[i].release));
        }
    }
}

static void test_paths(void)
{
    static const char *const mine[] = {
        "vex/csaf_vex_2026-03-12.tar",
        "data/csaf/v2/vex/2024/cve-2024-1.json",
        "vex/1999/cve-1999-1.json",
        "vex-feed/2024/cve-2024-1.json",
        "vex/cve-2024-1.json",
        "vex-feed/vex-archive.tar",
        "advisories/csaf_advisories_2025-09-10.tar",
        "advisories/2024/rhsa-2024_1431.json",
        "advisories/2024/rhba-2024_1440.json",
        "advisories/2024/rhea-2024_1440.json",
        "vex/changes.csv",
        "vex-feed/archive_latest.txt",
        "advisories/deletions.csv",
        "hydra-cve/CVE-2024-1",
        "hydra/rest/securitydata/cve/CVE-2024-1.json",
    };
    static const char *const others[] = {
        "",          "changes.csv",  "x/changes.csv",       "2024/cve-2024-1.json",
        "cve.json",  "x/cve-1.json", "vex/2024/index.json", "hydra-cve/cve.json",
        "vex/x.tar", "csaf.tar",     "hydra-cve/",          "/",
    };
    CHECK_CASE("documents by their path")
    {
        for (size_t i = 0; i < ARRAY_COUNT(mine); i++) {
            CHECK(feed_redhat.claims(str_from(mine[i])));
        }
        for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
            CHECK(!feed_redhat.claims(str_from(others[i])));
        }
        CHECK(feed_redhat_repositories.claims(STR("metrics/repository-to-cpe.json")));
        CHECK(!feed_redhat_repositories.claims(STR("x-repository-to-cpe.json")));
    }
    CHECK_CASE("lists beside the documents are read as nothing")
    {
        struct row_lines l;
        struct error e;
        row_lines_init(&l);
        CHECK_OK(
            read_by(redhat_csaf_read, "vex/changes.csv", STR("\"2024/x.json\",\"t\"\n"), &l, &e),
            &e);
        CHECK_NUM(l.puts, 0);
        CHECK_NUM(l.notes.len, 0);
        row_lines_done(&l);
    }
}

/* -- the security data API ------------------------------------------------------------------ */

#define EL8 "'cpe':'cpe:/o:redhat:enterprise_linux:8'"
#define EL8_ROW "CVE-2024-1() rhel:8 cpe:/o:redhat:enterprise_linux:8 "

static const char hydra[] =
    "{'name':'CVE-2024-1','threat_severity':'Moderate','public_date':'2024-01-01T00:00:00Z',"
    "'cvss3':{'cvss3_scoring_vector':'CVSS:3.1/x'},'details':['theirs','ours'],"
    "'affected_release':[{'advisory':'RHSA-1:1','package':'kernel-0:4.18.0-5.el8'," EL8 "},"
    "{'advisory':'RHSA-1:2','package':'bind-32:9.11.4-2.el8'," EL8 "},{'advisory':'RHSA-1:3',"
    "'package':'nodejs:18-8090.a75'," EL8 "},{'advisory':'RHSA-1:4'," EL8 "}],"
    "'package_state':[{'fix_state':'Affected','package_name':'a'," EL8 "},{'fix_state':"
    "'Will not fix','package_name':'b'," EL8 "},{'fix_state':'Out of support scope',"
    "'package_name':'c'," EL8 "},{'fix_state':'Fix deferred','package_name':'python39:3.9/d'," EL8
    "},{'fix_state':'Not affected','package_name':'e'," EL8 "},{'fix_state':"
    "'Under investigation','package_name':'f'," EL8 "},{'fix_state':'Puzzling','package_name':"
    "'g'," EL8 "},{'fix_state':'Affected','package_name':'x/y'," EL8 "},{'fix_state':"
    "'Affected','package_name':'h','cpe':'cpe:/a:redhat:openshift:4'}]}";

static void test_hydra(void)
{
    struct buf text;
    struct error e;
    buf_init(&text, 1 << 20);
    quoted(&text, hydra);
    CHECK_CASE("states and fixes of the security data API")
    {
        check_rows(redhat_hydra_read, "hydra-cve/CVE-2024-1", &text,
                   EL8_ROW "a src affected 'Affected'\n" EL8_ROW
                           "b src will-not-fix 'Will not fix'\n" EL8_ROW
                           "bind src fixed 32:9.11.4-2.el8 'RHSA-1:2'\n" EL8_ROW
                           "c src end-of-life 'Out of support scope'\n" EL8_ROW
                           "d src @python39:3.9 fix-deferred 'Fix deferred'\n" EL8_ROW
                           "e src not-affected 'Not affected'\n" EL8_ROW
                           "f src under-investigation 'Under investigation'\n" EL8_ROW
                           "kernel src fixed 4.18.0-5.el8 'RHSA-1:1'\n",
                   "left out: packages of the products: 'cpe:/a:redhat:openshift:4' (1)\n"
                   "left out: components: 'images, archives and others without a purl' (2), "
                   "'fixes that name no package' (1)\n"
                   "left out: states: 'Puzzling' (1)\n");
    }
    CHECK_CASE("its head")
    {
        struct row_lines l;
        row_lines_init(&l);
        CHECK_OK(read_by(redhat_hydra_read, "hydra-cve/CVE-2024-1", buf_str(&text), &l, &e), &e);
        CHECK_NUM(l.last.severity, SEVERITY_MEDIUM);
        CHECK_NUM(l.last.published_s, 1704067200); /* date -u -d 2024-01-01 +%s */
        CHECK_STR(buf_str(&l.last_cvss), STR("CVSS:3.1/x"));
        CHECK_STR(buf_str(&l.last_description), STR("ours"));
        CHECK_STR(buf_str(&l.last_url), STR("https://access.redhat.com/security/cve/CVE-2024-1"));
        row_lines_done(&l);
    }
    buf_done(&text);
}

static void test_hydra_failures(void)
{
    struct buf text;
    struct error e;
    buf_init(&text, 1 << 20);
    quoted(&text, hydra);
    CHECK_CASE("every cut is refused, and so is other JSON")
    {
        struct row_lines l;
        row_lines_init(&l);
        for (size_t len = 0; len < text.len; len++) {
            CHECK_FAILS(read_by(redhat_hydra_read, "hydra-cve/CVE-2024-1",
                                str_slice(buf_str(&text), 0, len), &l, &e),
                        &e, ERROR_FORMAT, "");
        }
        CHECK_FAILS(read_by(redhat_hydra_read, "hydra-cve/CVE-2024-1", STR("[]"), &l, &e), &e,
                    ERROR_FORMAT, "has no name");
        row_lines_done(&l);
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (int n = 0;; n++) {
            struct row_lines l;
            row_lines_init(&l);
            fail_alloc_at(n);
            bool done = read_by(redhat_hydra_read, "hydra-cve/CVE-2024-1", buf_str(&text), &l, &e);
            fail_alloc_at(-1);
            row_lines_done(&l);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK_FAILS(done, &e, ERROR_MEMORY, "");
        }
    }
    buf_done(&text);
}

/* -- repositories --------------------------------------------------------------------------- */

static bool read_repositories(const struct feed_document *document, struct reader *body,
                              struct arena *arena, struct advisory_sink *out, struct error *e)
{
    return feed_redhat_repositories.read(&feed_redhat_repositories, document, body, arena, out, e);
}

static void test_repositories(void)
{
    struct buf text;
    struct error e;
    buf_init(&text, 1 << 20);
    CHECK_CASE("a repository has a row a product, once")
    {
        quoted(&text, "{'last_updated':'x','data':{'r1':{'cpes':['cpe:/a','cpe:/b','cpe:/a'],"
                      "'repo_relative_urls':['u']},'r2':{'cpes':[]},'r3':{'cpes':['cpe:/c']}}}");
        check_rows(read_repositories, "repository-to-cpe.json", &text,
                   "r1() redhat-repository cpe:/a r1 src not-affected\n"
                   "r1() redhat-repository cpe:/b r1 src not-affected\n"
                   "r3() redhat-repository cpe:/c r3 src not-affected\n",
                   "left out: 1 repositories without a product\n");
    }
    CHECK_CASE("every cut is refused, and so is other JSON")
    {
        struct row_lines l;
        row_lines_init(&l);
        for (size_t len = 0; len < text.len; len++) {
            CHECK_FAILS(read_by(read_repositories, "repository-to-cpe.json",
                                str_slice(buf_str(&text), 0, len), &l, &e),
                        &e, ERROR_FORMAT, "");
        }
        CHECK_FAILS(read_by(read_repositories, "repository-to-cpe.json", STR("{}"), &l, &e), &e,
                    ERROR_FORMAT, "has no 'data'");
        row_lines_done(&l);
    }
    buf_done(&text);
}

int main(void)
{
    test_cpes();
    test_paths();
    test_hydra();
    test_hydra_failures();
    test_repositories();
    return check_done();
}
