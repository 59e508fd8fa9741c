#include "server/handler.h"

#include "check.h"

int main(void)
{
    struct error e;
    struct tokens *t = NULL;
    const str list[] = {STR("0123456789abcdef"), STR("another-token-of-ours")};
    CHECK_CASE("without tokens everybody is let in")
    {
        CHECK_OK(tokens_new(&t, &e), &e);
        CHECK(tokens_accept(t, STR("")));
        CHECK(tokens_accept(t, STR("Bearer x")));
    }
    CHECK_CASE("each token is accepted, and nothing else")
    {
        CHECK_OK(tokens_set(t, list, 2, &e), &e);
        CHECK(tokens_accept(t, STR("Bearer 0123456789abcdef")));
        CHECK(tokens_accept(t, STR("bearer   another-token-of-ours ")));
        static const char *const others[] = {"",
                                             "Bearer",
                                             "Bearer ",
                                             "0123456789abcdef",
                                             "Basic 0123456789abcdef",
                                             "Bearer 0123456789abcde",
                                             "Bearer 0123456789abcdeff",
                                             "Bearer 0123456789abcdef another-token-of-ours"};
        for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
            CHECK(!tokens_accept(t, str_from(others[i])));
        }
    }
    CHECK_CASE("new tokens take the place of the old ones")
    {
        CHECK_OK(tokens_set(t, &list[1], 1, &e), &e);
        CHECK(!tokens_accept(t, STR("Bearer 0123456789abcdef")));
        CHECK(tokens_accept(t, STR("Bearer another-token-of-ours")));
    }
    CHECK_CASE("refused memory leaves the old ones")
    {
        fail_alloc_at(0);
        CHECK_FAILS(tokens_set(t, list, 1, &e), &e, ERROR_MEMORY, "");
        fail_alloc_at(-1);
        CHECK(tokens_accept(t, STR("Bearer another-token-of-ours")));
    }
    tokens_free(t);
    tokens_free(NULL);
    return check_done();
}
