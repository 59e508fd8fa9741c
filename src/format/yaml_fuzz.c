#include "format/yaml.h"

#include <assert.h>

#include "base/attr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct counter {
    struct yaml_handler base;
    size_t open, bytes;
};

static bool count(struct yaml_handler *self, const struct yaml_event *event, struct error *e)
{
    struct counter *c = CONTAINER_OF(self, struct counter, base);
    (void)e;
    c->open -= event->kind == YAML_END;
    assert(event->depth == c->open);
    for (size_t i = 0; i < event->depth; i++) {
        c->bytes += event->path[i].key.len;
    }
    c->open += event->kind == YAML_MAPPING || event->kind == YAML_SEQUENCE;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counter c = {.base = {.event = count}};
    struct arena arena;
    struct error e;
    arena_init(&arena, 64 << 20, "keys");
    bool read =
        yaml_read_text((str){.at = (const char *)data, .len = size}, 16, &arena, &c.base, &e);
    assert(!read || c.open == 0);
    arena_done(&arena);
    return 0;
}
