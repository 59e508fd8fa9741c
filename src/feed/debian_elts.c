/* debian_elts.c: Freexian's Extended LTS of Debian releases that Debian has ended, as an archive
 * of OSV records ELA-….json. They hold for systems that have the archive of that service, so their
 * rows have the product "elts". */
#include "feed/osv.h"

static const char *const documents[] = {
    "captn3m0/debian-elts-advisories/archive/refs/heads/main.tar.gz",
    NULL,
};

static bool is_record(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    return str_starts(name, STR("ELA-")) && str_ends(name, STR(".json"));
}

static bool claims(str path)
{
    return document_path_ends(path, STR("debian-elts-advisories/archive/refs/heads/main.tar")) ||
           document_path_ends(path, STR("debian-elts-advisories.tar")) ||
           document_path_ends(path, STR("debian-elts-advisories-main.tar")) ||
           document_path_ends(path, STR("advisories.tar")) || is_record(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher publisher = {
        .only = STR_INIT("Debian"), .product = STR_INIT("elts"), .related_are_ids = true};
    (void)self;
    return osv_document_read(&publisher, document, body, arena, out, e);
}

const struct feed feed_debian_elts = {
    .name = "debian-elts",
    .summary = "Extended LTS updates of ended Debian releases (Freexian)",
    .publisher = "Freexian, as collected in debian-elts-advisories",
    .licence = "not stated for the data",
    .redistributable = false,
    .site = "https://github.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
