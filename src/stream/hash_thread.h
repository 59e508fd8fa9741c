/* hash_thread.h: the inside of hash_thread, for hash.c alone.
 *
 *   producer (the reader's thread)                       helper thread
 *   hash_thread_add copies into the open block           waits for full blocks,
 *   and hands it over when it is full  ── ring ──▶       hashes each into its slot's state,
 *   waits only where all blocks are full   ◀── ring ──   gives the block back
 *
 * 1. A block belongs to the producer from `taken` on and to the helper before it; the two counters
 *    move under the lock only.
 * 2. A slot's hash state is touched by the helper only while blocks of that slot are in the ring,
 *    and by the producer only when none is (hash_thread_take, _done: after the ring ran empty).
 * 3. After hash_thread_start nothing is allocated and only futex is called, on both sides, so that
 *    a system call filter may close in between. */
#ifndef LIMPID_STREAM_HASH_THREAD_H
#define LIMPID_STREAM_HASH_THREAD_H

#include "stream/hash.h"

/* A slot for one more stream, with a fresh state; false where all are taken. */
bool hash_thread_take(struct hash_thread *t, enum digest_algorithm algorithm,
                      size_t *slot) MUST_USE;
void hash_thread_add(struct hash_thread *t, size_t slot, const uint8_t *at, size_t len);
digest hash_thread_done(struct hash_thread *t, size_t slot); /* gives the slot back */
void hash_thread_drop(struct hash_thread *t, size_t slot);   /* the same, without a digest */

#endif
