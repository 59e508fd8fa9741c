/* oval_pool.h: what oval.c keeps of a document of hundreds of megabytes, small: lists in blocks
 * (nothing is copied when they grow), texts kept once and named by a number, and tables from the
 * ids of a document to small structs. All in one arena. Inside src/feed only. */
#ifndef LIMPID_FEED_OVAL_POOL_H
#define LIMPID_FEED_OVAL_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/* A list whose items stay where they are. At most OVAL_LIST_MAX of them. */
enum { OVAL_LIST_BLOCK = 1024, OVAL_LIST_MAX = 1 << 26 };

struct oval_list {
    struct arena *arena; /* borrowed */
    size_t item_bytes;
    char **blocks;
    size_t count, blocks_count, blocks_room;
};

void oval_list_init(struct oval_list *l, struct arena *arena, size_t item_bytes);

/* A new item, zeroed; NULL on failure. */
void *oval_list_add(struct oval_list *l, struct error *e) MUST_USE;

static inline void *oval_list_at(const struct oval_list *l, size_t i)
{
    return l->blocks[i / OVAL_LIST_BLOCK] + i % OVAL_LIST_BLOCK * l->item_bytes;
}

/* Texts by number. 0 is the empty text. */
struct oval_pool {
    struct oval_list texts; /* str */
    uint32_t *slots;        /* numbers of texts, by hash; 0: free */
    size_t room;
    uint64_t secret[2];
};

bool oval_pool_init(struct oval_pool *p, struct arena *arena, struct error *e) MUST_USE;
bool oval_pool_add(struct oval_pool *p, str text, uint32_t *number, struct error *e) MUST_USE;

static inline str oval_pool_get(const struct oval_pool *p, uint32_t number)
{
    return *(const str *)oval_list_at(&p->texts, number);
}

/* Structs by the id they have in the document. Each begins with its key. */
struct oval_table {
    struct oval_list items;
    uint32_t *slots; /* position in items plus 1; 0: free */
    size_t room;
    uint64_t secret[2];
};

void oval_table_init(struct oval_table *t, struct arena *arena, size_t item_bytes);

/* NULL where there is none. */
void *oval_table_find(const struct oval_table *t, uint64_t key);

/* The item of this key, made where there is none, and its position. */
void *oval_table_add(struct oval_table *t, uint64_t key, uint32_t *position,
                     struct error *e) MUST_USE;

#endif
