#include "match/cpe.h"

#include <string.h>

#include "check.h"

static const struct {
    const char *says, *wide, *narrow;
    bool covers;
} cases[] = {
    {"itself", "cpe:/o:redhat:enterprise_linux:9::baseos",
     "cpe:/o:redhat:enterprise_linux:9::baseos", true},
    {"a shorter one covers what goes on", "cpe:/o:redhat:enterprise_linux:9",
     "cpe:/o:redhat:enterprise_linux:9::baseos", true},
    {"not the other way round", "cpe:/o:redhat:enterprise_linux:9::baseos",
     "cpe:/o:redhat:enterprise_linux:9", false},
    {"another edition", "cpe:/a:redhat:enterprise_linux:9::appstream",
     "cpe:/a:redhat:enterprise_linux:9::crb", false},
    {"another part", "cpe:/a:redhat:enterprise_linux:9", "cpe:/o:redhat:enterprise_linux:9", false},
    {"a version covers its minor ones", "cpe:/a:redhat:openshift:4", "cpe:/a:redhat:openshift:4.14",
     true},
    {"only at a dot", "cpe:/o:redhat:enterprise_linux:1", "cpe:/o:redhat:enterprise_linux:10",
     false},
    {"a minor version does not cover the major one", "cpe:/a:redhat:rhel_eus:9.2",
     "cpe:/a:redhat:rhel_eus:9", false},
    {"another product", "cpe:/o:redhat:rhel_eus:9.2::baseos",
     "cpe:/o:redhat:enterprise_linux:9::baseos", false},
    {"the two forms", "cpe:2.3:o:redhat:enterprise_linux:9:*:baseos:*:*:*:*:*",
     "cpe:/o:redhat:enterprise_linux:9::baseos", true},
    {"the two forms, the other way", "cpe:/o:redhat:enterprise_linux:9::baseos",
     "cpe:2.3:o:redhat:enterprise_linux:9:*:baseos:*:*:*:*:*", true},
    {"letter case does not count", "cpe:/o:RedHat:Enterprise_Linux:9",
     "cpe:/o:redhat:enterprise_linux:9", true},
    {"a quoted character is that character", "cpe:2.3:a:some\\:thing:x\\+y:1:*:*:*:*:*:*:*",
     "cpe:/a:some%3athing:x%2By:1", true},
    {"a star stands for any characters", "cpe:2.3:a:redhat:rhel_*:9.*:*:*:*:*:*:*:*",
     "cpe:/a:redhat:rhel_eus:9.2::appstream", true},
    {"a star in the middle", "cpe:2.3:a:r*t:rhel:9:*:*:*:*:*:*:*", "cpe:/a:redhat:rhel:9", true},
    {"a question mark stands for one", "cpe:2.3:a:redhat:rhel:?:*:*:*:*:*:*:*",
     "cpe:/a:redhat:rhel:9", true},
    {"and not for two", "cpe:2.3:a:redhat:rhel:?:*:*:*:*:*:*:*", "cpe:/a:redhat:rhel:10", false},
    {"the URI form's star", "cpe:/a:redhat:rhel%5f%02:9.2", "cpe:/a:redhat:rhel_eus:9.2", true},
    {"a quoted star is no wildcard", "cpe:2.3:a:redhat:rhel\\*:9:*:*:*:*:*:*:*",
     "cpe:/a:redhat:rhel_eus:9", false},
    {"none covers none", "cpe:2.3:a:redhat:rhel:9:-:*:*:*:*:*:*", "cpe:/a:redhat:rhel:9:-", true},
    {"none does not cover a value", "cpe:2.3:a:redhat:rhel:9:-:*:*:*:*:*:*",
     "cpe:/a:redhat:rhel:9:1", false},
    {"a value does not cover none", "cpe:/a:redhat:rhel:9:1", "cpe:/a:redhat:rhel:9:-", false},
    {"any covers none", "cpe:/a:redhat:rhel:9", "cpe:/a:redhat:rhel:9:-", true},
    {"a packed edition", "cpe:/a:x:y:1::~~server~~x64~", "cpe:2.3:a:x:y:1:*:*:*:server:*:x64:*",
     true},
    {"short formatted strings", "cpe:2.3:a:redhat:rhel", "cpe:/a:redhat:rhel:9", true},
};

static void run_covers(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("covering: %s", cases[i].says)
        {
            struct cpe wide, narrow;
            if (CHECK(cpe_parse(str_from(cases[i].wide), &wide)) &&
                CHECK(cpe_parse(str_from(cases[i].narrow), &narrow))) {
                CHECK(cpe_covers(&wide, &narrow) == cases[i].covers);
                CHECK(!cases[i].covers || cpe_overlaps(&wide, &narrow));
                CHECK(cpe_covers(&wide, &wide) && cpe_covers(&narrow, &narrow));
            }
        }
    }
    CHECK_CASE("what is left open may be what is wanted")
    {
        struct cpe wide, narrow;
        CHECK(cpe_parse(STR("cpe:/o:redhat:enterprise_linux:9::baseos"), &wide));
        CHECK(cpe_parse(STR("cpe:2.3:*:redhat:enterprise_linux:9"), &narrow));
        CHECK(cpe_overlaps(&wide, &narrow) && !cpe_covers(&wide, &narrow));
        CHECK(cpe_parse(STR("cpe:/o:redhat:rhel_eus:9.2::baseos"), &wide));
        CHECK(!cpe_overlaps(&wide, &narrow));
    }
}

static void run_parse(void)
{
    static const char *const wrong[] = {
        "",
        "cpe",
        "cpe:",
        "cpe:/",
        "cpe:/o",
        "cpe:/o:",
        "cpe:2.3:",
        "cpe:2.3::redhat",
        "rhel-9-for-x86_64-baseos-rpms",
        "cpe:/o:a:b:c:d:e:f:g",
        "cpe:2.3:o:a:b:c:d:e:f:g:h:i:j:k",
        "cpe:/a:x:y:1::~a~b~c~d~e~f",
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        CHECK_CASE("'%s' is no CPE", wrong[i])
        {
            struct cpe c;
            CHECK(!cpe_parse(str_from(wrong[i]), &c));
        }
    }
    CHECK_CASE("odd ends of a text are read as they are")
    {
        static const char *const odd[] = {"cpe:2.3:a:x:y\\", "cpe:/a:x:y%", "cpe:/a:x:y%2",
                                          "cpe:/a:x:y%zz", "cpe:/a:x:~"};
        for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
            struct cpe c;
            CHECK(cpe_parse(str_from(odd[i]), &c) && cpe_covers(&c, &c));
        }
    }
    CHECK_CASE("a text of the most bytes is read, one past it is not")
    {
        char text[CPE_BYTES_MAX + 1];
        struct cpe c;
        memset(text, '*', sizeof(text));
        memcpy(text, "cpe:/a:x:", 9);
        CHECK(cpe_parse((str){.at = text, .len = CPE_BYTES_MAX}, &c) && cpe_covers(&c, &c));
        CHECK(!cpe_parse((str){.at = text, .len = CPE_BYTES_MAX + 1}, &c));
    }
}

int main(void)
{
    run_covers();
    run_parse();
    return check_done();
}
