/* items.h: a feed's advisories as one stream, in an order that depends on the content alone: the
 * form in which they pass between what gathers them, their files and their parts, so that no step
 * needs all of them in memory.
 *
 *     head  id id id  row row row row  head  row row …
 *
 * Advisories come by id (key.h), each once; then the ids it is about, CVE ids first; then its
 * rows, each once. */
#ifndef LIMPID_STORE_ITEMS_H
#define LIMPID_STORE_ITEMS_H

#include "model/advisory.h"
#include "stream/reader.h" /* enum step */

enum item_kind {
    ITEM_DROP, /* of a delta: what there was under this id is gone */
    ITEM_HEAD,
    ITEM_ID,
    ITEM_ROW,
};

struct item {
    enum item_kind kind;
    str key;              /* of the advisory, as key_add_id writes it */
    struct advisory head; /* of a head, without ids and rows; of a drop, its id */
    str id;
    struct affected row;
};

/* A source of them, by pull; embedded in what makes them. */
struct items {
    /* The next one; valid until the next call. */
    enum step (*next)(struct items *self, struct item *out, struct error *e);
    /* Back to the first. */
    bool (*rewind)(struct items *self, struct error *e);
};

static inline MUST_USE enum step items_next(struct items *from, struct item *out, struct error *e)
{
    return from->next(from, out, e);
}

static inline MUST_USE bool items_rewind(struct items *from, struct error *e)
{
    return from->rewind(from, e);
}

#endif
