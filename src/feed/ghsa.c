/* ghsa.c: GitHub's advisory database: an archive of its git repository. Only what GitHub has
 * reviewed is read: unreviewed advisories are copies of NVD's, without packages. */
#include "feed/osv.h"

static const char *const documents[] = {
    "github/advisory-database/archive/refs/heads/main.tar.gz",
    NULL,
};

/* "…/advisories/github-reviewed/2023/12/GHSA-…/GHSA-….json" */
static bool is_reviewed(str path)
{
    return str_find(path, STR("github-reviewed/")) < path.len;
}

static bool claims(str path)
{
    return document_path_ends(path, STR("advisory-database/archive/refs/heads/main.tar")) ||
           document_path_ends(path, STR("advisory-database-main.tar")) ||
           document_path_ends(path, STR("advisory-database.tar")) ||
           document_path_ends(path, STR("repository-archive/main.tar")) ||
           str_eq(path, STR("main.tar")) || (str_ends(path, STR(".json")) && is_reviewed(path));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher publisher = {.whole = true, .wants = is_reviewed};
    (void)self;
    return osv_document_read(&publisher, document, body, arena, out, e);
}

const struct feed feed_ghsa = {
    .name = "ghsa",
    .summary = "GitHub's reviewed advisories for all programming languages",
    .publisher = "GitHub",
    .licence = "CC BY 4.0",
    .redistributable = true,
    .on_request = true, /* the osv feed has the same records, and its changes one by one */
    .site = "https://github.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
