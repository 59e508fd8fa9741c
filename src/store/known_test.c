#include "store/rows_testing.h"

/* What is asked by an id: everything under it, and what is known of a vulnerability. */

static struct arena arena;

static bool feed_of(struct store *s, const char *feed, const struct advisory *advisories,
                    size_t count)
{
    struct advisories_writer *w;
    struct advisories_commit_options options = {.date_s = 5, .allow_shrink = true};
    struct advisories_commit_counts counts;
    if (!advisories_write_begin(s, str_from(feed), &w, &e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!advisories_write(w, &advisories[i], &e)) {
            advisories_write_abandon(w);
            return false;
        }
    }
    return advisories_write_commit(w, &options, &counts, &e);
}

static const struct advisory nvd_one = {
    .id = STR_INIT("CVE-2014-0160"),
    .severity = SEVERITY_HIGH,
    .severity_source = STR_INIT("cvss3"),
    .cvss = STR_INIT("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
    .description = STR_INIT("TLS heartbeat reads beyond a buffer."),
    .url = STR_INIT("https://example.org/detail/CVE-2014-0160"),
    .published_s = 1396900000,
    .modified_s = 1700000001,
};

static bool feeds_make(struct store *s)
{
    static const str ids[] = {STR_INIT("CVE-2014-0160"), STR_INIT("CVE-2014-0161")};
    const struct affected rows[] = {row("debian:12", "openssl", "1.0.1g-1"),
                                    row("debian:11", "openssl", "1.0.1e-2"),
                                    row("debian:12", "libssl", "1.0.1g-1")};
    const struct advisory nvd[] = {
        nvd_one, {.id = STR("CVE-2014-0161"), .withdrawn_s = 9, .description = STR("Rejected")}};
    const struct advisory epss[] = {
        {.id = STR("CVE-2014-0160"), .exploitation = {.epss = 97512, .epss_percentile = 100000}},
        {.id = STR("CVE-2014-0162"), .exploitation = {.epss = 43, .epss_percentile = 11000}}};
    const struct advisory kev[] = {{.id = STR("CVE-2014-0160"),
                                    .description = STR("Known to be exploited."),
                                    .exploitation = {.kev_added_s = 1651622400,
                                                     .kev_due_s = 1653436800,
                                                     .kev_ransomware = true}}};
    const struct advisory debian[] = {
        {.id = STR("DSA-2896-1"),
         .ids = ids,
         .ids_count = 2,
         .url = STR("https://example.org/DSA"),
         .affected = rows,
         .affected_count = 3},
        {.id = STR("CVE-2014-0160"), .affected = rows, .affected_count = 1, .withdrawn_s = 3},
        {.id = STR("CVE-2014-0163"),
         .affected = rows,
         .affected_count = 1,
         .severity = SEVERITY_LOW,
         .description = STR("Debian's word"),
         .url = STR("https://example.org/tracker/CVE-2014-0163")}};
    const struct advisory ghsa[] = {{.id = STR("GHSA-4j5v-JFH8-c2jp"),
                                     .ids = ids,
                                     .ids_count = 1,
                                     .affected = rows,
                                     .affected_count = 1}};
    return feed_of(s, "nvd", nvd, 2) && feed_of(s, "epss", epss, 2) && feed_of(s, "kev", kev, 1) &&
           feed_of(s, "debian", debian, 3) && feed_of(s, "ghsa", ghsa, 1);
}

static void by_id(struct advisories *a)
{
    const struct known_advisory *known = NULL;
    size_t count = 0;
    CHECK_CASE("all feeds tell what they have under an id, in any letter case, with all rows")
    {
        static const char *const ids[] = {"CVE-2014-0160", "cve-2014-0160", "Cve-2014-0160"};
        static const char *const feeds[] = {"debian", "debian", "epss", "ghsa", "kev", "nvd"};
        for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
            CHECK_OK(advisories_by_id(a, str_from(ids[i]), &arena, &known, &count, &e), &e);
            CHECK_NUM(count, ARRAY_COUNT(feeds));
            for (size_t n = 0; n < count && n < ARRAY_COUNT(feeds); n++) {
                CHECK_STR(known[n].feed, str_from(feeds[n]));
            }
        }
        CHECK_STR(known[0].advisory.id, STR("CVE-2014-0160"));
        CHECK_NUM(known[0].advisory.withdrawn_s, 3);
        CHECK_STR(known[1].advisory.id, STR("DSA-2896-1"));
        CHECK_NUM(known[1].advisory.affected_count, 3);
        CHECK_STR(known[1].advisory.affected[0].package, STR("libssl"));
        CHECK_STR(known[1].advisory.affected[0].namespace_, STR("debian:12"));
        CHECK_STR(known[1].advisory.affected[0].fixed, STR("1.0.1g-1"));
        CHECK_NUM(known[2].advisory.exploitation.epss, 97512);
        CHECK_NUM(known[2].advisory.affected_count, 0);
        CHECK_STR(known[3].advisory.id, STR("GHSA-4j5v-JFH8-c2jp"));
        CHECK(known[4].advisory.exploitation.kev_ransomware);
        CHECK_STR(known[5].advisory.description, nvd_one.description);
        CHECK_STR(known[5].advisory.url, nvd_one.url);
        CHECK_STR(known[5].advisory.cvss, nvd_one.cvss);
    }
    CHECK_CASE("an advisory's own id, and one that nobody has")
    {
        CHECK_OK(advisories_by_id(a, STR("ghsa-4J5V-jfh8-c2jp"), &arena, &known, &count, &e), &e);
        CHECK_NUM(count, 1);
        CHECK_OK(advisories_by_id(a, STR("CVE-2014-0161"), &arena, &known, &count, &e), &e);
        CHECK_NUM(count, 2); /* nvd's, and the DSA that is about it */
        static const char *const none[] = {"CVE-2014-016", "", "CVE-2014-01600", "Z", "\x01"};
        for (size_t i = 0; i < ARRAY_COUNT(none); i++) {
            CHECK_OK(advisories_by_id(a, str_from(none[i]), &arena, &known, &count, &e), &e);
            CHECK_NUM(count, 0);
        }
    }
}

