/* os_name_test.c: every distribution that limpid knows, from os-release to the APIs' name and back.
 */
#include "api/os_name.h"

#include <stdio.h>

#include "check.h"
#include "model/namespace.h"

static struct error e;
static struct arena arena;

static const struct {
    const char *id, *version, *pretty;
    const char *namespace_, *os, *format;
    const char *old; /* the name in the API of 2015 */
} known[] = {
    {"debian", "12", "", "debian:12", "debian:12", "dpkg", "debian:12"},
    {"debian", "", "Debian GNU/Linux forky/sid", "debian:14", "debian:14", "dpkg", "debian:14"},
    {"debian", "", "Debian GNU/Linux sid", "debian:sid", "debian:unstable", "dpkg",
     "debian:unstable"},
    {"ubuntu", "14.04", "", "ubuntu:14.04", "ubuntu:14.04", "dpkg", "ubuntu:14.04"},
    {"alpine", "3.18.9", "", "alpine:v3.18", "alpine:v3.18", "dpkg", "alpine:v3.18"},
    {"alpine", "3.21_alpha20240807", "", "alpine:edge", "alpine:edge", "dpkg", "alpine:edge"},
    {"wolfi", "20230201", "", "wolfi", "wolfi:20230201", "dpkg", "wolfi:20230201"},
    {"chainguard", "20230214", "", "chainguard", "chainguard:20230214", "dpkg",
     "chainguard:20230214"},
    {"minimos", "20240401", "", "minimos", "minimos:20240401", "dpkg", "minimos:20240401"},
    {"alpaquita", "23", "", "alpaquita:23", "alpaquita:23", "dpkg", "alpaquita:23"},
    {"bellsoft-hardened-containers", "25", "", "bellsoft-hardened-containers:25",
     "bellsoft-hardened-containers:25", "dpkg", "bellsoft-hardened-containers:25"},
    {"echo", "1", "", "echo", "echo:1", "dpkg", "echo:1"},
    {"rhel", "8.10", "", "rhel:8", "centos:8", "rpm", "rhel:8.10"},
    {"redhat", "7.9", "", "rhel:7", "centos:7", "rpm", "redhat:7.9"},
    {"centos", "7", "CentOS Linux 7 (Core)", "centos:7", "centos:7", "rpm", "centos:7"},
    {"rocky", "9.3", "", "rocky:9", "rocky:9", "rpm", "rocky:9"},
    {"almalinux", "9.4", "", "almalinux:9", "almalinux:9", "rpm", "almalinux:9"},
    {"ol", "7.9", "", "ol:7", "oracle:7", "rpm", "oracle:7"},
    {"amzn", "2018.03", "", "amzn:1", "amzn:2018.03", "rpm", "amzn:2018.03"},
    {"amzn", "2", "", "amzn:2", "amzn:2", "rpm", "amzn:2"},
    {"amzn", "2023", "", "amzn:2023", "amzn:2023", "rpm", "amzn:2023"},
    {"fedora", "39", "", "fedora:39", "fedora:39", "rpm", "fedora:39"},
    {"sles", "15.3", "", "sles:15.3", "sles:15.3", "rpm", "sles:15.3"},
    {"sled", "15.3", "", "sled:15.3", "sled:15.3", "rpm", "sled:15.3"},
    {"sles_sap", "15.3", "", "sles:15.3", "sles:15.3", "rpm", "sles:15.3"},
    {"sle_hpc", "15.3", "", "sles:15.3", "sles:15.3", "rpm", "sles:15.3"},
    {"sle-micro", "5.5", "", "sle-micro:5.5", "sle-micro:5.5", "rpm", "sle-micro:5.5"},
    {"sle-micro-rancher", "5.4", "", "sle-micro:5.4", "sle-micro:5.4", "rpm", "sle-micro:5.4"},
    {"sl-micro", "6.0", "", "sl-micro:6.0", "sl-micro:6.0", "rpm", "sl-micro:6.0"},
    {"leap-micro", "5.2", "", "opensuse-leap-micro:5.2", "opensuse-leap-micro:5.2", "rpm",
     "opensuse-leap-micro:5.2"},
    {"opensuse-leap-micro", "6.0", "", "opensuse-leap-micro:6.0", "opensuse-leap-micro:6.0", "rpm",
     "opensuse-leap-micro:6.0"},
    {"opensuse", "42.3", "", "opensuse-leap:42.3", "opensuse-leap:42.3", "rpm",
     "opensuse-leap:42.3"},
    {"opensuse-leap", "15.3", "", "opensuse-leap:15.3", "opensuse-leap:15.3", "rpm",
     "opensuse-leap:15.3"},
    {"opensuse-tumbleweed", "20240101", "", "opensuse-tumbleweed", "opensuse-tumbleweed:20240101",
     "rpm", "opensuse-tumbleweed:20240101"},
    {"photon", "4.0", "", "photon:4.0", "photon:4.0", "rpm", "photon:4.0"},
    {"mariner", "2.0.20240727", "", "mariner:2.0", "mariner:2.0", "rpm", "mariner:2.0"},
    {"azurelinux", "3.0", "", "azurelinux:3.0", "azurelinux:3.0", "rpm", "azurelinux:3.0"},
    {"openEuler", "22.03", "openEuler 22.03 (LTS-SP3)", "openeuler:22.03-LTS-SP3",
     "openeuler:22.03-LTS-SP3", "rpm", "openeuler:22.03-LTS-SP3"},
    {"mageia", "9", "", "mageia:9", "mageia:9", "rpm", "mageia:9"},
    {"anolis", "8.8", "", "anolis:8", "anolis:8", "rpm", "anolis:8"},
    {"bottlerocket", "1.19.2", "", "bottlerocket", "bottlerocket:1.19.2", "rpm",
     "bottlerocket:1.19.2"},
    {"arch", "20240101", "", "arch", "arch:20240101", "dpkg", "arch:20240101"},
};

