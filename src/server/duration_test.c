#include "server/duration.h"

#include "check.h"

static const struct {
    const char *text;
    uint64_t ms;
} fine[] = {
    {"0", 0},          {"0s", 0},
    {"900s", 900000},  {"1h30m", 5400000},
    {"2h", 7200000},   {"1.5h", 5400000},
    {"300ms", 300},    {"1h0m0.5s", 3600500},
    {"100us", 0},      {"1500\xc2\xb5s", 1},
    {".5s", 500},      {"1.s", 1000},
    {" 5m ", 300000},  {"2000000ns", 2},
    {"1m1m", 120000},  {"0.0000000000009h", 0},
    {"24h", 86400000}, {"876000h", 3153600000000},
    {"0.57s", 570},    {"1.001s", 1001},
};

static const struct {
    const char *text, *part;
} wrong[] = {
    {"", "no duration"},      {"900", "write '900s'"},    {"-1s", "negative"},
    {"1x", "no duration"},    {"s", "no duration"},       {".s", "no duration"},
    {"1h30", "no duration"},  {"1 h", "no duration"},     {"1d", "no duration"},
    {"never", "no duration"}, {"876001h", "no duration"}, {"99999999999999999999h", "no duration"},
};

static const struct {
    uint64_t ns;
    const char *text;
} shown[] = {
    {0, "0s"},
    {12000, "12\xc2\xb5s"},
    {12345, "12.345\xc2\xb5s"},
    {350200000, "350.2ms"},
    {1234567000, "1.234567s"},
    {59999999999, "59.999999999s"},
    {60000000000, "1m0s"},
    {7200000000000, "2h0m0s"},
    {61500000000, "1m1.5s"},
    {5401001000001, "1h30m1.001000001s"},
};

int main(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(fine); i++) {
        CHECK_CASE("'%s' is a duration", fine[i].text)
        {
            uint64_t ms = 1;
            CHECK_OK(duration_parse(str_from(fine[i].text), &ms, &e), &e);
            CHECK_NUM(ms, fine[i].ms);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        CHECK_CASE("'%s' is none", wrong[i].text)
        {
            uint64_t ms = 1;
            CHECK_FAILS(duration_parse(str_from(wrong[i].text), &ms, &e), &e, ERROR_USAGE,
                        wrong[i].part);
            CHECK_NUM(ms, 1);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(shown); i++) {
        CHECK_CASE("%s is shown as Go does", shown[i].text)
        {
            char to[DURATION_TEXT_BYTES];
            CHECK_STR(str_from(duration_text(shown[i].ns, to)), str_from(shown[i].text));
        }
    }
    return check_done();
}
