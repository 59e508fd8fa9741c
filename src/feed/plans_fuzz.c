/* The first byte chooses the index document and, by its highest bit, full or delta; the rest is its
 * bytes. */
#include "feed/plans.h"

#include <assert.h>
#include <string.h>

#include "feed/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fetch(struct plan_sink *self, const struct plan_document *d, struct error *e)
{
    (void)self;
    (void)e;
    assert(d->url.len > 0 && (d->index || d->data));
    return true;
}

static bool drop(struct plan_sink *self, str id, struct error *e)
{
    (void)self;
    (void)e;
    assert(memchr(id.at, '\n', id.len) == NULL);
    return true;
}

static bool cursor(struct plan_sink *self, str index, str value, struct error *e)
{
    (void)self;
    (void)e;
    assert(index.len > 0 && value.len > 0);
    return true;
}

static bool full(struct plan_sink *self, struct error *e)
{
    (void)self;
    (void)e;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const struct feed_plan *plan;
        str url;
    } indexes[] = {
        {&plan_osv, STR_INIT("Debian/modified_id.csv")},
        {&plan_alpine, STR_INIT("./")},
        {&plan_suse_oval, STR_INIT("oval/")},
        {&plan_redhat, STR_INIT("vex/archive_latest.txt")},
        {&plan_redhat, STR_INIT("vex/changes.csv")},
        {&plan_redhat, STR_INIT("advisories/deletions.csv")},
        {&plan_amazon, STR_INIT("2/core/latest/x86_64/mirror.list")},
        {&plan_fedora, STR_INIT("https://h/x/repodata/repomd.xml")},
        {&plan_rocky_pages, STR_INIT("api/v3/osv/")},
        {&plan_nvd, STR_INIT("feeds/json/cve/2.0/nvdcve-2.0-modified.meta")},
        {&plan_fedora, STR_INIT("fedora/linux/updates/")},
    };
    if (size == 0) {
        return 0;
    }
    size_t which = (data[0] & 0x7f) % (sizeof(indexes) / sizeof(indexes[0]));
    struct arena arena;
    struct memory_reader body;
    struct error e = {0};
    struct plan_sink sink = {.fetch = fetch, .drop = drop, .cursor = cursor, .full = full};
    const struct plan_question question = {
        .url = indexes[which].url,
        .mode = (data[0] & 0x80) != 0 ? PLAN_FULL : PLAN_DELTA,
        .cursor = STR("2025-06-01T00:00:00Z"),
    };
    arena_init(&arena, 64 << 20, "an index");
    memory_reader_init(&body, (str){.at = (const char *)data + 1, .len = size - 1});
    const struct feed *feed = feed_find(STR("osv"));
    bool done = indexes[which].plan->next(feed, &question, &body.base, &arena, &sink, &e);
    assert(done || e.kind != ERROR_NONE);
    arena_done(&arena);
    return 0;
}
