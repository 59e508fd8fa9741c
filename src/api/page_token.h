/* page_token.h: where a client goes on in a long list, as Clair's tokens: Fernet (AES-128-CBC and
 * HMAC-SHA256, URL-safe base64), valid for an hour, under a key that is configured or drawn. */
#ifndef LIMPID_API_PAGE_TOKEN_H
#define LIMPID_API_PAGE_TOKEN_H

#include <stdint.h>

#include "base/arena.h"

enum {
    PAGE_KEY_BYTES = 32,
    PAGE_TOKEN_S = 3600,
    PAGE_CLOCK_SKEW_S = 60,
    PAGE_TEXT_BYTES_MAX = 200
};

struct page_key {
    uint8_t bytes[PAGE_KEY_BYTES]; /* signing key, then encryption key */
};

/* `text`: 32 bytes in base64, URL-safe or not; empty: a random key. ERROR_USAGE otherwise. */
bool page_key_init(struct page_key *key, str text, struct error *e) MUST_USE;

/* The token of a text (at most PAGE_TEXT_BYTES_MAX), made at `now_s`. */
bool page_token_make(const struct page_key *key, str text, int64_t now_s, struct arena *arena,
                     str *out, struct error *e) MUST_USE;

/* The text of a token; false where it was not made with this key, or is too old at `now_s`. */
bool page_token_read(const struct page_key *key, str token, int64_t now_s, struct arena *arena,
                     str *out) MUST_USE;

#endif
