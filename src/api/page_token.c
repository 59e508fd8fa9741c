/* The Fernet specification: version 0x80 ‖ time (64 bit, big-endian) ‖ IV ‖ ciphertext ‖ HMAC. */
#include "api/page_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

enum {
    VERSION = 0x80,
    TIME_AT = 1,
    IV_AT = 9,
    IV_BYTES = 16,
    TEXT_AT = IV_AT + IV_BYTES,
    MAC_BYTES = 32,
    HALF_KEY = PAGE_KEY_BYTES / 2,
    TOKEN_BYTES_MAX = TEXT_AT + PAGE_TEXT_BYTES_MAX + 16 + MAC_BYTES,
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c)
{
    if (c == '+' || c == '/') {
        return c == '+' ? 62 : 63;
    }
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

/* Base64 with or without its padding. False for other bytes, or more than `room`. */
static bool base64_read(str text, uint8_t *to, size_t room, size_t *len)
{
    uint32_t bits = 0;
    unsigned count = 0;
    *len = 0;
    while (text.len > 0 && text.at[text.len - 1] == '=') {
        text.len--;
    }
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.at[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            if (*len == room) {
                return false;
            }
            to[(*len)++] = (uint8_t)(bits >> count & 0xff);
        }
    }
    return count < 6;
}

static bool base64_write(const uint8_t *at, size_t len, struct arena *arena, str *out,
                         struct error *e)
{
    char *to = ARENA_ARRAY(arena, (len + 2) / 3 * 4, char, e);
    size_t n = 0;
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)at[i] << 16;
        bits |= i + 1 < len ? (uint32_t)at[i + 1] << 8 : 0;
        bits |= i + 2 < len ? at[i + 2] : 0;
        to[n++] = alphabet[bits >> 18 & 63];
        to[n++] = alphabet[bits >> 12 & 63];
        to[n++] = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
        to[n++] = i + 2 < len ? alphabet[bits & 63] : '=';
    }
    *out = (str){.at = to, .len = n};
    return true;
}

static bool draw(uint8_t *to, size_t len, struct error *e)
{
    return getrandom(to, len, 0) == (ssize_t)len ||
           error_set(e, ERROR_IO, "the system gives no random bytes");
}

bool page_key_init(struct page_key *key, str text, struct error *e)
{
    size_t len;
    if (text.len == 0) {
        return draw(key->bytes, sizeof(key->bytes), e);
    }
    if (!base64_read(str_trim(text), key->bytes, sizeof(key->bytes), &len) ||
        len != sizeof(key->bytes)) {
        return error_set(e, ERROR_USAGE, "paginationkey is not 32 bytes in base64");
    }
    return true;
}

static bool sign(const struct page_key *key, const uint8_t *at, size_t len, uint8_t mac[MAC_BYTES])
{
    unsigned got = 0;
    return HMAC(EVP_sha256(), key->bytes, HALF_KEY, at, len, mac, &got) != NULL && got == MAC_BYTES;
}

/* AES-128-CBC with PKCS #7 padding, either way. */
static bool crypt(const struct page_key *key, const uint8_t *iv, bool encrypt, const uint8_t *from,
                  int from_len, uint8_t *to, size_t *to_len)
{
    int len = 0, rest = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c != NULL &&
              EVP_CipherInit_ex(c, EVP_aes_128_cbc(), NULL, key->bytes + HALF_KEY, iv, encrypt) &&
              EVP_CipherUpdate(c, to, &len, from, from_len) &&
              EVP_CipherFinal_ex(c, to + len, &rest);
    EVP_CIPHER_CTX_free(c);
    *to_len = (size_t)(len + rest); /* both are small and not negative */
    return ok;
}

bool page_token_make(const struct page_key *key, str text, int64_t now_s, struct arena *arena,
                     str *out, struct error *e)
{
    uint8_t token[TOKEN_BYTES_MAX] = {VERSION};
    size_t len = 0;
    if (text.len > PAGE_TEXT_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a page token of %zu bytes", text.len);
    }
    for (unsigned i = 0; i < 8; i++) {
        token[TIME_AT + i] = (uint8_t)((uint64_t)now_s >> (56 - 8 * i) & 0xff);
    }
    if (!draw(token + IV_AT, IV_BYTES, e)) {
        return false;
    }
    if (!crypt(key, token + IV_AT, true, (const uint8_t *)text.at, (int)text.len, token + TEXT_AT,
               &len) ||
        !sign(key, token, TEXT_AT + len, token + TEXT_AT + len)) {
        return error_set(e, ERROR_MEMORY, "a page token could not be made");
    }
    return base64_write(token, TEXT_AT + len + MAC_BYTES, arena, out, e);
}

bool page_token_read(const struct page_key *key, str token, int64_t now_s, struct arena *arena,
                     str *out)
{
    uint8_t bytes[TOKEN_BYTES_MAX], text[TOKEN_BYTES_MAX], mac[MAC_BYTES];
    size_t len, text_len;
    struct error unread;
    uint64_t made = 0;
    if (!base64_read(token, bytes, sizeof(bytes), &len) || len < TEXT_AT + 16 + MAC_BYTES ||
        bytes[0] != VERSION) {
        return false;
    }
    len -= MAC_BYTES;
    if (!sign(key, bytes, len, mac) || CRYPTO_memcmp(mac, bytes + len, MAC_BYTES) != 0) {
        return false;
    }
    for (unsigned i = 0; i < 8; i++) {
        made = made << 8 | bytes[TIME_AT + i];
    }
    if (made > INT64_MAX || (int64_t)made > now_s + PAGE_CLOCK_SKEW_S ||
        (int64_t)made < now_s - PAGE_TOKEN_S) {
        return false;
    }
    return crypt(key, bytes + IV_AT, false, bytes + TEXT_AT, (int)(len - TEXT_AT), text,
                 &text_len) &&
           arena_str(arena, (str){.at = (const char *)text, .len = text_len}, out, &unread);
}
