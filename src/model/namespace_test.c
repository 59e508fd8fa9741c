#include "model/namespace.h"

#include "check.h"

/* os-release files of the images and of the distributions' own base images */
static const struct {
    const char *says;
    struct distribution d;
    const char *namespace_;
    enum ecosystem ecosystem;
    const char *note; /* part of it; NULL: none */
} cases[] = {
    {"Debian by number",
     {.id = STR_INIT("debian"), .version_id = STR_INIT("12"), .codename = STR_INIT("bookworm")},
     "debian:12",
     ECOSYSTEM_DEB,
     NULL},
    {"Debian's point releases are one",
     {.id = STR_INIT("debian"), .version_id = STR_INIT("7.11")},
     "debian:7",
     ECOSYSTEM_DEB,
     NULL},
    {"Debian before 4 had two numbers",
     {.id = STR_INIT("debian"), .version_id = STR_INIT("3.1")},
     "debian:3.1",
     ECOSYSTEM_DEB,
     NULL},
    {"Debian testing by codename",
     {.id = STR_INIT("debian"), .codename = STR_INIT("forky")},
     "debian:14",
     ECOSYSTEM_DEB,
     NULL},
    {"Debian testing by the pretty name",
     {.id = STR_INIT("debian"), .pretty_name = STR_INIT("Debian GNU/Linux trixie/sid")},
     "debian:13",
     ECOSYSTEM_DEB,
     NULL},
    {"Debian unstable",
     {.id = STR_INIT("debian"), .codename = STR_INIT("sid")},
     "debian:sid",
     ECOSYSTEM_DEB,
     NULL},
    {"Debian of an unknown release",
     {.id = STR_INIT("debian"), .codename = STR_INIT("nonesuch")},
     "",
     ECOSYSTEM_DEB,
     "cannot be told"},
    {"openEuler with its service pack",
     {.id = STR_INIT("openEuler"),
      .version_id = STR_INIT("22.03"),
      .pretty_name = STR_INIT("openEuler 22.03 (LTS-SP3)")},
     "openeuler:22.03-LTS-SP3",
     ECOSYSTEM_RPM,
     NULL},
    {"openEuler's release of half a year",
     {.id = STR_INIT("openEuler"),
      .version_id = STR_INIT("23.09"),
      .pretty_name = STR_INIT("openEuler 23.09")},
     "openeuler:23.09",
     ECOSYSTEM_RPM,
     NULL},
    {"openEuler whose pretty name is odd",
     {.id = STR_INIT("openEuler"),
      .version_id = STR_INIT("22.03"),
      .pretty_name = STR_INIT("openEuler (a b)")},
     "openeuler:22.03",
     ECOSYSTEM_RPM,
     NULL},
    {"Ubuntu has two numbers",
     {.id = STR_INIT("ubuntu"), .id_like = STR_INIT("debian"), .version_id = STR_INIT("22.04")},
     "ubuntu:22.04",
     ECOSYSTEM_DEB,
     NULL},
    {"a derivative of Ubuntu with Ubuntu's codename",
     {.id = STR_INIT("pop"),
      .id_like = STR_INIT("ubuntu debian"),
      .version_id = STR_INIT("22.04"),
      .codename = STR_INIT("jammy")},
     "ubuntu:22.04",
     ECOSYSTEM_DEB,
     "'pop' is treated as ubuntu:22.04"},
    {"a derivative of Ubuntu with a codename of its own is not known",
     {.id = STR_INIT("linuxmint"),
      .id_like = STR_INIT("ubuntu debian"),
      .version_id = STR_INIT("21"),
      .codename = STR_INIT("vanessa")},
     "",
     ECOSYSTEM_NONE,
     "does not know the distribution 'linuxmint'"},
    {"a derivative of Debian goes by codename, not by its number",
     {.id = STR_INIT("raspbian"),
      .id_like = STR_INIT("debian"),
      .version_id = STR_INIT("99"),
      .codename = STR_INIT("bookworm")},
     "debian:12",
     ECOSYSTEM_DEB,
     "by ID_LIKE"},
    {"kali rolls with testing",
     {.id = STR_INIT("kali"),
      .id_like = STR_INIT("debian"),
      .version_id = STR_INIT("2024.1"),
      .codename = STR_INIT("kali-rolling")},
     "debian:sid",
     ECOSYSTEM_DEB,
     "'kali' is treated as debian:sid"},
    {"devuan renames Debian's releases",
     {.id = STR_INIT("devuan"), .id_like = STR_INIT("debian"), .codename = STR_INIT("daedalus")},
     "debian:12",
     ECOSYSTEM_DEB,
     "by ID_LIKE"},
    {"Alpine's branch is two numbers",
     {.id = STR_INIT("alpine"), .version_id = STR_INIT("3.18.9")},
     "alpine:v3.18",
     ECOSYSTEM_APK,
     NULL},
    {"Alpine edge is an alpha",
     {.id = STR_INIT("alpine"), .version_id = STR_INIT("3.21.0_alpha20240807")},
     "alpine:edge",
     ECOSYSTEM_APK,
     NULL},
    {"a release candidate of Alpine is of its branch",
     {.id = STR_INIT("alpine"), .version_id = STR_INIT("3.19.0_rc2")},
     "alpine:v3.19",
     ECOSYSTEM_APK,
     NULL},
    {"a single number is no branch of Alpine",
     {.id = STR_INIT("alpine"), .version_id = STR_INIT("3")},
     "",
     ECOSYSTEM_APK,
     "cannot be told"},
    {"Wolfi has no releases",
     {.id = STR_INIT("wolfi"), .version_id = STR_INIT("20230201")},
     "wolfi",
     ECOSYSTEM_APK,
     NULL},
    {"Red Hat by major number",
     {.id = STR_INIT("rhel"), .version_id = STR_INIT("8.10"), .id_like = STR_INIT("fedora")},
     "rhel:8",
     ECOSYSTEM_RPM,
     NULL},
    {"AlmaLinux is itself in spite of ID_LIKE",
     {.id = STR_INIT("almalinux"),
      .version_id = STR_INIT("9.4"),
      .id_like = STR_INIT("rhel centos fedora")},
     "almalinux:9",
     ECOSYSTEM_RPM,
     NULL},
    {"CentOS is itself, with a word on whose advisories hold",
     {.id = STR_INIT("centos"),
      .version_id = STR_INIT("7"),
      .pretty_name = STR_INIT("CentOS Linux 7 (Core)")},
     "centos:7",
     ECOSYSTEM_RPM,
     "those of rhel:7 hold"},
    {"CentOS Stream says so",
     {.id = STR_INIT("centos"),
      .version_id = STR_INIT("9"),
      .pretty_name = STR_INIT("CentOS Stream 9")},
     "centos:9",
     ECOSYSTEM_RPM,
     "Stream publishes no advisories"},
    {"an unknown clone counts as Red Hat",
     {.id = STR_INIT("miraclelinux"),
      .version_id = STR_INIT("8.8"),
      .id_like = STR_INIT("rhel fedora")},
     "rhel:8",
     ECOSYSTEM_RPM,
     "'miraclelinux' is treated as rhel:8"},
    {"a relative of Fedora alone is not known",
     {.id = STR_INIT("qubes"), .version_id = STR_INIT("4.2"), .id_like = STR_INIT("fedora")},
     "",
     ECOSYSTEM_NONE,
     "does not know"},
    {"the first Amazon Linux had dates",
     {.id = STR_INIT("amzn"), .version_id = STR_INIT("2018.03")},
     "amzn:1",
     ECOSYSTEM_RPM,
     NULL},
    {"Amazon Linux 2023 has a year",
     {.id = STR_INIT("amzn"), .version_id = STR_INIT("2023")},
     "amzn:2023",
     ECOSYSTEM_RPM,
     NULL},
    {"SUSE by service pack",
     {.id = STR_INIT("sles"), .version_id = STR_INIT("15.3")},
     "sles:15.3",
     ECOSYSTEM_RPM,
     NULL},
    {"openSUSE Leap",
     {.id = STR_INIT("opensuse-leap"), .version_id = STR_INIT("15.3")},
     "opensuse-leap:15.3",
     ECOSYSTEM_RPM,
     NULL},
    {"Mariner",
     {.id = STR_INIT("mariner"), .version_id = STR_INIT("2.0")},
     "mariner:2.0",
     ECOSYSTEM_RPM,
     NULL},
    {"Arch rolls: a name alone", {.id = STR_INIT("arch")}, "arch", ECOSYSTEM_ALPM, NULL},
    {"nothing known at all", {.id = STR_INIT("")}, "", ECOSYSTEM_NONE, "does not know"},
    {"a version with other bytes than versions have is none",
     {.id = STR_INIT("debian"), .version_id = STR_INIT("12\n; x")},
     "",
     ECOSYSTEM_DEB,
     "cannot be told"},
    {"a version of many bytes is none",
     {.id = STR_INIT("rhel"),
      .version_id = STR_INIT("8888888888888888888888888888888888888888888888888888888888888888"
                             "8")},
     "",
     ECOSYSTEM_RPM,
     "cannot be told"},
};

