#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "stream/blake2b.h"
#include "stream/sign_inner.h"

/* A secret key's file, below its comment: base64 of
 *
 *   2 "Ed"   2 "Sc" or nothing: how it is locked   2 "B2": how it is summed
 *   32 salt   8, 8 limits of operations and memory: of the lock
 *   8 id   32 seed   32 public key   32 BLAKE2b of "Ed", id, seed and public key
 *
 * The last line is locked: xor with what scrypt makes of the password. Without a lock, minisign
 * 0.11 leaves the sum empty and does not look at it. */
enum {
    SALT_AT = 6,
    SALT_BYTES = 32,
    OPERATIONS_AT = SALT_AT + SALT_BYTES,
    MEMORY_AT = OPERATIONS_AT + 8,
    LOCKED_AT = MEMORY_AT + 8,
    SUM_BYTES = 32,
    LOCKED_BYTES = SIGN_ID_BYTES + 2 * SIGN_KEY_BYTES + SUM_BYTES,
    SECRET_BYTES = LOCKED_AT + LOCKED_BYTES,
    PUBLIC_BYTES = 2 + SIGN_ID_BYTES + SIGN_KEY_BYTES,
};
#define LOCK_MEMORY_BYTES_MAX ((uint64_t)2 * 1024 * 1024 * 1024)

static const char comment_start[] = "untrusted comment:";

/* The line below the comment, or the only one. */
static str key_line(str text)
{
    str line = STR_NONE, rest = text;
    while (str_line(&rest, &line)) {
        line = str_trim(line);
        if (line.len > 0 && !str_starts(line, str_from(comment_start))) {
            return str_trim(rest).len == 0 ? line : STR_NONE;
        }
    }
    return STR_NONE;
}

/* -- public keys ------------------------------------------------------------------------------- */

static bool public_take(str line, struct sign_public *out, struct error *e)
{
    uint8_t packed[PUBLIC_BYTES];
    if (!sign_base64_take(line, packed, sizeof(packed), NULL) || packed[0] != 'E' ||
        packed[1] != 'd') {
        error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no public key", STR_ARG(line));
        return error_hint(e, "minisign's begin with RW and have 56 letters");
    }
    memcpy(out->id, packed + 2, SIGN_ID_BYTES);
    memcpy(out->key, packed + 2 + SIGN_ID_BYTES, SIGN_KEY_BYTES);
    return true;
}

bool sign_public_parse(str text, struct sign_public *out, struct error *e)
{
    return public_take(key_line(text), out, e);
}

const char *sign_public_text(const struct sign_public *key, char to[SIGN_PUBLIC_TEXT_BYTES])
{
    uint8_t packed[PUBLIC_BYTES] = {'E', 'd'};
    memcpy(packed + 2, key->id, SIGN_ID_BYTES);
    memcpy(packed + 2 + SIGN_ID_BYTES, key->key, SIGN_KEY_BYTES);
    EVP_EncodeBlock((unsigned char *)to, packed, sizeof(packed));
    return to;
}

bool sign_public_eq(const struct sign_public *a, const struct sign_public *b)
{
    return memcmp(a->id, b->id, SIGN_ID_BYTES) == 0 && memcmp(a->key, b->key, SIGN_KEY_BYTES) == 0;
}

bool sign_public_write(const struct sign_public *key, struct buf *to, struct error *e)
{
    char text[SIGN_PUBLIC_TEXT_BYTES];
    return buf_printf(to, e, "%s limpid public key\n%s\n", comment_start,
                      sign_public_text(key, text));
}

bool sign_keys_add(struct sign_keys *keys, str text, struct arena *arena, struct error *e)
{
    str rest = text, line = STR_NONE;
    for (size_t number = 1; str_line(&rest, &line); number++) {
        void *items = keys->at;
        struct sign_public key;
        line = str_trim(line);
        if (line.len == 0 || line.at[0] == '#' || str_starts(line, str_from(comment_start))) {
            continue;
        }
        if (!public_take(line, &key, e) ||
            !arena_grow(arena, &items, keys->count, &keys->room, sizeof(key), e)) {
            return error_wrap(e, "line %zu", number);
        }
        keys->at = items;
        keys->at[keys->count++] = key;
    }
    return true;
}

/* -- secret keys ------------------------------------------------------------------------------- */

void sign_secret_clear(struct sign_secret *key)
{
    OPENSSL_cleanse(key, sizeof(*key));
}

static bool public_make(struct sign_secret *key, struct error *e)
{
    size_t len = SIGN_KEY_BYTES;
    EVP_PKEY *pkey = sign_crypto_begin(e) ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                                                         key->seed, SIGN_KEY_BYTES)
                                          : NULL;
    bool done = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key->public_key.key, &len) == 1;
    EVP_PKEY_free(pkey);
    return done || sign_crypto_failed("read a key", e);
}

bool sign_generate(struct sign_secret *out, struct error *e)
{
    CLEANUP(sign_secret_clear) struct sign_secret key;
    if (!sign_crypto_begin(e)) {
        return false;
    }
    if (RAND_bytes(key.seed, sizeof(key.seed)) != 1 ||
        RAND_bytes(key.public_key.id, sizeof(key.public_key.id)) != 1) {
        return sign_crypto_failed("make a key", e);
    }
    if (!public_make(&key, e)) {
        return false;
    }
    *out = key;
    return true;
}

