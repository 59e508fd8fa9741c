/* names_test.c: the names of one flaw, and packages of languages. Two languages whose order is
 * rpm's serve for all. */
#include "match/case_testing.h"

#define GO .feed = "osv", .namespace_ = "go", .scope = SCOPE_BINARY, .package = "bin"
#define CRAN .feed = "osv", .namespace_ = "cran", .scope = SCOPE_BINARY, .package = "bin"

static const struct match_case joined[] = {
    {.says = "names are joined transitively, and the CVE is the one shown",
     .namespace_ = "cran",
     .package = {.version = "1.0", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{CRAN, .id = "RSEC-2024-1", .ids = "GHSA-aaaa", .fixed = "1.2"},
              {CRAN, .id = "GHSA-aaaa", .ids = "CVE-2024-1", .fixed = "1.2"}},
     .want = "CVE-2024-1 1.2 fixed unknown/ RSEC-2024-1,GHSA-aaaa [RSEC-2024-1 GHSA-aaaa]\n"},
    {.says = "a CVE's own record names the others",
     .namespace_ = "cran",
     .package = {.version = "1.0", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{CRAN, .id = "CVE-2024-1", .ids = "GHSA-aaaa", .fixed = "1.2"},
              {CRAN, .id = "RSEC-2024-1", .ids = "GHSA-aaaa", .fixed = "1.2"}},
     .want = "CVE-2024-1 1.2 fixed unknown/ RSEC-2024-1,CVE-2024-1 [GHSA-aaaa RSEC-2024-1]\n"},
    {.says = "without a CVE the name is the nearest publisher's",
     .namespace_ = "cran",
     .package = {.version = "1.0", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{CRAN, .id = "GHSA-aaaa", .ids = "RSEC-2024-1", .fixed = "1.2"},
              {CRAN, .id = "RSEC-2024-1", .fixed = "1.2"}},
     .want = "RSEC-2024-1 1.2 fixed unknown/ RSEC-2024-1,GHSA-aaaa [GHSA-aaaa]\n"},
    {.says = "a name that nobody has a record for is not the one shown",
     .namespace_ = "cran",
     .package = {.version = "1.0", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{CRAN, .id = "GHSA-aaaa", .ids = "RSEC-2024-1", .fixed = "1.2"}},
     .want = "GHSA-aaaa 1.2 fixed unknown/ GHSA-aaaa [RSEC-2024-1]\n"},
    {.says = "two CVEs are never joined, by an update or by a name",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .ids = "XSA-7", .fixed = "1.0-2"},
              {.id = "CVE-2024-2", .ids = "XSA-7", .fixed = "1.0-3"},
              {.id = "DSA-1-1", .ids = "CVE-2024-1 CVE-2024-2 XSA-7", .fixed = "1.0-3"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ CVE-2024-1,DSA-1-1 [XSA-7]\n"
             "CVE-2024-2 1.0-3 fixed unknown/ CVE-2024-2,DSA-1-1 [XSA-7]\n"},
    {.says = "a name that means two CVEs stands for each",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.id = "CVE-2024-1", .ids = "XSA-7", .fixed = "0"},
              {.id = "CVE-2024-2", .ids = "XSA-7", .fixed = "1.0-3"},
              {.id = "XSA-7", .fixed = "1.0-9"}},
     .want = "CVE-2024-2 1.0-9 fixed unknown/ XSA-7,CVE-2024-2 [XSA-7]\n"},
    {.says = "an update is among the advisories and no other name",
     .namespace_ = "ubuntu:22.04",
     .package = {.version = "1.0-1"},
     .rows = {{.feed = "ubuntu",
               .namespace_ = "ubuntu:22.04",
               .id = "USN-1-1",
               .ids = "CVE-2024-1",
               .fixed = "1.0-2"}},
     .want = "CVE-2024-1 1.0-2 fixed unknown/ USN-1-1\n"},
};

