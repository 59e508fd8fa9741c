#include "stream/sign.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "stream/blake2b.h"

/* Made by minisign 0.11. */
static const char pair_public[] = "untrusted comment: minisign public key 3E09A6A305CBEAEF\n"
                                  "RWTv6ssFo6YJPk30XXaOjA6qf80HtFJRPG9zV7Qi0ViaBCkc9Z77uiI4\n";
static const char pair_secret[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA7+rLBaOmCT74sWA6"
    "mW1Jh5QWE7XixT0d3QGpwgBt72IYW9EALaLpi030XXaOjA6qf80HtFJRPG9zV7Qi0ViaBCkc9Z77uiI4AAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
/* The same pair, locked by "pw" with the lowest limits: minisign's own take a gigabyte. */
static const char locked_secret[] =
    "untrusted comment: a locked key\n"
    "RWRTY0IyY0ea1poJCyWCd+yPum+ZQZov+ySJgVEGV8lEzNEUjpcAgAAAAAAAAAAAAAEAAAAAvpRlHt1v"
    "vTFz7gw4TS+nIe1ubvkqNYv4zs+deeif6tnfnpllo5wzVvlgo1mqKhf51Y+4ssFCznbn1zzO5C+M0zyC"
    "DP3UN6lF+XaE4Lx4egmXtQJbL0xIH39jpYjjexkMecDy+059aO0=\n";
static const char signature[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUTv6ssFo6YJPnkR4d7KQlXNeNexDm3Gqz3xNdoRtcuHBa/UdnRXwKMVm5ud88fHeLWNFcgvWyodw7RX9EsX6BvXzNDI/"
    "mLztg4=\n"
    "trusted comment: timestamp:1795522185\tfile:f\thashed\n"
    "gFaaG+A6pkvPHXsPkpijxlGOizQCtOl3eap8oYbWd8O/DUmQihDjUDkEk99AR0hRUFTOTrCA5P33hrM/7dxjDw==\n";

static struct error e;

static void hashes(void)
{
    static const struct {
        size_t bytes, size;
        const char *want; /* by Python's hashlib */
    } cases[] = {
        {0, 32, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
        {0, 64,
         "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
         "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"},
        {3, 32, "3d8c3d594928271f44aad7a04b177154806867bcf918e1549c0bc16f9da2b09b"},
        {3, 64,
         "40a374727302d9a4769c17b5f409ff32f58aa24ff122d7603e4fda1509e919d4"
         "107a52c57570a6d94e50967aea573b11f86f473f537565c66f7039830a85d186"},
        {128, 32, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1"},
        {128, 64,
         "2319e3789c47e2daa5fe807f61bec2a1a6537fa03f19ff32e87eecbfd64b7e0e"
         "8ccff439ac333b040f19b0c4ddd11a61e24ac1fe0f10a039806c5dcc0da3d115"},
        {129, 32, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9"},
        {129, 64,
         "f59711d44a031d5f97a9413c065d1e614c417ede998590325f49bad2fd444d3e"
         "4418be19aec4e11449ac1a57207898bc57d76a1bcf3566292c20c683a5c4648f"},
        {1000, 32, "b372d0608f720c8c3dd41e9c8eecb10143b41abe520b616607e754bf79c08331"},
        {1000, 64,
         "c11e1c0340bd7e5a1b275f1230c962fad215ecb1391486e74e31b960a2f29963"
         "81a5fad092da06841d5f26e38f6ecfeaf441acbcd1c2de61aef121e7927175f5"},
    };
    CHECK_CASE("BLAKE2b of any length, in any pieces, is what others make")
    {
        uint8_t bytes[1000], hash[64];
        for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
            for (size_t piece = 1; piece <= 1000; piece = piece * 3 + 1) {
                struct blake2b b;
                char hex[2 * 64 + 1];
                for (size_t n = 0; n < sizeof(bytes); n++) {
                    bytes[n] = (uint8_t)(n % 251);
                }
                blake2b_init(&b, cases[i].size);
                for (size_t at = 0; at < cases[i].bytes; at += piece) {
                    size_t left = cases[i].bytes - at;
                    blake2b_update(&b, bytes + at, left < piece ? left : piece);
                }
                blake2b_done(&b, hash);
                for (size_t n = 0; n < cases[i].size; n++) {
                    snprintf(hex + 2 * n, 3, "%02x", hash[n]);
                }
                CHECK_STR(str_from(hex), str_from(cases[i].want));
            }
        }
    }
}

static void keys(void)
{
    struct sign_public public_key;
    struct sign_secret secret;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 100000);
    CHECK_CASE("minisign's keys are read, and given back as they were")
    {
        char line[SIGN_PUBLIC_TEXT_BYTES];
        CHECK_OK(sign_public_parse(str_from(pair_public), &public_key, &e), &e);
        CHECK(strstr(pair_public, sign_public_text(&public_key, line)) != NULL);
        CHECK_OK(sign_secret_parse(str_from(pair_secret), STR_NONE, &secret, &e), &e);
        CHECK(sign_public_eq(&secret.public_key, &public_key));
        CHECK_OK(sign_secret_write(&secret, &text, &e), &e);
        str kept = str_from(strchr(pair_secret, '\n')); /* all but the comment */
        CHECK(str_ends(buf_str(&text), kept));
    }
    CHECK_CASE("a key that a password locks opens with it alone")
    {
        CHECK(sign_secret_is_locked(str_from(locked_secret)));
        CHECK(!sign_secret_is_locked(str_from(pair_secret)));
        CHECK_FAILS(sign_secret_parse(str_from(locked_secret), STR_NONE, &secret, &e), &e,
                    ERROR_USAGE, "locked by a password");
        CHECK_OK(sign_public_parse(str_from(pair_public), &public_key, &e), &e);
        if (CHECK_OK(sign_secret_parse(str_from(locked_secret), STR("pw"), &secret, &e), &e)) {
            CHECK(sign_public_eq(&secret.public_key, &public_key));
        }
        CHECK_FAILS(sign_secret_parse(str_from(locked_secret), STR("pv"), &secret, &e), &e,
                    ERROR_USAGE, "password is not");
    }
    CHECK_CASE("a changed or cut key is refused, or another key; nothing crashes")
    {
        char bad[sizeof(pair_secret)];
        size_t accepted = 0;
        for (size_t i = 0; i + 1 < sizeof(pair_secret); i++) {
            accepted +=
                sign_secret_parse((str){.at = pair_secret, .len = i}, STR_NONE, &secret, &e);
            memcpy(bad, pair_secret, sizeof(bad));
            bad[i] = (char)(bad[i] ^ 1);
            (void)!sign_secret_parse((str){.at = bad, .len = sizeof(bad) - 1}, STR_NONE, &secret,
                                     &e);
        }
        CHECK_NUM(accepted, 1); /* without its last LF */
        CHECK_FAILS(sign_public_parse(STR("RWxx"), &public_key, &e), &e, ERROR_FORMAT, "public");
        CHECK_FAILS(sign_public_parse(STR(""), &public_key, &e), &e, ERROR_FORMAT, "public key");
    }
    CHECK_CASE("a list of keys has comments and empty lines, and names the line that is no key")
    {
        struct sign_keys list = {0};
        CLEANUP(arena_done) struct arena arena;
        arena_init(&arena, 1 << 16, "keys");
        text.len = 0;
        CHECK_OK(buf_printf(&text, &e, "# ours\n\n%s", pair_public), &e);
        CHECK_OK(sign_keys_add(&list, buf_str(&text), &arena, &e), &e);
        CHECK_NUM(list.count, 1);
        CHECK_FAILS(sign_keys_add(&list, STR("# x\nRWno\n"), &arena, &e), &e, ERROR_FORMAT,
                    "line 2");
    }
}

static void signatures(void)
{
    struct signature s;
    struct sign_secret secret, other;
    uint8_t hash[SIGN_HASH_BYTES];
    CLEANUP(buf_done) struct buf text;
    CLEANUP(arena_done) struct arena arena;
    struct sign_keys list = {0};
    buf_init(&text, 100000);
    arena_init(&arena, 1 << 16, "keys");
    CHECK_CASE("a signature of minisign is verified, and of nothing else")
    {
        sign_hash_bytes(STR("hi\n"), hash);
        CHECK_OK(sign_keys_add(&list, str_from(pair_public), &arena, &e), &e);
        CHECK_OK(sign_keys_check(&list, str_from(signature), hash, NULL, &e), &e);
        hash[5] ^= 1;
        CHECK_FAILS(sign_keys_check(&list, str_from(signature), hash, NULL, &e), &e, ERROR_DIGEST,
                    "not of these bytes");
        hash[5] ^= 1;
        char bad[sizeof(signature)];
        size_t accepted = 0, first = strlen("untrusted comment: ");
        for (size_t i = 0; i + 1 < sizeof(signature); i++) {
            memcpy(bad, signature, sizeof(bad));
            bad[i] = (char)(bad[i] ^ 1);
            bool good = sign_keys_check(&list, str_from(bad), hash, NULL, &e);
            bool ours = i >= first && i < 53; /* anybody may change the untrusted comment */
            accepted += good && !ours;
            (void)!sign_parse((str){.at = signature, .len = i}, &s, &e);
        }
        CHECK_NUM(accepted, 0);
    }
    CHECK_CASE("what is signed here is the same each time, and verified")
    {
        CHECK_OK(sign_secret_parse(str_from(pair_secret), STR_NONE, &secret, &e), &e);
        CHECK_OK(sign_make(&secret, hash, STR("a comment"), &text, &e), &e);
        size_t once = text.len;
        CHECK_OK(sign_keys_check(&list, buf_str(&text), hash, NULL, &e), &e);
        CHECK_OK(sign_make(&secret, hash, STR("a comment"), &text, &e), &e);
        CHECK_STR(str_slice(buf_str(&text), once, text.len), str_slice(buf_str(&text), 0, once));
        CHECK_FAILS(sign_parse(buf_str(&text), &s, &e), &e, ERROR_FORMAT, "behind the signature");
    }
    CHECK_CASE("another key of the same id is not trusted, nor one of another id")
    {
        CHECK_OK(sign_generate(&other, &e), &e);
        text.len = 0;
        CHECK_OK(sign_make(&other, hash, STR("x"), &text, &e), &e);
        CHECK_FAILS(sign_keys_check(&list, buf_str(&text), hash, NULL, &e), &e, ERROR_DIGEST,
                    "not trusted here");
        memcpy(other.public_key.id, secret.public_key.id, SIGN_ID_BYTES);
        text.len = 0;
        CHECK_OK(sign_make(&other, hash, STR("x"), &text, &e), &e);
        CHECK_FAILS(sign_keys_check(&list, buf_str(&text), hash, NULL, &e), &e, ERROR_DIGEST,
                    "not of these bytes");
    }
}

int main(void)
{
    hashes();
    keys();
    signatures();
    return check_done();
}
