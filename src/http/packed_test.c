#include "http/packed.h"

#include <string.h>
#include <zlib.h>

#include "check.h"

static const struct {
    const char *header;
    bool accepts;
} headers[] = {
    {"gzip", true},
    {"GZIP", true},
    {"deflate, gzip;q=1.0, *;q=0.5", true},
    {"br, gzip", true},
    {"*", true},
    {"x-gzip", true},
    {"gzip;q=0.5", true},
    {"gzip; q=0.001", true},
    {"", false},
    {"identity", false},
    {"gzip;q=0", false},
    {"gzip;q=0.000", false},
    {"gzip;q=0, *", false},
    {"*;q=0", false},
    {"gzipped", false},
    {",,;,", false},
};

static bool unpacks_to(str gzip, str text)
{
    static char to[300000];
    z_stream z;
    memset(&z, 0, sizeof(z));
    z.next_in = (Bytef *)(uintptr_t)gzip.at;
    z.avail_in = (uInt)gzip.len;
    z.next_out = (Bytef *)to;
    z.avail_out = sizeof(to);
    bool whole = inflateInit2(&z, 15 + 16) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END;
    size_t len = z.total_out;
    inflateEnd(&z);
    return whole && len == text.len && memcmp(to, text.at, len) == 0;
}

int main(void)
{
    struct error e;
    static char text[200000], noise[5000];
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = "{\"Name\":\"CVE-2024-1234\"},"[i % 25];
    }
    unsigned seed = 1;
    for (size_t i = 0; i < sizeof(noise); i++) {
        seed = seed * 1103515245 + 12345;
        noise[i] = (char)(seed >> 16);
    }
    for (size_t i = 0; i < ARRAY_COUNT(headers); i++) {
        CHECK_CASE("Accept-Encoding '%s'", headers[i].header)
        {
            CHECK(http_accepts_gzip(str_from(headers[i].header)) == headers[i].accepts);
        }
    }
    CHECK_CASE("a text is packed once, and unpacks to itself")
    {
        struct http_packed p = {NULL};
        str body = {.at = text, .len = sizeof(text)};
        str first = http_packed_of(&p, body), second = http_packed_of(&p, body);
        CHECK(first.len > 0 && first.len < sizeof(text) / 10);
        CHECK(first.at == second.at);
        CHECK(unpacks_to(first, body));
        http_packed_done(&p);
        http_packed_done(&p);
    }
    CHECK_CASE("what does not shrink is sent as it is")
    {
        struct http_packed p = {NULL};
        CHECK_NUM(http_packed_of(&p, (str){.at = noise, .len = sizeof(noise)}).len, 0);
        http_packed_done(&p);
    }
    CHECK_CASE("packing past the buffer's limit is an error")
    {
        struct buf to;
        buf_init(&to, 100);
        CHECK_FAILS(http_pack((str){.at = noise, .len = sizeof(noise)}, &to, &e), &e, ERROR_LIMIT,
                    "limit of 100 bytes");
        buf_done(&to);
    }
    CHECK_CASE("a refused allocation leaves the text unpacked")
    {
        for (int n = 0;; n++) {
            struct http_packed p = {NULL};
            fail_alloc_at(n);
            str packed = http_packed_of(&p, (str){.at = text, .len = sizeof(text)});
            fail_alloc_at(-1);
            http_packed_done(&p);
            if (!fail_alloc_hit()) {
                CHECK(packed.len > 0);
                break;
            }
            CHECK_NUM(packed.len, 0);
        }
    }
    return check_done();
}
