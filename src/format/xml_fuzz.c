/* Any bytes, in windows of 1 to 256: the path must be consistent, and whatever is read twice in
 * other windows must be the same. The first byte chooses the windows. */
#include "format/xml.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct counter {
    struct xml_handler base;
    size_t open, events;
    uint64_t sum;
};

static bool count(struct xml_handler *self, const struct xml_event *event, struct error *e)
{
    struct counter *c = CONTAINER_OF(self, struct counter, base);
    (void)e;
    c->open += event->kind == XML_BEGIN;
    assert(event->depth == c->open && event->depth > 0 && event->depth <= XML_DEPTH_MAX);
    for (size_t i = 0; i < event->depth; i++) {
        c->sum = c->sum * 31 + str_hash(event->path[i]);
    }
    assert(event->attributes_count <= XML_ATTRIBUTES_MAX);
    for (size_t i = 0; i < event->attributes_count; i++) {
        assert(str_is_utf8(event->attributes[i].name));
        c->sum += str_hash(event->attributes[i].value);
    }
    assert(event->text.len <= XML_TEXT_BYTES_MAX && str_is_utf8(event->text));
    c->sum += str_hash(event->text);
    c->open -= event->kind == XML_END;
    c->events++;
    return true;
}

struct steps {
    struct reader base;
    str rest;
    size_t step;
};

static enum step fill(struct reader *self, size_t want, struct error *e)
{
    struct steps *s = CONTAINER_OF(self, struct steps, base);
    (void)want;
    (void)e;
    if (s->rest.len == 0) {
        return STEP_END;
    }
    size_t n = s->step < s->rest.len ? s->step : s->rest.len;
    self->at = reader_ready(self) == 0 ? (const uint8_t *)s->rest.at : self->at;
    self->end = (const uint8_t *)s->rest.at + n;
    self->end_offset += n;
    s->rest = str_slice(s->rest, n, s->rest.len);
    return STEP_GOT;
}

static bool read_in(str text, size_t step, struct counter *c)
{
    static const struct reader_ops ops = {.name = "steps", .fill = fill};
    struct steps s = {.base = {.ops = &ops}, .rest = text, .step = step};
    struct error e;
    *c = (struct counter){.base = {.event = count}};
    bool done = xml_read(&s.base, &c->base, &e);
    assert(!done || c->open == 0);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    str text = {.at = (const char *)data + 1, .len = size - 1};
    struct counter whole, parts;
    bool read = read_in(text, text.len + 1, &whole);
    bool again = read_in(text, (size_t)data[0] + 1, &parts);
    assert(read == again);
    assert(!read || (whole.sum == parts.sum && whole.events == parts.events));
    return 0;
}