static bool is_same(const struct vulnerability *one, bool found,
                    const struct vulnerability *of_many)
{
    return str_eq(one->description, of_many->description) && str_eq(one->cvss, of_many->cvss) &&
           one->severity == of_many->severity && one->published_s == of_many->published_s &&
           one->exploitation.epss == of_many->exploitation.epss &&
           one->exploitation.kev_due_s == of_many->exploitation.kev_due_s &&
           one->rejected == of_many->rejected && (found || one->published_s == 0);
}

static void vulnerabilities(struct advisories *a)
{
    struct vulnerability v;
    bool found = false;
    CHECK_CASE("what NVD, EPSS and KEV say of a vulnerability is joined")
    {
        CHECK_OK(advisories_vulnerability(a, STR("CVE-2014-0160"), &arena, &v, &found, &e), &e);
        CHECK(found && !v.rejected);
        CHECK_NUM(v.severity, SEVERITY_HIGH);
        CHECK_STR(v.severity_source, STR("cvss3"));
        CHECK_STR(v.cvss, nvd_one.cvss);
        CHECK_STR(v.cvss_source, STR("nvd"));
        CHECK_STR(v.description, nvd_one.description);
        CHECK_STR(v.url, nvd_one.url);
        CHECK_NUM(v.published_s, nvd_one.published_s);
        CHECK_NUM(v.exploitation.epss, 97512);
        CHECK_NUM(v.exploitation.epss_percentile, 100000);
        CHECK_NUM(v.exploitation.kev_added_s, 1651622400);
        CHECK_NUM(v.exploitation.kev_due_s, 1653436800);
        CHECK(v.exploitation.kev_ransomware);
    }
    CHECK_CASE("rejected ones say so; text is taken from others, severity is not")
    {
        CHECK_OK(advisories_vulnerability(a, STR("CVE-2014-0161"), &arena, &v, &found, &e), &e);
        CHECK(found && v.rejected);
        CHECK_OK(advisories_vulnerability(a, STR("CVE-2014-0163"), &arena, &v, &found, &e), &e);
        CHECK(found && !v.rejected);
        CHECK_STR(v.description, STR("Debian's word"));
        CHECK_STR(v.url, STR("https://example.org/tracker/CVE-2014-0163"));
        CHECK_NUM(v.severity, SEVERITY_UNKNOWN);
        CHECK_OK(advisories_vulnerability(a, STR("CVE-2014-0162"), &arena, &v, &found, &e), &e);
        CHECK(found);
        CHECK_NUM(v.exploitation.epss, 43);
        CHECK_OK(advisories_vulnerability(a, STR("CVE-2014-9999"), &arena, &v, &found, &e), &e);
        CHECK(!found);
    }
    CHECK_CASE("many at once say the same, also of one that is asked for twice")
    {
        const str ids[] = {STR("CVE-2014-0163"), STR("CVE-2014-0160"), STR("CVE-2014-9999"),
                           STR("CVE-2014-0162"), STR("CVE-2014-0160"), STR("CVE-2014-0161")};
        struct vulnerability said[ARRAY_COUNT(ids)];
        CHECK_OK(advisories_vulnerabilities(a, ids, ARRAY_COUNT(ids), &arena, said, &e), &e);
        for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
            CHECK_OK(advisories_vulnerability(a, ids[i], &arena, &v, &found, &e), &e);
            CHECK(is_same(&v, found, &said[i]));
        }
    }
}

