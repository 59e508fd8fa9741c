#include "report/sample.h"

#include <string.h>

#include "base/clock.h"

#define S(text) STR_INIT(text)

static const struct layer_info layers[] = {
    {.blob = {.algorithm = DIGEST_SHA256, .bytes = {0xaa, 1}},
     .diff_id = {.algorithm = DIGEST_SHA256, .bytes = {0xbb, 1}},
     .created_by = S("/bin/sh -c #(nop) ADD file:96977352301efe982e in / "),
     .size_bytes = 30438912,
     .cached = true,
     .verified = true},
    {.blob = {.algorithm = DIGEST_SHA256, .bytes = {0xaa, 2}},
     .diff_id = {.algorithm = DIGEST_SHA256, .bytes = {0xbb, 2}},
     .created_by =
         S("RUN /bin/sh -c apt-get update &&     apt-get install -y --no-install-recommends "
           "openssl nginx # buildkit"),
     .size_bytes = 5000},
};

#define DEB(n, v, s, sv)                                                                           \
    {                                                                                              \
        .ecosystem = ECOSYSTEM_DEB, .name = S(n), .version = S(v), .arch = S("amd64"),             \
        .source = S(s), .source_version = S(sv)                                                    \
    }
#define AT(l) .location = S("var/lib/dpkg/status"), .layer = (l), .changed_in = 1

static const struct found_package packages[] = {
    {.package = DEB("bash", "4.2+dfsg-0.1", "bash", "4.2+dfsg-0.1"), AT(0)},
    {.package = DEB("libc-bin", "2.13-38", "eglibc", "2.13-38"), AT(0)},
    {.package = DEB("libc6", "2.13-38", "eglibc", "2.13-38"), AT(0)},
    {.package = DEB("libssl1.0.0", "1.0.1e-2+deb7u4", "openssl", "1.0.1e-2+deb7u4"), AT(1)},
    {.package = DEB("multiarch-support", "2.13-38", "eglibc", "2.13-38"), AT(0)},
    {.package = DEB("openssl", "1.0.1e-2+deb7u4", "openssl", "1.0.1e-2+deb7u4"), AT(1)},
};

static const struct found_package nasty_packages[] = {
    {.package = {.ecosystem = ECOSYSTEM_APK,
                 .name = S("evil\x1b]0;owned\a\x1b[2J\r\nname"),
                 .version = S("1.0\t2\x9b"),
                 .source = S("evil"),
                 .source_version = S("1.0"),
                 .license = S("</script><script>alert(1)</script>")},
     .location = S("lib/apk/db/\xff\xfe"),
     .layer = 0},
    {.package = {.ecosystem = ECOSYSTEM_APK,
                 .name = S("=cmd|' /C calc'!A0\u202egnp.exe\u2066"),
                 .version = S("\u4e2d\u6587\u0301-1\u2028\u2029\U000e0041"),
                 .source = S("\xc3\x28\xe2\x82"),
                 .source_version = S("\"quoted\\\"")},
     .location = S("lib/apk/db/installed"),
     .layer = 0},
};

static const str nasty_repository = S("rhel-9\x1b[31m\n-rpms");

static const struct layer_info nasty_layers[] = {
    {.created_by = S("RUN \x1b[31mred\x1b[0m\n\n\u202e `id` $(id) && \xf0\x9f\x98\x80")},
};

#define ROW(f)                                                                                     \
    {                                                                                              \
        .namespace_ = S("debian:7"), .package = S("openssl"), .scope = SCOPE_SOURCE,               \
        .state = FIX_AVAILABLE, .fixed = S(f)                                                      \
    }

