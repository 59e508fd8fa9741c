/* names.h: the vulnerabilities that the feeds know in a namespace, by name and in order: for lists
 * that are read in parts, also while generations change. */
#ifndef LIMPID_STORE_NAMES_H
#define LIMPID_STORE_NAMES_H

#include "store/advisories.h"

enum {
    NAMES_PLACES_MAX = 4,  /* namespaces of one question */
    NAMES_LIMIT_MAX = 512, /* names of one answer */
};

struct named_advisory {
    str feed;
    struct advisory said; /* without its rows; the description only where `here` */
    /* Rows of it say that something in the namespaces is affected, and it is not withdrawn. */
    bool here;
    enum severity severity; /* the highest that these rows have of their own */
};

/* Everything that is called `name` or is about it, of all feeds, sorted by feed, id. One at least
 * is `here`, unless all are withdrawn. */
struct named {
    str name;
    const struct named_advisory *advisories;
    size_t count;
};

/* The next names behind `after` (which need not be one; empty: from the beginning), each once, in
 * the order of store/key.h; at most `limit`. `*more` tells whether others follow. A name is an
 * advisory's own id or one that it is about. Text is in `arena`.
 *
 * The first question about namespaces walks the rows of the feeds that cover them, and keeps a
 * byte for each of their advisories; every further one looks up what it answers. */
struct names_question {
    const str *namespaces; /* at most NAMES_PLACES_MAX */
    size_t namespaces_count;
    str after;
    size_t limit; /* at most NAMES_LIMIT_MAX */
};
bool names_list(struct advisories *a, const struct names_question *question, struct arena *arena,
                const struct named **out, size_t *count, bool *more, struct error *e) MUST_USE;

/* All namespaces that feeds have rows in, sorted, each once. */
bool names_namespaces(struct advisories *a, struct arena *arena, const str **out, size_t *count,
                      struct error *e) MUST_USE;

#endif
