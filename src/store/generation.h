/* generation.h: one open generation, for the files of this folder that read it: `current` once,
 * then each feed's file at the first question about it. The files never change, so there are no
 * locks; they stay for a grace after `current` has moved on. */
#ifndef LIMPID_STORE_GENERATION_H
#define LIMPID_STORE_GENERATION_H

#include "store/advisories.h"
#include "store/current.h"
#include "store/feedfile.h"

enum { NAMES_KEPT = 4 };
struct names_reach; /* names.c */

struct advisories {
    struct arena arena; /* this struct lives in it */
    struct store *store;
    struct current current;
    struct feedfile **files; /* beside current.feeds; NULL: not asked yet */
    bool *speaks;            /* of vulnerabilities as such: has advisories without a package */
    str generation;
    struct buf folded, numbers;            /* scratch */
    struct names_reach *reach[NAMES_KEPT]; /* of the last questions of names.h, or NULL */
    size_t reach_next;                     /* the one to be replaced */
};

/* Frees what a question left; NULL is fine. `feeds`: current.count. */
void names_forget(struct names_reach *reach, size_t feeds);

/* The file of feed number `i`, which has data. */
bool generation_file(struct advisories *a, size_t i, struct feedfile **out,
                     struct error *e) MUST_USE;

/* Whether a feed has rows in the namespace; in the empty one, whether it has advisories that speak
 * of no package. */
bool generation_covers(const struct current_feed *feed, str namespace_);

/* Says of which feed an error is. Returns false. */
bool generation_wrap(const struct advisories *a, size_t i, struct error *e);

#endif