static const struct finding_advisory heartbleed[] = {
    {.id = S("DSA-2896-1"),
     .feed = S("debian"),
     .severity = SEVERITY_CRITICAL,
     .severity_source = S("debian"),
     .cvss = S("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
     .published_s = 1396828800,
     .modified_s = 1396915200,
     .affected = ROW("1.0.1e-2+deb7u5"),
     .compared = S("1.0.1e-2+deb7u4")},
    {.id = S("CVE-2014-0160"),
     .feed = S("osv"),
     .severity = SEVERITY_HIGH,
     .severity_source = S("cvss3"),
     .affected = {.namespace_ = S("debian:7"),
                  .package = S("openssl"),
                  .state = FIX_AVAILABLE,
                  .introduced = S("1.0.1-1"),
                  .last_affected = S("1.0.1e-2+deb7u4")},
     .compared = S("1.0.1e-2+deb7u4")},
};

static const struct finding_advisory ghost[] = {
    {.id = S("CVE-2015-0235"),
     .feed = S("debian"),
     .severity = SEVERITY_HIGH,
     .severity_source = S("debian"),
     .affected = {.namespace_ = S("debian:7"),
                  .package = S("eglibc"),
                  .state = FIX_WILL_NOT,
                  .word = S("no-dsa: Minor issue")},
     .compared = S("2.13-38")},
};

static const struct finding_advisory shellshock[] = {
    {.id = S("CVE-2014-6271"),
     .feed = S("debian"),
     .affected = {.namespace_ = S("debian:7"), .package = S("bash"), .state = FIX_NONE_YET},
     .compared = S("4.2+dfsg-0.1")},
};

static const struct finding_advisory old_bash[] = {
    {.id = S("CVE-2012-3410"),
     .feed = S("debian"),
     .severity = SEVERITY_LOW,
     .affected = {.namespace_ = S("debian:7"), .package = S("bash"), .fixed = S("4.3")},
     .compared = S("4.2+dfsg-0.1")},
};

static const str heartbleed_aliases[] = {S("DSA-2896-1"), S("GHSA-xxxx-yyyy-zzzz")};

#define HEARTBLEED                                                                                 \
    .id = S("CVE-2014-0160"), .aliases = heartbleed_aliases, .aliases_count = 2,                   \
    .state = FIX_AVAILABLE, .fixed = S("1.0.1e-2+deb7u5"), .severity = SEVERITY_CRITICAL,          \
    .severity_source = S("debian"), .advisories = heartbleed, .advisories_count = 2,               \
    .cvss = S("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"), .cvss_source = S("debian"),         \
    .cvss_tenths = 75,                                                                             \
    .exploitation = {.epss = 94464,                                                                \
                     .epss_percentile = 99989,                                                     \
                     .kev_added_s = 1651622400,                                                    \
                     .kev_due_s = 1653436800,                                                      \
                     .kev_ransomware = true},                                                      \
    .description = S("Heartbeat messages can read beyond the end of a buffer.")
#define GHOST                                                                                      \
    .id = S("CVE-2015-0235"), .state = FIX_WILL_NOT, .severity = SEVERITY_HIGH,                    \
    .severity_source = S("nvd"), .severity_by_score = true, .word = S("no-dsa: Minor issue"),      \
    .exploitation = {.epss = 43, .epss_percentile = 12000}, .advisories = ghost,                   \
    .advisories_count = 1

static const struct finding findings[] = {
    {.package = &packages[3], HEARTBLEED},
    {.package = &packages[5], HEARTBLEED},
    {.package = &packages[1], GHOST},
    {.package = &packages[2], GHOST},
    {.package = &packages[4], GHOST},
    {.package = &packages[0],
     .id = S("CVE-2014-6271"),
     .state = FIX_NONE_YET,
     .severity = SEVERITY_UNKNOWN,
     .advisories = shellshock,
     .advisories_count = 1},
    {.package = &packages[0],
     .id = S("CVE-2012-3410"),
     .state = FIX_AVAILABLE,
     .fixed = S("4.3"),
     .severity = SEVERITY_LOW,
     .ignored = true,
     .ignored_by = S("CVE-2012-3410"),
     .advisories = old_bash,
     .advisories_count = 1},
};

static const struct finding_advisory nasty_advisory[] = {
    {.id = S("CVE-1\x1b[5m"),
     .feed = S("alpine"),
     .severity = SEVERITY_HIGH,
     .affected = {.namespace_ = S("alpine:v3.18"), .package = S("evil"), .fixed = S("2\x07")},
     .compared = S("1.0")},
};

static const struct finding nasty_findings[] = {
    {.package = &nasty_packages[0],
     .id = S("CVE-2024-1\u202e"),
     .state = FIX_AVAILABLE,
     .fixed = S("2\x07"),
     .severity = SEVERITY_HIGH,
     .advisories = nasty_advisory,
     .advisories_count = 1},
    {.package = &nasty_packages[1],
     .id = S("CVE-2024-2\t\n"),
     .state = FIX_DEFERRED,
     .severity = SEVERITY_MEDIUM,
     .word = S("\x1b[8mhidden"),
     .advisories = nasty_advisory,
     .advisories_count = 1},
};

static const struct upgrade upgrades[] = {
    {.package = S("openssl"),
     .ecosystem = ECOSYSTEM_DEB,
     .to = S("1.0.1e-2+deb7u5"),
     .removes = 2,
     .worst = SEVERITY_CRITICAL,
     .packages = 2},
};

static const struct feed_stamp feeds[] = {
    {.feed = S("debian"), .date_s = 1795342800, .advisories = 41220},
    {.feed = S("osv"), .date_s = 0, .advisories = 7},
};

static void fill_common(struct scan *out, struct arena *arena)
{
    *out = (struct scan){.generation = S("20261124T080000Z-1a2b3c4d"),
                         .feeds = feeds,
                         .feeds_count = 2,
                         .date_s = 1795507200 /* 2026-11-24 08:00 UTC */};
    out->inventory = (struct inventory){
        .image = {.source = S("debian-7.tar"),
                  .kind = S("docker-archive"),
                  .tag = S("debian:7"),
                  .id = {.algorithm = DIGEST_SHA256, .bytes = {0xcc, 1}},
                  .os = S("linux"),
                  .arch = S("amd64"),
                  .layers = layers,
                  .layers_count = 2},
        .has_distribution = true,
        .distribution = {.id = S("debian"),
                         .version_id = S("7"),
                         .codename = S("wheezy"),
                         .pretty_name = S("Debian GNU/Linux 7 (wheezy)")},
        .namespace_ = S("debian:7"),
        .packages = packages,
        .packages_count = 6,
    };
    diag_init(&out->inventory.notes, arena);
}

static bool note(struct scan *s, enum diag_kind kind, const char *path, const char *text,
                 struct error *e)
{
    return diag_add(&s->inventory.notes, kind, str_from(path), str_from(text), e);
}

static bool fill_findings(struct scan *s, struct error *e)
{
    s->findings = findings;
    s->findings_count = ARRAY_COUNT(findings);
    s->upgrades = upgrades;
    s->upgrades_count = 1;
    s->fails = true;
    s->support = SUPPORT_ENDED;
    s->end_of_life_s = 1527724800;
    s->support_note = STR("Debian 7 (wheezy): LTS ended on 2018-05-31");
    return note(s, DIAG_NOTE, "", "'CVE-2000-1' in the ignore list matches nothing", e) &&
           note(s, DIAG_INCOMPLETE, "var/lib/dpkg/status.d/gone",
                "cut short after 8192 of 45056 bytes", e);
}

static bool fill_nasty(struct scan *s, struct error *e)
{
    struct inventory *i = &s->inventory;
    i->image = (struct image_info){.source = S("na\x1b[31msty\n.tar"),
                                   .kind = S("docker-archive"),
                                   .layers = nasty_layers,
                                   .layers_count = 1};
    i->distribution =
        (struct distribution){.id = S("alpine\x07"), .pretty_name = S("Alpine \x1b[1m\u202eLinux")};
    i->namespace_ = STR("alpine:v3.18");
    i->packages = nasty_packages;
    i->repositories = &nasty_repository;
    i->repositories_count = 1;
    i->packages_count = 2;
    s->findings = nasty_findings;
    s->findings_count = 2;
    return note(s, DIAG_INCOMPLETE, "etc/\x1b[31m\nx", "not read: \x9b\xff \u202e", e);
}

static bool fill_ignored(struct scan *s, struct arena *arena, struct error *e)
{
    struct finding *copy = ARENA_ARRAY(arena, 1, struct finding, e);
    if (copy == NULL) {
        return false;
    }
    copy[0] = findings[6];
    s->findings = copy;
    s->findings_count = 1;
    return true;
}

bool sample_scan(str kind, struct arena *arena, struct scan *out, struct error *e)
{
    struct inventory *i = &out->inventory;
    fill_common(out, arena);
    i->image.source = kind;
    if (str_eq(kind, STR("findings"))) {
        return fill_findings(out, e);
    }
    if (str_eq(kind, STR("nasty"))) {
        return fill_nasty(out, e);
    }
    if (str_eq(kind, STR("ignored"))) {
        return fill_ignored(out, arena, e);
    }
    if (str_eq(kind, STR("empty"))) {
        i->packages_count = 0;
        return true;
    }
    if (str_eq(kind, STR("unknown"))) {
        i->has_distribution = false;
        i->namespace_ = STR_NONE;
        return note(out, DIAG_INCOMPLETE, "", "the distribution is unknown", e);
    }
    if (str_eq(kind, STR("uncovered"))) {
        out->feeds_count = 0;
        return note(out, DIAG_INCOMPLETE, "", "no feed speaks of debian:7", e);
    }
    if (str_eq(kind, STR("incomplete"))) {
        return note(out, DIAG_INCOMPLETE, "var/lib/rpm/Packages", "not read: page 3 of 9", e);
    }
    if (str_eq(kind, STR("root"))) {
        i->image = (struct image_info){
            .source = kind, .kind = S("dir"), .layers = nasty_layers, .layers_count = 1};
        i->packages_count = 1;
        return true;
    }
    return str_eq(kind, STR("clean")) ||
           error_set(e, ERROR_IO, "cannot open '" STR_FMT "': no such file", STR_ARG(kind));
}
