/* hash.h: SHA-256 and SHA-512 (OpenSSL libcrypto), alone and as a stage of a stream. */
#ifndef LIMPID_STREAM_HASH_H
#define LIMPID_STREAM_HASH_H

#include "base/digest.h"
#include "stream/reader.h"

struct hash_state;

struct hash {
    enum digest_algorithm algorithm;
    union {
        uint64_t align;
        uint8_t bytes[256]; /* SHA256_CTX or SHA512_CTX; checked by a static assertion */
    } state;
};

void hash_init(struct hash *h, enum digest_algorithm algorithm);
void hash_update(struct hash *h, const void *at, size_t len);
digest hash_done(struct hash *h); /* once */

/* The digest of `length` bytes of a file from `start` on (UINT64_MAX: to the end), by pread.
 * `*hashed` (may be NULL) tells how many bytes there were; fewer than `length` is ERROR_FORMAT,
 * except for UINT64_MAX. Safe from any thread. */
bool hash_file(int fd, uint64_t start, uint64_t length, enum digest_algorithm algorithm,
               digest *out, uint64_t *hashed, struct error *e) MUST_USE;

struct hash_thread; /* one helper thread and its ring of blocks; reused for stream after stream */

/* Starts the thread and waits until it is up; NULL and an error where the system refuses one:
 * then hash inline. 1 MiB is allocated here and nothing later, and later system calls are futex
 * alone (madvise, munmap, rt_sigprocmask and exit at the stop): start it before a sandbox closes.
 */
struct hash_thread *hash_thread_start(struct error *e);
void hash_thread_stop(struct hash_thread *t); /* joins; NULL is fine */

/* A stage that hashes all that passes through it; skipping reads. With a thread, that one hashes
 * copies of the windows while the consumer goes on: up to four streams at a time, all read by one
 * thread (a blob and what it unpacks to); a fifth is hashed inline. What `from` has in its window
 * at the start counts. A stage whose digest is not asked for must be closed. */
struct hash_reader {
    struct reader base;
    struct reader *from;        /* borrowed */
    struct hash_thread *thread; /* borrowed, or NULL: hashed inline */
    struct hash hash;
    size_t slot;              /* with a thread: where it keeps this stream's state */
    const uint8_t *hashed_to; /* inside the window: what is behind was hashed */
};

void hash_reader_init(struct hash_reader *h, struct reader *from, enum digest_algorithm algorithm,
                      struct hash_thread *thread);

/* The digest of the whole stream: what was not read yet is drained first. Once. */
bool hash_reader_digest(struct hash_reader *h, digest *out, struct error *e) MUST_USE;

#endif