bool sign_secret_write(const struct sign_secret *key, struct buf *to, struct error *e)
{
    uint8_t packed[SECRET_BYTES] = {'E', 'd', 0, 0, 'B', '2'};
    uint8_t *at = packed + LOCKED_AT;
    memcpy(at, key->public_key.id, SIGN_ID_BYTES);
    memcpy(at + SIGN_ID_BYTES, key->seed, SIGN_KEY_BYTES);
    memcpy(at + SIGN_ID_BYTES + SIGN_KEY_BYTES, key->public_key.key, SIGN_KEY_BYTES);
    bool done = buf_printf(to, e, "%s limpid secret key\n", comment_start) &&
                sign_base64_add(to, packed, sizeof(packed), e);
    OPENSSL_cleanse(packed, sizeof(packed));
    return done;
}

static uint64_t number_at(const uint8_t *at)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++) {
        number |= (uint64_t)at[i] << (8 * i);
    }
    return number;
}

/* How libsodium's crypto_pwhash_scryptsalsa208sha256 turns its two limits into scrypt's numbers:
 * r is 8. */
static void scrypt_numbers(uint64_t operations, uint64_t memory, uint64_t *n, uint64_t *p)
{
    operations = operations < 32768 ? 32768 : operations;
    bool fast = operations < memory / 32;
    uint64_t most = fast ? operations / 32 : memory / 1024;
    unsigned log = 1;
    while (log < 62 && (uint64_t)1 << log <= most / 2) {
        log++;
    }
    *n = (uint64_t)1 << log;
    uint64_t rounds = operations / 4 / *n;
    *p = fast ? 1 : (rounds > 0x3fffffff ? 0x3fffffff : rounds) / 8;
}

/* The lock off, in place. */
static bool unlock(uint8_t packed[SECRET_BYTES], str password, struct error *e)
{
    uint8_t stream[LOCKED_BYTES];
    uint64_t n, p, memory = number_at(packed + MEMORY_AT);
    if (password.len == 0) {
        error_set(e, ERROR_USAGE, "the secret key is locked by a password, and there is none");
        return error_hint(e, "'minisign -C -W' takes the password off a copy of it");
    }
    if (memory > LOCK_MEMORY_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "its lock takes %llu bytes of memory, over the limit",
                         (unsigned long long)memory);
    }
    scrypt_numbers(number_at(packed + OPERATIONS_AT), memory, &n, &p);
    if (!sign_crypto_begin(e)) {
        return false;
    }
    if (EVP_PBE_scrypt(password.at, password.len, packed + SALT_AT, SALT_BYTES, n, 8, p,
                       LOCK_MEMORY_BYTES_MAX + 64 * 1024 * 1024, stream, sizeof(stream)) != 1) {
        return sign_crypto_failed("open the lock of the secret key", e);
    }
    for (size_t i = 0; i < LOCKED_BYTES; i++) {
        packed[LOCKED_AT + i] ^= stream[i];
    }
    OPENSSL_cleanse(stream, sizeof(stream));
    return true;
}

static bool sum_is_right(const uint8_t packed[SECRET_BYTES])
{
    struct blake2b b;
    uint8_t sum[SUM_BYTES];
    blake2b_init(&b, SUM_BYTES);
    blake2b_update(&b, packed, 2);
    blake2b_update(&b, packed + LOCKED_AT, LOCKED_BYTES - SUM_BYTES);
    blake2b_done(&b, sum);
    return memcmp(sum, packed + SECRET_BYTES - SUM_BYTES, SUM_BYTES) == 0;
}

static bool secret_take(uint8_t packed[SECRET_BYTES], str password, struct sign_secret *out,
                        struct error *e)
{
    CLEANUP(sign_secret_clear) struct sign_secret key;
    bool locked = packed[2] != 0 || packed[3] != 0;
    if (packed[0] != 'E' || packed[1] != 'd' || packed[4] != 'B' || packed[5] != '2' ||
        (locked && (packed[2] != 'S' || packed[3] != 'c'))) {
        return error_set(e, ERROR_FORMAT, "is a secret key of an unknown kind");
    }
    if (locked && !unlock(packed, password, e)) {
        return false;
    }
    if (locked && !sum_is_right(packed)) {
        return error_set(e, ERROR_USAGE, "the password is not that of the secret key");
    }
    const uint8_t *at = packed + LOCKED_AT;
    memcpy(key.public_key.id, at, SIGN_ID_BYTES);
    memcpy(key.seed, at + SIGN_ID_BYTES, SIGN_KEY_BYTES);
    if (!public_make(&key, e)) {
        return false;
    }
    if (memcmp(key.public_key.key, at + SIGN_ID_BYTES + SIGN_KEY_BYTES, SIGN_KEY_BYTES) != 0) {
        return error_set(e, ERROR_FORMAT, "its two halves do not belong together");
    }
    *out = key;
    return true;
}

bool sign_secret_is_locked(str text)
{
    uint8_t packed[SECRET_BYTES];
    bool locked = sign_base64_take(key_line(text), packed, sizeof(packed), NULL) &&
                  packed[2] == 'S' && packed[3] == 'c';
    OPENSSL_cleanse(packed, sizeof(packed));
    return locked;
}

bool sign_secret_parse(str text, str password, struct sign_secret *out, struct error *e)
{
    uint8_t packed[SECRET_BYTES];
    if (!sign_base64_take(key_line(text), packed, sizeof(packed), NULL)) {
        return error_set(e, ERROR_FORMAT, "is no secret key of minisign or limpid");
    }
    bool done = secret_take(packed, password, out, e);
    OPENSSL_cleanse(packed, sizeof(packed));
    return done;
}
