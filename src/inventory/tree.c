#include "inventory/tree.h"

#include <string.h>

#include "inventory/fold.h"

void tree_init(struct tree *t, struct arena *arena)
{
    *t = (struct tree){.arena = arena};
    map_init(&t->by_path, arena);
}

struct node *tree_at(const struct tree *t, str path)
{
    return map_get(&t->by_path, path);
}

static void kill_node(struct tree *t, struct node *node)
{
    struct error unused;
    node->dead = true;
    t->changed = t->changed || node->kind != NODE_SYMLINK;
    /* the key is there already: putting NULL over it allocates nothing */
    if (!map_put(&t->by_path, node->path, NULL, &unused)) {
        node->dead = true;
    }
}

void tree_remove(struct tree *t, str path, bool self, bool below)
{
    if (!below) {
        struct node *node = self ? tree_at(t, path) : NULL;
        if (node != NULL) {
            kill_node(t, node);
        }
        return;
    }
    struct node **link = &t->nodes;
    while (*link != NULL) {
        struct node *node = *link;
        bool hit = path_within(node->path, path) && (self || node->path.len > path.len);
        if (hit && !node->dead) {
            kill_node(t, node);
        }
        if (node->dead) {
            *link = node->next;
        } else {
            link = &node->next;
        }
    }
}

bool tree_put(struct tree *t, const struct node *node, struct error *e)
{
    tree_remove(t, node->path, true, false);
    struct node *kept = ARENA_NEW(t->arena, struct node, e);
    if (kept == NULL) {
        return false;
    }
    *kept = *node;
    if (!arena_str(t->arena, node->path, &kept->path, e) ||
        !arena_str(t->arena, node->target, &kept->target, e) ||
        !map_put(&t->by_path, kept->path, kept, e)) {
        return false;
    }
    kept->next = t->nodes;
    t->nodes = kept;
    t->changed = t->changed || kept->kind != NODE_SYMLINK;
    return true;
}

/* Replaces the first `link_len` bytes of `path`, a link's own path, by its target; what follows
 * stays behind it. */
static bool follow_link(const struct node *link, str path, char *to, str *out)
{
    char first[PATH_BYTES_MAX + 1];
    str target;
    if (path_resolve(link->path, link->target, first, &target) != PATH_OK) {
        return false;
    }
    str rest = str_slice(path, link->path.len, path.len);
    if (target.len + rest.len > PATH_BYTES_MAX) {
        return false;
    }
    char joined[2 * PATH_BYTES_MAX + 2];
    memcpy(joined, target.at, target.len);
    if (rest.len > 0) {
        memcpy(joined + target.len, rest.at, rest.len);
    }
    str raw = {.at = joined, .len = target.len + rest.len};
    while (raw.len > 0 && raw.at[0] == '/') {
        raw = str_slice(raw, 1, raw.len);
    }
    memcpy(to, raw.at, raw.len);
    *out = (str){.at = to, .len = raw.len};
    return true;
}

/* The first prefix of `path` that is a symbolic link, or NULL. */
static const struct node *first_link(const struct tree *t, str path, bool follow)
{
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.at[i] != '/') {
            continue;
        }
        if (i == path.len && !follow) {
            break;
        }
        const struct node *node = tree_at(t, str_slice(path, 0, i));
        if (node != NULL && node->kind == NODE_SYMLINK) {
            return node;
        }
    }
    return NULL;
}

bool tree_resolve(const struct tree *t, str path, bool follow, char *to, str *out, size_t *hops)
{
    size_t passed = 0;
    const struct node *link;
    if (path.len > PATH_BYTES_MAX) {
        return false;
    }
    memmove(to, path.at, path.len);
    str now = {.at = to, .len = path.len};
    while ((link = first_link(t, now, follow)) != NULL) {
        if (++passed > FOLD_LINK_HOPS_MAX || !follow_link(link, now, to, &now)) {
            return false;
        }
    }
    *out = now;
    if (hops != NULL) {
        *hops = passed;
    }
    return true;
}
