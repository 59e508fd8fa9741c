/* bellsoft.c: BellSoft's database of Alpaquita Linux and its hardened containers: an archive of
 * the git repository, or a zip, of OSV records BELL-….json. */
#include "feed/osv.h"

static const char *const documents[] = {
    "bell-sw/osv-database/archive/refs/heads/master.tar.gz",
    NULL,
};

static bool is_record(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    return str_starts(name, STR("BELL-")) && str_ends(name, STR(".json"));
}

static bool claims(str path)
{
    return document_path_ends(path, STR("alpaquita/all.zip")) ||
           document_path_ends(path, STR("Alpaquita/all.zip")) ||
           document_path_ends(path, STR("bell-sw/osv-database/archive/refs/heads/master.tar")) ||
           is_record(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher publisher = {.wants = NULL};
    (void)self;
    return osv_document_read(&publisher, document, body, arena, out, e);
}

const struct feed feed_bellsoft = {
    .name = "bellsoft",
    .summary = "Alpaquita Linux and BellSoft Hardened Containers",
    .publisher = "BellSoft",
    .licence = "not stated",
    .redistributable = false,
    .site = "https://github.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