static const struct match_case languages[] = {
    {.says = "the nearest publisher is believed about the fix",
     .namespace_ = "cran",
     .package = {.version = "1.0", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{CRAN, .id = "GHSA-aaaa", .ids = "CVE-2024-1", .fixed = "1.9"},
              {CRAN, .id = "RSEC-2024-1", .ids = "CVE-2024-1", .fixed = "1.2"}},
     .want = "CVE-2024-1 1.2 fixed unknown/ RSEC-2024-1,GHSA-aaaa [GHSA-aaaa RSEC-2024-1]\n"},
    {.says = "another's fix serves where it names none",
     .namespace_ = "cran",
     .package = {.version = "1.0", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{CRAN, .id = "GHSA-aaaa", .ids = "CVE-2024-1", .fixed = "1.9"},
              {CRAN, .id = "RSEC-2024-1", .ids = "CVE-2024-1"}},
     .want = "CVE-2024-1 1.9 fixed unknown/ GHSA-aaaa,RSEC-2024-1 [GHSA-aaaa RSEC-2024-1]\n"},
    {.says = "what any of them has in range is affected, of whatever feed",
     .namespace_ = "cran",
     .package = {.version = "1.5", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{.feed = "own",
               .namespace_ = "cran",
               .scope = SCOPE_BINARY,
               .package = "bin",
               .id = "RSEC-2024-1",
               .ids = "CVE-2024-1",
               .fixed = "1.2"},
              {CRAN, .id = "GHSA-aaaa", .ids = "CVE-2024-1", .fixed = "1.9"}},
     .want = "CVE-2024-1 1.9 fixed unknown/ GHSA-aaaa [RSEC-2024-1 GHSA-aaaa]\n"},
    {.says = "of several ranges the one that holds the version tells the fix",
     .namespace_ = "cran",
     .package = {.version = "2.1", .ecosystem = ECOSYSTEM_CRAN},
     .rows = {{CRAN, .id = "RSEC-2024-1", .introduced = "1.0", .fixed = "1.9"},
              {CRAN, .id = "RSEC-2024-1", .introduced = "2.0", .fixed = "2.3"}},
     .want = "RSEC-2024-1 2.3 fixed unknown/ RSEC-2024-1\n"},
    {.says = "Go's own database is nearer than GHSA, and versions have a v",
     .namespace_ = "go",
     .package = {.version = "v1.2.0", .ecosystem = ECOSYSTEM_GOLANG},
     .rows = {{GO, .id = "GHSA-aaaa", .ids = "CVE-2024-1", .fixed = "1.4.0"},
              {GO, .id = "GO-2024-1", .ids = "CVE-2024-1 GHSA-aaaa", .fixed = "1.3.0"},
              {GO, .id = "GO-2024-2", .fixed = "1.2.0"}},
     .want = "CVE-2024-1 1.3.0 fixed unknown/ GO-2024-1,GHSA-aaaa [GHSA-aaaa GO-2024-1]\n"},
    {.says = "PyPI's versions are in PEP 440's order",
     .namespace_ = "pypi",
     .package = {.version = "1.0rc1", .ecosystem = ECOSYSTEM_PYPI},
     .rows = {{.feed = "osv",
               .namespace_ = "pypi",
               .scope = SCOPE_BINARY,
               .package = "bin",
               .id = "PYSEC-2024-1",
               .fixed = "1.0"},
              {.feed = "osv",
               .namespace_ = "pypi",
               .scope = SCOPE_BINARY,
               .package = "bin",
               .id = "PYSEC-2024-2",
               .fixed = "1.0b2"}},
     .want = "PYSEC-2024-1 1.0 fixed unknown/ PYSEC-2024-1\n"},
    {.says = "a vendor's rebuild of a library is judged by the vendor",
     .namespace_ = "pypi",
     .package = {.version = "1.26.16+cgr.1", .ecosystem = ECOSYSTEM_PYPI},
     .rows = {{.feed = "osv",
               .namespace_ = "pypi",
               .scope = SCOPE_BINARY,
               .package = "bin",
               .id = "GHSA-aaaa",
               .ids = "CVE-2024-1",
               .fixed = "1.26.17"},
              {.feed = "chainguard-libraries",
               .namespace_ = "pypi",
               .scope = SCOPE_BINARY,
               .package = "bin",
               .id = "CGA-aaaa",
               .ids = "CVE-2024-1",
               .product = "chainguard-libraries",
               .fixed = "1.26.16+cgr.0"}},
     .want = ""},
    {.says = "NVD speaks of no package",
     .namespace_ = "debian:12",
     .package = {.version = "1.0-1"},
     .rows = {{.feed = "nvd", .id = "CVE-2024-1", .fixed = "1.0-2"},
              {.id = "CVE-2024-2", .fixed = "1.0-2"}},
     .want = "CVE-2024-2 1.0-2 fixed unknown/ CVE-2024-2\n"},
};

static const struct found_package mixed[] = {
    {.package = {.ecosystem = ECOSYSTEM_DEB,
                 .name = STR_INIT("lib"),
                 .version = STR_INIT("1.0-1"),
                 .source = STR_INIT("lib"),
                 .source_version = STR_INIT("1.0-1")}},
    {.package = {.ecosystem = ECOSYSTEM_HACKAGE,
                 .name = STR_INIT("lens"),
                 .version = STR_INIT("1.0")}},
    {.package = {.ecosystem = ECOSYSTEM_CRAN, .name = STR_INIT("lib"), .version = STR_INIT("1.0")}},
};