static void run_cases(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            struct distribution_match got;
            arena_init(&arena, 64 * 1024, "a test");
            if (CHECK_OK(namespace_of(&cases[i].d, &arena, &got, &e), &e)) {
                CHECK_STR(got.namespace_, str_from(cases[i].namespace_));
                CHECK_NUM(got.ecosystem, cases[i].ecosystem);
                str part = str_from(cases[i].note);
                CHECK(part.len == 0 ? got.note.len == 0 : str_find(got.note, part) < got.note.len);
                CHECK(got.namespace_.len == 0 ||
                      str_eq(namespace_scheme(got.namespace_), ecosystem_name(got.ecosystem)));
            }
            arena_done(&arena);
        }
    }
}

static void run_memory(void)
{
    CHECK_CASE("a refused allocation is an error without a result")
    {
        for (int n = 0; n < 20; n++) {
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            struct distribution_match got;
            const struct distribution d = {
                .id = STR("pop"), .id_like = STR("ubuntu"), .codename = STR("jammy")};
            arena_init(&arena, 64 * 1024, "a test");
            fail_alloc_at(n);
            bool ok = namespace_of(&d, &arena, &got, &e);
            fail_alloc_at(-1);
            bool hit = fail_alloc_hit();
            arena_done(&arena);
            CHECK(ok == !hit && (ok || e.kind == ERROR_MEMORY));
            if (!hit) {
                break;
            }
        }
    }
}

