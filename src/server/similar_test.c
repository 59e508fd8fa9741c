#include "server/similar.h"

#include <string.h>

#include "check.h"

int main(void)
{
    static const struct {
        const char *a, *b;
        unsigned distance; /* by hand; 4: more than 3 */
    } cases[] = {
        {"", "", 0},         {"port", "port", 0},      {"prot", "port", 1},
        {"Port", "pORT", 0}, {"prt", "port", 1},       {"portt", "port", 1},
        {"poxt", "port", 1}, {"", "abc", 3},           {"", "abcd", 4},
        {"ab", "ba", 1},     {"kitten", "sitting", 3}, {"interval", "intervall", 1},
        {"abc", "xyz", 3},   {"abcd", "wxyz", 4},      {"a", "b", 1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("from '%s' to '%s' are %u steps", cases[i].a, cases[i].b, cases[i].distance)
        {
            str a = str_from(cases[i].a), b = str_from(cases[i].b);
            CHECK_NUM(similar_distance(a, b, 3), cases[i].distance);
            CHECK_NUM(similar_distance(b, a, 3), cases[i].distance);
        }
    }
    CHECK_CASE("a text at the limit is compared, one above it is not")
    {
        char long_[SIMILAR_BYTES_MAX + 1];
        memset(long_, 'a', sizeof(long_));
        str most = {.at = long_, .len = SIMILAR_BYTES_MAX};
        str more = {.at = long_, .len = SIMILAR_BYTES_MAX + 1};
        CHECK_NUM(similar_distance(most, most, 2), 0);
        CHECK_NUM(similar_distance(more, more, 2), 3);
    }
    return check_done();
}
