/* read_fuzz.h: what the fuzz targets of the feeds' readers share: the first byte of an input
 * chooses the document, the rest is its bytes. */
#ifndef LIMPID_FEED_READ_FUZZ_H
#define LIMPID_FEED_READ_FUZZ_H

#include <assert.h>

#include "feed/feed.h"

struct fuzz_document {
    str feed, path;
};

/* What is true of every row of every reader. */
static inline void fuzz_check_rows(const struct advisory *a)
{
    for (size_t i = 0; i < a->affected_count; i++) {
        const struct affected *row = &a->affected[i];
        assert(row->namespace_.len > 0 && row->state < FIX_STATE_COUNT);
        assert(row->state != FIX_AVAILABLE || row->fixed.len > 0);
    }
}

static inline bool fuzz_note(struct advisory_sink *self, str document, str text, struct error *e)
{
    (void)self;
    (void)document;
    (void)text;
    (void)e;
    return true;
}

/* Reads the input by the feed that it chooses; `put` checks what comes of it. */
static inline void fuzz_read(const struct fuzz_document *documents, size_t count,
                             bool (*put)(struct advisory_sink *self, const struct advisory *a,
                                         struct error *e),
                             const uint8_t *data, size_t size)
{
    struct arena arena;
    struct memory_reader body;
    struct advisory_sink sink = {.put = put, .note = fuzz_note};
    struct error e;
    if (size == 0) {
        return;
    }
    const struct fuzz_document *chosen = &documents[data[0] % count];
    const struct feed *feed = feed_find(chosen->feed);
    struct feed_document document = {.path = chosen->path};
    assert(feed != NULL);
    arena_init(&arena, 64 << 20, "a document");
    memory_reader_init(&body, (str){.at = (const char *)data + 1, .len = size - 1});
    (void)!feed->read(feed, &document, &body.base, &arena, &sink, &e);
    arena_done(&arena);
}

#endif
