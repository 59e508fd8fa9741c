/* sign.h: signatures as minisign makes them (Ed25519 over a BLAKE2b-512 of the bytes), its keys and
 * its files: a signature made here is verified by `minisign -V`, and the other way round.
 *
 *     untrusted comment: ANYTHING              a signature is four lines; base64 of
 *     "ED", id of the key (8), signature (64)  the hash of the bytes, signed
 *     trusted comment: TEXT
 *     signature (64)                           the first signature and TEXT, signed
 *
 * A public key is base64 of "Ed", id (8), key (32), "RW…"; alone, or below a line of comment. */
#ifndef LIMPID_STREAM_SIGN_H
#define LIMPID_STREAM_SIGN_H

#include "base/arena.h"
#include "base/buf.h"

enum {
    SIGN_ID_BYTES = 8,
    SIGN_KEY_BYTES = 32,
    SIGN_BYTES = 64,
    SIGN_HASH_BYTES = 64,
    SIGN_COMMENT_BYTES_MAX = 1000,
    SIGN_TEXT_BYTES_MAX = 4096, /* of a signature's or a key's file */
    SIGN_PUBLIC_TEXT_BYTES = 57,
};

struct sign_public {
    uint8_t id[SIGN_ID_BYTES];
    uint8_t key[SIGN_KEY_BYTES];
};

struct sign_secret {
    struct sign_public public_key;
    uint8_t seed[SIGN_KEY_BYTES];
};

/* A new pair of keys. */
bool sign_generate(struct sign_secret *out, struct error *e) MUST_USE;

/* "RW…" or the text of a file with it. ERROR_FORMAT for anything else. */
bool sign_public_parse(str text, struct sign_public *out, struct error *e) MUST_USE;

/* "RW…" and a NUL into `to`, which is returned. */
const char *sign_public_text(const struct sign_public *key, char to[SIGN_PUBLIC_TEXT_BYTES]);

/* The same key: its id and its bytes. */
bool sign_public_eq(const struct sign_public *a, const struct sign_public *b);

/* The two files of a pair, as minisign -G -W writes them. */
bool sign_public_write(const struct sign_public *key, struct buf *to, struct error *e) MUST_USE;
bool sign_secret_write(const struct sign_secret *key, struct buf *to, struct error *e) MUST_USE;

/* Whether the text of a secret key's file is one that a password locks. */
bool sign_secret_is_locked(str text);

/* A secret key's file; one that a password locks takes a second and a gigabyte of memory (scrypt,
 * as minisign made it). ERROR_FORMAT for another text, ERROR_USAGE for a wrong password. */
bool sign_secret_parse(str text, str password, struct sign_secret *out, struct error *e) MUST_USE;
void sign_secret_clear(struct sign_secret *key); /* for CLEANUP; twice is fine */

struct signature {
    uint8_t key_id[SIGN_ID_BYTES];
    uint8_t bytes[SIGN_BYTES], global[SIGN_BYTES];
    str comment; /* the trusted one; borrowed from the text */
};

/* Signs a hash: the four lines, added to `to`. The same key, hash and comment give the same. */
bool sign_make(const struct sign_secret *key, const uint8_t hash[SIGN_HASH_BYTES], str comment,
               struct buf *to, struct error *e) MUST_USE;

/* ERROR_FORMAT for anything but four such lines. */
bool sign_parse(str text, struct signature *out, struct error *e) MUST_USE;

/* Is it of this key, over this hash, with this comment? ERROR_DIGEST where not. */
bool sign_check(const struct signature *s, const struct sign_public *key,
                const uint8_t hash[SIGN_HASH_BYTES], struct error *e) MUST_USE;

/* The hash of the first `length` bytes of a file (UINT64_MAX: all), by pread. */
bool sign_hash_file(int fd, uint64_t length, uint8_t hash[SIGN_HASH_BYTES],
                    struct error *e) MUST_USE;
void sign_hash_bytes(str bytes, uint8_t hash[SIGN_HASH_BYTES]);

/* -- whom to trust ------------------------------------------------------------------------------
 */

struct sign_keys {
    struct sign_public *at;
    size_t count, room;
};

/* Adds the keys of a text: one a line, "RW…"; comments ("untrusted comment:", '#') and empty lines
 * are passed over. ERROR_FORMAT names the line. */
bool sign_keys_add(struct sign_keys *keys, str text, struct arena *arena, struct error *e) MUST_USE;

/* The text of a signature must be of one of the keys and over the hash; `*by` (may be NULL) tells
 * which. */
bool sign_keys_check(const struct sign_keys *keys, str text, const uint8_t hash[SIGN_HASH_BYTES],
                     struct sign_public *by, struct error *e) MUST_USE;

#endif
