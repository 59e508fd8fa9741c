#include "model/severity.h"

#include "check.h"
#include "model/advisory.h"
#include "model/package.h"

static const struct {
    const char *word;
    bool known;
    enum severity severity;
} words[] = {
    {"low", true, SEVERITY_LOW},
    {"HIGH", true, SEVERITY_HIGH},
    {" Critical ", true, SEVERITY_CRITICAL},
    {"moderate", true, SEVERITY_MEDIUM},
    {"Important", true, SEVERITY_HIGH},
    {"unimportant", true, SEVERITY_NEGLIGIBLE},
    {"none", true, SEVERITY_NEGLIGIBLE},
    {"Defcon1", true, SEVERITY_CRITICAL},
    {"medium**", true, SEVERITY_MEDIUM}, /* Debian's tracker */
    {"not yet assigned", true, SEVERITY_UNKNOWN},
    {"unknown", true, SEVERITY_UNKNOWN},
    {"", false, SEVERITY_UNKNOWN},
    {"*", false, SEVERITY_UNKNOWN},
    {"highest", false, SEVERITY_UNKNOWN},
};

/* CVSS v3.1 specification, section 5, table 14 */
static const struct {
    unsigned tenths;
    enum severity severity;
} scores[] = {
    {0, SEVERITY_NEGLIGIBLE}, {1, SEVERITY_LOW},       {39, SEVERITY_LOW},  {40, SEVERITY_MEDIUM},
    {69, SEVERITY_MEDIUM},    {70, SEVERITY_HIGH},     {89, SEVERITY_HIGH}, {90, SEVERITY_CRITICAL},
    {100, SEVERITY_CRITICAL}, {101, SEVERITY_UNKNOWN},
};

int main(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        CHECK_CASE("the word '%s' has its severity", words[i].word)
        {
            enum severity got = SEVERITY_COUNT;
            CHECK(severity_parse(str_from(words[i].word), &got) == words[i].known);
            CHECK_NUM(got, words[i].known ? words[i].severity : SEVERITY_COUNT);
        }
    }
    CHECK_CASE("every severity's name is read back as itself")
    {
        for (unsigned s = 0; s < SEVERITY_COUNT; s++) {
            enum severity got;
            CHECK(severity_parse(str_from(severity_name((enum severity)s)), &got));
            CHECK_NUM(got, s);
        }
    }
    CHECK_CASE("scores fall into the bands of CVSS")
    {
        for (size_t i = 0; i < ARRAY_COUNT(scores); i++) {
            CHECK_NUM(severity_of_score(scores[i].tenths), scores[i].severity);
        }
    }
    CHECK_CASE("states and ecosystems have names")
    {
        CHECK_STR(str_from(fix_state_name(FIX_AVAILABLE)), STR("fixed"));
        CHECK_STR(str_from(fix_state_name(FIX_WILL_NOT)), STR("will-not-fix"));
        CHECK_STR(str_from(fix_state_name(FIX_UNDETERMINED)), STR("under-investigation"));
        CHECK_STR(ecosystem_name(ECOSYSTEM_DEB), STR("deb"));
        CHECK_STR(ecosystem_name(ECOSYSTEM_RPM), STR("rpm"));
        CHECK_NUM(ecosystem_name(ECOSYSTEM_NONE).len, 0);
    }
    return check_done();
}
