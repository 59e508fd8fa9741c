/* Archives of CSAF documents: damage, and memory. */
#include "feed/csaf_put.h"

#include "csaf_test.h"
#include "feed/redhat.h"

#define APP9 "cpe:/a:redhat:enterprise_linux:9::appstream"
#define RPM "pkg:rpm/redhat/"
#define A_COMPONENT "App9 a " RPM "a@1-2?arch=x86_64"
#define A_FIXED "'product_status':{'fixed':['App9:a']}"

/* -- archives ------------------------------------------------------------------------------- */

/* Three documents, the second damaged, and files of other names. */
static void make_archive(struct buf *to)
{
    struct buf one;
    buf_init(&one, 1 << 20);
    add_document(&one, "CVE-2024-1", A_COMPONENT, "{'cve':'CVE-2024-1'," A_FIXED "}");
    add_file(to, "2024/cve-2024-1.json", buf_str(&one));
    add_file(to, "2024/cve-2024-2.json", str_slice(buf_str(&one), 0, one.len / 2));
    add_file(to, "changes.csv", STR("no JSON"));
    add_file(to, "index.json", STR("no JSON"));
    one.len = 0;
    add_document(&one, "CVE-2024-3", A_COMPONENT, "{'cve':'CVE-2024-3'," A_FIXED "}");
    add_file(to, "2024/cve-2024-3.json", buf_str(&one));
    end_archive(to);
    buf_done(&one);
}

static void test_archives(void)
{
    struct buf tar;
    struct error e;
    buf_init(&tar, 1 << 20);
    make_archive(&tar);
    CHECK_CASE("a damaged document of an archive is told, the others are read")
    {
        struct row_lines l;
        row_lines_init(&l);
        CHECK_OK(read_by(redhat_csaf_read, "vex/csaf_vex_2024-01-01.tar", buf_str(&tar), &l, &e),
                 &e);
        CHECK_STR(buf_str(&l.rows), STR("CVE-2024-1() rhel:9 " APP9 " a fixed 1-2\n"
                                        "CVE-2024-3() rhel:9 " APP9 " a fixed 1-2\n"));
        CHECK(str_starts(buf_str(&l.notes), STR("not read: '2024/cve-2024-2.json': ends at byte")));
        row_lines_done(&l);
    }
    CHECK_CASE("every cut of an archive is refused")
    {
        for (size_t len = 0; len < tar.len; len += 37) {
            struct row_lines l;
            row_lines_init(&l);
            CHECK_FAILS(read_by(redhat_csaf_read, "vex/csaf_vex_2024-01-01.tar",
                                str_slice(buf_str(&tar), 0, len), &l, &e),
                        &e, ERROR_FORMAT, "");
            row_lines_done(&l);
        }
    }
    CHECK_CASE("an archive of damaged documents only is refused")
    {
        struct row_lines l;
        struct buf bad;
        buf_init(&bad, 1 << 20);
        row_lines_init(&l);
        add_file(&bad, "2024/cve-2024-1.json", STR("{}"));
        end_archive(&bad);
        CHECK_FAILS(read_by(redhat_csaf_read, "vex/csaf_vex_1.tar", buf_str(&bad), &l, &e), &e,
                    ERROR_FORMAT, "none of its 1 documents");
        row_lines_done(&l);
        buf_done(&bad);
    }
    CHECK_CASE("a sink that fails ends an archive, it is no damage of the document")
    {
        for (int n = 0; n < 3; n++) {
            struct row_lines l;
            row_lines_init(&l);
            l.fails_after = n;
            CHECK_FAILS(read_by(redhat_csaf_read, "vex/csaf_vex_1.tar", buf_str(&tar), &l, &e), &e,
                        ERROR_FORMAT, "the sink is full");
            row_lines_done(&l);
        }
    }
    buf_done(&tar);
}

/* -- memory --------------------------------------------------------------------------------- */

enum { PRODUCTS = 1000, VULNERABILITIES = 100, MEMORY_BYTES = 8 * 1024 * 1024 };

/* An update of PRODUCTS packages, each named by VULNERABILITIES: as RHSA-2024:5363, but larger. */
static void make_large(struct buf *to)
{
    struct buf components, ids;
    struct error e;
    buf_init(&components, 1 << 20);
    buf_init(&ids, 1 << 20);
    for (size_t i = 0; i < PRODUCTS; i++) {
        quoted_printf(&components,
                      "App9 package-%zu-0:1-2.el9.x86_64 " RPM "package-%zu@1-2.el9?arch=x86_64\n",
                      i, i);
        quoted_printf(&ids, "%s'App9:package-%zu-0:1-2.el9.x86_64'", i > 0 ? "," : "", i);
    }
    CHECK_OK(buf_add_char(&components, '\0', &e), &e);
    add_document(to, "RHSA-2024:1", components.at, "");
    to->len -= 2; /* "]}" */
    for (size_t i = 0; i < VULNERABILITIES; i++) {
        quoted_printf(to, "%s{'cve':'CVE-2024-%zu','product_status':{'fixed':[", i > 0 ? "," : "",
                      i);
        CHECK_OK(buf_add_str(to, buf_str(&ids), &e), &e);
        quoted(to, "]},'remediations':[{'category':'vendor_fix','details':'x','url':"
                   "'https://x.example/RHSA-2024:1','product_ids':[");
        CHECK_OK(buf_add_str(to, buf_str(&ids), &e), &e);
        quoted(to, "]}]}");
    }
    quoted(to, "]}");
    buf_done(&components);
    buf_done(&ids);
}

static void test_memory(void)
{
    CHECK_CASE("100,000 statements take 8 MiB, and no more for the second document")
    {
        struct buf one, tar;
        struct error e;
        struct row_lines l;
        struct arena arena;
        struct memory_reader body;
        struct feed_document document = {.path = STR("advisories/csaf_advisories_1.tar")};
        buf_init(&one, 256 << 20);
        buf_init(&tar, 256 << 20);
        make_large(&one);
        add_file(&tar, "2024/rhsa-2024_1.json", buf_str(&one));
        add_file(&tar, "2024/rhsa-2024_2.json", buf_str(&one));
        end_archive(&tar);
        row_lines_init(&l);
        arena_init(&arena, MEMORY_BYTES, "a document");
        memory_reader_init(&body, buf_str(&tar));
        CHECK_OK(redhat_csaf_read(&document, &body.base, &arena, &l.base, &e), &e);
        CHECK_NUM(l.puts, 2);
        CHECK_NUM(l.last.affected_count, PRODUCTS);
        CHECK_NUM(l.last.ids_count, VULNERABILITIES);
        CHECK_NUM(l.notes.len, 0);
        arena_done(&arena);
        row_lines_done(&l);
        buf_done(&tar);
        buf_done(&one);
    }
}

int main(void)
{
    test_archives();
    test_memory();
    return check_done();
}
