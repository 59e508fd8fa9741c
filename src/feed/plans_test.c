/* plans_test.c: what each plan answers to small index documents: what to fetch, what is gone, the
 * cursor; and which documents are none. */
#include "feed/plans.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "feed/feed.h"

/* Writes "fetch URL;" ("index", "both"; "?" optional; " #xx" and " =xx" the checksums' first byte),
 * "drop ID;", "cursor INDEX VALUE;", "full;". */
struct teller {
    struct plan_sink base;
    struct buf told;
    size_t refuse_at, calls;
};

static bool may(struct teller *t, struct error *e)
{
    return ++t->calls != t->refuse_at || error_set(e, ERROR_LIMIT, "the sink is full");
}

static bool fetch(struct plan_sink *self, const struct plan_document *d, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    const char *what = d->index && d->data ? "both" : d->index ? "index" : "fetch";
    return may(t, e) && buf_printf(&t->told, e, "%s %s", what, d->optional ? "?" : "") &&
           buf_add_str(&t->told, d->url, e) &&
           (d->packed.algorithm == DIGEST_NONE ||
            buf_printf(&t->told, e, " #%02x", d->packed.bytes[0])) &&
           (d->content.algorithm == DIGEST_NONE ||
            buf_printf(&t->told, e, " =%02x", d->content.bytes[0])) &&
           buf_add_char(&t->told, ';', e);
}

static bool drop(struct plan_sink *self, str id, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    return may(t, e) && buf_printf(&t->told, e, "drop " STR_FMT ";", STR_ARG(id));
}

static bool cursor(struct plan_sink *self, str index, str value, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    return may(t, e) && buf_printf(&t->told, e, "cursor " STR_FMT " " STR_FMT ";", STR_ARG(index),
                                   STR_ARG(value));
}

static bool full(struct plan_sink *self, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    return may(t, e) && buf_add_str(&t->told, STR("full;"), e);
}

static const char *const no_documents[] = {NULL};
static const struct feed made_up = {
    .name = "made-up", .site = "https://example.org/", .documents = no_documents};

static bool run(const struct feed_plan *plan, const struct feed *feed,
                const struct plan_question *q, str text, struct teller *t, struct error *e)
{
    struct arena arena;
    struct memory_reader body;
    arena_init(&arena, 64 << 20, "an index");
    memory_reader_init(&body, text);
    bool ok = plan->next(feed, q, &body.base, &arena, &t->base, e);
    arena_done(&arena);
    return ok;
}

static void teller_init(struct teller *t)
{
    *t = (struct teller){.base = {.fetch = fetch, .drop = drop, .cursor = cursor, .full = full}};
    buf_init(&t->told, 1 << 20);
}

#define HEX64 "aa11223344556677889900112233445566778899001122334455667788990011"
#define HEX_B "BB11223344556677889900112233445566778899001122334455667788990011"
#define REPOMD(data)                                                                               \
    "<?xml version='1.0'?><repomd xmlns='x'><revision>1</revision>" data "</repomd>"
#define CHANGES(rest) "\"2026/cve-2026-2297.json\",\"2026-03-25T12:33:35+00:00\"\n" rest
#define OLDER "\"2025/cve-2025-6176.json\",\"2026-03-12T02:56:44+00:00\"\n"

