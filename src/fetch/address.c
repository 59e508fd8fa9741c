#include "fetch/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/num.h"

struct block4 {
    uint32_t net;
    unsigned bits;
};

#define IP4(a, b, c, d) (((uint32_t)(a) << 24) | ((b) << 16) | ((c) << 8) | (d))

static const struct block4 special4[] = {
    {IP4(0, 0, 0, 0), 8},      {IP4(10, 0, 0, 0), 8},     {IP4(100, 64, 0, 0), 10},
    {IP4(127, 0, 0, 0), 8},    {IP4(169, 254, 0, 0), 16}, {IP4(172, 16, 0, 0), 12},
    {IP4(192, 0, 0, 0), 24},   {IP4(192, 0, 2, 0), 24},   {IP4(192, 88, 99, 0), 24},
    {IP4(192, 168, 0, 0), 16}, {IP4(198, 18, 0, 0), 15},  {IP4(198, 51, 100, 0), 24},
    {IP4(203, 0, 113, 0), 24}, {IP4(224, 0, 0, 0), 4},    {IP4(240, 0, 0, 0), 4},
};

static bool public4(uint32_t address)
{
    for (size_t i = 0; i < ARRAY_COUNT(special4); i++) {
        if (((address ^ special4[i].net) >> (32 - special4[i].bits)) == 0) {
            return false;
        }
    }
    return true;
}

/* Where an IPv4 address stands in the IPv6 forms that reach it: mapped (::ffff:0:0/96), NAT64
 * (64:ff9b::/96), 6to4 (2002::/16). */
static bool inner4(const uint8_t a[16], uint32_t *out)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0) {
        *out = num_be32(a + 12);
        return true;
    }
    if (a[0] == 0x20 && a[1] == 0x02) {
        *out = num_be32(a + 2);
        return true;
    }
    return false;
}

static bool public6(const uint8_t a[16])
{
    uint32_t inner;
    if (inner4(a, &inner)) {
        return public4(inner);
    }
    bool global_unicast = (a[0] & 0xe0) == 0x20; /* 2000::/3 is all that is assigned */
    bool teredo_or_orchid = a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02; /* 2001::/23 */
    bool documentation = (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8) ||
                         (a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10);
    return global_unicast && !teredo_or_orchid && !documentation;
}

bool address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof(in));
        return public6(in.sin6_addr.s6_addr);
    }
    return false;
}

static str without_dot(str host)
{
    return str_ends(host, STR(".")) ? str_slice(host, 0, host.len - 1) : host;
}

bool address_is_own_name(str host)
{
    static const str endings[] = {STR_INIT("localhost"), STR_INIT("local"),    STR_INIT("internal"),
                                  STR_INIT("lan"),       STR_INIT("intranet"), STR_INIT("corp"),
                                  STR_INIT("home"),      STR_INIT("home.arpa")};
    host = without_dot(host);
    if (str_find_char(host, '.') == host.len) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(endings); i++) {
        size_t len = endings[i].len;
        if (host.len > len && host.at[host.len - len - 1] == '.' &&
            str_eq_nocase(str_slice(host, host.len - len, host.len), endings[i])) {
            return true;
        }
    }
    return false;
}

bool address_parse(str host, struct sockaddr_storage *out)
{
    char text[64];
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
        host = str_slice(host, 1, host.len - 1);
    }
    host = without_dot(host);
    if (host.len == 0 || host.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, host.at, host.len);
    text[host.len] = '\0';
    memset(out, 0, sizeof(*out));
    struct sockaddr_in in = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(out, &in, sizeof(in));
        return true;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
        memcpy(out, &in6, sizeof(in6));
        return true;
    }
    return false;
}
