/* tree.h: the few paths of an image that matter to its inventory, as they stand after a number of
 * layers: databases, files that name the distribution, and the links that lead to them. All other
 * files of the image are not here, so its size is that of the answer, not of the image. */
#ifndef LIMPID_INVENTORY_TREE_H
#define LIMPID_INVENTORY_TREE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/path.h"
#include "base/str.h"
#include "model/distribution.h"

/* What one layer says of one file. */
struct database {
    str detector; /* "dpkg" */
    str path;     /* where that layer has it */
    str packages; /* encoded facts (encode.h), FACT_PACKAGE among others */
    size_t layer;
    bool names_distribution;
    uint32_t rank;
    struct distribution distribution;
};

enum node_kind { NODE_FILE, NODE_SYMLINK, NODE_HARDLINK };

struct node {
    enum node_kind kind;
    str path;   /* canonical: no symbolic link leads to it */
    str target; /* of a link */
    size_t layer;
    const struct database *file; /* NODE_FILE; NODE_HARDLINK: NULL until its target was read */
    bool dead;
    struct node *next;
};

struct tree {
    struct arena *arena; /* borrowed */
    struct map by_path;  /* canonical path → live node */
    struct node *nodes;  /* all live ones, and dead ones not yet unlinked */
    bool changed;        /* a file came or went since tree_settled */
};

void tree_init(struct tree *t, struct arena *arena);

/* Live node at exactly this canonical path, or NULL. */
struct node *tree_at(const struct tree *t, str path);

/* Removes what is at `path` (`self`) and below it (`below`). */
void tree_remove(struct tree *t, str path, bool self, bool below);

/* Puts a node; what was at its path is gone. Path and target are copied. */
bool tree_put(struct tree *t, const struct node *node, struct error *e) MUST_USE;

/* `path` with every symbolic link followed inside the image, the last component too if `follow`.
 * `*ok` is false for a loop (FOLD_LINK_HOPS_MAX) or a path too long. `to` has room for
 * PATH_BYTES_MAX + 1 bytes, and so has `*hops` count of links passed (may be NULL). */
bool tree_resolve(const struct tree *t, str path, bool follow, char *to, str *out, size_t *hops);

#endif
