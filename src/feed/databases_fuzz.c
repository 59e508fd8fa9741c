/* The first byte chooses the feed and the document, the rest is its bytes. */
#include "feed/read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->id.len > 0 && a->affected_count > 0 && a->affected_count <= ADVISORY_AFFECTED_MAX);
    assert(a->ids_count <= ADVISORY_IDS_MAX);
    assert(a->description.len <= ADVISORY_DESCRIPTION_BYTES_MAX);
    fuzz_check_rows(a);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_document documents[] = {
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
    fuzz_read(documents, ARRAY_COUNT(documents), put, data, size);
    return 0;
}
