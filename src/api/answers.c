/* answers.c: answers that were given before, each valid for one state of the store and one
 * generation of advisories.
 *
 *   find: the state is asked for first, then the table; a hit is pinned and moves to the front
 *   keep: under the state that find saw, so that a change meanwhile makes it worthless, not wrong
 *
 * 1. An answer's text never changes. It is freed by whoever gives up the last pin; the table's own
 *    pin counts as one.
 * 2. Lists, table and the sum of bytes are touched under the lock only; pins are atomic, but go
 *    from the table's one upwards under the lock only. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "api/inner.h"
#include "base/map.h"

enum {
    BUCKETS = 8192,
    /* An answer that takes more than a quarter of the whole is not kept. */
    SHARE_MAX = 4,
    ANSWER_OVERHEAD_BYTES = 4096,
};

struct answer {
    struct arena arena; /* of all of it */
    str key, body;
    uint64_t epoch, stamp;
    atomic_size_t pins;
    size_t bucket, bytes;
    struct answer *next;          /* in the bucket */
    struct answer *newer, *older; /* by last use */
    struct http_packed packed;
};

struct answers {
    pthread_mutex_t lock;
    uint64_t secret[2];
    struct answer **buckets;
    struct answer *newest, *oldest;
    size_t bytes, bytes_max;
};

struct answers *answers_new(struct arena *arena, size_t bytes_max, struct error *e)
{
    struct answers *a = ARENA_NEW(arena, struct answers, e);
    if (a == NULL) {
        return NULL;
    }
    a->buckets = ARENA_ARRAY(arena, BUCKETS, struct answer *, e);
    if (a->buckets == NULL) {
        return NULL;
    }
    map_secret(a->secret, a);
    a->bytes_max = bytes_max;
    pthread_mutex_init(&a->lock, NULL);
    return a;
}

void answer_release(void *answer)
{
    struct answer *a = answer;
    if (a != NULL && atomic_fetch_sub(&a->pins, 1) == 1) {
        http_packed_done(&a->packed);
        struct arena arena = a->arena;
        arena_done(&arena);
    }
}

/* Out of the lists, and the table's pin is given up. */
static void drop(struct answers *all, struct answer *a)
{
    struct answer **at = &all->buckets[a->bucket];
    while (*at != a) {
        at = &(*at)->next;
    }
    *at = a->next;
    *(a->newer == NULL ? &all->newest : &a->newer->older) = a->older;
    *(a->older == NULL ? &all->oldest : &a->older->newer) = a->newer;
    all->bytes -= a->bytes;
    answer_release(a);
}

static void put_first(struct answers *all, struct answer *a)
{
    a->newer = NULL;
    a->older = all->newest;
    *(a->older == NULL ? &all->oldest : &a->older->newer) = a;
    all->newest = a;
}

static void use(struct answers *all, struct answer *a)
{
    if (all->newest == a) {
        return;
    }
    a->newer->older = a->older;
    *(a->older == NULL ? &all->oldest : &a->older->newer) = a->newer;
    put_first(all, a);
}

void answers_free(struct answers *a)
{
    if (a == NULL) {
        return;
    }
    while (a->newest != NULL) {
        drop(a, a->newest);
    }
    pthread_mutex_destroy(&a->lock);
}

static struct answer *find(struct answers *all, size_t bucket, str key)
{
    struct answer *a = all->buckets[bucket];
    while (a != NULL && !str_eq(a->key, key)) {
        a = a->next;
    }
    return a;
}

static size_t bucket_of(const struct answers *all, str key)
{
    return (size_t)(map_hash(all->secret, key) % BUCKETS);
}

struct answer *service_answer_find(struct service *s, unsigned worker, str key)
{
    struct answers *all = s->answers;
    struct seat *seat;
    struct error unread;
    if (!service_seat(s, worker, &seat, &unread)) {
        return NULL;
    }
    seat->stamp = service_stamp(s);
    seat->is_dated = graph_epoch(seat->graph, &seat->epoch, &unread);
    if (!seat->is_dated) {
        return NULL;
    }
    size_t bucket = bucket_of(all, key);
    pthread_mutex_lock(&all->lock);
    struct answer *a = find(all, bucket, key);
    if (a != NULL && (a->epoch != seat->epoch || a->stamp != seat->stamp)) {
        /* another worker may have looked later than this one: then its answer stays */
        if (a->epoch < seat->epoch || a->stamp != seat->stamp) {
            drop(all, a);
        }
        a = NULL;
    }
    if (a != NULL) {
        use(all, a);
        atomic_fetch_add(&a->pins, 1);
    }
    pthread_mutex_unlock(&all->lock);
    return a;
}

static struct answer *answer_new(str key, str body, struct error *e)
{
    struct arena arena;
    size_t bytes = sizeof(struct answer) + key.len + body.len + ANSWER_OVERHEAD_BYTES;
    arena_init(&arena, bytes, "an answer");
    struct answer *a = ARENA_NEW(&arena, struct answer, e);
    if (a == NULL || !arena_str(&arena, key, &a->key, e) || !arena_str(&arena, body, &a->body, e)) {
        arena_done(&arena);
        return NULL;
    }
    a->arena = arena;
    a->bytes = arena.taken_bytes;
    atomic_init(&a->pins, 2); /* the table's, and the caller's */
    return a;
}

struct answer *service_answer_keep(struct service *s, unsigned worker, str key, str body)
{
    struct answers *all = s->answers;
    struct seat *seat;
    struct error unread;
    if (!service_seat(s, worker, &seat, &unread) || !seat->is_dated ||
        body.len > all->bytes_max / SHARE_MAX) {
        return NULL;
    }
    struct answer *a = answer_new(key, body, &unread);
    if (a == NULL) {
        return NULL;
    }
    a->epoch = seat->epoch;
    a->stamp = seat->stamp;
    a->bucket = bucket_of(all, key);
    pthread_mutex_lock(&all->lock);
    struct answer *old = find(all, a->bucket, key);
    if (old != NULL) {
        drop(all, old);
    }
    a->next = all->buckets[a->bucket];
    all->buckets[a->bucket] = a;
    put_first(all, a);
    all->bytes += a->bytes;
    while (all->bytes > all->bytes_max && all->oldest != a) {
        drop(all, all->oldest);
    }
    pthread_mutex_unlock(&all->lock);
    return a;
}

str answer_body(const struct answer *a)
{
    return a->body;
}

struct http_packed *answer_packed(struct answer *a)
{
    return &a->packed;
}
