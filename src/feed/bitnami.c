/* bitnami.c: Bitnami's vulnerability database: an archive of its git repository, whose
 * data/COMPONENT/BIT-….json are OSV records of what is in /opt/bitnami. */
#include "feed/osv.h"

static const char *const documents[] = {
    "bitnami/vulndb/archive/refs/heads/main.tar.gz",
    NULL,
};

static bool claims(str path)
{
    return document_path_ends(path, STR("vulndb/archive/refs/heads/main.tar")) ||
           document_path_ends(path, STR("vulndb-main.tar")) ||
           document_path_ends(path, STR("vulndb.tar"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher publisher = {.only = STR_INIT("Bitnami"), .whole = true};
    (void)self;
    return osv_document_read(&publisher, document, body, arena, out, e);
}

const struct feed feed_bitnami = {
    .name = "bitnami",
    .summary = "vulnerabilities of the components in Bitnami's images",
    .publisher = "Bitnami (Broadcom)",
    .licence = "Apache-2.0",
    .redistributable = true,
    .site = "https://github.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
