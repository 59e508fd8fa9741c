/* end_of_life.c: see end_of_life.h. Where the dates are from is said a family; each table is in the
 * order of the releases. */
#include "model/end_of_life.h"

#include "base/clock.h"

enum { PHASES_MAX = 3, DAY_S = 86400 };

enum phase_kind {
    PHASE_STANDARD, /* for everybody, as a rule */
    PHASE_EXTENDED, /* by the publisher: security updates only, or only for customers */
    PHASE_FOREIGN,  /* by somebody else */
};

struct phase {
    const char *name;
    enum phase_kind kind;
};

struct release {
    str version;
    const char *label;            /* codename or the like; NULL: none */
    const char *ends[PHASES_MAX]; /* the last day of each phase; NULL: there is none, or not sure */
};

struct family {
    str name;          /* the namespace's part before the ':' */
    const char *title; /* as people write it */
    const char *source;
    struct phase phases[PHASES_MAX];
    const struct release *releases;
    size_t count;
};

#define RELEASE(version, label, ...)                                                               \
    {                                                                                              \
        STR_INIT(version), label,                                                                  \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* distro-info-data, debian.csv */
static const struct release debian[] = {
    RELEASE("1.1", "buzz", "1997-06-05"),
    RELEASE("1.2", "rex", "1998-06-05"),
    RELEASE("1.3", "bo", "1999-03-09"),
    RELEASE("2.0", "hamm", "2000-03-09"),
    RELEASE("2.1", "slink", "2000-10-30"),
    RELEASE("2.2", "potato", "2003-06-30"),
    RELEASE("3.0", "woody", "2006-06-30"),
    RELEASE("3.1", "sarge", "2008-03-31"),
    RELEASE("4", "etch", "2010-02-15"),
    RELEASE("5", "lenny", "2012-02-06"),
    RELEASE("6", "squeeze", "2014-05-31", "2016-02-29"),
    RELEASE("7", "wheezy", "2016-04-25", "2018-05-31", "2020-06-30"),
    RELEASE("8", "jessie", "2018-06-17", "2020-06-30", "2025-06-30"),
    RELEASE("9", "stretch", "2020-07-18", "2022-06-30", "2027-06-30"),
    RELEASE("10", "buster", "2022-09-10", "2024-06-30", "2029-06-30"),
    RELEASE("11", "bullseye", "2024-08-14", "2026-08-31", "2031-06-30"),
    RELEASE("12", "bookworm", "2026-07-11", "2028-06-30", "2033-06-30"),
    RELEASE("13", "trixie", "2028-08-09", "2030-06-30", "2035-06-30"),
};

/* distro-info-data, ubuntu.csv; the server's date where it is the later one */
static const struct release ubuntu[] = {
    RELEASE("4.10", "Warty Warthog", "2006-04-30"),
    RELEASE("5.04", "Hoary Hedgehog", "2006-10-31"),
    RELEASE("5.10", "Breezy Badger", "2007-04-13"),
    RELEASE("6.06", "LTS, Dapper Drake", "2011-06-01"),
    RELEASE("6.10", "Edgy Eft", "2008-04-25"),
    RELEASE("7.04", "Feisty Fawn", "2008-10-19"),
    RELEASE("7.10", "Gutsy Gibbon", "2009-04-18"),
    RELEASE("8.04", "LTS, Hardy Heron", "2013-05-09"),
    RELEASE("8.10", "Intrepid Ibex", "2010-04-30"),
    RELEASE("9.04", "Jaunty Jackalope", "2010-10-23"),
    RELEASE("9.10", "Karmic Koala", "2011-04-30"),
    RELEASE("10.04", "LTS, Lucid Lynx", "2015-04-30"),
    RELEASE("10.10", "Maverick Meerkat", "2012-04-10"),
    RELEASE("11.04", "Natty Narwhal", "2012-10-28"),
    RELEASE("11.10", "Oneiric Ocelot", "2013-05-09"),
    RELEASE("12.04", "LTS, Precise Pangolin", "2017-04-28", "2019-04-26"),
    RELEASE("12.10", "Quantal Quetzal", "2014-05-16"),
    RELEASE("13.04", "Raring Ringtail", "2014-01-27"),
    RELEASE("13.10", "Saucy Salamander", "2014-07-17"),
    RELEASE("14.04", "LTS, Trusty Tahr", "2019-04-25", "2024-04-25", "2026-04-28"),
    RELEASE("14.10", "Utopic Unicorn", "2015-07-23"),
    RELEASE("15.04", "Vivid Vervet", "2016-02-04"),
    RELEASE("15.10", "Wily Werewolf", "2016-07-28"),
    RELEASE("16.04", "LTS, Xenial Xerus", "2021-04-30", "2026-04-23", "2028-04-25"),
    RELEASE("16.10", "Yakkety Yak", "2017-07-20"),
    RELEASE("17.04", "Zesty Zapus", "2018-01-13"),
    RELEASE("17.10", "Artful Aardvark", "2018-07-19"),
    RELEASE("18.04", "LTS, Bionic Beaver", "2023-05-31", "2028-04-26", "2030-04-30"),
    RELEASE("18.10", "Cosmic Cuttlefish", "2019-07-18"),
    RELEASE("19.04", "Disco Dingo", "2020-01-23"),
    RELEASE("19.10", "Eoan Ermine", "2020-07-17"),
    RELEASE("20.04", "LTS, Focal Fossa", "2025-05-29", "2030-04-23", "2032-04-27"),
    RELEASE("20.10", "Groovy Gorilla", "2021-07-22"),
    RELEASE("21.04", "Hirsute Hippo", "2022-01-20"),
    RELEASE("21.10", "Impish Indri", "2022-07-14"),
    RELEASE("22.04", "LTS, Jammy Jellyfish", "2027-06-01", "2032-04-21", "2034-04-25"),
    RELEASE("22.10", "Kinetic Kudu", "2023-07-20"),
    RELEASE("23.04", "Lunar Lobster", "2024-01-25"),
    RELEASE("23.10", "Mantic Minotaur", "2024-07-11"),
    RELEASE("24.04", "LTS, Noble Numbat", "2029-05-31", "2034-04-25", "2036-04-29"),
    RELEASE("24.10", "Oracular Oriole", "2025-07-10"),
    RELEASE("25.04", "Plucky Puffin", "2026-01-15"),
    RELEASE("25.10", "Questing Quokka", "2026-07-09"),
    RELEASE("26.04", "LTS, Resolute Raccoon", "2031-05-29", "2036-04-23", "2038-04-27"),
};

/* alpinelinux.org/releases, by endoflife.date */
static const struct release alpine[] = {
    RELEASE("v2.1", NULL, "2012-11-01"),  RELEASE("v2.2", NULL, "2013-05-01"),
    RELEASE("v2.3", NULL, "2013-11-01"),  RELEASE("v2.4", NULL, "2014-05-01"),
    RELEASE("v2.5", NULL, "2014-11-01"),  RELEASE("v2.6", NULL, "2015-05-01"),
    RELEASE("v2.7", NULL, "2015-11-01"),  RELEASE("v3.0", NULL, "2016-05-01"),
    RELEASE("v3.1", NULL, "2016-11-01"),  RELEASE("v3.2", NULL, "2017-05-01"),
    RELEASE("v3.3", NULL, "2017-11-01"),  RELEASE("v3.4", NULL, "2018-05-01"),
    RELEASE("v3.5", NULL, "2018-11-01"),  RELEASE("v3.6", NULL, "2019-05-01"),
    RELEASE("v3.7", NULL, "2019-11-01"),  RELEASE("v3.8", NULL, "2020-05-01"),
    RELEASE("v3.9", NULL, "2020-11-01"),  RELEASE("v3.10", NULL, "2021-05-01"),
    RELEASE("v3.11", NULL, "2021-11-01"), RELEASE("v3.12", NULL, "2022-05-01"),
    RELEASE("v3.13", NULL, "2022-11-01"), RELEASE("v3.14", NULL, "2023-05-01"),
    RELEASE("v3.15", NULL, "2023-11-01"), RELEASE("v3.16", NULL, "2024-05-23"),
    RELEASE("v3.17", NULL, "2024-11-22"), RELEASE("v3.18", NULL, "2025-05-09"),
    RELEASE("v3.19", NULL, "2025-11-01"), RELEASE("v3.20", NULL, "2026-04-01"),
    RELEASE("v3.21", NULL, "2026-11-01"), RELEASE("v3.22", NULL, "2027-05-01"),
    RELEASE("v3.23", NULL, "2027-11-01"),
};

/* Red Hat's life cycle page: maintenance support, then the ELS add-on; by endoflife.date */
static const struct release rhel[] = {
    RELEASE("4", NULL, "2012-02-29", "2017-03-31"),
    RELEASE("5", NULL, "2017-03-31", "2020-11-30"),
    RELEASE("6", NULL, "2020-11-30", "2024-06-30"),
    RELEASE("7", NULL, "2024-06-30", "2028-06-30"),
    RELEASE("8", NULL, "2029-05-31", "2032-05-31"),
    RELEASE("9", NULL, "2032-05-31", "2035-05-31"),
    RELEASE("10", NULL, "2035-05-31"),
};

/* centos.org, by endoflife.date. 8 was CentOS Linux and, longer, CentOS Stream; from 9 on there is
 * only Stream. */
static const struct release centos[] = {
    RELEASE("5", NULL, "2017-03-31"),       RELEASE("6", NULL, "2020-11-30"),
    RELEASE("7", NULL, "2024-06-30"),       RELEASE("8", NULL, "2021-12-31", "2024-05-31"),
    RELEASE("9", NULL, NULL, "2027-05-31"),
};

/* wiki.rockylinux.org, by endoflife.date */
static const struct release rocky[] = {
    RELEASE("8", NULL, "2029-05-31"),
    RELEASE("9", NULL, "2032-05-31"),
    RELEASE("10", NULL, "2035-05-31"),
};

/* wiki.almalinux.org, by endoflife.date */
static const struct release almalinux[] = {
    RELEASE("8", NULL, "2029-03-01"),
    RELEASE("9", NULL, "2032-05-31"),
    RELEASE("10", NULL, "2035-05-31"),
};

/* Oracle's lifetime support policy; it tells the month, the last day of which is here */
static const struct release oracle[] = {
    RELEASE("6", NULL, "2021-03-31", "2024-12-31"),
    RELEASE("7", NULL, "2024-12-31"),
    RELEASE("8", NULL, "2029-07-31"),
    RELEASE("9", NULL, "2032-06-30"),
};

/* Amazon's FAQs for each release; of 1, standard and then maintenance support */
static const struct release amazon[] = {
    RELEASE("1", NULL, "2020-12-31", "2023-12-31"),
    RELEASE("2", NULL, "2026-06-30"),
    RELEASE("2023", NULL, "2029-06-30"),
};

/* Fedora's schedules, by endoflife.date */
static const struct release fedora[] = {
    RELEASE("20", NULL, "2015-06-23"), RELEASE("21", NULL, "2015-12-01"),
    RELEASE("22", NULL, "2016-07-19"), RELEASE("23", NULL, "2016-12-20"),
    RELEASE("24", NULL, "2017-08-08"), RELEASE("25", NULL, "2017-12-12"),
    RELEASE("26", NULL, "2018-05-29"), RELEASE("27", NULL, "2018-11-30"),
    RELEASE("28", NULL, "2019-05-28"), RELEASE("29", NULL, "2019-11-26"),
    RELEASE("30", NULL, "2020-05-26"), RELEASE("31", NULL, "2020-11-24"),
    RELEASE("32", NULL, "2021-05-25"), RELEASE("33", NULL, "2021-11-30"),
    RELEASE("34", NULL, "2022-06-07"), RELEASE("35", NULL, "2022-12-13"),
    RELEASE("36", NULL, "2023-05-16"), RELEASE("37", NULL, "2023-12-05"),
    RELEASE("38", NULL, "2024-05-21"), RELEASE("39", NULL, "2024-11-26"),
    RELEASE("40", NULL, "2025-05-13"), RELEASE("41", NULL, "2025-12-15"),
    RELEASE("42", NULL, "2026-05-13"), RELEASE("43", NULL, "2026-12-09"),
};

/* suse.com/lifecycle: general support, then LTSS */
static const struct release sles[] = {
    RELEASE("11", NULL, "2010-12-31"),
    RELEASE("11.1", NULL, "2012-08-31", "2015-08-30"),
    RELEASE("11.2", NULL, "2014-01-31", "2017-01-30"),
    RELEASE("11.3", NULL, "2016-01-31", "2019-01-30"),
    RELEASE("11.4", NULL, "2019-03-31", "2022-03-31"),
    RELEASE("12", NULL, "2016-06-30", "2019-07-01"),
    RELEASE("12.1", NULL, "2017-05-31", "2020-05-31"),
    RELEASE("12.2", NULL, "2018-03-31", "2021-03-31"),
    RELEASE("12.3", NULL, "2019-06-30", "2022-06-30"),
    RELEASE("12.4", NULL, "2020-06-30", "2023-06-30"),
    RELEASE("12.5", NULL, "2024-10-31", "2027-10-31"),
    RELEASE("15", NULL, "2019-12-31", "2022-12-31"),
    RELEASE("15.1", NULL, "2021-01-31", "2024-01-31"),
    RELEASE("15.2", NULL, "2021-12-31", "2024-12-31"),
    RELEASE("15.3", NULL, "2022-12-31", "2025-12-31"),
    RELEASE("15.4", NULL, "2023-12-31", "2026-12-31"),
    RELEASE("15.5", NULL, "2024-12-31", "2027-12-31"),
    RELEASE("15.6", NULL, "2025-12-31", "2028-12-31"),
    RELEASE("15.7", NULL, "2031-07-31", "2034-07-31"),
};

/* en.opensuse.org/Lifetime, by endoflife.date */
static const struct release leap[] = {
    RELEASE("42.1", NULL, "2017-05-17"), RELEASE("42.2", NULL, "2018-01-26"),
    RELEASE("42.3", NULL, "2019-07-01"), RELEASE("15.0", NULL, "2019-12-03"),
    RELEASE("15.1", NULL, "2021-02-02"), RELEASE("15.2", NULL, "2022-01-04"),
    RELEASE("15.3", NULL, "2022-12-31"), RELEASE("15.4", NULL, "2023-12-07"),
    RELEASE("15.5", NULL, "2024-12-31"), RELEASE("15.6", NULL, "2026-04-30"),
    RELEASE("16.0", NULL, "2027-10-31"),
};

/* the publisher's announcement for 1 and 2; of later ones sources differ */
static const struct release photon[] = {
    RELEASE("1.0", NULL, "2022-02-28"),
    RELEASE("2.0", NULL, "2022-12-31"),
};

/* Microsoft's release cadence page, by endoflife.date */
static const struct release mariner[] = {
    RELEASE("1.0", NULL, "2023-08-31"),
    RELEASE("2.0", NULL, "2025-07-31"),
};

/* the same */
static const struct release azurelinux[] = {
    RELEASE("3.0", NULL, "2027-08-31"),
};

/* openeuler.org's archive page, by endoflife.date: each service pack has a date of its own. */
static const struct release openeuler[] = {
    RELEASE("20.03-LTS", NULL, "2021-03-31"),     RELEASE("20.03-LTS-SP1", NULL, "2022-12-31"),
    RELEASE("20.03-LTS-SP2", NULL, "2022-04-30"), RELEASE("20.03-LTS-SP3", NULL, "2023-12-31"),
    RELEASE("20.03-LTS-SP4", NULL, "2025-11-30"), RELEASE("22.03-LTS", NULL, "2024-03-31"),
    RELEASE("22.03-LTS-SP1", NULL, "2024-12-31"), RELEASE("22.03-LTS-SP2", NULL, "2024-03-31"),
    RELEASE("22.03-LTS-SP3", NULL, "2025-12-31"), RELEASE("22.03-LTS-SP4", NULL, "2026-06-30"),
    RELEASE("23.03", NULL, "2023-09-30"),         RELEASE("23.09", NULL, "2024-03-31"),
    RELEASE("24.03-LTS", NULL, "2026-05-31"),     RELEASE("24.03-LTS-SP1", NULL, "2026-12-31"),
    RELEASE("24.03-LTS-SP2", NULL, "2026-03-31"), RELEASE("24.03-LTS-SP3", NULL, "2027-12-31"),
    RELEASE("24.03-LTS-SP4", NULL, "2027-03-31"), RELEASE("24.09", NULL, "2025-03-31"),
    RELEASE("25.03", NULL, "2025-09-30"),         RELEASE("25.09", NULL, "2026-03-31"),
    RELEASE("26.09", NULL, "2027-03-31"),
};

#define FAMILY(name, title, source, table, ...)                                                    \
    {                                                                                              \
        STR_INIT(name), title, source, {__VA_ARGS__}, table, ARRAY_COUNT(table)                    \
    }
#define STANDARD                                                                                   \
    {                                                                                              \
        "support", PHASE_STANDARD                                                                  \
    }
#define EXTENDED(name)                                                                             \
    {                                                                                              \
        name, PHASE_EXTENDED                                                                       \
    }

static const struct family families[] = {
    FAMILY("debian", "Debian", "distro-info-data", debian, STANDARD, EXTENDED("LTS"),
           {"ELTS (Freexian, for customers)", PHASE_FOREIGN}),
    FAMILY("ubuntu", "Ubuntu", "distro-info-data", ubuntu, STANDARD, EXTENDED("ESM (Ubuntu Pro)"),
           EXTENDED("legacy support (Ubuntu Pro)")),
    FAMILY("alpine", "Alpine", "alpinelinux.org/releases", alpine, STANDARD),
    FAMILY("rhel", "Red Hat Enterprise Linux", "Red Hat's life cycle", rhel, STANDARD,
           EXTENDED("ELS (an add-on)")),
    FAMILY("centos", "CentOS", "centos.org", centos, STANDARD, {"Stream", PHASE_STANDARD}),
    FAMILY("rocky", "Rocky Linux", "wiki.rockylinux.org", rocky, STANDARD),
    FAMILY("almalinux", "AlmaLinux", "wiki.almalinux.org", almalinux, STANDARD),
    FAMILY("ol", "Oracle Linux", "Oracle's lifetime support policy", oracle, STANDARD,
           EXTENDED("extended support")),
    FAMILY("amzn", "Amazon Linux", "Amazon's FAQs", amazon, STANDARD,
           EXTENDED("maintenance support")),
    FAMILY("fedora", "Fedora", "Fedora's schedules", fedora, STANDARD),
    FAMILY("sles", "SUSE Linux Enterprise Server", "suse.com/lifecycle", sles, STANDARD,
           EXTENDED("LTSS")),
    FAMILY("opensuse-leap", "openSUSE Leap", "en.opensuse.org/Lifetime", leap, STANDARD),
    FAMILY("photon", "Photon OS", "VMware's announcement", photon, STANDARD),
    FAMILY("mariner", "CBL-Mariner", "Microsoft's release cadence", mariner, STANDARD),
    FAMILY("azurelinux", "Azure Linux", "Microsoft's release cadence", azurelinux, STANDARD),
    FAMILY("openeuler", "openEuler", "openeuler.org", openeuler, STANDARD),
};

static const struct release *release_find(str namespace_, const struct family **family)
{
    str version = namespace_, name;
    if (!str_cut(&version, ':', &name)) {
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        for (size_t k = 0; str_eq(families[i].name, name) && k < families[i].count; k++) {
            if (str_eq(families[i].releases[k].version, version)) {
                *family = &families[i];
                return &families[i].releases[k];
            }
        }
    }
    return NULL;
}

/* The phase's last day; 0 where it has none. */
static int64_t phase_end(const struct release *release, size_t i)
{
    int64_t end_s = 0;
    if (release->ends[i] != NULL && !clock_parse(str_from(release->ends[i]), &end_s)) {
        end_s = 0; /* the tables are ours, and tested */
    }
    return end_s;
}

static void judge(const struct family *family, const struct release *release, int64_t day_s,
                  struct end_of_life *out)
{
    out->support = SUPPORT_ENDED;
    for (size_t i = 0; i < PHASES_MAX; i++) {
        int64_t end_s = phase_end(release, i);
        if (end_s == 0 || family->phases[i].kind == PHASE_FOREIGN) {
            continue;
        }
        bool lasts = day_s < end_s + DAY_S;
        bool standard = family->phases[i].kind == PHASE_STANDARD;
        if (lasts && standard) {
            *out = (struct end_of_life){.support = SUPPORT_FULL, .end_s = end_s};
            return;
        }
        if (lasts) {
            out->support = SUPPORT_EXTENDED;
        }
        out->end_s = end_s > out->end_s ? end_s : out->end_s;
    }
}

/* "support ended on 2022-09-10, LTS on 2024-06-30, ELTS … until 2029-06-30" */
static bool phases_text(const struct family *family, const struct release *release, int64_t day_s,
                        struct arena *arena, str *text, struct error *e)
{
    *text = STR_NONE;
    bool over_said = false;
    for (size_t i = 0; i < PHASES_MAX; i++) {
        int64_t end_s = phase_end(release, i);
        if (end_s == 0) {
            continue;
        }
        bool over = day_s >= end_s + DAY_S;
        const char *verb = !over ? "until" : over_said ? "on" : "ended on";
        over_said = over;
        if (!arena_printf(arena, text, e, STR_FMT "%s%s %s %s", STR_ARG(*text),
                          text->len > 0 ? ", " : "", family->phases[i].name, verb,
                          release->ends[i])) {
            return false;
        }
    }
    return true;
}

bool end_of_life_of(str namespace_, int64_t day_s, struct arena *arena, struct end_of_life *out,
                    struct error *e)
{
    const struct family *family = NULL;
    const struct release *release = release_find(namespace_, &family);
    struct end_of_life found = {.support = SUPPORT_UNKNOWN};
    if (release != NULL) {
        judge(family, release, day_s, &found);
        str phases;
        str version = release->version.at[0] == 'v'
                          ? str_slice(release->version, 1, release->version.len)
                          : release->version;
        const char *label = release->label == NULL ? "" : release->label;
        if (!phases_text(family, release, day_s, arena, &phases, e) ||
            !arena_printf(arena, &found.note, e, "%s " STR_FMT "%s%s%s: " STR_FMT " (%s)",
                          family->title, STR_ARG(version), label[0] != 0 ? " (" : "", label,
                          label[0] != 0 ? ")" : "", STR_ARG(phases), family->source)) {
            return false;
        }
    }
    *out = found;
    return true;
}
