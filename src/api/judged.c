/* judged.c: a table of entries, each one block of memory: the vulnerabilities, their texts, the
 * key.
 *
 * 1. An entry never changes. It is freed by whoever gives up the last pin; the table's own counts
 * as one.
 * 2. Table, list and sum are touched under the lock only; texts are copied without it. */
#include "api/judged.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/map.h"

enum {
    BUCKETS = 8192,
    SHARE_MAX = 4, /* what takes more than a quarter of the whole is not kept */
    TEXTS = 6,
};

struct entry {
    struct entry *next;          /* in the bucket */
    struct entry *newer, *older; /* by last use */
    uint64_t stamp;
    atomic_size_t pins;
    size_t bucket, bytes; /* of the whole block */
    str key;
    size_t count, payload_bytes;
    _Alignas(16) char payload[]; /* struct service_vulnerability [count], texts */
};

struct judged {
    pthread_mutex_t lock;
    uint64_t secret[2];
    struct entry **buckets;
    struct entry *newest, *oldest;
    size_t bytes, bytes_max;
};

struct judged *judged_new(struct arena *arena, size_t bytes_max, struct error *e)
{
    struct judged *j = ARENA_NEW(arena, struct judged, e);
    struct entry **buckets = j == NULL ? NULL : ARENA_ARRAY(arena, BUCKETS, struct entry *, e);
    if (buckets == NULL) {
        return NULL;
    }
    j->buckets = buckets;
    j->bytes_max = bytes_max;
    map_secret(j->secret, j);
    pthread_mutex_init(&j->lock, NULL);
    return j;
}

static void entry_release(struct entry *x)
{
    if (atomic_fetch_sub(&x->pins, 1) == 1) {
        free(x);
    }
}

static void unlink_use(struct judged *j, struct entry *x)
{
    *(x->newer == NULL ? &j->newest : &x->newer->older) = x->older;
    *(x->older == NULL ? &j->oldest : &x->older->newer) = x->newer;
}

static void put_first(struct judged *j, struct entry *x)
{
    x->newer = NULL;
    x->older = j->newest;
    *(x->older == NULL ? &j->oldest : &x->older->newer) = x;
    j->newest = x;
}

/* Out of the table and into `gone`, whose pins, the table's, are given up without the lock. */
static void drop(struct judged *j, struct entry *x, struct entry **gone)
{
    struct entry **at = &j->buckets[x->bucket];
    while (*at != x) {
        at = &(*at)->next;
    }
    *at = x->next;
    unlink_use(j, x);
    j->bytes -= x->bytes;
    x->next = *gone;
    *gone = x;
}

static void release_all(struct entry *gone)
{
    while (gone != NULL) {
        /* the analyzer does not see that each is in the list once */
        struct entry *next = gone->next; /* NOLINT(clang-analyzer-unix.Malloc) */
        entry_release(gone);
        gone = next;
    }
}

void judged_free(struct judged *j)
{
    if (j != NULL) {
        struct entry *gone = NULL;
        while (j->newest != NULL) {
            drop(j, j->newest, &gone);
        }
        release_all(gone);
        pthread_mutex_destroy(&j->lock);
    }
}

/* -- keys ----------------------------------------------------------------------------------- */

bool judged_key(str namespace_, const struct package *p, struct arena *arena, str *out,
                struct error *e)
{
    const str ecosystem = {.at = (const char *)&p->ecosystem, .len = sizeof(p->ecosystem)};
    const str parts[] = {ecosystem, namespace_,        p->name,   p->version, p->arch,
                         p->source, p->source_version, p->module, p->vendor};
    return arena_key(arena, parts, ARRAY_COUNT(parts), out, e);
}

/* -- texts ---------------------------------------------------------------------------------- */

static void texts_of(struct service_vulnerability *v, str *to[TEXTS])
{
    str *const texts[TEXTS] = {&v->name,     &v->link,     &v->description,
                               &v->severity, &v->metadata, &v->fixed_by};
    memcpy(to, texts, sizeof(texts));
}

/* The texts of `v` lie behind `to` from now on; returns what is behind them. */
static char *texts_move(struct service_vulnerability *v, char *to)
{
    str *texts[TEXTS];
    texts_of(v, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        size_t len = texts[i]->len;
        if (len > 0) {
            memcpy(to, texts[i]->at, len);
        }
        *texts[i] = len > 0 ? (str){.at = to, .len = len} : STR_NONE;
        to += len;
    }
    return to;
}

