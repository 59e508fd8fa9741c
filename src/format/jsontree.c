/* jsontree.c: a small document as a tree in an arena, built from json.c's events with a bounded
 * stack of open containers. */
#include <string.h>

#include "base/map.h"
#include "format/json.h"

enum { TREE_DEPTH_MAX = 64, PAIRWISE_MAX = 16 };

struct open {
    struct json_node *node, *last;
};

struct builder {
    struct json_handler base;
    struct arena *arena;
    struct json_node *root;
    struct open open[TREE_DEPTH_MAX + 1];
    size_t depth;
};

static bool key_seen_twice(const struct json_node *node, str key, struct error *e)
{
    (void)node;
    return error_set(e, ERROR_FORMAT, "the name '" STR_FMT "' comes twice in one object",
                     STR_ARG(key));
}

static bool keys_differ_few(const struct json_node *object, struct error *e)
{
    for (const struct json_node *a = object->first; a != NULL; a = a->next) {
        for (const struct json_node *b = a->next; b != NULL; b = b->next) {
            if (str_eq(a->key, b->key)) {
                return key_seen_twice(object, a->key, e);
            }
        }
    }
    return true;
}

static bool keys_differ(const struct json_node *object, struct arena *arena, struct error *e)
{
    if (object->count <= PAIRWISE_MAX) {
        return keys_differ_few(object, e);
    }
    static const char seen = 1;
    struct arena_mark mark = arena_mark(arena);
    struct map keys;
    map_init(&keys, arena);
    bool differ = true;
    for (struct json_node *n = object->first; differ && n != NULL; n = n->next) {
        if (map_get(&keys, n->key) != NULL) {
            differ = key_seen_twice(object, n->key, e);
        } else {
            differ = map_put(&keys, n->key, (void *)(uintptr_t)&seen, e);
        }
    }
    arena_rewind(arena, mark);
    return differ;
}

static bool add_node(struct builder *b, const struct json_event *event, struct json_node **out,
                     struct error *e)
{
    struct json_node *node = ARENA_NEW(b->arena, struct json_node, e);
    if (node == NULL) {
        return false;
    }
    node->kind = event->kind;
    if (event->text.len > 0 && !arena_str(b->arena, event->text, &node->text, e)) {
        return false;
    }
    if (b->depth == 0) {
        b->root = node;
    } else {
        struct open *in = &b->open[b->depth - 1];
        str key = event->path[event->depth - 1].key;
        if (key.len > 0 && !arena_str(b->arena, key, &node->key, e)) {
            return false;
        }
        if (in->last == NULL) {
            in->node->first = node;
        } else {
            in->last->next = node;
        }
        in->last = node;
        in->node->count++;
    }
    *out = node;
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct builder *b = CONTAINER_OF(self, struct builder, base);
    struct json_node *node;
    switch (event->kind) {
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_STRING:
        return add_node(b, event, &node, e);
    case JSON_OBJECT:
    case JSON_ARRAY:
        if (!add_node(b, event, &node, e)) {
            return false;
        }
        b->open[b->depth++] = (struct open){.node = node};
        return true;
    case JSON_END:
        node = b->open[--b->depth].node;
        return node->kind == JSON_ARRAY || keys_differ(node, b->arena, e);
    }
    return true;
}

bool json_tree(str text, struct arena *arena, const struct json_node **out, struct error *e)
{
    struct builder builder = {.base = {.event = on_event}, .arena = arena};
    if (!json_read_text(text, TREE_DEPTH_MAX, &builder.base, e)) {
        return false;
    }
    *out = builder.root;
    return true;
}

const struct json_node *json_member(const struct json_node *node, const char *key)
{
    if (node == NULL || node->kind != JSON_OBJECT) {
        return NULL;
    }
    str want = str_from(key);
    for (const struct json_node *n = node->first; n != NULL; n = n->next) {
        if (str_eq(n->key, want)) {
            return n;
        }
    }
    return NULL;
}

str json_member_str(const struct json_node *node, const char *key)
{
    const struct json_node *member = json_member(node, key);
    return member != NULL && member->kind == JSON_STRING ? member->text : STR_NONE;
}
