#include <stdio.h>

#include "base/num.h"
#include "facts_test.h"

static const struct {
    const char *says, *role, *content;
    const char *facts; /* without "distribution PATH " */
} cases[] = {
    /* the texts are those of the distributions' own files */
    {"Debian's os-release", "usr/lib/os-release",
     "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n"
     "VERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n"
     "HOME_URL=\"https://www.debian.org/\"\n",
     "99 id=debian version=12 codename=bookworm name=Debian GNU/Linux 12 (bookworm)\n"},
    {"Alpine's os-release", "etc/os-release",
     "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.18.9\nPRETTY_NAME=\"Alpine Linux v3.18\"\n",
     "100 id=alpine version=3.18.9 codename= name=Alpine Linux v3.18\n"},
    {"Mariner's os-release", "etc/os-release",
     "NAME=\"Common Base Linux Mariner\"\nVERSION=\"2.0.20220226\"\nID=mariner\n"
     "VERSION_ID=\"2.0\"\nPRETTY_NAME=\"CBL-Mariner/Linux\"\n",
     "100 id=mariner version=2.0 codename= name=CBL-Mariner/Linux\n"},
    {"quotes, backslashes and comments are those of os-release(5)", "etc/os-release",
     "# a comment\n\n  ID='de'\nID=d\\ebian # the last of two holds\n"
     "PRETTY_NAME=\"a \\\"b\\\" \\$c \\\\ \\x 'd'\" # e\nVERSION_ID='1'\nVERSION_CODENAME=\n"
     "this is no assignment\nexport ID=x\n",
     "100 id=debian version=1 codename= name=a \"b\" $c \\ \\x 'd'\n"},
    {"lines that end in CR LF are read", "etc/os-release",
     "ID=debian\r\nVERSION_ID=\"12\"\r\nPRETTY_NAME=a b\r\n",
     "100 id=debian version=12 codename= name=a b\n"},
    {"an ID in capitals is made small", "etc/os-release", "ID=\"openEuler\"\nVERSION_ID=22.03",
     "100 id=openeuler version=22.03 codename= name=\n"},
    {"without an ID the distribution is unknown", "etc/os-release", "NAME=x\nVERSION_ID=12\n",
     "0 id= version=12 codename= name=\nincomplete distribution unknown: no ID\n"},
    {"an empty file says nothing", "etc/os-release", "",
     "0 id= version= codename= name=\nincomplete distribution unknown: no ID\n"},
    {"shell code is no ID", "etc/os-release", "ID=$(cat /etc/passwd)\nVERSION_ID=`id`\n",
     "0 id= version= codename= name=\n"
     "incomplete distribution unknown: line 1: a value with bytes that do not belong there\n"},
    {"a quote that does not end loses its value", "etc/os-release",
     "ID=debian\nVERSION_ID=\"12\nPRETTY_NAME='x\n",
     "100 id=debian version= codename= name=\nincomplete line 2: a quote that does not end\n"},
    {"text after a quoted value loses it", "etc/os-release", "ID=debian\nVERSION_ID=\"1\"2\n",
     "100 id=debian version= codename= name=\nincomplete line 2: text after a quoted value\n"},
    {"control bytes are no version", "etc/os-release", "ID=debian\nVERSION_ID=\"1\x1b[2J\"\n",
     "100 id=debian version= codename= name=\n"
     "incomplete line 2: a value with bytes that do not belong there\n"},

    {"Ubuntu's lsb-release", "etc/lsb-release",
     "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_CODENAME=trusty\n"
     "DISTRIB_DESCRIPTION=\"Ubuntu 14.04.6 LTS\"\n",
     "70 id=ubuntu version=14.04 codename=trusty name=Ubuntu 14.04.6 LTS\n"},
    {"Photon's lsb-release", "etc/lsb-release",
     "DISTRIB_ID=\"VMware Photon OS\"\nDISTRIB_RELEASE=\"3.0\"\nDISTRIB_CODENAME=Photon\n"
     "DISTRIB_DESCRIPTION=\"VMware Photon OS 3.0\"\n",
     "70 id=photon version=3.0 codename=Photon name=VMware Photon OS 3.0\n"},
    {"Mariner's lsb-release names a build", "etc/lsb-release",
     "DISTRIB_ID=\"Mariner\"\nDISTRIB_RELEASE=\"2.0.20220226\"\nDISTRIB_CODENAME=Mariner\n"
     "DISTRIB_DESCRIPTION=\"CBL-Mariner 2.0.20220226\"\n",
     "70 id=mariner version=2.0 codename=Mariner name=CBL-Mariner 2.0.20220226\n"},
    {"an lsb-release of another distribution names it", "etc/lsb-release",
     "DISTRIB_ID=Gentoo\nDISTRIB_RELEASE=2.9\n", "70 id=gentoo version=2.9 codename= name=\n"},
    {"the lsb-release of Red Hat's lsb package says nothing", "etc/lsb-release",
     "LSB_VERSION=base-4.0-amd64:base-4.0-noarch\n", "0 id= version= codename= name=\n"},

    {"Debian's sources.list, by codename", "etc/apt/sources.list",
     "# deb http://a/ sid main\ndeb [arch=amd64 signed-by=/k] http://a/debian bookworm main\n",
     "25 id=debian version= codename=bookworm name=\n"},
    {"Ubuntu's sources.list", "etc/apt/sources.list",
     "deb-src http://a/ubuntu precise main\ndeb http://a/ubuntu trusty-updates main restricted\n",
     "25 id=ubuntu version= codename=trusty name=\n"},
    {"security suites of old releases, and unstable", "etc/apt/sources.list",
     "deb http://a/ jessie/updates main\n", "25 id=debian version= codename=jessie name=\n"},
    {"unstable is sid", "etc/apt/sources.list", "deb http://a/ unstable main\n",
     "25 id=debian version= codename=sid name=\n"},
    {"suites without main, and of others, say nothing", "etc/apt/sources.list",
     "deb http://a/ bookworm contrib\ndeb http://b/ stable main\ndeb [x http://a/ sid main\n",
     "0 id= version= codename= name=\n"},

    {"CentOS 6", "etc/centos-release", "CentOS release 6.10 (Final)\n",
     "50 id=centos version=6.10 codename= name=CentOS release 6.10 (Final)\n"},
    {"CentOS 7.1 tells where it comes from in a second line", "etc/redhat-release",
     "CentOS Linux release 7.1.1503 (Core) \nDerived from Red Hat Enterprise Linux 7.1 (Source)\n",
     "40 id=centos version=7.1.1503 codename= name=CentOS Linux release 7.1.1503 (Core)\n"},
    {"CentOS Stream", "etc/centos-release", "CentOS Stream release 8\n",
     "50 id=centos version=8 codename= name=CentOS Stream release 8\n"},
    {"Red Hat Enterprise Linux 7", "etc/redhat-release",
     "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n",
     "40 id=rhel version=7.9 codename= name=Red Hat Enterprise Linux Server release 7.9 (Maipo)\n"},
    {"Red Hat Enterprise Linux 4", "etc/redhat-release",
     "Red Hat Enterprise Linux AS release 4 (Nahant Update 8)\n",
     "40 id=rhel version=4 codename= "
     "name=Red Hat Enterprise Linux AS release 4 (Nahant Update 8)\n"},
    {"Oracle Linux", "etc/oracle-release", "Oracle Linux Server release 6.8\n",
     "60 id=ol version=6.8 codename= name=Oracle Linux Server release 6.8\n"},
    {"Amazon Linux 1", "etc/system-release", "Amazon Linux AMI release 2018.03\n",
     "45 id=amzn version=2018.03 codename= name=Amazon Linux AMI release 2018.03\n"},
    {"Amazon Linux 2", "etc/system-release", "Amazon Linux release 2 (Karoo)\n",
     "45 id=amzn version=2 codename= name=Amazon Linux release 2 (Karoo)\n"},
    {"Amazon Linux 2023 names a build", "etc/system-release",
     "Amazon Linux release 2023.6.20241031 (Amazon Linux)\n",
     "45 id=amzn version=2023 codename= "
     "name=Amazon Linux release 2023.6.20241031 (Amazon Linux)\n"},
    {"Fedora", "etc/fedora-release", "Fedora release 20 (Heisenbug)\n",
     "60 id=fedora version=20 codename= name=Fedora release 20 (Heisenbug)\n"},
    {"Rocky Linux", "etc/rocky-release", "Rocky Linux release 9.3 (Blue Onyx)\n",
     "60 id=rocky version=9.3 codename= name=Rocky Linux release 9.3 (Blue Onyx)\n"},
    {"AlmaLinux", "etc/almalinux-release", "AlmaLinux release 8.5 (Arctic Sphynx)\n",
     "60 id=almalinux version=8.5 codename= name=AlmaLinux release 8.5 (Arctic Sphynx)\n"},
    {"Photon", "etc/photon-release", "VMware Photon OS 3.0\nPHOTON_BUILD_NUMBER=49d932d\n",
     "60 id=photon version=3.0 codename= name=VMware Photon OS 3.0\n"},
    {"Photon 1", "etc/photon-release", "VMware Photon Linux 1.0\nPHOTON_BUILD_NUMBER=62c543d\n",
     "60 id=photon version=1.0 codename= name=VMware Photon Linux 1.0\n"},
    {"Mariner", "etc/mariner-release", "CBL-Mariner 2.0.20220226\nMARINER_BUILD_NUMBER=65a7ea5\n",
     "60 id=mariner version=2.0 codename= name=CBL-Mariner 2.0.20220226\n"},
    {"SUSE Linux Enterprise 11 writes its service pack below", "etc/SuSE-release",
     "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
     "60 id=sles version=11.4 codename= name=SUSE Linux Enterprise Server 11 (x86_64)\n"},
    {"SUSE Linux Enterprise 12 without a service pack", "etc/SuSE-release",
     "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 0\n# deprecated\n",
     "60 id=sles version=12 codename= name=SUSE Linux Enterprise Server 12 (x86_64)\n"},
    {"openSUSE", "etc/SuSE-release",
     "openSUSE 13.1 (x86_64)\nVERSION = 13.1\nCODENAME = Bottle\n# /etc/SuSE-release is "
     "deprecated and will be removed in the future, use /etc/os-release instead\n",
     "60 id=opensuse version=13.1 codename= name=openSUSE 13.1 (x86_64)\n"},
    {"a release file of nobody known is noted", "etc/redhat-release", "Foo release 1\n",
     "0 id= version= codename= name=\n"
     "note distribution unknown: line 1: not a release that limpid knows\n"},

    {"Debian's version", "etc/debian_version", "7.11\n",
     "30 id=debian version=7 codename= name=Debian GNU/Linux 7.11\n"},
    {"Debian's version before 4.0", "etc/debian_version", "3.1\n",
     "30 id=debian version=3.1 codename= name=Debian GNU/Linux 3.1\n"},
    {"Debian testing", "etc/debian_version", "bookworm/sid\n",
     "30 id=debian version= codename=bookworm name=Debian GNU/Linux bookworm/sid\n"},
    {"rubbish is no version of Debian", "etc/debian_version", "\x01\x02\n",
     "0 id= version= codename= name=\n"
     "note distribution unknown: line 1: neither a version nor a codename\n"},
    {"Alpine's version", "etc/alpine-release", "3.12.12\n",
     "60 id=alpine version=3.12.12 codename= name=Alpine Linux v3.12.12\n"},
    {"Alpine's edge", "etc/alpine-release", "3.21.0_alpha20240807\n",
     "60 id=alpine version=3.21.0_alpha20240807 codename= "
     "name=Alpine Linux v3.21.0_alpha20240807\n"},
    {"Arch's empty file is enough", "etc/arch-release", "",
     "20 id=arch version= codename= name=Arch Linux\n"},
};

