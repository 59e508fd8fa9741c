/* rocky.c: the feed `rocky`: pages of the errata service, single records,
 * OSV.dev's copy, and the lists of updates of its repositories. */
#include "feed/clones_updateinfo.h"
#include "feed/osv.h"
#include "feed/plans.h"
#include "feed/rocky_errata.h"

static const char *const documents[] = {
    "https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/all.zip",
    NULL,
};

static str file_name(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == path.len ? path : str_slice(path, slash + 1, path.len);
}

static bool is_record(str path)
{
    static const str prefixes[] = {STR_INIT("RLSA-"), STR_INIT("RLBA-"), STR_INIT("RLEA-"),
                                   STR_INIT("RXSA-")};
    for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++) {
        if (str_starts(file_name(path), prefixes[i])) {
            return str_ends(path, STR(".json"));
        }
    }
    return false;
}

/* "apollo.build.resf.org/api/v3/osv/…", and files "errata-api/page12.json" that somebody saved. */
static bool is_page(str path)
{
    bool saved =
        str_starts(path, STR("errata-api/")) || str_find(path, STR("/errata-api/")) < path.len;
    return str_find(path, STR("api/v3/osv")) < path.len ||
           str_find(path, STR("api/v3/advisories")) < path.len ||
           (saved && str_ends(path, STR(".json"))) ||
           (str_starts(path, STR("page")) && str_ends(path, STR(".json")) &&
            str_find_char(path, '/') == path.len);
}

/* Of the mirrors' repositories; other distributions' have the same name. */
static bool is_updateinfo(str path)
{
    return updateinfo_claims(path) && str_find(path, STR("rocky")) < path.len;
}

static bool claims(str path)
{
    return document_path_ends(path, STR("Rocky Linux/all.zip")) ||
           document_path_ends(path, STR("Rocky%20Linux/all.zip")) || is_record(path) ||
           is_page(path) || is_updateinfo(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher rocky = {.only = STR_INIT("Rocky Linux")};
    (void)self;
    if (is_page(document->path)) {
        return rocky_errata_read(&rocky, document, body, arena, out, e);
    }
    if (is_updateinfo(document->path)) {
        return rocky_updateinfo_read(document, body, arena, out, e);
    }
    return osv_document_read(&rocky, document, body, arena, out, e);
}

const struct feed feed_rocky = {
    .name = "rocky",
    .summary = "Rocky Linux errata",
    .publisher = "Rocky Enterprise Software Foundation",
    .licence = "not stated",
    .redistributable = false,
    .site = "https://apollo.build.resf.org/",
    .documents = documents,
    .plan = &plan_rocky_pages,
    .claims = claims,
    .read = read_document,
};
