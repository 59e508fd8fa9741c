#include "server/notifier.h"

#include "check.h"

int main(void)
{
    CHECK_CASE("waits double up to a quarter of an hour")
    {
        static const uint64_t waits[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900};
        for (size_t i = 0; i < ARRAY_COUNT(waits); i++) {
            bool given_up = true;
            CHECK_NUM(notifier_wait_s(i + 1, 100, &given_up), waits[i]);
            CHECK(!given_up);
        }
    }
    CHECK_CASE("a round is given up after its attempts, and the next begins with a short wait")
    {
        static const uint64_t waits[] = {1, 2, 300, 1, 2, 300};
        for (size_t i = 0; i < ARRAY_COUNT(waits); i++) {
            bool given_up;
            CHECK_NUM(notifier_wait_s(i + 1, 3, &given_up), waits[i]);
            CHECK(given_up == (i % 3 == 2));
        }
    }
    return check_done();
}
