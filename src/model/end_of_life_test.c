#include "model/end_of_life.h"

#include "base/clock.h"
#include "check.h"
#include "model/namespace.h"

static const struct {
    const char *says, *namespace_, *day;
    enum support support;
    const char *end;  /* "" for none */
    const char *note; /* part of it */
} cases[] = {
    {"Debian in its third year", "debian:13", "2026-11-24", SUPPORT_FULL, "2028-08-09",
     "Debian 13 (trixie): support until 2028-08-09, LTS until 2030-06-30"},
    {"Debian's LTS", "debian:12", "2026-11-24", SUPPORT_EXTENDED, "2028-06-30",
     "support ended on 2026-07-11, LTS until 2028-06-30"},
    {"the ELTS of somebody else does not make it supported", "debian:10", "2026-11-24",
     SUPPORT_ENDED, "2024-06-30",
     "Debian 10 (buster): support ended on 2022-09-10, LTS on 2024-06-30, ELTS (Freexian, for "
     "customers) until 2029-06-30 (distro-info-data)"},
    {"the last day counts", "debian:10", "2022-09-10T23:59:59Z", SUPPORT_FULL, "2022-09-10",
     "support until 2022-09-10"},
    {"the day after it", "debian:10", "2022-09-11", SUPPORT_EXTENDED, "2024-06-30",
     "support ended on 2022-09-10, LTS until"},
    {"Debian 4 without a dot", "debian:4", "2026-11-24", SUPPORT_ENDED, "2010-02-15", "(etch)"},
    {"Debian testing has no date", "debian:14", "2026-11-24", SUPPORT_UNKNOWN, "", ""},
    {"Ubuntu's ESM is the publisher's own", "ubuntu:18.04", "2026-11-24", SUPPORT_EXTENDED,
     "2030-04-30",
     "Ubuntu 18.04 (LTS, Bionic Beaver): support ended on 2023-05-31, ESM (Ubuntu Pro) until "
     "2028-04-26, legacy support (Ubuntu Pro) until 2030-04-30 (distro-info-data)"},
    {"Ubuntu, between two LTS", "ubuntu:23.10", "2026-11-24", SUPPORT_ENDED, "2024-07-11",
     "Ubuntu 23.10 (Mantic Minotaur): support ended on 2024-07-11"},
    {"Alpine by branch", "alpine:v3.11", "2026-11-24", SUPPORT_ENDED, "2021-11-01",
     "Alpine 3.11: support ended on 2021-11-01"},
    {"Alpine edge has no end", "alpine:edge", "2026-11-24", SUPPORT_UNKNOWN, "", ""},
    {"Red Hat's add-on", "rhel:7", "2026-11-24", SUPPORT_EXTENDED, "2028-06-30",
     "support ended on 2024-06-30, ELS (an add-on) until 2028-06-30"},
    {"CentOS 8, after Linux and before the end of Stream", "centos:8", "2023-01-01", SUPPORT_FULL,
     "2024-05-31", "CentOS 8: support ended on 2021-12-31, Stream until 2024-05-31"},
    {"CentOS 8 after both", "centos:8", "2026-11-24", SUPPORT_ENDED, "2024-05-31",
     "support ended on 2021-12-31, Stream on 2024-05-31"},
    {"CentOS Stream 9", "centos:9", "2026-11-24", SUPPORT_FULL, "2027-05-31",
     "CentOS 9: Stream until 2027-05-31"},
    {"a service pack of SUSE", "sles:15.3", "2026-11-24", SUPPORT_ENDED, "2025-12-31", "LTSS on"},
    {"a distribution without a table", "arch", "2026-11-24", SUPPORT_UNKNOWN, "", ""},
    {"nothing", "", "2026-11-24", SUPPORT_UNKNOWN, "", ""},
    {"a version that only begins like one", "debian:1", "2026-11-24", SUPPORT_UNKNOWN, "", ""},
};

static void check_one(size_t i)
{
    struct arena arena;
    arena_init(&arena, 1 << 20, "a test");
    struct error e;
    int64_t day_s = 0, end_s = 0;
    CHECK(clock_parse(str_from(cases[i].day), &day_s));
    CHECK(cases[i].end[0] == 0 || clock_parse(str_from(cases[i].end), &end_s));
    struct end_of_life got;
    CHECK_OK(end_of_life_of(str_from(cases[i].namespace_), day_s, &arena, &got, &e), &e);
    CHECK_NUM(got.support, cases[i].support);
    CHECK_NUM(got.end_s, end_s);
    str part = str_from(cases[i].note);
    CHECK(part.len == 0 ? got.note.len == 0 : str_find(got.note, part) < got.note.len);
    arena_done(&arena);
}

/* The refusals are of the arena's blocks: with nothing to give, the note cannot be made. */
static void check_refused(void)
{
    struct error e;
    struct end_of_life got;
    for (int n = 0;; n++) {
        struct arena arena;
        arena_init(&arena, 1 << 20, "a test");
        fail_alloc_at(n);
        bool done = end_of_life_of(STR("debian:10"), 0, &arena, &got, &e);
        fail_alloc_at(-1);
        arena_done(&arena);
        if (!fail_alloc_hit()) {
            CHECK(done);
            return;
        }
        CHECK(!done && e.kind == ERROR_MEMORY);
    }
}

/* Every Ubuntu and Debian release that model/namespace.c knows, and no phase before the one it
 * follows: a long time from now all of them have ended, with the last date of their note. */
static void check_order(void)
{
    static const char *const namespaces[] = {
        "debian:7",
        "debian:8",
        "debian:9",
        "debian:11",
        "debian:12",
        "debian:13",
        "rhel:5",
        "rhel:8",
        "rhel:9",
        "centos:7",
        "ubuntu:14.04",
        "ubuntu:16.04",
        "amzn:1",
        "amzn:2023",
        "sles:15.7",
        "ol:6",
        "ol:9",
        "rocky:9",
        "fedora:43",
        "photon:2.0",
        "azurelinux:3.0",
        "mariner:2.0",
        "almalinux:8",
        "alpine:v3.23",
        "opensuse-leap:15.6",
        "openeuler:24.03-LTS-SP3",
    };
    for (size_t i = 0; i < ARRAY_COUNT(namespaces); i++) {
        struct arena arena;
        arena_init(&arena, 1 << 20, "a test");
        struct error e;
        struct end_of_life early, late;
        str namespace_ = str_from(namespaces[i]);
        CHECK_OK(end_of_life_of(namespace_, 0, &arena, &early, &e), &e);
        CHECK_OK(end_of_life_of(namespace_, 253402300799, &arena, &late, &e), &e);
        CHECK_NUM(early.support, SUPPORT_FULL);
        CHECK_NUM(late.support, SUPPORT_ENDED);
        CHECK(early.end_s > 0 && early.end_s <= late.end_s);
        arena_done(&arena);
    }
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            check_one(i);
        }
    }
    CHECK_CASE("a refused allocation is an error")
    {
        check_refused();
    }
    CHECK_CASE("each family's releases end at some time")
    {
        check_order();
    }
    return check_done();
}
