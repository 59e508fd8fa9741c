/* The readers of all feeds over small documents: what each member means, what is refused, cuts
 * and refused allocations. Whole real documents: rows_test.py. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feed/document.h"
#include "feed/feed.h"
#include "stream/codec.h"

/* Writes rows as "ID(IDS) NAMESPACE PACKAGE STATE INTRODUCED|FIXED|LAST SEVERITY WORD;". */
struct teller {
    struct advisory_sink base;
    struct buf told, notes;
    size_t refuse_at; /* the put that fails; 0: none */
    size_t puts;
};

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    if (++t->puts == t->refuse_at) {
        return error_set(e, ERROR_FORMAT, "the sink is full");
    }
    for (size_t i = 0; i < a->affected_count; i++) {
        const struct affected *r = &a->affected[i];
        bool done = buf_printf(&t->told, e, STR_FMT "(", STR_ARG(a->id));
        for (size_t k = 0; done && k < a->ids_count; k++) {
            done = buf_printf(&t->told, e, "%s" STR_FMT, k > 0 ? " " : "", STR_ARG(a->ids[k]));
        }
        if (!done ||
            !buf_printf(&t->told, e,
                        ") " STR_FMT " " STR_FMT "%s" STR_FMT " %s " STR_FMT "|" STR_FMT "|" STR_FMT
                        " %s/%s" STR_FMT "%s" STR_FMT ";",
                        STR_ARG(r->namespace_), STR_ARG(r->package), r->module.len > 0 ? "@" : "",
                        STR_ARG(r->module), fix_state_name(r->state), STR_ARG(r->introduced),
                        STR_ARG(r->fixed), STR_ARG(r->last_affected), severity_name(r->severity),
                        severity_name(a->severity), STR_ARG(a->severity_source),
                        r->word.len > 0 ? " " : "", STR_ARG(r->word))) {
            return false;
        }
    }
    return true;
}

static bool note(struct advisory_sink *self, str document, str text, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    return buf_printf(&t->notes, e, STR_FMT ": %.*s\n", STR_ARG(document), (int)text.len, text.at);
}

static void teller_init(struct teller *t)
{
    *t = (struct teller){.base = {.put = put, .note = note}};
    buf_init(&t->told, 64 << 20);
    buf_init(&t->notes, 1 << 20);
}

static void teller_done(struct teller *t)
{
    buf_done(&t->told);
    buf_done(&t->notes);
}

static bool read_text(const char *feed, const char *path, str text, struct teller *t,
                      struct error *e)
{
    struct arena arena;
    arena_init(&arena, 64 << 20, "a document");
    struct memory_reader body;
    memory_reader_init(&body, text);
    struct feed_document document = {.path = str_from(path)};
    const struct feed *f = feed_find(str_from(feed));
    bool done = f->read(f, &document, &body.base, &arena, &t->base, e);
    arena_done(&arena);
    return done;
}

#define TRACKER(members)                                                                           \
    "{\"curl\":{\"CVE-2020-1\":{\"description\":\"x\",\"releases\":{\"bookworm\":{" members "}}}}" \
    "}"
#define OSV(members) "{\"id\":\"ALSA-1\"," members "}"
#define ALMA "\"package\":{\"ecosystem\":\"AlmaLinux:9\",\"name\":\"curl\"}"
#define EVENTS(list) "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[" list "]}]"

