/* The first byte chooses the feed and the document, the rest is its bytes. */
#include <assert.h>

#include "feed/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->id.len > 0 && a->affected_count > 0 && a->affected_count <= ADVISORY_AFFECTED_MAX);
    assert(a->ids_count <= ADVISORY_IDS_MAX);
    assert(a->description.len <= ADVISORY_DESCRIPTION_BYTES_MAX);
    for (size_t i = 0; i < a->affected_count; i++) {
        const struct affected *r = &a->affected[i];
        assert(r->namespace_.len > 0 && r->state < FIX_STATE_COUNT);
        assert(r->state != FIX_AVAILABLE || r->fixed.len > 0);
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
        {STR_INIT("osv"), STR_INIT("GHSA-1.json")},
        {STR_INIT("seal"), STR_INIT("x.json")},
        {STR_INIT("almalinux"), STR_INIT("errata.full.json")},
        {STR_INIT("rocky"), STR_INIT("page1.json")},
        {STR_INIT("echo"), STR_INIT("data.json")},
        {STR_INIT("rootio"), STR_INIT("cve_feed")},
        {STR_INIT("chainguard-libraries"), STR_INIT("a.openvex.json")},
        {STR_INIT("rubysec"), STR_INIT("gems/a/b.yml")},
        {STR_INIT("rubysec"), STR_INIT("ruby-advisory-db.tar")},
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
