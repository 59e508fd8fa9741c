/* minimos.c: MinimOS' secdb: one document, no branches. */
#include "feed/document.h"
#include "feed/secdb.h"

static const char *const documents[] = {"advisories/secdb/security.json", NULL};

static bool claims(str path)
{
    return str_eq(path, STR("security.json")) ||
           document_path_ends(path, STR("secdb/security.json")) ||
           document_path_ends(path, STR("minimos/security.json"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct secdb_publisher minimos = {.distribution = STR("minimos")};
    return secdb_read(&minimos, document->path, body, arena, out, e);
}

const struct feed feed_minimos = {
    .name = "minimos",
    .summary = "MinimOS: fixes by origin package",
    .publisher = "Minimus",
    .licence = "not stated",
    .redistributable = false,
    .site = "https://packages.mini.dev/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
