/* The first byte chooses the document, the rest is its bytes. */
#include <assert.h>

#include "feed/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->affected_count <= ADVISORY_AFFECTED_MAX && a->ids_count <= ADVISORY_IDS_MAX);
    assert(a->description.len <= ADVISORY_DESCRIPTION_BYTES_MAX);
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
        {STR_INIT("ubuntu"), STR_INIT("vex/cve/2025/CVE-2025-1.json")},
        {STR_INIT("ubuntu"), STR_INIT("vex/vex-all.tar")},
        {STR_INIT("ubuntu"), STR_INIT("active/CVE-2020-1")},
        {STR_INIT("ubuntu"), STR_INIT("usn-db/database-all.json")},
        {STR_INIT("ubuntu"), STR_INIT("cves.json")},
        {STR_INIT("ubuntu"), STR_INIT("notices.json")},
        {STR_INIT("wolfi"), STR_INIT("os/security.json")},
        {STR_INIT("arch"), STR_INIT("all.json")},
        {STR_INIT("debian-support"), STR_INIT("security-support-ended.deb12")},
        {STR_INIT("alpine"), STR_INIT("v3.5/main.yaml")},
        {STR_INIT("debian-elts-tracker"), STR_INIT("extended-lts/tracker/data/json")},
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
