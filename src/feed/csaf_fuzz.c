/* The first byte chooses the reader, the rest is the document. */
#include <assert.h>

#include "feed/feed.h"
#include "feed/redhat.h"
#include "feed/suse_csaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->id.len > 0 && a->affected_count > 0 && a->affected_count <= ADVISORY_AFFECTED_MAX);
    assert(a->ids_count <= ADVISORY_IDS_MAX);
    assert(a->description.len <= ADVISORY_DESCRIPTION_BYTES_MAX);
    assert((a->severity == SEVERITY_UNKNOWN) == (a->severity_source.len == 0));
    for (size_t i = 0; i < a->affected_count; i++) {
        const struct affected *row = &a->affected[i];
        assert(row->namespace_.len > 0 && row->package.len > 0);
        assert((row->state == FIX_AVAILABLE) == (row->fixed.len > 0));
        assert(row->state < FIX_STATE_COUNT && row->severity < SEVERITY_COUNT);
    }
    return true;
}

static bool note(struct advisory_sink *self, str document, str text, struct error *e)
{
    (void)self;
    (void)document;
    (void)e;
    assert(text.len > 0);
    return true;
}

static bool openeuler(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e)
{
    return feed_openeuler.read(&feed_openeuler, document, body, arena, out, e);
}

static bool repositories(const struct feed_document *document, struct reader *body,
                         struct arena *arena, struct advisory_sink *out, struct error *e)
{
    return feed_redhat_repositories.read(&feed_redhat_repositories, document, body, arena, out, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        bool (*read)(const struct feed_document *document, struct reader *body, struct arena *arena,
                     struct advisory_sink *out, struct error *e);
        str path;
    } documents[] = {
        {redhat_csaf_read, STR_INIT("vex/2024/cve-2024-1.json")},
        {redhat_csaf_read, STR_INIT("vex/csaf_vex_2024-01-01.tar")},
        {redhat_hydra_read, STR_INIT("hydra-cve/CVE-2024-1")},
        {suse_csaf_read, STR_INIT("csaf-vex/cve-2024-1.json")},
        {openeuler, STR_INIT("csaf/cve/2024/csaf-openeuler-cve-2024-1.json")},
        {openeuler, STR_INIT("osv/OESA-2024-1.json")},
        {repositories, STR_INIT("metrics/repository-to-cpe.json")},
    };
    if (size == 0) {
        return 0;
    }
    size_t which = data[0] % ARRAY_COUNT(documents);
    struct arena arena;
    struct memory_reader body;
    struct feed_document document = {.path = documents[which].path};
    struct advisory_sink sink = {.put = put, .note = note};
    struct error e;
    arena_init(&arena, 64 << 20, "a document");
    memory_reader_init(&body, (str){.at = (const char *)data + 1, .len = size - 1});
    if (!documents[which].read(&document, &body.base, &arena, &sink, &e)) {
        assert(e.kind == ERROR_FORMAT || e.kind == ERROR_LIMIT || e.kind == ERROR_MEMORY);
    }
    arena_done(&arena);
    return 0;
}