static const struct {
    const char *says, *feed, *path, *text, *rows;
} cases[] = {
    /* Debian's tracker */
    {"resolved is fixed", "debian", "tracker/data/json",
     TRACKER("\"status\":\"resolved\",\"fixed_version\":\"7.1-1\",\"urgency\":\"high**\""),
     "CVE-2020-1() debian:12 curl fixed |7.1-1| high/highdebian;"},
    {"resolved in 0 is not affected", "debian", "tracker/data/json",
     TRACKER("\"fixed_version\":\"0\",\"status\":\"resolved\",\"urgency\":\"unimportant\""),
     "CVE-2020-1() debian:12 curl not-affected || negligible/negligibledebian;"},
    {"open is affected", "debian", "tracker/data/json",
     TRACKER("\"status\":\"open\",\"urgency\":\"not yet assigned\""),
     "CVE-2020-1() debian:12 curl affected || unknown/unknown;"},
    {"no-dsa is affected, with the reason", "debian", "tracker/data/json",
     TRACKER("\"status\":\"open\",\"urgency\":\"low\",\"nodsa\":\"Minor issue\","
             "\"nodsa_reason\":\"\""),
     "CVE-2020-1() debian:12 curl affected || low/lowdebian no-dsa: Minor issue;"},
    {"ignored will not be fixed", "debian", "tracker/data/json",
     TRACKER("\"status\":\"open\",\"urgency\":\"low\",\"nodsa\":\"Minor\",\"nodsa_reason\":"
             "\"ignored\""),
     "CVE-2020-1() debian:12 curl will-not-fix || low/lowdebian ignored: Minor;"},
    {"postponed is put off", "debian", "tracker/data/json",
     TRACKER("\"status\":\"open\",\"urgency\":\"low\",\"nodsa\":\"\",\"nodsa_reason\":"
             "\"postponed\""),
     "CVE-2020-1() debian:12 curl fix-deferred || low/lowdebian postponed;"},
    {"end-of-life is said", "debian", "tracker/data/json",
     TRACKER("\"status\":\"open\",\"urgency\":\"end-of-life\""),
     "CVE-2020-1() debian:12 curl end-of-life || unknown/unknown end-of-life;"},
    {"undetermined is said", "debian", "tracker/data/json",
     TRACKER("\"status\":\"undetermined\",\"urgency\":\"medium\""),
     "CVE-2020-1() debian:12 curl under-investigation || medium/mediumdebian;"},
    {"an unknown release is left out, the others stay", "debian", "tracker/data/json",
     "{\"a\":{\"TEMP-1\":{\"releases\":{\"bookworm-backports\":{\"status\":\"open\",\"urgency\":"
     "\"low\"},\"sid\":{\"status\":\"resolved\",\"fixed_version\":\"1\",\"urgency\":\"x\"}}}}}",
     "TEMP-1() debian:sid a fixed |1| unknown/unknown;"},

    /* Debian's notices */
    {"a notice has ids, date and rows", "debian", "data/DSA/list",
     "[12 Feb 2025] DSA-5864-1 pam-pkcs11 - security update\n\t{CVE-2025-24032 CVE-2025-24531}\n"
     "\t[bookworm] - pam-pkcs11 0.6.12-1+deb12u1\n\tNOTE: text\n",
     "DSA-5864-1(CVE-2025-24032 CVE-2025-24531) debian:12 pam-pkcs11 fixed |0.6.12-1+deb12u1| "
     "unknown/unknown;"},
    {"old notices indent by blanks and add remarks", "debian", "data/DLA/list",
     "[01 Sep 2005] DLA-1-1  a - x\n       { CVE-2005-1 }\n"
     "       [sarge] - a 1.0 (bug #1; medium)\n       [woody] - a <not-affected> (not there)\n"
     "       [etch] - a <unfixed>\n       [lenny] - a <end-of-life>\n",
     "DLA-1-1(CVE-2005-1) debian:3.1 a fixed |1.0| unknown/unknown;"
     "DLA-1-1(CVE-2005-1) debian:3.0 a not-affected || unknown/unknown not-affected;"
     "DLA-1-1(CVE-2005-1) debian:4 a affected || unknown/unknown unfixed;"
     "DLA-1-1(CVE-2005-1) debian:5 a end-of-life || unknown/unknown end-of-life;"},
    {"a regression update without CVE is no statement about one", "debian", "data/DSA/list",
     "[12 Feb 2025] DSA-1-2 a - regression update\n\t[sid] - a 1\n"
     "[12 Feb 2025] DSA-1-1 a - security update\n\t[sid] - a 1\n",
     "DSA-1-1() debian:sid a fixed |1| unknown/unknown;"},

    /* Alpine */
    {"ids are split, remarks dropped, aliases kept", "alpine", "v3.18/main.json",
     "{\"distroversion\":\"v3.18\",\"packages\":[{\"pkg\":{\"name\":\"xen\",\"secfixes\":{\"4.7-"
     "r1\":"
     "[\"CVE-2016-1 XSA-200\",\"CVE-2019-1 (+ regression)\",\"XSA-1\",\"CVE-1-1 CVE-1-2 GHSA-a-b\","
     "\"no id\"]}}}]}",
     "CVE-2016-1(XSA-200) alpine:v3.18 xen fixed |4.7-r1| unknown/unknown;"
     "CVE-2019-1() alpine:v3.18 xen fixed |4.7-r1| unknown/unknown;"
     "XSA-1() alpine:v3.18 xen fixed |4.7-r1| unknown/unknown;"
     "CVE-1-1(GHSA-a-b) alpine:v3.18 xen fixed |4.7-r1| unknown/unknown;"
     "CVE-1-2(GHSA-a-b) alpine:v3.18 xen fixed |4.7-r1| unknown/unknown;"},
    {"version 0 is not affected; a name may come last", "alpine", "edge/community.json",
     "{\"packages\":[{\"pkg\":{\"secfixes\":{\"0\":[\"CVE-2020-1\"]},\"name\":\"a\"}}]}",
     "CVE-2020-1() alpine:edge a not-affected || unknown/unknown;"},
    {"a branch without packages is whole", "alpine", "v3.3/community.json",
     "{\"distroversion\":\"v3.3\",\"packages\":null}", ""},

    /* OSV */
    {"AlmaLinux: CVEs from related, severity from the summary", "almalinux", "x/ALSA-1.json",
     OSV("\"summary\":\"Important: curl security update\",\"related\":[\"CVE-2020-1\",\"RHSA-1\"],"
         "\"affected\":[{" ALMA
         "," EVENTS("{\"introduced\":\"0\"},{\"fixed\":\"7.1-1.el9\"}") "}]"),
     "ALSA-1(CVE-2020-1) almalinux:9 curl fixed |7.1-1.el9| unknown/highalmalinux;"},
    {"members in any order give the same", "osv", "x/ALSA-1.json",
     "{\"affected\":[{" EVENTS(
         "{\"fixed\":\"7.1\"},{\"introduced\":\"0\"}") "," ALMA "}],\"related\":[\"CVE-2020-1\"],"
                                                       "\"summary\":\"Low: x\",\"id\":\"ALSA-1\"}",
     "ALSA-1(CVE-2020-1) almalinux:9 curl fixed |7.1| unknown/lowalmalinux;"},
    {"several ranges, an open one, an inclusive end", "osv", "x/ALSA-1.json",
     OSV("\"affected\":[{" ALMA
         "," EVENTS("{\"introduced\":\"1\"},{\"fixed\":\"2\"},{\"introduced\":"
                    "\"3\"},{\"last_affected\":\"4\"},{\"introduced\":\"5\"}") "}]"),
     "ALSA-1() almalinux:9 curl fixed 1|2| unknown/unknown;"
     "ALSA-1() almalinux:9 curl affected 3||4 unknown/unknown;"
     "ALSA-1() almalinux:9 curl affected 5|| unknown/unknown;"},
    {"a list of versions stands where there is no range", "osv", "x/ALSA-1.json",
     OSV("\"affected\":[{" ALMA ",\"versions\":[\"1\",\"2\"]}]"),
     "ALSA-1() almalinux:9 curl affected 1||1 unknown/unknown;"
     "ALSA-1() almalinux:9 curl affected 2||2 unknown/unknown;"},
    {"ranges of commits are no versions", "osv", "x/ALSA-1.json",
     OSV("\"affected\":[{" ALMA
         ",\"ranges\":[{\"type\":\"GIT\",\"events\":[{\"introduced\":\"0\"}]},"
         "{\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"9\"}],\"type\":\"ECOSYSTEM\"}]}]"),
     "ALSA-1() almalinux:9 curl fixed |9| unknown/unknown;"},
    {"a module's update gives its rows the module", "almalinux", "x/ALSA-1.json",
     OSV("\"summary\":\"Moderate: virt:rhel and virt-devel:rhel security "
         "update\",\"affected\":[{" ALMA
         "," EVENTS("{\"introduced\":\"0\"},{\"fixed\":\"7.1-1.module_el8+1\"}") "}]"),
     "ALSA-1() almalinux:9 curl@virt:rhel fixed |7.1-1.module_el8+1| unknown/mediumalmalinux;"
     "ALSA-1() almalinux:9 curl@virt-devel:rhel fixed |7.1-1.module_el8+1| "
     "unknown/mediumalmalinux;"},
    {"Debian: upstream, urgency, end of life", "osv", "x/DEBIAN-CVE-1-1.json",
     "{\"id\":\"DEBIAN-CVE-1-1\",\"upstream\":[\"CVE-1-1\"],\"affected\":[{\"package\":{"
     "\"ecosystem\":"
     "\"Debian:11\",\"name\":\"a\"},\"ecosystem_specific\":{\"urgency\":\"unimportant\"}," EVENTS(
         "{\"introduced\":\"0\"}") "},{\"package\":{\"ecosystem\":\"Debian:10\",\"name\":\"a\"},"
                                   "\"ecosystem_specific\":{\"urgency\":\"end-of-life\"}," EVENTS(
                                       "{\"introduced\":\"0\"}") "}]}",
     "DEBIAN-CVE-1-1(CVE-1-1) debian:11 a affected || negligible/negligibledebian;"
     "DEBIAN-CVE-1-1(CVE-1-1) debian:10 a end-of-life || unknown/negligibledebian end-of-life;"},
    {"Ubuntu: long-term releases, its own severity, Pro is a product", "osv",
     "x/UBUNTU-CVE-1-1.json",
     "{\"id\":\"UBUNTU-CVE-1-1\",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/"
     "AC:L/"
     "PR:N/UI:N/S:U/C:H/I:H/"
     "A:H\"},{\"type\":\"Ubuntu\",\"score\":\"low\"}],\"affected\":[{\"package\":"
     "{\"ecosystem\":\"Ubuntu:22.04:LTS\",\"name\":\"a\"}," EVENTS(
         "{\"introduced\":\"0\"}") "},"
                                   "{\"package\":{\"ecosystem\":\"Ubuntu:Pro:16.04:LTS\",\"name\":"
                                   "\"a\"}," EVENTS("{\"introduced\":\"0\"}") "}]}",
     "UBUNTU-CVE-1-1(CVE-1-1) ubuntu:22.04 a affected || unknown/lowubuntu;"
     "UBUNTU-CVE-1-1(CVE-1-1) ubuntu:16.04 a affected || unknown/lowubuntu;"},
    {"CVSS gives the severity where nobody else does", "osv", "x/ALPINE-CVE-1-1.json",
     "{\"id\":\"ALPINE-CVE-1-1\",\"aliases\":[\"GHSA-1\"],\"severity\":[{\"type\":\"CVSS_V3\","
     "\"score\":"
     "\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"}],\"affected\":[{\"package\":{\"ecosystem\":"
     "\"Alpine:v3.18\",\"name\":\"a\"}," EVENTS("{\"introduced\":\"0\"},{\"fixed\":\"0\"}") "}]}",
     "ALPINE-CVE-1-1(CVE-1-1 GHSA-1) alpine:v3.18 a not-affected || unknown/criticalcvss3;"},
    {"other ecosystems are left out", "osv", "x/ALSA-1.json",
     OSV("\"affected\":[{\"package\":{\"ecosystem\":\"OSS-Fuzz\",\"name\":\"a\"}," EVENTS(
         "{\"introduced\":\"0\"}") "}]"),
     ""},
};