static void without_memory(struct advisories *a)
{
    CHECK_CASE("many at once, and the n-th allocation is refused")
    {
        const str ids[] = {STR("CVE-2014-0163"), STR("CVE-2014-0160"), STR("CVE-2014-0162")};
        struct vulnerability said[ARRAY_COUNT(ids)];
        for (int n = 0;; n++) {
            struct arena fresh;
            arena_init(&fresh, 1 << 20, "a question");
            fail_alloc_at(n);
            bool ok = advisories_vulnerabilities(a, ids, ARRAY_COUNT(ids), &fresh, said, &e);
            fail_alloc_at(-1);
            CHECK(ok || e.kind == ERROR_MEMORY);
            arena_done(&fresh);
            if (!fail_alloc_hit()) {
                CHECK(ok && said[1].severity == SEVERITY_HIGH);
                break;
            }
        }
    }
}

/* How many of the answers to many ids, which are there or not, differ from those to each alone. */
static size_t differing(struct advisories *a, int count, int step)
{
    enum { MOST = 20000 };
    static str ids[MOST];
    static struct vulnerability said[MOST];
    size_t asked = 0, differ = 0;
    for (int n = 0; n < count && asked + 3 < MOST; n++) {
        int i = n * step % count;
        static const char *const ends[] = {"", "1", "-x"};
        for (size_t k = 0; k < ARRAY_COUNT(ends); k++) {
            char id[40];
            snprintf(id, sizeof(id), "CVE-%d-%04d%s", 1999 + i % 9, i, ends[k]);
            CHECK_OK(arena_str(&arena, str_from(id), &ids[asked++], &e), &e);
        }
    }
    CHECK_OK(advisories_vulnerabilities(a, ids, asked, &arena, said, &e), &e);
    for (size_t n = 0; n < asked; n++) {
        struct vulnerability one;
        bool found;
        CHECK_OK(advisories_vulnerability(a, ids[n], &arena, &one, &found, &e), &e);
        differ += !str_eq(said[n].id, ids[n]) || !is_same(&one, found, &said[n]);
    }
    return differ;
}

