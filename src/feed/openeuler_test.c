#include "csaf_test.h"
#include "feed/feed.h"

#define CVE_PATH "csaf/cve/2024/csaf-openeuler-cve-2024-1.json"

static bool read_openeuler(const struct feed_document *document, struct reader *body,
                           struct arena *arena, struct advisory_sink *out, struct error *e)
{
    return feed_openeuler.read(&feed_openeuler, document, body, arena, out, e);
}

#define BRANCH(id, cpe)                                                                            \
    "{'category':'product_version','name':'n','product':{'name':'n','product_id':'" id             \
    "','product_identification_helper':{'cpe':'" cpe "'}}}"
#define RELATION(component, of)                                                                    \
    "{'category':'default_component_of','full_product_name':{'name':'n','product_id':'" of         \
    ":" component "'},'product_reference':'" component "','relates_to_product_reference':'" of     \
    "'}"
#define SP3 "openEuler-22.03-LTS-SP3"

static const char *const csaf[] = {
    "{'document':{'category':'csaf_vex','tracking':{'id':'CVE-2024-1',},'title':'a, ]',},",
    "'product_tree':{'branches':[{'branches':[",
    BRANCH(SP3, "cpe:/a:openEuler:openEuler:22.03-LTS-SP3"),
    ",",
    BRANCH("openEuler-24.03-LTS", "x"),
    ",",
    BRANCH("other", "cpe:/a:other:other:1"),
    ",\n\t ]}],'relationships':[",
    RELATION("vim-X11-9.0-33.oe2203sp3.x86_64.rpm", SP3),
    ",",
    RELATION("vim-9.0-33.oe2203sp3.src.rpm", SP3),
    ",",
    RELATION("kernel", "openEuler-24.03-LTS"),
    ",",
    RELATION("x-1-1.noarch.rpm", "other"),
    ",",
    RELATION("bad", SP3),
    "]},'vulnerabilities':[{'cve':'CVE-2024-1','product_status':{'fixed':['",
    SP3 ":vim-X11-9.0-33.oe2203sp3.x86_64.rpm','" SP3 ":vim-9.0-33.oe2203sp3.src.rpm','",
    SP3 ":bad','other:x-1-1.noarch.rpm'],'known_affected':['openEuler-24.03-LTS:kernel']},",
    "'remediations':[{'category':'vendor_fix','url':'https://x.example/?id=openEuler-SA-2024-1',",
    "'product_ids':['" SP3 ":vim-9.0-33.oe2203sp3.src.rpm',]},],}]}",
};

static void make_csaf(struct buf *text)
{
    buf_init(text, 1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(csaf); i++) {
        quoted(text, csaf[i]);
    }
}

static void test_csaf(void)
{
    CHECK_CASE("files are packages, releases namespaces, and commas too many are told")
    {
        struct buf text;
        make_csaf(&text);
        check_rows(read_openeuler, CVE_PATH, &text,
                   "CVE-2024-1() openeuler:22.03-LTS-SP3 vim src fixed 9.0-33.oe2203sp3 "
                   "'openEuler-SA-2024-1'\n"
                   "CVE-2024-1() openeuler:22.03-LTS-SP3 vim-X11 fixed 9.0-33.oe2203sp3\n"
                   "CVE-2024-1() openeuler:24.03-LTS kernel src affected\n",
                   "left out: components of the products: 'other' (1)\n"
                   "left out: components: 'fixed packages without a version' (1)\n"
                   "is not quite JSON: 6 commas behind the last element of a list\n");
        buf_done(&text);
    }
    CHECK_CASE("commas in texts stay")
    {
        struct buf text;
        struct row_lines l;
        struct error e;
        make_csaf(&text);
        row_lines_init(&l);
        CHECK_OK(read_by(read_openeuler, CVE_PATH, buf_str(&text), &l, &e), &e);
        CHECK_STR(buf_str(&l.last_description), STR("a, ]"));
        row_lines_done(&l);
        buf_done(&text);
    }
    CHECK_CASE("every cut is refused")
    {
        struct buf text;
        struct error e;
        make_csaf(&text);
        for (size_t len = 0; len < text.len; len++) {
            struct row_lines l;
            row_lines_init(&l);
            CHECK_FAILS(
                read_by(read_openeuler, CVE_PATH, str_slice(buf_str(&text), 0, len), &l, &e), &e,
                ERROR_FORMAT, "");
            row_lines_done(&l);
        }
        buf_done(&text);
    }
}

