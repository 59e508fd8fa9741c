#include "stream/hash_thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 128 * 1024,
    BLOCK_COUNT = 8,
    /* The helper is woken for so many at once: a wake-up costs as much as hashing 8 KiB. */
    BLOCKS_TO_WAKE = 2,
    SLOT_COUNT = 4,
    STACK_BYTES = 256 * 1024,
};

struct block {
    size_t slot, len;
    uint8_t *bytes;
};

struct slot {
    bool taken; /* the producer's own */
    struct hash hash;
};

struct hash_thread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t full;  /* there is work for the helper */
    pthread_cond_t freed; /* a block came back, or the ring ran empty */
    /* Blocks ever handed over, and ever given back; `put` % BLOCK_COUNT is the open one. */
    uint64_t put, taken;
    bool up, hurry, stop;
    size_t open_len; /* bytes in the open block; the producer's own, like open_slot */
    size_t open_slot;
    struct slot slots[SLOT_COUNT];
    struct block blocks[BLOCK_COUNT];
    uint8_t bytes[BLOCK_COUNT][BLOCK_BYTES];
};

static bool has_work(const struct hash_thread *t)
{
    uint64_t waiting = t->put - t->taken;
    return waiting >= BLOCKS_TO_WAKE || (waiting > 0 && t->hurry);
}

static void *run(void *arg)
{
    struct hash_thread *t = arg;
    pthread_mutex_lock(&t->lock);
    t->up = true;
    pthread_cond_signal(&t->freed);
    for (;;) {
        while (!has_work(t) && !t->stop) {
            pthread_cond_wait(&t->full, &t->lock);
        }
        if (t->stop) {
            break;
        }
        while (t->taken < t->put) {
            const struct block *b = &t->blocks[t->taken % BLOCK_COUNT];
            pthread_mutex_unlock(&t->lock);
            hash_update(&t->slots[b->slot].hash, b->bytes, b->len);
            pthread_mutex_lock(&t->lock);
            t->taken++;
            pthread_cond_signal(&t->freed);
        }
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static int thread_create(struct hash_thread *t)
{
    pthread_attr_t attr;
    int sys = pthread_attr_init(&attr);
    if (sys != 0) {
        return sys;
    }
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    sys = pthread_create(&t->thread, &attr, run, t);
    pthread_attr_destroy(&attr);
    return sys;
}

struct hash_thread *hash_thread_start(struct error *e)
{
    struct hash_thread *t = malloc(sizeof(*t));
    if (t == NULL) {
        error_set(e, ERROR_MEMORY, "no memory for %zu bytes", sizeof(*t));
        return NULL;
    }
    memset(t, 0, offsetof(struct hash_thread, bytes));
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        t->blocks[i].bytes = t->bytes[i];
    }
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->full, NULL);
    pthread_cond_init(&t->freed, NULL);
    int sys = thread_create(t);
    if (sys != 0) {
        error_sys(e, sys, "cannot start a thread");
        free(t);
        return NULL;
    }
    /* A thread makes other system calls while it comes up: wait until that is behind it. */
    pthread_mutex_lock(&t->lock);
    while (!t->up) {
        pthread_cond_wait(&t->freed, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return t;
}

void hash_thread_stop(struct hash_thread *t)
{
    if (t == NULL) {
        return;
    }
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->full);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->freed);
    pthread_cond_destroy(&t->full);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Hands the open block over and waits until there is a free one to open. */
static void block_put(struct hash_thread *t)
{
    if (t->open_len == 0) {
        return;
    }
    pthread_mutex_lock(&t->lock);
    struct block *b = &t->blocks[t->put % BLOCK_COUNT];
    b->slot = t->open_slot;
    b->len = t->open_len;
    t->put++;
    if (has_work(t)) {
        pthread_cond_signal(&t->full);
    }
    while (t->put - t->taken == BLOCK_COUNT) {
        pthread_cond_wait(&t->freed, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    t->open_len = 0;
}

/* Returns when nothing is left to hash: the slots are the producer's then. */
static void ring_empty(struct hash_thread *t)
{
    block_put(t);
    pthread_mutex_lock(&t->lock);
    t->hurry = true;
    if (has_work(t)) {
        pthread_cond_signal(&t->full);
    }
    while (t->taken < t->put) {
        pthread_cond_wait(&t->freed, &t->lock);
    }
    t->hurry = false;
    pthread_mutex_unlock(&t->lock);
}

bool hash_thread_take(struct hash_thread *t, enum digest_algorithm algorithm, size_t *slot)
{
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        if (!t->slots[i].taken) {
            /* no block of this slot is in the ring: it was given back after that ran empty */
            t->slots[i].taken = true;
            hash_init(&t->slots[i].hash, algorithm);
            *slot = i;
            return true;
        }
    }
    return false;
}

void hash_thread_add(struct hash_thread *t, size_t slot, const uint8_t *at, size_t len)
{
    if (t->open_slot != slot) {
        block_put(t);
        t->open_slot = slot;
    }
    while (len > 0) {
        size_t room = BLOCK_BYTES - t->open_len;
        size_t part = len < room ? len : room;
        memcpy(t->bytes[t->put % BLOCK_COUNT] + t->open_len, at, part);
        t->open_len += part;
        at += part;
        len -= part;
        if (t->open_len == BLOCK_BYTES) {
            block_put(t);
        }
    }
}

digest hash_thread_done(struct hash_thread *t, size_t slot)
{
    ring_empty(t);
    t->slots[slot].taken = false;
    return hash_done(&t->slots[slot].hash);
}

void hash_thread_drop(struct hash_thread *t, size_t slot)
{
    ring_empty(t);
    t->slots[slot].taken = false;
}
