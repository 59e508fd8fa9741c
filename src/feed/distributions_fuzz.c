/* The first byte chooses the document, the rest is its bytes. */
#include "feed/read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->affected_count <= ADVISORY_AFFECTED_MAX && a->ids_count <= ADVISORY_IDS_MAX);
    assert(a->description.len <= ADVISORY_DESCRIPTION_BYTES_MAX);
    fuzz_check_rows(a);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_document documents[] = {
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
    fuzz_read(documents, ARRAY_COUNT(documents), put, data, size);
    return 0;
}
