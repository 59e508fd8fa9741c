/* hash.c: the low-level SHA functions of libcrypto. They are deprecated in favour of EVP, which
 * costs a provider to be loaded and an algorithm to be fetched before the first byte; these cost
 * nothing and run the same SHA-NI code. */
#define OPENSSL_API_COMPAT 0x10100000L
#include "stream/hash.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/checked.h"
#include "stream/hash_thread.h"
#include "stream/window.h"

static_assert(sizeof(SHA256_CTX) <= sizeof(((struct hash *)0)->state), "SHA256_CTX fits");
static_assert(sizeof(SHA512_CTX) <= sizeof(((struct hash *)0)->state), "SHA512_CTX fits");
static_assert(_Alignof(SHA512_CTX) <= _Alignof(struct hash), "and is aligned");

enum { HASH_FILE_BUFFER_BYTES = 256 * 1024 };

static SHA256_CTX *sha256_of(struct hash *h)
{
    return (SHA256_CTX *)(void *)&h->state;
}

static SHA512_CTX *sha512_of(struct hash *h)
{
    return (SHA512_CTX *)(void *)&h->state;
}

void hash_init(struct hash *h, enum digest_algorithm algorithm)
{
    h->algorithm = algorithm;
    switch (algorithm) {
    case DIGEST_NONE:
        break;
    case DIGEST_SHA256:
        SHA256_Init(sha256_of(h));
        break;
    case DIGEST_SHA512:
        SHA512_Init(sha512_of(h));
        break;
    }
}

void hash_update(struct hash *h, const void *at, size_t len)
{
    switch (h->algorithm) {
    case DIGEST_NONE:
        break;
    case DIGEST_SHA256:
        SHA256_Update(sha256_of(h), at, len);
        break;
    case DIGEST_SHA512:
        SHA512_Update(sha512_of(h), at, len);
        break;
    }
}

digest hash_done(struct hash *h)
{
    digest d = {.algorithm = h->algorithm};
    switch (h->algorithm) {
    case DIGEST_NONE:
        break;
    case DIGEST_SHA256:
        SHA256_Final(d.bytes, sha256_of(h));
        break;
    case DIGEST_SHA512:
        SHA512_Final(d.bytes, sha512_of(h));
        break;
    }
    return d;
}

/* Hashes up to `length` bytes from `start` on through `buffer`; `*done` tells how many. */
static bool hash_range(struct hash *h, int fd, uint64_t start, uint64_t length, uint8_t *buffer,
                       size_t buffer_bytes, uint64_t *done, struct error *e)
{
    *done = 0;
    while (*done < length) {
        uint64_t offset, left = length - *done;
        if (!checked_add(start, *done, &offset) || offset > INT64_MAX) {
            break; /* no file is that long */
        }
        size_t len = left < buffer_bytes ? (size_t)left : buffer_bytes;
        ssize_t n = pread(fd, buffer, len, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return error_sys(e, errno, "cannot read at byte %" PRIu64, offset);
        }
        if (n == 0) {
            break;
        }
        hash_update(h, buffer, (size_t)n);
        *done += (uint64_t)n;
    }
    return true;
}

bool hash_file(int fd, uint64_t start, uint64_t length, enum digest_algorithm algorithm,
               digest *out, uint64_t *hashed, struct error *e)
{
    size_t buffer_bytes = HASH_FILE_BUFFER_BYTES;
    if (length < buffer_bytes) {
        buffer_bytes = length == 0 ? 1 : (size_t)length;
    }
    uint8_t *buffer = malloc(buffer_bytes);
    if (buffer == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for %zu bytes", buffer_bytes);
    }
    struct hash h;
    hash_init(&h, algorithm);
    uint64_t done;
    bool read = hash_range(&h, fd, start, length, buffer, buffer_bytes, &done, e);
    free(buffer);
    if (!read) {
        return false;
    }
    if (length != UINT64_MAX && done < length) {
        return error_set(e, ERROR_FORMAT, "ends after %" PRIu64 " of %" PRIu64 " bytes", done,
                         length);
    }
    *out = hash_done(&h);
    if (hashed != NULL) {
        *hashed = done;
    }
    return true;
}

/* ---- a stage that hashes ---- */

/* What has been passed by now is hashed, just before the window lets go of it: in cache still. */
static void hash_passed(struct hash_reader *h, const uint8_t *to)
{
    if (h->thread == NULL && to > h->hashed_to) {
        hash_update(&h->hash, h->hashed_to, (size_t)(to - h->hashed_to));
    }
    h->hashed_to = to;
}

static enum step hash_fill(struct reader *self, size_t want, struct error *e)
{
    struct hash_reader *h = CONTAINER_OF(self, struct hash_reader, base);
    size_t unread = reader_ready(self);
    hash_passed(h, self->at);
    enum step step = window_pull(self, h->from, want, e);
    if (step == STEP_GOT) {
        window_show(self, h->from, reader_ready(h->from));
        if (h->thread != NULL) {
            /* handed over at once: the thread works while the consumer looks at them */
            hash_thread_add(h->thread, h->slot, self->at + unread, reader_ready(self) - unread);
        }
    }
    h->hashed_to = self->at;
    return step;
}

static void hash_close(struct reader *self)
{
    struct hash_reader *h = CONTAINER_OF(self, struct hash_reader, base);
    if (h->thread != NULL) {
        hash_thread_drop(h->thread, h->slot);
        h->thread = NULL;
    }
}

static const struct reader_ops hash_ops = {
    .name = "digest",
    .fill = hash_fill,
    .close = hash_close,
};

void hash_reader_init(struct hash_reader *h, struct reader *from, enum digest_algorithm algorithm,
                      struct hash_thread *thread)
{
    *h = (struct hash_reader){
        .base = {.ops = &hash_ops, .at = from->at, .end = from->at},
        .from = from,
        .thread = thread,
        .hashed_to = from->at,
    };
    if (thread != NULL && !hash_thread_take(thread, algorithm, &h->slot)) {
        h->thread = NULL;
    }
    if (h->thread == NULL) {
        hash_init(&h->hash, algorithm);
    }
    window_show(&h->base, from, reader_ready(from));
    if (h->thread != NULL) {
        hash_thread_add(h->thread, h->slot, h->base.at, reader_ready(&h->base));
    }
}

bool hash_reader_digest(struct hash_reader *h, digest *out, struct error *e)
{
    if (!reader_drain(&h->base, NULL, e)) {
        return false;
    }
    if (h->thread != NULL) {
        *out = hash_thread_done(h->thread, h->slot);
        h->thread = NULL;
    } else {
        hash_passed(h, h->base.at);
        *out = hash_done(&h->hash);
    }
    return true;
}
