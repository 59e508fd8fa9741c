/* almalinux.c: the feed `almalinux`: its database in OSV format (an archive of the git repository,
 * or OSV.dev's copy), errata.full.json, which has the module streams besides, OVAL, and the lists
 * of updates of its repositories. */
#include "feed/almalinux_errata.h"
#include "feed/almalinux_oval.h"
#include "feed/clones_updateinfo.h"
#include "feed/osv.h"
#include "feed/plans.h"

static const char *const documents[] = {
    "AlmaLinux/all.zip",
    "?https://errata.almalinux.org/8/errata.full.json",
    "?https://errata.almalinux.org/9/errata.full.json",
    "?https://errata.almalinux.org/10/errata.full.json",
    NULL,
};

static bool is_errata(str path)
{
    return document_path_ends(path, STR("errata.full.json"));
}

/* Of the mirrors' repositories; other distributions' have the same name. */
static bool is_updateinfo(str path)
{
    return updateinfo_claims(path) && str_find(path, STR("almalinux")) < path.len;
}

static bool is_record(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    return str_ends(name, STR(".json")) &&
           (str_starts(name, STR("ALSA-")) || str_starts(name, STR("ALBA-")) ||
            str_starts(name, STR("ALEA-")));
}

/* "osv-database.tar", or GitHub's "AlmaLinux/osv-database/archive/refs/heads/master.tar". */
static bool claims(str path)
{
    return document_path_ends(path, STR("AlmaLinux/all.zip")) ||
           document_path_ends(path, STR("osv-database.tar")) ||
           document_path_ends(path, STR("AlmaLinux/osv-database/archive/refs/heads/master.tar")) ||
           is_errata(path) || almalinux_oval_claims(path) || is_updateinfo(path) || is_record(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher almalinux = {.only = STR_INIT("AlmaLinux")};
    (void)self;
    if (is_errata(document->path)) {
        return almalinux_errata_read(document, body, arena, out, e);
    }
    if (almalinux_oval_claims(document->path)) {
        return almalinux_oval_read(document, body, arena, out, e);
    }
    if (is_updateinfo(document->path)) {
        return almalinux_updateinfo_read(document, body, arena, out, e);
    }
    return osv_document_read(&almalinux, document, body, arena, out, e);
}

const struct feed feed_almalinux = {
    .name = "almalinux",
    .summary = "AlmaLinux errata, in OSV format and as errata.full.json",
    .publisher = "AlmaLinux OS Foundation",
    .licence = "MIT",
    .redistributable = true,
    .site = "https://osv-vulnerabilities.storage.googleapis.com/",
    .documents = documents,
    .plan = &plan_osv,
    .claims = claims,
    .read = read_document,
};