static const struct {
    const char *says;
    const struct feed_plan *plan;
    const char *feed; /* NULL: the made-up one */
    const char *url;
    enum plan_mode mode;
    const char *cursor, *text, *told; /* told NULL: ERROR_FORMAT */
} cases[] = {
    {"the bucket in full: the archive, and the newest time", &plan_osv, "osv",
     "Debian/modified_id.csv", PLAN_FULL, "",
     "2026-01-28T10:18:48.162328Z,DEBIAN-CVE-2025-68160\n"
     "2026-01-28T10:18:41.049751Z,DEBIAN-CVE-2025-69421\n",
     "fetch Debian/all.zip;cursor Debian/modified_id.csv 2026-01-28T10:18:48Z;"},
    {"the bucket's changes down to the cursor, its second again", &plan_osv, "osv",
     "Rocky%20Linux/modified_id.csv", PLAN_DELTA, "2026-01-24T09:30:07Z",
     "2026-01-24T09:30:08.195718Z,RLSA-2026:0759\n2026-01-24T09:30:07.664019Z,RLSA-2026:0793\n"
     "2026-01-24T09:18:16.179291Z,RLSA-2026:0786\nnonsense that is not read\n",
     "fetch ?Rocky%20Linux/RLSA-2026:0759.json;fetch ?Rocky%20Linux/RLSA-2026:0793.json;"
     "cursor Rocky%20Linux/modified_id.csv 2026-01-24T09:30:08Z;"},
    {"the bucket without a cursor: all", &plan_osv, "osv", "Debian/modified_id.csv", PLAN_DELTA, "",
     "2026-01-28T10:18:48Z,DEBIAN-CVE-2025-68160\n", "full;"},
    {"an empty list of the bucket", &plan_osv, "osv", "Debian/modified_id.csv", PLAN_FULL, "", "",
     "fetch Debian/all.zip;"},
    {"an identifier that climbs", &plan_osv, "osv", "Debian/modified_id.csv", PLAN_DELTA,
     "2026-01-01T00:00:00Z", "2026-01-28T10:18:48Z,../../x\n", NULL},
    {"a line that is none", &plan_osv, "osv", "Debian/modified_id.csv", PLAN_FULL, "",
     "<html></html>\n", NULL},

    {"a new branch of Alpine", &plan_alpine, "alpine", "./", PLAN_FULL, "",
     "<html><a href=\"../\">x</a><a href=\"v3.99/\">v3.99/</a><a href=\"last-update\">x</a>"
     "<a href=\"edge/\">e</a></html>",
     "fetch ?v3.99/main.json;fetch ?v3.99/community.json;fetch ?edge/main.json;"
     "fetch ?edge/community.json;"},
    {"an index that is cut", &plan_alpine, "alpine", "./", PLAN_FULL, "",
     "<html><a href=\"v3.99/\">v3", NULL},
    {"links that lead elsewhere", &plan_alpine, "alpine", "./", PLAN_FULL, "",
     "<a href=\"/v3.9/\"><a href=\"http://x/v3.9/\"><a href=\"a/v3.9/\"><a href=\"?v3.9/\">"
     "<a href=\"../v3.9/\"><a href=\"v3.9\"></html>",
     ""},
    {"SUSE's folder: whole versions with all that is affected, compressed", &plan_suse_oval, NULL,
     "oval/", PLAN_FULL, "",
     "<html><a href=\"suse.linux.enterprise.15-affected.xml\">"
     "<a href=\"suse.linux.enterprise.15-affected.xml.bz2\">"
     "<a href=\"suse.linux.enterprise.15-affected.xml.gz\">"
     "<a href=\"suse.linux.enterprise.15-patch.xml.gz\">"
     "<a href=\"suse.linux.enterprise.15-sp4-affected.xml.gz\">"
     "<a href=\"suse.linux.enterprise.16.0-affected.xml.gz\">"
     "<a href=\"suse.linux.enterprise.server.15-affected.xml.gz\">"
     "<a href=\"suse.linux.micro.6-affected.xml.bz2\">"
     "<a href=\"opensuse.leap.15.2-affected.xml\"><a href=\"opensuse.leap.15-affected.xml\">"
     "<a href=\"opensuse.tumbleweed-affected.xml.gz\"></html>",
     "fetch ?oval/suse.linux.enterprise.15-affected.xml.gz;"
     "fetch ?oval/suse.linux.micro.6-affected.xml.bz2;fetch ?oval/opensuse.leap.15.2-affected.xml;"
     "fetch ?oval/opensuse.tumbleweed-affected.xml.gz;"},

    {"Red Hat's archive, and the day before it", &plan_redhat, NULL, "vex/archive_latest.txt",
     PLAN_FULL, "", "csaf_vex_2026-03-12.tar.zst\n",
     "fetch vex/csaf_vex_2026-03-12.tar.zst;cursor vex/changes.csv 2026-03-11T00:00:00Z;"
     "cursor vex/deletions.csv 2026-03-11T00:00:00Z;"},
    {"an archive elsewhere", &plan_redhat, NULL, "vex/archive_latest.txt", PLAN_FULL, "",
     "../x_2026-03-12.tar.zst", NULL},
    {"a page for an archive", &plan_redhat, NULL, "vex/archive_latest.txt", PLAN_FULL, "",
     "<html>Sorry</html>", NULL},
    {"Red Hat's changes since the cursor", &plan_redhat, NULL, "vex/changes.csv", PLAN_DELTA,
     "2026-03-20T00:00:00Z", CHANGES(OLDER "nonsense\n"),
     "fetch ?vex/2026/cve-2026-2297.json;cursor vex/changes.csv 2026-03-25T12:33:35Z;"},
    {"no newer change", &plan_redhat, NULL, "vex/changes.csv", PLAN_DELTA, "2026-04-20T00:00:00Z",
     CHANGES(OLDER), "cursor vex/changes.csv 2026-04-20T00:00:00Z;"},
    {"what Red Hat has deleted", &plan_redhat, NULL, "advisories/deletions.csv", PLAN_DELTA,
     "2024-08-12T00:00:00Z",
     "\"2023/rhsa-2023_6202.json\",\"2024-08-17T03:23:31+00:00\"\n"
     "\"2023/rhsa-2023_7434.json\",\"2024-08-11T20:58:49+00:00\"",
     "drop RHSA-2023:6202;cursor advisories/deletions.csv 2024-08-17T03:23:31Z;"},
    {"a deleted CVE", &plan_redhat, NULL, "vex/deletions.csv", PLAN_DELTA, "2024-08-12T00:00:00Z",
     "\"2024/cve-2024-44943.json\",\"2024-08-28T09:39:21+00:00\"\n",
     "drop CVE-2024-44943;cursor vex/deletions.csv 2024-08-28T09:39:21Z;"},
    {"a change without quotes", &plan_redhat, NULL, "vex/changes.csv", PLAN_DELTA,
     "2026-03-20T00:00:00Z", "2026/cve.json,2026-03-25T12:33:35Z\n", NULL},
    {"changes without a cursor", &plan_redhat, NULL, "vex/changes.csv", PLAN_DELTA, "", CHANGES(""),
     "full;"},

    {"the first mirror of a list", &plan_amazon, NULL, "2/core/latest/x86_64/mirror.list",
     PLAN_FULL, "", "# x\nhttps://cdn.amazonlinux.com/2/core/2.0/x86_64/22/\nhttps://b/\n",
     "index https://cdn.amazonlinux.com/2/core/2.0/x86_64/22/repodata/repomd.xml;"},
    {"a list without a mirror", &plan_amazon, NULL, "a/mirror.list", PLAN_FULL, "", "ftp://x/\n",
     NULL},
    {"an updateinfo with its checksums", &plan_amazon, NULL, "https://h/a/repodata/repomd.xml",
     PLAN_FULL, "",
     REPOMD("<data type='primary'><checksum type='sha256'>x</checksum><location href='y'/></data>"
            "<data type='updateinfo'><checksum type='sha256'>" HEX64 "</checksum>"
            "<open-checksum type='sha256'>" HEX_B "</open-checksum>"
            "<location href='repodata/updateinfo.xml.gz'/></data>"),
     "fetch https://h/a/repodata/updateinfo.xml.gz #aa =bb;"},
    {"a checksum of another kind is none", &plan_rocky_updateinfo, NULL, "x/repodata/repomd.xml",
     PLAN_FULL, "",
     REPOMD("<data type='updateinfo'><checksum type='sha'>1</checksum><location href='u'/></data>"),
     "fetch x/u;"},
    {"a repository without updates", &plan_fedora, NULL, "x/repodata/repomd.xml", PLAN_FULL, "",
     REPOMD(""), ""},
    {"a checksum that is none", &plan_fedora, NULL, "x/repodata/repomd.xml", PLAN_FULL, "",
     REPOMD("<data type='updateinfo'><checksum type='sha256'>12</checksum></data>"), NULL},
    {"an updateinfo nowhere", &plan_fedora, NULL, "x/repodata/repomd.xml", PLAN_FULL, "",
     REPOMD("<data type='updateinfo'></data>"), NULL},
    {"another document", &plan_fedora, NULL, "x/repodata/repomd.xml", PLAN_FULL, "", "<html/>",
     NULL},
    {"Fedora's releases", &plan_fedora, NULL, "fedora/linux/updates/", PLAN_FULL, "",
     "<html><a href=\"42/\"><a href=\"43/\"><a href=\"testing/\"><a href=\"4x/\"></html>",
     "index ?fedora/linux/updates/42/Everything/x86_64/repodata/repomd.xml;"
     "index ?fedora/linux/updates/43/Everything/x86_64/repodata/repomd.xml;"},

    {"a page and the next", &plan_rocky_pages, NULL, "api/v3/osv/", PLAN_FULL, "",
     "{\"advisories\":[],\"links\":{\"next\":\"/api/v3/osv/?page=2\",\"prev\":null}}",
     "both api/v3/osv/;both api/v3/osv/?page=2;"},
    {"the last page", &plan_rocky_pages, NULL, "api/v3/osv/?page=2", PLAN_FULL, "",
     "{\"links\":{\"next\":null}}", "both api/v3/osv/?page=2;"},
    {"a page without links", &plan_rocky_pages, NULL, "api/v3/osv/", PLAN_FULL, "", "{}", NULL},

    {"a year of NVD", &plan_nvd, NULL, "feeds/json/cve/2.0/nvdcve-2.0-2024.meta", PLAN_FULL, "",
     "lastModifiedDate:2026-08-07T03:00:01-04:00\r\nsize:1\r\nsha256:" HEX_B "\r\n",
     "fetch feeds/json/cve/2.0/nvdcve-2.0-2024.json.gz =bb;"},
    {"NVD's changes are not read in full", &plan_nvd, NULL,
     "feeds/json/cve/2.0/nvdcve-2.0-modified.meta", PLAN_FULL, "",
     "lastModifiedDate:2026-08-07T03:00:01-04:00\r\nsha256:" HEX64 "\r\n",
     "cursor feeds/json/cve/2.0/nvdcve-2.0-modified.meta 2026-08-07T07:00:01Z;"},
    {"NVD's changes", &plan_nvd, NULL, "feeds/json/cve/2.0/nvdcve-2.0-modified.meta", PLAN_DELTA,
     "2026-08-01T00:00:00Z", "lastModifiedDate:2026-08-07T03:00:01-04:00\r\nsha256:" HEX64 "\r\n",
     "fetch feeds/json/cve/2.0/nvdcve-2.0-modified.json.gz =aa;"
     "cursor feeds/json/cve/2.0/nvdcve-2.0-modified.meta 2026-08-07T07:00:01Z;"},
    {"more than NVD's changes hold", &plan_nvd, NULL, "feeds/json/cve/2.0/nvdcve-2.0-modified.meta",
     PLAN_DELTA, "2026-07-20T00:00:00Z",
     "lastModifiedDate:2026-08-07T03:00:01-04:00\r\nsha256:" HEX64 "\r\n", "full;"},
    {"a .meta without a checksum", &plan_nvd, NULL, "feeds/json/cve/2.0/nvdcve-2.0-2024.meta",
     PLAN_FULL, "", "lastModifiedDate:2026-08-07T03:00:01-04:00\r\n", NULL},
};