static const struct fake_row mixed_rows[] = {
    {.id = "CVE-2024-1", .package = "lib", .fixed = "1.0-2"},
    {.feed = "osv",
     .namespace_ = "cran",
     .scope = SCOPE_BINARY,
     .package = "lib",
     .id = "CVE-2024-2",
     .fixed = "1.2"},
};

static bool has_note(const struct scan *scan, const char *part)
{
    for (size_t i = 0; i < scan->inventory.notes.count; i++) {
        str text = scan->inventory.notes.notes[i].text;
        if (str_find(text, str_from(part)) < text.len) {
            return true;
        }
    }
    return false;
}

struct outcome {
    const char *says;
    const char *namespace_;
    size_t from, end; /* of `mixed` */
    size_t findings;
    bool judged;
    const char *note;   /* part of one; NULL: nothing is incomplete */
    const char *absent; /* the error's text; NULL: none */
};

static void check_outcome(const struct outcome *o)
{
    struct scan scan = {.inventory = {.namespace_ = str_from(o->namespace_),
                                      .has_distribution = o->namespace_[0] != '\0',
                                      .packages = mixed + o->from,
                                      .packages_count = o->end - o->from}};
    struct advisories store = {.rows = mixed_rows, .count = ARRAY_COUNT(mixed_rows)};
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    arena_init(&arena, 1024 * 1024, "a test");
    bool ok = match_scan(&store, &arena, &scan, &e);
    if (o->absent != NULL) {
        CHECK_FAILS(ok, &e, ERROR_ABSENT, o->absent);
    } else if (CHECK_OK(ok, &e)) {
        CHECK_NUM(scan.findings_count, o->findings);
        CHECK_NUM(scan.upgrades_count, o->findings);
        CHECK(scan.judged == o->judged);
        CHECK(scan.inventory.notes.incomplete == (o->note != NULL));
        CHECK(o->note == NULL || has_note(&scan, o->note));
    }
    arena_done(&arena);
}

static void run_mixed(void)
{
    static const struct outcome outcomes[] = {
        {"languages beside the distribution, each by its own rows", "debian:12", 0, 3, 2, true,
         "no advisories for 'hackage': its packages (1)", NULL},
        {"a language alone needs no distribution", "", 2, 3, 1, true, NULL, NULL},
        {"a language that nobody speaks of is an error where it is alone", "", 1, 2, 0, false, NULL,
         "no advisories for 'hackage'"},
        {"a distribution that is unknown leaves the languages", "", 0, 3, 1, false,
         "does not say which distribution it is: its packages (1)", NULL},
        {"so does one that nobody speaks of", "debian:10", 0, 3, 1, false,
         "no advisories for 'debian:10': its packages (1)", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(outcomes); i++) {
        CHECK_CASE("%s", outcomes[i].says)
        {
            check_outcome(&outcomes[i]);
        }
    }
}

/* A scan with names to join, a language without advisories, a distribution without end. */
static bool scan_once(struct arena *arena, struct error *e)
{
    struct scan scan = {.inventory = {.namespace_ = STR("debian:12"),
                                      .has_distribution = true,
                                      .packages = mixed,
                                      .packages_count = ARRAY_COUNT(mixed)},
                        .date_s = 1795507200};
    struct fake_row rows[ARRAY_COUNT(mixed_rows) + ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(mixed_rows); i++) {
        rows[count++] = mixed_rows[i];
    }
    for (size_t i = 0; i < rows_count(joined[0].rows); i++) {
        rows[count] = joined[0].rows[i];
        rows[count++].package = "lib";
    }
    struct advisories store = {.rows = rows, .count = count};
    return match_scan(&store, arena, &scan, e);
}

static void run_failures(void)
{
    CHECK_CASE("each refused allocation is an error")
    {
        for (int n = 0; n < 200; n++) {
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            arena_init(&arena, 1024 * 1024, "a test");
            fail_alloc_at(n);
            bool ok = scan_once(&arena, &e);
            fail_alloc_at(-1);
            bool hit = fail_alloc_hit();
            arena_done(&arena);
            CHECK(ok == !hit && (ok || e.kind == ERROR_MEMORY));
            if (!hit) {
                break;
            }
        }
    }
    CHECK_CASE("each arena that is too small is an error")
    {
        bool done = false;
        for (size_t budget = 1; budget < 64 * 1024 && !done; budget += 509) {
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            arena_init(&arena, budget, "a test");
            done = scan_once(&arena, &e);
            CHECK(done || e.kind == ERROR_LIMIT);
            arena_done(&arena);
        }
        CHECK(done);
    }
}

int main(void)
{
    run_cases(joined, ARRAY_COUNT(joined));
    run_cases(languages, ARRAY_COUNT(languages));
    run_mixed();
    run_failures();
    return check_done();
}
