#include "feed/suse_csaf.h"

#include "csaf_test.h"

static const struct {
    const char *cpe, *namespace_;
} places[] = {
    {"cpe:/o:suse:sles:15:sp3", "sles:15.3"},
    {"cpe:/o:suse:sles:12", "sles:12"},
    {"cpe:/o:suse:sles:16:16.0:server", "sles:16.0"},
    {"cpe:/o:suse:sle-module-basesystem:15:sp5", "sles:15.5"},
    {"cpe:/o:suse:suse_sles_ltss:11:sp2", "sles:11.2"},
    {"cpe:/o:suse:sle_hpc-espos:15:sp3", "sles:15.3"},
    {"cpe:/o:suse:packagehub:15:sp5", "sles:15.5"},
    {"cpe:/o:suse:packagehub:12", ""},
    {"cpe:/o:suse:sles:11:sp1:teradata", ""},
    {"cpe:/o:suse:sles_teradata:12:sp3", ""},
    {"cpe:/o:suse:sle-micro:5.3", "sle-micro:5.3"},
    {"cpe:/o:suse:suse-microos:5.2", "sle-micro:5.2"},
    {"cpe:/o:suse:sl-micro:6.0", "sl-micro:6.0"},
    {"cpe:/o:opensuse:leap:15.5", "opensuse-leap:15.5"},
    {"cpe:/o:opensuse:opensuse:13.2", "opensuse-leap:13.2"},
    {"cpe:/o:opensuse:tumbleweed", "opensuse-tumbleweed"},
    {"cpe:/o:suse:caasp:4.0", ""},
    {"cpe:/o:suse:sles:x:sp3", ""},
    {"cpe:/o:suse:sles:15:spx", ""},
    {"cpe:/o:suse:sles", ""},
    {"cpe:/a:suse:sles:15", ""},
    {"", ""},
};

static void test_suse(void)
{
    CHECK_CASE("SUSE's products and their namespaces")
    {
        struct arena arena;
        struct error e;
        arena_init(&arena, 1 << 16, "test");
        for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
            str got;
            CHECK_OK(suse_cpe_namespace(str_from(places[i].cpe), &arena, &got, &e), &e);
            CHECK_STR(got, str_from(places[i].namespace_));
        }
        arena_done(&arena);
    }
    CHECK_CASE("SUSE's components are files where they are fixed, names where not")
    {
        struct buf text;
        buf_init(&text, 1 << 20);
        add_document(&text, "CVE-2024-1",
                     "sles bind-libs-9.9.4P2-0.6.1.x86_64\nsles bind-libs-9.9.4P2-0.6.1.s390x\n"
                     "sles samba-libs-4.19+git-1.1\nsles libfoo-32bit\nsles bad",
                     "{'cve':'CVE-2024-1','product_status':{'recommended':"
                     "['sles:bind-libs-9.9.4P2-0.6.1.x86_64','sles:bind-libs-9.9.4P2-0.6.1.s390x',"
                     "'sles:samba-libs-4.19+git-1.1','sles:bad'],'known_affected':"
                     "['sles:libfoo-32bit']}}");
        check_rows(suse_csaf_read, "csaf-vex/cve-2024-1.json", &text,
                   "CVE-2024-1() sles:15.5 bind-libs fixed 9.9.4P2-0.6.1\n"
                   "CVE-2024-1() sles:15.5 libfoo-32bit affected\n"
                   "CVE-2024-1() sles:15.5 samba-libs fixed 4.19+git-1.1\n",
                   "left out: components: 'fixed packages without a version' (1)\n");
        buf_done(&text);
    }
    CHECK_CASE("SUSE's documents by their path")
    {
        CHECK(suse_csaf_claims(STR("csaf.tar")) && suse_csaf_claims(STR("x/csaf-vex.tar")));
        CHECK(suse_csaf_claims(STR("csaf/suse-su-2024_1-1.json")));
        CHECK(suse_csaf_claims(STR("csaf-vex/cve-2024-1.json")));
        CHECK(!suse_csaf_claims(STR("cve-2024-1.json")) && !suse_csaf_claims(STR("xcsaf.tar")));
        CHECK(!suse_csaf_claims(STR("csaf/index.json")) && !suse_csaf_claims(STR("")));
    }
}

int main(void)
{
    test_suse();
    return check_done();
}