static size_t payload_bytes(const struct service_vulnerability *v, size_t count)
{
    size_t bytes = count * sizeof(*v); /* they lie in memory, and so do their texts */
    for (size_t i = 0; i < count; i++) {
        bytes += v[i].name.len + v[i].link.len + v[i].description.len + v[i].severity.len +
                 v[i].metadata.len + v[i].fixed_by.len;
    }
    return bytes;
}

static struct entry *entry_new(str key, const struct service_vulnerability *v, size_t count,
                               size_t payload)
{
    size_t bytes = sizeof(struct entry) + payload + key.len;
    struct entry *x = malloc(bytes);
    if (x == NULL) {
        return NULL;
    }
    *x = (struct entry){.bytes = bytes, .count = count, .payload_bytes = payload};
    struct service_vulnerability *to = (void *)x->payload;
    char *text = x->payload + count * sizeof(*v);
    for (size_t i = 0; i < count; i++) {
        to[i] = v[i];
        to[i].os = STR_NONE;
        to[i].fixes = NULL;
        to[i].fixes_count = 0;
        text = texts_move(&to[i], text);
    }
    memcpy(text, key.at, key.len);
    x->key = (str){.at = text, .len = key.len};
    atomic_init(&x->pins, 1);
    return x;
}

/* The same bytes elsewhere, whose texts are told anew. */
static bool entry_copy(const struct entry *x, struct arena *arena,
                       struct service_vulnerability **out, struct error *e)
{
    char *to = arena_alloc(arena, x->payload_bytes, 1, 16, e);
    if (to == NULL) {
        return false;
    }
    memcpy(to, x->payload, x->payload_bytes);
    *out = (void *)to;
    for (size_t i = 0; i < x->count; i++) {
        str *texts[TEXTS];
        texts_of(&(*out)[i], texts);
        for (size_t k = 0; k < TEXTS; k++) {
            if (texts[k]->len > 0) {
                texts[k]->at = to + (texts[k]->at - x->payload);
            }
        }
    }
    return true;
}

/* -- find and keep -------------------------------------------------------------------------- */

static struct entry *find(struct judged *j, size_t bucket, str key)
{
    struct entry *x = j->buckets[bucket];
    while (x != NULL && !str_eq(x->key, key)) {
        x = x->next;
    }
    return x;
}

bool judged_find(struct judged *j, uint64_t stamp, str key, struct arena *arena,
                 struct service_vulnerability **out, size_t *count, bool *known, struct error *e)
{
    size_t bucket = (size_t)(map_hash(j->secret, key) % BUCKETS);
    struct entry *gone = NULL;
    pthread_mutex_lock(&j->lock);
    struct entry *x = find(j, bucket, key);
    if (x != NULL && x->stamp != stamp) {
        drop(j, x, &gone);
        x = NULL;
    }
    if (x != NULL) {
        unlink_use(j, x);
        put_first(j, x);
        atomic_fetch_add(&x->pins, 1);
    }
    pthread_mutex_unlock(&j->lock);
    release_all(gone);
    *known = x != NULL;
    *out = NULL;
    *count = 0;
    if (x == NULL) {
        return true;
    }
    *count = x->count;
    bool done = x->count == 0 || entry_copy(x, arena, out, e);
    entry_release(x);
    return done;
}

void judged_keep(struct judged *j, uint64_t stamp, str key, const struct service_vulnerability *v,
                 size_t count)
{
    size_t payload = payload_bytes(v, count);
    struct entry *x = payload > j->bytes_max / SHARE_MAX ? NULL : entry_new(key, v, count, payload);
    if (x == NULL) {
        return;
    }
    x->stamp = stamp;
    x->bucket = (size_t)(map_hash(j->secret, key) % BUCKETS);
    struct entry *gone = NULL;
    pthread_mutex_lock(&j->lock);
    struct entry *old = find(j, x->bucket, key);
    if (old != NULL) {
        drop(j, old, &gone);
    }
    x->next = j->buckets[x->bucket];
    j->buckets[x->bucket] = x;
    put_first(j, x);
    j->bytes += x->bytes;
    while (j->bytes > j->bytes_max && j->oldest != x) {
        drop(j, j->oldest, &gone);
    }
    pthread_mutex_unlock(&j->lock);
    release_all(gone);
}