static void check_cases(void)
{
    for (size_t c = 0; c < ARRAY_COUNT(cases); c++) {
        CHECK_CASE("%s", cases[c].says)
        {
            for (size_t step = 0; step < 3; step++) {
                struct fact_lines out;
                struct error e = {.kind = ERROR_NONE};
                char want[2048];
                snprintf(want, sizeof(want), "distribution %s %s", cases[c].role, cases[c].facts);
                fact_lines_init(&out);
                CHECK_OK(detect_text(&detector_os_release, str_from(cases[c].role),
                                     str_from(cases[c].content), step, &out, &e),
                         &e);
                CHECK(str_eq(buf_str(&out.text), str_from(want)));
                CHECK_STR(buf_str(&out.text), str_from(want));
                fact_lines_done(&out);
            }
        }
    }
}

static uint32_t rank_of(const char *role, str content)
{
    struct fact_lines out;
    struct error e = {.kind = ERROR_NONE};
    str text, word = STR_NONE;
    fact_lines_init(&out);
    CHECK_OK(detect_text(&detector_os_release, str_from(role), content, 0, &out, &e), &e);
    text = buf_str(&out.text);
    uint64_t rank = 0;
    CHECK(str_word(&text, &word) && str_word(&text, &word) && str_word(&text, &word) &&
          num_parse(word, 10, 100, &rank));
    fact_lines_done(&out);
    return (uint32_t)rank;
}