static bool leads_back(const char *os, str namespace_)
{
    str back[OS_NAMESPACES_MAX];
    size_t count = 0;
    bool is = false;
    CHECK_OK(os_namespaces(str_from(os), &arena, back, &count, &e), &e);
    for (size_t i = 0; i < count; i++) {
        is = is || str_eq(back[i], namespace_);
    }
    return is;
}

static void there_and_back(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        CHECK_CASE("%s %s %s", known[i].id, known[i].version, known[i].pretty)
        {
            const struct distribution d = {.id = str_from(known[i].id),
                                           .version_id = str_from(known[i].version),
                                           .pretty_name = str_from(known[i].pretty)};
            struct distribution_match match;
            str os, old, ns;
            if (!CHECK_OK(namespace_of(&d, &arena, &match, &e), &e)) {
                continue;
            }
            ns = match.namespace_;
            CHECK_STR(ns, str_from(known[i].namespace_));
            CHECK_OK(os_name(&d, ns, GRAPH_API_2016, &arena, &os, &e), &e);
            CHECK_STR(os, str_from(known[i].os));
            CHECK_OK(os_name(&d, ns, GRAPH_API_2015, &arena, &old, &e), &e);
            CHECK_STR(old, str_from(known[i].old));
            CHECK_STR(os_version_format(os), str_from(known[i].format));
            CHECK_STR(os_version_format(ns), str_from(known[i].format));
            CHECK(leads_back(known[i].os, ns));
            /* what lists of namespaces call it is found by the same name */
            CHECK_OK(os_of_namespace(ns, &arena, &os, &e), &e);
            CHECK(leads_back(os.at, ns));
            CHECK(os_is_distribution(ns) != str_eq(ns, STR("arch")));
        }
    }
}

static bool is_tested(str id)
{
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (str_eq_nocase(str_from(known[i].id), id)) {
            return true;
        }
    }
    return false;
}

int main(void)
{
    str id;
    arena_init(&arena, 1 << 20, "the test");
    there_and_back();
    CHECK_CASE("no distribution was forgotten")
    {
        for (size_t i = 0; namespace_id(i, &id); i++) {
            if (!CHECK(is_tested(id))) {
                printf("# " STR_FMT "\n", STR_ARG(id));
            }
        }
    }
    CHECK_CASE("languages are no distributions")
    {
        for (int i = 0; i < ECOSYSTEM_COUNT; i++) {
            str ns = namespace_of_ecosystem((enum ecosystem)i);
            CHECK(ns.len == 0 || !os_is_distribution(ns));
        }
    }
    CHECK_CASE("CentOS Stream has a namespace of its own, and CentOS' name")
    {
        static const struct {
            const char *namespace_, *pretty, *want;
        } streams[] = {{"centos:8", "CentOS Stream 8", "centos-stream:8"},
                       {"centos:8", "CentOS Linux 8", "centos:8"},
                       {"centos:9", "CentOS Stream 9", "centos-stream:9"},
                       {"centos:10", "", "centos-stream:10"},
                       {"rhel:9", "Stream", "rhel:9"}};
        for (size_t i = 0; i < ARRAY_COUNT(streams); i++) {
            const struct distribution d = {.pretty_name = str_from(streams[i].pretty)};
            str out;
            CHECK_OK(os_stream(&d, str_from(streams[i].namespace_), &arena, &out, &e), &e);
            CHECK_STR(out, str_from(streams[i].want));
        }
        CHECK(leads_back("centos:8", STR("centos-stream:8")));
        CHECK(os_is_stream(STR("centos-stream:8")) && !os_is_distribution(STR("centos-stream:8")));
    }
    arena_done(&arena);
    return check_done();
}
