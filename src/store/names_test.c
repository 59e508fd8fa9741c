#include "store/names.h"

#include "store/rows_testing.h"

/* Lists of names: their order, pages of every size, what counts as being there. */

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

static bool feeds_make(struct store *s)
{
    static const str ids[] = {STR_INIT("CVE-2014-999"), STR_INIT("CVE-2014-10000"),
                              STR_INIT("GHSA-4j5v-JFH8-c2jp")};
    struct affected here[] = {row("debian:12", "openssl", "1"), row("debian:12", "linux", "2")};
    here[0].severity = SEVERITY_LOW;
    here[1].severity = SEVERITY_HIGH;
    struct affected elsewhere[] = {row("debian:11", "openssl", "1")};
    struct affected not_there[] = {row("debian:12", "openssl", "1"), row("debian:12", "a", "1")};
    not_there[0].state = FIX_NOT_AFFECTED;
    not_there[1].state = FIX_UNDETERMINED;
    const struct advisory debian[] = {
        {.id = STR("DSA-1-1"), .ids = ids, .ids_count = 3, .affected = here, .affected_count = 1},
        {.id = STR("CVE-2014-0160"),
         .description = STR("Debian's word"),
         .affected = here,
         .affected_count = 2},
        {.id = STR("CVE-2014-999"), .affected = elsewhere, .affected_count = 1},
        {.id = STR("CVE-2015-1"), .affected = elsewhere, .affected_count = 1},
        {.id = STR("CVE-2015-2"), .affected = not_there, .affected_count = 2},
        {.id = STR("CVE-2015-3"), .affected = here, .affected_count = 1, .withdrawn_s = 3},
    };
    const struct advisory osv[] = {
        {.id = STR("CVE-2014-0160"), .affected = here, .affected_count = 1},
        {.id = STR("TEMP-0000-x"), .affected = here, .affected_count = 1}};
    const struct advisory nvd[] = {
        {.id = STR("CVE-2014-0160"), .severity = SEVERITY_CRITICAL, .description = STR("general")},
        {.id = STR("CVE-2016-1"), .severity = SEVERITY_LOW}};
    return feed_of(s, "debian", debian, ARRAY_COUNT(debian)) && feed_of(s, "osv", osv, 2) &&
           feed_of(s, "nvd", nvd, 2);
}

/* As keys sort: by how many digits, then by value; CVE-2015-3 is withdrawn, but there. */
static const char *const names[] = {"CVE-2014-999", "CVE-2014-0160", "CVE-2014-10000",
                                    "CVE-2015-3",   "DSA-1-1",       "GHSA-4j5v-JFH8-c2jp",
                                    "TEMP-0000-x"};
static const str debian_12[] = {STR_INIT("debian:12")};

static void all(struct advisories *a)
{
    const struct named *list = NULL;
    size_t count = 0;
    bool more = true;
    struct names_question q = {.namespaces = debian_12, .namespaces_count = 1, .limit = 100};
    CHECK_CASE("names in order, of advisories and of what they are about, each once")
    {
        CHECK_OK(names_list(a, &q, &arena, &list, &count, &more, &e), &e);
        CHECK_NUM(count, ARRAY_COUNT(names));
        CHECK(!more);
        for (size_t i = 0; i < count && i < ARRAY_COUNT(names); i++) {
            CHECK_STR(list[i].name, str_from(names[i]));
        }
    }
    CHECK_CASE("each with all that is said of it, and what its rows there say")
    {
        if (CHECK(count > 1 && list[0].count == 2 && list[1].count == 3)) {
            CHECK_STR(list[1].advisories[0].feed, STR("debian"));
            CHECK(list[1].advisories[0].here);
            CHECK_NUM(list[1].advisories[0].severity, SEVERITY_HIGH);
            CHECK_STR(list[1].advisories[0].said.description, STR("Debian's word"));
            CHECK_STR(list[1].advisories[1].feed, STR("nvd"));
            CHECK(!list[1].advisories[1].here);
            CHECK_NUM(list[1].advisories[1].said.severity, SEVERITY_CRITICAL);
            CHECK_STR(list[1].advisories[2].feed, STR("osv"));
            CHECK(list[1].advisories[2].here);
            CHECK_NUM(list[1].advisories[2].severity, SEVERITY_LOW);
            CHECK_STR(list[0].advisories[0].said.id, STR("CVE-2014-999"));
            CHECK(!list[0].advisories[0].here);
            CHECK_STR(list[0].advisories[1].said.id, STR("DSA-1-1"));
            CHECK(list[0].advisories[1].here);
            CHECK(!list[3].advisories[0].here);
        }
    }
}