/* Many advisories without rows, so that there are many blocks of each kind. */
static void many(void)
{
    enum { COUNT = 6000 };
    CHECK_CASE("each of %d advisories is found by its id, with its text", COUNT)
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        struct advisories_commit_options options = {.date_s = 5};
        struct advisories_commit_counts counts;
        struct advisories *a = NULL;
        char id[40], text[200];
        CHECK_OK(advisories_write_begin(s, STR("nvd"), &w, &e), &e);
        for (int i = 0; i < COUNT; i++) {
            snprintf(id, sizeof(id), "CVE-%d-%04d", 1999 + i % 9, i);
            snprintf(text, sizeof(text), "A flaw in version %d of part %d lets anybody do things",
                     i % 17, i * 31 % 101);
            struct advisory one = {.id = str_from(id),
                                   .description = str_from(i % 5 == 0 ? "" : text),
                                   .published_s = 1000000000 + i * 86400,
                                   .cvss = str_from(i % 2 != 0 ? "CVSS:3.1/AV:N" : "")};
            CHECK_OK(advisories_write(w, &one, &e), &e);
        }
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        CHECK_NUM(counts.rows, 0);
        CHECK_OK(advisories_open(s, &a, &e), &e);
        size_t wrong = 0;
        for (int n = 0; n < COUNT; n++) {
            int i = n * 2477 % COUNT;
            struct vulnerability v = {0};
            bool found = false;
            snprintf(id, sizeof(id), "CVE-%d-%04d", 1999 + i % 9, i);
            snprintf(text, sizeof(text), "A flaw in version %d of part %d lets anybody do things",
                     i % 17, i * 31 % 101);
            CHECK_OK(advisories_vulnerability(a, str_from(id), &arena, &v, &found, &e), &e);
            wrong += !found || !str_eq(v.description, str_from(i % 5 == 0 ? "" : text)) ||
                     v.published_s != 1000000000 + i * 86400 || (v.cvss.len > 0) != (i % 2 != 0);
        }
        CHECK_NUM(wrong, 0);
        CHECK_NUM(differing(a, COUNT, 1), 0);
        CHECK_NUM(differing(a, COUNT, 2477), 0);
        const struct feed_stamp *stamps;
        size_t count = 0;
        CHECK_OK(advisories_covering(a, STR("debian:12"), &arena, &stamps, &count, &e), &e);
        CHECK_NUM(count, 0);
        advisories_close(a);
        store_close(s);
    }
}

/* A description and a word at their limits, and more words than are kept apart. */
static void long_texts(void)
{
    CHECK_CASE("long texts and very many different words come back")
    {
        test_dir_make();
        struct store *s = test_store();
        struct advisories_writer *w = NULL;
        struct advisories_commit_options options = {.date_s = 5};
        struct advisories_commit_counts counts;
        struct advisories *a = NULL;
        static char text[64 * 1024];
        memset(text, 'x', sizeof(text));
        CHECK_OK(advisories_write_begin(s, STR("x"), &w, &e), &e);
        for (int i = 0; i < 40000; i++) {
            char id[20], word[40];
            snprintf(id, sizeof(id), "A-%d", i);
            snprintf(word, sizeof(word), "reason number %d", i);
            struct affected affected = row("n", i % 2 != 0 ? "p" : "q", "1");
            affected.word = str_from(word);
            struct advisory one = {.id = str_from(id), .affected = &affected, .affected_count = 1};
            if (i == 7) {
                one.description = affected.word = (str){.at = text, .len = sizeof(text)};
            }
            CHECK_OK(advisories_write(w, &one, &e), &e);
        }
        CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
        CHECK_OK(advisories_open(s, &a, &e), &e);
        const struct advisory_row *rows;
        size_t count = 0, wrong = 0;
        CHECK_OK(advisories_find(a, STR("n"), SCOPE_SOURCE, STR("p"), &arena, &rows, &count, &e),
                 &e);
        CHECK_NUM(count, 20000);
        for (size_t i = 0; i < count; i++) {
            char word[40];
            snprintf(word, sizeof(word), "reason number %zu", 2 * i + 1);
            wrong += i == 3 ? rows[i].affected.word.len != sizeof(text)
                            : !str_eq(rows[i].affected.word, str_from(word));
        }
        CHECK_NUM(wrong, 0);
        const struct known_advisory *known;
        CHECK_OK(advisories_by_id(a, STR("a-7"), &arena, &known, &count, &e), &e);
        CHECK_NUM(count, 1);
        CHECK_NUM(known[0].advisory.description.len, sizeof(text));
        advisories_close(a);
        store_close(s);
    }
}

int main(void)
{
    arena_init(&arena, 1 << 28, "a test");
    test_dir_make();
    struct store *s = test_store();
    struct advisories *a = NULL;
    CHECK_CASE("feeds that speak of packages, and feeds that do not, are written")
    {
        CHECK_OK(feeds_make(s), &e);
        CHECK_OK(advisories_open(s, &a, &e), &e);
    }
    by_id(a);
    vulnerabilities(a);
    without_memory(a);
    advisories_close(a);
    store_close(s);
    many();
    long_texts();
    arena_done(&arena);
    return check_done();
}