static void check_ranks(void)
{
    str el = STR("Red Hat Enterprise Linux Server release 6.8 (Santiago)\n");
    str debian = STR("trixie/sid\n"), lsb = STR("DISTRIB_ID=Ubuntu\n"), os = STR("ID=x\n");
    CHECK_CASE("what a derivative writes ranks over what it keeps of its origin")
    {
        CHECK(rank_of("etc/oracle-release", STR("Oracle Linux Server release 6.8\n")) >
              rank_of("etc/redhat-release", el));
        CHECK(rank_of("etc/centos-release", STR("CentOS release 6.10 (Final)\n")) >
              rank_of("etc/redhat-release", el));
        CHECK(rank_of("etc/lsb-release", lsb) > rank_of("etc/debian_version", debian));
        CHECK(rank_of("usr/lib/os-release", os) > rank_of("etc/lsb-release", lsb));
        CHECK(rank_of("etc/os-release", os) > rank_of("usr/lib/os-release", os));
    }
}

static void check_limits(void)
{
    CHECK_CASE("a file of 64 KiB is read, one byte more is told")
    {
        static char content[64 * 1024 + 1];
        memset(content, '\n', sizeof(content));
        memcpy(content, "ID=a\n", 5);
        for (size_t more = 0; more < 2; more++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            CHECK_OK(detect_text(&detector_os_release, STR("etc/os-release"),
                                 (str){content, 64 * 1024 + more}, 0, &out, &e),
                     &e);
            CHECK_NUM(out.incomplete, more);
            CHECK_STR(buf_str(&out.text),
                      more == 0 ? STR("distribution etc/os-release 100 id=a version= codename= "
                                      "name=\n")
                                : STR("distribution etc/os-release 0 id= version= codename= name=\n"
                                      "incomplete not read: 65537 bytes are more than the limit of "
                                      "65536\n"));
            fact_lines_done(&out);
        }
    }
}