static void pages(struct advisories *a)
{
    CHECK_CASE("pages of every size make the same list")
    {
        for (size_t limit = 1; limit <= ARRAY_COUNT(names); limit++) {
            struct names_question q = {
                .namespaces = debian_12, .namespaces_count = 1, .limit = limit};
            size_t seen = 0;
            bool more = true;
            while (more && seen < ARRAY_COUNT(names)) {
                const struct named *list;
                size_t count;
                if (!CHECK_OK(names_list(a, &q, &arena, &list, &count, &more, &e), &e)) {
                    return;
                }
                for (size_t i = 0; i < count && seen < ARRAY_COUNT(names); i++) {
                    CHECK_STR(list[i].name, str_from(names[seen++]));
                    q.after = list[i].name;
                }
            }
            CHECK_NUM(seen, ARRAY_COUNT(names));
        }
    }
    CHECK_CASE("a page begins behind a name that is not there, in any letter case")
    {
        static const struct {
            const char *after;
            size_t from;
        } asked[] = {
            {"CVE-2014-161", 0}, {"cve-2014-0160", 2}, {"CVE-2014-0159", 1}, {"D", 4},
            {"zzz", 7},          {"\x01", 0},          {"TEMP-0000-X", 7},   {"CVE-2014-10000", 3}};
        for (size_t i = 0; i < ARRAY_COUNT(asked); i++) {
            const struct named *list = NULL;
            size_t count = 0;
            bool more;
            const struct names_question q = {.namespaces = debian_12,
                                             .namespaces_count = 1,
                                             .after = str_from(asked[i].after),
                                             .limit = 1};
            CHECK_OK(names_list(a, &q, &arena, &list, &count, &more, &e), &e);
            CHECK_NUM(count, asked[i].from < ARRAY_COUNT(names));
            if (count == 1) {
                CHECK_STR(list[0].name, str_from(names[asked[i].from]));
            }
        }
    }
}

static void places(struct advisories *a)
{
    static const str both[] = {STR_INIT("debian:11"), STR_INIT("debian:12")};
    static const str none[] = {STR_INIT("alpine:v3.1")};
    const struct {
        const str *at;
        size_t count, names;
    } asked[] = {{both, 1, 2}, {both, 2, 8}, {none, 1, 0}, {debian_12, 1, 7}};
    CHECK_CASE("of one namespace, of two, of none, in turn, more than are kept")
    {
        for (size_t i = 0; i < 3 * ARRAY_COUNT(asked); i++) {
            const struct named *list = NULL;
            size_t count = 99;
            bool more;
            const struct names_question q = {.namespaces = asked[i % ARRAY_COUNT(asked)].at,
                                             .namespaces_count =
                                                 asked[i % ARRAY_COUNT(asked)].count,
                                             .limit = 100};
            CHECK_OK(names_list(a, &q, &arena, &list, &count, &more, &e), &e);
            CHECK_NUM(count, asked[i % ARRAY_COUNT(asked)].names);
        }
        for (int i = 0; i < 10; i++) {
            char text[20];
            snprintf(text, sizeof(text), "debian:%d", i + 3);
            const str one = str_from(text);
            const struct named *list = NULL;
            size_t count = 99;
            bool more;
            const struct names_question q = {.namespaces = &one, .namespaces_count = 1, .limit = 9};
            CHECK_OK(names_list(a, &q, &arena, &list, &count, &more, &e), &e);
            CHECK_NUM(count, i == 8 ? 2 : i == 9 ? 7 : 0);
        }
    }
    CHECK_CASE("all namespaces")
    {
        const str *list = NULL;
        size_t count = 0;
        CHECK_OK(names_namespaces(a, &arena, &list, &count, &e), &e);
        CHECK_NUM(count, 2);
        CHECK_STR(list[0], STR("debian:11"));
        CHECK_STR(list[1], STR("debian:12"));
    }
}

static void memory(struct store *s)
{
    CHECK_CASE("each refused allocation is an error, and the next question is answered")
    {
        size_t refused = 0;
        bool hit = true;
        for (int n = 0; n < 10000 && hit; n++) {
            struct advisories *a = NULL;
            const struct named *list = NULL;
            size_t count = 0;
            bool more;
            const struct names_question q = {
                .namespaces = debian_12, .namespaces_count = 1, .limit = 100};
            if (!CHECK_OK(advisories_open(s, &a, &e), &e)) {
                return;
            }
            fail_alloc_at(n);
            bool done = names_list(a, &q, &arena, &list, &count, &more, &e);
            hit = fail_alloc_hit();
            fail_alloc_at(-1);
            if (!done) {
                refused++;
                CHECK(hit);
                CHECK_OK(names_list(a, &q, &arena, &list, &count, &more, &e), &e);
            }
            CHECK_NUM(count, ARRAY_COUNT(names));
            advisories_close(a);
        }
        CHECK(refused > 10);
    }
}

int main(void)
{
    struct advisories *a = NULL;
    test_dir_make_fast();
    struct store *s = test_store();
    arena_init(&arena, 64 * 1024 * 1024, "the test");
    if (CHECK_OK(feeds_make(s), &e) && CHECK_OK(advisories_open(s, &a, &e), &e)) {
        all(a);
        pages(a);
        places(a);
        memory(s);
    }
    advisories_close(a);
    arena_done(&arena);
    store_close(s);
    return check_done();
}