static const struct {
    const char *says, *feed, *path, *text, *part;
} refused[] = {
    {"HTML for the tracker", "debian", "tracker/data/json", "<html>", "begins with '<'"},
    {"an empty tracker", "debian", "tracker/data/json", "{}", "no source package"},
    {"a list for the tracker", "debian", "tracker/data/json", "[]", "is a list"},
    {"an error message for the tracker", "debian", "tracker/data/json", "{\"error\":\"x\"}",
     "no source package"},
    {"HTML for a list of notices", "debian", "data/DSA/list", "<html>\n", "is no list"},
    {"an empty list", "debian", "data/DSA/list", "", "ends at byte 0"},
    {"a list that is cut in a line", "debian", "data/DSA/list",
     "[12 Feb 2025] DSA-1-1 a - b\n\t[sid] - a 1", "in the middle of a line"},
    {"a bad date", "debian", "data/DSA/list", "[12 Foo 2025] DSA-1-1 a\n", "is no list"},
    {"a secdb without packages", "alpine", "v3.18/main.json", "{}", "no list of packages"},
    {"a secdb of no branch", "alpine", "v3.18/main.json",
     "{\"distroversion\":\"v3.18;x\",\"packages\":[]}", "no branch of 'alpine'"},
    {"HTML for a secdb", "alpine", "v3.18/main.json", "<!DOCTYPE html>", "begins with '<'"},
    {"a record without id", "osv", "x/ALSA-1.json", "{}", "no id"},
    {"HTML for an archive", "osv", "AlmaLinux/all.zip", "<html>...", "no zip archive"},
    {"an empty archive", "osv", "AlmaLinux/all.zip", "", "zip archive ends"},
    {"HTML for a tar archive", "almalinux", "osv-database.tar", "<html>", ""},
};