int main(void)
{
    run_cases();
    run_memory();
    CHECK_CASE("Debian's codenames lead to numbers")
    {
        CHECK_STR(namespace_of_debian_codename(STR("buzz")), STR("debian:1.1"));
        CHECK_STR(namespace_of_debian_codename(STR("sarge")), STR("debian:3.1"));
        CHECK_STR(namespace_of_debian_codename(STR("etch")), STR("debian:4"));
        CHECK_STR(namespace_of_debian_codename(STR("bullseye")), STR("debian:11"));
        CHECK_STR(namespace_of_debian_codename(STR("forky")), STR("debian:14"));
        CHECK_STR(namespace_of_debian_codename(STR("sid")), STR("debian:sid"));
        CHECK_NUM(namespace_of_debian_codename(STR("experimental")).len, 0);
        CHECK_NUM(namespace_of_debian_codename(STR_NONE).len, 0);
    }
    CHECK_CASE("Ubuntu's codenames lead to numbers")
    {
        CHECK_STR(namespace_of_ubuntu_codename(STR("warty")), STR("ubuntu:4.10"));
        CHECK_STR(namespace_of_ubuntu_codename(STR("jammy")), STR("ubuntu:22.04"));
        CHECK_STR(namespace_of_ubuntu_codename(STR("resolute")), STR("ubuntu:26.04"));
        CHECK_NUM(namespace_of_ubuntu_codename(STR("devel")).len, 0);
    }
    CHECK_CASE("a namespace has its distribution's version order")
    {
        CHECK_STR(namespace_scheme(STR("debian:12")), STR("deb"));
        CHECK_STR(namespace_scheme(STR("wolfi")), STR("apk"));
        CHECK_STR(namespace_scheme(STR("almalinux:9")), STR("rpm"));
        CHECK_STR(namespace_scheme(STR("arch")), STR("alpm"));
        CHECK_STR(namespace_scheme(STR("go")), STR("go"));
        CHECK_STR(namespace_scheme(namespace_of_ecosystem(ECOSYSTEM_CARGO)), STR("semver"));
        CHECK_NUM(namespace_of_ecosystem(ECOSYSTEM_DEB).len, 0);
        CHECK_NUM(namespace_scheme(STR("nonesuch:1")).len, 0);
        CHECK_NUM(namespace_scheme(STR_NONE).len, 0);
    }
    return check_done();
}
