#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/fd.h"
#include "stream/blake2b.h"
#include "stream/sign_inner.h"

static const char untrusted[] = "untrusted comment: ";
static const char trusted[] = "trusted comment: ";

enum { HASH_BUFFER_BYTES = 64 * 1024, BASE64_BYTES_MAX = 256 };
enum { SIGNATURE_BYTES = 2 + SIGN_ID_BYTES + SIGN_BYTES };

/* -- texts ------------------------------------------------------------------------------------- */

bool sign_base64_take(str text, uint8_t *to, size_t len, struct error *e)
{
    unsigned char bytes[BASE64_BYTES_MAX], again[BASE64_BYTES_MAX * 4 / 3 + 4];
    size_t text_len = (len + 2) / 3 * 4;
    int got = text.len != text_len ? -1
                                   : EVP_DecodeBlock(bytes, (const unsigned char *)text.at,
                                                     (int)text_len); /* ≤ a few hundred */
    if (got < 0 || (size_t)got < len || EVP_EncodeBlock(again, bytes, (int)len) < 0 ||
        memcmp(again, text.at, text_len) != 0) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no base64 of %zu bytes", STR_ARG(text),
                         len);
    }
    memcpy(to, bytes, len);
    return true;
}

bool sign_base64_add(struct buf *to, const uint8_t *bytes, size_t len, struct error *e)
{
    unsigned char text[BASE64_BYTES_MAX * 4 / 3 + 4];
    int got = EVP_EncodeBlock(text, bytes, (int)len); /* ≤ BASE64_BYTES_MAX */
    bool done = buf_add(to, text, (size_t)got, e) && buf_add_char(to, '\n', e);
    OPENSSL_cleanse(text, sizeof(text));
    return done;
}

/* The next line must begin with `word`; what follows is `*rest_of_line`. */
static bool comment_take(str *rest, const char *word, str *rest_of_line, struct error *e)
{
    str line = STR_NONE;
    if (!str_line(rest, &line) || !str_starts(line, str_from(word))) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' where '%s' was expected", STR_ARG(line),
                         word);
    }
    *rest_of_line = str_slice(line, strlen(word), line.len);
    return rest_of_line->len <= SIGN_COMMENT_BYTES_MAX ||
           error_set(e, ERROR_LIMIT, "a comment of %zu bytes, over the limit of %d",
                     rest_of_line->len, SIGN_COMMENT_BYTES_MAX);
}

/* -- libcrypto --------------------------------------------------------------------------------- */

bool sign_crypto_failed(const char *what, struct error *e)
{
    return error_set(e, ERROR_MEMORY, "libcrypto cannot %s", what);
}

bool sign_crypto_begin(struct error *e)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ||
           sign_crypto_failed("start", e);
}

static bool ed25519_sign(const struct sign_secret *key, str bytes, uint8_t to[SIGN_BYTES],
                         struct error *e)
{
    size_t len = SIGN_BYTES;
    EVP_PKEY *pkey = sign_crypto_begin(e) ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                                                         key->seed, SIGN_KEY_BYTES)
                                          : NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = pkey != NULL && context != NULL &&
                EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestSign(context, to, &len, (const unsigned char *)bytes.at, bytes.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return done || sign_crypto_failed("sign", e);
}

static bool ed25519_check(const struct sign_public *key, str bytes,
                          const uint8_t signature[SIGN_BYTES], bool *good, struct error *e)
{
    EVP_PKEY *pkey = sign_crypto_begin(e) ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                                        key->key, SIGN_KEY_BYTES)
                                          : NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = pkey != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1;
    *good = done && EVP_DigestVerify(context, signature, SIGN_BYTES,
                                     (const unsigned char *)bytes.at, bytes.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return done || sign_crypto_failed("verify", e);
}

/* -- hashing ----------------------------------------------------------------------------------- */

void sign_hash_bytes(str bytes, uint8_t hash[SIGN_HASH_BYTES])
{
    struct blake2b b;
    blake2b_init(&b, SIGN_HASH_BYTES);
    blake2b_update(&b, bytes.at, bytes.len);
    blake2b_done(&b, hash);
}

bool sign_hash_file(int fd, uint64_t length, uint8_t hash[SIGN_HASH_BYTES], struct error *e)
{
    uint8_t bytes[HASH_BUFFER_BYTES];
    struct blake2b b;
    blake2b_init(&b, SIGN_HASH_BYTES);
    for (uint64_t at = 0; at < length;) {
        uint64_t left = length - at;
        size_t want = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
        size_t got = 0;
        if (!fd_pread_full(fd, bytes, want, at, &got, e)) {
            return false;
        }
        blake2b_update(&b, bytes, got);
        at += got;
        if (got < want && length != UINT64_MAX) {
            return error_set(e, ERROR_FORMAT, "ends after %llu of %llu bytes",
                             (unsigned long long)at, (unsigned long long)length);
        }
        if (got < want) {
            break;
        }
    }
    blake2b_done(&b, hash);
    return true;
}

/* -- signatures -------------------------------------------------------------------------------- */

/* What the second signature is over. */
static bool global_bytes(const uint8_t signature[SIGN_BYTES], str comment, struct buf *to,
                         struct error *e)
{
    buf_init(to, SIGN_BYTES + SIGN_COMMENT_BYTES_MAX);
    return buf_add(to, signature, SIGN_BYTES, e) && buf_add_str(to, comment, e);
}

