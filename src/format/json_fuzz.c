/* Both forms over any bytes: the events, whose paths must be consistent, and the tree. */
#include "format/json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct counter {
    struct json_handler base;
    size_t open, bytes;
};

static bool count(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct counter *c = CONTAINER_OF(self, struct counter, base);
    (void)e;
    if (event->kind == JSON_END) {
        c->open--;
    }
    assert(event->depth == c->open);
    for (size_t i = 0; i < event->depth; i++) {
        for (size_t k = 0; k < event->path[i].key.len; k++) {
            c->bytes += (unsigned char)event->path[i].key.at[k];
        }
    }
    if (event->kind == JSON_OBJECT || event->kind == JSON_ARRAY) {
        c->open++;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = {.at = (const char *)data, .len = size};
    struct counter c = {.base = {.event = count}};
    struct error e;
    bool read = json_read_text(text, 64, &c.base, &e);
    assert(!read || c.open == 0);
    struct arena arena;
    arena_init(&arena, 64 << 20, "the tree");
    const struct json_node *root;
    bool built = json_tree(text, &arena, &root, &e);
    assert(!built || read);
    arena_done(&arena);
    return 0;
}
