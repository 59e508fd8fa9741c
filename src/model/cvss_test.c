#include "model/cvss.h"

#include <string.h>

#include "base/attr.h"
#include "check.h"

/* Vectors and scores of FIRST's "CVSS v3.1 Examples" and of NVD. */
static const struct {
    const char *says, *vector;
    unsigned tenths;
} good[] = {
    {"CVE-2013-1937, phpMyAdmin XSS", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61},
    {"CVE-2013-0375, MySQL SQL injection", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 64},
    {"CVE-2014-3566, POODLE", "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 31},
    {"CVE-2012-1516, VMware", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 99},
    {"CVE-2009-0783, Tomcat", "CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", 42},
    {"CVE-2012-0384, Cisco IOS", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 88},
    {"CVE-2015-1098, iWork", "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 78},
    {"CVE-2014-0160, Heartbleed", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 75},
    {"CVE-2014-6271, Shellshock", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98},
    {"CVE-2008-1447, DNS Kaminsky", "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N", 68},
    {"CVE-2014-2005, Sophos", "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 68},
    {"CVE-2010-0467, Joomla", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:L/I:N/A:N", 58},
    {"CVE-2012-1342, Cisco ACL bypass", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:L/A:N", 58},
    {"CVE-2013-6014, Juniper ARP", "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", 93},
    {"CVE-2014-9253, DokuWiki", "CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N", 54},
    {"CVE-2021-44228, Log4Shell", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100},
    {"no impact is no score", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0},
    {"version 3.0 is read", "CVSS:3.0/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 62},
    {"temporal metrics do not count", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C",
     98},
    {"the order of metrics does not matter", "CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", 98},

    /* CVSS v2 Complete Guide, section 3.3 */
    {"CVE-2002-0392, Apache", "AV:N/AC:L/Au:N/C:N/I:N/A:C", 78},
    {"CVE-2003-0818, Windows ASN.1", "AV:N/AC:L/Au:N/C:C/I:C/A:C", 100},
    {"CVE-2003-0062, NOD32", "AV:L/AC:H/Au:N/C:C/I:C/A:C", 62},
    {"parentheses do not count", "(AV:N/AC:L/Au:N/C:P/I:P/A:P)", 75},
    {"a prefix is read", "CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:P/A:P", 75},
    {"temporal metrics do not count", "AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C", 78},
    {"no impact is no score", "AV:N/AC:L/Au:N/C:N/I:N/A:N", 0},
    {"nor is the least impact none", "AV:L/AC:H/Au:M/C:N/I:N/A:P", 8},

    /* FIRST's "CVSS v4.0 Examples" */
    {"CVE-2021-44228, Log4Shell", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H",
     100},
    {"CVE-2014-0160, Heartbleed", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
     87},
    {"CVE-2022-41741, nginx", "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
     73},
    {"CVE-2020-3549, Cisco", "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 77},
    {"CVE-2023-3089, OpenShift", "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N",
     83},
    {"all but what lies behind", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
     93},
    {"no impact is no score", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0},
    {"the least of all", "CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:N/VI:N/VA:N/SC:N/SI:N/SA:L", 10},
    {"other groups of metrics do not count",
     "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U/MAV:P/U:Clear", 93},
};

/* Whole versions' sums of the scores of all vectors, from another reader of the specification: a
 * wrong cell of a table would show. */
static const struct {
    const char *says, *format;
    const char *values[11];
    unsigned long sum;
} sums[] = {
    {"version 2",
     "AV:%c/AC:%c/Au:%c/C:%c/I:%c/A:%c",
     {"LAN", "HML", "MSN", "NPC", "NPC", "NPC"},
     38007},
    {"version 3.1",
     "CVSS:3.1/AV:%c/AC:%c/PR:%c/UI:%c/S:%c/C:%c/I:%c/A:%c",
     {"NALP", "LH", "NLH", "NR", "UC", "HLN", "HLN", "HLN"},
     142706},
    {"version 4.0",
     "CVSS:4.0/AV:%c/AC:%c/AT:%c/PR:%c/UI:%c/VC:%c/VI:%c/VA:%c/SC:%c/SI:%c/SA:%c",
     {"NALP", "LH", "NP", "NLH", "NPA", "HLN", "HLN", "HLN", "HLN", "HLN", "HLN"},
     5964883},
};

/* The n-th vector of a version; false past the last. */
static bool vector_at(const char *format, const char *const values[11], size_t n, char *out)
{
    size_t metric = 0;
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%') {
            *out++ = *f;
            continue;
        }
        f++;
        size_t count = strlen(values[metric]);
        *out++ = values[metric][n % count];
        n /= count;
        metric++;
    }
    *out = '\0';
    return n == 0;
}

static void run_sums(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(sums); i++) {
        CHECK_CASE("the scores of all vectors of %s", sums[i].says)
        {
            char vector[128];
            unsigned long sum = 0;
            for (size_t n = 0; vector_at(sums[i].format, sums[i].values, n, vector); n++) {
                unsigned tenths = 1000;
                if (!CHECK(cvss_base_score(str_from(vector), &tenths) && tenths <= 100)) {
                    break;
                }
                sum += tenths;
            }
            CHECK_NUM(sum, sums[i].sum);
        }
    }
}

static const char *const bad[] = {
    "",
    "CVSS:3.1/",
    "CVSS:3.1/AV:N",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
    "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.1/AV:/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.1/AV:NN/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.1/AV/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:4.0/",
    "CVSS:4.1/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N",
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:S/SA:N",
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/",
    "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "AV:N/AC:L/Au:N/C:P/I:P",
    "AV:N/AC:L/Au:N/C:P/I:P/A:H",
    "AV:N/AC:L/Au:N/C:P/I:P/A:P/A:P",
    "(AV:N/AC:L/Au:N/C:P/I:P/A:P",
    "()",
    "(",
    "7.5",
};

int main(void)
{
    unsigned tenths;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        CHECK_CASE("%s: %u.%u", good[i].says, good[i].tenths / 10, good[i].tenths % 10)
        {
            CHECK(cvss_base_score(str_from(good[i].vector), &tenths));
            CHECK_NUM(tenths, good[i].tenths);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        CHECK_CASE("'%s' is no vector", bad[i])
        {
            CHECK(!cvss_base_score(str_from(bad[i]), &tenths));
        }
    }
    CHECK_CASE("each version's function refuses the others' vectors")
    {
        CHECK(!cvss2_base_score(STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), &tenths));
        CHECK(!cvss3_base_score(STR("AV:N/AC:L/Au:N/C:P/I:P/A:P"), &tenths));
        CHECK(!cvss4_base_score(STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), &tenths));
    }
    run_sums();
    return check_done();
}