bool sign_make(const struct sign_secret *key, const uint8_t hash[SIGN_HASH_BYTES], str comment,
               struct buf *to, struct error *e)
{
    uint8_t packed[SIGNATURE_BYTES] = {'E', 'D'}, global[SIGN_BYTES];
    uint8_t *signature = packed + 2 + SIGN_ID_BYTES;
    CLEANUP(buf_done) struct buf both = {0};
    memcpy(packed + 2, key->public_key.id, SIGN_ID_BYTES);
    str hashed = {.at = (const char *)hash, .len = SIGN_HASH_BYTES};
    return ed25519_sign(key, hashed, signature, e) && global_bytes(signature, comment, &both, e) &&
           ed25519_sign(key, buf_str(&both), global, e) &&
           buf_printf(to, e, "%ssignature from limpid\n", untrusted) &&
           sign_base64_add(to, packed, sizeof(packed), e) &&
           buf_printf(to, e, "%s%.*s\n", trusted, (int)comment.len, comment.at) &&
           sign_base64_add(to, global, sizeof(global), e);
}

bool sign_parse(str text, struct signature *out, struct error *e)
{
    struct signature s = {0};
    uint8_t packed[SIGNATURE_BYTES];
    str rest = text, ignored, line = STR_NONE, last = STR_NONE;
    if (!comment_take(&rest, untrusted, &ignored, e)) {
        return false;
    }
    if (!str_line(&rest, &line) || !sign_base64_take(line, packed, sizeof(packed), e)) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no signature", STR_ARG(line));
    }
    if (packed[0] != 'E' || packed[1] != 'D') {
        error_set(e, ERROR_FORMAT, "a signature of the kind '%c%c', 'ED' was expected",
                  packed[0] >= ' ' && packed[0] < 127 ? packed[0] : '?',
                  packed[1] >= ' ' && packed[1] < 127 ? packed[1] : '?');
        return error_hint(e, "minisign makes that kind without -l");
    }
    memcpy(s.key_id, packed + 2, SIGN_ID_BYTES);
    memcpy(s.bytes, packed + 2 + SIGN_ID_BYTES, SIGN_BYTES);
    if (!comment_take(&rest, trusted, &s.comment, e)) {
        return false;
    }
    if (!str_line(&rest, &last) || !sign_base64_take(last, s.global, SIGN_BYTES, e)) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no signature", STR_ARG(last));
    }
    if (str_trim(rest).len > 0) {
        return error_set(e, ERROR_FORMAT, "%zu bytes behind the signature", rest.len);
    }
    *out = s;
    return true;
}

bool sign_check(const struct signature *s, const struct sign_public *key,
                const uint8_t hash[SIGN_HASH_BYTES], struct error *e)
{
    CLEANUP(buf_done) struct buf both = {0};
    str hashed = {.at = (const char *)hash, .len = SIGN_HASH_BYTES};
    bool good = memcmp(s->key_id, key->id, SIGN_ID_BYTES) == 0;
    if (!good) {
        return error_set(e, ERROR_DIGEST, "is signed with another key");
    }
    if (!ed25519_check(key, hashed, s->bytes, &good, e)) {
        return false;
    }
    if (!good) {
        return error_set(e, ERROR_DIGEST, "its signature is not of these bytes");
    }
    if (!global_bytes(s->bytes, s->comment, &both, e) ||
        !ed25519_check(key, buf_str(&both), s->global, &good, e)) {
        return false;
    }
    return good || error_set(e, ERROR_DIGEST, "the comment of its signature was changed");
}

bool sign_keys_check(const struct sign_keys *keys, str text, const uint8_t hash[SIGN_HASH_BYTES],
                     struct sign_public *by, struct error *e)
{
    struct signature s;
    struct error failed = {0};
    if (!sign_parse(text, &s, e)) {
        return false;
    }
    for (size_t i = 0; i < keys->count; i++) {
        struct error why = {0};
        if (sign_check(&s, &keys->at[i], hash, &why)) {
            if (by != NULL) {
                *by = keys->at[i];
            }
            return true;
        }
        /* an id may come twice: what a key of that id says counts more than another key */
        if (failed.kind == ERROR_NONE || memcmp(s.key_id, keys->at[i].id, SIGN_ID_BYTES) == 0) {
            failed = why;
        }
    }
    bool known = false;
    for (size_t i = 0; i < keys->count; i++) {
        known = known || memcmp(s.key_id, keys->at[i].id, SIGN_ID_BYTES) == 0;
    }
    if (known) {
        return error_set(e, failed.kind, "%s", failed.text);
    }
    char id[2 * SIGN_ID_BYTES + 1];
    for (size_t i = 0; i < SIGN_ID_BYTES; i++) { /* as minisign writes it */
        static const char hex[] = "0123456789ABCDEF";
        uint8_t byte = s.key_id[SIGN_ID_BYTES - 1 - i];
        id[2 * i] = hex[byte >> 4];
        id[2 * i + 1] = hex[byte & 15];
    }
    id[2 * SIGN_ID_BYTES] = '\0';
    return error_set(e, ERROR_DIGEST, "is signed with the key %s, which is not trusted here", id);
}
