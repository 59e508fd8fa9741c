#include "inventory/encode.h"

#include <string.h>

#include "check.h"

static const struct fact facts[] = {
    {.kind = FACT_DATABASE, .path = STR_INIT("var/lib/dpkg/status"), .text = STR_INIT("dpkg")},
    {.kind = FACT_PACKAGE,
     .package = {.ecosystem = ECOSYSTEM_RPM,
                 .name = STR_INIT("bash"),
                 .version = STR_INIT("1:5.1-2"),
                 .arch = STR_INIT("x86_64"),
                 .source = STR_INIT("bash"),
                 .source_version = STR_INIT("1:5.1-2"),
                 .module = STR_INIT("m:1:2:3"),
                 .vendor = STR_INIT("V"),
                 .license = STR_INIT("GPL")}},
    {.kind = FACT_DISTRIBUTION,
     .path = STR_INIT("etc/os-release"),
     .text = STR_INIT("os_release"),
     .rank = 100,
     .distribution = {.id = STR_INIT("debian"), .version_id = STR_INIT("12")}},
    {.kind = FACT_DIRECTORY, .path = STR_INIT("usr/lib")},
    {.kind = FACT_REPOSITORY,
     .path = STR_INIT("root/buildinfo/content_manifests/ubi9.json"),
     .text = STR_INIT("rhel-9-for-x86_64-baseos-rpms")},
};

static void encode_all(struct buf *to)
{
    struct error e = {0};
    buf_init(to, 65536);
    for (size_t i = 0; i < ARRAY_COUNT(facts); i++) {
        CHECK_OK(fact_encode(&facts[i], to, &e), &e);
    }
}

static void test_round_trip(void)
{
    CHECK_CASE("what was encoded comes back")
    {
        struct error e = {0};
        struct buf bytes;
        struct fact fact = {0};
        encode_all(&bytes);
        str rest = buf_str(&bytes);
        for (size_t i = 0; i < ARRAY_COUNT(facts); i++) {
            CHECK_NUM(fact_decode(&rest, &fact, &e), STEP_GOT);
            CHECK_NUM(fact.kind, facts[i].kind);
            CHECK_STR(fact.path, facts[i].path);
            CHECK_STR(fact.package.name, facts[i].package.name);
            CHECK_STR(fact.package.license, facts[i].package.license);
            CHECK_NUM(fact.rank, facts[i].rank);
            CHECK_STR(fact.distribution.version_id, facts[i].distribution.version_id);
        }
        CHECK_NUM(fact_decode(&rest, &fact, &e), STEP_END);
        buf_done(&bytes);
    }
}

static void test_damage(void)
{
    CHECK_CASE("every cut is an end between records or an error inside one")
    {
        struct error e = {0};
        struct buf bytes;
        encode_all(&bytes);
        for (size_t cut = 0; cut < bytes.len; cut++) {
            str rest = str_slice(buf_str(&bytes), 0, cut);
            struct fact fact;
            enum step got;
            while ((got = fact_decode(&rest, &fact, &e)) == STEP_GOT) {
            }
            CHECK(got == STEP_END ? rest.len == 0 : e.kind == ERROR_FORMAT);
        }
        buf_done(&bytes);
    }
    CHECK_CASE("every changed byte is a fact or an error, never more")
    {
        struct error e = {0};
        struct buf bytes;
        encode_all(&bytes);
        for (size_t at = 0; at < bytes.len; at++) {
            for (int change = 1; change < 256; change += 37) {
                bytes.at[at] = (char)(bytes.at[at] ^ change);
                str rest = buf_str(&bytes);
                struct fact fact;
                size_t count = 0;
                while (fact_decode(&rest, &fact, &e) == STEP_GOT) {
                    count++;
                }
                CHECK(count <= bytes.len);
                bytes.at[at] = (char)(bytes.at[at] ^ change);
            }
        }
        buf_done(&bytes);
    }
    CHECK_CASE("a NUL, a nameless package and an unknown kind are refused")
    {
        struct error e = {0};
        struct buf bytes;
        struct fact fact, nul = {.kind = FACT_NOTE, .text = STR("a\0b")};
        struct fact nameless = {.kind = FACT_PACKAGE, .package = {.ecosystem = ECOSYSTEM_DEB}};
        buf_init(&bytes, 65536);
        CHECK_OK(fact_encode(&nul, &bytes, &e), &e);
        str rest = buf_str(&bytes);
        CHECK_NUM(fact_decode(&rest, &fact, &e), STEP_FAILED);
        bytes.len = 0;
        CHECK_OK(fact_encode(&nameless, &bytes, &e), &e);
        rest = buf_str(&bytes);
        CHECK_NUM(fact_decode(&rest, &fact, &e), STEP_FAILED);
        rest = STR("\x63\0\0\0\0\0\0\0\0\0\0\0\0");
        CHECK_NUM(fact_decode(&rest, &fact, &e), STEP_FAILED);
        buf_done(&bytes);
    }
    CHECK_CASE("a text at the limit is encoded, one past it is not")
    {
        static char text[FACT_STRING_BYTES_MAX + 1];
        struct error e = {0};
        struct buf bytes;
        struct fact fact = {.kind = FACT_NOTE, .text = {text, FACT_STRING_BYTES_MAX}};
        memset(text, 'x', sizeof(text));
        buf_init(&bytes, 4 * 1024 * 1024);
        CHECK_OK(fact_encode(&fact, &bytes, &e), &e);
        fact.text.len++;
        CHECK_FAILS(fact_encode(&fact, &bytes, &e), &e, ERROR_LIMIT, "limit");
        buf_done(&bytes);
    }
}

int main(void)
{
    test_round_trip();
    test_damage();
    return check_done();
}