static const struct {
    const char *path, *claimed; /* by which feeds, in their order */
} claims[] = {
    {"tracker/data/json", "debian "},
    {"mirror/tracker/data/json", "debian "},
    {"data/json", "debian "},
    {"xdata/json", ""},
    {"data/DSA/list", "debian "},
    {"security-tracker/data/DLA/list", "debian "},
    {"data/CVE/list", ""},
    {"v3.18/main.json", "alpine "},
    {"secdb/edge/community.json", "alpine "},
    {"v3.18/testing.json", ""},
    {"main.json", ""},
    {"v3/main.json", ""},
    {"AlmaLinux/all.zip", "almalinux osv "},
    {"osv/Debian/all.zip", "osv "},
    {"xall.zip", ""},
    {"osv-database.tar", "almalinux "},
    {"advisories/almalinux9/ALSA-2024:1.json", "almalinux osv "},
    {"osv/RLSA-2021_3891.json", "osv rocky "},
    {"errata.full.json", "almalinux "},
};

static void test_cases(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s: %s", cases[i].feed, cases[i].says)
        {
            struct teller t;
            teller_init(&t);
            CHECK_OK(read_text(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e), &e);
            CHECK_STR(buf_str(&t.told), str_from(cases[i].rows));
            teller_done(&t);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        CHECK_CASE("%s is refused", refused[i].says)
        {
            struct teller t;
            teller_init(&t);
            CHECK_FAILS(
                read_text(refused[i].feed, refused[i].path, str_from(refused[i].text), &t, &e), &e,
                ERROR_FORMAT, refused[i].part);
            CHECK_NUM(t.puts, 0);
            teller_done(&t);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(claims); i++) {
        CHECK_CASE("'%s' is claimed by: %s", claims[i].path, claims[i].claimed)
        {
            struct buf got;
            buf_init(&got, 1000);
            for (size_t k = 0; k < feeds_count; k++) {
                if (feeds[k]->claims(str_from(claims[i].path))) {
                    CHECK_OK(buf_printf(&got, &e, "%s ", feeds[k]->name), &e);
                }
            }
            CHECK_STR(buf_str(&got), str_from(claims[i].claimed));
            buf_done(&got);
        }
    }
}

static void test_hostile(void)
{
    struct error e;
    CHECK_CASE("every cut of a document is refused, and never crashes")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            str text = str_from(cases[i].text);
            bool lines = str_ends(str_from(cases[i].path), STR("list"));
            for (size_t len = 0; len < text.len; len++) {
                struct teller t;
                teller_init(&t);
                bool ok = read_text(cases[i].feed, cases[i].path, str_slice(text, 0, len), &t, &e);
                CHECK(!ok || (lines && text.at[len - 1] == '\n'));
                teller_done(&t);
            }
        }
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            for (int n = 0;; n++) {
                struct teller t;
                teller_init(&t);
                fail_alloc_at(n);
                bool ok = read_text(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e);
                fail_alloc_at(-1);
                teller_done(&t);
                if (!fail_alloc_hit()) {
                    CHECK_OK(ok, &e);
                    break;
                }
                CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
            }
        }
    }
    CHECK_CASE("an error of the sink ends the reading, and is not taken for the record's")
    {
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            if (cases[i].rows[0] != '\0') {
                struct teller t;
                teller_init(&t);
                t.refuse_at = 1;
                CHECK_FAILS(
                    read_text(cases[i].feed, cases[i].path, str_from(cases[i].text), &t, &e), &e,
                    ERROR_FORMAT, "the sink is full");
                teller_done(&t);
            }
        }
    }
    CHECK_CASE("what was left out is told once, in one note")
    {
        struct teller t;
        teller_init(&t);
        CHECK_OK(
            read_text("debian", "tracker/data/json",
                      STR("{\"a\":{\"C-1\":{\"releases\":{\"x\":{\"status\":\"open\"},\"y\":{},"
                          "\"sid\":{\"status\":\"open\"}}},\"C-2\":{\"releases\":{\"x\":{}}}}}"),
                      &t, &e),
            &e);
        CHECK_STR(buf_str(&t.notes),
                  STR("tracker/data/json: left out: rows of unknown releases: 'x' (2), 'y' (1)\n"));
        teller_done(&t);
    }
    CHECK_CASE("a tally keeps a bounded number of words")
    {
        struct teller t;
        teller_init(&t);
        struct tally tally = {.used = 0};
        for (int i = 0; i < TALLY_ROWS_MAX + 2; i++) {
            char word[200];
            memset(word, 'a' + i, sizeof(word));
            tally_add(&tally, (str){.at = word, .len = sizeof(word)});
        }
        CHECK_OK(tally_note(&tally, &t.base, STR("d"), "words", &e), &e);
        CHECK(str_ends(buf_str(&t.notes), STR(", others (2)\n")));
        teller_done(&t);
    }
    CHECK_CASE("dates that are none are refused")
    {
        int64_t s;
        static const char *const bad[] = {"",
                                          "12 Feb",
                                          "32 Jan 2020",
                                          "12 ebM 2020",
                                          "00x Feb 2020",
                                          "12 February 2020",
                                          "x Feb 2020",
                                          "12 Feb 20200",
                                          "12 Feb 2020 x"};
        for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
            CHECK(!document_date(str_from(bad[i]), &s));
        }
        CHECK(document_date(STR("12 Feb 2025"), &s));
        CHECK_NUM(s, 1739318400); /* date -u -d 2025-02-12 +%s */
    }
}

