/* explain_test.c: verdicts as sentences. The store is here because this folder's objects want one.
 */
#include "check.h"
#include "match/fake_store.h"
#include "match/match.h"

static const struct {
    const char *scheme, *version;
    struct affected row;
    bool in;
    const char *why;
} sentences[] = {
    {"deb",
     "1.0-1",
     {.fixed = STR_INIT("1.0-2")},
     true,
     "1.0-1 is older than 1.0-2, the first version that is not affected (deb order)"},
    {"deb",
     "1.0-3",
     {.fixed = STR_INIT("1.0-2")},
     false,
     "1.0-3 is not older than 1.0-2, the first version that is not affected (deb order)"},
    {"apk",
     "1.0-r3",
     {.last_affected = STR_INIT("1.0-r3")},
     true,
     "1.0-r3 is not newer than 1.0-r3, the last version that is affected (apk order)"},
    {"apk",
     "1.0-r4",
     {.last_affected = STR_INIT("1.0-r3")},
     false,
     "1.0-r4 is newer than 1.0-r3, the last version that is affected (apk order)"},
    {"rpm",
     "1.0-1",
     {.introduced = STR_INIT("2.0")},
     false,
     "1.0-1 is older than 2.0, the first version that is affected (rpm order)"},
    {"deb",
     "1.0-1",
     {.state = FIX_NONE_YET, .word = STR_INIT("no-dsa: Minor issue")},
     true,
     "the publisher names no version that is fixed, so 1.0-1 is affected (no-dsa: Minor issue)"},
    {"deb",
     "1.0-1",
     {.fixed = STR_INIT("0")},
     false,
     "the publisher says that no version was ever affected"},
    {"deb",
     "1.0-1",
     {.state = FIX_UNDETERMINED},
     false,
     "the publisher has not determined yet whether it is affected"},
};

static void run_sentences(void)
{
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    bool in;
    arena_init(&arena, 64 * 1024, "a test");
    for (size_t i = 0; i < ARRAY_COUNT(sentences); i++) {
        CHECK_CASE("explained: %s", sentences[i].why)
        {
            str why;
            if (CHECK_OK(match_in_range(str_from(sentences[i].scheme), &sentences[i].row,
                                        str_from(sentences[i].version), &arena, &in, &why, &e),
                         &e)) {
                CHECK(in == sentences[i].in);
                CHECK_STR(why, str_from(sentences[i].why));
            }
            CHECK_OK(match_in_range(str_from(sentences[i].scheme), &sentences[i].row,
                                    str_from(sentences[i].version), &arena, &in, NULL, &e),
                     &e);
        }
    }
    CHECK_CASE("an unknown version order is an error")
    {
        CHECK_FAILS(
            match_in_range(STR("cobol"), &sentences[0].row, STR("1"), &arena, &in, NULL, &e), &e,
            ERROR_USAGE, "'cobol'");
    }
    arena_done(&arena);
}

int main(void)
{
    run_sentences();
    return check_done();
}
