/* The first byte chooses the document, the rest is its bytes. */
#include <assert.h>

#include "feed/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->id.len > 0 && a->affected_count > 0);
    for (size_t i = 0; i < a->affected_count; i++) {
        assert(a->affected[i].namespace_.len > 0);
        assert(a->affected[i].state != FIX_AVAILABLE || a->affected[i].fixed.len > 0);
    }
    return true;
}

static bool note(struct advisory_sink *self, str document, str text, struct error *e)
{
    (void)self;
    (void)document;
    (void)text;
    (void)e;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        str feed, path;
    } documents[] = {
        {STR_INIT("debian"), STR_INIT("tracker/data/json")},
        {STR_INIT("debian"), STR_INIT("data/DSA/list")},
        {STR_INIT("alpine"), STR_INIT("v3.18/main.json")},
        {STR_INIT("osv"), STR_INIT("x/ALSA-1.json")},
        {STR_INIT("osv"), STR_INIT("Debian/all.zip")},
        {STR_INIT("almalinux"), STR_INIT("osv-database.tar")},
    };
    if (size == 0) {
        return 0;
    }
    size_t which = data[0] % (sizeof(documents) / sizeof(documents[0]));
    struct arena arena;
    arena_init(&arena, 64 << 20, "a document");
    struct memory_reader body;
    memory_reader_init(&body, (str){.at = (const char *)data + 1, .len = size - 1});
    struct feed_document document = {.path = documents[which].path};
    struct advisory_sink sink = {.put = put, .note = note};
    struct error e;
    const struct feed *feed = feed_find(documents[which].feed);
    bool done = feed->read(feed, &document, &body.base, &arena, &sink, &e);
    (void)done;
    arena_done(&arena);
    return 0;
}