static void test_case(size_t i)
{
    struct error e = {0};
    struct teller t;
    const struct feed *feed = cases[i].feed != NULL ? feed_find(str_from(cases[i].feed)) : &made_up;
    const struct plan_question q = {
        .url = str_from(cases[i].url), .mode = cases[i].mode, .cursor = str_from(cases[i].cursor)};
    str text = str_from(cases[i].text);
    teller_init(&t);
    if (cases[i].told == NULL) {
        CHECK_FAILS(run(cases[i].plan, feed, &q, text, &t, &e), &e, ERROR_FORMAT, "");
        buf_done(&t.told);
        return;
    }
    CHECK_OK(run(cases[i].plan, feed, &q, text, &t, &e), &e);
    CHECK_STR(buf_str(&t.told), str_from(cases[i].told));
    size_t calls = t.calls;
    for (size_t n = 1; n <= calls; n++) { /* what the sink refuses is an error, each time */
        buf_done(&t.told);
        teller_init(&t);
        t.refuse_at = n;
        CHECK_FAILS(run(cases[i].plan, feed, &q, text, &t, &e), &e, ERROR_LIMIT, "full");
    }
    buf_done(&t.told);
    for (size_t cut = 0; cut < text.len; cut++) { /* of a cut document: an error or an answer */
        teller_init(&t);
        bool ok = run(cases[i].plan, feed, &q, str_slice(text, 0, cut), &t, &e);
        CHECK(ok || e.kind == ERROR_FORMAT);
        buf_done(&t.told);
    }
}

static void test_allocations(size_t i)
{
    const struct feed *feed = cases[i].feed != NULL ? feed_find(str_from(cases[i].feed)) : &made_up;
    const struct plan_question q = {
        .url = str_from(cases[i].url), .mode = cases[i].mode, .cursor = str_from(cases[i].cursor)};
    for (int n = 0;; n++) {
        struct error e = {0};
        struct teller t;
        teller_init(&t);
        fail_alloc_at(n);
        bool ok = run(cases[i].plan, feed, &q, str_from(cases[i].text), &t, &e);
        fail_alloc_at(-1);
        buf_done(&t.told);
        if (!fail_alloc_hit()) {
            break;
        }
        CHECK(!ok && e.kind == ERROR_MEMORY);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            test_case(i);
        }
    }
    CHECK_CASE("each refused allocation is an error")
    {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            if (cases[i].told != NULL) {
                test_allocations(i);
            }
        }
    }
    return check_done();
}
