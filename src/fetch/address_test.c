#include "fetch/address.h"

#include "check.h"

/* From IANA's IPv4 and IPv6 special-purpose address registries. */
static const struct {
    const char *text;
    bool is_public;
} cases[] = {
    {"151.101.2.132", true},
    {"8.8.8.8", true},
    {"1.1.1.1", true},
    {"172.15.255.255", true},
    {"172.32.0.0", true},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.128.0.0", true},
    {"223.255.255.255", true},
    {"0.0.0.0", false},
    {"10.0.0.1", false},
    {"100.64.0.1", false},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"169.254.169.254", false},
    {"172.16.0.1", false},
    {"172.31.255.255", false},
    {"192.168.1.1", false},
    {"192.0.0.170", false},
    {"192.0.2.1", false},
    {"198.18.0.1", false},
    {"198.51.100.7", false},
    {"203.0.113.9", false},
    {"224.0.0.251", false},
    {"255.255.255.255", false},
    {"2a04:4e42::644", true},
    {"2606:4700::1111", true},
    {"[2a04:4e42::644]", true},
    {"::", false},
    {"::1", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"fc00::1", false},
    {"fd12:3456::1", false},
    {"ff02::fb", false},
    {"2001:db8::1", false},
    {"2001::1", false},
    {"3fff::1", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:8.8.8.8", true},
    {"64:ff9b::10.0.0.1", false},
    {"64:ff9b::8.8.8.8", true},
    {"2002:7f00:1::", false},
    {"2002:808:808::", true},
    {"::127.0.0.1", false},
    {"127.0.0.1.", false},
    {"8.8.8.8.", true},
    {"::ffff:0:127.0.0.1", false},     /* SIIT */
    {"::ffff:10.0.0.1", false},        /* mapped, as a server of both families sees it */
    {"::ffff:169.254.169.254", false}, /* where clouds keep their credentials */
    {"::ffff:100.64.1.1", false},
    {"64:ff9b::a9fe:a9fe", false},
    {"64:ff9b:1::8.8.8.8", false}, /* NAT64 of one's own network */
    {"2002:a9fe:a9fe::1", false},
    {"fd00:ec2::254", false},
    {"100::1", false},  /* discarded */
    {"5f00::1", false}, /* segment routing */
    {"2001:20::1", false},
    {"ff0e::1", false},
    {"240.0.0.1", false},
};

int main(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s is %s", cases[i].text, cases[i].is_public ? "public" : "not public")
        {
            struct sockaddr_storage a;
            CHECK(address_parse(str_from(cases[i].text), &a));
            CHECK(address_is_public((struct sockaddr *)&a) == cases[i].is_public);
        }
    }
    CHECK_CASE("names that a proxy would find in one's own network")
    {
        static const char *const own[] = {
            "localhost", "LOCALHOST",     "localhost.",  "a.localhost",
            "db",        "printer.local", "x.home.arpa", "metadata.google.internal",
            ""};
        static const char *const others[] = {"example.org",    "example.org.",  "local.example.org",
                                             "mylocalhost.de", "internal.com.", "a.b"};
        for (size_t i = 0; i < ARRAY_COUNT(own); i++) {
            CHECK(address_is_own_name(str_from(own[i])));
        }
        for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
            CHECK(!address_is_own_name(str_from(others[i])));
        }
    }
    CHECK_CASE("names and odd forms of numbers are no literals")
    {
        struct sockaddr_storage a;
        static const char *const names[] = {"localhost", "127.1", "0x7f000001", "2130706433",
                                            "",          "[::1",  "1.2.3.4.5",  "[]"};
        for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
            CHECK(!address_parse(str_from(names[i]), &a));
        }
    }
    CHECK_CASE("a family that is not IP is not public")
    {
        struct sockaddr a = {.sa_family = AF_UNIX};
        CHECK(!address_is_public(&a));
    }
    return check_done();
}
