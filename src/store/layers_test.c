#include "store/testing.h"

static struct error e;

static digest digest_number(uint32_t n)
{
    digest d = {.algorithm = DIGEST_SHA256};
    memcpy(d.bytes, &n, sizeof(n));
    return d;
}

static bool finds(struct store *s, uint32_t n, uint32_t revision, struct arena *arena, str *facts)
{
    digest diff;
    bool found = false;
    return store_facts_find(s, digest_number(n), revision, arena, facts, &diff, &found, &e) &&
           found;
}

static void keeping(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20, "a test");
    str facts;
    CHECK_CASE("facts come back by digest and revision")
    {
        test_dir_make();
        struct store *s = test_store();
        bool found = true;
        digest diff = {0};
        CHECK_OK(store_facts_find(s, digest_number(1), 7, &arena, &facts, &diff, &found, &e), &e);
        CHECK(!found);
        CHECK(access(test_path("layers.db"), F_OK) != 0); /* a look-up makes nothing */
        CHECK_OK(store_facts_keep(s, digest_number(1), 7, STR("facts"), digest_number(2), &e), &e);
        CHECK_OK(store_facts_find(s, digest_number(1), 7, &arena, &facts, &diff, &found, &e), &e);
        CHECK(found && digest_eq(diff, digest_number(2)));
        CHECK_STR(facts, STR("facts"));
        CHECK(!finds(s, 1, 8, &arena, &facts));
        CHECK(!finds(s, 2, 7, &arena, &facts));
        CHECK_OK(store_facts_keep(s, digest_number(1), 7, STR(""), digest_number(2), &e), &e);
        CHECK(finds(s, 1, 7, &arena, &facts) && facts.len == 0);
        store_close(s);
        s = test_store();
        CHECK(finds(s, 1, 7, &arena, &facts) && facts.len == 0);
        store_close(s);
    }
    arena_done(&arena);
}

int main(void)
{
    keeping();
    return check_done();
}