/* A real archive, whole and damaged. */
static void test_archive(void)
{
    struct error e;
    CHECK_CASE("a zip archive that is cut, or has one byte changed, is refused or told")
    {
        const char *path = check_shared("feeds/osv/Debian/all.zip");
        if (path == NULL) {
            check_skip("the feed is not there");
            continue;
        }
        str zip = check_file(path);
        struct teller t;
        for (size_t len = 0; len < zip.len; len += zip.len / 97 + 1) {
            teller_init(&t);
            CHECK_FAILS(read_text("osv", "Debian/all.zip", str_slice(zip, 0, len), &t, &e), &e,
                        ERROR_FORMAT, "");
            teller_done(&t);
        }
        for (size_t at = 10; at < zip.len; at += zip.len / 61) {
            char *bytes = (char *)(uintptr_t)zip.at;
            char before = bytes[at];
            bytes[at] = (char)(before ^ 0x20);
            teller_init(&t);
            if (!read_text("osv", "Debian/all.zip", zip, &t, &e)) {
                CHECK(e.kind == ERROR_FORMAT || e.kind == ERROR_LIMIT);
            }
            teller_done(&t);
            bytes[at] = before;
        }
        free((void *)(uintptr_t)zip.at);
    }
}

int main(void)
{
    test_cases();
    test_hostile();
    test_archive();
    return check_done();
}