static void check_failures(void)
{
    static const char *const roles[] = {"etc/os-release",     "etc/SuSE-release",
                                        "etc/lsb-release",    "etc/debian_version",
                                        "etc/alpine-release", "etc/apt/sources.list"};
    str small = STR("ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='a b'\nDISTRIB_ID=x\n");
    CHECK_CASE("every truncation of every form is a distribution, known or not")
    {
        for (size_t r = 0; r < ARRAY_COUNT(roles); r++) {
            for (size_t cut = 0; cut <= small.len; cut++) {
                struct fact_lines out;
                struct error e = {.kind = ERROR_NONE};
                fact_lines_init(&out);
                CHECK_OK(detect_text(&detector_os_release, str_from(roles[r]),
                                     str_slice(small, 0, cut), 0, &out, &e),
                         &e);
                CHECK_NUM(out.others, 1);
                fact_lines_done(&out);
            }
        }
    }
    CHECK_CASE("each refused allocation is told as such")
    {
        static char content[20000];
        memset(content, 'a', sizeof(content));
        memcpy(content, "PRETTY_NAME=", 12);
        memcpy(content + 15000, "\nID=debian\n", 11);
        for (int n = 0;; n++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            fail_alloc_at(n);
            bool ok = detect_text(&detector_os_release, STR("etc/os-release"),
                                  (str){content, sizeof(content)}, 0, &out, &e);
            fail_alloc_at(-1);
            fact_lines_done(&out);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                CHECK(n > 1);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
    }
}

int main(void)
{
    check_cases();
    check_ranks();
    check_limits();
    check_failures();
    return check_done();
}
