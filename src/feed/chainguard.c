/* chainguard.c: Chainguard's secdb: one document, no branches. */
#include "feed/document.h"
#include "feed/secdb.h"

static const char *const documents[] = {"chainguard/security.json", NULL};

static bool claims(str path)
{
    return str_eq(path, STR("security.json")) ||
           document_path_ends(path, STR("chainguard/security.json"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct secdb_publisher chainguard = {.distribution = STR("chainguard")};
    return secdb_read(&chainguard, document->path, body, arena, out, e);
}

const struct feed feed_chainguard = {
    .name = "chainguard",
    .summary = "Chainguard OS: fixes by origin package",
    .publisher = "Chainguard",
    .licence = "CC BY-NC-ND 4.0; scanners may read it, not pass it on",
    .redistributable = false,
    .site = "https://packages.cgr.dev/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
