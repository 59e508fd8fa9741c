/* The first byte chooses the publisher, the rest is a document's bytes. */
#include <assert.h>

#include "feed/feed.h"
#include "feed/redhat_oval.h"
#include "feed/ubuntu_oval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)e;
    assert(a->id.len > 0 && a->affected_count > 0 && a->affected_count <= ADVISORY_AFFECTED_MAX);
    assert(a->ids_count <= ADVISORY_IDS_MAX);
    assert(a->description.len <= ADVISORY_DESCRIPTION_BYTES_MAX && str_is_utf8(a->description));
    assert((a->severity == SEVERITY_UNKNOWN) == (a->severity_source.len == 0));
    for (size_t i = 0; i < a->affected_count; i++) {
        const struct affected *row = &a->affected[i];
        assert(row->namespace_.len > 0 && row->package.len > 0);
        assert((row->state == FIX_AVAILABLE) == (row->fixed.len > 0));
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

static const struct {
    str feed, path;
} documents[] = {
    {STR_INIT("oracle"), STR_INIT("com.oracle.elsa-all.xml")},
    {STR_INIT("suse"), STR_INIT("suse.linux.enterprise.15-affected.xml")},
    {STR_INIT("azurelinux"), STR_INIT("azurelinux-3.0-oval.xml")},
    {STR_INIT("photon"), STR_INIT("com.vmware.phsa-photon3.xml")},
    {STR_INIT("photon"), STR_INIT("cve_data_photon4.0.json")},
    {STR_INIT("debian"), STR_INIT("oval-definitions-bookworm.xml")},
    {STR_INIT("almalinux"), STR_INIT("org.almalinux.alsa-9.xml")},
    {STR_INIT(""), STR_INIT("com.ubuntu.jammy.cve.oval.xml")},
    {STR_INIT(""), STR_INIT("RHEL9/rhel-9.oval.xml")},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    size_t which = data[0] % ARRAY_COUNT(documents);
    struct arena arena;
    arena_init(&arena, 64 << 20, "a document");
    struct memory_reader body;
    memory_reader_init(&body, (str){.at = (const char *)data + 1, .len = size - 1});
    struct feed_document document = {.path = documents[which].path};
    struct advisory_sink sink = {.put = put, .note = note};
    struct error e;
    const struct feed *feed = feed_find(documents[which].feed);
    bool done;
    if (feed != NULL) {
        done = feed->read(feed, &document, &body.base, &arena, &sink, &e);
    } else if (ubuntu_oval_claims(document.path)) {
        done = ubuntu_oval_read(&document, &body.base, &arena, &sink, &e);
    } else {
        done = redhat_oval_read(&document, &body.base, &arena, &sink, &e);
    }
    (void)done;
    arena_done(&arena);
    return 0;
}
