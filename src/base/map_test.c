#include "base/map.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

enum { KEYS = 10000, KEY_BYTES = 16 };

static str key_of(struct arena *arena, size_t i)
{
    struct error e = {0};
    str key = STR_NONE;
    CHECK_OK(arena_printf(arena, &key, &e, "key-%zu", i), &e);
    return key;
}

static void fill(struct map *m, struct arena *arena, int *values)
{
    struct error e = {0};
    for (size_t i = 0; i < KEYS; i++) {
        values[i] = (int)i;
        CHECK_OK(map_put(m, key_of(arena, i), &values[i], &e), &e);
    }
}

static void test_contents(void)
{
    static int values[KEYS];
    struct arena arena;
    struct map m;
    struct error e = {0};
    arena_init(&arena, 64 << 20, "test");
    map_init(&m, &arena);
    CHECK_CASE("an empty map has nothing, not even under the empty key")
    {
        size_t at = 0;
        str key;
        void *value;
        CHECK(map_get(&m, STR("x")) == NULL);
        CHECK(map_get(&m, STR_NONE) == NULL);
        CHECK(!map_each(&m, &at, &key, &value));
    }
    CHECK_CASE("every key has its own value, whatever the map's size was when it came")
    {
        fill(&m, &arena, values);
        CHECK_NUM(m.count, KEYS);
        for (size_t i = 0; i < KEYS; i++) {
            CHECK(map_get(&m, key_of(&arena, i)) == &values[i]);
        }
        CHECK(map_get(&m, STR("key-")) == NULL);
        CHECK(map_get(&m, STR("key-10000")) == NULL);
    }
    CHECK_CASE("a second value replaces the first")
    {
        CHECK_OK(map_put(&m, STR("key-7"), &values[0], &e), &e);
        CHECK(map_get(&m, STR("key-7")) == &values[0]);
        CHECK_NUM(m.count, KEYS);
    }
    CHECK_CASE("keys of every length up to four words are told apart")
    {
        static const char text[] = "abcdefghijklmnopqrstuvwxyz012345";
        for (size_t len = 0; len < sizeof(text); len++) {
            CHECK_OK(map_put(&m, (str){.at = text, .len = len}, &values[len], &e), &e);
        }
        for (size_t len = 0; len < sizeof(text); len++) {
            CHECK(map_get(&m, (str){.at = text, .len = len}) == &values[len]);
        }
    }
    arena_done(&arena);
}

static void test_secret(void)
{
    static int values[KEYS];
    CHECK_CASE("two maps of the same keys have them in different slots")
    {
        struct arena arena;
        struct map maps[2];
        size_t at[2] = {0, 0}, same = 0;
        arena_init(&arena, 64 << 20, "test");
        for (size_t i = 0; i < 2; i++) {
            map_init(&maps[i], &arena);
            fill(&maps[i], &arena, values);
        }
        for (;;) {
            str keys[2];
            void *found[2];
            if (!map_each(&maps[0], &at[0], &keys[0], &found[0]) ||
                !map_each(&maps[1], &at[1], &keys[1], &found[1])) {
                break;
            }
            same += found[0] == found[1];
        }
        CHECK(same < KEYS / 10);
        arena_done(&arena);
    }
}

static void test_memory(void)
{
    CHECK_CASE("a refused allocation is a clean error, and the map is as it was")
    {
        static int values[KEYS];
        for (int n = 0;; n++) {
            struct arena arena;
            struct map m;
            struct error e = {0};
            size_t put = 0;
            bool ok = true;
            char keys[100][KEY_BYTES];
            arena_init(&arena, 1 << 20, "test");
            map_init(&m, &arena);
            fail_alloc_at(n);
            for (; ok && put < 100; put += ok) {
                snprintf(keys[put], KEY_BYTES, "key-%zu", put);
                ok = map_put(&m, str_from(keys[put]), &values[put], &e);
            }
            fail_alloc_at(-1);
            CHECK(ok || e.kind == ERROR_MEMORY);
            for (size_t i = 0; i < put; i++) {
                CHECK(map_get(&m, str_from(keys[i])) == &values[i]);
            }
            arena_done(&arena);
            if (!fail_alloc_hit()) {
                CHECK(ok);
                break;
            }
        }
    }
}

static void test_keys(void)
{
    CHECK_CASE("lists of texts have the same key where they are the same, and else not")
    {
        static const str lists[][3] = {
            {STR_INIT("ab"), STR_INIT("c"), STR_INIT("")},
            {STR_INIT("a"), STR_INIT("bc"), STR_INIT("")},
            {STR_INIT(""), STR_INIT("ab"), STR_INIT("c")},
            {STR_INIT("ab"), STR_INIT(""), STR_INIT("c")},
        };
        struct error e = {0};
        struct arena arena;
        str keys[ARRAY_COUNT(lists)], same = STR_NONE;
        arena_init(&arena, 4096, "keys");
        for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
            CHECK_OK(arena_key(&arena, lists[i], 3, &keys[i], &e), &e);
            CHECK_OK(arena_key(&arena, lists[i], 3, &same, &e), &e);
            CHECK_STR(same, keys[i]);
            for (size_t k = 0; k < i; k++) {
                CHECK(!str_eq(keys[k], keys[i]));
            }
        }
        fail_alloc_at(0);
        arena_done(&arena);
        arena_init(&arena, 4096, "keys");
        CHECK(!arena_key(&arena, lists[0], 3, &same, &e) && e.kind == ERROR_MEMORY);
        fail_alloc_at(-1);
        arena_done(&arena);
    }
}

int main(void)
{
    test_keys();
    test_contents();
    test_secret();
    test_memory();
    return check_done();
}
