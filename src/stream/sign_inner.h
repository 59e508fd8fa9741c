/* sign_inner.h: what sign.c and sign_key.c share. */
#ifndef LIMPID_STREAM_SIGN_INNER_H
#define LIMPID_STREAM_SIGN_INNER_H

#include "stream/sign.h"

/* Exactly `len` bytes, in the one way that base64 writes them. */
bool sign_base64_take(str text, uint8_t *to, size_t len, struct error *e) MUST_USE;

/* The same with an LF behind. */
bool sign_base64_add(struct buf *to, const uint8_t *bytes, size_t len, struct error *e) MUST_USE;

/* libcrypto, without a file of configuration that decides what is loaded. */
bool sign_crypto_begin(struct error *e) MUST_USE;
bool sign_crypto_failed(const char *what, struct error *e);

#endif