static const char osv[] =
    "{'id':'OESA-2024-1','upstream':['CVE-2024-1','X-1'],'details':'text','published':"
    "'2024-01-01T00:00:00Z','database_specific':{'severity':'High'},'references':[{'url':"
    "'https://x.example/1'}],'affected':[{'package':{'ecosystem':'openEuler:22.03-LTS','name':"
    "'dnsmasq'},'ranges':[{'type':'ECOSYSTEM','events':[{'introduced':'0'},{'fixed':"
    "'2.82-5.oe1'}]}]},{'package':{'ecosystem':'Debian:12','name':'x'}},{'package':{'ecosystem':"
    "'openEuler:24.03-LTS','name':'y'},'ranges':[{'events':[{'introduced':'0'}]}]}]}";

static void test_osv(void)
{
    struct buf text;
    struct row_lines l;
    struct error e;
    buf_init(&text, 1 << 20);
    quoted(&text, osv);
    CHECK_CASE("a record is an advisory of source packages")
    {
        row_lines_init(&l);
        CHECK_OK(read_by(read_openeuler, "osv/OESA-2024-1.json", buf_str(&text), &l, &e), &e);
        CHECK_STR(buf_str(&l.rows),
                  STR("OESA-2024-1(CVE-2024-1) openeuler:22.03-LTS dnsmasq src fixed "
                      "2.82-5.oe1\n"));
        CHECK_STR(buf_str(&l.notes),
                  STR("left out: 1 packages without a fix\n"
                      "left out: packages of the ecosystems: 'Debian:12' (1)\n"));
        CHECK_NUM(l.last.severity, SEVERITY_HIGH);
        CHECK_NUM(l.last.published_s, 1704067200); /* date -u -d 2024-01-01 +%s */
        CHECK_STR(buf_str(&l.last_url), STR("https://x.example/1"));
        row_lines_done(&l);
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (int n = 0;; n++) {
            row_lines_init(&l);
            fail_alloc_at(n);
            bool done = read_by(read_openeuler, "osv/OESA-2024-1.json", buf_str(&text), &l, &e);
            fail_alloc_at(-1);
            row_lines_done(&l);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK_FAILS(done, &e, ERROR_MEMORY, "");
        }
    }
    CHECK_CASE("a record without an id is refused")
    {
        row_lines_init(&l);
        CHECK_FAILS(read_by(read_openeuler, "osv/OESA-2024-1.json", STR("{}"), &l, &e), &e,
                    ERROR_FORMAT, "no OSV record");
        CHECK_FAILS(read_by(read_openeuler, "osv/OESA-2024-1.json", STR("[1]"), &l, &e), &e,
                    ERROR_FORMAT, "no OSV record");
        row_lines_done(&l);
    }
    buf_done(&text);
}

static void test_paths(void)
{
    CHECK_CASE("documents by their path; lists are read as nothing")
    {
        static const char *const lists[] = {"osv/all.json", "csaf/cve/index.txt",
                                            "data/csaf/advisories/index.txt"};
        CHECK(feed_openeuler.claims(STR(CVE_PATH)));
        CHECK(feed_openeuler.claims(STR("csaf-openeuler-sa-2024-1.json")));
        CHECK(feed_openeuler.claims(STR("osv/OESA-2024-1.json")));
        CHECK(!feed_openeuler.claims(STR("x.json")) && !feed_openeuler.claims(STR("")));
        CHECK(!feed_openeuler.claims(STR("all.json")) && !feed_openeuler.claims(STR("index.txt")));
        for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
            struct row_lines l;
            struct error e;
            row_lines_init(&l);
            CHECK(feed_openeuler.claims(str_from(lists[i])));
            CHECK_OK(read_by(read_openeuler, lists[i], STR("[{"), &l, &e), &e);
            CHECK_NUM(l.puts, 0);
            row_lines_done(&l);
        }
    }
}

int main(void)
{
    test_csaf();
    test_osv();
    test_paths();
    return check_done();
}
