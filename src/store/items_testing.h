/* items_testing.h: items, parts and gathered advisories for the tests. */
#ifndef LIMPID_STORE_ITEMS_TESTING_H
#define LIMPID_STORE_ITEMS_TESTING_H

#include "store/gather.h"
#include "store/part.h"

struct gather_sink {
    struct advisory_sink base;
    struct gather *to;
    size_t calls;
};

static inline bool gather_put(struct advisory_sink *self, const struct advisory *a,
                              struct error *why)
{
    struct gather_sink *sink = CONTAINER_OF(self, struct gather_sink, base);
    sink->calls++;
    return gather_add(sink->to, a, why);
}

struct buf_out {
    struct part_out base;
    struct buf bytes;
};

static inline bool buf_put(struct part_out *self, str bytes, struct error *why)
{
    return buf_add_str(&CONTAINER_OF(self, struct buf_out, base)->bytes, bytes, why);
}

/* Sorts what was gathered, and adds its part to `out`. */
static inline bool gathered_part(struct gather *g, struct buf *out, struct error *why)
{
    struct buf_out to = {.base.put = buf_put, .bytes = *out};
    uint64_t bytes = 0;
    bool done = gather_sort(g, why) && part_encode(&g->items, &to.base, &bytes, why);
    *out = to.bytes;
    return done;
}

/* The advisories of a part, into `to`. */
static inline bool part_gather(str bytes, struct gather *to, size_t *calls, struct error *why)
{
    struct arena scratch;
    struct memory_reader reader;
    struct gather_sink sink = {.base.put = gather_put, .to = to};
    arena_init(&scratch, 1 << 26, "a test");
    memory_reader_init(&reader, bytes);
    bool done = part_decode(&reader.base, &scratch, &sink.base, why);
    arena_done(&scratch);
    *calls = sink.calls;
    return done;
}

#endif
