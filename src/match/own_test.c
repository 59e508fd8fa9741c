/* own_test.c: what is said where a distribution's own advisories are missing. */
#include "check.h"
#include "match/fake_store.h"
#include "match/match.h"

static void test_own(void)
{
    CHECK_CASE("where only a copy of a distribution's advisories is here, a note says so")
    {
        static const struct {
            const char *feed;
            size_t notes;
        } feeds[] = {{"debian", 0}, {"osv", 1}};
        for (size_t i = 0; i < ARRAY_COUNT(feeds); i++) {
            const struct found_package package = {.package = {.ecosystem = ECOSYSTEM_DEB,
                                                              .name = STR("bin"),
                                                              .version = STR("9"),
                                                              .source = STR("src"),
                                                              .source_version = STR("9")}};
            const struct fake_row row = {
                .id = "CVE-2024-1", .feed = feeds[i].feed, .package = "src", .fixed = "2"};
            struct scan scan = {.inventory = {.namespace_ = STR("debian:12"),
                                              .has_distribution = true,
                                              .packages = &package,
                                              .packages_count = 1}};
            struct advisories store = {.rows = &row, .count = 1};
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            arena_init(&arena, 1024 * 1024, "a test");
            CHECK_OK(match_scan(&store, &arena, &scan, &e), &e);
            CHECK(scan.judged);
            CHECK_NUM(scan.inventory.notes.count, feeds[i].notes);
            CHECK(!scan.inventory.notes.incomplete);
            arena_done(&arena);
        }
    }
}

int main(void)
{
    test_own();
    return check_done();
}
