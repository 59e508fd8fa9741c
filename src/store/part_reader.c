#include "store/part_reader.h"

enum { WINDOW_BYTES_MAX = 1024 * 1024 + READER_NEED_MAX };

static enum step part_fill(struct reader *self, size_t want, struct error *e)
{
    struct graph_part_reader *r = CONTAINER_OF(self, struct graph_part_reader, base);
    size_t before = reader_ready(self);
    (void)want; /* a chunk is at least as much, or the last */
    if (self->end_offset == r->part.size_bytes) {
        return STEP_END;
    }
    if (!part_watch_ask(r->watch, e)) {
        return STEP_FAILED;
    }
    buf_drop(&r->window, r->window.len - before);
    if (!graph_part_chunk(r->graph, &r->part, r->chunks, &r->window, e)) {
        return STEP_FAILED;
    }
    size_t got = r->window.len - before;
    if (got == 0 || got > r->part.size_bytes - self->end_offset) {
        error_set(e, ERROR_FORMAT, "its chunks do not have the %llu bytes that they should have",
                  (unsigned long long)r->part.size_bytes);
        return STEP_FAILED;
    }
    r->chunks++;
    self->at = (const uint8_t *)r->window.at;
    self->end = self->at + r->window.len;
    self->end_offset += got;
    return STEP_GOT;
}

static void part_close(struct reader *self)
{
    struct graph_part_reader *r = CONTAINER_OF(self, struct graph_part_reader, base);
    buf_done(&r->window);
    self->at = self->end = NULL;
}

static const struct reader_ops ops = {"part", part_fill, NULL, NULL, part_close};

bool graph_part_reader_open(struct graph_part_reader *r, struct graph *g, str feed, digest content,
                            struct part_watch *watch, struct error *e)
{
    *r = (struct graph_part_reader){.base.ops = &ops, .graph = g, .watch = watch};
    buf_init(&r->window, WINDOW_BYTES_MAX);
    return graph_part_find(g, feed, content, &r->part, e);
}
