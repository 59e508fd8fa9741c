/* The first byte chooses the document, the rest is its bytes. */
#include "feed/read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->id.len > 0 && a->affected_count > 0);
    fuzz_check_rows(a);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_document documents[] = {
        {STR_INIT("debian"), STR_INIT("tracker/data/json")},
        {STR_INIT("debian"), STR_INIT("data/DSA/list")},
        {STR_INIT("alpine"), STR_INIT("v3.18/main.json")},
        {STR_INIT("osv"), STR_INIT("x/ALSA-1.json")},
        {STR_INIT("osv"), STR_INIT("Debian/all.zip")},
        {STR_INIT("almalinux"), STR_INIT("osv-database.tar")},
    };
    fuzz_read(documents, ARRAY_COUNT(documents), put, data, size);
    return 0;
}
